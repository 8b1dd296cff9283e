/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: per-CPU windows of one page, so that EL2 sees host and guest memory only while it uses it.
 * Never: stay mapped when the call ends, nor be used by two users of one CPU at once.
 * Used by: mem.
 */
#include "lib/check.h"
#include "lib/percpu.h"
#include "mm/hyp_map.h"
#include "mm/hyp_map_int.h"
#include "mm/pgtable_int.h"
#include "mm/pte_replace.h"

static_assert(MAX_CPUS * FIXMAP_SLOTS <= PTRS, "one table holds every slot");
static_assert(MAX_CPUS < PTRS, "one table holds that table and every block window");

#define BLOCK_WINDOWS	(HYP_VA_FIXMAP + BLOCK_SIZE)

static u64 *slots, *blocks;

static u32 slot_index(u32 slot)
{
	CHECK(slot < FIXMAP_SLOTS);
	return this_cpu()->id * FIXMAP_SLOTS + slot;
}

enum gz_err fixmap_init(void)
{
	enum gz_err err = pgtable_map(&hyp_table, HYP_VA_FIXMAP, PA(0), PAGE_SIZE, PG_R, LEVEL_PAGES);
	u32 level;

	/* The tables of a page that goes alone stay. */
	if (!err)
		err = pgtable_unmap(&hyp_table, HYP_VA_FIXMAP, PAGE_SIZE);
	if (err)
		return err;
	slots = pgtable_slot(&hyp_table, HYP_VA_FIXMAP, &level);
	blocks = pgtable_slot(&hyp_table, BLOCK_WINDOWS, &level);
	CHECK(level == LEVEL_2M);
	return GZ_OK;
}

void *fixmap_map(u32 slot, pa_t page, u32 attr)
{
	u32 index = slot_index(slot);

	CHECK(!pte_valid(slots[index]));
	pte_fill(&slots[index], pte_leaf(&hyp_table, pa_page(page), attr, LAST_LEVEL), hyp_table.live);
	pte_publish(&hyp_table);
	return (void *)(uintptr_t)(HYP_VA_FIXMAP + index * PAGE_SIZE + page.v % PAGE_SIZE);
}

/* Inner shareable although only this CPU uses the slot: another may have walked it by speculation. */
void fixmap_unmap(u32 slot)
{
	u32 index = slot_index(slot);
	struct pte_batch b = { .t = &hyp_table };

	pte_clear(&b, &slots[index], HYP_VA_FIXMAP + index * PAGE_SIZE, false);
	pte_flush(&b);
}

void *fixmap_map_block(pa_t block)
{
	u32 cpu = this_cpu()->id;

	CHECK(IS_ALIGNED(block.v, BLOCK_SIZE) && !pte_valid(blocks[cpu]));
	pte_fill(&blocks[cpu], pte_leaf(&hyp_table, block, PG_R, LEVEL_2M), hyp_table.live);
	pte_publish(&hyp_table);
	return (void *)(uintptr_t)(BLOCK_WINDOWS + cpu * BLOCK_SIZE);
}

void fixmap_unmap_block(void)
{
	u32 cpu = this_cpu()->id;
	struct pte_batch b = { .t = &hyp_table };

	pte_clear(&b, &blocks[cpu], BLOCK_WINDOWS + cpu * BLOCK_SIZE, false);
	pte_flush(&b);
}
