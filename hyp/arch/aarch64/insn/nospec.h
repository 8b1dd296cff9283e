/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: an index that stays inside its array also while the CPU speculates past the bounds check.
 * Never: logic; tests replace this directory by tests/host/shim/insn.
 * Used by: tables that a host or guest indexes.
 */
#ifndef INSN_NOSPEC_H
#define INSN_NOSPEC_H

#include "lib/types.h"

/* index when below size, else 0, without a branch. Arm "Cache Speculation Side-channels": CSDB. */
static inline u64 index_nospec(u64 index, u64 size)
{
	u64 mask;

	__asm__ volatile("cmp %1, %2\n\tsbc %0, xzr, xzr\n\thint #20" /* csdb */
			 : "=r"(mask) : "r"(index), "r"(size) : "cc");
	return index & mask;
}

#endif
