// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the host's FP, SIMD and SVE registers of this CPU in memory while a guest uses them.
 * Never: run without its area; a vector length below the host's largest would lose bits.
 * Called by: run/run_fp.c.
 */
#include "arch/aarch64/fpsimd.h"

#include "arch/aarch64/context.h"
#include "lib/percpu.h"

static void *area[MAX_CPUS];

/* FPSR and FPCR, 32 vectors of VL, 16 predicates and FFR of VL / 8. */
static u32 sve_bytes(u32 vl)
{
	return 32 * vl + 17 * vl / 8 + 16;
}

u32 fp_host_area_bytes(bool sve)
{
	return sve ? MAX(sve_bytes(sve_vl()), (u32)sizeof(struct fp_state)) : (u32)sizeof(struct fp_state);
}

void fp_host_area_give(u32 cpu, void *a)
{
	area[cpu] = a;
}

void fp_host_save(bool sve)
{
	void *a = area[this_cpu()->id];

	if (sve)
		sve_save(a, sve_vl());
	else
		fp_save(a);
}

void fp_host_restore(bool sve)
{
	void *a = area[this_cpu()->id];

	if (sve)
		sve_restore(a, sve_vl());
	else
		fp_restore(a);
}
