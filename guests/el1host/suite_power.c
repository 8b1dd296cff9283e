// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the host's firmware calls: CPU_ON with bad targets and entries, races, off and on with VMs alive, suspend, hyp-stub calls, unknown SMCs.
 * Never: SYSTEM_OFF or RESET: they would end the test.
 * Used by: suites.c. SEC-25, SEC-33. PSCI, ARM DEN 0022.
 */
#include "el1host/gzcall.h"
#include "el1host/suites.h"
#include "gz/guest_hvc.h"
#include "probe/roles.h"

extern char secondary_entry[];
static volatile u64 arrived[MAX_CPUS], leave, results[MAX_CPUS], go;
static u32 cpus;

static s32 p(u64 id, u64 a1, u64 a2, u64 a3)
{
	return (s32)psci(id, a1, a2, a3);
}

static bool wait_off(u32 cpu)
{
	u64 end = counter() + 5 * counter_freq();

	while (counter() < end)
		if (p(PSCI_AFFINITY_INFO_64, cpu, 0, 0) == PSCI_AFFINITY_OFF)
			return true;
	return false;
}

static void visit(u64 arg)
{
	(void)arg;
	arrived[cpu_id()]++;
	while (!leave)
		cpu_relax();
}

TEST(host_cpu_on__into_el2_or_nowhere__refused)
{
	for (u32 i = 0; i < forbidden_count; i++) {
		s32 r = p(PSCI_CPU_ON_64, 1, forbidden[i].pa, 0);

		if (r >= 0)
			printf("  accepted: %s\n", forbidden[i].what);
		EXPECT_EQ(r, PSCI_INVALID_ADDRESS);
	}
	EXPECT_EQ(p(PSCI_CPU_ON_64, 1, (u64)secondary_entry + 2, 0), PSCI_INVALID_ADDRESS);
	EXPECT_EQ(p(PSCI_AFFINITY_INFO_64, 1, 0, 0), PSCI_AFFINITY_OFF);
}

TEST(host_cpu_on__unknown_or_running_target__refused)
{
	EXPECT_EQ(p(PSCI_CPU_ON_64, 0, (u64)secondary_entry, 0), PSCI_ALREADY_ON);
	EXPECT_EQ(p(PSCI_CPU_ON_64, 0x77, (u64)secondary_entry, 0), PSCI_INVALID_PARAMETERS);
	EXPECT_EQ(p(PSCI_CPU_ON_64, ~0ull, (u64)secondary_entry, 0), PSCI_INVALID_PARAMETERS);
	EXPECT_EQ(p(PSCI_CPU_ON_64, 1ull << 63 | 1, (u64)secondary_entry, 0), PSCI_INVALID_PARAMETERS);
	EXPECT_EQ(p(PSCI_CPU_ON_64, BIT(31) | 1, (u64)secondary_entry, 0), PSCI_INVALID_PARAMETERS);
}

/* Every CPU comes up behind stage 2, each time it is turned on. */
static volatile u64 behind[MAX_CPUS];

static void try_el2(u64 arg)
{
	struct exc e;

	(void)arg;
	exc_expect(&e);
	__asm__ volatile("ldr x9, [%0]" : : "r"(el2_pool) : "x9", "memory");
	exc_done();
	behind[cpu_id()] += e.count == 1 && (e.esr & 0x3f) == 0x21 && sysreg_read(currentel) >> 2 == 1;
}

TEST(host_cpus__off_and_on_in_a_loop__behind_stage2_each_time)
{
	for (u32 i = 1; i < cpus; i++) {
		behind[i] = 0;
		for (u32 round = 1; round <= 20; round++) {
			EXPECT_EQ(cpu_start(i, try_el2, 0), 0);
			EXPECT(wait_for(&behind[i], round, 5000000));
			EXPECT(wait_off(i));
		}
	}
}

static void racer(u64 arg)
{
	(void)arg;
	arrived[cpu_id()]++;
	while (!go)
		cpu_relax();
	results[cpu_id()] = 1000 + (u64)(s64)p(PSCI_CPU_ON_64, 3, (u64)secondary_entry, 3);
}

TEST(host_cpu_on__raced_by_two__one_wins)
{
	if (cpus < 4)
		return;
	for (u32 round = 0; round < 10; round++) {
		u32 wins = 0;

		go = leave = 0;
		arrived[3] = 0;
		cpu_job(3, visit, 0);
		for (u32 i = 1; i < 3; i++) {
			arrived[i] = results[i] = 0;
			EXPECT_EQ(cpu_start(i, racer, 0), 0);
			EXPECT(wait_for(&arrived[i], 1, 5000000));
		}
		go = 1;
		for (u32 i = 1; i < 3; i++) {
			EXPECT(wait_for(&results[i], 1, 5000000));
			wins += results[i] == 1000;
			EXPECT(results[i] == 1000 || results[i] == 1000 + (u64)PSCI_ALREADY_ON || results[i] == 1000 + (u64)PSCI_ON_PENDING);
		}
		EXPECT_EQ(wins, 1);
		EXPECT(wait_for(&arrived[3], 1, 5000000));
		leave = 1;
		for (u32 i = 1; i < 4; i++)
			EXPECT(wait_off(i));
	}
}

static struct test_vm vm;
static volatile u64 ran;

static void run_some(u64 arg)
{
	(void)arg;
	gic_cpu_init();
	for (u32 i = 0; i < 20 && !vm.exited; i++)
		vm_run_once(&vm, 0);
	ran++;
}

/* A vCPU moves over CPUs that go off in between: nothing of it stays behind on any of them. */
TEST(host_cpus__off_and_on_with_a_vm_alive__guest_goes_on)
{
	u64 turns = 0;

	EXPECT(vm_make_role(&vm, 1, VM_POPULATE, ROLE_LEAK, 100));
	ran = 0;
	while (!vm.exited && turns < 100 && cpus > 1) {
		u32 cpu = 1 + (u32)(turns % (cpus - 1));

		EXPECT_EQ(cpu_start(cpu, run_some, 0), 0);
		EXPECT(wait_for(&ran, ++turns, 5000000));
		EXPECT(wait_off(cpu));
	}
	EXPECT(vm_run_all(&vm, 10000));
	EXPECT_EQ(vm.exit_code, 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
}

TEST(host_suspend__standby_in_a_loop__wakes)
{
	gic_enable(27);
	for (u32 i = 0; i < 20; i++) {
		sysreg_write(cntv_cval_el0, counter() + counter_freq() / 1000);
		sysreg_write(cntv_ctl_el0, 1);
		isb();
		EXPECT_EQ(p(PSCI_CPU_SUSPEND_64, 0, 0, 0), 0);
		sysreg_write(cntv_ctl_el0, 0);
		isb();
	}
	EXPECT_EQ(p(PSCI_CPU_SUSPEND_64, 1u << 16, el2_image, 0) < 0, 1);	/* power-down with an entry in EL2 */
	EXPECT(p(PSCI_SYSTEM_SUSPEND_64, el2_image, 0, 0) < 0);
	gic_disable(27);
}

/* What Linux asks before kexec and hibernation of a kernel that was started at EL2. */
TEST(host_hyp_stub_calls__refused)
{
	for (u64 id = 0; id < 8; id++) {
		struct call c = { { id, (u64)secondary_entry, 0, 0 } };

		hvc_call(&c);
		EXPECT_EQ((s32)c.x[0], -1);
	}
	EXPECT_EQ(sysreg_read(currentel) >> 2, 1);
}

TEST(host_smc__unknown_ids__not_supported_upper_registers_kept)
{
	static const u32 ids[] = { 0x82000000, 0xc2000001, 0x83000000, 0x84000050 + 0x20, 0x8400ff00, 0xb2000000, 0xbf00ff01, 0xf2000000,
		0xc4000020, 0xc4000060, 0x84000060, 0x01000000, 0, 0xffffffff, 0xfb001000 };

	for (u32 i = 0; i < ARRAY_SIZE(ids); i++) {
		struct call c = { { ids[i], el2_image, el2_pool, 1 } };

		for (u32 k = 4; k < 18; k++)
			c.x[k] = 0x9900 + k;
		smc_call(&c);
		EXPECT_EQ((s32)c.x[0], -1);
		for (u32 k = 4; k < 18; k++)
			EXPECT_EQ(c.x[k], 0x9900 + k);
	}
}

void suite_power(void)
{
	cpus = cpu_count_fdt(host_fdt);
	cpus = cpus > MAX_CPUS ? MAX_CPUS : cpus;
	if (cpus > 1)
		RUN_TEST(host_cpu_on__into_el2_or_nowhere__refused);
	RUN_TEST(host_cpu_on__unknown_or_running_target__refused);
	RUN_TEST(host_cpus__off_and_on_in_a_loop__behind_stage2_each_time);
	RUN_TEST(host_cpu_on__raced_by_two__one_wins);
	RUN_TEST(host_cpus__off_and_on_with_a_vm_alive__guest_goes_on);
	RUN_TEST(host_suspend__standby_in_a_loop__wakes);
	RUN_TEST(host_hyp_stub_calls__refused);
	RUN_TEST(host_smc__unknown_ids__not_supported_upper_registers_kept);
}
