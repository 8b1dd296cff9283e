// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the EL1 and EL0 registers of host or guest between the CPU and an array.
 * Never: a register some CPU of this architecture level lacks, but behind its feature flag.
 * Called by: run/run_world.c, vm/.
 */
#include "arch/aarch64/context.h"
#include "arch/aarch64/regs.h"
#include "insn/barrier.h"
#include "insn/sysreg.h"

#define TCR_EPD0	BIT(7)
#define TCR_EPD1	BIT(23)

/* X(array index, register), in no special order; SCTLR and TCR are apart because order matters for them. */
#define EACH_PLAIN_REG(X) \
	X(R_CPACR, cpacr_el1) X(R_TTBR0, ttbr0_el1) X(R_TTBR1, ttbr1_el1) X(R_ESR, esr_el1) \
	X(R_AFSR0, afsr0_el1) X(R_AFSR1, afsr1_el1) X(R_FAR, far_el1) X(R_MAIR, mair_el1) X(R_AMAIR, amair_el1) \
	X(R_VBAR, vbar_el1) X(R_CONTEXTIDR, contextidr_el1) X(R_TPIDR, tpidr_el1) X(R_TPIDR_EL0, tpidr_el0) \
	X(R_TPIDRRO_EL0, tpidrro_el0) X(R_CSSELR, csselr_el1) X(R_PAR, par_el1) X(R_SP_EL0, sp_el0) \
	X(R_SP_EL1, sp_el1) X(R_ELR, elr_el1) X(R_SPSR, spsr_el1) X(R_MDSCR, mdscr_el1) X(R_CNTKCTL, cntkctl_el1)

/* Encodings: the assembler's base architecture has no names for the keys. Key IA is EL2's own while C runs: ptrauth.h. */
#define EACH_KEY_REG(X) \
	X(R_APIB_LO, s3_0_c2_c1_2) X(R_APIB_HI, s3_0_c2_c1_3) \
	X(R_APDA_LO, s3_0_c2_c2_0) X(R_APDA_HI, s3_0_c2_c2_1) X(R_APDB_LO, s3_0_c2_c2_2) X(R_APDB_HI, s3_0_c2_c2_3) \
	X(R_APGA_LO, s3_0_c2_c3_0) X(R_APGA_HI, s3_0_c2_c3_1)

#define SAVE(index, reg)	el1[index] = sysreg_read(reg);
#define RESTORE(index, reg)	sysreg_write(reg, el1[index]);

void el1_regs_save(u64 *el1, bool pauth)
{
	SAVE(R_SCTLR, sctlr_el1)
	SAVE(R_TCR, tcr_el1)
	EACH_PLAIN_REG(SAVE)
	if (pauth) {
		EACH_KEY_REG(SAVE)
	}
}

/*
 * A speculative walk (or a speculative AT) while one world's tables meet the other's VMID would leave a wrong TLB entry:
 * stage 1 stays on, so nothing is walked flat, and both walks are disabled.
 */
void el1_regs_quiesce(void)
{
	sysreg_write(tcr_el1, sysreg_read(tcr_el1) | TCR_EPD0 | TCR_EPD1);
	isb();	/* before: a world with its MMU off has no tables to walk */
	sysreg_write(sctlr_el1, sysreg_read(sctlr_el1) | SCTLR_M);
	isb();
}

void el1_regs_restore(const u64 *el1, bool pauth)
{
	EACH_PLAIN_REG(RESTORE)
	if (pauth) {
		EACH_KEY_REG(RESTORE)
	}
	isb();	/* tables, attributes and VMID are in place before walks are possible again */
	sysreg_write(sctlr_el1, el1[R_SCTLR]);
	isb();	/* likewise the MMU is off before, where it is to be */
	sysreg_write(tcr_el1, el1[R_TCR]);
}

void el1_regs_reset(u64 *el1)
{
	for (u32 i = 0; i < EL1_REG_NR; i++)
		el1[i] = 0;
	el1[R_SCTLR] = SCTLR_EL1_RES1;
}
