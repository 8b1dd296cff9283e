/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: atomics: the same compiler builtins as the real one, for native tests: same names as hyp/arch/aarch64/insn/atomic.h.
 * Never: differ from it in a prototype.
 * Used by: hyp/ sources built for tests/host.
 */
#ifndef INSN_ATOMIC_H
#define INSN_ATOMIC_H

#include "lib/types.h"
#include "insn/cpu.h"

static inline u32 atomic_load_acquire_u32(const u32 *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
static inline void atomic_store_release_u32(u32 *p, u32 v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }
static inline u64 atomic_load_acquire_u64(const u64 *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
static inline void atomic_store_release_u64(u64 *p, u64 v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }
static inline u32 atomic_fetch_add_u32(u32 *p, u32 v) { return __atomic_fetch_add(p, v, __ATOMIC_ACQ_REL); }
static inline u32 atomic_fetch_sub_u32(u32 *p, u32 v) { return __atomic_fetch_sub(p, v, __ATOMIC_ACQ_REL); }
static inline u64 atomic_fetch_add_u64(u64 *p, u64 v) { return __atomic_fetch_add(p, v, __ATOMIC_ACQ_REL); }
static inline u64 atomic_fetch_or_u64(u64 *p, u64 v) { return __atomic_fetch_or(p, v, __ATOMIC_ACQ_REL); }
static inline u64 atomic_fetch_and_u64(u64 *p, u64 v) { return __atomic_fetch_and(p, v, __ATOMIC_ACQ_REL); }
static inline u32 atomic_exchange_u32(u32 *p, u32 v) { return __atomic_exchange_n(p, v, __ATOMIC_ACQ_REL); }
static inline u64 atomic_exchange_u64(u64 *p, u64 v) { return __atomic_exchange_n(p, v, __ATOMIC_ACQ_REL); }
/* True when *p was old and is now v. */
static inline bool atomic_cas_u32(u32 *p, u32 old, u32 v) { return __atomic_compare_exchange_n(p, &old, v, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE); }
static inline bool atomic_cas_u64(u64 *p, u64 old, u64 v) { return __atomic_compare_exchange_n(p, &old, v, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE); }
static inline void atomic_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

#endif
