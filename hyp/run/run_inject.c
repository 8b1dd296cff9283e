// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: exceptions EL2 gives a guest: undefined instruction, synchronous external abort.
 * Never: anything the guest's own EL1 would not understand.
 * Called by: the handlers in run/.
 */
#include "run/run_int.h"

#include "arch/aarch64/esr.h"
#include "arch/aarch64/inject.h"
#include "insn/sysreg.h"

static u64 ec(u32 class)
{
	return (u64)class << ESR_EC_SHIFT;
}

u32 inject_undef(struct run *r)
{
	struct cpu_ctx *ctx = &r->v->ctx;

	el1_inject(&ctx->pc, &ctx->pstate, ec(EC_UNKNOWN) | (r->esr & ESR_IL), false, 0, 0);
	return RUN_RESUME;
}

u32 inject_external_abort(struct run *r, bool insn)
{
	struct cpu_ctx *ctx = &r->v->ctx;
	bool from_el0 = (ctx->pstate & PSTATE_NRW) || (ctx->pstate & PSTATE_MODE) == PSTATE_EL0T;
	u64 esr = FSC_EXTERNAL | (r->esr & ESR_IL);

	if (insn)
		esr |= ec(from_el0 ? EC_IABT_LOW : EC_IABT_CUR);
	else
		esr |= ec(from_el0 ? EC_DABT_LOW : EC_DABT_CUR) | (r->esr & ABT_WNR);
	el1_inject(&ctx->pc, &ctx->pstate, esr, true, sysreg_read(far_el2), 0);
	return RUN_RESUME;
}
