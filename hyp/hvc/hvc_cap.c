/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: decode PROBE and ENABLE_CAP.
 * Never: perform: vm/ does.
 * Called by: hvc/dispatch.c.
 */
#include "hvc/hvc_int.h"

#include "mem/firmware.h"
#include "vm/vm.h"

enum gz_err hvc_probe(struct hvc_call *c)
{
	c->r[1] = GZ_VERSION_MAJOR;
	c->r[2] = GZ_VERSION_MINOR;
	c->r[3] = GZ_VERSION_SUB;
	return GZ_OK;
}

/* Queries carry VM id 0. */
static enum gz_err query(u64 cap, u64 *out)
{
	switch (cap) {
	case GZ_CAP_QUERY_MAP_BATCH:
		*out = GZ_MAP_BATCH_PAGES;
		return GZ_OK;
	case GZ_CAP_QUERY_DESTROY_BATCH:
		*out = GZ_DESTROY_BATCH_PAGES;
		return GZ_OK;
	default:
		return GZ_ENOTSUP;
	}
}

/* Without firmware it has no size and no address (abi: NOT_SUPPORTED, never size 0). */
static enum gz_err protect(struct vm *vm, u64 what, u64 gpa, u64 *size)
{
	switch (what) {
	case GZ_PVM_SET_PROTECTED:
		return guest_mem_protect(&vm->mem);
	case GZ_PVM_SET_PVMFW_GPA:
		return guest_mem_set_firmware(&vm->mem, IPA(gpa));
	case GZ_PVM_GET_PVMFW_SIZE:
		*size = firmware_size();
		return *size ? GZ_OK : GZ_ENOTSUP;
	default:
		return GZ_EINVAL;
	}
}

static enum gz_err enable(struct vm *vm, const u64 *x, u64 *out)
{
	enum gz_err err;

	switch (x[2]) {
	case GZ_CAP_BLOCK_DEMAND_PAGING:
		return x[3] == GZ_BLOCK_SIZE ? vm_set_block_buffer(vm, PA(x[4])) : GZ_EINVAL;
	case GZ_CAP_DEMAND_PAGING:
		vm->demand_paging = true;
		return GZ_OK;
	case GZ_CAP_IDLE:
		vm_enable_idle(vm, x[3] == GZ_IDLE_LATCH_FIRST);
		return GZ_OK;
	case GZ_CAP_PROTECTED_VM:
		err = protect(vm, x[3], x[4], out);
		if (!err && x[7] == GZ_PVM_TELL_VIEWS)
			WRITE_ONCE(vm->mem.tell_views, true);
		return err;
	default:
		return GZ_ENOTSUP;
	}
}

enum gz_err hvc_enable_cap(struct hvc_call *c)
{
	enum gz_err err = query(c->x[2], &c->r[1]);
	struct vm *vm;

	if (err != GZ_ENOTSUP || c->x[1] == 0)
		return err;
	vm = vm_get(c->x[1]);
	if (!vm)
		return GZ_ENOENT;
	err = enable(vm, c->x, &c->r[1]);
	vm_put(vm);
	return err;
}
