/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the host adds blocks of its memory to EL2's pool, and gets back those of which nothing is used.
 * Never: let the pool use a block the host still reaches, or give one back with what EL2 had in it.
 * Used by: hvc.
 */
#include "mem/lend.h"

#include "mem/guest_mem_int.h"
#include "mem/host_s2.h"
#include "mm/hyp_map.h"
#include "mm/layout.h"
#include "mm/page_pool.h"
#include "mm/pgtable.h"

#define SCRUB_SLICE	(64 * PAGE_SIZE)

static_assert(BLOCK_SIZE % SCRUB_SLICE == 0, "slices end where the block does");

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
	enum gz_err err = page_pool_is_full() ? GZ_EBUSY : GZ_OK;

	if (!err)
		err = own_check(r, MOVE_HOST_GIVE_HYP, 0, NULL);
	if (!err)
		err = host_s2_reserve_block(r);
	if (!err)
		err = hyp_map_at(window_of(r.base), r, PG_R | PG_W);
	if (err)
		return err;
	host_s2_take(r);
	own_move(r, MOVE_HOST_GIVE_HYP, 0);
	page_pool_add(r);		/* writes to it: the host has lost it */
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

/* The block on its way back, and how much of it is scrubbed. Under host_lock. */
static struct { bool on; pa_t block; u64 scrubbed; } leaving;

static enum gz_err take_slice(pa_t *block) NEEDS(host_lock)
{
	struct pa_range r;

	if (!leaving.on) {
		leaving.scrubbed = 0;
		leaving.on = page_pool_remove(&leaving.block);
	}
	if (!leaving.on)
		return GZ_ENOENT;
	/* Registers and tables were in it, and the host may look past the caches. */
	for (u64 end = leaving.scrubbed + SCRUB_SLICE; leaving.scrubbed < end; leaving.scrubbed += PAGE_SIZE)
		scrub_to_poc(pa_add(leaving.block, leaving.scrubbed));
	if (leaving.scrubbed < BLOCK_SIZE)
		return GZ_EAGAIN;
	r = (struct pa_range){ leaving.block, BLOCK_SIZE };
	leaving.on = false;
	hyp_unmap_at(window_of(r.base), r.size);
	own_move(r, MOVE_HYP_GIVE_HOST, 0);
	host_s2_give(r);
	host_s2_set_quota();
	*block = r.base;
	return GZ_OK;
}

enum gz_err hyp_give_host(pa_t *block)
{
	return LOCKED(&host_lock, take_slice(block));
}
