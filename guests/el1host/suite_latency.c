// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a guest that does its worst does not keep the host's interrupts: each host timer tick arrives while it runs.
 * Never: a bound on wall time that a loaded test machine breaks: ticks lost count, the worst delay is printed.
 * Used by: suites.c. SEC-35.
 */
#include "el1host/gzcall.h"
#include "el1host/suites.h"
#include "probe/roles.h"

#define TICKS	50

static volatile u64 ticks;
static u64 next, period, worst;

static void tick(u32 intid)
{
	u64 now;

	if (intid != 27)
		return;
	now = counter();
	worst = now - next > worst ? now - next : worst;
	ticks++;
	next = now + period;
	sysreg_write(cntv_cval_el0, next);
}

static void under(u64 role, u32 vcpus)
{
	struct test_vm vm;
	u64 runs = 0, irqs;

	EXPECT(vm_make_role(&vm, vcpus, VM_POPULATE, role, 0));
	period = counter_freq() / 500;
	ticks = worst = 0;
	irq_set_handler(tick);
	gic_enable(27);
	next = counter() + period;
	sysreg_write(cntv_cval_el0, next);
	sysreg_write(cntv_ctl_el0, 1);
	isb();
	while (ticks < TICKS && !vm.exited && runs < 5000000) {
		vm_run_once(&vm, (u32)(runs++ % vcpus));
		irq_window();
	}
	sysreg_write(cntv_ctl_el0, 0);
	gic_disable(27);
	irq_set_handler(NULL);
	irqs = vm.exits[GZ_EXIT_IRQ & 15];
	printf("  %lu ticks in %lu RUNs (%lu by interrupt), worst delay %lu us\n", ticks, runs, irqs, worst * 1000000 / counter_freq());
	EXPECT_EQ(ticks, TICKS);
	EXPECT(!vm.exited);
	EXPECT_EQ(vm_destroy(&vm), 0);
}

TEST(latency__guest_spins_masked__every_tick) { under(ROLE_SPIN, 1); }
TEST(latency__guest_in_wfi__every_tick) { under(ROLE_WFI, 1); }
TEST(latency__guest_storms_sgis__every_tick) { under(ROLE_SGI_STORM, 2); }
TEST(latency__guest_faults_for_ever__every_tick) { under(ROLE_FAULT_LOOP, 1); }

/* Long calls give way as well: the longest stretch inside EL2 of everything this run did. */
TEST(latency__longest_call__bounded)
{
	u64 t = gz_stat_read(GZ_STAT_LONGEST_CALL_TICKS) * 1000000 / counter_freq();

	printf("  longest stretch inside EL2: %lu us, call %lu\n", t, gz_stat_read(GZ_STAT_LONGEST_CALL_FN));
	EXPECT(t < 1000000);
}

void suite_latency(void)
{
	RUN_TEST(latency__guest_spins_masked__every_tick);
	RUN_TEST(latency__guest_in_wfi__every_tick);
	RUN_TEST(latency__guest_storms_sgis__every_tick);
	RUN_TEST(latency__guest_faults_for_ever__every_tick);
	RUN_TEST(latency__longest_call__bounded);
}
