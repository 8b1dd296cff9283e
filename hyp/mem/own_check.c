/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the table of legal moves, the check against it and its one writer (docs/memory-ownership.md).
 * Never: a change without the check of every page before it.
 * Used by: mem.
 */
#include "lib/check.h"
#include "mem/audit.h"
#include "mem/own.h"
#include "mem/own_record.h"

/* Next state; 0 (OWN_NONE): the move is illegal there, nobody can give a page away to nobody. */
static const u8 next_state[MOVE_NR][OWN_STATES] = {
	[MOVE_HOST_SHARE_HYP] = { [OWN_HOST] = OWN_HOST_SHARED_HYP, [OWN_HOST_SHARED_HYP] = OWN_HOST_SHARED_HYP },
	[MOVE_HOST_UNSHARE_HYP] = { [OWN_HOST_SHARED_HYP] = OWN_HOST },	/* at the last pin */
	[MOVE_HOST_SHARE_GUEST] = { [OWN_HOST] = OWN_HOST_SHARED_GUEST },
	[MOVE_HOST_UNSHARE_GUEST] = { [OWN_HOST_SHARED_GUEST] = OWN_HOST },
	[MOVE_HOST_SEAL_GUEST] = { [OWN_HOST_SHARED_GUEST] = OWN_GUEST },
	[MOVE_HOST_DONATE_GUEST] = { [OWN_HOST] = OWN_GUEST },
	[MOVE_GUEST_SHARE_HOST] = { [OWN_GUEST] = OWN_GUEST_SHARED_HOST },
	[MOVE_GUEST_UNSHARE_HOST] = { [OWN_GUEST_SHARED_HOST] = OWN_GUEST },
	[MOVE_GUEST_RELINQUISH_HOST] = { [OWN_HOST_SHARED_GUEST] = OWN_HOST, [OWN_GUEST] = OWN_HOST,
					 [OWN_GUEST_SHARED_HOST] = OWN_HOST },
	[MOVE_GUEST_RECLAIM_HOST] = { [OWN_HOST_SHARED_GUEST] = OWN_HOST, [OWN_GUEST] = OWN_HOST,
				      [OWN_GUEST_SHARED_HOST] = OWN_HOST },
	[MOVE_HOST_GIVE_DEVICE] = { [OWN_HOST] = OWN_DEVICE },
	[MOVE_DEVICE_GIVE_HOST] = { [OWN_DEVICE] = OWN_HOST },
	[MOVE_HOST_GIVE_HYP] = { [OWN_HOST] = OWN_HYP },
	[MOVE_HYP_GIVE_HOST] = { [OWN_HYP] = OWN_HOST },	/* what was given only: mem/lend.c */
};

static bool has_peer(enum own_state state)
{
	return state == OWN_HOST_SHARED_GUEST || state == OWN_GUEST || state == OWN_GUEST_SHARED_HOST;
}

/* Is it what the move makes already? Then the page stays: pages may be sent again. */
static bool made_before(u32 rec, enum own_move move, u16 peer)
{
	if (move == MOVE_HOST_SHARE_GUEST)
		return rec == rec_make(OWN_HOST_SHARED_GUEST, 0, peer);
	return move == MOVE_HOST_DONATE_GUEST &&
	       (rec == rec_make(OWN_GUEST, 0, peer) || rec == rec_make(OWN_GUEST_SHARED_HOST, 0, peer));
}

/* What the record becomes; 0 = illegal. The caller has checked pins. */
static u32 next_record(u32 rec, enum own_move move, u16 peer)
{
	enum own_state from = rec_state(rec), to = next_state[move][from];
	u32 pins = rec_pins(rec);

	if (to == OWN_NONE || (has_peer(from) && rec_peer(rec) != peer))
		return 0;
	if (move == MOVE_HOST_SHARE_HYP)
		return rec_make(to, pins + 1, 0);
	if (move == MOVE_HOST_UNSHARE_HYP)
		return pins > 1 ? rec_make(from, pins - 1, 0) : rec_make(to, 0, 0);
	return rec_make(to, 0, has_peer(to) ? peer : 0);
}

enum gz_err own_check(struct pa_range range, enum own_move move, u16 peer, u64 *done)
{
	const u32 *rec = own_records(range), *end;
	u32 good = rec_make(OWN_HOST, 0, 0);
	u64 count = 0;

	if (!rec || !IS_ALIGNED(range.base.v | range.size, PAGE_SIZE) || peer > OWN_PEER_MAX)
		return GZ_EPERM;
	for (end = rec + (range.size >> PAGE_SHIFT); rec < end; rec++) {
		if (done && made_before(*rec, move, peer)) {
			count++;
			continue;
		}
		/* A page of the host alone is the common case of what remembers no more than its state. */
		if (*rec == good && next_state[move][OWN_HOST] != OWN_NONE)
			continue;
		if (!next_record(*rec, move, peer))
			return GZ_EPERM;
		if (move == MOVE_HOST_SHARE_HYP && rec_pins(*rec) == OWN_PIN_MAX)
			return GZ_EBUSY;
	}
	if (done)
		*done = count;
	return GZ_OK;
}

/* What it becomes, also when it is that already. The caller of own_move() has checked. */
static u32 moved_record(u32 rec, enum own_move move, u16 peer)
{
	u32 to = next_record(rec, move, peer);

	if (!to && made_before(rec, move, peer))
		to = rec;
	CHECK(to != 0);
	return to;
}

void own_move(struct pa_range range, enum own_move move, u16 peer)
{
	own_move_all(&range, 1, move, peer);
}

/* Neighbours mostly have equal records: the table is asked once per run of them. */
struct mover { enum own_move move; u16 peer; u64 from; u32 to, what; u64 pages; };

static void mover_next(struct mover *m, u32 rec) NEEDS(host_lock)
{
	own_counted(m->pages, (u32)m->from, m->to);
	m->from = rec;
	m->to = moved_record(rec, m->move, m->peer);
	m->what = audit_what(m->move, rec_peer(m->to) ? rec_peer(m->to) : rec_peer(rec), rec_state(rec), rec_state(m->to));
	m->pages = 0;
}

static void mover_range(struct mover *m, struct pa_range range, u32 *rec) NEEDS(host_lock)
{
	const u32 *end = rec + (range.size >> PAGE_SHIFT);

	while (rec < end) {
		const u32 *first = rec;

		if (*rec != m->from)
			mover_next(m, *rec);
		do
			*rec++ = m->to;
		while (rec < end && *rec == m->from);
		range.size = (u64)(rec - first) * PAGE_SIZE;
		m->pages += (u64)(rec - first);
		audit_add(range, m->what);
		range.base = pa_add(range.base, range.size);
	}
}

void own_move_all(const struct pa_range *range, u32 count, enum own_move move, u16 peer)
{
	struct mover m = { .move = move, .peer = peer, .from = UINT64_MAX };	/* no record yet */
	const struct own_bank *bank = NULL;

	for (; count--; range++) {
		if (!bank || !pa_range_contains(bank->range, *range))
			bank = own_bank_of(*range);
		CHECK(bank != NULL);
		mover_range(&m, *range, own_record(bank, range->base));
	}
	own_counted(m.pages, (u32)m.from, m.to);
}
