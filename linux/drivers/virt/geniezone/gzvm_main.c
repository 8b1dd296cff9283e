// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: finds the hypervisor, agrees on versions, and opens /dev/gzvm as the last step.
 * Never: a host call on a machine that did not say GenieZone is there.
 * Used by: the module loader and the platform bus; user space through /dev/gzvm.
 */
#define pr_fmt(fmt) "gzvm: " fmt

#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/reboot.h>
#include <linux/suspend.h>

#include "gzvm_drv.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/* What a hypervisor that does not say so is asked to take back at once. */
#define GZVM_DEFAULT_DESTROY_BATCH	128

struct gzvm_driver gzvm_drv = {
	.lock = __MUTEX_INITIALIZER(gzvm_drv.lock),
	.vms = LIST_HEAD_INIT(gzvm_drv.vms),
};

static const char * const gzvm_paging_names[] = {
	[GZVM_PAGING_BLOCK] = "block",
	[GZVM_PAGING_PAGE] = "page",
	[GZVM_PAGING_UPFRONT] = "upfront",
};

static int gzvm_paging_set(const char *val, const struct kernel_param *kp)
{
	int i = sysfs_match_string(gzvm_paging_names, val);

	if (i < 0)
		return i;
	WRITE_ONCE(gzvm_drv.paging, i);
	return 0;
}

static int gzvm_paging_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", gzvm_paging_names[READ_ONCE(gzvm_drv.paging)]);
}

static const struct kernel_param_ops gzvm_paging_ops = {
	.set = gzvm_paging_set,
	.get = gzvm_paging_get,
};

module_param_cb(populate, &gzvm_paging_ops, NULL, 0644);
MODULE_PARM_DESC(populate,
		 "how guest memory arrives: block (up to 2 MiB on a fault), page (4 KiB on a fault), upfront");
module_param_named(irq_absolute, gzvm_drv.irq_absolute, bool, 0644);
MODULE_PARM_DESC(irq_absolute,
		 "GZVM_IRQ_LINE of type SPI carries an INTID (32 and up) as one QEMU fork sends it");

/* Guest addresses of the open hypervisor, the one that has extensions. */
#define GZVM_OPEN_GPA_BITS	40

static int gzvm_gpa_bits(void)
{
	return gzvm_drv.ext ? min(GZVM_OPEN_GPA_BITS, CONFIG_ARM64_PA_BITS) : CONFIG_ARM64_PA_BITS;
}

/**
 * gzvm_check_extension() - CHECK_EXTENSION, the same on /dev/gzvm and on a VM
 * @argp: user pointer to the capability, where the answer goes
 *
 * Return: 0, -EFAULT (some clients pass the capability by value), -EOPNOTSUPP with the word
 * left alone.
 */
int gzvm_check_extension(u64 __user *argp)
{
	u64 cap;

	if (get_user(cap, argp))
		return -EFAULT;
	switch (cap) {
	case GZVM_CAP_PROTECTED_VM:
		return put_user(1ULL, argp);
	case GZVM_CAP_VM_GPA_SIZE:
		return put_user((u64)gzvm_gpa_bits(), argp);
	case GZVM_CAP_VIEWS:
		return gzvm_has_ext(GZ_EXT_VIEWS) ? put_user(1ULL, argp) : -EOPNOTSUPP;
	default:
		return -EOPNOTSUPP;
	}
}

static long gzvm_dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case GZVM_CREATE_VM:
		return gzvm_create_vm(arg);
	case GZVM_CHECK_EXTENSION:
		return gzvm_check_extension((u64 __user *)arg);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations gzvm_dev_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = gzvm_dev_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice gzvm_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KBUILD_MODNAME,
	.fops = &gzvm_dev_fops,
};

static int gzvm_reboot(struct notifier_block *nb, unsigned long action, void *data)
{
	gzvm_destroy_all();
	gzvm_pool_close();
	return NOTIFY_DONE;
}

static struct notifier_block gzvm_reboot_nb = {
	.notifier_call = gzvm_reboot,
};

static int gzvm_refuse_hibernation(void)
{
	pr_warn("hibernation refused: an image would not hold the hypervisor's state; unload gzvm first, or suspend or shut down instead\n");
	return -EOPNOTSUPP;
}

static int gzvm_pm(struct notifier_block *nb, unsigned long action, void *data)
{
	if (action != PM_HIBERNATION_PREPARE && action != PM_RESTORE_PREPARE)
		return NOTIFY_DONE;
	return notifier_from_errno(gzvm_refuse_hibernation());
}

static struct notifier_block gzvm_pm_nb = {
	.notifier_call = gzvm_pm,
};

/* One batch size the hypervisor names; what it does not name or names badly becomes @fallback. */
static u32 gzvm_query_batch(u64 cap, u32 fallback, u32 most)
{
	u64 pages;

	if (gzvm_arch_query_cap(cap, &pages))
		return fallback;
	if (pages == 0 || pages > most || !is_power_of_2(pages)) {
		pr_warn("the hypervisor asks for batches of %llu pages (capability 0x%llx), which is no power of two up to %u: using %u\n",
			pages, cap, most, fallback);
		return fallback;
	}
	return (u32)pages;
}

static int gzvm_handshake(void)
{
	int ret = gzvm_arch_probe(&gzvm_drv.hyp);

	if (ret) {
		pr_err("the hypervisor does not answer PROBE (%d): is the one below this kernel GenieZone?\n",
		       ret);
		return -ENODEV;
	}
	if (gzvm_drv.hyp.major != GZ_VERSION_MAJOR) {
		pr_err("driver speaks version %u.%u, hypervisor %u.%u: use gzvm.ko and gz.bin of one release\n",
		       GZ_VERSION_MAJOR, GZ_VERSION_MINOR, gzvm_drv.hyp.major, gzvm_drv.hyp.minor);
		return -EPROTO;
	}
	if (PAGE_SIZE != SZ_4K) {
		pr_err("this kernel has pages of %lu bytes, the hypervisor's are 4096: boot a 4 KiB kernel\n",
		       PAGE_SIZE);
		return -EOPNOTSUPP;
	}
	gzvm_drv.ext = gzvm_arch_ext_features();
	gzvm_drv.map_batch = gzvm_query_batch(GZ_CAP_QUERY_MAP_BATCH, GZVM_BLOCK_PAGES,
					      GZVM_BLOCK_PAGES);
	gzvm_drv.destroy_batch = gzvm_query_batch(GZ_CAP_QUERY_DESTROY_BATCH,
						  GZVM_DEFAULT_DESTROY_BATCH, 1U << 30);
	return 0;
}

static void gzvm_detach(void *unused)
{
	misc_deregister(&gzvm_dev);
	unregister_pm_notifier(&gzvm_pm_nb);
	unregister_reboot_notifier(&gzvm_reboot_nb);
	gzvm_debugfs_exit();
	gzvm_irqfd_module_exit();
	gzvm_pool_close();
}

static int gzvm_attach(void)
{
	int ret = gzvm_handshake();

	if (ret)
		return ret;
	ret = gzvm_pool_open();
	if (ret)
		return ret;
	ret = gzvm_irqfd_module_init();
	if (ret)
		return ret;
	gzvm_debugfs_init();
	ret = register_reboot_notifier(&gzvm_reboot_nb);
	if (ret)
		goto undo_debugfs;
	ret = register_pm_notifier(&gzvm_pm_nb);
	if (ret)
		goto undo_reboot;
	ret = misc_register(&gzvm_dev);
	if (ret)
		goto undo_pm;
	pr_info("GenieZone %u.%u.%llu, extensions 0x%x\n", gzvm_drv.hyp.major, gzvm_drv.hyp.minor,
		gzvm_drv.hyp.sub, gzvm_drv.ext);
	return 0;

undo_pm:
	unregister_pm_notifier(&gzvm_pm_nb);
undo_reboot:
	unregister_reboot_notifier(&gzvm_reboot_nb);
undo_debugfs:
	gzvm_debugfs_exit();
	gzvm_irqfd_module_exit();
	return ret;
}

/* insmod shall fail with the reason, but a bus does not hand a probe's errno back. */
static int gzvm_probe_result;

static int gzvm_probe(struct platform_device *pdev)
{
	int ret;

	/* Two nodes are still one hypervisor. */
	if (gzvm_dev.this_device)
		return -EBUSY;
	ret = gzvm_attach();
	gzvm_probe_result = ret;
	return ret ? ret : devm_add_action_or_reset(&pdev->dev, gzvm_detach, NULL);
}

/* Who opened /dev/snapshot before this module came was not asked by the notifier. */
static int gzvm_freeze(struct device *dev)
{
	return gzvm_refuse_hibernation();
}

static const struct dev_pm_ops gzvm_pm_ops = {
	.freeze = gzvm_freeze,
};

static const struct of_device_id gzvm_of_match[] = {
	{ .compatible = "mediatek,geniezone" },
	{ .compatible = "mediatek,geniezone-hyp" },
	{ }
};
MODULE_DEVICE_TABLE(of, gzvm_of_match);

static struct platform_driver gzvm_platform_driver = {
	.probe = gzvm_probe,
	.driver = {
		.name = KBUILD_MODNAME,
		.of_match_table = gzvm_of_match,
		.pm = pm_sleep_ptr(&gzvm_pm_ops),
		/* open VMs hold the module, not the device: unbinding would pull it away */
		.suppress_bind_attrs = true,
	},
};

/* The device of a hypervisor that no device tree names; NULL where there is a node. */
static struct platform_device *gzvm_found;

static int gzvm_find(void)
{
	struct device_node *node = of_find_matching_node(NULL, gzvm_of_match);
	bool named = node && of_device_is_available(node);

	of_node_put(node);
	if (named)
		return 0;
	if (!gzvm_arch_identify()) {
		pr_err("no GenieZone hypervisor: no device tree node \"mediatek,geniezone\" and no vendor UID call that names it; boot this kernel under gz.bin\n");
		return -ENODEV;
	}
	gzvm_found = platform_device_register_simple(KBUILD_MODNAME, PLATFORM_DEVID_NONE, NULL, 0);
	return PTR_ERR_OR_ZERO(gzvm_found);
}

static int __init gzvm_init(void)
{
	int ret = gzvm_find();

	if (ret)
		return ret;
	ret = platform_driver_register(&gzvm_platform_driver);
	if (ret)
		goto undo_device;
	ret = gzvm_probe_result;
	if (ret)
		goto undo_driver;
	return 0;

undo_driver:
	platform_driver_unregister(&gzvm_platform_driver);
undo_device:
	platform_device_unregister(gzvm_found);
	return ret;
}

static void __exit gzvm_exit(void)
{
	platform_driver_unregister(&gzvm_platform_driver);
	platform_device_unregister(gzvm_found);
}

module_init(gzvm_init);
module_exit(gzvm_exit);

MODULE_AUTHOR("The GenieZone authors");
MODULE_DESCRIPTION("Virtual machines on the GenieZone hypervisor");
MODULE_LICENSE("GPL");
