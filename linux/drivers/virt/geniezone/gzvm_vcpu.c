// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: vCPUs from CREATE_VCPU to the end of their VM, the ioctls of their files, and wake-ups.
 * Never: show a vCPU to user space before it is complete; free one while its VM lives.
 * Used by: gzvm_vm.c; gzvm_wake_vcpus() by interrupts, from any context.
 */
#define pr_fmt(fmt) "gzvm: " fmt

#include <linux/anon_inodes.h>
#include <linux/bitops.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "gzvm_drv.h"

#define GZVM_VCPU_BYTES		(2 * PAGE_SIZE)

/* Not inlined: kernels that clear the stack would clear its buffers on each RUN. */
static noinline int gzvm_set_one_reg(struct gzvm_vcpu *vcpu, struct gzvm_one_reg __user *argp)
{
	struct gzvm_one_reg reg;
	u64 value = 0;
	u32 size;

	if (copy_from_user(&reg, argp, sizeof(reg)))
		return -EFAULT;
	size = 1U << ((reg.id & GZVM_REG_SIZE_MASK) >> GZVM_REG_SIZE_SHIFT);
	if (size > sizeof(value))
		return -EINVAL;
	/* Little endian: the low bytes of value. */
	if (copy_from_user(&value, u64_to_user_ptr(reg.addr), size))
		return -EFAULT;
	return gzvm_arch_set_one_reg(vcpu->vm->id, vcpu->id, reg.id, value);
}

static long gzvm_vcpu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct gzvm_vcpu *vcpu = file->private_data;
	void __user *argp = (void __user *)arg;
	long ret = gzvm_may_use(vcpu->vm);

	if (ret)
		return ret;
	if (cmd == GZVM_GET_ONE_REG)
		return -EOPNOTSUPP;
	if (cmd != GZVM_RUN && cmd != GZVM_SET_ONE_REG && cmd != GZVM_SETTLE_VIEW)
		return -ENOTTY;
	/* One thread at a time: the pages shared with the hypervisor hold one exit. */
	if (!mutex_trylock(&vcpu->lock))
		return -EBUSY;
	if (cmd == GZVM_RUN)
		ret = gzvm_vcpu_run(vcpu, argp);
	else if (cmd == GZVM_SETTLE_VIEW)
		ret = gzvm_settle_view(vcpu, argp);
	else
		ret = gzvm_set_one_reg(vcpu, argp);
	mutex_unlock(&vcpu->lock);
	return ret;
}

static int gzvm_vcpu_release(struct inode *inode, struct file *file)
{
	struct gzvm_vcpu *vcpu = file->private_data;

	gzvm_put(vcpu->vm);
	return 0;
}

static const struct file_operations gzvm_vcpu_fops = {
	.owner = THIS_MODULE,
	.release = gzvm_vcpu_release,
	.unlocked_ioctl = gzvm_vcpu_ioctl,
	.llseek = noop_llseek,
};

static void gzvm_vcpu_free(struct gzvm_vcpu *vcpu)
{
	if (vcpu->run)
		free_pages_exact(vcpu->run, GZVM_VCPU_BYTES);
	kfree(vcpu);
}

static struct gzvm_vcpu *gzvm_vcpu_alloc(struct gzvm *vm, u16 id)
{
	struct gzvm_vcpu *vcpu = kzalloc(sizeof(*vcpu), GFP_KERNEL_ACCOUNT);

	if (!vcpu)
		return NULL;
	vcpu->vm = vm;
	vcpu->id = id;
	mutex_init(&vcpu->lock);
	rcuwait_init(&vcpu->wait);
	vcpu->run = alloc_pages_exact(GZVM_VCPU_BYTES, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!vcpu->run) {
		kfree(vcpu);
		return NULL;
	}
	vcpu->hw = (void *)vcpu->run + PAGE_SIZE;
	return vcpu;
}

static struct file *gzvm_vcpu_file(struct gzvm_vcpu *vcpu)
{
	char name[sizeof("gzvm-vcpu:65535")];

	snprintf(name, sizeof(name), "gzvm-vcpu:%u", vcpu->id);
	return anon_inode_getfile(name, &gzvm_vcpu_fops, vcpu, O_RDWR);
}

/* The file of a complete vCPU that hypervisor and VM know; or nothing has changed. */
static struct file *gzvm_vcpu_create_locked(struct gzvm *vm, u16 id)
{
	struct gzvm_vcpu *vcpu;
	struct file *file;
	int ret;

	if (vm->vcpus[id])
		return ERR_PTR(-EEXIST);
	vcpu = gzvm_vcpu_alloc(vm, id);
	if (!vcpu)
		return ERR_PTR(-ENOMEM);
	ret = gzvm_arch_create_vcpu(vm->id, id, vcpu->run);
	if (ret)
		goto undo_vcpu;
	file = gzvm_vcpu_file(vcpu);
	if (IS_ERR(file)) {
		ret = PTR_ERR(file);
		goto undo_hyp;
	}
	gzvm_get(vm);
	/* Pairs with gzvm_wake_vcpus(): who sees the pointer sees what it points to. */
	smp_store_release(&vm->vcpus[id], vcpu);
	return file;

undo_hyp:
	gzvm_arch_destroy_vcpu(vm->id, id);
undo_vcpu:
	gzvm_vcpu_free(vcpu);
	return ERR_PTR(ret);
}

/**
 * gzvm_create_vcpu() - CREATE_VCPU
 * @vm: the VM
 * @id: number of the vCPU
 *
 * Return: a file descriptor; -EINVAL for a number beyond the limit, -EEXIST for one in use, or
 * what the hypervisor answers.
 */
long gzvm_create_vcpu(struct gzvm *vm, unsigned long id)
{
	struct file *file;
	int fd, ret;

	if (id >= GZ_MAX_VCPUS)
		return -EINVAL;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	ret = mutex_lock_killable(&vm->lock);
	if (ret) {
		put_unused_fd(fd);
		return ret;
	}
	file = vm->gone ? ERR_PTR(-ENODEV) : gzvm_vcpu_create_locked(vm, (u16)id);
	mutex_unlock(&vm->lock);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

/**
 * gzvm_destroy_vcpus() - ends all vCPUs of a VM in the hypervisor
 * @vm: a VM no thread runs
 */
void gzvm_destroy_vcpus(struct gzvm *vm)
{
	int i;

	for (i = 0; i < GZ_MAX_VCPUS; i++) {
		if (vm->vcpus[i])
			gzvm_arch_destroy_vcpu(vm->id, i);
	}
}

/**
 * gzvm_free_vcpus() - frees the vCPUs of a VM
 * @vm: a VM without references
 * @destroyed: the hypervisor let it go; if not, the shared pages are lost
 */
void gzvm_free_vcpus(struct gzvm *vm, bool destroyed)
{
	int i;

	for (i = 0; i < GZ_MAX_VCPUS; i++) {
		if (!vm->vcpus[i])
			continue;
		if (!destroyed)
			vm->vcpus[i]->run = NULL;
		gzvm_vcpu_free(vm->vcpus[i]);
		vm->vcpus[i] = NULL;
	}
}

/**
 * gzvm_wake_vcpus() - makes vCPUs look for work
 * @vm: the VM, kept alive by the caller
 * @mask: bit n: vCPU n
 *
 * The work must be latched before: a vCPU that clears its mark afterwards finds it on entry.
 *
 * Context: any.
 */
void gzvm_wake_vcpus(struct gzvm *vm, u32 mask)
{
	unsigned long bits = mask & GENMASK(GZ_MAX_VCPUS - 1, 0);
	struct gzvm_vcpu *vcpu;
	unsigned int i;

	for_each_set_bit(i, &bits, GZ_MAX_VCPUS) {
		/* Pairs with gzvm_vcpu_create_locked(). */
		vcpu = smp_load_acquire(&vm->vcpus[i]);
		if (!vcpu)
			continue;
		WRITE_ONCE(vcpu->kicked, 1);
		/* A full barrier orders the mark before the look at the waiter. */
		rcuwait_wake_up(&vcpu->wait);
	}
}
