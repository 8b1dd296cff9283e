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
/* Cleans a host-visible range to the point of coherency through the fixmap. guest_clean.c */
void clean_range_to_poc(struct pa_range range);

#endif
