/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/hvc/ hyp/run/ hyp/vm/ hyp/irq/ hyp/timer/ hyp/mem/ hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/arch/aarch64/el1_regs.c hyp/arch/aarch64/inject.c hyp/arch/aarch64/fpsimd.c hyp/arch/aarch64/cpu_init.c tests/host/gic_model.c tests/host/mem_fixture.c tests/host/run_fixture.c */
/*
 * Job: vCPUs with nothing to do: WFI and WFE, deadlines told to the driver, vCPUs that are off.
 * Never: the timer itself (test_vtimer.c), wake-ups by interrupts (test_wake.c).
 * Used by: make -C tests/host run.
 */
#include "run_fixture.h"

#include "arch/aarch64/cpu.h"
#include "arch/aarch64/esr.h"

/* First RUN: one trap with what dabt() made. */
static u32 run_trap(u16 vm)
{
	guest_entries = 0;
	guest = guest_traps_once;
	return run(vm, 0);
}

static u64 guest_wfi(struct cpu_ctx *ctx)
{
	(void)ctx;
	return guest_entries > 3 ? guest_host_irq(ctx) : trap_sync((u64)EC_WFX << ESR_EC_SHIFT | ESR_IL);
}

static void wfi__idle_enabled__idle_with_capped_delay(void **state)
{
	u16 vm = make_vm(1, true);

	(void)state;
	guest = guest_wfi;
	assert_int_equal(run(vm, 0), GZ_EXIT_IDLE);
	assert_int_equal(hwstate_page(0)->vtimer_migrate, 1);
	assert_int_equal(hwstate_page(0)->vtimer_delay, GZ_IDLE_CAP_NS);
	assert_int_equal(vcpu_of(vm, 0)->ctx.pc, RAM_IPA + 4);
	/* Woken for nothing: idle again, and the guest does not notice. */
	assert_int_equal(run(vm, 0), GZ_EXIT_IDLE);
	assert_int_equal(guest_entries, 1);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_IDLE, GZ_IDLE_LATCH_FIRST, 0).st, 0);
	assert_int_equal(run(vm, 0), GZ_EXIT_IDLE);
	assert_int_equal(hwstate_page(0)->vtimer_delay, 30000000000);
}

static u64 guest_arms_timer_then_wfi(struct cpu_ctx *ctx)
{
	if (guest_entries > 1)
		return guest_host_irq(ctx);
	gm[0].cntv_ctl = 1;
	gm[0].cntv_cval = shim_counter - gm[0].cntvoff + 5000;
	return trap_sync((u64)EC_WFX << ESR_EC_SHIFT | ESR_IL);
}

static void wfi__timer_armed__delay_is_the_deadline(void **state)
{
	u16 vm = make_vm(1, true);

	(void)state;
	shim_counter = 1000000;
	guest = guest_arms_timer_then_wfi;
	assert_int_equal(run(vm, 0), GZ_EXIT_IDLE);
	assert_int_equal(hwstate_page(0)->vtimer_delay, 5000);
	shim_counter += 4000;
	assert_int_equal(run(vm, 0), GZ_EXIT_IDLE);
	assert_int_equal(hwstate_page(0)->vtimer_delay, 1000);
	assert_int_equal(guest_entries, 1);
}

static void wfi__idle_unknown_to_driver__waits_here(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	guest = guest_wfi;
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	assert_int_equal(shim_events_of(EV_WFI), 3);
	assert_int_equal(vcpu_of(vm, 0)->ctx.pc, RAM_IPA + 12);
}

static void wfe__resumes_at_once(void **state)
{
	u16 vm = make_vm(1, true);

	(void)state;
	first_esr = (u64)EC_WFX << ESR_EC_SHIFT | ESR_IL | 1;
	assert_int_equal(run_trap(vm), GZ_EXIT_IRQ);
	assert_int_equal(vcpu_of(vm, 0)->ctx.pc, RAM_IPA + 4);
}

static void off_vcpu__idle_or_irq__never_entered(void **state)
{
	u16 vm = make_vm(2, true), old = make_bare_vm();

	(void)state;
	assert_int_equal(run(vm, 1), GZ_EXIT_IDLE);
	assert_int_equal(run(vm, 1), GZ_EXIT_IDLE);
	assert_int_equal(hvc(GZ_FN_DESTROY_VCPU, GZ_TUPLE(vm, 1), 0, 0, 0).st, 0);
	assert_int_equal(add_vcpu(old, 1), 0);
	assert_int_equal(run(old, 1), GZ_EXIT_IRQ);
	assert_int_equal(guest_entries, 0);
	assert_int_equal(vcpu_of(old, 1)->running_cpu, -1);
	assert_int_equal(gm[0].cnthp_ctl, 0);
}

#define T(f) cmocka_unit_test_setup(f, run_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(wfi__idle_enabled__idle_with_capped_delay),
		T(wfi__timer_armed__delay_is_the_deadline),
		T(wfi__idle_unknown_to_driver__waits_here),
		T(wfe__resumes_at_once),
		T(off_vcpu__idle_or_irq__never_entered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
