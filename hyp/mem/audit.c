// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the ring of moves. Pages next to each other that change alike one after the other are one record, as long as
 *      nobody has read it.
 * Never: a second lock: host_lock, which every move holds.
 * Called by: mem/own.c; hvc/hvc_ext.c for the host.
 */
#include "mem/audit.h"

struct entry {
	u64 pa;
	u32 pages;
	u32 what;	/* audit_what() */
};

static struct entry ring[AUDIT_RECORDS];
static u64 next;	/* records ever written */
static u64 seen;	/* records before this one have been read and stay as they are */

void audit_add(struct pa_range range, u32 what)
{
	u32 pages = (u32)(range.size >> PAGE_SHIFT);
	struct entry *last = &ring[(next - 1) % AUDIT_RECORDS];

	if (next > seen && last->what == what && last->pa + (u64)last->pages * PAGE_SIZE == range.base.v &&
	    last->pages < UINT32_MAX - pages)
		last->pages += pages;
	else
		ring[next++ % AUDIT_RECORDS] = (struct entry){ range.base.v, pages, what };
}

u32 audit_read(u64 *cursor, struct gz_audit_record *out, u32 n, u64 *head)
{
	u32 done = 0;

	spin_lock(&host_lock);
	*cursor = MIN(*cursor, next);
	*cursor = MAX(*cursor, next - MIN(next, AUDIT_RECORDS));
	for (; done < n && *cursor < next; done++, (*cursor)++) {
		const struct entry *e = &ring[*cursor % AUDIT_RECORDS];

		out[done] = (struct gz_audit_record){ *cursor, e->pa, e->pages, (u16)field_get(AUDIT_PEER, e->what),
						      (u8)field_get(AUDIT_MOVE, e->what), (u8)field_get(AUDIT_STATES, e->what) };
	}
	seen = MAX(seen, *cursor);
	*head = next;
	spin_unlock(&host_lock);
	return done;
}
