// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: stage 2 aborts of a guest: GIC register, page not mapped yet, device, or an error of the guest's.
 * Never: map anything: the host is asked.
 * Called by: run.c.
 */
#include "run/run_int.h"

#include "insn/at.h"
#include "insn/sysreg.h"

#define PAR_F		BIT(0)
#define PAR_PA		MASK(47, 12)

/* HPFAR_EL2 is not valid for a permission fault: the CPU translates again. False: the guest changed its tables since. */
static bool ipa_of_va(const struct run *r, u64 va, u64 *page)
{
	u64 par = sysreg_read(par_el1), found;

	if ((r->v->ctx.pstate & PSTATE_MODE) == PSTATE_EL0T)
		at_s1e0r(va);
	else
		at_s1e1r(va);
	found = sysreg_read(par_el1);
	sysreg_write(par_el1, par);
	*page = found & PAR_PA;
	return !(found & PAR_F);
}

static bool fault_ipa(const struct run *r, ipa_t *ipa)
{
	u64 va = sysreg_read(far_el2), page;
	bool walk = r->esr & ABT_S1PTW;

	if (!walk && field_get(FSC_TYPE, r->esr) == FSC_TYPE_PERMISSION) {
		if (!ipa_of_va(r, va, &page))
			return false;
	} else {
		page = field_get(HPFAR_FIPA, sysreg_read(hpfar_el2)) << PAGE_SHIFT;
	}
	*ipa = IPA(walk ? page : page | (va & (PAGE_SIZE - 1)));
	return true;
}

static u32 memory_or_device(struct run *r, bool insn)
{
	struct mem_slot slot;
	ipa_t ipa;

	if (!fault_ipa(r, &ipa))
		return RUN_RESUME;
	if (!guest_mem_slot_of(&r->vm->mem, ipa, &slot))
		return run_mmio(r, ipa, insn);
	/* Another vCPU's fault may have brought it meanwhile. */
	if (guest_mem_is_mapped(&r->vm->mem, ipa, !insn && (r->esr & ABT_WNR)))
		return RUN_RESUME;
	return report_page_fault(r->v, ipa);
}

u32 run_abort(struct run *r, bool insn)
{
	u64 type = field_get(FSC_TYPE, r->esr), page;

	/* The commonest first: a register of the GIC. */
	if (!insn && type == FSC_TYPE_TRANSLATION && (r->esr & (DABT_ISV | ABT_S1PTW)) == DABT_ISV) {
		page = field_get(HPFAR_FIPA, sysreg_read(hpfar_el2)) << PAGE_SHIFT;
		if (run_vgic_access(r, IPA(page | (sysreg_read(far_el2) & (PAGE_SIZE - 1)))))
			return r->exit;
	}
	if (type != FSC_TYPE_TRANSLATION && type != FSC_TYPE_ACCESS && type != FSC_TYPE_PERMISSION)
		return inject_external_abort(r, insn);
	return memory_or_device(r, insn);
}
