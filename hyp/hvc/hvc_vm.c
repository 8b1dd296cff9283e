// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: decode CREATE_VM, DESTROY_VM, SET_DTB_CONFIG, CREATE_DEVICE, INFORM_EXIT.
 * Never: perform: vm/, irq/ and run/ do.
 * Called by: hvc/dispatch.c.
 */
#include "hvc/hvc_int.h"

#include "gz/memregion.h"
#include "mem/pin.h"
#include "run/run.h"
#include "vm/vm.h"

enum gz_err hvc_create_vm(struct hvc_call *c)
{
	u16 id;
	enum gz_err err = vm_create(c->x[1], &id);

	if (!err)
		c->r[1] = id;
	return err;
}

enum gz_err hvc_destroy_vm(struct hvc_call *c)
{
	return vm_destroy_slice(c->x[1], GZ_DESTROY_BATCH_PAGES);
}

enum gz_err hvc_set_dtb_config(struct hvc_call *c)
{
	return vm_set_dtb(c->vm, IPA(c->x[2]), c->x[3]);
}

static enum gz_err create_device(struct vm *vm, pa_t page)
{
	struct gz_create_device d;
	enum gz_err err;

	if (!IS_ALIGNED(page.v, sizeof(u64)) || page.v % PAGE_SIZE > PAGE_SIZE - sizeof(d))
		return GZ_EINVAL;
	err = host_page_read(page, &d, sizeof(d));
	if (err)
		return err;
	if (d.id != 0 || d.flags != 0)
		return GZ_EINVAL;
	switch (d.dev_type) {
	case GZ_DEV_VGIC_DIST:
		return vgic_set_dist(&vm->vgic, IPA(d.dev_addr));
	case GZ_DEV_VGIC_REDIST:
		return vgic_set_redist(&vm->vgic, IPA(d.dev_addr));
	default:
		return GZ_ENOTSUP;
	}
}

enum gz_err hvc_create_device(struct hvc_call *c)
{
	return create_device(c->vm, PA(c->x[2]));
}

enum gz_err hvc_inform_exit(struct hvc_call *c)
{
	run_inform_exit(c->vm);
	return GZ_OK;
}
