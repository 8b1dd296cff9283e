/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: fair ticket lock, with clang's thread-safety attributes; the ladder is in docs/locking.md.
 * Never: taken against the ladder vm_table > vm.mem > host_s2 > dma > pool > vgic > log.
 * Used by: all of hyp/. EL2 runs with interrupts masked, so no irqsave form exists.
 */
#ifndef LIB_SPINLOCK_H
#define LIB_SPINLOCK_H

#include "lib/types.h"
#include "insn/atomic.h"

#if defined(__clang__)
#define LOCK_ATTR(x) __attribute__((x))
#else
#define LOCK_ATTR(x)
#endif
#define TAKES(...)	LOCK_ATTR(acquire_capability(__VA_ARGS__))
#define DROPS(...)	LOCK_ATTR(release_capability(__VA_ARGS__))
#define NEEDS(...)	LOCK_ATTR(requires_capability(__VA_ARGS__))
#define LOCK_TYPE	LOCK_ATTR(capability("spinlock"))
#define NO_LOCK_CHECK	LOCK_ATTR(no_thread_safety_analysis)

struct LOCK_TYPE spinlock {
	u32 next;
	u32 owner;
};

#define SPINLOCK_INIT { 0, 0 }

static inline NO_LOCK_CHECK void spin_lock(struct spinlock *l) TAKES(*l)
{
	u32 ticket = atomic_fetch_add_u32(&l->next, 1);

	while (atomic_load_acquire_u32(&l->owner) != ticket)
		cpu_relax();
}

static inline NO_LOCK_CHECK void spin_unlock(struct spinlock *l) DROPS(*l)
{
	atomic_store_release_u32(&l->owner, l->owner + 1);
}

static inline bool spin_is_locked(struct spinlock *l)
{
	return READ_ONCE(l->next) != READ_ONCE(l->owner);
}

#endif
