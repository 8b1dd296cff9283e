/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what the files about a VM's memory share.
 * Never: included outside mem/.
 * Used by: mem/guest_slots.c, guest_s2.c, guest_clean.c, share.c.
 */
#ifndef MEM_GUEST_MEM_INT_H
#define MEM_GUEST_MEM_INT_H

#include "mem/guest_mem.h"
#include "mem/own.h"

/* The slot that holds all of [base, base + bytes), or NULL. */
struct mem_slot *slot_holding(struct guest_mem *gm, ipa_t base, u64 bytes) NEEDS(gm->lock);
/* Unmaps what is mapped in the range by the given move, page by page in the records. GZ_ENOMEM: nothing changed. share.c */
enum gz_err unmap_locked(struct guest_mem *gm, ipa_t ipa, u64 pages, enum own_move move) NEEDS(gm->lock);

/* No instruction cache holds what a page was before. share.c */
void fetch_fresh(void);

/*
 * A stretch of work along a guest's table, in sixteenths of a page: *cursor is where it goes on. Tables cost something
 * even when they are empty, for a host can make many of those.
 */
struct gm_slice { struct guest_mem *gm; u64 *cursor; u64 budget; };
#define GM_PAGE_COST	16
/*
 * fn (arg is the slice) does a leaf from *cursor on, calls slice_done() and answers GZ_EAGAIN when budget is 0. Without fn chunk does
 * the same with all that lies between *cursor and end, in one leaf or one table of pages. guest_s2.c
 */
enum gz_err walk_slice(struct gm_slice *s, pg_leaf_fn fn, enum gz_err (*chunk)(struct gm_slice *s, u64 end));
static inline void slice_done(struct gm_slice *s, u64 cursor, u64 cost)
{
	*s->cursor = cursor;
	s->budget -= MIN(s->budget, cost);
}

/* protect.c: pages of the range that are the host's leave its table (GZ_ENOMEM: none did), or come back. */
enum gz_err donate_begin(struct pa_range range) __must_check NEEDS(host_lock);
void donate_undo(struct pa_range range) NEEDS(host_lock);
/* guest_mem_protect() */
enum gz_err protect_locked(struct guest_mem *gm) __must_check NEEDS(gm->lock);
enum gz_err relinquish_private(struct guest_mem *gm, ipa_t ipa) NEEDS(gm->lock);
enum gz_err reclaim_private_slice(struct gm_slice *s);
/*
 * firmware.c, for share.c. Pages about to be mapped at ipa: those of the firmware's slot that are the host's still, and out of its table, get
 * the firmware's bytes, or zeros beside them, in memory as in caches. wipe: zeros everywhere, for what goes back to the host. False: not that slot.
 */
bool firmware_fill(struct guest_mem *gm, ipa_t ipa, struct pa_range pa, bool wipe) NEEDS(gm->lock) NEEDS(host_lock);
/* firmware.c, for protect.c, at the first RUN. The slot is there, and holds all of it? */
bool firmware_fits(struct guest_mem *gm) NEEDS(gm->lock);
/* After the seal: what was mapped before it is filled. GZ_EAGAIN: call again. */
enum gz_err firmware_seal_slice(struct guest_mem *gm, u32 budget_pages) __must_check NEEDS(gm->lock);
/* Zeroes, in memory too, whoever looks with which attributes. guest_clean.c */
void scrub_to_poc(pa_t page);
/* The same with what another page holds. */
void copy_to_poc(pa_t page, pa_t from);
/* Cleans a host-visible range to the point of coherency through the fixmap. guest_clean.c */
void clean_range_to_poc(struct pa_range range);

#endif
