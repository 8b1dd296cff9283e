/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/host/host_trap.c hyp/host/host_abort.c hyp/arch/aarch64/host_id.c hyp/arch/aarch64/cpu_init.c hyp/arch/aarch64/inject.c hyp/lib/percpu.c */
/*
 * Job: what each trap of the host becomes: an answer, a retry, or an exception at EL1 that a kernel can survive.
 * Never: look at how, only at registers and frame afterwards.
 * Used by: make -C tests/host run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "arch/aarch64/cpu.h"
#include "gz/guest_hvc.h"
#include "gz/hvc.h"
#include "host/host.h"
#include "hvc/dispatch.h"
#include "insn/sysreg.h"
#include "lib/percpu.h"
#include "mem/host_s2.h"

#define EC(n)		((u64)(n) << 26)
#define IL		BIT(25)
#define HVC		(EC(0x16) | IL)
#define SMC		(EC(0x17) | IL)
#define MRS		(EC(0x18) | IL)
#define IABT		(EC(0x20) | IL)
#define DABT		(EC(0x24) | IL)
#define WNR		BIT(6)
#define S1PTW		BIT(7)
#define EL1H		0x5
#define EL0		0x0
#define VBAR		0xffff800000010000
#define VEC_EL1		0x200
#define VEC_EL0		0x400
#define HIDDEN		0x7e000000

u32 panic_cpu;
static struct host_frame f;
static enum hvc_result dispatch_result;
static u64 dispatched;
static u32 smcs;

void panic_park(void) { abort(); }
void host_smc(struct host_frame *frame, u64 esr) { (void)frame, (void)esr; smcs++; }
bool host_s2_allows(ipa_t ipa, bool write, bool exec) { (void)write; return ipa.v < HIDDEN && !exec; }

enum hvc_result hvc_dispatch(u64 x[18])
{
	dispatched = x[0];
	return dispatch_result;
}

static int setup(void **state)
{
	(void)state;
	shim_reset();
	memset(&f, 0, sizeof(f));
	f.elr = 0xffff800000123450;
	f.spsr = EL1H;
	sysreg_write(vbar_el1, VBAR);
	sysreg_write(par_el1, 0x123);
	dispatched = smcs = 0;
	dispatch_result = HVC_DONE;
	memset(percpu_table[0].stat, 0, sizeof(percpu_table[0].stat));
	return 0;
}

static void trap(u64 esr, u64 spsr)
{
	f.spsr = spsr;
	sysreg_write(esr_el2, esr);
	host_trap(&f, 0);
}

static void abort_at(u64 esr, u64 spsr, u64 ipa, u64 far)
{
	sysreg_write(hpfar_el2, ipa >> 12 << 4);
	sysreg_write(far_el2, far);
	trap(esr, spsr);
}

static void expect_injected(u64 vector, u64 esr)
{
	assert_int_equal(f.elr, VBAR + vector);
	assert_int_equal(sysreg_read(elr_el1), 0xffff800000123450);
	assert_int_equal(sysreg_read(esr_el1), esr);
	assert_int_equal(f.spsr & 0x3cf, 0x3c5);
}

static void expect_resumed(void)
{
	assert_int_equal(f.elr, 0xffff800000123450);
	assert_int_equal(f.spsr & 0xf, EL1H);
}

static void hvc__owner_59__dispatched(void **state)
{
	(void)state;
	f.x[0] = 0xfb00100c;
	trap(HVC, EL1H);
	assert_int_equal(dispatched, 0xfb00100c);
	expect_resumed();
	f.x[0] = 0xbb00100c;
	trap(HVC, EL1H);
	assert_int_equal(dispatched, 0xbb00100c);
}

static void hvc__restart__same_instruction_again(void **state)
{
	(void)state;
	f.x[0] = 0xfb001001;
	dispatch_result = HVC_RESTART;
	trap(HVC, EL1H);
	assert_int_equal(f.elr, 0xffff80000012344c);
	assert_int_equal(f.x[0], 0xfb001001);
}

static void hvc__uid__says_geniezone(void **state)
{
	(void)state;
	f.x[0] = VENDOR_HYP_UID_ID;
	trap(HVC, EL1H);
	assert_int_equal(f.x[0], UID_GENIEZONE_W0);
	assert_int_equal(f.x[1], UID_GENIEZONE_W1);
	assert_int_equal(f.x[2], UID_GENIEZONE_W2);
	assert_int_equal(f.x[3], UID_GENIEZONE_W3);
}

static void hvc__unknown__minus_one_and_zeroes(void **state)
{
	/* hyp-stub calls, PSCI by HVC, yielding owner 59, KVM's host calls. */
	static const u64 ids[] = { 0, 1, 2, 0x84000000, 0x3b001000, 0xc6000002, 0x86000000, 0xc6000101 };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(ids); i++) {
		f.x[0] = ids[i];
		f.x[1] = f.x[2] = f.x[3] = f.x[4] = 7;
		trap(HVC, EL1H);
		assert_int_equal(f.x[0], UINT64_MAX);
		assert_int_equal(f.x[1] | f.x[2] | f.x[3], 0);
		assert_int_equal(f.x[4], 7);
		assert_int_equal(dispatched, 0);
	}
	f.x[0] = SMCCC_VERSION_ID;
	trap(HVC, EL1H);
	assert_int_equal(f.x[0], SMCCC_VERSION_1_2);
}

static void smc__any__goes_to_the_filter(void **state)
{
	(void)state;
	trap(SMC, EL1H);
	assert_int_equal(smcs, 1);
}

static void trap__unknown_class__undefined(void **state)
{
	(void)state;
	for (u64 ec = 0; ec < 64; ec++) {
		if (ec == 0x16 || ec == 0x17 || ec == 0x18 || ec == 0x20 || ec == 0x24)
			continue;
		setup(state);
		trap(EC(ec) | IL, EL1H);
		expect_injected(VEC_EL1, IL);
		setup(state);
		trap(EC(ec) | IL, EL0);
		expect_injected(VEC_EL0, IL);
	}
}

static void sysreg__id_register__sme_hidden(void **state)
{
	/* MRS x7, ID_AA64PFR1_EL1 and MRS x8, ID_AA64SMFR0_EL1. */
	u64 pfr1 = 3 << 20 | 1 << 17 | 4 << 1 | 7 << 5 | 1, smfr0 = 3 << 20 | 5 << 17 | 4 << 1 | 8 << 5 | 1;

	(void)state;
	sysreg_write(s3_0_c0_c4_1, 0x1000321);
	sysreg_write(s3_0_c0_c4_5, UINT64_MAX);
	f.x[8] = 1;
	trap(MRS | pfr1, EL1H);
	assert_int_equal(f.x[7], 0x321);
	assert_int_equal(f.elr, 0xffff800000123454);
	trap(MRS | smfr0, EL1H);
	assert_int_equal(f.x[8], 0);
}

static void sysreg__other__undefined(void **state)
{
	/* A write, an EL2 register, Op1 = 3, CRm 0 and 8. */
	static const u64 iss[] = { 3 << 20 | 1 << 17 | 4 << 1, 3 << 20 | 4 << 14 | 1 << 10 | 1, 3 << 20 | 3 << 14 | 4 << 1 | 1,
		3 << 20 | 1, 3 << 20 | 8 << 1 | 1, 1 << 20 | 4 << 1 | 1 };

	for (u32 i = 0; i < ARRAY_SIZE(iss); i++) {
		setup(state);
		trap(MRS | iss[i], EL1H);
		expect_injected(VEC_EL1, IL);
	}
}

static void abort__mapped_meanwhile__retried(void **state)
{
	(void)state;
	abort_at(DABT | WNR | 0x7, EL1H, 0x50000000, 0xffff000010000000);
	expect_resumed();
	assert_int_equal(percpu_table[0].stat[GZ_STAT_HOST_ABORTS], 0);
}

static void abort__data_at_el1__alignment_fault(void **state)
{
	(void)state;
	abort_at(DABT | WNR | 0x7, EL1H, HIDDEN, 0xffff000010000123);
	expect_injected(VEC_EL1, EC(0x25) | IL | WNR | 0x21);
	assert_int_equal(sysreg_read(far_el1), 0xffff000010000123);
	assert_int_equal(percpu_table[0].stat[GZ_STAT_HOST_ABORTS], 1);
}

/* Linux has no fixup where it cleans caches: the maintenance of what is not the host's is left out, and the host lives. */
static void abort__cache_maintenance_at_el1__left_out(void **state)
{
	(void)state;
	abort_at(DABT | WNR | BIT(8) | 0x7, EL1H, HIDDEN, 0xffff000010000123);
	assert_int_equal(f.elr, 0xffff800000123454);
	assert_int_equal(f.spsr, EL1H);
	assert_int_equal(percpu_table[0].stat[GZ_STAT_HOST_ABORTS], 1);
}

static void abort__data_at_el0__external_abort(void **state)
{
	(void)state;
	abort_at(DABT | 0x6, EL0, HIDDEN, 0x1234);
	expect_injected(VEC_EL0, EC(0x24) | IL | 0x10);
}

static void abort__fetch__external_abort_by_level(void **state)
{
	abort_at(IABT | 0x7, EL1H, HIDDEN, 0x1234);
	expect_injected(VEC_EL1, EC(0x21) | IL | 0x10);
	setup(state);
	abort_at(IABT | 0x7, EL0, HIDDEN, 0x1234);
	expect_injected(VEC_EL0, EC(0x20) | IL | 0x10);
}

static void abort__table_walk__external_abort_on_walk(void **state)
{
	(void)state;
	abort_at(DABT | WNR | S1PTW | 0x6, EL1H, HIDDEN, 0x1234);
	expect_injected(VEC_EL1, EC(0x25) | IL | WNR | 0x16);
}

/* An AT of EL2's would take the external abort of a table that the host moves meanwhile. */
static bool no_at(const char *name, u64 va)
{
	(void)va;
	assert_true(strncmp(name, "at_", 3) != 0);
	return false;
}

static void abort__permission__refused_without_a_walk_by_el2(void **state)
{
	(void)state;
	shim_sysreg_write_hook = no_at;
	abort_at(DABT | 0xf, EL1H, 0, 0xffff000010000abc);
	expect_injected(VEC_EL1, EC(0x25) | IL | 0x21);
	assert_int_equal(sysreg_read(par_el1), 0x123);
	/* Execution from a device. */
	setup(state);
	shim_sysreg_write_hook = no_at;
	abort_at(IABT | 0xf, EL1H, 0, 0xffff000010000abc);
	expect_injected(VEC_EL1, EC(0x21) | IL | 0x10);
}

static void abort__external__passed_on(void **state)
{
	(void)state;
	abort_at(DABT | 0x10, EL1H, 0x50000000, 0x1234);
	assert_int_not_equal(f.elr, 0xffff800000123450);
}

static void serror__physical__virtual_one_of_the_host(void **state)
{
	(void)state;
	sysreg_write(hcr_el2, cpu_host_hcr());
	sysreg_write(esr_el2, EC(0x2f) | IL | 0x11);
	host_trap(&f, 3);
	expect_resumed();
	assert_int_equal(sysreg_read(hcr_el2) & (BIT(5) | BIT(8)), BIT(5) | BIT(8));
}

static void irq__stray__survived(void **state)
{
	(void)state;
	host_trap(&f, 1);
	host_trap(&f, 2);
	expect_resumed();
}

static void statistics__longest_call__remembered(void **state)
{
	(void)state;
	sysreg_write(cntpct_el0, 100);
	longest_call_begin();
	sysreg_write(cntpct_el0, 150);
	longest_call_end(5);
	longest_call_begin();
	sysreg_write(cntpct_el0, 170);
	longest_call_end(6);
	assert_int_equal(percpu_table[0].stat[GZ_STAT_LONGEST_CALL_TICKS], 50);
	assert_int_equal(percpu_table[0].stat[GZ_STAT_LONGEST_CALL_FN], 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(hvc__owner_59__dispatched, setup),
		cmocka_unit_test_setup(hvc__restart__same_instruction_again, setup),
		cmocka_unit_test_setup(hvc__uid__says_geniezone, setup),
		cmocka_unit_test_setup(hvc__unknown__minus_one_and_zeroes, setup),
		cmocka_unit_test_setup(smc__any__goes_to_the_filter, setup),
		cmocka_unit_test_setup(trap__unknown_class__undefined, setup),
		cmocka_unit_test_setup(sysreg__id_register__sme_hidden, setup),
		cmocka_unit_test_setup(sysreg__other__undefined, setup),
		cmocka_unit_test_setup(abort__mapped_meanwhile__retried, setup),
		cmocka_unit_test_setup(abort__data_at_el1__alignment_fault, setup),
		cmocka_unit_test_setup(abort__cache_maintenance_at_el1__left_out, setup),
		cmocka_unit_test_setup(abort__data_at_el0__external_abort, setup),
		cmocka_unit_test_setup(abort__fetch__external_abort_by_level, setup),
		cmocka_unit_test_setup(abort__table_walk__external_abort_on_walk, setup),
		cmocka_unit_test_setup(abort__permission__refused_without_a_walk_by_el2, setup),
		cmocka_unit_test_setup(abort__external__passed_on, setup),
		cmocka_unit_test_setup(serror__physical__virtual_one_of_the_host, setup),
		cmocka_unit_test_setup(irq__stray__survived, setup),
		cmocka_unit_test_setup(statistics__longest_call__remembered, setup),
	};

	return cmocka_run_group_tests_name("host_trap", tests, NULL, NULL);
}
