/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: register state of a vCPU and of the host while a vCPU runs; switch.S knows the offsets (asm_offsets.c).
 * Never: state the host may see; run/run_report.c decides what leaves.
 * Used by: run, vm, arch.
 */
#ifndef ARCH_CONTEXT_H
#define ARCH_CONTEXT_H

#include "lib/types.h"

/* EL1 and EL0 system registers switched between host and guest. vm/vcpu_regs.c has the table. */
enum el1_reg {
	R_SCTLR, R_ACTLR, R_CPACR, R_TTBR0, R_TTBR1, R_TCR, R_ESR, R_AFSR0, R_AFSR1, R_FAR, R_MAIR, R_AMAIR,
	R_VBAR, R_CONTEXTIDR, R_TPIDR, R_TPIDR_EL0, R_TPIDRRO_EL0, R_CSSELR, R_PAR, R_SP_EL0, R_SP_EL1, R_ELR,
	R_SPSR, R_MDSCR, R_CNTKCTL, R_DISR, R_TFSR, R_TFSRE0, R_RGSR, R_GCR, R_TCR2, R_PIR, R_PIRE0, R_SCTLR2,
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
};

enum guest_exit { GUEST_EXIT_SYNC, GUEST_EXIT_IRQ, GUEST_EXIT_FIQ, GUEST_EXIT_SERROR };

/* switch.S: runs the guest until the next exception to EL2. GPRs, PC and PSTATE in ctx; everything else is loaded already. Returns enum guest_exit. */
u64 guest_enter(struct cpu_ctx *ctx);
/* switch.S: sets VBAR_EL2 back; a guest's vectors are only live inside guest_enter. */
extern char hyp_vectors_host[], hyp_vectors_guest[];

/* arch/aarch64/el1_regs.c: between hardware and el1[]; registers a CPU lacks are skipped. */
void el1_regs_save(u64 *el1);
void el1_regs_restore(const u64 *el1);
/* Architectural reset values for a guest's first entry. */
void el1_regs_reset(u64 *el1, u64 mpidr);

/* arch/aarch64/fpsimd.S / fpsimd.c */
void fp_save(struct fp_state *s);
void fp_restore(const struct fp_state *s);
/* Host's whole FP/SVE state at the largest vector length, per CPU; called at a guest's first FP use and at leave. */
void fp_host_save(void);
void fp_host_restore(void);

#endif
