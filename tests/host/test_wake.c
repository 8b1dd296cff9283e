/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/hvc/ hyp/run/ hyp/vm/ hyp/irq/ hyp/timer/ hyp/mem/ hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/arch/aarch64/el1_regs.c hyp/arch/aarch64/inject.c hyp/arch/aarch64/fpsimd.c hyp/arch/aarch64/cpu_init.c tests/host/gic_model.c tests/host/mem_fixture.c tests/host/run_fixture.c */
/*
 * Job: who is woken when a vCPU makes others due: a kick for the running, an exit for the sleeping, nothing for the rest.
 * Never: reach for how the interrupt became due (test_vgic_inject.c).
 * Used by: make -C tests/host run.
 */
#include "run_fixture.h"

#include "arch/aarch64/esr.h"
#include "run/run_int.h"

static struct run r;

static void from_vcpu_0(u16 vm)
{
	r.v = vcpu_of(vm, 0);
	r.vm = r.v->vm;
	gm_last_sgi1r = 0;
}

static bool kicked(void) { return gm_last_sgi1r != 0; }

static void wake__nobody_or_itself__goes_on(void **state)
{
	u16 vm = make_vm(2, true);

	(void)state;
	from_vcpu_0(vm);
	r.v->idle = 1;
	assert_int_equal(run_wake(&r, 0), RUN_RESUME);
	assert_int_equal(run_wake(&r, BIT(0)), RUN_RESUME);
	assert_int_equal(r.v->wake_mask, 0);
	assert_false(kicked());
}

static void wake__sleeping__exit_ipi_names_them_alone(void **state)
{
	u16 vm = make_vm(4, true);

	(void)state;
	from_vcpu_0(vm);
	vcpu_of(vm, 1)->idle = 1;
	vcpu_of(vm, 3)->idle = 1;
	/* vCPU 2 is awake but between two RUNs: it sees what is due by itself. */
	assert_int_equal(run_wake(&r, BIT(0) | BIT(1) | BIT(2) | BIT(3)), GZ_EXIT_IPI);
	assert_int_equal(r.v->wake_mask, BIT(1) | BIT(3));
	assert_int_equal(run_wake(&r, BIT(2)), RUN_RESUME);
	assert_false(kicked());
}

static void wake__running_elsewhere__kicked_not_reported(void **state)
{
	u16 vm = make_vm(3, true);
	u64 before = this_cpu()->stat[GZ_STAT_KICKS];

	(void)state;
	from_vcpu_0(vm);
	vcpu_of(vm, 1)->running_cpu = 2;
	assert_int_equal(run_wake(&r, BIT(1)), RUN_RESUME);
	assert_true(kicked());
	assert_int_equal(gm_last_sgi1r & 0xffff, BIT(2));
	assert_int_equal(this_cpu()->stat[GZ_STAT_KICKS], before + 1);
	vcpu_of(vm, 2)->idle = 1;
	assert_int_equal(run_wake(&r, BIT(1) | BIT(2)), GZ_EXIT_IPI);
	assert_int_equal(r.v->wake_mask, BIT(2));
	vcpu_of(vm, 1)->running_cpu = -1;
}

static void wake__driver_without_idle__never_told(void **state)
{
	u16 vm = make_vm(2, false);

	(void)state;
	from_vcpu_0(vm);
	vcpu_of(vm, 1)->idle = 1;
	assert_int_equal(run_wake(&r, BIT(1)), RUN_RESUME);
	assert_int_equal(r.v->wake_mask, 0);
}

static void wake_left__nobody_sleeps__exit_unchanged(void **state)
{
	static const u32 exits[] = { GZ_EXIT_IRQ, GZ_EXIT_GZ, GZ_EXIT_IDLE, GZ_EXIT_MMIO, RUN_RESUME };
	u16 vm = make_vm(2, true);

	(void)state;
	from_vcpu_0(vm);
	for (u32 i = 0; i < ARRAY_SIZE(exits); i++)
		assert_int_equal(run_wake_left(&r, BIT(1), exits[i]), exits[i]);
	assert_int_equal(r.v->wake_mask | r.v->wake_late, 0);
}

static void wake_left__exit_that_says_come_again__becomes_ipi(void **state)
{
	static const u32 exits[] = { GZ_EXIT_IRQ, GZ_EXIT_GZ, GZ_EXIT_IDLE };
	u16 vm = make_vm(3, true);

	(void)state;
	from_vcpu_0(vm);
	vcpu_of(vm, 1)->idle = vcpu_of(vm, 2)->idle = 1;
	for (u32 i = 0; i < ARRAY_SIZE(exits); i++) {
		r.v->wake_mask = 0;
		assert_int_equal(run_wake_left(&r, BIT(1), exits[i]), GZ_EXIT_IPI);
		assert_int_equal(r.v->wake_mask, BIT(1));
	}
	/* An IPI already: both are named. */
	assert_int_equal(run_wake_left(&r, BIT(2), GZ_EXIT_IPI), GZ_EXIT_IPI);
	assert_int_equal(r.v->wake_mask, BIT(1) | BIT(2));
	assert_int_equal(r.v->wake_late, 0);
}

static void wake_left__exit_of_its_own__kept_and_the_next_run_says_it(void **state)
{
	u16 vm = make_vm(3, true);

	(void)state;
	from_vcpu_0(vm);
	vcpu_of(vm, 1)->idle = vcpu_of(vm, 2)->idle = 1;
	assert_int_equal(run_wake_left(&r, BIT(1), GZ_EXIT_MMIO), GZ_EXIT_MMIO);
	assert_int_equal(run_wake_left(&r, BIT(2), GZ_EXIT_SYSTEM_EVENT), GZ_EXIT_SYSTEM_EVENT);
	assert_int_equal(r.v->wake_mask, 0);
	guest_entries = 0;
	assert_int_equal(run(vm, 0), GZ_EXIT_IPI);
	assert_int_equal(last_run.x2, BIT(1) | BIT(2));
	assert_int_equal(guest_entries, 0);
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);	/* once */
	assert_int_equal(last_run.x2, 0);
}

#define T(f) cmocka_unit_test_setup(f, run_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(wake__nobody_or_itself__goes_on),
		T(wake__sleeping__exit_ipi_names_them_alone),
		T(wake__running_elsewhere__kicked_not_reported),
		T(wake__driver_without_idle__never_told),
		T(wake_left__nobody_sleeps__exit_unchanged),
		T(wake_left__exit_that_says_come_again__becomes_ipi),
		T(wake_left__exit_of_its_own__kept_and_the_next_run_says_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
