/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: cache maintenance as log entries, for native tests: same names as hyp/arch/aarch64/insn/cache.h.
 * Never: differ from it in a prototype.
 * Used by: hyp/ sources built for tests/host.
 */
#ifndef INSN_CACHE_H
#define INSN_CACHE_H

#include "shim.h"

static inline void cache_clean_inval_line(const void *p) { shim_event(EV_DC_CIVAC, (u64)(uintptr_t)p); }
static inline void cache_clean_line(const void *p) { shim_event(EV_DC_CVAC, (u64)(uintptr_t)p); }
static inline void icache_inval_all_is(void) { shim_event(EV_IC_IALLUIS, 0); }
static inline void icache_inval_all(void) { shim_event(EV_IC_IALLU, 0); }

#endif
