/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: every store of a table entry, with break-before-make, barriers and TLB scope.
 * Never: called outside mm/.
 * Used by: mm/pgtable_map.c, pgtable_unmap.c, fixmap.c.
 */
#ifndef MM_PTE_REPLACE_H
#define MM_PTE_REPLACE_H

#include "mm/pgtable.h"

/* Entries made invalid whose TLB entries are still to go. Start with { .t = table }. */
struct pte_batch { const struct pgtable *t; u32 count; u64 addr; bool all; };

/* Invalid -> valid. live: a walker may see the table. The caller ends a group of these with pte_publish(). */
void pte_fill(u64 *slot, u64 pte, bool live);
/* Link of a table just filled: its content is visible before the link is. */
void pte_link(u64 *slot, u64 pte, bool live);
/* The fills so far are seen by every walker after this. */
void pte_publish(const struct pgtable *t);
/* Valid -> invalid: a leaf at addr, or a table (is_table) with all below it. */
void pte_clear(struct pte_batch *b, u64 *slot, u64 addr, bool is_table);
/* The one TLBI of the batch. The memory may be used for something else afterwards. */
void pte_flush(struct pte_batch *b);
/* Valid -> other valid, by break-before-make: split, merge. A walker faults meanwhile. */
void pte_replace(const struct pgtable *t, u64 *slot, u64 addr, u64 pte, bool was_table);

#endif
