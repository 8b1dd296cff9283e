/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the MMIO guard: which pages outside its memory a protected guest lets the host answer for.
 * Never: a page of a slot; a way back once the guest has enrolled.
 * Used by: run_abort.c, run_share.c. docs/memory-ownership.md "Protected VMs".
 *
 * The set of pages is kept as a table that no CPU walks: a page is in it when it is mapped, to itself. What a guest can make
 * EL2 hold for it has a quota of its own, so that it takes none of the tables of its memory.
 */
#include "mem/guest_mem_int.h"

#define GUARD_TABLES	256u	/* half a GiB of devices in one piece */

static bool is_device(struct guest_mem *gm, ipa_t ipa) NEEDS(gm->lock)
{
	return !gm->dying && pgtable_covers(&gm->s2, ipa.v, PAGE_SIZE) && !slot_holding(gm, ipa, PAGE_SIZE);
}

static enum gz_err guard_table(struct guest_mem *gm) NEEDS(gm->lock)
{
	enum gz_err err;

	if (gm->guard.root_pages)
		return GZ_OK;
	gm->guard_quota.limit = GUARD_TABLES;
	err = pgtable_init(&gm->guard, PG_STAGE2, gm->s2.ipa_bits, gm->vmid, &gm->guard_quota);
	if (err)
		gm->guard.root_pages = 0;
	return err;
}

static bool in_guard(const struct guest_mem *gm, ipa_t ipa) NEEDS(gm->lock)
{
	return gm->guard.root_pages && pgtable_walk(&gm->guard, ipa.v).valid;
}

void guest_mmio_enrol(struct guest_mem *gm)
{
	WRITE_ONCE(gm->enrolled, true);
}

enum gz_err guest_mmio_map(struct guest_mem *gm, ipa_t ipa)
{
	enum gz_err err = GZ_EINVAL;

	spin_lock(&gm->lock);
	if (is_device(gm, ipa))
		err = guard_table(gm);
	if (!err)
		err = pgtable_map(&gm->guard, ipa.v, PA(ipa.v), PAGE_SIZE, PG_R, LEVEL_PAGES);
	spin_unlock(&gm->lock);
	return err;
}

enum gz_err guest_mmio_unmap(struct guest_mem *gm, ipa_t ipa)
{
	enum gz_err err = GZ_EINVAL;

	spin_lock(&gm->lock);
	if (is_device(gm, ipa) && in_guard(gm, ipa))
		err = pgtable_unmap(&gm->guard, ipa.v, PAGE_SIZE);
	spin_unlock(&gm->lock);
	return err;
}

bool guest_mmio_allowed(struct guest_mem *gm, ipa_t ipa)
{
	if (!READ_ONCE(gm->enrolled))
		return true;
	return LOCKED(&gm->lock, is_device(gm, ipa_page(ipa)) && in_guard(gm, ipa));
}
