/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the table of EL2's own stage 1, shared by the two files that change it.
 * Never: included outside mm/ (and its tests).
 * Used by: mm/hyp_map.c, fixmap.c.
 */
#ifndef MM_HYP_MAP_INT_H
#define MM_HYP_MAP_INT_H

#include "lib/spinlock.h"
#include "mm/pgtable.h"

extern struct pgtable hyp_table;
extern struct spinlock hyp_lock;	/* ladder: below host_lock, above pool */

/* Boot: the last-level table all fixmap slots are in; afterwards a slot is one store away, without the lock. */
enum gz_err fixmap_init(void) __must_check;

#endif
