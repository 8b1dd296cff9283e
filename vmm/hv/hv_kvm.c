// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the back end for /dev/kvm on arm64, so that guest, devices and gz are compared on both.
 * Never: use a KVM feature gzvm lacks: the two must run the same machine.
 * Used by: hv.c through hv_kvm_ops.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hv/hv.h"
#include "lib/err.h"

#define CORE_REG(field) \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(field))
#define PSTATE_EL1H_MASKED	0x3c5ull
#define GIC_IRQ_COUNT		(256 + 32)	/* 256 SPIs, as gz.bin */

static int kvm_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), version;

	if (fd < 0 && errno == ENOENT)
		return gz_err("no %s: this kernel was not booted at EL2, or lacks KVM", path);
	if (fd < 0)
		return gz_err("cannot open %s: %s", path, strerror(errno));
	version = ioctl(fd, KVM_GET_API_VERSION, 0);
	if (version == KVM_API_VERSION)
		return fd;
	close(fd);
	return gz_err("%s does not speak the KVM interface: is it the right file?", path);
}

static int kvm_create_vm(struct hv *hv)
{
	hv->dev_fd = kvm_open(hv->path);
	if (hv->dev_fd < 0)
		return -1;
	hv->vm_fd = ioctl(hv->dev_fd, KVM_CREATE_VM, 0ul);
	if (hv->vm_fd >= 0)
		return 0;
	return gz_err("cannot create a VM on %s: %s", hv->path, strerror(errno));
}

static int kvm_set_memory(struct hv *hv, uint64_t gpa, uint64_t size, void *host)
{
	struct kvm_userspace_memory_region r = {
		.slot = 0, .guest_phys_addr = gpa, .memory_size = size,
		.userspace_addr = (uintptr_t)host,
	};

	if (ioctl(hv->vm_fd, KVM_SET_USER_MEMORY_REGION, &r) == 0)
		return 0;
	return gz_err("KVM refuses %" PRIu64 " MiB of guest memory at 0x%" PRIx64
		      ": %s; give a smaller --mem", size >> 20, gpa, strerror(errno));
}

static int gic_set(struct hv *hv, uint32_t group, uint64_t attr, const void *value)
{
	struct kvm_device_attr a = { .group = group, .attr = attr, .addr = (uintptr_t)value };

	return ioctl(hv->gic_fd, KVM_SET_DEVICE_ATTR, &a);
}

static int kvm_create_gic(struct hv *hv, const struct hv_gic *gic)
{
	struct kvm_create_device d = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	uint32_t irq_count = GIC_IRQ_COUNT;

	if (ioctl(hv->vm_fd, KVM_CREATE_DEVICE, &d))
		return gz_err("KVM has no GICv3 for guests here: %s; this machine needs a GICv3",
			      strerror(errno));
	hv->gic_fd = (int)d.fd;
	if (gic_set(hv, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &irq_count))
		return gz_err("KVM refuses %u interrupts: %s", irq_count, strerror(errno));
	if (gic_set(hv, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &gic->dist))
		return gz_err("KVM refuses a GIC distributor at 0x%" PRIx64 ": %s", gic->dist,
			      strerror(errno));
	if (gic_set(hv, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST, &gic->redist))
		return gz_err("KVM refuses GIC redistributors at 0x%" PRIx64 ": %s", gic->redist,
			      strerror(errno));
	return 0;
}

static int kvm_create_vcpu(struct hv *hv, unsigned int id, struct hv_vcpu *vcpu)
{
	struct kvm_vcpu_init init;
	int len = ioctl(hv->dev_fd, KVM_GET_VCPU_MMAP_SIZE, 0);

	*vcpu = (struct hv_vcpu){ .hv = hv, .id = id, .run_len = (size_t)len };
	vcpu->fd = len < 0 ? -1 : ioctl(hv->vm_fd, KVM_CREATE_VCPU, (unsigned long)id);
	if (vcpu->fd < 0)
		return gz_err("KVM refuses vCPU %u: %s; give fewer --cpus", id, strerror(errno));
	vcpu->run = mmap(NULL, vcpu->run_len, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED) {
		vcpu->run = NULL;
		return gz_err("cannot map vCPU %u: %s", id, strerror(errno));
	}
	if (ioctl(hv->vm_fd, KVM_ARM_PREFERRED_TARGET, &init))
		return gz_err("KVM names no CPU model for guests: %s", strerror(errno));
	init.features[0] |= 1u << KVM_ARM_VCPU_PSCI_0_2;
	if (id)
		init.features[0] |= 1u << KVM_ARM_VCPU_POWER_OFF;
	if (ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &init))
		return gz_err("KVM cannot initialise vCPU %u: %s", id, strerror(errno));
	return 0;
}

static int kvm_seal(struct hv *hv, uint64_t fdt_gpa, uint64_t fdt_max)
{
	(void)fdt_gpa;
	(void)fdt_max;
	if (gic_set(hv, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL))
		return gz_err("KVM cannot initialise the GIC: %s", strerror(errno));
	return 0;
}

static int set_reg(struct hv_vcpu *vcpu, uint64_t id, uint64_t value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)&value };

	if (ioctl(vcpu->fd, KVM_SET_ONE_REG, &reg) == 0)
		return 0;
	return gz_err("KVM refuses a register of vCPU %u: %s", vcpu->id, strerror(errno));
}

static int kvm_set_entry(struct hv_vcpu *vcpu, uint64_t pc, uint64_t x0)
{
	if (vcpu->id == 0 && set_reg(vcpu, CORE_REG(regs.regs[0]), x0))
		return -1;
	if (vcpu->id == 0 && set_reg(vcpu, CORE_REG(regs.pc), pc))
		return -1;
	return set_reg(vcpu, CORE_REG(regs.pstate), PSTATE_EL1H_MASKED);
}

static void exit_system_event(const struct kvm_run *run, struct hv_exit *e)
{
	e->kind = HV_EXIT_AGAIN;
	if (run->system_event.type == KVM_SYSTEM_EVENT_SHUTDOWN)
		e->kind = HV_EXIT_STOP;
	else if (run->system_event.type == KVM_SYSTEM_EVENT_RESET)
		e->kind = HV_EXIT_RESET;
	else if (run->system_event.type == KVM_SYSTEM_EVENT_CRASH)
		e->kind = HV_EXIT_PANIC;
}

static void exit_decode(struct kvm_run *run, struct hv_exit *e)
{
	e->kind = HV_EXIT_CRASH;
	switch (run->exit_reason) {
	case KVM_EXIT_MMIO:
		e->kind = HV_EXIT_MMIO;
		e->gpa = run->mmio.phys_addr;
		e->len = run->mmio.len;
		e->is_write = run->mmio.is_write;
		e->data = run->mmio.data;
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		exit_system_event(run, e);
		break;
	case KVM_EXIT_SHUTDOWN:
		e->kind = HV_EXIT_STOP;
		break;
	case KVM_EXIT_INTR:
	case KVM_EXIT_HYPERCALL:
		e->kind = HV_EXIT_AGAIN;
		break;
	case KVM_EXIT_FAIL_ENTRY:
		snprintf(e->why, sizeof(e->why), "KVM could not enter the guest (0x%llx)",
			 (unsigned long long)run->fail_entry.hardware_entry_failure_reason);
		break;
	default:
		snprintf(e->why, sizeof(e->why), "KVM exit %u", run->exit_reason);
	}
}

static int kvm_run_vcpu(struct hv_vcpu *vcpu, struct hv_exit *e)
{
	if (ioctl(vcpu->fd, KVM_RUN, 0) == 0) {
		exit_decode(vcpu->run, e);
		return 0;
	}
	if (errno == EINTR || errno == EAGAIN) {
		e->kind = HV_EXIT_AGAIN;
		return 0;
	}
	e->kind = HV_EXIT_CRASH;
	snprintf(e->why, sizeof(e->why), "%s (KVM_RUN: %s)",
		 errno == ENOSYS ? "an access KVM cannot decode" : "KVM gave up", strerror(errno));
	return -1;
}

static void kvm_set_kick(struct hv_vcpu *vcpu, bool on)
{
	struct kvm_run *run = vcpu->run;

	__atomic_store_n(&run->immediate_exit, on, __ATOMIC_RELAXED);
}

static int kvm_irqfd(struct hv *hv, unsigned int spi, int fd)
{
	struct kvm_irqfd r = { .fd = (uint32_t)fd, .gsi = spi };

	return ioctl(hv->vm_fd, KVM_IRQFD, &r) ? -errno : 0;
}

static int kvm_ioeventfd(struct hv *hv, const struct hv_doorbell *bell)
{
	struct kvm_ioeventfd r = {
		.datamatch = bell->match, .addr = bell->gpa, .len = bell->len, .fd = bell->fd,
		.flags = KVM_IOEVENTFD_FLAG_DATAMATCH,
	};

	return ioctl(hv->vm_fd, KVM_IOEVENTFD, &r) ? -errno : 0;
}

static int kvm_irq_line(struct hv *hv, unsigned int spi, bool level)
{
	struct kvm_irq_level l = {	/* KVM wants the interrupt id, not the SPI index */
		.irq = KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT | (spi + 32), .level = level,
	};

	return ioctl(hv->vm_fd, KVM_IRQ_LINE, &l) ? -errno : 0;
}

static void kvm_destroy_vcpu(struct hv_vcpu *vcpu)
{
	if (vcpu->run)
		munmap(vcpu->run, vcpu->run_len);
	if (vcpu->fd >= 0)
		close(vcpu->fd);
	vcpu->fd = -1;
	vcpu->run = NULL;
}

static int kvm_describe(const char *path, char *text, size_t len)
{
	int fd = kvm_open(path), bits, cpus;

	if (fd < 0)
		return -1;
	bits = ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_ARM_VM_IPA_SIZE);
	cpus = ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS);
	close(fd);
	snprintf(text, len, "guest addresses of %d bits, up to %d vCPUs (gz makes at most 8)",
		 bits > 0 ? bits : 40, cpus);
	return 0;
}

static const unsigned long run_ioctl[] = { KVM_RUN, KVM_IRQ_LINE };

const struct hv_ops hv_kvm_ops = {
	.name = "kvm", .path = "/dev/kvm", .create_vm = kvm_create_vm,
	.set_memory = kvm_set_memory, .create_gic = kvm_create_gic,
	.create_vcpu = kvm_create_vcpu, .seal = kvm_seal, .set_entry = kvm_set_entry,
	.run = kvm_run_vcpu, .set_kick = kvm_set_kick, .irqfd = kvm_irqfd,
	.ioeventfd = kvm_ioeventfd, .irq_line = kvm_irq_line,
	.destroy_vcpu = kvm_destroy_vcpu, .describe = kvm_describe,
	.run_ioctl = run_ioctl, .run_ioctl_count = sizeof(run_ioctl) / sizeof(run_ioctl[0]),
};
