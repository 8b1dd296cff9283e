// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: VM ids to VMs: references without a lock, creation, sliced destruction.
 * Never: wait for another CPU; give a reference to a dying VM; free a VM that somebody still uses.
 * Called by: hvc/.
 */
#include "vm/vm_int.h"

#include "insn/atomic.h"
#include "insn/nospec.h"
#include "irq/gic.h"

/*
 * refs: 0 = free, else 1 for the table itself + one per vm_get; REF_DYING: no new ones. busy: one CPU at a time creates
 * or destroys here. vm is written before refs becomes 1 and read only with a reference (or busy) held.
 */
#define REF_DYING	((u32)BIT(31))

static struct vm_entry {
	u32 refs;
	u32 busy;
	struct vm *vm;
} table[VM_MAX];

static struct vm_entry *entry_of(u64 id)
{
	if (id == 0 || id > VM_MAX)
		return NULL;
	return &table[index_nospec(id - 1, VM_MAX)];
}

struct vm *vm_get(u64 id)
{
	struct vm_entry *e = entry_of(id);
	u32 refs;

	if (!e)
		return NULL;
	do {
		refs = atomic_load_acquire_u32(&e->refs);
		if (refs == 0 || (refs & REF_DYING))
			return NULL;
	} while (!atomic_cas_u32(&e->refs, refs, refs + 1));
	return e->vm;
}

void vm_put(struct vm *vm)
{
	atomic_fetch_sub_u32(&table[vm->id - 1].refs, 1);
}

static enum gz_err create_in(struct vm_entry *e, u16 id)
{
	struct vm *vm;
	enum gz_err err = vm_object_create(id, &vm);

	if (err)
		return err;
	e->vm = vm;
	atomic_store_release_u32(&e->refs, 1);
	return GZ_OK;
}

enum gz_err vm_create(u64 type, u16 *id)
{
	if (type != 0)
		return GZ_EINVAL;
	for (u32 i = 0; i < VM_MAX; i++) {
		struct vm_entry *e = &table[i];
		enum gz_err err;

		if (READ_ONCE(e->refs) != 0 || !atomic_cas_u32(&e->busy, 0, 1))
			continue;
		if (READ_ONCE(e->refs) != 0) {
			atomic_store_release_u32(&e->busy, 0);
			continue;
		}
		*id = (u16)(i + 1);
		err = create_in(e, *id);
		atomic_store_release_u32(&e->busy, 0);
		return err;
	}
	return GZ_ENOMEM;
}

/* False: free already. */
static bool mark_dying(struct vm_entry *e)
{
	u32 refs;

	do {
		refs = atomic_load_acquire_u32(&e->refs);
		if (refs == 0)
			return false;
		if (refs & REF_DYING)
			return true;
	} while (!atomic_cas_u32(&e->refs, refs, refs | REF_DYING));
	return true;
}

static enum gz_err destroy_busy(struct vm_entry *e, u32 budget_pages)
{
	enum gz_err err;

	vm_object_stop(e->vm);
	/* Others are still inside a call for it; they leave without being waited for. */
	if (atomic_load_acquire_u32(&e->refs) != (REF_DYING | 1))
		return GZ_EAGAIN;
	err = vm_object_destroy_slice(e->vm, budget_pages);
	if (err)
		return err;
	e->vm = NULL;
	atomic_store_release_u32(&e->refs, 0);
	return GZ_OK;
}

enum gz_err vm_destroy_slice(u64 id, u32 budget_pages)
{
	struct vm_entry *e = entry_of(id);
	enum gz_err err = GZ_ENOENT;

	if (!e || !mark_dying(e))
		return GZ_ENOENT;
	if (!atomic_cas_u32(&e->busy, 0, 1))
		return GZ_EAGAIN;
	/* Between the mark and here another CPU may have finished it, and even begun a new VM. */
	if (READ_ONCE(e->refs) & REF_DYING)
		err = destroy_busy(e, budget_pages);
	atomic_store_release_u32(&e->busy, 0);
	return err;
}

static bool must_end(u64 id)
{
	struct vm *vm = vm_get(id);
	bool yes;

	if (!vm)
		return READ_ONCE(table[id - 1].refs) != 0;	/* dying: to its end */
	yes = guest_mem_protected(&vm->mem);
	vm_put(vm);
	return yes;
}

enum gz_err vm_end_protected_slice(u32 budget_pages)
{
	guest_mem_no_more_protected(true);
	for (u64 id = 1; id <= VM_MAX; id++)
		if (must_end(id) && vm_destroy_slice(id, budget_pages) == GZ_EAGAIN)
			return GZ_EAGAIN;
	return GZ_OK;
}

u32 vm_live_count(void)
{
	u32 n = 0;

	for (u32 i = 0; i < VM_MAX; i++)
		n += READ_ONCE(table[i].refs) != 0;
	return n;
}

static u32 vcpus_of(const struct vm *vm)
{
	u32 n = 0;

	for (u32 i = 0; i < GZ_MAX_VCPUS; i++) {
		const struct vcpu *v = READ_ONCE(vm->vcpu[i]);

		n += v && READ_ONCE(v->state) != VCPU_OFF;
	}
	return n;
}

u32 vcpu_live_count(void)
{
	u32 n = 0;

	for (u32 i = 0; i < VM_MAX; i++) {
		struct vm *vm = vm_get(i + 1);

		if (!vm)
			continue;
		n += vcpus_of(vm);
		vm_put(vm);
	}
	return n;
}
