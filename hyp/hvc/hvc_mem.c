// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: decode MEMREGION_PURPOSE, SET_MEMREGION, MAP_GUEST, MAP_GUEST_BLOCK, GET_STATISTICS.
 * Never: perform: vm/ and mem/ do.
 * Called by: hvc/dispatch.c.
 */
#include "hvc/hvc_int.h"

#include "vm/vm.h"

enum gz_err hvc_memregion_purpose(struct hvc_call *c)
{
	return c->x[4] > UINT32_MAX ? GZ_EINVAL : guest_mem_purpose(&c->vm->mem, IPA(c->x[2]), c->x[3], (u32)c->x[4]);
}

enum gz_err hvc_set_memregion(struct hvc_call *c)
{
	return vm_set_memregion(c->vm, PA(c->x[3]), c->x[2]);
}

enum gz_err hvc_map_guest(struct hvc_call *c)
{
	return vm_map_pages(c->vm, c->x[2], c->x[4], c->x[3], c->x[5]);
}

enum gz_err hvc_map_guest_block(struct hvc_call *c)
{
	return vm_map_block(c->vm, c->x[2], c->x[3], c->x[4]);
}

enum gz_err hvc_get_statistics(struct hvc_call *c)
{
	c->r[1] = READ_ONCE(c->vm->mem.quota.used) * PAGE_SIZE + sizeof(struct vm);
	c->r[2] = READ_ONCE(c->vm->mem.shared_pages) * PAGE_SIZE;
	return GZ_OK;
}
