// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: this CPU from the host's world into the guest's and back.
 * Never: skip a step or change the order: docs/interrupts.md says what each one prevents.
 * Called by: run.c.
 */
#include "run/run_int.h"

#include "arch/aarch64/cpu.h"
#include "arch/aarch64/esr.h"
#include "insn/atomic.h"
#include "insn/barrier.h"
#include "insn/cache.h"
#include "insn/sysreg.h"
#include "insn/tlbi.h"
#include "mm/layout.h"
#include "mm/page_pool.h"

#define MDCR_TPMCR	BIT(5)
#define MDCR_TPM	BIT(6)
#define MDCR_TDA	BIT(9)
#define MDCR_TDOSA	BIT(10)
#define MDCR_TDRA	BIT(11)
#define MDCR_TPMS	BIT(14)
#define MDCR_TTRF	BIT(19)
#define MDCR_KEEP	(MDCR_HPMN | MDCR_HPMD | MDCR_HCCD)	/* the host counts nothing of EL2 now either */
#define MDCR_GUEST	(MDCR_TDA | MDCR_TDRA | MDCR_TDOSA | MDCR_TPM | MDCR_TPMCR | MDCR_TPMS | MDCR_TTRF)

#define VMPIDR_RES1	BIT(31)
#define MPAM2_TRAPS	(BIT(48) | BIT(49))	/* MPAM0_EL1, MPAM1_EL1 */

/* ICC_SRE_EL1 is one register for host and guest: out of a guest's reach. */
#define SRE_HOST	0xf
#define SRE_GUEST	0x7

/* Registers the base architecture lacks: everything trapped, nothing enabled. The host's values come back by name. */
static void extensions_guest(void)
{
	const struct cpu_features *f = &cpu_features;

	if (f->hcx)
		sysreg_write_s(HCRX_EL2_, 0);
	if (f->fgt) {
		sysreg_write_s(HFGRTR_EL2_, 0);
		sysreg_write_s(HFGWTR_EL2_, 0);
		sysreg_write_s(HFGITR_EL2_, 0);
		sysreg_write_s(HDFGRTR_EL2_, 0);
		sysreg_write_s(HDFGWTR_EL2_, 0);
	}
	if (f->fgt2) {
		sysreg_write_s(HDFGRTR2_EL2_, 0);
		sysreg_write_s(HDFGWTR2_EL2_, 0);
		sysreg_write_s(HFGRTR2_EL2_, 0);
		sysreg_write_s(HFGWTR2_EL2_, 0);
		sysreg_write_s(HFGITR2_EL2_, 0);
	}
	if (f->mpam)
		sysreg_write_s(MPAM2_EL2_, MPAM2_TRAPS);
	if (f->ras)
		sysreg_write_s(VDISR_EL2_, 0);
}

/* The host's branch records and trace would tell it each branch of the guest: off meanwhile. A guest is trapped on them. */
static void recorders_off(struct world *w)
{
	if (cpu_features.brbe) {
		w->brbcr = sysreg_read_s(BRBCR_EL1_);
		sysreg_write_s(BRBCR_EL1_, 0);
	}
	if (cpu_features.trace_filter) {
		w->trfcr = sysreg_read_s(TRFCR_EL1_);
		sysreg_write_s(TRFCR_EL1_, 0);
	}
}

static void recorders_back(const struct world *w)
{
	if (cpu_features.brbe)
		sysreg_write_s(BRBCR_EL1_, w->brbcr);
	if (cpu_features.trace_filter)
		sysreg_write_s(TRFCR_EL1_, w->trfcr);
}

static void controls_guest(struct run *r)
{
	struct world *w = &r->w;
	struct vcpu *v = r->v;

	w->hcr = sysreg_read(hcr_el2);
	w->cptr = sysreg_read(cptr_el2);
	w->mdcr = sysreg_read(mdcr_el2);
	w->vmpidr = sysreg_read(vmpidr_el2);
	w->vtcr = sysreg_read(vtcr_el2);
	w->vttbr = sysreg_read(vttbr_el2);
	sysreg_write(cptr_el2, fp_cptr_trap());
	sysreg_write(mdcr_el2, (w->mdcr & MDCR_KEEP) | MDCR_GUEST);
	sysreg_write(vmpidr_el2, VMPIDR_RES1 | v->index);
	sysreg_write(icc_sre_el2, SRE_GUEST);
	sysreg_write(hcr_el2, v->hcr);
	sysreg_write(vtcr_el2, pgtable_vtcr(&r->vm->mem.s2));
	sysreg_write(vttbr_el2, pgtable_ttbr(&r->vm->mem.s2));
	sysreg_write(vbar_el2, (u64)(uintptr_t)hyp_vectors_guest);
	if (cpu_features.hcx | cpu_features.ras | cpu_features.mpam)
		extensions_guest();
	if (cpu_features.brbe | cpu_features.trace_filter)
		recorders_off(w);
	isb();
}

/*
 * TLB entries carry the VMID and, with stage 1 off or after a change of tables, no trace of the vCPU: what another vCPU
 * of this VM left on this CPU is not ours to use. Arm ARM (DDI 0487), "VMIDs and TLB maintenance"; same for the
 * instruction cache, where the VM relies on virtual aliases.
 */
static void drop_other_vcpu(struct run *r)
{
	u8 *last = &r->vm->last_vcpu[this_cpu()->id];

	if (*last != r->v->index && *last != VM_NO_VCPU) {
		tlbi_vmalle1();
		dsb_nsh();	/* entries are gone before this vCPU translates anything */
		icache_inval_all();
		dsb_nsh();
		isb();
	}
	*last = r->v->index;
}

void world_enter(struct run *r)
{
	struct vcpu *v = r->v;
	struct percpu *cpu = this_cpu();

	cpu->running = v;
	WRITE_ONCE(v->running_cpu, (s32)cpu->id);
	atomic_fence();	/* from here on a kick finds us; what was latched before is seen below */
	vtimer_update_lines(&v->timer, &r->vm->vgic, &v->vgic);
	gic_world_enter(&r->w.gic);
	el1_regs_save(r->w.el1, cpu_features.pauth);
	el1_regs_quiesce();
	controls_guest(r);
	drop_other_vcpu(r);
	el1_regs_restore(v->ctx.el1, cpu_features.pauth);
	vgic_load(&r->vm->vgic, &v->vgic);
	vtimer_world_enter(&v->timer, &r->w.timer);
	isb();	/* everything written is in force before the guest's first instruction */
	longest_call_end(GZ_FN_RUN);
}

static void controls_host(const struct world *w)
{
	sysreg_write(hcr_el2, w->hcr);
	sysreg_write(cptr_el2, w->cptr);
	sysreg_write(mdcr_el2, w->mdcr);
	sysreg_write(vmpidr_el2, w->vmpidr);
	sysreg_write(icc_sre_el2, SRE_HOST);
	sysreg_write(vtcr_el2, w->vtcr);
	sysreg_write(vttbr_el2, w->vttbr);
	sysreg_write(vbar_el2, (u64)(uintptr_t)hyp_vectors_host);
	if (cpu_features.hcx | cpu_features.mpam)
		cpu_host_extensions_load();
	if (cpu_features.brbe | cpu_features.trace_filter)
		recorders_back(w);
	isb();
}

u32 world_leave(struct run *r)
{
	struct vcpu *v = r->v;
	u32 wake;

	longest_call_begin();
	vtimer_world_leave(&v->timer, &r->w.timer);
	wake = vgic_save(&r->vm->vgic, &v->vgic);
	if (v->fp_live)
		fp_leave(v);
	el1_regs_save(v->ctx.el1, cpu_features.pauth);
	el1_regs_quiesce();
	controls_host(&r->w);
	el1_regs_restore(r->w.el1, cpu_features.pauth);
	WRITE_ONCE(v->running_cpu, -1);
	gic_world_leave(&r->w.gic);
	this_cpu()->running = NULL;
	isb();
	return wake;
}

enum gz_err run_prepare_cpus(void)
{
	u32 order = pool_order(fp_host_area_bytes(cpu_features.sve));
	enum gz_err err = GZ_OK;
	pa_t pa = PA(0);

	for (u32 cpu = 0; cpu < cpu_count && !err; cpu++) {
		err = page_pool_alloc_order(NULL, order, &pa);
		if (!err)
			fp_host_area_give(cpu, pa_to_ptr(pa));
	}
	return err;
}
