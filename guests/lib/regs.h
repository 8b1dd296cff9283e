/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: every EL1 and EL0 register one world can leave behind for the other, with bits that may hold a pattern.
 * Never: a register that steers the payload itself (SCTLR, TTBR0, TCR, MAIR, VBAR, SP_EL1): those would end the test.
 * Used by: probe's and el1host's leak tests.
 */
#ifndef GUESTS_REGS_H
#define GUESTS_REGS_H

/* REG(name, mask of bits that keep what is written) */
#define LEAK_REGS(REG) \
	REG(tpidr_el0, ~0ull) \
	REG(tpidr_el1, ~0ull) \
	REG(tpidrro_el0, ~0ull) \
	REG(contextidr_el1, 0xffffffff) \
	REG(par_el1, 0x0000fffffffff001) \
	REG(cntkctl_el1, 0x3) \
	REG(mdscr_el1, 0x1000) \
	REG(ttbr1_el1, 0xfffff000) \
	REG(esr_el1, 0x3ffffff) \
	REG(far_el1, ~0ull) \
	REG(afsr0_el1, 0) \
	REG(afsr1_el1, 0) \
	REG(amair_el1, 0) \
	REG(csselr_el1, 0x3) \
	REG(elr_el1, ~0ull) \
	REG(spsr_el1, 0xf00003c5) \
	REG(sp_el0, ~0ull) \
	REG(cntv_cval_el0, ~0ull) \
	REG(cntp_cval_el0, ~0ull) \
	REG(dbgbvr0_el1, 0x0000fffffffffffc) \
	REG(dbgbvr1_el1, 0x0000fffffffffffc) \
	REG(dbgwvr0_el1, 0x0000fffffffffffc) \
	REG(dbgwvr1_el1, 0x0000fffffffffffc) \
	REG(dbgbcr0_el1, 0x1e0) \
	REG(dbgwcr0_el1, 0x1fe0)

/* Pointer authentication keys, where the CPU has them. */
#define LEAK_PAUTH(REG) \
	REG(S3_0_C2_C1_0, ~0ull) REG(S3_0_C2_C1_1, ~0ull) REG(S3_0_C2_C1_2, ~0ull) REG(S3_0_C2_C1_3, ~0ull) \
	REG(S3_0_C2_C2_0, ~0ull) REG(S3_0_C2_C2_1, ~0ull) REG(S3_0_C2_C2_2, ~0ull) REG(S3_0_C2_C2_3, ~0ull) \
	REG(S3_0_C2_C3_0, ~0ull) REG(S3_0_C2_C3_1, ~0ull)

enum {
#define ONE(name, mask) LEAK_##name,
	LEAK_REGS(ONE)
	LEAK_PAUTH(ONE)
#undef ONE
	LEAK_NR
};

/* Fills every register with a pattern of seed; what was read back goes to seen. Interrupts masked. */
void leak_fill(unsigned long seed, unsigned long seen[LEAK_NR]);
/* How many differ now from seen; their names are printed. */
unsigned int leak_check(const unsigned long seen[LEAK_NR]);
/* FP/SIMD: v0 to v31, FPCR, FPSR. */
void leak_fp_fill(unsigned long seed);
/* Number of q registers (and FPCR, FPSR) that do not hold the pattern. */
unsigned int leak_fp_check(unsigned long seed);

#endif
