// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: slots of guest memory: checked, counted against RLIMIT_MEMLOCK, registered, deleted.
 * Never: publish a slot the hypervisor refused, nor unpin what a guest may still reach.
 * Used by: gzvm_vm.c. Locks: gzvm_mem.lock inside every public function.
 */
#define pr_fmt(fmt) "gzvm: " fmt

#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "gzvm_drv.h"

/* A range the published interface can carry: pages fit an int. */
#define GZVM_SLOT_MAX_PAGES	INT_MAX

#define GZVM_BLOCK_BUF_BYTES	(GZVM_BLOCK_PAGES * sizeof(u64))

/**
 * gzvm_mem_init() - memory of a VM that has none
 * @mem: zeroed
 */
void gzvm_mem_init(struct gzvm_mem *mem)
{
	mutex_init(&mem->lock);
	INIT_LIST_HEAD(&mem->parked);
}

/**
 * gzvm_mem_negotiate() - agrees with the hypervisor on how memory arrives
 * @vm: a VM without slots
 *
 * Tries what the module parameter asks for, falls back towards "upfront".
 *
 * Return: 0 or -ENOMEM.
 */
int gzvm_mem_negotiate(struct gzvm *vm)
{
	u64 args[5] = { };
	enum gzvm_paging wanted = READ_ONCE(gzvm_drv.paging);

	vm->mem.paging = GZVM_PAGING_UPFRONT;
	if (wanted == GZVM_PAGING_UPFRONT ||
	    gzvm_arch_enable_cap(vm->id, GZ_CAP_DEMAND_PAGING, args, NULL))
		return 0;
	vm->mem.paging = GZVM_PAGING_PAGE;
	if (wanted == GZVM_PAGING_PAGE)
		return 0;
	vm->mem.block_pfns = alloc_pages_exact(GZVM_BLOCK_BUF_BYTES,
					       GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!vm->mem.block_pfns)
		return -ENOMEM;
	args[0] = SZ_2M;
	args[1] = virt_to_phys(vm->mem.block_pfns);
	if (!gzvm_arch_enable_cap(vm->id, GZ_CAP_BLOCK_DEMAND_PAGING, args, NULL)) {
		vm->mem.paging = GZVM_PAGING_BLOCK;
		return 0;
	}
	free_pages_exact(vm->mem.block_pfns, GZVM_BLOCK_BUF_BYTES);
	vm->mem.block_pfns = NULL;
	return 0;
}

/* Whether every byte of the range is mapped, by however many VMAs. */
static bool gzvm_user_range_is_mapped(unsigned long start, unsigned long size)
{
	unsigned long at = start, end = start + size;
	struct vm_area_struct *vma;

	if (mmap_read_lock_killable(current->mm))
		return false;
	while (at < end) {
		vma = find_vma(current->mm, at);
		if (!vma || vma->vm_start > at)
			break;
		at = vma->vm_end;
	}
	mmap_read_unlock(current->mm);
	return at >= end;
}

static int gzvm_check_region(const struct gzvm_userspace_memory_region *r)
{
	unsigned long hva = untagged_addr(r->userspace_addr);
	u64 last;

	if (!PAGE_ALIGNED(r->guest_phys_addr) || !PAGE_ALIGNED(r->memory_size) ||
	    !PAGE_ALIGNED(hva))
		return -EINVAL;
	if (r->flags & ~(GZVM_USER_MEM_REGION_GUEST_MEM | GZVM_USER_MEM_REGION_PROTECT_FW |
			 GZVM_USER_MEM_REGION_STATIC_SWIOTLB))
		return -EINVAL;
	if (r->memory_size >> PAGE_SHIFT > GZVM_SLOT_MAX_PAGES ||
	    check_add_overflow(r->guest_phys_addr, r->memory_size, &last))
		return -EINVAL;
	if (!access_ok((void __user *)hva, r->memory_size))
		return -EFAULT;
	return gzvm_user_range_is_mapped(hva, r->memory_size) ? 0 : -EFAULT;
}

static bool gzvm_slot_overlaps_locked(struct gzvm_mem *mem, const struct gzvm_slot *slot)
{
	const struct gzvm_slot *s;
	int i;

	for (i = 0; i < GZ_MAX_SLOTS; i++) {
		s = mem->slots[i];
		if (s && slot->base_gfn < s->base_gfn + s->nr_pages &&
		    s->base_gfn < slot->base_gfn + slot->nr_pages)
			return true;
	}
	return false;
}

/* All pages of a slot may end up pinned, so all are counted before the first is. */
static int gzvm_slot_charge(struct gzvm *vm, struct gzvm_slot *slot)
{
	int ret = account_locked_vm(vm->mm, slot->nr_pages, true);

	if (ret == -ENOMEM)
		pr_warn_ratelimited("%s[%d]: slot %u needs %llu bytes of locked memory; RLIMIT_MEMLOCK is %lu with %lu in use: raise it (ulimit -l) or grant CAP_IPC_LOCK\n",
				    current->comm, task_pid_nr(current), slot->id,
				    slot->nr_pages << PAGE_SHIFT, rlimit(RLIMIT_MEMLOCK),
				    READ_ONCE(vm->mm->locked_vm) << PAGE_SHIFT);
	if (!ret)
		slot->charged = slot->nr_pages;
	return ret;
}

static struct gzvm_slot *gzvm_slot_alloc(const struct gzvm_userspace_memory_region *r)
{
	struct gzvm_slot *slot = kzalloc(sizeof(*slot), GFP_KERNEL_ACCOUNT);

	if (!slot)
		return NULL;
	INIT_LIST_HEAD(&slot->parked);
	slot->id = r->slot;
	slot->flags = r->flags;
	slot->base_gfn = r->guest_phys_addr >> PAGE_SHIFT;
	slot->nr_pages = r->memory_size >> PAGE_SHIFT;
	slot->hva = untagged_addr(r->userspace_addr);
	return slot;
}

/* Counted first: a caller over its limit shall not cost the kernel an array either. */
static int gzvm_slot_alloc_pages(struct gzvm *vm, struct gzvm_slot *slot)
{
	int ret = gzvm_slot_charge(vm, slot);

	if (ret)
		return ret;
	/* User space names the size: too much is its error, no warning of the allocator. */
	slot->pages = kvcalloc(slot->nr_pages, sizeof(*slot->pages),
			       GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	slot->hidden = kvcalloc(BITS_TO_LONGS(slot->nr_pages), sizeof(*slot->hidden),
				GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	slot->shared = kvcalloc(BITS_TO_LONGS(slot->nr_pages), sizeof(*slot->shared),
				GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	return slot->pages && slot->hidden && slot->shared ? 0 : -ENOMEM;
}

/**
 * gzvm_slot_count() - the hypervisor gets memory for the tables of a slot
 * @slot: the slot; needs gzvm_mem.lock
 * @pages: more of its pages that the guest may have
 * @private: more of its pages that leave this kernel
 */
void gzvm_slot_count(struct gzvm_slot *slot, u64 pages, u64 private)
{
	gzvm_pool_add(pages, private);
	slot->pool_pages += pages;
	slot->pool_private += private;
}

/* Needs: the guest reaches no page of it any more. */
static void gzvm_slot_free(struct gzvm *vm, struct gzvm_slot *slot)
{
	gzvm_slot_unpin(slot);
	gzvm_pool_sub(slot->pool_pages, slot->pool_private);
	if (slot->charged)
		account_locked_vm(vm->mm, slot->charged, false);
	kvfree(slot->shared);
	kvfree(slot->hidden);
	kvfree(slot->pages);
	kfree(slot);
}

/* The hypervisor learns of the slot; its buffer is zeroed, so nothing of the kernel leaks there. */
static int gzvm_slot_register(struct gzvm *vm, const struct gzvm_slot *slot)
{
	struct gz_memregion *region;
	int ret;

	ret = gzvm_arch_memregion_purpose(vm->id, slot->base_gfn << PAGE_SHIFT,
					  slot->nr_pages << PAGE_SHIFT, slot->flags);
	if (ret)
		return ret;
	region = alloc_pages_exact(GZ_MEMREGION_BUF_BYTES, GFP_KERNEL | __GFP_ZERO);
	if (!region)
		return -ENOMEM;
	region->slot = slot->id;
	region->total_pages = slot->nr_pages;
	region->gpa = slot->base_gfn << PAGE_SHIFT;
	ret = gzvm_arch_set_memregion(vm->id, region);
	free_pages_exact(region, GZ_MEMREGION_BUF_BYTES);
	return ret;
}

/* Takes a slot from the guest; where that cannot be done its pages stay pinned until the VM ends. */
static void gzvm_slot_remove_locked(struct gzvm *vm, struct gzvm_slot *slot)
{
	int ret = -EOPNOTSUPP;

	if (gzvm_has_ext(GZ_EXT_UNMAP_SLOT)) {
		do {
			ret = gzvm_arch_unmap_slot(vm->id, slot->id);
			cond_resched();
		} while (ret == -EAGAIN);
	}
	if (!ret) {
		gzvm_slot_free(vm, slot);
		return;
	}
	pr_info_ratelimited("VM %u: slot %u stays with the guest until the VM ends, because the hypervisor cannot take it back (%d)\n",
			    vm->id, slot->id, ret);
	list_add(&slot->parked, &vm->mem.parked);
}

/* The hypervisor looks for such a slot when the boot vCPU runs first, which may be later. */
static bool gzvm_comes_too_late(const struct gzvm_slot *slot)
{
	return gzvm_has_ext(GZ_EXT_PROTECT_SWIOTLB) &&
	       slot->flags & GZVM_USER_MEM_REGION_STATIC_SWIOTLB;
}

/* Consumes @slot: afterwards it is in the table, parked or freed. */
static int gzvm_slot_add_locked(struct gzvm *vm, struct gzvm_slot *slot)
{
	struct gzvm_mem *mem = &vm->mem;
	int ret = -EEXIST;

	if (mem->slots[slot->id] || gzvm_slot_overlaps_locked(mem, slot))
		goto refuse;
	/* What a started protected VM has is what it was sealed with. */
	ret = -EBUSY;
	if (mem->started && (mem->protect || gzvm_comes_too_late(slot)))
		goto refuse;
	ret = gzvm_slot_alloc_pages(vm, slot);
	if (ret)
		goto refuse;
	gzvm_slot_count(slot, slot->nr_pages, 0);
	ret = gzvm_slot_register(vm, slot);
	if (ret && ret != -ENOMEM && ret != -EEXIST)
		ret = -EFAULT;
	if (ret)
		goto refuse;
	if (mem->paging == GZVM_PAGING_UPFRONT)
		ret = gzvm_slot_populate(vm, slot);
	if (ret)
		gzvm_slot_remove_locked(vm, slot);
	else
		mem->slots[slot->id] = slot;
	return ret;

refuse:
	gzvm_slot_free(vm, slot);
	return ret;
}

static int gzvm_slot_add(struct gzvm *vm, const struct gzvm_userspace_memory_region *r)
{
	struct gzvm_slot *slot;
	int ret = gzvm_check_region(r);

	if (ret)
		return ret;
	slot = gzvm_slot_alloc(r);
	if (!slot)
		return -ENOMEM;
	ret = mutex_lock_killable(&vm->mem.lock);
	if (ret) {
		kfree(slot);
		return ret;
	}
	ret = gzvm_slot_add_locked(vm, slot);
	mutex_unlock(&vm->mem.lock);
	return ret;
}

static int gzvm_slot_delete(struct gzvm *vm, u32 id)
{
	struct gzvm_slot *slot;
	int ret = mutex_lock_killable(&vm->mem.lock);

	if (ret)
		return ret;
	slot = vm->mem.slots[id];
	vm->mem.slots[id] = NULL;
	if (slot)
		gzvm_slot_remove_locked(vm, slot);
	mutex_unlock(&vm->mem.lock);
	return slot ? 0 : -ENOENT;
}

/**
 * gzvm_set_user_memory_region() - SET_USER_MEMORY_REGION
 * @vm: the VM
 * @region: slot, guest range, user memory; size 0 deletes the slot whatever else it says
 *
 * Return: 0; -EINVAL slot number, alignment, size or flags; -EFAULT user range not mapped, or the
 * hypervisor refuses; -EEXIST slot in use or range overlaps; -ENOENT nothing to delete; -ENOMEM;
 * -EBUSY a protected VM has started, or one that this slot would have made one; -EINTR killed while another thread's page fault held the lock.
 */
int gzvm_set_user_memory_region(struct gzvm *vm,
				const struct gzvm_userspace_memory_region *region)
{
	if (region->slot >= GZ_MAX_SLOTS)
		return -EINVAL;
	if (!region->memory_size)
		return gzvm_slot_delete(vm, region->slot);
	return gzvm_slot_add(vm, region);
}

/**
 * gzvm_mem_release() - gives all memory back to the kernel
 * @vm: a VM nobody uses any more
 * @destroyed: the hypervisor let it go; if not, the guest's pages stay pinned for ever
 */
void gzvm_mem_release(struct gzvm *vm, bool destroyed)
{
	struct gzvm_mem *mem = &vm->mem;
	struct gzvm_slot *slot, *next;
	int i;

	if (!destroyed)
		return;
	for (i = 0; i < GZ_MAX_SLOTS; i++) {
		if (mem->slots[i])
			gzvm_slot_free(vm, mem->slots[i]);
	}
	list_for_each_entry_safe(slot, next, &mem->parked, parked)
		gzvm_slot_free(vm, slot);
	if (mem->block_pfns)
		free_pages_exact(mem->block_pfns, GZVM_BLOCK_BUF_BYTES);
}
