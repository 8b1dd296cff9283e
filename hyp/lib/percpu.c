/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the table of physical CPUs and what is counted per CPU.
 * Never: grow after boot.
 * Called by: boot (fills it), host/psci_relay.c, run.
 */
#include "lib/percpu.h"
#include "gz/hvc.h"
#include "insn/sysreg.h"

static_assert(GZ_STAT_NR <= ARRAY_SIZE(((struct percpu *)0)->stat), "a counter per statistic");

struct percpu percpu_table[MAX_CPUS];
u32 cpu_count;

struct percpu *percpu_by_mpidr(u64 mpidr)
{
	for (u32 i = 0; i < cpu_count; i++) {
		if (percpu_table[i].mpidr == mpidr)
			return &percpu_table[i];
	}
	return NULL;
}

void longest_call_begin(void)
{
	this_cpu()->call_start = sysreg_read(cntpct_el0);
}

void longest_call_end(u64 fn)
{
	struct percpu *cpu = this_cpu();
	u64 ticks = sysreg_read(cntpct_el0) - cpu->call_start;

	if (ticks > cpu->stat[GZ_STAT_LONGEST_CALL_TICKS]) {
		cpu->stat[GZ_STAT_LONGEST_CALL_TICKS] = ticks;
		cpu->stat[GZ_STAT_LONGEST_CALL_FN] = fn;
	}
}
