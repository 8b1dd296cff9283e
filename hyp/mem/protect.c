/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: memory of a protected VM: sealed, donated, shared by its guest, given back scrubbed.
 * Never: a page the host sees again before it is scrubbed, or a guest page the host still sees.
 * Used by: hvc, run, share.c, guest_s2.c. docs/memory-ownership.md "Protected VMs".
 */
#include "insn/atomic.h"
#include "lib/check.h"
#include "mem/guest_mem_int.h"
#include "mem/host_s2.h"

#define SCRUB_COST	(8 * GM_PAGE_COST)

static bool no_more;

void guest_mem_no_more_protected(bool yes)
{
	WRITE_ONCE(no_more, yes);
	atomic_fence();		/* pairs with guest_mem_protect(): it sees this, or we see its VM, or its VM is protected first */
}

bool guest_mem_protected(struct guest_mem *gm)
{
	bool yes;

	spin_lock(&gm->lock);
	yes = gm->protect;
	spin_unlock(&gm->lock);
	return yes;
}

enum gz_err protect_locked(struct guest_mem *gm)
{
	atomic_fence();
	if (gm->dying || gm->started || READ_ONCE(no_more))
		return GZ_ESTATE;
	gm->protect = true;
	return GZ_OK;
}

enum gz_err guest_mem_protect(struct guest_mem *gm)
{
	enum gz_err err;

	spin_lock(&gm->lock);
	err = protect_locked(gm);
	spin_unlock(&gm->lock);
	return err;
}

/* A leaf lies in one slot, and while the seal goes on it is shared as a whole or donated as a whole. */
static NO_LOCK_CHECK enum gz_err seal_leaf(u64 addr, struct pg_leaf leaf, void *arg)
{
	struct gm_slice *s = arg;
	struct guest_mem *gm = s->gm;
	struct pa_range range = { leaf.pa, leaf.size };
	const struct mem_slot *slot = slot_holding(gm, IPA(addr), leaf.size);
	enum gz_err err;

	if (s->budget == 0)
		return GZ_EAGAIN;
	CHECK(slot);
	if (!(slot->flags & GZ_MEM_STATIC_SWIOTLB) && own_state_of(leaf.pa) == OWN_HOST_SHARED_GUEST) {
		err = own_check(range, MOVE_HOST_SEAL_GUEST, gm->vmid, NULL);
		if (!err)
			err = host_s2_reserve(range);
		if (err)
			return err;
		host_s2_take(range);
		own_move(range, MOVE_HOST_SEAL_GUEST, gm->vmid);
		gm->shared_pages -= leaf.size >> PAGE_SHIFT;
		gm->donated_pages += leaf.size >> PAGE_SHIFT;
	}
	slice_done(s, addr + leaf.size, (leaf.size >> PAGE_SHIFT) * GM_PAGE_COST);
	return GZ_OK;
}

/*
 * One TLBI for all the pages of a slice, also when it ends in an error: nobody can use the records before host_lock is
 * free again, and by then the TLB entries are gone.
 */
static enum gz_err seal_slice(struct guest_mem *gm, u32 budget_pages) NEEDS(gm->lock)
{
	struct gm_slice s = { gm, &gm->seal_ipa, (u64)budget_pages * GM_PAGE_COST };
	enum gz_err err;

	spin_lock(&host_lock);
	host_s2_take_begin();
	err = walk_slice(&s, seal_leaf, NULL);
	host_s2_take_end();
	spin_unlock(&host_lock);
	return err;
}

static enum gz_err start_slice(struct guest_mem *gm, u32 budget_pages) NEEDS(gm->lock)
{
	enum gz_err err = GZ_OK;

	if (gm->dying)
		return GZ_ESTATE;
	if (!firmware_fits(gm))
		return GZ_ENOENT;
	WRITE_ONCE(gm->started, true);		/* what is mapped from here on is donated */
	if (gm->protect)
		err = seal_slice(gm, budget_pages);
	return err ? err : firmware_seal_slice(gm, budget_pages);
}

enum gz_err guest_mem_start_slice(struct guest_mem *gm, u32 budget_pages)
{
	enum gz_err err;

	spin_lock(&gm->lock);
	err = start_slice(gm, budget_pages);
	if (!err)
		fetch_fresh();	/* the host wrote, and may have run, code there after it was mapped */
	spin_unlock(&gm->lock);
	return err;
}

static NO_LOCK_CHECK void host_runs(struct pa_range range, void (*fn)(struct pa_range))
{
	struct pa_range run = { range.base, 0 };

	for (u64 at = 0; at < range.size; at += PAGE_SIZE) {
		if (own_state_of(pa_add(range.base, at)) == OWN_HOST) {
			run.size += PAGE_SIZE;
			continue;
		}
		if (run.size)
			fn(run);
		run = (struct pa_range){ pa_add(range.base, at + PAGE_SIZE), 0 };
	}
	if (run.size)
		fn(run);
}

void donate_undo(struct pa_range range)
{
	host_runs(range, host_s2_give);
}

enum gz_err donate_begin(struct pa_range range)
{
	enum gz_err err = host_s2_reserve(range);

	if (err)
		donate_undo(range);	/* a block may be split already: whole again, its table back in the pool */
	else
		host_runs(range, host_s2_take);
	return err;
}

/* The guest no longer reaches the page. Its record is this VM's, so it stays as it is without host_lock. */
static void page_to_host(struct guest_mem *gm, pa_t page, enum own_move move) NEEDS(gm->lock)
{
	struct pa_range range = { page, PAGE_SIZE };
	enum own_state was = own_state_of(page);

	if (was == OWN_GUEST)
		gm->donated_pages--;
	else
		gm->shared_pages--;
	if (was != OWN_HOST_SHARED_GUEST)
		scrub_to_poc(page);
	spin_lock(&host_lock);
	own_move(range, move, gm->vmid);
	host_s2_give(range);
	spin_unlock(&host_lock);
}

enum gz_err relinquish_private(struct guest_mem *gm, ipa_t ipa)
{
	struct pg_leaf leaf = pgtable_walk(&gm->s2, ipa.v);
	struct mem_slot *slot = slot_holding(gm, ipa, PAGE_SIZE);
	enum gz_err err;

	if (!leaf.valid || !slot)
		return GZ_OK;
	err = pgtable_split(&gm->s2, ipa.v, PAGE_SIZE);
	if (err)
		return err;
	err = pgtable_unmap(&gm->s2, ipa.v, PAGE_SIZE);
	CHECK(err == GZ_OK);
	slot->populated--;
	page_to_host(gm, pa_add(leaf.pa, ipa.v % leaf.size), MOVE_GUEST_RELINQUISH_HOST);
	return GZ_OK;
}

static NO_LOCK_CHECK enum gz_err reclaim_private_leaf(u64 addr, struct pg_leaf leaf, void *arg)
{
	struct gm_slice *s = arg;

	for (u64 at = MAX(*s->cursor, addr) - addr; at < leaf.size; at += PAGE_SIZE) {
		if (s->budget == 0)
			return GZ_EAGAIN;
		page_to_host(s->gm, pa_add(leaf.pa, at), MOVE_GUEST_RECLAIM_HOST);
		slice_done(s, addr + at + PAGE_SIZE, SCRUB_COST);
	}
	return GZ_OK;
}

enum gz_err reclaim_private_slice(struct gm_slice *s)
{
	return walk_slice(s, reclaim_private_leaf, NULL);
}

static enum gz_err change_view(struct pa_range page, enum own_move move, u16 vmid) NEEDS(host_lock)
{
	enum gz_err err = own_check(page, move, vmid, NULL);

	if (!err && move == MOVE_GUEST_UNSHARE_HOST)
		err = host_s2_reserve(page);
	if (err)
		return err;
	/* Neither side may see what memory held before the other side's last cached write: non-cacheable views. */
	if (move == MOVE_GUEST_UNSHARE_HOST)
		host_s2_take(page);
	clean_range_to_poc(page);
	own_move(page, move, vmid);
	if (move == MOVE_GUEST_SHARE_HOST)
		host_s2_give(page);
	return GZ_OK;
}

static enum gz_err change_view_locked(struct guest_mem *gm, ipa_t ipa, enum own_move move) NEEDS(gm->lock)
{
	struct pg_leaf leaf;
	enum gz_err err;

	if (gm->dying)
		return GZ_ESTATE;
	if (!IS_ALIGNED(ipa.v, PAGE_SIZE) || !slot_holding(gm, ipa, PAGE_SIZE))
		return GZ_EINVAL;
	leaf = pgtable_walk(&gm->s2, ipa.v);
	if (!leaf.valid)
		return GZ_EFAULT;
	spin_lock(&host_lock);
	err = change_view((struct pa_range){ pa_add(leaf.pa, ipa.v % leaf.size), PAGE_SIZE }, move, gm->vmid);
	spin_unlock(&host_lock);
	if (err)
		return err;
	gm->shared_pages += move == MOVE_GUEST_SHARE_HOST ? 1 : -1ull;
	gm->donated_pages += move == MOVE_GUEST_SHARE_HOST ? -1ull : 1;
	return GZ_OK;
}

enum gz_err guest_share_host(struct guest_mem *gm, ipa_t ipa)
{
	enum gz_err err;

	spin_lock(&gm->lock);
	err = change_view_locked(gm, ipa, MOVE_GUEST_SHARE_HOST);
	spin_unlock(&gm->lock);
	return err;
}

enum gz_err guest_unshare_host(struct guest_mem *gm, ipa_t ipa)
{
	enum gz_err err;

	spin_lock(&gm->lock);
	err = change_view_locked(gm, ipa, MOVE_GUEST_UNSHARE_HOST);
	spin_unlock(&gm->lock);
	return err;
}

enum gz_err guest_mem_view(struct guest_mem *gm, ipa_t ipa, u64 *view)
{
	enum gz_err err = GZ_OK;
	struct pg_leaf leaf;

	spin_lock(&gm->lock);
	if (gm->dying)
		err = GZ_ESTATE;
	else if (!IS_ALIGNED(ipa.v, PAGE_SIZE) || !slot_holding(gm, ipa, PAGE_SIZE))
		err = GZ_EINVAL;
	if (!err) {
		leaf = pgtable_walk(&gm->s2, ipa.v);
		*view = GZ_VIEW_NONE;
		/* The record of a page that is mapped here changes under gm->lock only. */
		if (leaf.valid)
			*view = own_state_of(pa_add(leaf.pa, ipa.v % leaf.size)) == OWN_GUEST ? GZ_VIEW_GUEST : GZ_VIEW_BOTH;
	}
	spin_unlock(&gm->lock);
	return err;
}
