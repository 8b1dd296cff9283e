/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the one store of a translation table entry; by name, so that tests see each one.
 * Never: called by anything but mm/pte_replace.c, nor logic; tests replace this directory by tests/host/shim/insn.
 * Used by: mm/pte_replace.c.
 */
#ifndef INSN_PTSTORE_H
#define INSN_PTSTORE_H

#include "lib/types.h"

/* A walker may read the entry at any time: single-copy atomic. */
static inline void ptstore_live(u64 *slot, u64 v) { WRITE_ONCE(*slot, v); }
/* Nobody walks the table yet, or no longer. */
static inline void ptstore_private(u64 *slot, u64 v) { *slot = v; }

#endif
