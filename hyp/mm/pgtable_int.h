/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what the files of the page table code share: entries, levels, encodings.
 * Never: included outside mm/ (and its tests).
 * Used by: mm/pgtable_*.c, pte_replace.c, fixmap.c.
 */
#ifndef MM_PGTABLE_INT_H
#define MM_PGTABLE_INT_H

#include "arch/aarch64/pte.h"
#include "mm/layout.h"
#include "mm/pgtable.h"

#define PTRS		512
#define LAST_LEVEL	3

static inline u32 level_shift(u32 level) { return PAGE_SHIFT + 9 * (LAST_LEVEL - level); }
static inline u64 level_size(u32 level) { return BIT(level_shift(level)); }
/* End of the entry at addr, or end when that comes first. */
static inline u64 entry_end(u64 addr, u64 end, u32 level)
{
	u64 next = ALIGN_DOWN(addr, level_size(level)) + level_size(level);

	return next < end ? next : end;
}

static inline bool pte_valid(u64 pte) { return (pte & PTE_VALID) != 0; }
static inline bool pte_is_table(u64 pte, u32 level)
{
	return level < LAST_LEVEL && (pte & (PTE_VALID | PTE_TABLE)) == (PTE_VALID | PTE_TABLE);
}
static inline u64 *pte_to_table(u64 pte) { return pa_to_ptr(PA(pte & PTE_ADDR)); }
static inline u64 pte_table(pa_t table) { return table.v | PTE_TABLE | PTE_VALID; }

/* Concatenated roots make the first level wider than 512. */
static inline u32 pte_index(const struct pgtable *t, u64 addr, u32 level)
{
	u64 index = addr >> level_shift(level);

	return level == t->start_level ? (u32)index : (u32)(index % PTRS);
}

/* Descriptor of a leaf. pgtable_walk.c */
u64 pte_leaf(const struct pgtable *t, pa_t pa, u32 attr, u32 level);
/* The entry that translates addr (leaf or invalid); *level gets its level. */
u64 *pgtable_slot(const struct pgtable *t, u64 addr, u32 *level);
/* pgtable_unmap.c: a block becomes a table of 512 equal parts; table: a zeroed page. */
void pgtable_split_block(struct pgtable *t, u64 *slot, u64 addr, u32 level, pa_t table);

#endif
