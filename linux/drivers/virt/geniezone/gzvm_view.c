// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: pages that a running protected guest shares, takes back or gives up: shown to this kernel, or hidden again.
 * Never: show a page without asking, under gzvm_mem.lock, who sees it now; an exit may be handled late.
 * Used by: gzvm_exception.c (the guest's calls), gzvm_mmu.c (relinquish).
 *
 * A page becomes private by calls that are made under gzvm_mem.lock and by nothing else: by a donation
 * (gzvm_mmu.c) or by EXT_UNSHARE (here). So what EXT_VIEW says of a page that is not private holds, or
 * the page has become the host's altogether, until the lock is released.
 */
#include <linux/bitmap.h>

#include "gzvm_drv.h"

static u32 gzvm_view(struct gzvm *vm, u64 gfn)
{
	u32 view;

	return gzvm_arch_view(vm->id, gfn, &view) ? GZ_VIEW_GUEST : view;
}

/**
 * gzvm_page_is_away() - whether the guest does not have a page any more
 * @vm: a protected VM; needs gzvm_mem.lock
 * @gfn: a page of a slot
 *
 * Return: true until the lock is released, if so.
 */
bool gzvm_page_is_away(struct gzvm *vm, u64 gfn)
{
	return gzvm_has_ext(GZ_EXT_VIEWS) && gzvm_view(vm, gfn) == GZ_VIEW_NONE;
}

/*
 * Shows what the guest shares by now, in whichever slots. A page it gave up stays as it is until that
 * exit is handled.
 */
static void gzvm_show_shared(struct gzvm *vm, u64 gfn, u64 nr_pages)
{
	struct gzvm_slot *slot;
	u64 i, end = gfn + nr_pages;

	for (; gfn < end; gfn++) {
		slot = gzvm_slot_of_gfn(&vm->mem, gfn);
		if (!slot || !gzvm_slot_is_private(&vm->mem, slot))
			continue;
		i = gfn - slot->base_gfn;
		if (!slot->pages[i] || gzvm_view(vm, gfn) != GZ_VIEW_BOTH)
			continue;
		gzvm_slot_show(slot, i, 1);
		__set_bit(i, slot->shared);
	}
}

/**
 * gzvm_guest_shares() - the guest has shared pages
 * @vm: the VM
 * @gfn: the first page
 * @nr_pages: how many
 */
void gzvm_guest_shares(struct gzvm *vm, u64 gfn, u64 nr_pages)
{
	if (mutex_lock_killable(&vm->mem.lock))
		return;
	gzvm_show_shared(vm, gfn, nr_pages);
	mutex_unlock(&vm->mem.lock);
}

/* The slot a call names, and how many of its pages lie in it; NULL: nothing to do for this kernel. */
static struct gzvm_slot *gzvm_slot_of_call(struct gzvm *vm, u64 gfn, u64 *nr_pages)
{
	struct gzvm_slot *slot = gzvm_slot_of_gfn(&vm->mem, gfn);

	if (!slot || !gzvm_slot_is_private(&vm->mem, slot))
		return NULL;
	*nr_pages = min(*nr_pages, slot->base_gfn + slot->nr_pages - gfn);
	return slot;
}

/* Hides pages from the first on; how many. Somebody who uses one keeps it and those after it shared. */
static u64 gzvm_hide_again(struct gzvm_slot *slot, u64 first, u64 nr_pages)
{
	u64 n;

	for (n = 0; n < nr_pages && slot->pages[first + n]; n++) {
		if (gzvm_slot_hide(slot, first + n, 1))
			break;
		__clear_bit(first + n, slot->shared);
	}
	return n;
}

/**
 * gzvm_guest_unshares() - the guest wants pages to itself
 * @vcpu: which asked; the guest's answer is a refusal as long as nothing is done
 * @gfn: the first page
 * @nr_pages: how many
 */
void gzvm_guest_unshares(struct gzvm_vcpu *vcpu, u64 gfn, u64 nr_pages)
{
	struct gzvm *vm = vcpu->vm;
	struct gzvm_slot *slot;
	u64 hidden;

	if (mutex_lock_killable(&vm->mem.lock))
		return;
	slot = gzvm_slot_of_call(vm, gfn, &nr_pages);
	if (slot) {
		hidden = gzvm_hide_again(slot, gfn - slot->base_gfn, nr_pages);
		if (hidden)
			gzvm_arch_unshare(vm->id, vcpu->id, hidden);
		/* What the hypervisor did not take is still shared. */
		gzvm_show_shared(vm, gfn, hidden);
	}
	mutex_unlock(&vm->mem.lock);
}
