/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the host gives pages to a guest, shared or for good, and takes shared ones back.
 * Never: change anything before every step that may fail has succeeded.
 * Used by: hvc, run.
 */
#include "insn/barrier.h"
#include "insn/cache.h"
#include "insn/sysreg.h"
#include "lib/check.h"
#include "mem/guest_mem_int.h"

#include "arch/aarch64/pte.h"

#define ATTR_GUEST_RAM	(PG_R | PG_W | PG_X)

/* The guest may execute what the host wrote: no instruction cache may hold what the page was before. */
void fetch_fresh(void)
{
	if (sysreg_read(ctr_el0) & CTR_DIC)
		return;
	icache_inval_all_is();
	dsb_ish();		/* complete before the guest can run it */
}

static enum gz_err share_locked(struct guest_mem *gm, struct pg_plan *plan, struct pa_range pa, enum own_move move)
	NEEDS(gm->lock) NEEDS(host_lock)
{
	u64 done = 0;
	bool filled = false;	/* by EL2, through to memory */
	enum gz_err err = own_check(pa, move, gm->vmid, &done);

	if (!err)
		err = pgtable_plan(&gm->s2, plan);
	/* What this guest has already must be mapped exactly here: as many pages by the records as by the table. */
	if (!err && plan->same_pages != done)
		err = GZ_EEXIST;
	if (!err && move == MOVE_HOST_DONATE_GUEST)
		err = donate_begin(pa);
	if (err)
		return err;
	if (move == MOVE_HOST_DONATE_GUEST)
		filled = firmware_fill(gm, IPA(plan->addr), pa, false);
	/*
	 * A vCPU with its caches off may read it first, also long after another turned its own on. What becomes private is one value in
	 * caches and memory, FWB or not: docs/memory-ownership.md "Caches".
	 */
	if (!filled && (!pg_features.fwb || move == MOVE_HOST_DONATE_GUEST))
		clean_range_to_poc(pa);
	fetch_fresh();			/* another vCPU may fetch as soon as it is mapped */
	err = pgtable_apply(&gm->s2, plan);	/* last step that may fail */
	if (!err) {
		own_move(pa, move, gm->vmid);
	} else if (move == MOVE_HOST_DONATE_GUEST) {
		(void)firmware_fill(gm, IPA(plan->addr), pa, true);
		donate_undo(pa);
	}
	return err;
}

enum gz_err host_share_guest(struct guest_mem *gm, ipa_t ipa, struct pa_range pa, u64 *fresh)
{
	struct pg_plan plan = { .addr = ipa.v, .size = pa.size, .pa = pa.base, .attr = ATTR_GUEST_RAM,
				.max_block = LEVEL_2M };
	enum gz_err err = GZ_ESTATE;
	enum own_move move = MOVE_HOST_SHARE_GUEST;
	struct mem_slot *slot;

	if (!IS_ALIGNED(ipa.v | pa.base.v | pa.size, PAGE_SIZE) || pa.size == 0)
		return GZ_EINVAL;
	spin_lock(&gm->lock);
	if (gm->dying)
		goto out;
	slot = slot_holding(gm, ipa, pa.size);
	err = GZ_EINVAL;
	if (!slot)
		goto out;
	if (guest_mem_private(gm) && !(slot->flags & GZ_MEM_STATIC_SWIOTLB))
		move = MOVE_HOST_DONATE_GUEST;
	err = LOCKED(&host_lock, share_locked(gm, &plan, pa, move));
	if (err)
		goto out;
	*fresh = (pa.size >> PAGE_SHIFT) - plan.same_pages;
	slot->populated += *fresh;
	*(move == MOVE_HOST_DONATE_GUEST ? &gm->donated_pages : &gm->shared_pages) += *fresh;
out:
	spin_unlock(&gm->lock);
	return err;
}

struct unshare { struct guest_mem *gm; enum own_move move; };

static NO_LOCK_CHECK enum gz_err unshare_leaf(u64 addr, struct pg_leaf leaf, void *arg)
{
	const struct unshare *u = arg;
	struct mem_slot *slot = slot_holding(u->gm, IPA(addr), leaf.size);
	u64 pages = leaf.size >> PAGE_SHIFT;

	own_move((struct pa_range){ leaf.pa, leaf.size }, u->move, u->gm->vmid);
	CHECK(slot && slot->populated >= pages && u->gm->shared_pages >= pages);
	slot->populated -= pages;
	u->gm->shared_pages -= pages;
	return GZ_OK;
}

enum gz_err unmap_locked(struct guest_mem *gm, ipa_t ipa, u64 pages, enum own_move move)
{
	struct unshare u = { gm, move };
	u64 size = pages * PAGE_SIZE;
	enum gz_err err = pgtable_split(&gm->s2, ipa.v, size);	/* the only step that may fail */

	if (err)
		return err;
	/* Nobody can use the records before host_lock is free again, and by then the TLB entries are gone. */
	spin_lock(&host_lock);
	err = pgtable_for_each(&gm->s2, ipa.v, size, unshare_leaf, &u);
	if (!err)
		err = pgtable_unmap(&gm->s2, ipa.v, size);
	spin_unlock(&host_lock);
	CHECK(err == GZ_OK);
	return GZ_OK;
}

static enum gz_err unshare(struct guest_mem *gm, ipa_t ipa, u64 pages, enum own_move move)
{
	enum gz_err err = GZ_ESTATE;

	if (pages == 0 || pages > BIT(GUEST_IPA_BITS - PAGE_SHIFT) ||
	    !pgtable_covers(&gm->s2, ipa.v, pages * PAGE_SIZE))
		return GZ_EINVAL;
	spin_lock(&gm->lock);
	if (gm->dying)
		err = GZ_ESTATE;
	else if (!guest_mem_private(gm))
		err = unmap_locked(gm, ipa, pages, move);
	else if (move == MOVE_GUEST_RELINQUISH_HOST)
		err = relinquish_private(gm, ipa);
	spin_unlock(&gm->lock);
	return err;
}

enum gz_err host_unshare_guest(struct guest_mem *gm, ipa_t ipa, u64 pages)
{
	return unshare(gm, ipa, pages, MOVE_HOST_UNSHARE_GUEST);
}

enum gz_err guest_relinquish_host(struct guest_mem *gm, ipa_t ipa)
{
	struct mem_slot slot;

	if (!guest_mem_slot_of(gm, ipa, &slot))
		return GZ_EINVAL;
	return unshare(gm, ipa_page(ipa), 1, MOVE_GUEST_RELINQUISH_HOST);
}
