// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the PSCI 1.1 a guest sees: answers, states, races, unknown ids. PSCI, ARM DEN 0022.
 * Never: end the VM: power-off and reset are roles of their own (roles.c).
 * Used by: probe/main.c.
 */
#include "gz/guest_hvc.h"
#include "probe/probe.h"

extern char secondary_entry[];
static volatile u64 arrived[MAX_CPUS], leave;

static s32 p(u64 id, u64 a1, u64 a2, u64 a3)
{
	return (s32)psci(id, a1, a2, a3);
}

static bool wait_affinity(u32 cpu, s32 want)
{
	u64 end = counter() + counter_freq() * 2;

	while (counter() < end)
		if (p(PSCI_AFFINITY_INFO_64, cpu, 0, 0) == want)
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

TEST(psci__version_and_features__1_1)
{
	static const u32 have[] = { PSCI_CPU_SUSPEND_64, PSCI_CPU_OFF, PSCI_CPU_ON_32, PSCI_CPU_ON_64, PSCI_AFFINITY_INFO_64,
		PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET, PSCI_FEATURES, PSCI_VERSION_ID, PSCI_AFFINITY_INFO_32, PSCI_CPU_SUSPEND_32 };
	static const u32 have_gz[] = { PSCI_SYSTEM_RESET2_32, PSCI_SYSTEM_RESET2_64, PSCI_MIGRATE_INFO_TYPE, SMCCC_VERSION_ID };
	static const u32 lack[] = { PSCI_CPU_FREEZE, PSCI_MEM_PROTECT, PSCI_NODE_HW_STATE_64, PSCI_STAT_COUNT_32, 0x84000015,
		0xc4000008, 0x84000100, 0 };

	EXPECT_EQ(p(PSCI_VERSION_ID, 0, 0, 0), PSCI_VERSION_1_1);
	for (u32 i = 0; i < ARRAY_SIZE(have); i++)
		EXPECT(p(PSCI_FEATURES, have[i], 0, 0) >= 0);
	for (u32 i = 0; i < ARRAY_SIZE(have_gz) && plat.gz; i++)
		EXPECT(p(PSCI_FEATURES, have_gz[i], 0, 0) >= 0);
	for (u32 i = 0; i < ARRAY_SIZE(lack); i++)
		EXPECT_EQ(p(PSCI_FEATURES, lack[i], 0, 0), PSCI_NOT_SUPPORTED);
	EXPECT_EQ(p(PSCI_MIGRATE_INFO_TYPE, 0, 0, 0), PSCI_MIGRATE_NOT_PRESENT);
}

TEST(psci__unknown_ids__not_supported)
{
	static const u32 skip[] = { PSCI_CPU_SUSPEND_32, PSCI_CPU_SUSPEND_64, PSCI_CPU_OFF, PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET,
		PSCI_SYSTEM_RESET2_32, PSCI_SYSTEM_RESET2_64, PSCI_CPU_DEFAULT_SUSPEND_32, PSCI_CPU_DEFAULT_SUSPEND_64,
		PSCI_SYSTEM_SUSPEND_32, PSCI_SYSTEM_SUSPEND_64 };
	u32 known = 0, i, k;

	for (i = 0; i < 0x40; i++) {
		u32 id = (i & 0x20 ? 0xc4000000u : 0x84000000u) + (i & 0x1f);

		for (k = 0; k < ARRAY_SIZE(skip) && skip[k] != id; k++)
			;
		if (k == ARRAY_SIZE(skip))
			known += p(id, ~0ull, 0, 0) != PSCI_NOT_SUPPORTED;
	}
	/* VERSION, CPU_ON x2, AFFINITY_INFO x2, MIGRATE_INFO_TYPE; FEATURES of an unknown id is no different */
	EXPECT_EQ(known, plat.gz ? 6 : known);
	EXPECT_EQ(p(0x8400001f, 0, 0, 0), PSCI_NOT_SUPPORTED);
	EXPECT_EQ(p(0xc4000000, 0, 0, 0), PSCI_NOT_SUPPORTED);
}

TEST(psci_cpu_on__bad_targets__refused)
{
	EXPECT_EQ(p(PSCI_CPU_ON_64, 0, (u64)secondary_entry, 0), PSCI_ALREADY_ON);
	EXPECT_EQ(p(PSCI_CPU_ON_64, plat.cpus, (u64)secondary_entry, 0), PSCI_INVALID_PARAMETERS);
	EXPECT_EQ(p(PSCI_CPU_ON_64, 0x100, (u64)secondary_entry, 0), PSCI_INVALID_PARAMETERS);
	EXPECT_EQ(p(PSCI_CPU_ON_64, BIT(32) | 1, (u64)secondary_entry, 0), PSCI_INVALID_PARAMETERS);
	EXPECT_EQ(p(PSCI_CPU_ON_64, ~0ull, (u64)secondary_entry, 0), PSCI_INVALID_PARAMETERS);
	EXPECT_EQ(p(PSCI_CPU_ON_64, 0x80000001, (u64)secondary_entry, 0), plat.gz ? PSCI_INVALID_PARAMETERS :
		  p(PSCI_CPU_ON_64, 0x80000001, (u64)secondary_entry, 0));
}

TEST(psci_affinity_info__states_and_bad_arguments)
{
	EXPECT_EQ(p(PSCI_AFFINITY_INFO_64, 0, 0, 0), PSCI_AFFINITY_ON);
	EXPECT_EQ(p(PSCI_AFFINITY_INFO_32, 0, 0, 0), PSCI_AFFINITY_ON);
	EXPECT_EQ(p(PSCI_AFFINITY_INFO_64, plat.cpus, 0, 0), PSCI_INVALID_PARAMETERS);
	EXPECT(p(PSCI_AFFINITY_INFO_64, 0, 4, 0) == PSCI_INVALID_PARAMETERS || !plat.gz);
	if (plat.cpus > 1)
		EXPECT_EQ(p(PSCI_AFFINITY_INFO_64, 1, 0, 0), PSCI_AFFINITY_OFF);
}

TEST(psci_cpu_on__each_cpu__arrives_with_context)
{
	leave = 0;
	for (u32 i = 1; i < plat.cpus; i++) {
		arrived[i] = 0;
		EXPECT_EQ(cpu_start(i, visit, 0), 0);
		EXPECT(wait_for(&arrived[i], 1, 3000000));
		EXPECT_EQ(p(PSCI_CPU_ON_64, i, (u64)secondary_entry, 0), PSCI_ALREADY_ON);
		EXPECT_EQ(p(PSCI_AFFINITY_INFO_64, i, 0, 0), PSCI_AFFINITY_ON);
	}
	leave = 1;
	for (u32 i = 1; i < plat.cpus; i++)
		EXPECT(wait_affinity(i, PSCI_AFFINITY_OFF));
}

TEST(psci_cpu_off_on__loop__each_time_fresh)
{
	leave = 1;
	if (plat.cpus < 2)
		return;
	arrived[1] = 0;
	for (u32 i = 0; i < 30; i++) {
		EXPECT_EQ(cpu_start(1, visit, 0), 0);
		EXPECT(wait_for(&arrived[1], i + 1, 3000000));
		EXPECT(wait_affinity(1, PSCI_AFFINITY_OFF));
	}
}

/* Two CPUs turn on a third at once: one succeeds, the other hears why not. */
static volatile u64 go, results[MAX_CPUS], done[MAX_CPUS];

static void racer(u64 arg)
{
	(void)arg;
	arrived[cpu_id()]++;
	while (!go)
		cpu_relax();
	results[cpu_id()] = (u64)(s64)p(PSCI_CPU_ON_64, 3, (u64)secondary_entry, 3);
	done[cpu_id()] = 1;
}

TEST(psci_cpu_on__raced__exactly_one_wins)
{
	if (plat.cpus < 4)
		return;
	for (u32 round = 0; round < 10; round++) {
		u32 wins = 0, denials = 0;

		leave = go = 0;
		for (u32 i = 1; i < 3; i++) {
			arrived[i] = done[i] = 0;
			EXPECT_EQ(cpu_start(i, racer, 0), 0);
			EXPECT(wait_for(&arrived[i], 1, 3000000));
		}
		/* job of CPU 3, then the race; its arrival is counted as before */
		arrived[3] = 0;
		cpu_job(3, visit, 0);
		go = 1;
		for (u32 i = 1; i < 3; i++) {
			EXPECT(wait_for(&done[i], 1, 3000000));
			wins += results[i] == 0;
			denials += (s32)results[i] == PSCI_ALREADY_ON || (s32)results[i] == PSCI_ON_PENDING;
		}
		/* QEMU's own PSCI lets both win. */
		EXPECT_EQ(wins, plat.gz ? 1 : wins);
		EXPECT_EQ(denials, plat.gz ? 1 : denials);
		EXPECT(wait_for(&arrived[3], 1, 3000000));
		leave = 1;
		for (u32 i = 1; i < 4; i++)
			EXPECT(wait_affinity(i, PSCI_AFFINITY_OFF));
	}
}

TEST(psci_cpu_on__entry_outside_memory__refused)
{
	s32 r;

	if (plat.cpus < 2 || !plat.gz)
		return;
	r = p(PSCI_CPU_ON_64, 1, 0x7ffff0000000, 0);
	EXPECT(r == PSCI_INVALID_ADDRESS || r == PSCI_INVALID_PARAMETERS);
	EXPECT_EQ(p(PSCI_AFFINITY_INFO_64, 1, 0, 0), PSCI_AFFINITY_OFF);
}

TEST(psci_cpu_suspend__standby__wakes_by_timer)
{
	gic_clean();
	gic_enable(27);
	record_start();
	sysreg_write(cntv_cval_el0, counter() + counter_freq() / 500);
	sysreg_write(cntv_ctl_el0, 1);
	isb();
	EXPECT_EQ(p(PSCI_CPU_SUSPEND_64, 0, 0, 0), 0);
	EXPECT(gic_pending(27) || record_count);
	sysreg_write(cntv_ctl_el0, 0);
	record_stop();
	gic_clean();
}

void suite_psci(void)
{
	RUN_TEST(psci__version_and_features__1_1);
	RUN_TEST(psci__unknown_ids__not_supported);
	RUN_TEST(psci_cpu_on__bad_targets__refused);
	RUN_TEST(psci_affinity_info__states_and_bad_arguments);
	RUN_TEST(psci_cpu_on__each_cpu__arrives_with_context);
	RUN_TEST(psci_cpu_off_on__loop__each_time_fresh);
	RUN_TEST(psci_cpu_on__raced__exactly_one_wins);
	RUN_TEST(psci_cpu_on__entry_outside_memory__refused);
	RUN_TEST(psci_cpu_suspend__standby__wakes_by_timer);
}
