/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: one 4-byte record per page of RAM - owner, state, peer, pins - and the one table of legal moves.
 * Never: a state change other than own_move(); MMIO has no record and can never become guest memory.
 * Used by: mem/ only; others call the moves in guest_mem.h and pin.h, and own_count() for statistics.
 */
#ifndef MEM_OWN_H
#define MEM_OWN_H

#include "lib/addr.h"
#include "lib/err.h"
#include "lib/spinlock.h"

enum own_state {
	OWN_NONE = 0,		/* nobody here may touch it: zeroed memory grants nothing */
	OWN_HYP,		/* EL2 only */
	OWN_HOST,		/* host only */
	OWN_HOST_SHARED_HYP,	/* host + EL2, pinned */
	OWN_HOST_SHARED_GUEST,	/* host + the guest in peer */
	OWN_GUEST,		/* the guest in peer only */
	OWN_GUEST_SHARED_HOST,	/* owned by the guest in peer, host sees it too */
	OWN_DEVICE,		/* the interrupt controller only */
	OWN_STATES
};

/* Who changes what into what: actor-verb-actor, see docs/memory-ownership.md. */
enum own_move {
	MOVE_HOST_SHARE_HYP,
	MOVE_HOST_UNSHARE_HYP,
	MOVE_HOST_SHARE_GUEST,
	MOVE_HOST_UNSHARE_GUEST,
	MOVE_HOST_SEAL_GUEST,
	MOVE_HOST_DONATE_GUEST,
	MOVE_GUEST_SHARE_HOST,
	MOVE_GUEST_UNSHARE_HOST,
	MOVE_GUEST_RELINQUISH_HOST,
	MOVE_GUEST_RECLAIM_HOST,
	MOVE_HOST_GIVE_DEVICE,
	MOVE_DEVICE_GIVE_HOST,
	MOVE_HOST_GIVE_HYP,
	MOVE_HYP_GIVE_HOST,
	MOVE_NR
};

/* Record fields hold this much. */
#define OWN_PEER_MAX	0xfff
#define OWN_PIN_MAX	0xfff

/* Guards every record; the same lock as the host's stage 2 (mem/host_s2.h). */
extern struct spinlock host_lock;	/* ladder: below vm.mem, above pool */

/* RAM banks and the records' memory, boot only. records: zeroed pages in the pool's linear window. */
#define OWN_MAX_BANKS 32
u64 own_records_bytes(const struct pa_range *banks, u32 count);
void own_init(const struct pa_range *banks, u32 count, void *records);
/* Boot, first: all RAM. Then: a range becomes the host's or EL2's. */
void own_boot_assign_all(enum own_state state);
void own_boot_assign(struct pa_range range, enum own_state state);

bool own_is_ram(struct pa_range range);
/* What the page is now; OWN_NONE for what is no RAM. */
enum own_state own_state_of(pa_t page);
/* Is a page of the range in one of these states (BIT(state) | ...), or is the range no RAM as a whole? Looks from its end. */
bool own_has(struct pa_range range, u64 states);
/* Pages in a state, machine-wide; kept as counters. */
u64 own_count(enum own_state state);

/*
 * May every page of the range make this move for this peer (0: none)? Changes nothing. GZ_EPERM: no RAM, or the state
 * or peer of a page forbids it. GZ_EBUSY: a pin count is full.
 * done (only HOST_SHARE_GUEST and HOST_DONATE_GUEST, else NULL): pages that already are what the move makes are
 * accepted and counted; a page the guest shared with the host since its donation is one of them.
 */
enum gz_err own_check(struct pa_range range, enum own_move move, u16 peer, u64 *done) __must_check NEEDS(host_lock);
/* Makes it. Needs: own_check() accepted exactly this under the same host_lock; a defect otherwise. */
void own_move(struct pa_range range, enum own_move move, u16 peer) NEEDS(host_lock);
/* The same for several ranges. */
void own_move_all(const struct pa_range *range, u32 count, enum own_move move, u16 peer) NEEDS(host_lock);

#endif
