/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: cache maintenance by address.
 * Never: logic; tests replace this directory by tests/host/shim/insn.
 * Used by: all of hyp/ as "insn/...".
 */
#ifndef INSN_CACHE_H
#define INSN_CACHE_H

#include "lib/types.h"

static inline void cache_clean_inval_line(const void *p) { __asm__ volatile("dc civac, %0" : : "r"(p) : "memory"); }
static inline void cache_clean_line(const void *p) { __asm__ volatile("dc cvac, %0" : : "r"(p) : "memory"); }
static inline void icache_inval_all_is(void) { __asm__ volatile("ic ialluis" : : : "memory"); }
static inline void icache_inval_all(void) { __asm__ volatile("ic iallu" : : : "memory"); }

#endif
