/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: shape of a table, encoding of its leaves, reading it.
 * Never: change an entry.
 * Used by: mm, mem.
 */
#include "insn/sysreg.h"
#include "lib/check.h"
#include "mm/pgtable_int.h"

struct pg_features pg_features;

void pg_features_init(void)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48 };
	u64 parange = field_get(ID_MMFR0_PARANGE, sysreg_read(id_aa64mmfr0_el1));

	/* 52 bits need another descriptor format: 48 is what this one can say. */
	pg_features.pa_bits = bits[MIN(parange, ARRAY_SIZE(bits) - 1)];
	pg_features.fwb = field_get(ID_MMFR2_FWB, sysreg_read(id_aa64mmfr2_el1)) != 0;
}

/* Arm ARM, "Stage 2 concatenated translation tables": up to 16 roots save the level above. */
static void choose_root(struct pgtable *t)
{
	t->start_level = t->ipa_bits > 43 || t->kind == PG_HYP ? 0 : 1;
	t->root_pages = 1;
	if (t->start_level == 1 && t->ipa_bits > 39)
		t->root_pages = (u8)(1 << (t->ipa_bits - 39));
}

enum gz_err pgtable_init(struct pgtable *t, enum pg_kind kind, u8 ipa_bits, u16 vmid, struct pool_quota *q)
{
	if (ipa_bits < 32 || ipa_bits > 48 || (kind == PG_STAGE2 && ipa_bits > pg_features.pa_bits))
		return GZ_EINVAL;
	*t = (struct pgtable){ .kind = kind, .ipa_bits = ipa_bits, .vmid = vmid, .quota = q };
	choose_root(t);
	return page_pool_alloc_order(q, pool_order(t->root_pages * PAGE_SIZE), &t->root);
}

u64 pgtable_vtcr(const struct pgtable *t)
{
	static const u8 sl0[] = { 2, 1, 0, 3 };
	u64 ps = pg_features.pa_bits >= 44 ? (pg_features.pa_bits - 44) / 4 + 4 :
		 pg_features.pa_bits == 42 ? 3 : (pg_features.pa_bits - 32) / 4;

	return VTCR_RES1 | field_prep(VTCR_PS, ps) | field_prep(VTCR_SH0, SH_INNER) | field_prep(VTCR_ORGN0, 1) |
	       field_prep(VTCR_IRGN0, 1) | field_prep(VTCR_SL0, sl0[t->start_level]) |
	       field_prep(VTCR_T0SZ, 64 - t->ipa_bits);
}

u64 pgtable_ttbr(const struct pgtable *t)
{
	return t->root.v | (t->kind == PG_STAGE2 ? field_prep(VTTBR_VMID, t->vmid) : 0);
}

static u64 leaf_stage2(u32 attr)
{
	u64 type = S2_MEMATTR_WB, pte = field_prep(PTE_SH, SH_INNER);

	if (pg_features.fwb)
		type = attr & PG_STAGE1 ? S2_FWB_STAGE1 : S2_FWB_WB;
	pte |= field_prep(PTE_S2_MEMATTR, type);
	pte |= attr & PG_R ? PTE_S2_R : 0;
	pte |= attr & PG_W ? PTE_S2_W : 0;
	pte |= attr & PG_X ? 0 : PTE_S2_XN;
	return pte;
}

static u64 leaf_hyp(u32 attr)
{
	u64 index = attr & PG_DEVICE ? MAIR_IDX_DEVICE : MAIR_IDX_NORMAL;

	CHECK((attr & (PG_W | PG_X)) != (PG_W | PG_X));
	return field_prep(PTE_S1_ATTR_IDX, index) | field_prep(PTE_SH, SH_INNER) | PTE_S1_AP1 |
	       (attr & PG_W ? 0 : PTE_S1_RO) | (attr & PG_X ? PTE_S1_GP : PTE_S1_XN);
}

u64 pte_leaf(const struct pgtable *t, pa_t pa, u32 attr, u32 level)
{
	u64 pte = t->kind == PG_STAGE2 ? leaf_stage2(attr) : leaf_hyp(attr);

	return pa.v | pte | PTE_AF | PTE_VALID | (level == LAST_LEVEL ? PTE_TABLE : 0);
}

bool leaf_allows(struct pg_leaf leaf, u32 attr)
{
	u64 need = (attr & PG_R ? PTE_S2_R : 0) | (attr & PG_W ? PTE_S2_W : 0);

	return leaf.valid && (leaf.pte & need) == need && !((attr & PG_X) && (leaf.pte & PTE_S2_XN));
}

bool pgtable_covers(const struct pgtable *t, u64 addr, u64 size)
{
	return size != 0 && IS_ALIGNED(addr | size, PAGE_SIZE) && addr < BIT(t->ipa_bits) &&
	       size <= BIT(t->ipa_bits) - addr;
}

u64 *pgtable_slot(const struct pgtable *t, u64 addr, u32 *level)
{
	u64 *table = pa_to_ptr(t->root);
	u32 l = t->start_level;
	u64 *slot = &table[pte_index(t, addr, l)];

	while (pte_is_table(*slot, l)) {
		table = pte_to_table(*slot);
		slot = &table[pte_index(t, addr, ++l)];
	}
	*level = l;
	return slot;
}

static struct pg_leaf leaf_of(u64 pte, u32 level)
{
	return (struct pg_leaf){ .pte = pte, .level = (u8)level, .valid = true, .size = level_size(level),
				 .pa = PA(pte & PTE_ADDR) };
}

struct pg_leaf pgtable_walk(const struct pgtable *t, u64 addr)
{
	u32 level;
	u64 pte;

	if (addr >= BIT(t->ipa_bits))
		return (struct pg_leaf){ .valid = false };
	pte = *pgtable_slot(t, addr, &level);
	if (!pte_valid(pte))
		return (struct pg_leaf){ .level = (u8)level, .size = level_size(level), .valid = false };
	return leaf_of(pte, level);
}

struct each { const struct pgtable *t; pg_leaf_fn fn; void *arg; };

static enum gz_err each_level(const struct each *e, const u64 *table, u32 level, u64 addr, u64 end)
{
	const u64 *slot = &table[pte_index(e->t, addr, level)];
	enum gz_err err = GZ_OK;

	for (; addr < end && !err; addr = entry_end(addr, end, level), slot++) {
		if (!pte_valid(*slot))
			continue;
		if (pte_is_table(*slot, level))
			err = each_level(e, pte_to_table(*slot), level + 1, addr, entry_end(addr, end, level));
		else
			err = e->fn(ALIGN_DOWN(addr, level_size(level)), leaf_of(*slot, level), e->arg);
	}
	return err;
}

enum gz_err pgtable_for_each(const struct pgtable *t, u64 addr, u64 size, pg_leaf_fn fn, void *arg)
{
	const struct each e = { .t = t, .fn = fn, .arg = arg };

	if (!pgtable_covers(t, addr, size))
		return GZ_ERANGE;
	return each_level(&e, pa_to_ptr(t->root), t->start_level, addr, addr + size);
}

u32 pgtable_runs(const struct pgtable *t, u64 *addr, u64 end, struct pa_range *run, u32 max)
{
	u32 level, n = 0;
	const u64 *slot = pgtable_slot(t, *addr, &level);
	u64 size = level_size(level), at = ALIGN_DOWN(*addr, size), follows = 0;

	for (; at < end; at += size, slot++) {
		u64 pa = *slot & PTE_ADDR;

		if (!pte_valid(*slot))
			continue;
		if (n && pa == follows)
			run[n - 1].size += size;
		else if (n == max)
			break;
		else
			run[n++] = (struct pa_range){ PA(pa), size };
		follows = pa + size;
	}
	*addr = at;
	return n;
}
