// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: a VM from CREATE_VM to its last reference, and the ioctls of its file.
 * Never: give memory back to the kernel that the hypervisor has not let go.
 * Used by: gzvm_main.c; user space through VM files.
 */
#define pr_fmt(fmt) "gzvm: " fmt

#include <linux/anon_inodes.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/uaccess.h>

#include "gzvm_drv.h"

#define GZVM_REBOOT_WAIT_MS	2000

/**
 * gzvm_may_use() - whether the calling thread may use a VM
 * @vm: the VM
 *
 * Guest memory is the creator's memory, so another address space would mean other pages.
 *
 * Return: 0, -EIO for another process, -ENODEV when the machine goes down.
 */
int gzvm_may_use(const struct gzvm *vm)
{
	if (vm->mm != current->mm)
		return -EIO;
	return READ_ONCE(vm->dead) ? -ENODEV : 0;
}

void gzvm_get(struct gzvm *vm)
{
	kref_get(&vm->kref);
}

/* Needs: vm->lock, no vCPU inside RUN. Ends the VM in the hypervisor, in as many steps as it wants. */
static int gzvm_end_locked(struct gzvm *vm)
{
	int ret;

	if (vm->gone)
		return 0;
	gzvm_destroy_vcpus(vm);
	do {
		ret = gzvm_arch_destroy_vm(vm->id, gzvm_drv.destroy_batch);
		cond_resched();
	} while (ret == -EAGAIN);
	vm->gone = !ret;
	return ret;
}

static void gzvm_free(struct gzvm *vm)
{
	int ret;

	mutex_lock(&vm->lock);
	ret = gzvm_end_locked(vm);
	mutex_unlock(&vm->lock);
	if (ret)
		pr_err("VM %u: the hypervisor does not let it go (%d); its memory stays locked until reboot\n",
		       vm->id, ret);
	gzvm_mem_release(vm, !ret);
	gzvm_free_vcpus(vm, !ret);
	gzvm_ioeventfd_release(vm);
	mmdrop(vm->mm);
	kfree(vm);
}

static void gzvm_last_put(struct kref *kref)
{
	struct gzvm *vm = container_of(kref, struct gzvm, kref);

	mutex_lock(&gzvm_drv.lock);
	list_del(&vm->node);
	mutex_unlock(&gzvm_drv.lock);
	gzvm_debugfs_remove_vm(vm);
	gzvm_free(vm);
}

/**
 * gzvm_put() - gives up a reference; the last one ends the VM
 * @vm: the VM
 *
 * Context: may sleep.
 */
void gzvm_put(struct gzvm *vm)
{
	kref_put(&vm->kref, gzvm_last_put);
}

/* One ENABLE_CAP call of the VM. User memory is touched before or after it, never under the lock. */
static int gzvm_vm_cap(struct gzvm *vm, const struct gzvm_enable_cap *cap, u64 *result)
{
	int ret = mutex_lock_killable(&vm->lock);

	if (ret)
		return ret;
	ret = gzvm_arch_enable_cap(vm->id, cap->cap, cap->args, result);
	mutex_unlock(&vm->lock);
	return ret;
}

static int gzvm_get_pvmfw_size(struct gzvm *vm, struct gzvm_enable_cap *cap,
			       struct gzvm_enable_cap __user *argp)
{
	u64 size;

	if (gzvm_vm_cap(vm, cap, &size))
		return -EINVAL;
	cap->args[1] = size;
	return copy_to_user(argp, cap, sizeof(*cap)) ? -EFAULT : 0;
}

static int gzvm_enable_cap(struct gzvm *vm, struct gzvm_enable_cap __user *argp)
{
	struct gzvm_enable_cap cap;

	if (copy_from_user(&cap, argp, sizeof(cap)))
		return -EFAULT;
	/* The others carry host addresses or are the driver's own: never from user space. */
	if (cap.cap != GZVM_CAP_PROTECTED_VM)
		return -EINVAL;
	switch (cap.args[0]) {
	case GZVM_CAP_PVM_SET_PVMFW_GPA:
	case GZVM_CAP_PVM_SET_PROTECTED_VM:
		return gzvm_mem_protect(vm, cap.args);
	case GZVM_CAP_PVM_GET_PVMFW_SIZE:
		return gzvm_get_pvmfw_size(vm, &cap, argp);
	default:
		return -EINVAL;
	}
}

static int gzvm_ioctl_memory(struct gzvm *vm, void __user *argp)
{
	struct gzvm_userspace_memory_region region;

	if (copy_from_user(&region, argp, sizeof(region)))
		return -EFAULT;
	return gzvm_set_user_memory_region(vm, &region);
}

static int gzvm_ioctl_irq_line(struct gzvm *vm, void __user *argp)
{
	struct gzvm_irq_level level;

	if (copy_from_user(&level, argp, sizeof(level)))
		return -EFAULT;
	return gzvm_irq_line(vm, &level);
}

static int gzvm_ioctl_irqfd(struct gzvm *vm, void __user *argp)
{
	struct gzvm_irqfd args;

	if (copy_from_user(&args, argp, sizeof(args)))
		return -EFAULT;
	return gzvm_irqfd(vm, &args);
}

static int gzvm_ioctl_ioeventfd(struct gzvm *vm, void __user *argp)
{
	struct gzvm_ioeventfd args;

	if (copy_from_user(&args, argp, sizeof(args)))
		return -EFAULT;
	return gzvm_ioeventfd(vm, &args);
}

static int gzvm_ioctl_dtb(struct gzvm *vm, void __user *argp)
{
	struct gzvm_dtb_config dtb;

	if (copy_from_user(&dtb, argp, sizeof(dtb)))
		return -EFAULT;
	return gzvm_arch_set_dtb_config(vm->id, dtb.dtb_addr, dtb.dtb_size);
}

static long gzvm_vm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct gzvm *vm = file->private_data;
	void __user *argp = (void __user *)arg;
	int ret = gzvm_may_use(vm);

	if (ret)
		return ret;
	switch (cmd) {
	case GZVM_CHECK_EXTENSION:
		return gzvm_check_extension(argp);
	case GZVM_CREATE_VCPU:
		return gzvm_create_vcpu(vm, arg);
	case GZVM_SET_USER_MEMORY_REGION:
		return gzvm_ioctl_memory(vm, argp);
	case GZVM_IRQ_LINE:
		return gzvm_ioctl_irq_line(vm, argp);
	case GZVM_IRQFD:
		return gzvm_ioctl_irqfd(vm, argp);
	case GZVM_IOEVENTFD:
		return gzvm_ioctl_ioeventfd(vm, argp);
	case GZVM_ENABLE_CAP:
		return gzvm_enable_cap(vm, argp);
	case GZVM_CREATE_DEVICE:
		return gzvm_create_device(vm, argp);
	case GZVM_SET_DTB_CONFIG:
		return gzvm_ioctl_dtb(vm, argp);
	default:
		return -ENOTTY;
	}
}

static int gzvm_vm_release(struct inode *inode, struct file *file)
{
	struct gzvm *vm = file->private_data;

	/* irqfds hold no reference: after this nothing outside a vCPU thread reaches the VM. */
	gzvm_irqfd_release(vm);
	gzvm_put(vm);
	return 0;
}

static const struct file_operations gzvm_vm_fops = {
	.owner = THIS_MODULE,
	.release = gzvm_vm_release,
	.unlocked_ioctl = gzvm_vm_ioctl,
	.llseek = noop_llseek,
};

static void gzvm_enable_idle(struct gzvm *vm)
{
	const u64 args[5] = {
		gzvm_has_ext(GZ_EXT_IDLE_LATCH_FIRST) ? GZ_IDLE_LATCH_FIRST : 0,
	};

	/* Refused means idle guests wait inside the hypervisor: slower, not wrong. */
	if (gzvm_arch_enable_cap(vm->id, GZ_CAP_IDLE, args, NULL))
		pr_info_once("the hypervisor keeps idle vCPUs to itself\n");
}

static struct gzvm *gzvm_alloc(unsigned long type)
{
	struct gzvm *vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!vm)
		return ERR_PTR(-ENOMEM);
	kref_init(&vm->kref);
	mutex_init(&vm->lock);
	gzvm_mem_init(&vm->mem);
	gzvm_irqfd_init(vm);
	gzvm_ioeventfd_init(vm);
	vm->mm = current->mm;
	mmgrab(vm->mm);
	ret = gzvm_arch_create_vm(type, &vm->id);
	if (ret)
		goto undo_mm;
	ret = gzvm_mem_negotiate(vm);
	if (ret)
		goto undo_hyp;
	gzvm_enable_idle(vm);
	return vm;

undo_hyp:
	gzvm_free(vm);
	return ERR_PTR(ret);
undo_mm:
	mmdrop(vm->mm);
	kfree(vm);
	return ERR_PTR(ret);
}

/**
 * gzvm_create_vm() - CREATE_VM
 * @type: kind of VM, for the hypervisor to judge
 *
 * Return: a file descriptor or errno.
 */
long gzvm_create_vm(unsigned long type)
{
	struct gzvm *vm;
	struct file *file;
	int fd;

	if (READ_ONCE(gzvm_drv.down))
		return -ENODEV;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	vm = gzvm_alloc(type);
	if (IS_ERR(vm)) {
		put_unused_fd(fd);
		return PTR_ERR(vm);
	}
	file = anon_inode_getfile("gzvm-vm", &gzvm_vm_fops, vm, O_RDWR);
	if (IS_ERR(file)) {
		gzvm_free(vm);
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	gzvm_debugfs_add_vm(vm);
	mutex_lock(&gzvm_drv.lock);
	/* Either gzvm_destroy_all() finds the VM in the list, or this finds that it ran. */
	vm->dead = gzvm_drv.down;
	list_add(&vm->node, &gzvm_drv.vms);
	mutex_unlock(&gzvm_drv.lock);
	fd_install(fd, file);
	return fd;
}

/* Waits until the thread of a vCPU is out of RUN; it may hang in a fault that never ends. */
static bool gzvm_vcpu_is_out(struct gzvm_vcpu *vcpu)
{
	int ms;

	for (ms = 0; ms < GZVM_REBOOT_WAIT_MS; ms++) {
		if (mutex_trylock(&vcpu->lock)) {
			mutex_unlock(&vcpu->lock);
			return true;
		}
		usleep_range(1000, 1500);
	}
	return false;
}

/* Ends one VM under its users' feet: no thread enters it again, then the hypervisor forgets it. */
static void gzvm_destroy_live(struct gzvm *vm)
{
	bool out = true;
	int i;

	gzvm_wake_vcpus(vm, ~0U);
	/* An interrupt on every CPU brings each RUN back, and its loop sees vm->dead. */
	kick_all_cpus_sync();
	mutex_lock(&vm->lock);
	for (i = 0; out && i < GZ_MAX_VCPUS; i++)
		out = !vm->vcpus[i] || gzvm_vcpu_is_out(vm->vcpus[i]);
	if (!out || gzvm_end_locked(vm))
		pr_err("VM %u is still alive while the machine goes down\n", vm->id);
	mutex_unlock(&vm->lock);
}

/**
 * gzvm_destroy_all() - ends every VM because the machine goes down
 *
 * Their files stay open and answer -ENODEV.
 */
void gzvm_destroy_all(void)
{
	struct gzvm *vm;

	WRITE_ONCE(gzvm_drv.down, true);
	mutex_lock(&gzvm_drv.lock);
	list_for_each_entry(vm, &gzvm_drv.vms, node) {
		WRITE_ONCE(vm->dead, true);
		/* dead must be visible before the wake-ups and the kick of gzvm_destroy_live(). */
		smp_mb();
		gzvm_destroy_live(vm);
	}
	mutex_unlock(&gzvm_drv.lock);
}
