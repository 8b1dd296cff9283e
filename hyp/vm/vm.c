// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the VM object: birth, first RUN, capabilities, kicks, death in slices.
 * Never: hold vm->power_lock while taking vm->mem.lock: the ladder has them the other way round.
 * Called by: hvc/, run/, vm_table.c.
 */
#include "vm/vm_int.h"

#include "insn/atomic.h"
#include "insn/cpu.h"
#include "irq/gic.h"
#include "lib/log.h"
#include "mem/own.h"
#include "mm/layout.h"
#include "mm/page_pool.h"

/* VM objects are few and bounded by VM_MAX; what a VM itself makes EL2 allocate counts against its own quota. */
static struct pool_quota object_quota;

enum gz_err vm_object_create(u16 id, struct vm **out)
{
	struct vm *vm;
	pa_t pa;
	enum gz_err err = page_pool_alloc_order(&object_quota, pool_order(sizeof(struct vm)), &pa);

	if (err)
		return err;
	vm = pa_to_ptr(pa);
	vm->id = id;
	vm->self = pa;
	err = guest_mem_init(&vm->mem, id, VM_QUOTA_PAGES);
	if (err) {
		page_pool_free_order(&object_quota, pool_order(sizeof(struct vm)), pa);
		return err;
	}
	vgic_init(&vm->vgic);
	vm->voff = cpu_counter();
	for (u32 i = 0; i < MAX_CPUS; i++)
		vm->last_vcpu[i] = vm->last_returned[i].vcpu = VM_NO_VCPU;
	vm->state = VM_NEW;
	*out = vm;
	return GZ_OK;
}

bool vm_is_dying(const struct vm *vm)
{
	return READ_ONCE(vm->state) == VM_DYING;
}

#define ALL_VCPUS	((u32)MASK(GZ_MAX_VCPUS - 1, 0))

/* Interrupts latched before this call are seen by a vCPU that enters after it; a running one is kicked. */
u32 vm_notify(struct vm *vm, u32 mask)
{
	u32 rest = 0;

	mask &= ALL_VCPUS;
	if (!mask)
		return 0;
	atomic_fence();	/* pairs with the one in RUN between running_cpu = n and the look at what is due */
	for (; mask; mask &= mask - 1) {
		u32 i = (u32)__builtin_ctz(mask);
		struct vcpu *v = READ_ONCE(vm->vcpu[i]);
		s32 cpu;

		if (!v)
			continue;
		cpu = READ_ONCE(v->running_cpu);
		if (cpu < 0 || !gic_kick((u32)cpu))
			rest |= (u32)BIT(i);
		else
			stat_inc(GZ_STAT_KICKS);
	}
	return rest;
}

void vm_object_stop(struct vm *vm)
{
	WRITE_ONCE(vm->state, VM_DYING);
	(void)vm_notify(vm, ALL_VCPUS);
}

void vm_park(struct vm *vm)
{
	spin_lock(&vm->power_lock);
	WRITE_ONCE(vm->system_event_sent, true);
	for (u32 i = 0; i < GZ_MAX_VCPUS; i++)
		if (vm->vcpu[i])
			WRITE_ONCE(vm->vcpu[i]->power, POWER_OFF);
	spin_unlock(&vm->power_lock);
	(void)vm_notify(vm, ALL_VCPUS);
}

static void vcpus_free(struct vm *vm)
{
	for (u32 i = 0; i < GZ_MAX_VCPUS; i++) {
		struct vcpu *v = vm->vcpu[i];

		if (!v)
			continue;
		vgic_cpu_drop(&vm->vgic, &v->vgic);
		vcpu_unshare_pages(v);
		vm->vcpu[i] = NULL;
		page_pool_free(&vm->mem.quota, ptr_to_pa(v));
	}
}

enum gz_err vm_object_destroy_slice(struct vm *vm, u32 budget_pages)
{
	enum gz_err err;

	vcpus_free(vm);
	err = guest_mem_destroy_slice(&vm->mem, budget_pages);
	if (err)
		return err;
	page_pool_free_order(&object_quota, pool_order(sizeof(struct vm)), vm->self);
	return GZ_OK;
}

bool vm_range_hits_gic(const struct vm *vm, ipa_t ipa, u64 bytes)
{
	ipa_t base[2];
	u64 size[2];

	vgic_frames(&vm->vgic, 1, base, size);
	for (u32 i = 0; i < ARRAY_SIZE(base); i++)
		if (size[i] && ipa.v < base[i].v + size[i] && bytes > base[i].v - MIN(base[i].v, ipa.v))
			return true;
	return false;
}

/* The redistributors have their size only now. */
static enum gz_err check_frames(struct vm *vm, u8 cpus)
{
	ipa_t base[2];
	u64 size[2];

	vgic_frames(&vm->vgic, cpus, base, size);
	for (u32 i = 0; i < ARRAY_SIZE(base); i++) {
		if (size[i] == 0 || !guest_mem_overlaps_slot(&vm->mem, base[i], size[i]))
			continue;
		log_info("vm %u: interrupt controller at 0x%llx lies in guest memory; move one of them",
			 vm->id, (unsigned long long)base[i].v);
		return GZ_EEXIST;
	}
	return GZ_OK;
}

enum gz_err vm_make_runnable(struct vm *vm)
{
	u8 cpus = READ_ONCE(vm->vcpu_count);
	enum gz_err err;

	if (atomic_load_acquire_u32(&vm->state) != VM_NEW)
		return GZ_OK;
	/* Refused before anything is frozen, so that more vCPUs may come; again for a slot that came meanwhile. */
	err = check_frames(vm, cpus);
	if (!err)
		err = vgic_freeze(&vm->vgic, cpus);
	if (!err)
		err = check_frames(vm, cpus);
	if (!err)
		(void)atomic_cas_u32(&vm->state, VM_NEW, VM_RUNNABLE);
	return err;
}

#define SEAL_SLICE	128	/* pages: 0.24 million instructions of EL2 */

bool vm_protect_swiotlb;

/* Before the first RUN of vCPU 0, and of nobody else: vm_seal() is for that vCPU alone. */
static enum gz_err protect_as_told(struct vm *vm)
{
	if (!vm_protect_swiotlb || READ_ONCE(vm->mem.started) || guest_mem_protected(&vm->mem) ||
	    !guest_mem_has_swiotlb(&vm->mem))
		return GZ_OK;
	return guest_mem_protect(&vm->mem);
}

enum gz_err vm_seal(struct vm *vm)
{
	enum gz_err err = protect_as_told(vm);

	if (err)
		return err;
	do
		err = guest_mem_start_slice(&vm->mem, SEAL_SLICE);
	while (err == GZ_EAGAIN && !cpu_irq_pending());
	return err;
}

enum gz_err vm_set_dtb(struct vm *vm, ipa_t base, u64 size)
{
	struct mem_slot slot;

	if (!guest_mem_slot_of(&vm->mem, base, &slot))
		return GZ_EINVAL;
	if (size == 0 || size > slot.pages * PAGE_SIZE - (base.v - slot.base.v))
		return GZ_EINVAL;
	vm->dtb_base = base;
	vm->dtb_size = size;
	return GZ_OK;
}

enum gz_err vm_set_block_buffer(struct vm *vm, pa_t buf)
{
	struct pa_range range;

	if (!IS_ALIGNED(buf.v, PAGE_SIZE) || !pa_range_make(&range, buf, PAGE_SIZE))
		return GZ_EINVAL;
	if (!own_is_ram(range))
		return GZ_EFAULT;
	vm->block_buf = buf;
	return GZ_OK;
}

void vm_enable_idle(struct vm *vm, bool latch_first)
{
	vm->idle_latch_first = latch_first;
	vm->idle_enabled = true;
}
