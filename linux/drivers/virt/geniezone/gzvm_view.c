// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: pages that a running protected guest shares, takes back or gives up: shown to this kernel, or hidden again.
 * Never: show a page without asking, under gzvm_mem.lock, who sees it now; an exit may be handled late.
 * Used by: gzvm_exception.c, gzvm_run.c (the guest's calls), gzvm_vcpu.c (SETTLE_VIEW), gzvm_mmu.c.
 *
 * A page becomes private by calls that are made under gzvm_mem.lock and by nothing else: by a donation
 * (gzvm_mmu.c) or by EXT_UNSHARE (here). So what EXT_VIEW says of a page that is not private holds, or
 * the page has become the host's altogether, until the lock is released.
 */
#include <linux/bitmap.h>
#include <linux/uaccess.h>

#include <gz/guest_hvc.h>

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

static void gzvm_guest_shares(struct gzvm *vm, u64 gfn, u64 nr_pages)
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

/* The guest's answer is a refusal as long as nothing is done. */
static void gzvm_guest_unshares(struct gzvm_vcpu *vcpu, u64 gfn, u64 nr_pages)
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

/* How many pages a call is about: the hypervisor takes no more at once. */
static u64 gzvm_view_pages(const u64 *args)
{
	return args[0] == VENDOR_HYP_MEM_RELINQUISH ? 1 : clamp_t(u64, args[2], 1, 32);
}

/**
 * gzvm_is_view_call() - whether an exit HYPERCALL is about who sees pages
 * @id: of the call
 *
 * Return: whether.
 */
bool gzvm_is_view_call(u64 id)
{
	return id == VENDOR_HYP_MEM_SHARE || id == VENDOR_HYP_MEM_UNSHARE || id == VENDOR_HYP_MEM_RELINQUISH;
}

/**
 * gzvm_must_tell() - whether user space settles the last exit
 * @vcpu: whose
 *
 * A private page that is given up is nothing to user space: a balloon must not wait for devices.
 *
 * Return: false when it is another one, or nothing is left to do about it.
 */
bool gzvm_must_tell(struct gzvm_vcpu *vcpu)
{
	const u64 *args = vcpu->run->hypercall.args;

	if (!vcpu->vm->mem.tell_user || !gzvm_is_view_call(args[0]))
		return false;
	vcpu->unsettled = args[0] != VENDOR_HYP_MEM_RELINQUISH ||
		!gzvm_relinquish(vcpu->vm, args[1] >> PAGE_SHIFT, false);
	return vcpu->unsettled;
}

/**
 * gzvm_change_view() - does what the last exit, one about who sees pages, leaves to this kernel
 * @vcpu: whose
 */
void gzvm_change_view(struct gzvm_vcpu *vcpu)
{
	const u64 *args = vcpu->run->hypercall.args;
	u64 gfn = args[1] >> PAGE_SHIFT;

	vcpu->unsettled = false;
	if (args[0] == VENDOR_HYP_MEM_SHARE)
		gzvm_guest_shares(vcpu->vm, gfn, gzvm_view_pages(args));
	else if (args[0] == VENDOR_HYP_MEM_UNSHARE)
		gzvm_guest_unshares(vcpu, gfn, gzvm_view_pages(args));
	else
		/* Done in the hypervisor, result included; left to do is our pin. */
		gzvm_relinquish(vcpu->vm, gfn, true);
}

/*
 * Whether user space reaches a page because the guest, or its slot, shares it. Of a huge page an answer could not name
 * all that goes with one page of it: it is never called user space's.
 */
static bool gzvm_page_is_shared(struct gzvm_mem *mem, u64 gfn)
{
	struct gzvm_slot *slot = gzvm_slot_of_gfn(mem, gfn);
	u64 i = slot ? gfn - slot->base_gfn : 0;

	if (slot && !gzvm_slot_is_private(mem, slot))
		return true;
	if (!slot || !slot->pages[i] || PageCompound(slot->pages[i]))
		return false;
	return test_bit(i, slot->shared) && !test_bit(i, slot->hidden);
}

/**
 * gzvm_settle_view() - SETTLE_VIEW: the same as gzvm_change_view(), and says what came of it
 * @vcpu: the vCPU; needs its lock
 * @argp: user pointer for the answer
 *
 * Of a VM that tells user space a shared page is hidden here and in RUN alone, so user space that settles every
 * exit while it keeps its own hands off guest memory never meets a page that is gone.
 *
 * Return: 0; -EINVAL the last exit is not about pages, or is settled; -EFAULT.
 */
long gzvm_settle_view(struct gzvm_vcpu *vcpu, struct gzvm_pages_view __user *argp)
{
	const u64 *args = vcpu->run->hypercall.args;
	struct gzvm_mem *mem = &vcpu->vm->mem;
	struct gzvm_pages_view view = { };
	u64 gfn = args[1] >> PAGE_SHIFT;
	u32 i;
	int ret;

	if (!vcpu->unsettled)
		return -EINVAL;
	gzvm_change_view(vcpu);
	ret = mutex_lock_killable(&mem->lock);
	if (ret)
		return ret;
	view.guest_phys_addr = gfn << PAGE_SHIFT;
	view.nr_pages = gzvm_view_pages(args);
	for (i = 0; i < view.nr_pages; i++)
		view.shared |= (u32)gzvm_page_is_shared(mem, gfn + i) << i;
	mutex_unlock(&mem->lock);
	return copy_to_user(argp, &view, sizeof(view)) ? -EFAULT : 0;
}
