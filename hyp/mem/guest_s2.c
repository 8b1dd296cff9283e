/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a guest's stage 2 from birth to teardown in slices.
 * Never: free a table while a CPU may walk it, or lose a page.
 * Used by: vm, run.
 */
#include "lib/check.h"
#include "mem/guest_mem_int.h"

enum gz_err guest_mem_init(struct guest_mem *gm, u16 vmid, u32 quota_pages)
{
	u8 bits = MIN(GUEST_IPA_BITS, pg_features.pa_bits);
	enum gz_err err;

	CHECK(vmid != 0 && vmid <= OWN_PEER_MAX);
	*gm = (struct guest_mem){ .vmid = vmid, .quota.limit = quota_pages };
	err = pgtable_init(&gm->s2, PG_STAGE2, bits, vmid, &gm->quota);
	if (err)
		return err;
	gm->s2.live = true;
	pgtable_flush_all(&gm->s2);	/* what the VMID's last owner left */
	return GZ_OK;
}

u64 guest_mem_vtcr(const struct guest_mem *gm)
{
	return pgtable_vtcr(&gm->s2);
}

u64 guest_mem_vttbr(const struct guest_mem *gm)
{
	return pgtable_ttbr(&gm->s2);
}

bool guest_mem_is_mapped(struct guest_mem *gm, ipa_t ipa, bool write)
{
	struct pg_leaf leaf;

	spin_lock(&gm->lock);
	leaf = pgtable_walk(&gm->s2, ipa.v);
	spin_unlock(&gm->lock);
	return leaf.valid && (!write || (leaf.attr & PG_W));
}

struct teardown { struct guest_mem *gm; u64 budget; };

static NO_LOCK_CHECK enum gz_err reclaim_leaf(u64 addr, struct pg_leaf leaf, void *arg)
{
	struct teardown *t = arg;
	u64 pages = leaf.size >> PAGE_SHIFT;

	if (t->budget == 0)
		return GZ_EAGAIN;
	own_move((struct pa_range){ leaf.pa, leaf.size }, MOVE_GUEST_RECLAIM_HOST, t->gm->vmid);
	t->gm->shared_pages -= pages;
	t->gm->teardown_ipa = addr + leaf.size;
	t->budget -= MIN(t->budget, pages);
	return GZ_OK;
}

static enum gz_err reclaim_slice(struct guest_mem *gm, u32 budget_pages) NEEDS(gm->lock)
{
	struct teardown t = { gm, budget_pages };
	u64 end = BIT(gm->s2.ipa_bits);
	enum gz_err err = GZ_OK;

	if (gm->teardown_ipa >= end)
		return GZ_OK;
	spin_lock(&host_lock);
	err = pgtable_for_each(&gm->s2, gm->teardown_ipa, end - gm->teardown_ipa, reclaim_leaf, &t);
	spin_unlock(&host_lock);
	if (!err)
		gm->teardown_ipa = end;
	return err;
}

enum gz_err guest_mem_destroy_slice(struct guest_mem *gm, u32 budget_pages)
{
	enum gz_err err;

	spin_lock(&gm->lock);
	if (!gm->dying) {
		gm->dying = true;
		pgtable_flush_all(&gm->s2);	/* the one TLBI: nobody runs in it any more */
		gm->s2.live = false;
	}
	err = reclaim_slice(gm, budget_pages);
	if (!err)
		err = pgtable_destroy_slice(&gm->s2, budget_pages);
	spin_unlock(&gm->lock);
	return err;
}
