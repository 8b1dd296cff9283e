/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: register state of a vCPU and of the host while a vCPU runs; switch.S knows the offsets (asm_offsets.c).
 * Never: state the host may see; run/run_report.c decides what leaves.
 * Used by: run, vm, arch.
 */
#ifndef ARCH_CONTEXT_H
#define ARCH_CONTEXT_H

#include "lib/types.h"

/*
 * EL1 and EL0 system registers switched between host and guest. Not here: what a guest cannot reach because its HCR_EL2,
 * HCRX_EL2, MDCR_EL2 or fine-grained traps say so, and what vgic and vtimer switch.
 */
enum el1_reg {
	R_SCTLR, R_CPACR, R_TTBR0, R_TTBR1, R_TCR, R_ESR, R_AFSR0, R_AFSR1, R_FAR, R_MAIR, R_AMAIR,
	R_VBAR, R_CONTEXTIDR, R_TPIDR, R_TPIDR_EL0, R_TPIDRRO_EL0, R_CSSELR, R_PAR, R_SP_EL0, R_SP_EL1, R_ELR,
	R_SPSR, R_MDSCR, R_CNTKCTL,
	R_APIA_LO, R_APIA_HI, R_APIB_LO, R_APIB_HI, R_APDA_LO, R_APDA_HI, R_APDB_LO, R_APDB_HI, R_APGA_LO, R_APGA_HI,
	EL1_REG_NR
};

struct fp_state { u8 q[32][16]; u64 fpsr, fpcr; } __attribute__((aligned(16)));

struct cpu_ctx {
	u64 x[31];
	u64 pc;
	u64 pstate;
	u64 el1[EL1_REG_NR];
	struct fp_state fp;
};

/* Frame that vectors.S builds on the EL2 stack for a trap of the host. */
struct host_frame {
	u64 x[31];
	u64 elr;
	u64 spsr;
	u64 pad;
	u64 apia[2];		/* the host's key IA while EL2 uses its own */
};

enum guest_exit { GUEST_EXIT_SYNC, GUEST_EXIT_IRQ, GUEST_EXIT_FIQ, GUEST_EXIT_SERROR, GUEST_DUE };

struct run;
/*
 * switch.S: runs the guest, guest_trap() after each exception to EL2, and before an entry while *due is not 0; until that
 * answers something. GPRs, PC and PSTATE in ctx; everything else is loaded already. Needs: VBAR_EL2 = hyp_vectors_guest.
 */
u32 guest_run(struct cpu_ctx *ctx, struct run *r, const u32 *due);
/* run/run.c; 0: on with the guest. */
u32 guest_trap(struct run *r, enum guest_exit type);
/* VBAR_EL2 while the host, while a guest is entered. EL2's own exceptions end in the same place in both. */
extern char hyp_vectors_host[], hyp_vectors_guest[];

/*
 * arch/aarch64/el1_regs.c: between hardware and el1[]; pointer authentication keys only with pauth (the CPU has them).
 * Restore keeps stage 1 walks off (TCR_EL1.EPD*) from el1_regs_quiesce to its end, so VTTBR_EL2 may change in between.
 */
void el1_regs_save(u64 *el1, bool pauth);
void el1_regs_quiesce(void);
void el1_regs_restore(const u64 *el1, bool pauth);
/* Values for a guest's first entry: MMU and caches off, everything else zero. */
void el1_regs_reset(u64 *el1);

/* arch/aarch64/fpsimd.S. Needs: CPTR_EL2.TFP clear. */
void fp_save(struct fp_state *s);
void fp_restore(const struct fp_state *s);
/*
 * fpsimd.c: this CPU's host state at the largest vector length it has. Area: page aligned, given once per CPU before a
 * guest runs. Needs for save and restore: CPTR_EL2.TFP and .TZ clear.
 */
u32 fp_host_area_bytes(bool sve);
void fp_host_area_give(u32 cpu, void *area);
void fp_host_save(bool sve);
void fp_host_restore(bool sve);

/* Results of an SMC or HVC that are not owner 59's: four words, the rest of the registers stays the caller's. */
static inline void answer4(u64 *x, u64 x0, u64 x1, u64 x2, u64 x3)
{
	x[0] = x0;
	x[1] = x1;
	x[2] = x2;
	x[3] = x3;
}

#endif
