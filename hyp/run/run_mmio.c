// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: guest loads and stores outside memory: decoded, answered by the vGIC or handed to the host.
 * Never: report an access whose size or register the syndrome does not tell.
 * Called by: run_abort.c.
 */
#include "run/run_int.h"

#include "lib/log.h"

/* The host may change what the run page says of an access: this is what counts when it is completed. */
static u32 decode(struct vcpu *v, u64 esr)
{
	u32 size = 1u << field_get(DABT_SAS, esr);

	v->mmio.reg = (u8)field_get(DABT_SRT, esr);
	v->mmio.size = (u8)size;
	v->mmio.sign = esr & DABT_SSE;
	v->mmio.sf = esr & DABT_SF;
	return size;
}

bool run_vgic_access(struct run *r, ipa_t ipa)
{
	struct vcpu *v = r->v;
	struct vgic *g = &r->vm->vgic;
	u32 size;

	if (v->ctx.pstate & PSTATE_NRW)
		return false;
	size = decode(v, r->esr);
	r->due = 0;
	if (READ_ONCE(v->vgic.priv[VGIC_TIMER_PPI].line))
		vtimer_resample(&v->timer, g, &v->vgic);
	if (r->esr & ABT_WNR) {
		if (!vgic_mmio_write(g, v->index, ipa, size, reg_read(v, v->mmio.reg), &r->due))
			return false;
	} else {
		if (!vgic_mmio_read(g, v->index, ipa, size, &r->value))
			return false;
		reg_write(v, v->mmio.reg, mmio_extend(v, r->value));
	}
	skip_insn(r);
	r->exit = r->due ? run_wake(r, r->due) : RUN_RESUME;
	return true;
}

u32 run_mmio(struct run *r, ipa_t ipa, bool insn)
{
	struct vcpu *v = r->v;
	bool write = r->esr & ABT_WNR;
	u32 size;

	if (insn || (r->esr & ABT_S1PTW))
		return inject_external_abort(r, insn);
	if (r->esr & DABT_CM) {		/* cache maintenance of a device does nothing */
		skip_insn(r);
		return RUN_RESUME;
	}
	if (!(r->esr & DABT_ISV) || (v->ctx.pstate & PSTATE_NRW)) {
		log_debug("vm %u: device access at 0x%lx by an instruction with no syndrome (pair, vector, exclusive): abort",
			  r->vm->id, ipa.v);
		return inject_external_abort(r, insn);
	}
	size = decode(v, r->esr);
	if (ipa.v % PAGE_SIZE > PAGE_SIZE - size)
		return inject_external_abort(r, insn);
	return report_mmio(v, ipa, size, write, write ? reg_read(v, v->mmio.reg) : 0);
}
