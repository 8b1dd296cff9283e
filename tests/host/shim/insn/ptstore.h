/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the one store of a translation table entry, seen by the break-before-make checker, for native tests: same names as hyp/arch/aarch64/insn/ptstore.h.
 * Never: differ from it in a prototype.
 * Used by: hyp/ sources built for tests/host.
 */
#ifndef INSN_PTSTORE_H
#define INSN_PTSTORE_H

#include "shim.h"

static inline void ptstore_live(u64 *slot, u64 v) { shim_pte_store(slot, v, true); }
static inline void ptstore_private(u64 *slot, u64 v) { shim_pte_store(slot, v, false); }

#endif
