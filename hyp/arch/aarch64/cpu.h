/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what this CPU has, and the control registers of EL2 while the host runs - written on every CPU, each time one starts.
 * Never: rely on reset values.
 * Used by: boot, host, run (restores the host column when it leaves a guest).
 */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include "arch/aarch64/regs.h"
#include "lib/types.h"
#include "insn/barrier.h"
#include "insn/sysreg.h"

struct cpu_features {
	bool fwb, hcx, fgt, fgt2, ecv_offset, sve, sme, mte, pauth, bti, ras, rng, pmu, spe, trbe, brbe, trace_filter, mpam;
	bool amu, gcs, s1pie, s1poe, tcr2, sctlr2, aie, mops, fpmr, scxtnum, vhe;
	u8 ls64;		/* ID_AA64ISAR1_EL1.LS64 */
	u8 parange;		/* ID_AA64MMFR0_EL1.PARange */
	u8 pmu_version;
};

/* The boot CPU's; cpu_features_read() of another one is what it has itself. */
extern struct cpu_features cpu_features;
void cpu_features_read(struct cpu_features *f);
/* What this CPU lacks although the boot CPU has it and EL2 relies on it, or has alone and EL2 would leave as it is; NULL: fine. */
const char *cpu_features_missing(void);

/* Word 0: in use; 1 and 2: EL2's key IA. ptrauth.h puts it into each CPU that enters EL2. */
extern u64 el2_key[4];
/* From here on return addresses are signed: only in a function that never returns. */
static inline __attribute__((always_inline)) void cpu_ptrauth_on(void)
{
	sysreg_write(s3_0_c2_c1_0, el2_key[1]);
	sysreg_write(s3_0_c2_c1_1, el2_key[2]);
	isb();
	sysreg_write(sctlr_el2, sysreg_read(sctlr_el2) | SCTLR_EnIA);
	isb();
}

/* Boot CPU: what every CPU is to load for stage 2 of the host. */
void cpu_host_stage2_set(u64 vtcr, u64 vttbr);
/* Host column of the control registers, on this CPU; ends with an ISB. */
void cpu_host_controls_load(void);
/* The part of it about HCRX_EL2, fine-grained traps and MPAM; no ISB. After a guest, when the CPU has any of them. */
void cpu_host_extensions_load(void);
/* HCR_EL2 of the host without a pending virtual SError. */
u64 cpu_host_hcr(void);
/* EL1 registers the architecture wants defined before a kernel starts with its MMU off. */
void cpu_host_el1_reset(void);
/* A CPU that starts: what ran there before left no timer going. Not for one that only slept. */
void cpu_host_timers_stop(void);
/* A guest's SError, or one that EL2 met, becomes the host's; the host's HCR_EL2 is live. syndrome: ISS. */
void cpu_host_vserror(u64 syndrome);
/* Sanitised ID register for a trapped read of the host; op: ISS sysreg fields, false if it is none. */
bool cpu_host_id_read(u64 iss, u64 *value);

#endif
