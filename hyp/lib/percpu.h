/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what belongs to one physical CPU; found through TPIDR_EL2.
 * Never: reach another CPU's private part; percpu_public() gives what others may touch.
 * Used by: all of hyp/.
 */
#ifndef LIB_PERCPU_H
#define LIB_PERCPU_H

#include "lib/addr.h"
#include "insn/cpu.h"

#define MAX_CPUS 64

struct vcpu;

struct percpu {
	u64 stack_top;			/* offset 0: entry.S and vectors.S read it */
	u64 stack_bottom;
	u32 id;				/* index into percpu_table, 0 .. cpu_count - 1 */
	u32 online;			/* runs the host, from its entry to CPU_OFF */
	u32 stopped;			/* parked for a panic */
	u64 mpidr;			/* affinity fields only */
	struct vcpu *running;		/* vCPU between RUN's entry and exit, else NULL */
	u64 gicr_rd;			/* VA of this CPU's RD frame; the SGI frame is 64 KiB above */
	u64 call_start;			/* counter at trap entry, for the longest-call figure */
	u64 stat[32];			/* enum gz_stat counters of this CPU, summed by readers */
} __aligned(64);

extern struct percpu percpu_table[MAX_CPUS];
extern u32 cpu_count;			/* CPUs found in the device tree */

static inline struct percpu *this_cpu(void)
{
	return (struct percpu *)cpu_tpidr_read();
}

/* NULL when no CPU has this affinity. */
struct percpu *percpu_by_mpidr(u64 mpidr);

#define stat_inc(index) (this_cpu()->stat[(index)]++)

/*
 * The longest stretch inside EL2: host_trap() begins and ends it; RUN ends it before a guest runs and begins it after.
 * fn: what the host called, for the report.
 */
void longest_call_begin(void);
void longest_call_end(u64 fn);

#endif
