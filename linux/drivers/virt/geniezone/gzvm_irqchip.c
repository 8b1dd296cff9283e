// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: CREATE_DEVICE and IRQ_LINE: the interrupt controller lives in the hypervisor.
 * Never: wake a vCPU before its interrupt is latched, or all vCPUs where one is meant.
 * Used by: gzvm_vm.c; gzvm_inject_spi() by gzvm_irqfd.c in atomic context.
 */
#include <linux/uaccess.h>

#include "gzvm_drv.h"

#define GZVM_FIRST_SPI_INTID	32

/* The attributes user space gives with a device, in a page the hypervisor may read. */
static void *gzvm_device_attrs(const struct gzvm_create_device *dev)
{
	void *attrs;

	if (!dev->attr_addr || !dev->attr_size)
		return NULL;
	if (dev->attr_size > PAGE_SIZE)
		return ERR_PTR(-EINVAL);
	attrs = (void *)get_zeroed_page(GFP_KERNEL);
	if (!attrs)
		return ERR_PTR(-ENOMEM);
	if (!copy_from_user(attrs, u64_to_user_ptr(dev->attr_addr), dev->attr_size))
		return attrs;
	free_page((unsigned long)attrs);
	return ERR_PTR(-EFAULT);
}

static int gzvm_create_device_with(struct gzvm *vm, struct gzvm_create_device *dev, void *attrs)
{
	struct gz_create_device *page = (void *)get_zeroed_page(GFP_KERNEL);
	int ret;

	if (!page)
		return -ENOMEM;
	page->dev_type = dev->dev_type;
	page->id = dev->id;
	page->flags = dev->flags;
	page->dev_addr = dev->dev_addr;
	page->dev_reg_size = dev->dev_reg_size;
	if (attrs) {
		page->attr_addr = virt_to_phys(attrs);
		page->attr_size = dev->attr_size;
	}
	ret = mutex_lock_killable(&vm->lock);
	if (!ret) {
		ret = gzvm_arch_create_device(vm->id, page);
		mutex_unlock(&vm->lock);
	}
	dev->id = page->id;
	free_page((unsigned long)page);
	return ret;
}

/**
 * gzvm_create_device() - CREATE_DEVICE
 * @vm: the VM
 * @argp: user space's description; its id is written back
 *
 * Return: 0; -EINVAL attributes larger than a page; -EFAULT; or what the hypervisor answers.
 */
int gzvm_create_device(struct gzvm *vm, struct gzvm_create_device __user *argp)
{
	struct gzvm_create_device dev;
	void *attrs;
	int ret;

	if (copy_from_user(&dev, argp, sizeof(dev)))
		return -EFAULT;
	if (dev.attr_size > PAGE_SIZE)
		return -EINVAL;
	attrs = gzvm_device_attrs(&dev);
	if (IS_ERR(attrs))
		return PTR_ERR(attrs);
	ret = gzvm_create_device_with(vm, &dev, attrs);
	if (attrs)
		free_page((unsigned long)attrs);
	if (ret)
		return ret;
	return put_user(dev.id, &argp->id);
}

/**
 * gzvm_inject_spi() - latches an interrupt, then wakes who must take it
 * @vm: the VM, kept alive by the caller
 * @spi: 0-based
 * @level: 0 or 1
 * @mode: GZ_IRQ_MODE_*
 *
 * Context: any.
 * Return: 0 or errno.
 */
int gzvm_inject_spi(struct gzvm *vm, u32 spi, u32 level, u32 mode)
{
	u32 wake;
	int ret;

	if (READ_ONCE(vm->dead))
		return -ENODEV;
	if (!gzvm_has_ext(GZ_EXT_IRQ_MODES))
		mode = GZ_IRQ_MODE_PRACTICAL;
	ret = gzvm_arch_irq_line(vm->id, spi, level, mode, &wake);
	if (ret)
		return ret;
	if (!gzvm_has_ext(GZ_EXT_IDLE_LATCH_FIRST))
		wake = level ? ~0U : 0;
	gzvm_wake_vcpus(vm, wake);
	return 0;
}

/**
 * gzvm_irq_line() - IRQ_LINE
 * @vm: the VM
 * @level: user space's request
 *
 * Types CPU and SPI both mean SPI number n, as published clients use them; the vCPU is not looked
 * at, because an SPI has none.
 *
 * Return: 0; -EINVAL for PPIs and unknown types; -EFAULT when the hypervisor refuses.
 */
int gzvm_irq_line(struct gzvm *vm, const struct gzvm_irq_level *level)
{
	u32 type = (level->irq >> GZVM_IRQ_TYPE_SHIFT) & GZVM_IRQ_TYPE_MASK;
	u32 spi = (level->irq >> GZVM_IRQ_NUM_SHIFT) & GZVM_IRQ_NUM_MASK;

	if (type != GZVM_IRQ_TYPE_CPU && type != GZVM_IRQ_TYPE_SPI)
		return -EINVAL;
	if (type == GZVM_IRQ_TYPE_SPI && READ_ONCE(gzvm_drv.irq_absolute)) {
		if (spi < GZVM_FIRST_SPI_INTID)
			return -EFAULT;
		spi -= GZVM_FIRST_SPI_INTID;
	}
	return gzvm_inject_spi(vm, spi, !!level->level, GZ_IRQ_MODE_LEVEL) ? -EFAULT : 0;
}
