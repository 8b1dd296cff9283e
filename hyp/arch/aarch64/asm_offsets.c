/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: structure offsets for the assembly files; compiled to text, hyp/Makefile makes asm_offsets.h of it.
 * Never: linked.
 * Used by: entry.S, vectors.S, switch.S.
 */
#include "arch/aarch64/mmu_setup.h"
#include "arch/aarch64/context.h"
#include "lib/percpu.h"

#define DEFINE(name, value) __asm__ volatile("\n.ascii \"->" #name " %0\"" : : "i"((u64)(value)))

void asm_offsets(void);

void asm_offsets(void)
{
	DEFINE(PERCPU_STACK_TOP, offsetof(struct percpu, stack_top));
	DEFINE(PERCPU_SIZE, sizeof(struct percpu));
	DEFINE(FRAME_X, offsetof(struct host_frame, x));
	DEFINE(FRAME_ELR, offsetof(struct host_frame, elr));
	DEFINE(FRAME_APIA, offsetof(struct host_frame, apia));
	DEFINE(CTX_APIA, offsetof(struct cpu_ctx, el1[R_APIA_LO]));
	DEFINE(FRAME_SIZE, sizeof(struct host_frame));
	DEFINE(CTX_X, offsetof(struct cpu_ctx, x));
	DEFINE(CTX_PC, offsetof(struct cpu_ctx, pc));
	DEFINE(MMU_TTBR, offsetof(struct mmu_setup, ttbr));
	DEFINE(MMU_MAIR, offsetof(struct mmu_setup, mair));
	DEFINE(MMU_FINAL_TTBR, offsetof(struct mmu_setup, final_ttbr));
}
