// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: no wake-up is lost: an interrupt injected exactly between "nothing pending" and sleep, with the published driver's order and with ours.
 * Never: time: the window is made by order of calls, not by luck.
 * Used by: suites.c. SEC-23.
 */
#include "el1host/gzcall.h"
#include "el1host/suites.h"
#include "probe/roles.h"

#define ROUNDS	100

static struct test_vm vm;

static volatile struct gz_hwstate_page *hwstate(u32 vcpu)
{
	return (volatile struct gz_hwstate_page *)(vm.pages_pa[vcpu] + PAGE_SIZE);
}

/* RUNs until the vCPU wants to sleep, at most n times. */
static bool run_to_idle(u32 vcpu, u32 n)
{
	while (n-- && !vm.exited)
		if (vm_run_once(&vm, vcpu) == GZ_EXIT_IDLE)
			return true;
	return false;
}

static bool make(bool latch_first)
{
	if (!vm_make_role(&vm, 1, VM_POPULATE, ROLE_WAIT_SPI, ROUNDS))
		return false;
	return gz(GZ_FN_ENABLE_CAP, vm.id, GZ_CAP_IDLE, latch_first ? GZ_IDLE_LATCH_FIRST : 0, 0).st == 0;
}

/*
 * Published order: everybody is woken, the vCPU enters again and finds nothing, sleeps, and only then the interrupt is
 * latched. Nothing wakes it, so its sleep must be short: that is the cap.
 */
TEST(wake__published_order_in_the_window__bounded_by_the_cap)
{
	u64 cap = GZ_IDLE_CAP_NS * counter_freq() / 1000000000;

	EXPECT(make(false));
	for (u32 i = 0; i < ROUNDS && !vm.exited; i++) {
		EXPECT(run_to_idle(0, 1000));			/* asleep */
		EXPECT(run_to_idle(0, 10));			/* woken too early: back to sleep */
		EXPECT(hwstate(0)->vtimer_migrate != 0);
		EXPECT(hwstate(0)->vtimer_delay > 0 && hwstate(0)->vtimer_delay <= cap);
		EXPECT_EQ(gz(GZ_FN_IRQ_LINE, GZ_TUPLE(vm.id, 0), 0, 1, 0).st, 0);
		/* the timer of the sleep fires: the next RUN delivers */
	}
	EXPECT(vm_run_all(&vm, 1000));
	EXPECT_EQ(vm.exit_code, 0);
	EXPECT_EQ(vm.echo, ROUNDS);
	EXPECT_EQ(vm_destroy(&vm), 0);
}

/* Our order: latch, then wake whom the call names. The deadline is the true one: none at all here. */
TEST(wake__latch_first__named_and_true_deadline)
{
	u64 cap = GZ_IDLE_CAP_NS * counter_freq() / 1000000000;

	EXPECT(make(true));
	for (u32 i = 0; i < ROUNDS && !vm.exited; i++) {
		struct gz_ret r;

		EXPECT(run_to_idle(0, 1000));
		EXPECT(hwstate(0)->vtimer_delay > cap);
		r = gz(GZ_FN_IRQ_LINE, GZ_TUPLE(vm.id, 0), 0, 1, 0);
		EXPECT_EQ(r.st, 0);
		EXPECT_EQ(r.x1, 1);		/* wake vCPU 0 */
		EXPECT(vm_run_once(&vm, 0) != GZ_EXIT_IDLE || vm.exited);
	}
	EXPECT(vm_run_all(&vm, 1000));
	EXPECT_EQ(vm.exit_code, 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
}

/* Injected while the vCPU has not run since: it must not sleep over it. */
TEST(wake__latched_before_run__no_idle)
{
	EXPECT(make(true));
	EXPECT(run_to_idle(0, 1000));
	for (u32 i = 0; i < ROUNDS && !vm.exited; i++) {
		u32 runs = 0;

		gz(GZ_FN_IRQ_LINE, GZ_TUPLE(vm.id, 0), 0, 1, 0);
		while (vm.echo < i + 1 && runs++ < 20 && !vm.exited)
			vm_run_once(&vm, 0);
		EXPECT_EQ(vm.echo, i + 1);
		EXPECT(run_to_idle(0, 10) || vm.exited);
	}
	EXPECT(vm_run_all(&vm, 1000));
	EXPECT_EQ(vm_destroy(&vm), 0);
}

/* Injection from another CPU at any moment, against the vCPU's own RUN loop that sleeps as a driver would. */
static volatile u64 injector_done;

static void injector(u64 arg)
{
	(void)arg;
	gic_cpu_init();
	for (u64 n = 1; n <= ROUNDS; n++) {
		struct gz_ret r = gz(GZ_FN_IRQ_LINE, GZ_TUPLE(vm.id, 0), 0, 1, 0);

		if (r.x1 & 1)
			__atomic_store_n(&vm.arg, n, __ATOMIC_RELEASE);		/* the wake-up */
		while (__atomic_load_n(&vm.echo, __ATOMIC_ACQUIRE) < n && !vm.exited)
			cpu_relax();
		delay_us(n * 7 % 50);
	}
	injector_done = 1;
}

TEST(wake__injected_from_another_cpu__none_lost)
{
	u64 end;

	EXPECT(make(true));
	EXPECT(run_to_idle(0, 1000));
	vm.arg = 0;
	injector_done = 0;
	EXPECT_EQ(cpu_start(1, injector, 0), 0);
	end = counter() + 30 * counter_freq();
	while (!vm.exited && counter() < end) {
		u64 seen = __atomic_load_n(&vm.arg, __ATOMIC_ACQUIRE);

		if (vm_run_once(&vm, 0) != GZ_EXIT_IDLE)
			continue;
		/* Latch first: whoever latched after this vCPU said IDLE names it. */
		while (__atomic_load_n(&vm.arg, __ATOMIC_ACQUIRE) == seen && !vm.exited && counter() < end && !injector_done)
			cpu_relax();
	}
	EXPECT(vm.exited);
	EXPECT_EQ(vm.exit_code, 0);
	EXPECT(wait_for(&injector_done, 1, 5000000));
	EXPECT_EQ(vm_destroy(&vm), 0);
}

TEST(wake__timer_in_wfi__every_period)
{
	EXPECT_EQ(vm_role(ROLE_TIMER_WFI, 100), 0);
}

void suite_wake(void)
{
	RUN_TEST(wake__published_order_in_the_window__bounded_by_the_cap);
	RUN_TEST(wake__latch_first__named_and_true_deadline);
	RUN_TEST(wake__latched_before_run__no_idle);
	RUN_TEST(wake__injected_from_another_cpu__none_lost);
	RUN_TEST(wake__timer_in_wfi__every_period);
}
