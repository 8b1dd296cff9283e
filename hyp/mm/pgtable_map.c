/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: mapping a range: look (plan), take the table pages, then do it without a step that can fail; merging tables.
 * Never: change anything before it is sure to succeed.
 * Used by: mem, mm/hyp_map.c.
 */
#include "lib/check.h"
#include "mm/pgtable_int.h"
#include "mm/pte_replace.h"

/* May [addr, next) be one leaf of this level? */
static bool leaf_fits(const struct pg_plan *p, u32 level, u64 addr, u64 next)
{
	u64 pa = p->pa.v + (addr - p->addr);

	if (level == LAST_LEVEL)
		return true;
	return level != 0 && level >= p->max_block && next - addr == level_size(level) &&
	       IS_ALIGNED(addr | pa, level_size(level));
}

/* Tables needed below an absent entry of level - 1, its own one included. */
static u32 count_absent(const struct pg_plan *p, u32 level, u64 addr, u64 end)
{
	u32 tables = 1;

	for (u64 next; level != LAST_LEVEL && addr < end; addr = next) {
		next = entry_end(addr, end, level);
		if (!leaf_fits(p, level, addr, next))
			tables += count_absent(p, level + 1, addr, next);
	}
	return tables;
}

static enum gz_err plan_pages(const struct pgtable *t, struct pg_plan *p, const u64 *slot, u64 addr, u64 end)
{
	u64 want = pte_leaf(t, PA(p->pa.v + (addr - p->addr)), p->attr, LAST_LEVEL);

	for (; addr < end; addr += PAGE_SIZE, want += PAGE_SIZE, slot++) {
		if (!pte_valid(*slot))
			continue;
		if (*slot != want)
			return GZ_EEXIST;
		p->same_pages++;
	}
	return GZ_OK;
}

static enum gz_err plan_level(const struct pgtable *t, struct pg_plan *p, const u64 *table, u32 level, struct pa_range r)
{
	u64 addr = r.base.v, end = pa_range_end(r), next;
	const u64 *slot = &table[pte_index(t, addr, level)];
	enum gz_err err = GZ_OK;

	if (level == LAST_LEVEL)
		return plan_pages(t, p, slot, addr, end);
	for (; addr < end && !err; addr = next, slot++) {
		u64 offset = addr % level_size(level);

		next = entry_end(addr, end, level);
		if (!pte_valid(*slot)) {
			p->tables += leaf_fits(p, level, addr, next) ? 0 : count_absent(p, level + 1, addr, next);
		} else if (pte_is_table(*slot, level)) {
			err = plan_level(t, p, pte_to_table(*slot), level + 1,
					 (struct pa_range){ PA(addr), next - addr });
		} else if (*slot == pte_leaf(t, PA(p->pa.v + (addr - p->addr) - offset), p->attr, level)) {
			p->same_pages += (next - addr) >> PAGE_SHIFT;
		} else {
			err = GZ_EEXIST;
		}
	}
	return err;
}

enum gz_err pgtable_plan(const struct pgtable *t, struct pg_plan *p)
{
	p->tables = 0;
	p->same_pages = 0;
	if (!pgtable_covers(t, p->addr, p->size) || !IS_ALIGNED(p->pa.v, PAGE_SIZE) ||
	    p->pa.v + p->size < p->pa.v || p->pa.v + p->size > BIT(48))
		return GZ_ERANGE;
	return plan_level(t, p, pa_to_ptr(t->root), t->start_level, (struct pa_range){ PA(p->addr), p->size });
}

struct apply { struct pgtable *t; const struct pg_plan *p; struct pool_list tables; };

static bool try_collapse(struct pgtable *t, u64 *slot, u64 addr, u32 level);

static void apply_pages(const struct apply *a, u64 *slot, u64 addr, u64 end, bool live)
{
	u64 pte = pte_leaf(a->t, PA(a->p->pa.v + (addr - a->p->addr)), a->p->attr, LAST_LEVEL);

	for (; addr < end; addr += PAGE_SIZE, pte += PAGE_SIZE, slot++)
		if (!pte_valid(*slot))
			pte_fill(slot, pte, live);
}

/* live: this very table may be walked; tables made here are filled before they are linked. */
static void apply_level(struct apply *a, u64 *table, u32 level, struct pa_range r, bool live)
{
	u64 addr = r.base.v, end = pa_range_end(r), next;
	u64 *slot = &table[pte_index(a->t, addr, level)];

	if (level == LAST_LEVEL) {
		apply_pages(a, slot, addr, end, live);
		return;
	}
	for (; addr < end; addr = next, slot++) {
		struct pa_range below;
		bool fits;

		next = entry_end(addr, end, level);
		below = (struct pa_range){ PA(addr), next - addr };
		fits = leaf_fits(a->p, level, addr, next);
		if (pte_is_table(*slot, level)) {
			apply_level(a, pte_to_table(*slot), level + 1, below, live);
			if (fits)
				try_collapse(a->t, slot, addr, level);
		} else if (!pte_valid(*slot) && fits) {
			pte_fill(slot, pte_leaf(a->t, PA(a->p->pa.v + (addr - a->p->addr)), a->p->attr, level), live);
		} else if (!pte_valid(*slot)) {
			pa_t page = pool_list_pop(&a->tables);

			apply_level(a, pa_to_ptr(page), level + 1, below, false);
			pte_link(slot, pte_table(page), live);
		}
	}
}

enum gz_err pgtable_apply(struct pgtable *t, const struct pg_plan *p)
{
	struct apply a = { .t = t, .p = p };

	if (page_pool_take(t->quota, p->tables, &a.tables))
		return GZ_ENOMEM;
	apply_level(&a, pa_to_ptr(t->root), t->start_level, (struct pa_range){ PA(p->addr), p->size }, t->live);
	pte_publish(t);
	CHECK(a.tables.count == 0);
	return GZ_OK;
}

enum gz_err pgtable_map(struct pgtable *t, u64 addr, pa_t pa, u64 size, u32 attr, u8 max_block)
{
	struct pg_plan p = { .addr = addr, .size = size, .pa = pa, .attr = attr, .max_block = max_block };
	enum gz_err err = pgtable_plan(t, &p);

	return err ? err : pgtable_apply(t, &p);
}

/* A table of 512 leaves that follow each other is one leaf of the level above. */
static bool try_collapse(struct pgtable *t, u64 *slot, u64 addr, u32 level)
{
	u64 table_pte = *slot;
	const u64 *table = pte_to_table(table_pte);
	u64 first = table[0], part = level_size(level + 1);
	u64 kind = first & (PTE_TABLE | PTE_VALID);

	if (level == 0 || kind != (level + 1 == LAST_LEVEL ? (PTE_TABLE | PTE_VALID) : PTE_VALID) ||
	    !IS_ALIGNED(first & PTE_ADDR, level_size(level)))
		return false;
	/* From the end: who fills a table in order is told at once that it is not whole yet. */
	for (u32 i = PTRS; --i > 0;)
		if (table[i] != first + i * part)
			return false;
	/* Above the last level bit 1 says table. */
	pte_replace(t, slot, addr, first & ~PTE_TABLE, true);
	page_pool_free(t->quota, PA(table_pte & PTE_ADDR));
	return true;
}

bool pgtable_collapse(struct pgtable *t, u64 addr)
{
	u64 *table = pa_to_ptr(t->root);
	u64 *slot = NULL;
	u32 level = t->start_level;

	if (addr >= BIT(t->ipa_bits))
		return false;
	for (; pte_is_table(table[pte_index(t, addr, level)], level); level++) {
		slot = &table[pte_index(t, addr, level)];
		table = pte_to_table(*slot);
	}
	if (!slot)
		return false;
	return try_collapse(t, slot, ALIGN_DOWN(addr, level_size(level - 1)), level - 1);
}
