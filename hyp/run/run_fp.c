// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the vector registers change hands at a guest's first use in a RUN, and back at its end.
 * Never: let a guest see the host's, or leave a bit of the host's SVE state behind.
 * Called by: run.c, run_world.c.
 */
#include "run/run_int.h"

#include "arch/aarch64/cpu.h"
#include "arch/aarch64/esr.h"
#include "insn/barrier.h"
#include "insn/sysreg.h"

#define CPTR_TFP	BIT(10)
#define CPTR_TTA	BIT(20)
#define CPTR_TAM	BIT(30)

/* SVE, SME, activity monitors and trace stay trapped all the time. */
#define CPTR_GUEST	(CPTR_RES1 | CPTR_TZ | CPTR_TSM | CPTR_TTA | CPTR_TAM)

u64 fp_cptr_trap(void)
{
	return CPTR_GUEST | CPTR_TFP;
}

static void cptr_open(void)
{
	sysreg_write(cptr_el2, CPTR_RES1 | CPTR_TSM | (cpu_features.sve ? 0 : CPTR_TZ));
	isb();
}

u32 run_fp_trap(struct run *r)
{
	struct vcpu *v = r->v;

	cptr_open();
	fp_host_save(cpu_features.sve);
	fp_restore(&v->ctx.fp);
	v->fp_live = true;
	sysreg_write(cptr_el2, CPTR_GUEST);
	isb();
	return RUN_RESUME;
}

void fp_leave(struct vcpu *v)
{
	cptr_open();
	fp_save(&v->ctx.fp);
	fp_host_restore(cpu_features.sve);
	v->fp_live = false;
}
