/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: atomic read-modify-write and ordered loads and stores (compiler builtins, so the same text on any machine).
 * Never: logic; tests replace this directory by tests/host/shim/insn.
 * Used by: all of hyp/ as "insn/...".
 */
#ifndef INSN_ATOMIC_H
#define INSN_ATOMIC_H

#include "lib/types.h"
#include "insn/cpu.h"

static inline u32 atomic_load_acquire_u32(const u32 *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
static inline void atomic_store_release_u32(u32 *p, u32 v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }
static inline u32 atomic_fetch_sub_u32(u32 *p, u32 v) { return __atomic_fetch_sub(p, v, __ATOMIC_ACQ_REL); }
/* True when *p was old and is now v. */
static inline bool atomic_cas_u32(u32 *p, u32 old, u32 v) { return __atomic_compare_exchange_n(p, &old, v, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE); }
static inline void atomic_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

#endif
