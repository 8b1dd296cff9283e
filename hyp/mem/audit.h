/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: every change of a page's record, on record: a ring that the host reads and tools/audit-replay replays.
 * Never: more than addresses, states and moves; wait for a reader.
 * Used by: mem/own.c writes, hvc/hvc_ext.c reads.
 */
#ifndef MEM_AUDIT_H
#define MEM_AUDIT_H

#include "lib/addr.h"

#include "gz/audit.h"
#include "mem/own.h"

#define AUDIT_RECORDS	8192u	/* 128 KiB */

#define AUDIT_STATES	MASK(7, 0)
#define AUDIT_MOVE	MASK(15, 8)
#define AUDIT_PEER	MASK(31, 16)

/* A move or GZ_AUDIT_BOOT as one word; peer: the VM on either side of it, 0 none. */
static inline u32 audit_what(u32 move, u16 peer, enum own_state from, enum own_state to)
{
	return (u32)(field_prep(AUDIT_PEER, peer) | field_prep(AUDIT_MOVE, move) | (u32)to << 4 | (u32)from);
}

/* That happened to these pages. */
void audit_add(struct pa_range range, u32 what) NEEDS(host_lock);
/*
 * Copies up to n records from *cursor on, a record's number; advances *cursor, which is moved up when its record is
 * overwritten and down to *head when it is beyond. *head: the number of the next record to be written.
 */
u32 audit_read(u64 *cursor, struct gz_audit_record *out, u32 n, u64 *head);

#endif
