/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/hvc/ hyp/run/ hyp/vm/ hyp/irq/ hyp/timer/ hyp/mem/ hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/arch/aarch64/el1_regs.c hyp/arch/aarch64/inject.c hyp/arch/aarch64/fpsimd.c hyp/arch/aarch64/cpu_init.c tests/host/gic_model.c tests/host/mem_fixture.c tests/host/run_fixture.c */
/*
 * Job: trapped system registers of a guest: ID registers, timer, debug, GIC, caches, everything else undefined.
 * Never: what is not trapped (guests/probe looks at that).
 * Used by: make -C tests/host run.
 */
#include "run_fixture.h"

#include "arch/aarch64/cpu.h"
#include "arch/aarch64/esr.h"

#define ISS(op0, op1, crn, crm, op2) VTIMER_ISS(op0, op1, crn, crm, op2)

static u16 vm;

static struct cpu_ctx *ctx(void)
{
	return &vcpu_of(vm, 0)->ctx;
}

/* One MRS or MSR of x5; the exit reason. The PC starts at RAM_IPA. */
static u32 access(u32 reg, bool read, u64 value)
{
	ctx()->pc = RAM_IPA;
	ctx()->pstate = 0x3c5;
	ctx()->x[5] = value;
	first_esr = (u64)EC_SYSREG << ESR_EC_SHIFT | ESR_IL | reg | 5 << 5 | read;
	guest = guest_traps_once;
	guest_entries = 0;
	return run(vm, 0);
}

static bool undefined(void)
{
	return ctx()->pc == 0x200 && ctx()->el1[R_ESR] == ESR_IL && ctx()->el1[R_ELR] == RAM_IPA;
}

static u64 read_ok(u32 reg)
{
	assert_int_equal(access(reg, true, 0x5555555555555555), GZ_EXIT_IRQ);
	assert_int_equal(ctx()->pc, RAM_IPA + 4);
	return ctx()->x[5];
}

static void write_ok(u32 reg, u64 value)
{
	assert_int_equal(access(reg, false, value), GZ_EXIT_IRQ);
	assert_int_equal(ctx()->pc, RAM_IPA + 4);
}

static int setup(void **state)
{
	run_setup(state);
	vm = make_vm(1, false);
	return 0;
}

static int setup_no_fwb(void **state)
{
	run_setup_no_fwb(state);
	vm = make_vm(1, false);
	return 0;
}

/* A CPU that has everything: only what the table names may show, at most as it says. */
static void id__cpu_with_every_feature__only_switched_ones_seen(void **state)
{
	static const char *const names[] = { "id_aa64pfr0_el1", "id_aa64pfr1_el1", "id_aa64isar0_el1", "id_aa64isar1_el1",
		"s3_0_c0_c6_2", "id_aa64mmfr0_el1", "id_aa64mmfr1_el1", "s3_0_c0_c7_2", "id_aa64mmfr2_el1" };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		shim_sysreg_write(names[i], UINT64_MAX);
	assert_int_equal(read_ok(ISS(3, 0, 0, 4, 0)), 0xf10f000001ff0011);
	assert_int_equal(read_ok(ISS(3, 0, 0, 4, 1)), 0xff);
	assert_int_equal(read_ok(ISS(3, 0, 0, 5, 0)), 0xf000101006);
	assert_int_equal(read_ok(ISS(3, 0, 0, 6, 0)), 0xfffffffff0fffff0);
	assert_int_equal(read_ok(ISS(3, 0, 0, 6, 1)), 0x00ffffffffffffff);
	assert_int_equal(read_ok(ISS(3, 0, 0, 6, 2)), 0xfff0fff0);
	assert_int_equal(read_ok(ISS(3, 0, 0, 7, 0)), 0xfff000f2);
	assert_int_equal(read_ok(ISS(3, 0, 0, 7, 1)), 0xf00ff0f000f0f00f);
	assert_int_equal(read_ok(ISS(3, 0, 0, 7, 2)), 0xf0ff00fff0ff0fff);
}

static void id__all_other_space__zero(void **state)
{
	(void)state;
	for (u32 crm = 0; crm < 16; crm++)
		for (u32 op2 = 0; op2 < 8; op2++) {
			u32 key = crm << 4 | op2;

			if (key == 0x40 || key == 0x41 || key == 0x50 || (key >= 0x60 && key <= 0x62) || (key >= 0x70 && key <= 0x72))
				continue;
			assert_int_equal(read_ok(ISS(3, 0, 0, crm, op2)), 0);
		}
	assert_int_equal(access(ISS(3, 0, 0, 4, 0), false, 0), GZ_EXIT_IRQ);
	assert_true(undefined());
}

/* All encodings, one after the other in one RUN: each is answered or undefined, few are answered. */
static u32 sweep_answered;

static u64 sweeping_guest(struct cpu_ctx *c)
{
	u32 n = guest_entries - 1;

	if (n) {
		if (c->pc == RAM_IPA + 4)
			sweep_answered++;
		else
			assert_true(c->pc == 0x200 && shim_sysreg_read("esr_el1") == ESR_IL);
	}
	if (n == 1u << 17)
		return guest_host_irq(c);
	c->pc = RAM_IPA;
	c->pstate = 0x3c5;
	shim_sysreg_write("vbar_el1", 0);
	return trap_sync((u64)EC_SYSREG << ESR_EC_SHIFT | ESR_IL | (n & 1) | 31 << 5 |
			 ISS(n >> 15, n >> 12 & 7, n >> 8 & 15, n >> 4 & 15, n >> 1 & 7));
}

static void sweep__every_encoding__never_fatal(void **state)
{
	(void)state;
	guest = sweeping_guest;
	sweep_answered = 0;
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	assert_int_equal(guest_entries, (1u << 17) + 1);
	/* ID space 128, debug 2 x 2 x 2048, timer, GIC, ACTLR, set/way, translation controls. */
	assert_in_range(sweep_answered, 8320, 8400);
}

static void undefined__named_ones(void **state)
{
	static const u32 regs[] = {
		ISS(3, 0, 9, 14, 1), ISS(3, 3, 9, 12, 0), ISS(3, 3, 14, 15, 7),	/* PMU */
		ISS(3, 0, 10, 4, 7), ISS(3, 0, 10, 4, 0),	/* LOR */
		ISS(3, 0, 5, 3, 0), ISS(3, 0, 5, 4, 0),		/* RAS records */
		ISS(3, 3, 13, 2, 0),				/* AMU */
		ISS(3, 0, 15, 2, 0), ISS(3, 3, 11, 1, 2),	/* implementation defined */
		ISS(2, 1, 0, 1, 4),				/* trace */
		ISS(3, 0, 1, 0, 5), ISS(3, 0, 1, 0, 6),		/* MTE */
		ISS(3, 0, 2, 0, 3), ISS(3, 0, 10, 2, 3),	/* TCR2, PIR */
		ISS(3, 4, 1, 1, 0), ISS(3, 6, 1, 1, 0),		/* EL2, EL3 */
	};

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(regs); i++)
		for (u32 read = 0; read < 2; read++) {
			access(regs[i], read, 1);
			assert_true(undefined());
		}
}

static void xzr__reads_zero_writes_vanish(void **state)
{
	(void)state;
	ctx()->pc = RAM_IPA;
	first_esr = (u64)EC_SYSREG << ESR_EC_SHIFT | ESR_IL | ISS(3, 0, 0, 4, 0) | 31 << 5 | 1;
	guest = guest_traps_once;
	guest_entries = 0;
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	assert_int_equal(ctx()->pc, RAM_IPA + 4);
}

static void gic__sgi_and_sre(void **state)
{
	(void)state;
	assert_int_equal(read_ok(ISS(3, 0, 12, 12, 5)), 7);
	write_ok(ISS(3, 0, 12, 12, 5), 0);
	assert_int_equal(read_ok(ISS(3, 0, 12, 12, 5)), 7);
	write_ok(ISS(3, 0, 12, 11, 5), UINT64_C(3) << 24 | 1);
	assert_true(vcpu_of(vm, 0)->vgic.priv[3].pending || vcpu_of(vm, 0)->vgic.priv[3].in_lr);
	write_ok(ISS(3, 0, 12, 11, 6), 1);
	write_ok(ISS(3, 0, 12, 11, 7), 1);
	access(ISS(3, 0, 12, 11, 5), true, 0);
	assert_true(undefined());
}

static void timer__physical__emulated(void **state)
{
	(void)state;
	write_ok(ISS_CNTP_CVAL_EL0, 0x123456789);
	assert_int_equal(read_ok(ISS_CNTP_CVAL_EL0), 0x123456789);
	write_ok(ISS_CNTP_CTL_EL0, 3);
	assert_int_equal(read_ok(ISS_CNTP_CTL_EL0) & 3, 3);
}

static void debug__step_bits_kept_rest_raz(void **state)
{
	(void)state;
	write_ok(ISS(2, 0, 0, 2, 2), UINT64_MAX);
	assert_int_equal(read_ok(ISS(2, 0, 0, 2, 2)), 0x3001);
	assert_int_equal(ctx()->el1[R_MDSCR], 0x3001);
	assert_int_equal(read_ok(ISS(2, 0, 1, 1, 4)), 8);
	write_ok(ISS(2, 0, 1, 0, 4), 1);
	write_ok(ISS(2, 0, 0, 3, 5), UINT64_MAX);
	assert_int_equal(read_ok(ISS(2, 0, 0, 3, 5)), 0);
	assert_int_equal(read_ok(ISS(3, 0, 1, 0, 1)), 0);	/* ACTLR_EL1 */
}

static void step__emulated_instruction__step_state_cleared(void **state)
{
	(void)state;
	ctx()->pc = RAM_IPA;
	ctx()->pstate = 0x3c5 | PSTATE_SS | PSTATE_BTYPE;
	first_esr = (u64)EC_SYSREG << ESR_EC_SHIFT | ESR_IL | ISS(3, 0, 0, 4, 0) | 1;
	guest = guest_traps_once;
	guest_entries = 0;
	run(vm, 0);
	assert_int_equal(ctx()->pstate, 0x3c5);
}

static void caches_on__no_fwb__memory_cleaned_then_untrapped(void **state)
{
	const u32 sctlr = ISS(3, 0, 1, 0, 0);
	u32 gz = 0;

	(void)state;
	run(vm, 0);
	assert_true(vcpu_of(vm, 0)->hcr & HCR_TVM);
	write_ok(ISS(3, 0, 2, 0, 2), 0x1234);
	assert_int_equal(ctx()->el1[R_TCR], 0x1234);
	write_ok(sctlr, 0x30d00801);	/* MMU only: no change of cacheability */
	assert_true(vcpu_of(vm, 0)->hcr & HCR_TVM);
	shim_events_clear();
	shim_irq_pending = true;	/* the host's interrupts get in between the slices */
	while (access(sctlr, false, 0x30d01805) == GZ_EXIT_GZ) {
		assert_int_equal(ctx()->pc, RAM_IPA);
		gz++;
	}
	assert_int_equal(ctx()->pc, RAM_IPA + 4);
	assert_int_equal(ctx()->el1[R_SCTLR], 0x30d01805);
	assert_false(vcpu_of(vm, 0)->hcr & HCR_TVM);
	assert_in_range(shim_events_of(EV_DC_CIVAC) + shim_events_of(EV_DC_CVAC), VM_PAGES, VM_PAGES * 256);
	shim_irq_pending = false;
	write_ok(ISS(1, 0, 7, 14, 2), 0);	/* DC CISW: watched again */
	assert_true(vcpu_of(vm, 0)->hcr & HCR_TVM);
	shim_events_clear();
	write_ok(ISS(1, 0, 7, 14, 2), 2);	/* the rest of the loop costs nothing */
	assert_int_equal(shim_events_of(EV_DC_CIVAC) + shim_events_of(EV_DC_CVAC), 0);
}

static void set_way__fwb__skipped(void **state)
{
	(void)state;
	write_ok(ISS(1, 0, 7, 6, 2), 0);
	write_ok(ISS(1, 0, 7, 10, 2), 0);
	assert_false(vcpu_of(vm, 0)->hcr & HCR_TVM);
}

#define T(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(id__cpu_with_every_feature__only_switched_ones_seen),
		T(id__all_other_space__zero),
		T(sweep__every_encoding__never_fatal),
		T(undefined__named_ones),
		T(xzr__reads_zero_writes_vanish),
		T(gic__sgi_and_sre),
		T(timer__physical__emulated),
		T(debug__step_bits_kept_rest_raz),
		T(step__emulated_instruction__step_state_cleared),
		cmocka_unit_test_setup(caches_on__no_fwb__memory_cleaned_then_untrapped, setup_no_fwb),
		T(set_way__fwb__skipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
