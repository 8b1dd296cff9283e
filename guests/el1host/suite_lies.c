// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: lies in the two vCPU pages and in IRQ_LINE: EL2 uses its own copy, the guest sees the truth.
 * Never: a lie without a guest that would notice it.
 * Used by: suites.c. SEC-16, SEC-17, SEC-18.
 */
#include "el1host/gzcall.h"
#include "el1host/suites.h"
#include "probe/roles.h"

static struct test_vm vm;

/* Everything but the data of a pending read is changed before the guest goes on. */
static void lie_in_run_page(u32 round)
{
	struct gz_run_page *run = vm_run_page(&vm, 0);
	u8 data[8];

	memcpy(data, run->mmio.data, 8);
	run->exit_reason = round & 1 ? 0xffffffff : GZ_EXIT_SYSTEM_EVENT;
	run->immediate_exit = 1;
	memset(run->padding1, 0xff, 3);
	run->mmio.phys_addr = el2_image;
	run->mmio.size = round % 3 ? 64 : 0;
	run->mmio.reg_nr = 255;
	run->mmio.is_write = !run->mmio.is_write;
	memset(run->bytes + 40, 0xee, 216);
	memcpy(run->mmio.data, data, 8);
}

static void run_page_lies(bool protect)
{
	struct holdings start = holdings();
	u32 rounds = 0;

	EXPECT(vm_make_role(&vm, 1, VM_POPULATE, ROLE_ECHO, 0));
	if (protect)
		EXPECT(vm_protect(&vm));
	while (!vm.exited && rounds < 10000) {
		u32 reason = vm_run_once(&vm, 0);

		EXPECT_EQ(vm_run_page(&vm, 0)->exit_reason, reason);
		if (reason == GZ_EXIT_MMIO)
			EXPECT(vm_run_page(&vm, 0)->mmio.size <= 8);
		lie_in_run_page(rounds++);
	}
	EXPECT(vm.exited);
	EXPECT_EQ(vm.exit_code, 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_HOLDINGS(start);
}

TEST(run_page__every_field_lies__guest_reads_and_writes_right) { run_page_lies(false); }
TEST(run_page__every_field_lies__protected_guest_too) { run_page_lies(true); }

/* A write that was never answered, and bytes beyond the size: neither may show in a register. */
TEST(run_page__garbage_beyond_the_size__ignored)
{
	u32 rounds = 0;

	EXPECT(vm_make_role(&vm, 1, VM_POPULATE, ROLE_ECHO, 0));
	while (!vm.exited && rounds++ < 10000) {
		struct gz_run_page *run = vm_run_page(&vm, 0);

		if (vm_run_once(&vm, 0) == GZ_EXIT_MMIO && !run->mmio.is_write)
			memset(run->mmio.data + run->mmio.size, 0xff, 8 - run->mmio.size);
	}
	EXPECT_EQ(vm.exit_code, 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
}

static void lie_in_hwstate(u32 round)
{
	volatile struct gz_hwstate_page *hw = (volatile struct gz_hwstate_page *)(vm.pages_pa[0] + PAGE_SIZE);

	hw->nr_lrs = round & 1 ? 255 : 0xffffffff;
	for (u32 i = 0; i < 16; i++)	/* pending, active, HW with physical timer, UART and SGI numbers, top priority */
		hw->lr[i] = 0xf000000000000000ull >> (round & 1) | (u64)(i * 3 + 1) << 32 | (30 + i);
	hw->vtimer_offset = ~0ull;
	hw->vtimer_delay = 0;
	hw->vtimer_migrate = ~0u;
}

static void hwstate_lies(bool protect)
{
	u32 rounds = 0;

	EXPECT(vm_make_role(&vm, 1, VM_POPULATE, ROLE_TIMER_WFI, 30));
	if (protect)
		EXPECT(vm_protect(&vm));
	while (!vm.exited && rounds < 2000000) {
		lie_in_hwstate(rounds++);
		vm_run_once(&vm, 0);
	}
	EXPECT(vm.exited);
	EXPECT_EQ(vm.exit_code, 0);
	EXPECT_EQ(icc_read(ICC_HPPIR1), 1023);	/* nothing of it reached the physical GIC */
	EXPECT_EQ(icc_read(ICC_RPR), 0xff);
	EXPECT_EQ(vm_destroy(&vm), 0);
}

TEST(hwstate__list_registers_lie__no_interrupt_made) { hwstate_lies(false); }
TEST(hwstate__list_registers_lie__none_made_in_a_protected_guest) { hwstate_lies(true); }

static s32 line(u64 tuple, u64 intid, u64 level, u64 mode)
{
	return gz(GZ_FN_IRQ_LINE, tuple, intid, level, mode).st;
}

TEST(irq_line__bad_numbers_levels_modes_targets__refused)
{
	u64 t;

	EXPECT(vm_make(&vm, 2, VM_POPULATE));
	t = GZ_TUPLE(vm.id, 0);
	EXPECT_EQ(line(t, 0, 1, 0), 0);
	EXPECT_EQ(line(t, 255, 1, 0), 0);
	EXPECT_EQ(line(t, 255, 0, 0), 0);
	EXPECT(line(t, 256, 1, 0) < 0);
	EXPECT(line(t, 988, 1, 0) < 0);
	EXPECT(line(t, 1023, 1, 0) < 0);
	EXPECT(line(t, 0xffffffff, 1, 0) < 0);
	EXPECT(line(t, ~0ull, 1, 0) < 0);
	EXPECT(line(t, 1ull << 32, 1, 0) < 0);
	EXPECT(line(t, ~0ull - 5 + 1, 1, 0) < 0);	/* 32 + n would be the timer's PPI 27 */
	EXPECT(line(t, 0, 2, 0) < 0);
	EXPECT(line(t, 0, 1, 3) < 0);
	EXPECT(line(GZ_TUPLE(0x7777, 0), 0, 1, 0) < 0);
	EXPECT(line(t | 1ull << 48, 0, 1, 0) < 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
}

/* Injection before the first RUN and after the vCPUs are gone: no one is there, nothing falls over. */
TEST(irq_line__no_vcpu_yet_or_any_more__harmless)
{
	struct holdings start = holdings();
	struct gz_ret r = gz(GZ_FN_CREATE_VM, 0, 0, 0, 0);

	EXPECT_EQ(r.st, 0);
	for (u32 i = 0; i < GZ_NR_SPIS; i++)
		EXPECT(status_known(line(GZ_TUPLE(r.x1, 0), i, 1, i % 3)));
	EXPECT_EQ(gz(GZ_FN_DESTROY_VM, r.x1, GZ_DESTROY_BATCH_PAGES, 0, 0).st, 0);
	EXPECT_HOLDINGS(start);
}

void suite_lies(void)
{
	RUN_TEST(run_page__every_field_lies__guest_reads_and_writes_right);
	RUN_TEST(run_page__every_field_lies__protected_guest_too);
	RUN_TEST(run_page__garbage_beyond_the_size__ignored);
	RUN_TEST(hwstate__list_registers_lie__no_interrupt_made);
	RUN_TEST(hwstate__list_registers_lie__none_made_in_a_protected_guest);
	RUN_TEST(irq_line__bad_numbers_levels_modes_targets__refused);
	RUN_TEST(irq_line__no_vcpu_yet_or_any_more__harmless);
}
