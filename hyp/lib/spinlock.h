/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: test-and-set lock, with clang's thread-safety attributes; the ladder is in docs/locking.md.
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

/*
 * Not a ticket lock: where a machine's CPUs are threads of another system (QEMU, a nested hypervisor), a ticket whose
 * holder does not run stops everybody behind it, and each hand-over costs a time slice. Measured under QEMU with four CPUs
 * on two busy cores: 20 RUNs a second instead of thousands.
 */
struct LOCK_TYPE spinlock {
	u32 held;
};

#define SPINLOCK_INIT { 0 }

static inline NO_LOCK_CHECK void spin_lock(struct spinlock *l) TAKES(*l)
{
	while (!atomic_cas_u32(&l->held, 0, 1))
		while (READ_ONCE(l->held))
			cpu_relax();
}

static inline NO_LOCK_CHECK void spin_unlock(struct spinlock *l) DROPS(*l)
{
	atomic_store_release_u32(&l->held, 0);
}

/* What an expression is while a lock is held. */
#define LOCKED(lock, value) \
	({ \
		spin_lock(lock); \
		__typeof__(value) locked_ = (value); \
		spin_unlock(lock); \
		locked_; \
	})

#endif
