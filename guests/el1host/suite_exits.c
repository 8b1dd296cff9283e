// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: what an exit of a guest shows: every byte of the two vCPU pages, before and after, with each register full of a secret.
 * Never: look only where a value is expected.
 * Used by: suites.c. SEC-16, SEC-17, SEC-19, SEC-21, SEC-22.
 */
#include "el1host/gzcall.h"
#include "el1host/suites.h"
#include "gz/guest_hvc.h"
#include "lib/regs.h"
#include "probe/roles.h"

#define FILLER		0xa5
#define FIRST_BYTE	8u		/* the union of the run page; before it reason, immediate_exit and padding */

static struct test_vm vm;
static u8 before[2 * PAGE_SIZE];
static u64 shown, changed;		/* secret bytes seen; bytes changed that no exit writes */
static u32 kinds[16];

/* Bytes of the union an exit of this kind writes. */
static u32 union_bytes(u32 reason)
{
	const struct gz_run_page *p = NULL;

	switch (reason) {
	case GZ_EXIT_MMIO: return sizeof(p->mmio);
	case GZ_EXIT_EXCEPTION: return sizeof(p->exception);
	case GZ_EXIT_HYPERCALL: return sizeof(p->hypercall);
	case GZ_EXIT_SYSTEM_EVENT: return sizeof(p->system_event);
	default: return 0;
	}
}

static bool hwstate_written(u32 off, u32 reason)
{
	if (reason == GZ_EXIT_HYPERCALL && off >= offsetof(struct gz_hwstate_page, vtimer_offset) &&
	    off < offsetof(struct gz_hwstate_page, vtimer_delay))
		return true;
	return reason == GZ_EXIT_IDLE && off >= offsetof(struct gz_hwstate_page, vtimer_delay) &&
	       off < offsetof(struct gz_hwstate_page, pad1);
}

/* Half words of a secret at any place but the data of a store. */
static void look_for_secret(const u8 *page, u32 reason)
{
	const struct gz_run_page *run = (const struct gz_run_page *)page;
	u32 data = (u32)offsetof(struct gz_run_page, mmio.data);

	if (!union_bytes(reason))	/* what is there is the exit before, and nothing changed */
		return;
	for (u32 i = 0; i + 4 <= 2 * PAGE_SIZE; i++) {
		u32 w;

		memcpy(&w, page + i, 4);
		if (reason == GZ_EXIT_MMIO && run->mmio.is_write && i + 4 > data && i < data + run->mmio.size)
			continue;
		shown += w >> 8 == 0x5ec4e7 || w == 0xc0de5ec4;
	}
}

static void check_mmio(const struct gz_run_page *run)
{
	u64 word = QUIET_WORD(5), v;

	if (run->mmio.phys_addr != 0x0a000010)
		return;
	memcpy(&v, run->mmio.data, 8);
	if (run->mmio.size < 8)
		word &= (1ull << 8 * run->mmio.size) - 1;
	EXPECT_EQ(v, run->mmio.is_write ? word : 0);
	EXPECT_EQ(run->mmio.reg_nr, 5);
	kinds[run->mmio.is_write * 8 + __builtin_ctzll(run->mmio.size)]++;
}

/* RUN by hand: the pages are compared before the answer goes in. */
static u32 run_and_compare(void)
{
	u8 *pages = (u8 *)vm.pages_pa[0];
	struct call c = { { GZ_HVC_ID(GZ_FN_RUN), GZ_TUPLE(vm.id, 0) } };
	u32 reason;

	memcpy(before, pages, sizeof(before));
	for (u32 i = 4; i < 18; i++)
		c.x[i] = 0x4000 + i;
	hvc_call(&c);
	reason = (u32)c.x[1];
	for (u32 i = 4; i < 18; i++)
		EXPECT_EQ(c.x[i], 0x4000 + i);
	for (u32 i = 4; i < PAGE_SIZE; i++)
		if (i < FIRST_BYTE || i >= FIRST_BYTE + union_bytes(reason))
			changed += pages[i] != before[i];
	for (u32 i = 0; i < PAGE_SIZE; i++)
		if (!hwstate_written(i, reason))
			changed += pages[PAGE_SIZE + i] != before[PAGE_SIZE + i];
	look_for_secret(pages, reason);
	return reason;
}

static void answer(u32 reason)
{
	struct gz_run_page *run = vm_run_page(&vm, 0);
	u64 off = run->mmio.phys_addr - 0x0a000000, v = 0;

	if (reason == GZ_EXIT_MMIO && run->mmio.is_write && off == 8) {
		vm.exited = true;
		memcpy(&vm.exit_code, run->mmio.data, 4);
	} else if (reason == GZ_EXIT_MMIO && !run->mmio.is_write) {
		v = off == 0x28 ? vm.select : off == 0x30 ? vm.arg : off == 0x38 ? VM_GICD : off == 0x40 ? VM_GICR_TOP - 0x20000 : 0;
		memcpy(run->mmio.data, &v, 8);
	} else if (reason == GZ_EXIT_EXCEPTION) {
		u64 gpa = run->exception.fault_gpa, page = gpa & ~(PAGE_SIZE - 1);

		if (gpa != page)
			kinds[14]++;		/* where in its page */
		gz5(GZ_FN_MAP_GUEST, vm.id, 0, (vm.ram_pa + page - VM_RAM_BASE) >> 12, page >> 12, 1);
	}
}

static void all_exits(bool protect)
{
	struct holdings start = holdings();
	u32 reasons = 0, reason;

	shown = changed = 0;
	memset(kinds, 0, sizeof(kinds));
	EXPECT(vm_make_role(&vm, 1, VM_PAGES, ROLE_QUIET, 0));
	if (protect)
		EXPECT(vm_protect(&vm));
	memset((void *)vm.pages_pa[0], FILLER, 2 * PAGE_SIZE);
	for (u32 n = 0; n < 100000 && !vm.exited; n++) {
		reason = run_and_compare();
		reasons |= 1u << (reason & 15);
		if (reason == GZ_EXIT_MMIO)
			check_mmio(vm_run_page(&vm, 0));
		answer(reason);
	}
	EXPECT(vm.exited);
	EXPECT_EQ(vm.exit_code, 0);
	for (u32 i = 0; i < 4; i++)
		EXPECT(kinds[i] == 1 && kinds[8 + i] == 1);
	EXPECT_EQ(reasons & 0x816, 0x816);	/* MMIO, hypercall, exception, idle */
	EXPECT_EQ(changed, 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_HOLDINGS(start);
}

TEST(exits__unprotected__arguments_and_place_shown)
{
	all_exits(false);
	EXPECT(shown > 0);
	EXPECT(kinds[14] > 0);
}

TEST(exits__protected__the_named_register_and_nothing_else)
{
	all_exits(true);
	EXPECT_EQ(shown, 0);
	EXPECT_EQ(kinds[14], 0);
}

/* Every core register, before the first RUN and after it. */
static u32 registers_open(void)
{
	u32 open = 0;

	for (u64 i = 0; i <= 0x44; i += 2) {
		open += gz(GZ_FN_GET_ONE_REG, GZ_TUPLE(vm.id, 0), REG_CORE(i), 0, 0).st == 0;
		open += gz(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm.id, 0), REG_CORE(i), 0, 0).st == 0;
	}
	return open;
}

TEST(one_reg__protected_and_started__none_read_or_written)
{
	EXPECT(vm_make_role(&vm, 1, VM_PAGES, ROLE_WFI, 0));
	vm_run_once(&vm, 0);
	EXPECT(registers_open() > 30);
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT(vm_make_role(&vm, 1, VM_PAGES, ROLE_WFI, 0));
	EXPECT(vm_protect(&vm));
	vm_run_once(&vm, 0);
	EXPECT_EQ(registers_open(), 0);
	EXPECT(!vm.exited);
	EXPECT_EQ(vm_destroy(&vm), 0);
}

/* The host's own registers around a protected guest that fills all of them. */
TEST(host_registers__protected_guest_fills_all_of_them__kept)
{
	u64 regs[LEAK_NR];
	u32 bad = 0, rounds = 0;

	EXPECT(vm_make_role(&vm, 1, VM_PAGES, ROLE_LEAK, 30));
	EXPECT(vm_protect(&vm));
	while (!vm.exited && rounds++ < 1000) {
		leak_fill(rounds * 131, regs);
		leak_fp_fill(rounds * 131);
		vm_run_once(&vm, 0);
		bad += leak_check(regs) + leak_fp_check(rounds * 131);
	}
	sysreg_write(mdscr_el1, 0);
	sysreg_write(dbgbcr0_el1, 0);
	sysreg_write(dbgwcr0_el1, 0);
	sysreg_write(cntv_ctl_el0, 0);
	sysreg_write(cntp_ctl_el0, 0);
	EXPECT_EQ(bad, 0);
	EXPECT_EQ(vm.exit_code, 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
}

void suite_exits(void)
{
	RUN_TEST(exits__unprotected__arguments_and_place_shown);
	RUN_TEST(exits__protected__the_named_register_and_nothing_else);
	RUN_TEST(one_reg__protected_and_started__none_read_or_written);
	RUN_TEST(host_registers__protected_guest_fills_all_of_them__kept);
}
