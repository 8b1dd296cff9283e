/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: splitting blocks, unmapping with one TLBI per call, freeing tables.
 * Never: free a table page, or return, before the TLB entries that knew it went.
 * Used by: mem, mm/hyp_map.c.
 */
#include "lib/check.h"
#include "mm/pgtable_int.h"
#include "mm/pte_replace.h"

void pgtable_split_block(struct pgtable *t, u64 *slot, u64 addr, u32 level, pa_t table)
{
	u64 *part = pa_to_ptr(table);
	u64 pte = *slot | (level + 1 == LAST_LEVEL ? PTE_TABLE : 0);

	for (u32 i = 0; i < PTRS; i++)
		pte_fill(&part[i], pte + i * level_size(level + 1), false);
	pte_replace(t, slot, ALIGN_DOWN(addr, level_size(level)), pte_table(table), false);
}

/* Tables it takes to make edge a border between leaves. */
static u32 split_need(const struct pgtable *t, u64 edge, struct pg_leaf *leaf)
{
	u32 need = 0;

	if (edge >= BIT(t->ipa_bits))
		return 0;
	*leaf = pgtable_walk(t, edge);
	if (!leaf->valid)
		return 0;
	for (u32 level = leaf->level; !IS_ALIGNED(edge, level_size(level)); level++)
		need++;
	return need;
}

static void split_at(struct pgtable *t, u64 edge, struct pool_list *tables)
{
	u32 level;
	u64 *slot;

	if (edge >= BIT(t->ipa_bits))
		return;
	slot = pgtable_slot(t, edge, &level);
	while (pte_valid(*slot) && !IS_ALIGNED(edge, level_size(level))) {
		pgtable_split_block(t, slot, edge, level, pool_list_pop(tables));
		slot = pgtable_slot(t, edge, &level);
	}
}

enum gz_err pgtable_split(struct pgtable *t, u64 addr, u64 size)
{
	struct pg_leaf low = { 0 }, high = { 0 };
	struct pool_list tables;
	u64 end = addr + size;
	u32 need, need_high;

	if (!pgtable_covers(t, addr, size))
		return GZ_ERANGE;
	need = split_need(t, addr, &low);
	need_high = split_need(t, end, &high);
	/* Both ends in one block: what the first split makes serves the second too. */
	for (u32 level = low.level; need && need_high && level < LAST_LEVEL; level++) {
		if (addr / level_size(level) != end / level_size(level) || IS_ALIGNED(addr, level_size(level)) ||
		    IS_ALIGNED(end, level_size(level)))
			break;
		need_high--;
	}
	if (page_pool_take(t->quota, need + need_high, &tables))
		return GZ_ENOMEM;
	split_at(t, addr, &tables);
	split_at(t, end, &tables);
	CHECK(tables.count == 0);
	return GZ_OK;
}

struct unmap { struct pte_batch batch; struct pool_list freed; };

/* The table is no longer linked, but may be walked until the flush: only invalid words are stored in it (the links). */
static void retire(struct unmap *u, const u64 *table, u32 level)
{
	for (u32 i = 0; level < LAST_LEVEL && i < PTRS; i++)
		if (pte_is_table(table[i], level))
			retire(u, pte_to_table(table[i]), level + 1);
	pool_list_push(&u->freed, ptr_to_pa(table));
}

static void unmap_level(struct unmap *u, u64 *table, u32 level, u64 addr, u64 end)
{
	u64 *slot = &table[pte_index(u->batch.t, addr, level)];

	for (u64 next; addr < end; addr = next, slot++) {
		u64 pte = *slot;

		next = entry_end(addr, end, level);
		if (!pte_valid(pte))
			continue;
		if (!pte_is_table(pte, level)) {
			pte_clear(&u->batch, slot, addr, false);
		} else if (next - addr == level_size(level) && !u->batch.t->keep_tables) {
			pte_clear(&u->batch, slot, addr, true);
			retire(u, pte_to_table(pte), level + 1);
		} else {
			unmap_level(u, pte_to_table(pte), level + 1, addr, next);
		}
	}
}

enum gz_err pgtable_unmap(struct pgtable *t, u64 addr, u64 size)
{
	struct unmap u = { .batch.t = t };
	enum gz_err err = pgtable_split(t, addr, size);

	if (err)
		return err;
	unmap_level(&u, pa_to_ptr(t->root), t->start_level, addr, addr + size);
	if (!t->flush_later)
		pte_flush(&u.batch);
	page_pool_give_back(t->quota, &u.freed);
	return GZ_OK;
}

/* False: budget used up before the table was empty of tables. */
static bool free_below(struct pgtable *t, u64 *table, u32 level, u32 *budget)
{
	u32 entries = level == t->start_level ? PTRS * t->root_pages : PTRS;

	for (u32 i = 0; level < LAST_LEVEL && i < entries; i++) {
		if (!pte_is_table(table[i], level))
			continue;
		if (!free_below(t, pte_to_table(table[i]), level + 1, budget) || !*budget)
			return false;
		page_pool_free(t->quota, PA(table[i] & PTE_ADDR));
		pte_fill(&table[i], 0, false);
		--*budget;
	}
	return true;
}

enum gz_err pgtable_destroy_slice(struct pgtable *t, u32 budget)
{
	CHECK(!t->live);
	if (t->root_pages == 0)
		return GZ_OK;
	if (!free_below(t, pa_to_ptr(t->root), t->start_level, &budget))
		return GZ_EAGAIN;
	page_pool_free_order(t->quota, pool_order(t->root_pages * PAGE_SIZE), t->root);
	t->root_pages = 0;
	return GZ_OK;
}
