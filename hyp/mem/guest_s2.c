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

bool guest_mem_is_mapped(struct guest_mem *gm, ipa_t ipa, bool write)
{
	struct pg_leaf leaf = LOCKED(&gm->lock, pgtable_walk(&gm->s2, ipa.v));

	return leaf_allows(leaf, write ? PG_R | PG_W : PG_R);
}

#define TABLE_COST	(4 * GM_PAGE_COST)
#define HOLE_COST(entries)	(1 + (entries) / 16)

enum gz_err walk_slice(struct gm_slice *s, pg_leaf_fn fn, enum gz_err (*chunk)(struct gm_slice *s, u64 end))
{
	const struct pgtable *t = &s->gm->s2;
	enum gz_err err = GZ_OK;

	while (*s->cursor < BIT(t->ipa_bits) && !err) {
		struct pg_leaf leaf = pgtable_walk(t, *s->cursor);
		u64 size = MAX(leaf.size, BLOCK_SIZE), at = ALIGN_DOWN(*s->cursor, size), next = at + size;
		bool table = leaf.valid || leaf.size < BLOCK_SIZE;

		if (s->budget == 0)
			return GZ_EAGAIN;
		if (table) {
			err = fn ? pgtable_for_each(t, *s->cursor, next - *s->cursor, fn, s) : chunk(s, next);
		} else {	/* with those behind it in the same table */
			next = at;
			(void)pgtable_runs(t, &next, MIN(BIT(t->ipa_bits), ALIGN_DOWN(at, size * PAGES_PER_BLOCK) + size * PAGES_PER_BLOCK), NULL, 0);
		}
		if (!err)
			slice_done(s, next, table ? TABLE_COST : HOLE_COST((next - at) / size));
	}
	return err;
}

/* Of one table, or of one block: what is left of it up to end. */
static NO_LOCK_CHECK enum gz_err reclaim_chunk(struct gm_slice *s, u64 end)
{
	struct pa_range run[32];
	u64 at = *s->cursor;

	while (at < end) {
		u32 n = pgtable_runs(&s->gm->s2, &at, end, run, ARRAY_SIZE(run));
		u64 size = 0;

		for (u32 i = 0; i < n; i++)
			size += run[i].size;
		own_move_all(run, n, MOVE_GUEST_RECLAIM_HOST, s->gm->vmid);
		s->gm->shared_pages -= size >> PAGE_SHIFT;
		slice_done(s, at, (size >> PAGE_SHIFT) * GM_PAGE_COST);
		if (s->budget == 0)
			return GZ_EAGAIN;
	}
	return GZ_OK;
}

static enum gz_err reclaim_slice(struct guest_mem *gm, u32 budget_pages) NEEDS(gm->lock)
{
	struct gm_slice s = { gm, &gm->teardown_ipa, (u64)budget_pages * GM_PAGE_COST };

	return gm->protect ? reclaim_private_slice(&s) : LOCKED(&host_lock, walk_slice(&s, NULL, reclaim_chunk));
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
	if (!err)
		err = pgtable_destroy_slice(&gm->guard, budget_pages);
	spin_unlock(&gm->lock);
	return err;
}
