/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the host adds blocks of its memory to EL2's pool, and gets back those of which nothing is used.
 * Never: let the pool use a block the host still reaches, or give one back with what EL2 had in it.
 * Used by: hvc.
 */
#include "mem/lend.h"

#include "lib/string.h"
#include "mem/host_s2.h"
#include "mm/hyp_map.h"
#include "mm/layout.h"
#include "mm/page_pool.h"
#include "mm/pgtable.h"

static u64 window_of(pa_t block)
{
	return (u64)(uintptr_t)pa_to_ptr(block);
}

static bool in_window(pa_t block)
{
	return window_of(block) >= HYP_VA_LINEAR_LOW && window_of(block) < HYP_VA_STACKS;
}

static enum gz_err give_locked(struct pa_range r) NEEDS(host_lock)
{
	enum gz_err err = own_check(r, MOVE_HOST_GIVE_HYP, 0, NULL);

	if (!err)
		err = host_s2_reserve_block(r);
	if (!err)
		err = hyp_map_at(window_of(r.base), r, PG_R | PG_W);
	if (err)
		return err;
	host_s2_take(r);
	err = page_pool_add(r);		/* the last step that may fail: nothing of the block is written before the host has lost it */
	if (err) {
		hyp_unmap_at(window_of(r.base), r.size);
		host_s2_give(r);
		return err;
	}
	own_move(r, MOVE_HOST_GIVE_HYP, 0);
	host_s2_set_quota();
	return GZ_OK;
}

enum gz_err host_give_hyp(pa_t block)
{
	struct pa_range r = { block, BLOCK_SIZE };

	if (!IS_ALIGNED(block.v, BLOCK_SIZE))
		return GZ_EINVAL;
	if (!own_is_ram(r) || !in_window(block))
		return GZ_EPERM;
	return LOCKED(&host_lock, give_locked(r));
}

enum gz_err hyp_give_host(pa_t *block)
{
	enum gz_err err = GZ_ENOENT;

	spin_lock(&host_lock);
	if (page_pool_remove(block)) {
		struct pa_range r = { *block, BLOCK_SIZE };

		memset(pa_to_ptr(*block), 0, BLOCK_SIZE);	/* registers and tables were in it */
		hyp_unmap_at(window_of(*block), BLOCK_SIZE);
		own_move(r, MOVE_HYP_GIVE_HOST, 0);
		host_s2_give(r);
		host_s2_set_quota();
		err = GZ_OK;
	}
	spin_unlock(&host_lock);
	return err;
}
