/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: builds the host's identity stage 2 and answers what it allows.
 * Never: map EL2's memory or a hidden device.
 * Used by: boot, host.
 */
#include "mem/host_s2.h"

#include "insn/barrier.h"
#include "insn/tlbi.h"
#include "lib/check.h"
#include "lib/string.h"
#include "mm/layout.h"
#include "mm/pgtable.h"

#define HOST_IPA_BITS	40
#define ATTR_RAM	(PG_R | PG_W | PG_X | PG_STAGE1)
#define ATTR_MMIO	(PG_R | PG_W | PG_STAGE1)

static struct pgtable host_table;
static struct pool_quota host_quota;

struct zones { const struct pa_range *ram, *hidden; u32 ram_count, hidden_count; };

/* The range of the list that addr is in, or NULL; *next is lowered to the nearest start above addr. */
static const struct pa_range *zone_at(const struct pa_range *list, u32 count, u64 addr, u64 *next)
{
	for (u32 i = 0; i < count; i++) {
		u64 start = ALIGN_DOWN(list[i].base.v, PAGE_SIZE), end = ALIGN_UP(pa_range_end(list[i]), PAGE_SIZE);

		if (addr >= start && addr < end)
			return &list[i];
		if (start > addr && start < *next)
			*next = start;
	}
	return NULL;
}

/* Maps from addr to where the kind of memory changes; returns that. */
static u64 map_zone(const struct zones *z, u64 addr, u64 limit, enum gz_err *err)
{
	u64 end = limit;
	const struct pa_range *hidden = zone_at(z->hidden, z->hidden_count, addr, &end), *ram;

	if (hidden)
		return ALIGN_UP(pa_range_end(*hidden), PAGE_SIZE);
	ram = zone_at(z->ram, z->ram_count, addr, &end);
	if (ram)
		end = MIN(end, pa_range_end(*ram));
	*err = pgtable_map(&host_table, addr, pa_of_host_ipa(IPA(addr)), end - addr, ram ? ATTR_RAM : ATTR_MMIO, LEVEL_1G);
	return end;
}

static u8 choose_ipa_bits(const struct pa_range *ram, u32 ram_count)
{
	u8 bits = HOST_IPA_BITS;

	for (u32 i = 0; i < ram_count; i++)
		while (pa_range_end(ram[i]) > BIT(bits))
			bits++;
	return MIN(bits, pg_features.pa_bits);
}

/* A host that scatters donations leaves a third of the pool to the VMs; docs/memory-ownership.md "Tables". */
void host_s2_set_quota(void)
{
	WRITE_ONCE(host_quota.limit, (u32)(page_pool_total() / 3 * 2));
}

enum gz_err host_s2_init(const struct pa_range *ram, u32 ram_count, const struct pa_range *hidden, u32 hidden_count)
{
	const struct zones z = { ram, hidden, ram_count, hidden_count };
	u8 bits = choose_ipa_bits(ram, ram_count);
	enum gz_err err;

	host_quota.used = 0;
	host_s2_set_quota();
	err = pgtable_init(&host_table, PG_STAGE2, bits, 0, &host_quota);
	for (u64 addr = 0; addr < BIT(bits) && !err;)
		addr = map_zone(&z, addr, BIT(bits), &err);
	host_table.live = host_table.keep_tables = true;
	return err;
}

u64 host_s2_vtcr(void)
{
	return pgtable_vtcr(&host_table);
}

u64 host_s2_vttbr(void)
{
	return pgtable_ttbr(&host_table);
}

bool host_s2_allows(ipa_t ipa, bool write, bool exec)
{
	struct pg_leaf leaf = LOCKED(&host_lock, pgtable_walk(&host_table, ipa.v));

	return leaf_allows(leaf, PG_R | (write ? PG_W : 0) | (exec ? PG_X : 0));
}

/* Splitting a block at a border inside it makes its page table. */
enum gz_err host_s2_reserve(struct pa_range range)
{
	enum gz_err err = GZ_OK;

	for (u64 at = ALIGN_DOWN(range.base.v, BLOCK_SIZE); at < pa_range_end(range) && !err; at += BLOCK_SIZE)
		err = pgtable_split(&host_table, at + PAGE_SIZE, PAGE_SIZE);
	return err;
}

enum gz_err host_s2_reserve_block(struct pa_range block)
{
	return pgtable_split(&host_table, block.base.v, block.size);
}

void host_s2_take(struct pa_range range)
{
	enum gz_err err = pgtable_unmap(&host_table, range.base.v, range.size);

	CHECK(err == GZ_OK);
}

void host_s2_take_begin(void)
{
	host_table.flush_later = true;
}

void host_s2_take_end(void)
{
	host_table.flush_later = false;
	pgtable_flush_all(&host_table);
}

/*
 * May a block's page table go? Not while a guest shares a page of it: to take that back must need no memory, and a guest
 * that shares in a loop must not break and make the host's blocks. From the end: who gives back in order is told at once.
 */
static bool may_merge(u64 block)
{
	return !own_has((struct pa_range){ PA(block), BLOCK_SIZE }, BIT(OWN_GUEST) | BIT(OWN_GUEST_SHARED_HOST));
}

void host_s2_give(struct pa_range range)
{
	enum gz_err err = pgtable_map(&host_table, range.base.v, range.base, range.size, ATTR_RAM, LEVEL_1G);

	CHECK(err == GZ_OK);
	for (u64 at = ALIGN_DOWN(range.base.v, BLOCK_SIZE); at < pa_range_end(range); at += BLOCK_SIZE)
		while (may_merge(at) && pgtable_collapse(&host_table, at))
			;
}

void host_s2_revoke(void)
{
	memset(pa_to_ptr(host_table.root), 0, host_table.root_pages * PAGE_SIZE);
	dsb_ishst();
	tlbi_alle1is();
	dsb_ish();
}
