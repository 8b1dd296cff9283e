// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: a VM becomes a protected one, and what it has so far is hidden before it runs.
 * Never: let the hypervisor take a page that anybody here can still load or store.
 * Used by: gzvm_vm.c (request), gzvm_run.c (first RUN).
 */
#define pr_fmt(fmt) "gzvm: " fmt

#include "gzvm_drv.h"

static int gzvm_mem_protect_locked(struct gzvm *vm, const u64 args[5])
{
	struct gzvm_mem *mem = &vm->mem;
	u64 told[5];
	bool tell_user = args[4] == GZVM_PVM_TELL_VIEWS;
	int ret;

	if (!IS_ENABLED(CONFIG_MEMORY_FAILURE) || (tell_user && !gzvm_has_ext(GZ_EXT_VIEWS)))
		return -EOPNOTSUPP;
	if (mem->started || !list_empty(&mem->parked))
		return -EBUSY;
	memcpy(told, args, 4 * sizeof(args[0]));
	told[4] = gzvm_has_ext(GZ_EXT_VIEWS) ? GZ_PVM_TELL_VIEWS : 0;
	ret = gzvm_arch_enable_cap(vm->id, GZ_CAP_PROTECTED_VM, told, NULL);
	if (ret)
		return ret;
	mem->protect = true;
	mem->tell_user |= tell_user;
	return 0;
}

/**
 * gzvm_mem_protect() - the VM is to be a protected one
 * @vm: the VM
 * @args: of ENABLE_CAP
 *
 * Return: 0; -EBUSY a vCPU has run, or a deleted slot is still with the guest; -EOPNOTSUPP this
 * kernel cannot hide pages, or the hypervisor cannot protect or tell; else errno of the hypervisor.
 */
int gzvm_mem_protect(struct gzvm *vm, const u64 args[5])
{
	int ret = mutex_lock_killable(&vm->mem.lock);

	if (ret)
		return ret;
	ret = gzvm_mem_protect_locked(vm, args);
	mutex_unlock(&vm->mem.lock);
	return ret;
}

static bool gzvm_marks_swiotlb(const struct gzvm_mem *mem)
{
	int i;

	for (i = 0; i < GZ_MAX_SLOTS; i++) {
		if (mem->slots[i] && mem->slots[i]->flags & GZVM_USER_MEM_REGION_STATIC_SWIOTLB)
			return true;
	}
	return false;
}

/*
 * A VMM that marks the memory of its devices means a protected VM, also when it does not ask. The
 * hypervisor, told so at its boot, would take the pages at the first RUN: here they are hidden first.
 */
static int gzvm_mem_protect_unasked(struct gzvm *vm)
{
	const u64 args[5] = { GZVM_CAP_PVM_SET_PROTECTED_VM };
	int ret;

	if (vm->mem.protect || !gzvm_marks_swiotlb(&vm->mem))
		return 0;
	if (!gzvm_has_ext(GZ_EXT_PROTECT_SWIOTLB)) {
		pr_info_ratelimited("%s[%d]: VM %u has a static swiotlb but is not protected: the host reaches all its memory; ask with SET_PROTECTED_VM, or start the hypervisor with gz.protect=swiotlb\n",
				    current->comm, task_pid_nr(current), vm->id);
		return 0;
	}
	ret = gzvm_mem_protect_locked(vm, args);
	if (ret)
		pr_warn_ratelimited("%s[%d]: VM %u must be protected (gz.protect=swiotlb) and cannot be (%d): %s\n",
				    current->comm, task_pid_nr(current), vm->id, ret,
				    ret == -EOPNOTSUPP ? "this kernel lacks CONFIG_MEMORY_FAILURE" :
				    ret == -EBUSY ? "a deleted slot is still with the guest" :
				    "the hypervisor refuses");
	return ret;
}

static int gzvm_mem_start_locked(struct gzvm *vm)
{
	struct gzvm_mem *mem = &vm->mem;
	struct gzvm_slot *slot;
	int i, ret = gzvm_mem_protect_unasked(vm);

	for (i = 0; !ret && i < GZ_MAX_SLOTS; i++) {
		slot = mem->slots[i];
		if (!slot || !gzvm_slot_is_private(mem, slot))
			continue;
		if (!slot->pool_private)
			gzvm_slot_count(slot, 0, slot->nr_pages);
		ret = gzvm_slot_hide(slot, 0, slot->nr_pages);
	}
	if (!ret)
		smp_store_release(&mem->started, true);
	return ret;
}

/**
 * gzvm_mem_start() - before each RUN: whether the memory is ready for the first one
 * @vm: the VM
 *
 * The first RUN makes the hypervisor take what a protected VM has been given so far; from then on
 * the VM cannot become a protected one.
 *
 * Return: 0, the errno of gzvm_slot_hide(), or of gzvm_mem_protect() when nobody asked for it.
 */
int gzvm_mem_start(struct gzvm *vm)
{
	struct gzvm_mem *mem = &vm->mem;
	int ret;

	if (smp_load_acquire(&mem->started))
		return 0;
	ret = mutex_lock_killable(&mem->lock);
	if (ret)
		return ret;
	if (!mem->started)
		ret = gzvm_mem_start_locked(vm);
	mutex_unlock(&mem->lock);
	return ret;
}
