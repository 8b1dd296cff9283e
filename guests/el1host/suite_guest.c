// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a VM's life as the published driver lives it: events, paging, relinquish, many vCPUs on many CPUs, several VMs.
 * Never: an extension.
 * Used by: suites.c.
 */
#include "el1host/gzcall.h"
#include "el1host/suites.h"
#include "gz/guest_hvc.h"
#include "probe/roles.h"

static u32 cpus;

TEST(guest__powers_off_or_resets__event_of_its_kind)
{
	EXPECT_EQ(vm_role(ROLE_OFF, 0), 0x100 + GZ_EVENT_SHUTDOWN);
	EXPECT_EQ(vm_role(ROLE_RESET, 0), 0x100 + GZ_EVENT_RESET);
	EXPECT_EQ(vm_role(ROLE_RESET2, 0), 0x100 + GZ_EVENT_RESET);
}

TEST(guest__mmio_of_every_width__data_right)
{
	EXPECT_EQ(vm_role(ROLE_ECHO, 0), 0);
}

static void touch(enum vm_how how)
{
	struct holdings start = holdings();
	struct test_vm vm;

	EXPECT(vm_make_role(&vm, 1, how, ROLE_TOUCH, VM_RAM_BASE + VM_RAM_SIZE));
	EXPECT(vm_run_all(&vm, 100000));
	EXPECT_EQ(vm.exit_code, 0);
	EXPECT(how == VM_POPULATE || vm.exits[GZ_EXIT_EXCEPTION & 15] > 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_HOLDINGS(start);
}

TEST(guest__touches_all_memory__each_way_of_population)
{
	touch(VM_POPULATE);
	touch(VM_PAGES);
	touch(VM_BLOCKS);
}

TEST(guest__relinquishes_a_page__faults_it_back)
{
	for (u32 how = VM_PAGES; how <= VM_BLOCKS; how++) {
		struct holdings start = holdings();
		struct test_vm vm;

		EXPECT(vm_make_role(&vm, 1, how, ROLE_RELINQUISH, 20));
		EXPECT(vm_run_all(&vm, 100000));
		EXPECT_EQ(vm.exit_code, 0);
		EXPECT_EQ(vm.exits[GZ_EXIT_HYPERCALL & 15], 20);
		EXPECT_EQ(vm_destroy(&vm), 0);
		EXPECT_HOLDINGS(start);
	}
}

TEST(guest__hypercalls_of_every_owner__never_fatal)
{
	struct test_vm vm;

	EXPECT(vm_make_role(&vm, 1, VM_PAGES, ROLE_HVC, 20000));
	EXPECT(vm_run_all(&vm, 1000000));
	EXPECT_EQ(vm.exit_code, 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
}

/* Each CPU runs its share of the vCPUs in turn; an idle vCPU is simply run again. */
static struct test_vm smp;
static volatile u64 gone[MAX_CPUS];
static u32 runners;

/* A time slice, as a scheduler has: a spinning vCPU must not keep this CPU from the others. */
static void slice_over(u32 intid)
{
	if (intid == 27)
		sysreg_write(cntv_tval_el0, counter_freq() / 1000);
}

static void slices(bool on)
{
	sysreg_write(cntv_tval_el0, counter_freq() / 1000);
	sysreg_write(cntv_ctl_el0, on);
	isb();
	if (on)
		gic_enable(27);
	else
		gic_disable(27);
}

#define WAKE_SGI	8

/* Published drivers wake everybody at exit IPI. */
static void wake_all(u64 me)
{
	for (u32 i = 0; i < runners; i++)
		if (i != me)
			gic_send_sgi(WAKE_SGI, i);
}

/* One RUN of each vCPU of this CPU; true when all of them want to sleep. */
static bool run_round(u64 cpu)
{
	bool idle = true;

	for (u32 v = (u32)cpu; v < smp.vcpus && !smp.exited; v += runners) {
		u32 reason = vm_run_once(&smp, v);

		idle &= reason == GZ_EXIT_IDLE;
		if (reason == GZ_EXIT_IPI)
			wake_all(cpu);
	}
	return idle;
}

static void run_share(u64 cpu)
{
	gic_cpu_init();
	gic_enable(WAKE_SGI);
	slices(true);
	while (!smp.exited) {
		/* A wake-up sent since the RUN is pending, so this falls through; else the slice ends it. */
		if (run_round(cpu) && !smp.exited)
			wfi();
		irq_window();
	}
	wake_all(cpu);
	slices(false);
	gone[cpu] = 1;
}

static void run_smp(u32 vcpus, u32 on, u64 role)
{
	struct holdings start = holdings();

	EXPECT(vm_make_role(&smp, vcpus, VM_PAGES, role, 0));
	irq_set_handler(slice_over);
	runners = on;
	for (u32 i = 1; i < on; i++) {
		gone[i] = 0;
		EXPECT_EQ(cpu_start(i, run_share, i), 0);
	}
	run_share(0);
	for (u32 i = 1; i < on; i++) {
		EXPECT(wait_for(&gone[i], 1, 20000000));
		while (psci(PSCI_AFFINITY_INFO_64, i, 0, 0) != PSCI_AFFINITY_OFF)
			cpu_relax();
	}
	irq_set_handler(NULL);
	EXPECT(smp.exited);
	EXPECT_EQ(smp.exit_code, 0);
	EXPECT_EQ(vm_destroy(&smp), 0);
	EXPECT_HOLDINGS(start);
}

TEST(guest__all_tests_with_4_vcpus_on_all_cpus) { run_smp(4, cpus, ROLE_TESTS); }
TEST(guest__all_tests_with_8_vcpus_on_all_cpus) { run_smp(8, cpus, ROLE_TESTS); }
TEST(guest__all_tests_with_2_vcpus_on_one_cpu) { run_smp(2, 1, ROLE_TESTS); }

TEST(guest__vcpus_of_several_cpus__again_and_again)
{
	for (u32 i = 0; i < 10; i++)
		run_smp(2 + i % 3, cpus, ROLE_SMP);
}

/* Several VMs in turn on one CPU: each keeps its own registers. */
TEST(vms__four_in_turn__each_its_own)
{
	struct holdings start = holdings();
	static struct test_vm vms[4];
	u32 left = 4;

	for (u32 i = 0; i < 4; i++)
		EXPECT(vm_make_role(&vms[i], 1, VM_POPULATE, ROLE_LEAK, 50));
	for (u32 n = 0; left && n < 100000; n++) {
		struct test_vm *vm = &vms[n % 4];

		if (vm->exited)
			continue;
		vm_run_once(vm, 0);
		left -= vm->exited;
	}
	for (u32 i = 0; i < 4; i++) {
		EXPECT(vms[i].exited);
		EXPECT_EQ(vms[i].exit_code, 0);
		EXPECT_EQ(vm_destroy(&vms[i]), 0);
	}
	EXPECT_HOLDINGS(start);
}

void suite_guest(void)
{
	cpus = cpu_count_fdt(host_fdt);
	cpus = cpus > MAX_CPUS ? MAX_CPUS : cpus;
	RUN_TEST(guest__powers_off_or_resets__event_of_its_kind);
	RUN_TEST(guest__mmio_of_every_width__data_right);
	RUN_TEST(guest__touches_all_memory__each_way_of_population);
	RUN_TEST(guest__relinquishes_a_page__faults_it_back);
	RUN_TEST(guest__hypercalls_of_every_owner__never_fatal);
	RUN_TEST(vms__four_in_turn__each_its_own);
	RUN_TEST(guest__vcpus_of_several_cpus__again_and_again);
	RUN_TEST(guest__all_tests_with_2_vcpus_on_one_cpu);
	RUN_TEST(guest__all_tests_with_4_vcpus_on_all_cpus);
	RUN_TEST(guest__all_tests_with_8_vcpus_on_all_cpus);
}
