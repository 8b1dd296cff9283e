/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause */
/*
 * Job: the calls of a host (EL1) to the hypervisor (EL2): ids, status codes, constants.
 * Never: include anything. The includer provides uint32_t and uint64_t.
 * Used by: hyp/hvc, linux/arch/arm64/geniezone, guests/el1host, tests.
 *
 * Convention: HVC #0, SMCCC fast call, x0 = id, x1..x7 arguments, unused ones zero.
 * Results: x0 = status (only W0 counts), x1..x3 results; results not named for a call are zero.
 */
#ifndef GZ_HVC_H
#define GZ_HVC_H

#define GZ_HVC_SMC64_BASE	0xfb001000u
#define GZ_HVC_SMC32_BASE	0xbb001000u	/* generations G0 to G4: refused */
#define GZ_HVC_OWNER_MASK	0xff000000u
#define GZ_HVC_ID(n)		(GZ_HVC_SMC64_BASE + (n))

/* Function numbers, from the one list in hvc_calls.def. */
enum gz_hvc_fn {
#define GZ_HVC_CALL(nr, NAME, subject, handler) GZ_FN_##NAME = (nr),
#include "hvc_calls.def"
#undef GZ_HVC_CALL
};

/* Status codes in x0 (int32). */
#define GZ_ST_OK		0
#define GZ_ST_GENERIC		(-1)
#define GZ_ST_NOT_FOUND		(-2)
#define GZ_ST_NOT_READY		(-3)
#define GZ_ST_NO_MEMORY		(-5)
#define GZ_ST_INVALID_ARGS	(-8)
#define GZ_ST_ALREADY_EXISTS	(-14)
#define GZ_ST_NOT_SUPPORTED	(-24)
#define GZ_ST_NOT_IMPLEMENTED	(-27)
#define GZ_ST_BUSY		(-33)
#define GZ_ST_OUT_OF_RANGE	(-37)
#define GZ_ST_FAULT		(-40)
#define GZ_ST_ACCESS_DENIED	(-43)

/* PROBE: x1..x3 driver version in, x1..x3 hypervisor version out. */
#define GZ_VERSION_MAJOR	16
#define GZ_VERSION_MINOR	0
#define GZ_VERSION_SUB		0

#define GZ_VM_ID_INVALID	0xffff
#define GZ_MAX_VCPUS		8
#define GZ_MAX_SLOTS		64
#define GZ_NR_SPIS		256
#define GZ_TUPLE(vm, vcpu)	(((uint64_t)(vm) << 16) | (vcpu))

/* ENABLE_CAP x2. */
#define GZ_CAP_PROTECTED_VM		0xffbadab1u
#define GZ_CAP_BLOCK_DEMAND_PAGING	0x9201
#define GZ_CAP_DEMAND_PAGING		0x9202
#define GZ_CAP_IDLE			0x9203
#define GZ_CAP_QUERY_MAP_BATCH		0x9204
#define GZ_CAP_QUERY_DESTROY_BATCH	0x9205
#define GZ_PVM_SET_PVMFW_GPA		0
#define GZ_PVM_GET_PVMFW_SIZE		1
#define GZ_PVM_SET_PROTECTED		2
#define GZ_PVM_TELL_VIEWS		1	/* x7 of the first and the last */
#define GZ_MAP_BATCH_PAGES		512
#define GZ_DESTROY_BATCH_PAGES		512
#define GZ_BLOCK_SIZE			0x200000u

/* MEMREGION_PURPOSE x4. */
#define GZ_MEM_GUEST			1
#define GZ_MEM_PROTECT_FW		2
#define GZ_MEM_STATIC_SWIOTLB		4

/*
 * Extensions of this hypervisor. Published drivers leave these arguments 0 and ignore these
 * results, so each is additive.
 *
 * ENABLE_CAP(IDLE) x3 = GZ_IDLE_LATCH_FIRST: "I latch an interrupt first and wake after", so IDLE
 *   carries the true deadline. 0: the delay is capped, because a driver that wakes first loses
 *   wake-ups.
 * IRQ_LINE x4: how x3 is meant. Result x1 = bit n set: vCPU n must be woken (it was not running).
 * RUN result x2, with exit IPI: the vCPUs to wake, as above.
 * ENABLE_CAP(PROTECTED_VM) x7 = GZ_PVM_TELL_VIEWS: "tell me what the guest shares". MEM_SHARE then ends in exit
 *   HYPERCALL { id, ipa, pages } after it is done, MEM_UNSHARE before: the host makes the pages unreachable for itself,
 *   says EXT_UNSHARE, which does it, and runs on. A RUN without it is a refusal; the guest keeps shared pages.
 */
#define GZ_VIEW_NONE			0	/* not mapped in the guest */
#define GZ_VIEW_GUEST			1	/* the guest's alone */
#define GZ_VIEW_BOTH			2	/* the host's too */
#define GZ_IDLE_LATCH_FIRST		1
#define GZ_IDLE_CAP_NS			20000000ull
#define GZ_IRQ_MODE_PRACTICAL		0	/* level 1 pends always, level 0 takes back what nobody acknowledged */
#define GZ_IRQ_MODE_PULSE		1	/* pend once, x3 ignored */
#define GZ_IRQ_MODE_LEVEL		2	/* hold the line as x3 says */

/* EXT_FEATURES result x1. */
#define GZ_EXT_IDLE_LATCH_FIRST		(1u << 0)
#define GZ_EXT_IRQ_MODES		(1u << 1)
#define GZ_EXT_UNMAP_SLOT		(1u << 2)
#define GZ_EXT_LOG			(1u << 3)
#define GZ_EXT_STATS			(1u << 4)
#define GZ_EXT_UNMAP_PAGES		(1u << 5)
#define GZ_EXT_AUDIT			(1u << 6)
#define GZ_EXT_PROTECT_SWIOTLB		(1u << 7)	/* gz.protect=swiotlb: a VM that has a STATIC_SWIOTLB slot at its first RUN is protected */
#define GZ_EXT_VIEWS			(1u << 8)
#define GZ_EXT_POOL			(1u << 9)

/* EXT_STATS: page filled by EL2, all counters since boot. Index of u64 counters. */
enum gz_stat {
	GZ_STAT_VERSION,		/* 1 */
	GZ_STAT_VMS,			/* live VMs */
	GZ_STAT_VCPUS,			/* live vCPUs */
	GZ_STAT_POOL_TOTAL,		/* EL2 page pool, pages */
	GZ_STAT_POOL_FREE,
	GZ_STAT_PAGES_SHARED_GUEST,	/* host pages a guest also sees */
	GZ_STAT_PAGES_SHARED_HYP,	/* host pages EL2 also sees */
	GZ_STAT_PAGES_DONATED,		/* pages only a guest sees */
	GZ_STAT_HOST_ABORTS,		/* host accesses refused */
	GZ_STAT_HOST_SMC_REFUSED,
	GZ_STAT_RUNS,
	GZ_STAT_EXIT_MMIO,
	GZ_STAT_EXIT_PAGE_FAULT,
	GZ_STAT_EXIT_IRQ,
	GZ_STAT_EXIT_IDLE,
	GZ_STAT_EXIT_IPI,
	GZ_STAT_EXIT_OTHER,
	GZ_STAT_KICKS,
	GZ_STAT_LONGEST_CALL_TICKS,	/* longest stretch inside EL2, counter ticks */
	GZ_STAT_LONGEST_CALL_FN,	/* the function number it belongs to */
	GZ_STAT_PAGES_NONE,		/* with the three above and below: every page of RAM, once */
	GZ_STAT_PAGES_HYP,
	GZ_STAT_PAGES_HOST,
	GZ_STAT_PAGES_DEVICE,
	GZ_STAT_NR
};

#endif
