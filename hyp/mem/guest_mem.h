/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a VM's memory: slots, stage 2, and the moves of pages between host and guest.
 * Never: a failing call that changed something; lock order vm.mem (gm->lock) then host_lock then pool.
 * Used by: hvc/hvc_mem.c, run/run_abort.c, run/run_hvc.c, vm/vm.c.
 */
#ifndef MEM_GUEST_MEM_H
#define MEM_GUEST_MEM_H

#include "gz/hvc.h"
#include "lib/addr.h"
#include "lib/err.h"
#include "lib/spinlock.h"
#include "mm/pgtable.h"

struct mem_slot {
	u32 id;
	bool used;
	u32 flags;		/* GZ_MEM_*; 0 counts as GZ_MEM_GUEST */
	ipa_t base;
	u64 pages;
	u64 populated;		/* pages mapped in it now */
};

struct guest_mem {
	struct spinlock lock;
	u16 vmid;		/* 1..; also the peer number in page records */
	bool dying;
	bool protect;		/* the host asked for it; from the start on nothing but shared pages is the host's too */
	bool tell_views;	/* the host wants to know what the guest shares and unshares */
	bool started;		/* the first RUN began: slots are frozen if protect */
	struct pool_quota quota;
	struct pgtable s2;
	bool enrolled;		/* the MMIO guard is on; never changes back */
	struct pool_quota guard_quota;
	struct pgtable guard;	/* mmio_guard.c; no table until the first page */
	u64 shared_pages;	/* mapped pages the host also sees */
	u64 donated_pages;	/* mapped pages only the guest sees */
	bool firmware;		/* EL2's firmware is its first code, at firmware_ipa; mem/firmware.h */
	ipa_t firmware_ipa;
	u64 firmware_filled;	/* bytes of its slot that the first RUN is done with */
	u64 seal_ipa;		/* where the next slice of guest_mem_start_slice goes on */
	u64 teardown_ipa;	/* where the next slice of guest_mem_destroy_slice goes on */
	u32 pending_purpose;	/* flags of the MEMREGION_PURPOSE not yet claimed by a registration */
	ipa_t pending_ipa;
	u64 pending_bytes;
	u32 slot_limit;		/* slots at and above are unused */
	struct mem_slot slots[GZ_MAX_SLOTS];
};

#define GUEST_IPA_BITS 40

/* quota_pages: limit of EL2 pages for tables. Allocates the stage-2 root; the VMID has no TLB entries afterwards. */
enum gz_err guest_mem_init(struct guest_mem *gm, u16 vmid, u32 quota_pages) __must_check;
/*
 * MEMREGION_PURPOSE; abi section "Memory population". The next registration of exactly this range gets the flags.
 * GZ_EINVAL: unaligned, empty, too high, or not one GZ_MEM_* flag (0 is allowed). All of these take gm->lock and
 * answer GZ_ESTATE once the VM is dying.
 */
enum gz_err guest_mem_purpose(struct guest_mem *gm, ipa_t base, u64 bytes, u32 flags) __must_check;
/*
 * SET_MEMREGION. True in *populate: the range lies in the slot of this id, so the call populates (the second identical
 * call of a slot does). Else the slot is registered now: GZ_EEXIST when it overlaps another slot, or the id is in use
 * for another range with pages mapped (nothing mapped: it is registered anew); GZ_EINVAL on bad geometry; GZ_ENOMEM no
 * slot left.
 */
enum gz_err guest_mem_register(struct guest_mem *gm, u32 slot, ipa_t base, u64 pages, bool *populate) __must_check;
/* The slot an IPA is in; false when it is MMIO. Copy, so valid after the lock is gone. */
bool guest_mem_slot_of(struct guest_mem *gm, ipa_t ipa, struct mem_slot *out);
/* Has it memory that stays shared once it is a protected one? */
bool guest_mem_has_swiotlb(struct guest_mem *gm);
bool guest_mem_overlaps_slot(struct guest_mem *gm, ipa_t base, u64 bytes);
/* One slice (at most 512 pages) of unmapping a slot (pages go back to the host only), then forgets it. GZ_EAGAIN: call again. GZ_ENOENT */
enum gz_err guest_mem_remove_slot_slice(struct guest_mem *gm, u32 slot) __must_check;

/*
 * host_share_guest: host + this guest see the pages afterwards. pa..: host-owned RAM, unpinned elsewhere, else GZ_EPERM
 * (another VM has it, EL2's, no RAM) . The same (ipa, pa) again is GZ_OK; another pa at a mapped ipa, or a pa this
 * guest already has at another ipa, is GZ_EEXIST; not inside one slot GZ_EINVAL. All or nothing for the whole range.
 * Once a protected VM has started it is a donation: the host loses the pages (but in a STATIC_SWIOTLB slot).
 * 2 MiB aligned contiguous ranges become block mappings. The caller slices: time is proportional to the range.
 * GZ_OK: *fresh gets how many pages were not mapped before.
 */
enum gz_err host_share_guest(struct guest_mem *gm, ipa_t ipa, struct pa_range pa, u64 *fresh) __must_check;
/* The reverse, for what is mapped inside the range; pages that were never mapped are skipped. GZ_ENOMEM: a block could not be split; GZ_ESTATE: protected and started. */
enum gz_err host_unshare_guest(struct guest_mem *gm, ipa_t ipa, u64 pages) __must_check;
/* Guest HVC MEM_RELINQUISH: unmaps one page if it is there, scrubbed if it was private. GZ_EINVAL: in no slot. */
enum gz_err guest_relinquish_host(struct guest_mem *gm, ipa_t ipa) __must_check;

/* The VM becomes a protected one. GZ_ESTATE: it has run, or the machine is about to end. */
enum gz_err guest_mem_protect(struct guest_mem *gm) __must_check;
/* While the machine is about to end no VM becomes a protected one; whoever asks guest_mem_protected() afterwards sees all there are. */
void guest_mem_no_more_protected(bool yes);
bool guest_mem_protected(struct guest_mem *gm);
/*
 * First RUN, before any instruction of the guest: a protected VM's pages leave the host, but for slots of
 * GZ_MEM_STATIC_SWIOTLB. GZ_EAGAIN: call again; GZ_ENOENT: no slot for its firmware, nothing sealed; GZ_ENOMEM, GZ_EPERM:
 * not sealed as a whole. Later it may work.
 */
enum gz_err guest_mem_start_slice(struct guest_mem *gm, u32 budget_pages) __must_check;
/* Has it private memory and a private state by now? Never changes back. */
static inline bool guest_mem_private(const struct guest_mem *gm)
{
	return READ_ONCE(gm->started) && READ_ONCE(gm->protect);
}
/*
 * Guest HVC MEM_SHARE, MEM_UNSHARE of a protected VM, one page: the host sees it too, or no longer. GZ_EINVAL: in no
 * slot; GZ_EFAULT: not mapped yet; GZ_EPERM: it is not private, or not shared; GZ_ENOMEM (unshare only).
 */
enum gz_err guest_share_host(struct guest_mem *gm, ipa_t ipa) __must_check;
enum gz_err guest_unshare_host(struct guest_mem *gm, ipa_t ipa) __must_check;
/* Who sees a page: GZ_VIEW_*. GZ_EINVAL: unaligned or in no slot; GZ_ESTATE: dying. */
enum gz_err guest_mem_view(struct guest_mem *gm, ipa_t ipa, u64 *view) __must_check;

/*
 * MMIO guard: once a protected guest has enrolled, what it did to a page that is neither memory nor in the guard is not the
 * host's to know. map: GZ_EINVAL in a slot, unaligned or too high; GZ_ENOMEM; again is success. unmap: GZ_EINVAL also when
 * it is not there. allowed: may the host answer for this address, which is in no slot?
 */
void guest_mmio_enrol(struct guest_mem *gm);
enum gz_err guest_mmio_map(struct guest_mem *gm, ipa_t ipa) __must_check;
enum gz_err guest_mmio_unmap(struct guest_mem *gm, ipa_t ipa) __must_check;
bool guest_mmio_allowed(struct guest_mem *gm, ipa_t ipa);

/* Is the page mapped now (a fault raced with another vCPU)? */
bool guest_mem_is_mapped(struct guest_mem *gm, ipa_t ipa, bool write);
/* Teardown: marks dying (no further move succeeds), gives pages back, frees tables; GZ_EAGAIN while more is left. Needs: no vCPU resident. */
enum gz_err guest_mem_destroy_slice(struct guest_mem *gm, u32 budget_pages) __must_check;
/* Cleans every mapped page to the point of coherency, in slices from *cursor (0 first); GZ_EAGAIN while more is left. Nothing to do with FWB, but when it is private. */
enum gz_err guest_mem_clean_slice(struct guest_mem *gm, u64 *cursor, u32 budget_pages) __must_check;

#endif
