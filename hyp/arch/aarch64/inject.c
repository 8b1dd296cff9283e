// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: make EL1 take an exception: its syndrome registers, vector and PSTATE.
 * Never: decide which exception; never look at memory.
 * Called by: host/host_abort.c, run/run_inject.c.
 */
#include "arch/aarch64/inject.h"

#include "arch/aarch64/cpu.h"
#include "arch/aarch64/esr.h"
#include "insn/sysreg.h"

#define VECTOR_CURRENT_SP0	0x000
#define VECTOR_CURRENT_SPX	0x200
#define VECTOR_LOWER_64		0x400
#define VECTOR_LOWER_32		0x600

static u64 vector_of(u64 pstate)
{
	if (pstate & PSTATE_NRW)
		return VECTOR_LOWER_32;
	switch (pstate & PSTATE_MODE) {
	case PSTATE_EL1T:
		return VECTOR_CURRENT_SP0;
	case PSTATE_EL1H:
		return VECTOR_CURRENT_SPX;
	default:
		return VECTOR_LOWER_64;
	}
}

/* Arm ARM (DDI 0487), AArch64.TakeException: what of PSTATE survives, and what SCTLR_EL1 decides. */
static u64 pstate_after(u64 old)
{
	u64 sctlr = sysreg_read(sctlr_el1);
	u64 new = PSTATE_EL1H | PSTATE_DAIF | (old & (PSTATE_NZCV | PSTATE_PAN | PSTATE_DIT));

	if (old & PSTATE_NRW)
		new = PSTATE_EL1H | PSTATE_DAIF | (old & (PSTATE_NZCV | PSTATE_PAN));
	if (!(sctlr & SCTLR_EL1_SPAN))
		new |= PSTATE_PAN;
	if (sctlr & SCTLR_EL1_DSSBS)
		new |= PSTATE_SSBS;
	if (cpu_features.mte)
		new |= PSTATE_TCO;
	return new;
}

void el1_inject(u64 *pc, u64 *pstate, u64 esr, bool far_valid, u64 far, u32 vector_type)
{
	u64 old = *pstate;

	sysreg_write(esr_el1, esr);
	if (far_valid)
		sysreg_write(far_el1, far);
	sysreg_write(elr_el1, *pc);
	sysreg_write(spsr_el1, old);
	*pc = sysreg_read(vbar_el1) + vector_of(old) + vector_type;
	*pstate = pstate_after(old);
}
