/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: every store of a table entry; Arm ARM DDI 0487, "Using break-before-make when updating translation table entries".
 * Never: make a valid entry another valid one in one step, or let memory go before its TLB entries went.
 * Used by: mm/pgtable_map.c, pgtable_unmap.c, fixmap.c.
 */
#include "mm/pte_replace.h"

#include "insn/barrier.h"
#include "insn/ptstore.h"
#include "insn/sysreg.h"
#include "insn/tlbi.h"
#include "mm/pgtable_int.h"

struct regime { u64 vttbr, vtcr, tcr, sctlr; bool switched; };

void pte_fill(u64 *slot, u64 pte, bool live)
{
	if (live)
		ptstore_live(slot, pte);
	else
		ptstore_private(slot, pte);
}

void pte_link(u64 *slot, u64 pte, bool live)
{
	if (live)
		dmb_ishst();	/* a walker that sees the link sees what is below */
	pte_fill(slot, pte, live);
}

void pte_publish(const struct pgtable *t)
{
	if (!t->live)
		return;
	dsb_ishst();		/* the walkers' accesses come after the stores */
	if (t->kind == PG_HYP)
		isb();		/* and so do this CPU's own */
}

void pte_clear(struct pte_batch *b, u64 *slot, u64 addr, bool is_table)
{
	pte_fill(slot, 0, b->t->live);
	b->addr = addr;
	b->count++;
	b->all |= is_table;
}

/*
 * A TLBI by VMID means the one in VTTBR_EL2. While that is another party's, its EL1 registers must not be used for
 * a walk: they would fill the TLB of the wrong VMID (speculative AT errata, e.g. Cortex-A57 1319537). So stage-1 walks
 * are switched off first: TCR_EL1.EPD0/1 with SCTLR_EL1.M = 1.
 */
static void regime_enter(const struct pgtable *t, struct regime *r)
{
	r->vttbr = sysreg_read(vttbr_el2);
	r->switched = field_get(VTTBR_VMID, r->vttbr) != t->vmid;
	if (!r->switched)
		return;
	r->vtcr = sysreg_read(vtcr_el2);
	r->tcr = sysreg_read(tcr_el1);
	r->sctlr = sysreg_read(sctlr_el1);
	sysreg_write(tcr_el1, r->tcr | TCR_EL1_EPD0 | TCR_EL1_EPD1);
	isb();			/* no walk may start before the next line makes stage 1 look on */
	sysreg_write(sctlr_el1, r->sctlr | SCTLR_EL1_M);
	isb();			/* walks are off before the VMID changes */
	sysreg_write(vtcr_el2, pgtable_vtcr(t));
	sysreg_write(vttbr_el2, pgtable_ttbr(t));
	isb();			/* the TLBI sees the VMID */
}

static void regime_leave(const struct regime *r)
{
	if (!r->switched)
		return;
	sysreg_write(vtcr_el2, r->vtcr);
	sysreg_write(vttbr_el2, r->vttbr);
	isb();			/* the VMID is back before walks are on */
	sysreg_write(sctlr_el1, r->sctlr);
	isb();
	sysreg_write(tcr_el1, r->tcr);
	isb();
}

static void flush_stage2(const struct pte_batch *b)
{
	struct regime r;

	dsb_ishst();		/* invalid entries are seen before the TLBI */
	regime_enter(b->t, &r);
	if (b->all || b->count > 1) {
		tlbi_vmalls12e1is();
	} else {
		tlbi_ipas2e1is(b->addr >> PAGE_SHIFT);
		dsb_ish();	/* stage 2 is gone before what combines it is made to go */
		tlbi_vmalle1is();	/* entries that combine both stages outlive the TLBI by IPA */
	}
	dsb_ish();		/* complete on every CPU */
	isb();
	regime_leave(&r);
}

static void flush_hyp(const struct pte_batch *b)
{
	dsb_ishst();		/* invalid entries are seen before the TLBI */
	if (b->all || b->count > 1)
		tlbi_alle2is();
	else
		tlbi_vae2is(b->addr >> PAGE_SHIFT);
	dsb_ish();		/* complete on every CPU */
	isb();
}

void pte_flush(struct pte_batch *b)
{
	if (!b->t->live || !b->count)
		return;
	if (b->t->kind == PG_STAGE2)
		flush_stage2(b);
	else
		flush_hyp(b);
	b->count = 0;
	b->all = false;
}

void pte_replace(const struct pgtable *t, u64 *slot, u64 addr, u64 pte, bool was_table)
{
	struct pte_batch b = { .t = t };

	pte_clear(&b, slot, addr, was_table);
	pte_flush(&b);
	pte_link(slot, pte, t->live);
	pte_publish(t);
}

void pgtable_flush_all(const struct pgtable *t)
{
	struct pte_batch b = { .t = t, .count = 1, .all = true };

	if (t->kind == PG_STAGE2)
		flush_stage2(&b);
	else
		flush_hyp(&b);
}
