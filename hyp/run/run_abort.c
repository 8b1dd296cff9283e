// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: stage 2 aborts of a guest: GIC register, page not mapped yet, device, or an error of the guest's.
 * Never: map anything: the host is asked.
 * Called by: run.c.
 */
#include "run/run_int.h"

#include "insn/sysreg.h"

static ipa_t fault_ipa(const struct run *r)
{
	u64 page = field_get(HPFAR_FIPA, sysreg_read(hpfar_el2)) << PAGE_SHIFT;

	return IPA(r->esr & ABT_S1PTW ? page : page | (sysreg_read(far_el2) & (PAGE_SIZE - 1)));
}

/* Apart, for its slot on the stack would cost every register of the GIC a canary. */
static __noinline u32 memory_or_device(struct run *r, bool insn)
{
	ipa_t ipa = fault_ipa(r);
	struct mem_slot slot;

	if (!guest_mem_slot_of(&r->vm->mem, ipa, &slot))
		return guest_mmio_allowed(&r->vm->mem, ipa) ? run_mmio(r, ipa, insn) : inject_external_abort(r, insn);
	/* Another vCPU's fault may have brought it meanwhile. */
	if (guest_mem_is_mapped(&r->vm->mem, ipa, !insn && (r->esr & ABT_WNR)))
		return RUN_RESUME;
	return report_page_fault(r->v, ipa);
}

/*
 * What HPFAR_EL2 is valid for. Not for a permission fault outside a table walk, which does not happen: a guest has all rights to
 * the pages it has. Nor is its address looked up by AT: EL2 would walk the guest's tables and take their external abort.
 */
static bool ipa_known(u64 type, u64 esr)
{
	return type == FSC_TYPE_TRANSLATION || type == FSC_TYPE_ACCESS || (type == FSC_TYPE_PERMISSION && (esr & ABT_S1PTW));
}

u32 run_abort(struct run *r, bool insn)
{
	u64 type = field_get(FSC_TYPE, r->esr);

	/* The commonest first: a register of the GIC. */
	if (!insn && type == FSC_TYPE_TRANSLATION && (r->esr & (DABT_ISV | ABT_S1PTW)) == DABT_ISV &&
	    vgic_in_frames(&r->vm->vgic, fault_ipa(r)) && run_vgic_access(r, fault_ipa(r)))
		return r->exit;
	return ipa_known(type, r->esr) ? memory_or_device(r, insn) : inject_external_abort(r, insn);
}
