// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: host calls about the virtual interrupt controller, in registers.
 * Never: sleep in gzvm_arch_irq_line(), which eventfd callbacks use.
 * Used by: gzvm_irqchip.c, gzvm_irqfd.c.
 */
#include <linux/mm.h>

#include "gzvm_arch.h"

/**
 * gzvm_arch_create_device() - places a distributor or the redistributors
 * @vm_id: the VM
 * @dev: the description, alone in its page
 *
 * Return: 0 or errno.
 */
int gzvm_arch_create_device(u16 vm_id, struct gz_create_device *dev)
{
	struct gzvm_hvc_args c = { .arg = { vm_id, virt_to_phys(dev) } };

	return gzvm_hvc(GZ_FN_CREATE_DEVICE, &c);
}

/**
 * gzvm_arch_irq_line() - changes an interrupt input
 * @vm_id: the VM
 * @spi: 0-based; the hypervisor adds 32
 * @level: 0 or 1
 * @mode: GZ_IRQ_MODE_*; a hypervisor without the extension takes it as practical
 * @wake: the vCPUs to wake when the hypervisor can name them
 *
 * Context: any.
 * Return: 0 or errno.
 */
int gzvm_arch_irq_line(u16 vm_id, u32 spi, u32 level, u32 mode, u32 *wake)
{
	struct gzvm_hvc_args c = { .arg = { GZ_TUPLE(vm_id, 0), spi, level, mode } };
	int ret = gzvm_hvc(GZ_FN_IRQ_LINE, &c);

	*wake = (u32)c.res[0];
	return ret;
}
