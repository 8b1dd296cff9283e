// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: what this guest put into registers is there after exits, world switches and other vCPUs; nothing of others shows.
 * Never: trust a register that was never written.
 * Used by: probe/main.c. The host's half is in el1host.
 */
#include "gz/guest_hvc.h"
#include "lib/regs.h"
#include "lib/testdev.h"
#include "probe/probe.h"

/* Something that leaves to the host where there is one, and to EL2 everywhere. */
static void leave(void)
{
	if (plat.testdev) {
		write64(TESTDEV_BASE + TESTDEV_ECHO, 0x1122334455667788);
		EXPECT_EQ(read64(TESTDEV_BASE + TESTDEV_ECHO), 0x1122334455667788);
	}
	psci(PSCI_VERSION_ID, 0, 0, 0);
	read32(plat.gicd + 4);
}

TEST(registers__across_exits__kept)
{
	u64 seen[LEAK_NR];

	for (u32 round = 1; round <= 8; round++) {
		leak_fill(round * 7919, seen);
		leave();
		EXPECT_EQ(leak_check(seen), 0);
	}
	sysreg_write(mdscr_el1, 0);
	sysreg_write(dbgbcr0_el1, 0);
	sysreg_write(dbgwcr0_el1, 0);
	sysreg_write(cntv_cval_el0, ~0ull);
	sysreg_write(cntp_cval_el0, ~0ull);
}

TEST(fp_registers__across_exits__kept)
{
	for (u32 round = 1; round <= 8; round++) {
		leak_fp_fill(round * 104729);
		leave();
		EXPECT_EQ(leak_fp_check(round * 104729), 0);
	}
}

/* The flags and masks of PSTATE survive an exit. */
TEST(pstate__across_exits__kept)
{
	u64 nzcv;

	for (u64 v = 0; v < 16; v++) {
		__asm__ volatile("msr nzcv, %1\n\tldr wzr, [%2]\n\tmrs %0, nzcv" : "=r"(nzcv) : "r"(v << 28), "r"(plat.gicd + 4) : "cc", "memory");
		EXPECT_EQ(nzcv >> 28, v);
	}
	EXPECT_EQ(sysreg_read(daif) & 0x3c0, 0x3c0);
}

static volatile u64 bad[MAX_CPUS], rounds[MAX_CPUS];

static void each_cpu(u64 cpu)
{
	u64 seen[LEAK_NR];

	for (u32 round = 1; round <= 20; round++) {
		leak_fill(cpu << 32 | round, seen);
		leak_fp_fill(cpu << 32 | round);
		leave();
		bad[cpu] += leak_check(seen) + leak_fp_check(cpu << 32 | round);
		rounds[cpu]++;
	}
}

TEST(registers__between_vcpus__each_its_own)
{
	for (u32 i = 1; i < plat.cpus; i++) {
		bad[i] = rounds[i] = 0;
		EXPECT_EQ(cpu_start(i, each_cpu, i), 0);
	}
	each_cpu(0);
	for (u32 i = 1; i < plat.cpus; i++) {
		EXPECT(wait_for(&rounds[i], 20, 10000000));
		EXPECT_EQ(bad[i], 0);
	}
	EXPECT_EQ(bad[0], 0);
	for (u32 i = 1; i < plat.cpus; i++)
		while (psci(PSCI_AFFINITY_INFO_64, i, 0, 0) != PSCI_AFFINITY_OFF)
			cpu_relax();
	sysreg_write(mdscr_el1, 0);
	sysreg_write(dbgbcr0_el1, 0);
	sysreg_write(dbgwcr0_el1, 0);
	sysreg_write(cntv_cval_el0, ~0ull);
	sysreg_write(cntp_cval_el0, ~0ull);
}

void suite_leak(void)
{
	RUN_TEST(registers__across_exits__kept);
	RUN_TEST(fp_registers__across_exits__kept);
	RUN_TEST(pstate__across_exits__kept);
	RUN_TEST(registers__between_vcpus__each_its_own);
}
