// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: decode IRQ_LINE.
 * Never: take a memory lock or wait: the host calls it in atomic context.
 * Called by: hvc/dispatch.c.
 */
#include "hvc/hvc_int.h"

#include "vm/vm.h"

enum gz_err hvc_irq_line(struct hvc_call *c)
{
	enum gz_err err;
	u32 wake = 0;

	if (c->x[2] >= GZ_NR_SPIS || c->x[3] > 1 || c->x[4] > GZ_IRQ_MODE_LEVEL)
		return GZ_EINVAL;
	err = vgic_inject_spi(&c->vm->vgic, (u32)c->x[2], (u32)c->x[3], (u32)c->x[4], &wake);
	if (!err)
		c->r[1] = vm_notify(c->vm, wake);
	return err;
}
