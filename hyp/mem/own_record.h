/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: layout of a page's record and the way from a page to its record.
 * Never: included outside mem/own*.c, but by the tests of these.
 * Used by: mem/own.c, own_check.c.
 */
#ifndef MEM_OWN_RECORD_H
#define MEM_OWN_RECORD_H

#include "mem/own.h"
#include "mm/layout.h"

#define REC_STATE	MASK(3, 0)
#define REC_PINS	MASK(19, 8)
#define REC_PEER	MASK(31, 20)

static inline enum own_state rec_state(u32 rec) { return (enum own_state)(rec & REC_STATE); }
static inline u32 rec_pins(u32 rec) { return (u32)field_get(REC_PINS, rec); }
static inline u16 rec_peer(u32 rec) { return (u16)field_get(REC_PEER, rec); }
static inline u32 rec_make(enum own_state state, u32 pins, u16 peer)
{
	return (u32)(state | field_prep(REC_PINS, pins) | field_prep(REC_PEER, peer));
}

/* RAM without a hole. records: a physical address, for the linear window may move during boot. */
struct own_bank { struct pa_range range; pa_t records; };

/* Where all of the range lies; NULL: not RAM as a whole. own.c */
const struct own_bank *own_bank_of(struct pa_range range);
/* Record of a page of the bank; those of the pages behind it follow. */
static inline u32 *own_record(const struct own_bank *bank, pa_t page)
{
	return (u32 *)pa_to_ptr(bank->records) + ((page.v - bank->range.base.v) >> PAGE_SHIFT);
}

/* Record of the first page; the others of the range follow. NULL: not RAM as a whole. own.c */
u32 *own_records(struct pa_range range);
/* So many pages went from one record to another: counted. own.c */
void own_counted(u64 pages, u32 from, u32 to) NEEDS(host_lock);

#endif
