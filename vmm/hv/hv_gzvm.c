// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the back end for /dev/gzvm: its ioctls in crosvm's order, errno turned into words.
 * Never: trust that a driver does more than the published interface says.
 * Used by: hv.c through hv_gzvm_ops.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hv/hv.h"
#include "lib/err.h"
#include "uapi/linux/gzvm.h"

#define PSTATE_EL1H_MASKED	0x3c5ull	/* DAIF set, EL1h */

/* Whether the module is loaded decides what a missing device file means. */
static bool module_loaded(void)
{
	return access("/sys/module/gzvm", F_OK) == 0;
}

static int say_no_device(const char *path, int err)
{
	if (err == ENOENT && module_loaded())
		return gz_err("no %s although gzvm is loaded: it found no hypervisor it can work with;"
			      " boot under gz.bin, and see `dmesg | grep gzvm`", path);
	if (err == ENOENT)
		return gz_err("no %s: the gzvm module is not loaded; `modprobe gzvm` (it needs a"
			      " kernel booted under gz.bin), or use --dev /dev/kvm", path);
	if (err == EACCES || err == EPERM)
		return gz_err("no permission to open %s: run as root, or let your group have it", path);
	return gz_err("cannot open %s: %s", path, strerror(err));
}

static int gzvm_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return say_no_device(path, errno);
	if (fstat(fd, &st) == 0 && S_ISCHR(st.st_mode))
		return fd;
	close(fd);
	return gz_err("%s is no device file: --dev wants /dev/gzvm or /dev/kvm", path);
}

static int gzvm_create_vm(struct hv *hv)
{
	hv->dev_fd = gzvm_open(hv->path);
	if (hv->dev_fd < 0)
		return -1;
	hv->vm_fd = ioctl(hv->dev_fd, GZVM_CREATE_VM, 0);
	if (hv->vm_fd >= 0)
		return 0;
	switch (errno) {
	case ENOTTY:
		return gz_err("%s does not speak the gzvm interface: is it the right file?", hv->path);
	case ENOMEM:
	case ENOSPC:
	case EBUSY:
		return gz_err("the hypervisor has no room for another VM: end one first (%s)",
			      strerror(errno));
	case ENODEV:
	case ENXIO:
		return gz_err("no hypervisor behind %s: boot this machine under gz.bin", hv->path);
	case EOPNOTSUPP:
		return gz_err("the hypervisor cannot make this kind of VM: versions of gzvm.ko and"
			      " gz.bin may differ, see `dmesg | grep gzvm`");
	default:
		return gz_err("cannot create a VM on %s: %s; see `dmesg | grep gzvm`",
			      hv->path, strerror(errno));
	}
}

/* A guest's pages are pinned. Looked up now: inside the sandbox there is no asking. */
static void note_memlock(struct hv *hv, uint64_t size)
{
	struct rlimit limit;

	hv->memlock_short = 0;
	if (geteuid() && getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur < size)
		hv->memlock_short = limit.rlim_cur ? limit.rlim_cur : 1;
}

static int gzvm_set_memory(struct hv *hv, uint64_t gpa, uint64_t size, void *host)
{
	struct gzvm_userspace_memory_region r = {
		.slot = 0, .flags = GZVM_USER_MEM_REGION_GUEST_MEM, .guest_phys_addr = gpa,
		.memory_size = size, .userspace_addr = (uintptr_t)host,
	};

	note_memlock(hv, size);
	if (ioctl(hv->vm_fd, GZVM_SET_USER_MEMORY_REGION, &r) == 0)
		return 0;
	if (errno == ENOMEM && hv->memlock_short)
		return gz_err("%" PRIu64 " MiB of guest memory are more than the %" PRIu64 " MiB you may"
			      " lock: raise the limit (ulimit -l), or give a smaller --mem",
			      size >> 20, hv->memlock_short >> 20);
	return gz_err("the hypervisor refuses %" PRIu64 " MiB of guest memory at 0x%" PRIx64
		      ": %s; give a smaller --mem", size >> 20, gpa, strerror(errno));
}

static int gzvm_set_shared(struct hv *hv, uint64_t gpa, uint64_t size, void *host)
{
	struct gzvm_userspace_memory_region r = {
		.slot = 1, .flags = GZVM_USER_MEM_REGION_STATIC_SWIOTLB, .guest_phys_addr = gpa,
		.memory_size = size, .userspace_addr = (uintptr_t)host,
	};

	if (ioctl(hv->vm_fd, GZVM_SET_USER_MEMORY_REGION, &r) == 0)
		return 0;
	return gz_err("the hypervisor refuses %" PRIu64 " MiB of memory for devices: %s; give a"
		      " smaller --swiotlb", size >> 20, strerror(errno));
}

static int gzvm_tell_views(struct hv *hv)
{
	uint64_t views = GZVM_CAP_VIEWS;

	hv->tells_views = ioctl(hv->vm_fd, GZVM_CHECK_EXTENSION, &views) == 0 && views == 1;
	if (hv->tells_views)
		return 0;
	return gz_err("gzvm.ko or gz.bin does not tell what a guest shares: use the open ones, of one version,"
		      " or leave \",dynamic\" of --swiotlb away");
}

static int gzvm_protect(struct hv *hv)
{
	struct gzvm_enable_cap cap = {
		.cap = GZVM_CAP_PROTECTED_VM,
		.args = { GZVM_CAP_PVM_SET_PROTECTED_VM, [4] = hv->tells_views ? GZVM_PVM_TELL_VIEWS : 0 },
	};

	if (ioctl(hv->vm_fd, GZVM_ENABLE_CAP, &cap) == 0)
		return 0;
	return gz_err("the hypervisor does not protect this VM: %s; versions of gzvm.ko and gz.bin may"
		      " differ, see `dmesg | grep gzvm`", strerror(errno));
}

static int gzvm_use_held(struct hv *hv, uint64_t gpa, uint64_t room)
{
	struct gzvm_enable_cap size = {
		.cap = GZVM_CAP_PROTECTED_VM, .args = { GZVM_CAP_PVM_GET_PVMFW_SIZE },
	};
	struct gzvm_enable_cap set = {
		.cap = GZVM_CAP_PROTECTED_VM,
		.args = { GZVM_CAP_PVM_SET_PVMFW_GPA, gpa, [4] = hv->tells_views ? GZVM_PVM_TELL_VIEWS : 0 },
	};

	if (ioctl(hv->vm_fd, GZVM_ENABLE_CAP, &size) || size.args[1] == 0)
		return gz_err("the hypervisor holds no firmware: start it with gz.fw=ADDRESS,SIZE, or give"
			      " --protected-vm-with-firmware FILE or --protected-vm-without-firmware");
	if (size.args[1] > room)
		return gz_err("the hypervisor's firmware has %" PRIu64 " bytes, and a guest room for %" PRIu64
			      ": start it with a smaller one", (uint64_t)size.args[1], room);
	if (ioctl(hv->vm_fd, GZVM_ENABLE_CAP, &set) == 0)
		return 0;
	return gz_err("the hypervisor does not start this VM in its firmware: %s; see `dmesg | grep gzvm`",
		      strerror(errno));
}

static int gzvm_set_firmware(struct hv *hv, uint64_t gpa, uint64_t size, void *host, bool held)
{
	struct gzvm_userspace_memory_region r = {
		.slot = 2, .flags = GZVM_USER_MEM_REGION_PROTECT_FW, .guest_phys_addr = gpa,
		.memory_size = size, .userspace_addr = (uintptr_t)host,
	};

	if (ioctl(hv->vm_fd, GZVM_SET_USER_MEMORY_REGION, &r))
		return gz_err("the hypervisor refuses memory for firmware at 0x%" PRIx64 ": %s", gpa,
			      strerror(errno));
	return held ? gzvm_use_held(hv, gpa, size) : 0;
}

static int gzvm_create_gic(struct hv *hv, const struct hv_gic *gic)
{
	struct gzvm_create_device dist = {
		.dev_type = GZVM_DEV_TYPE_ARM_VGIC_V3_DIST, .dev_addr = gic->dist,
		.dev_reg_size = 0x10000,
	};
	struct gzvm_create_device redist = {	/* the size is the stride of one vCPU */
		.dev_type = GZVM_DEV_TYPE_ARM_VGIC_V3_REDIST, .dev_addr = gic->redist,
		.dev_reg_size = 0x20000,
	};

	if (ioctl(hv->vm_fd, GZVM_CREATE_DEVICE, &dist))
		return gz_err("the hypervisor refuses a GIC distributor at 0x%" PRIx64
			      ": %s; --gic sets another address", gic->dist, strerror(errno));
	if (ioctl(hv->vm_fd, GZVM_CREATE_DEVICE, &redist))
		return gz_err("the hypervisor refuses GIC redistributors at 0x%" PRIx64
			      ": %s; --gic sets another address", gic->redist, strerror(errno));
	return 0;
}

static int gzvm_create_vcpu(struct hv *hv, unsigned int id, struct hv_vcpu *vcpu)
{
	*vcpu = (struct hv_vcpu){ .hv = hv, .id = id, .fd = -1, .run_len = 4096 };
	vcpu->run = mmap(NULL, vcpu->run_len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (vcpu->run == MAP_FAILED) {
		vcpu->run = NULL;
		return gz_err("out of memory for vCPU %u", id);
	}
	vcpu->fd = ioctl(hv->vm_fd, GZVM_CREATE_VCPU, (unsigned long)id);
	if (vcpu->fd >= 0)
		return 0;
	return gz_err("the hypervisor refuses vCPU %u: %s; give fewer --cpus", id, strerror(errno));
}

static int gzvm_seal(struct hv *hv, uint64_t fdt_gpa, uint64_t fdt_max)
{
	struct gzvm_dtb_config c = { .dtb_addr = fdt_gpa, .dtb_size = fdt_max };

	if (ioctl(hv->vm_fd, GZVM_SET_DTB_CONFIG, &c) == 0)
		return 0;
	return gz_err("the hypervisor refuses the device tree at 0x%" PRIx64 ": %s", fdt_gpa,
		      strerror(errno));
}

static int set_reg(struct hv_vcpu *vcpu, uint64_t id, uint64_t value, const char *name)
{
	struct gzvm_one_reg reg = { .id = id, .addr = (uintptr_t)&value };

	if (ioctl(vcpu->fd, GZVM_SET_ONE_REG, &reg) == 0)
		return 0;
	return gz_err("the hypervisor refuses %s of vCPU %u: %s", name, vcpu->id, strerror(errno));
}

static int gzvm_set_entry(struct hv_vcpu *vcpu, uint64_t pc, uint64_t x0)
{
	if (vcpu->id == 0 && set_reg(vcpu, GZVM_REG_X(0), x0, "X0"))
		return -1;
	if (vcpu->id == 0 && set_reg(vcpu, GZVM_REG_PC, pc, "PC"))
		return -1;
	return set_reg(vcpu, GZVM_REG_PSTATE, PSTATE_EL1H_MASKED, "PSTATE");
}

static int gzvm_set_firmware_entry(struct hv_vcpu *vcpu, uint64_t pc, const uint64_t x[3])
{
	static const char *const name[] = { "X0", "X1", "X2" };

	for (unsigned int i = 0; i < 3; i++)
		if (set_reg(vcpu, GZVM_REG_X(i), x[i], name[i]))
			return -1;
	if (pc && set_reg(vcpu, GZVM_REG_PC, pc, "PC"))
		return -1;
	return set_reg(vcpu, GZVM_REG_PSTATE, PSTATE_EL1H_MASKED, "PSTATE");
}

static void exit_system_event(const struct gzvm_vcpu_run *run, struct hv_exit *e)
{
	switch (run->system_event.type) {
	case GZVM_SYSTEM_EVENT_SHUTDOWN:
		e->kind = HV_EXIT_STOP;
		break;
	case GZVM_SYSTEM_EVENT_RESET:
		e->kind = HV_EXIT_RESET;
		break;
	case GZVM_SYSTEM_EVENT_CRASH:
		e->kind = HV_EXIT_PANIC;
		break;
	case GZVM_SYSTEM_EVENT_WAKEUP:
	case GZVM_SYSTEM_EVENT_SUSPEND:
	case GZVM_SYSTEM_EVENT_S2IDLE:
		e->kind = HV_EXIT_AGAIN;
		break;
	default:
		e->kind = HV_EXIT_CRASH;
		snprintf(e->why, sizeof(e->why), "unknown system event %u", run->system_event.type);
	}
}

static void exit_mmio(struct gzvm_vcpu_run *run, struct hv_exit *e)
{
	e->kind = HV_EXIT_MMIO;
	e->gpa = run->mmio.phys_addr;
	e->len = (unsigned int)run->mmio.size;
	e->is_write = run->mmio.is_write;
	e->data = run->mmio.data;
	if (run->mmio.size == 0 || run->mmio.size > 8) {
		e->kind = HV_EXIT_CRASH;
		snprintf(e->why, sizeof(e->why), "access of %llu bytes at 0x%llx",
			 (unsigned long long)run->mmio.size, (unsigned long long)run->mmio.phys_addr);
	}
}

static void exit_decode(struct gzvm_vcpu_run *run, struct hv_exit *e)
{
	switch (run->exit_reason) {
	case GZVM_EXIT_MMIO:
		exit_mmio(run, e);
		return;
	case GZVM_EXIT_SYSTEM_EVENT:
		exit_system_event(run, e);
		return;
	case GZVM_EXIT_SHUTDOWN:
		e->kind = HV_EXIT_STOP;
		return;
	case GZVM_EXIT_IRQ:
	case GZVM_EXIT_HYPERCALL:
	case GZVM_EXIT_GZ:
	case GZVM_EXIT_IDLE:
	case GZVM_EXIT_IPI:
		e->kind = HV_EXIT_AGAIN;
		return;
	case GZVM_EXIT_EXCEPTION:
		snprintf(e->why, sizeof(e->why), "exception %u (code %u) at guest address 0x%llx",
			 run->exception.exception, run->exception.error_code,
			 (unsigned long long)run->exception.fault_gpa);
		break;
	case GZVM_EXIT_FAIL_ENTRY:
		snprintf(e->why, sizeof(e->why), "the hypervisor could not enter the guest (0x%llx)",
			 (unsigned long long)run->fail_entry.hardware_entry_failure_reason);
		break;
	case GZVM_EXIT_INTERNAL_ERROR:
		snprintf(e->why, sizeof(e->why), "internal error %u of the hypervisor",
			 run->internal.suberror);
		break;
	default:
		snprintf(e->why, sizeof(e->why), "unknown exit 0x%x", run->exit_reason);
	}
	e->kind = HV_EXIT_CRASH;
}

static int gzvm_run(struct hv_vcpu *vcpu, struct hv_exit *e)
{
	struct gzvm_vcpu_run *run = vcpu->run;

	if (ioctl(vcpu->fd, GZVM_RUN, run) == 0) {
		exit_decode(run, e);
		if (run->exit_reason == GZVM_EXIT_HYPERCALL && vcpu->hv->tells_views)
			e->kind = HV_EXIT_VIEW;
		return 0;
	}
	if (errno == EINTR || errno == EAGAIN) {
		e->kind = HV_EXIT_AGAIN;
		return 0;
	}
	e->kind = HV_EXIT_CRASH;
	if (errno == ENOMEM && vcpu->hv->memlock_short)
		snprintf(e->why, sizeof(e->why), "only %" PRIu64 " MiB may be locked: raise the limit"
			 " (ulimit -l), or give a smaller --mem", vcpu->hv->memlock_short >> 20);
	else if (errno == ENOMEM || errno == EFAULT)
		snprintf(e->why, sizeof(e->why), "the host has no memory left for it (%s): give it"
			 " a smaller --mem, or the host more", strerror(errno));
	else
		snprintf(e->why, sizeof(e->why), "GZVM_RUN: %s; see dmesg", strerror(errno));
	return -1;
}

static int gzvm_settle(struct hv_vcpu *vcpu, struct hv_view *now)
{
	struct gzvm_pages_view view = { 0 };

	/* EINVAL: the guest called for something else, which is nothing to us. */
	if (ioctl(vcpu->fd, GZVM_SETTLE_VIEW, &view) && errno != EINVAL)
		return gz_err("vCPU %u: what the guest shares cannot be settled: %s", vcpu->id, strerror(errno));
	*now = (struct hv_view){ view.guest_phys_addr, view.nr_pages, view.shared };
	return 0;
}

static void gzvm_set_kick(struct hv_vcpu *vcpu, bool on)
{
	struct gzvm_vcpu_run *run = vcpu->run;

	__atomic_store_n(&run->immediate_exit, on, __ATOMIC_RELAXED);
}

static int gzvm_irqfd(struct hv *hv, unsigned int spi, int fd)
{
	struct gzvm_irqfd r = { .fd = (uint32_t)fd, .gsi = spi };

	return ioctl(hv->vm_fd, GZVM_IRQFD, &r) ? -errno : 0;
}

static int gzvm_ioeventfd(struct hv *hv, const struct hv_doorbell *bell)
{
	struct gzvm_ioeventfd r = {
		.datamatch = bell->match, .addr = bell->gpa, .len = bell->len, .fd = bell->fd,
		.flags = GZVM_IOEVENTFD_FLAG_DATAMATCH,
	};

	return ioctl(hv->vm_fd, GZVM_IOEVENTFD, &r) ? -errno : 0;
}

static int gzvm_irq_line(struct hv *hv, unsigned int spi, bool level)
{
	struct gzvm_irq_level l = {
		.irq = GZVM_IRQ_TYPE_SPI << GZVM_IRQ_TYPE_SHIFT | spi, .level = level,
	};

	return ioctl(hv->vm_fd, GZVM_IRQ_LINE, &l) ? -errno : 0;
}

static void gzvm_destroy_vcpu(struct hv_vcpu *vcpu)
{
	if (vcpu->fd >= 0)
		close(vcpu->fd);
	if (vcpu->run)
		munmap(vcpu->run, vcpu->run_len);
	vcpu->fd = -1;
	vcpu->run = NULL;
}

static int gzvm_describe(const char *path, char *text, size_t len)
{
	uint64_t protected_vm = GZVM_CAP_PROTECTED_VM, bits = GZVM_CAP_VM_GPA_SIZE;
	int fd = gzvm_open(path);

	if (fd < 0)
		return -1;
	if (ioctl(fd, GZVM_CHECK_EXTENSION, &bits))
		bits = 0;
	if (ioctl(fd, GZVM_CHECK_EXTENSION, &protected_vm))
		protected_vm = 0;
	close(fd);
	snprintf(text, len, "guest addresses of %u bits, the hypervisor %s protected VMs",
		 (unsigned int)bits, protected_vm == 1 ? "has" : "has no");
	return 0;
}

static const unsigned long run_ioctl[] = { GZVM_RUN, GZVM_SETTLE_VIEW, GZVM_IRQ_LINE };

const struct hv_ops hv_gzvm_ops = {
	.name = "gzvm", .path = "/dev/gzvm", .create_vm = gzvm_create_vm,
	.set_memory = gzvm_set_memory, .set_shared = gzvm_set_shared,
	.tell_views = gzvm_tell_views, .settle = gzvm_settle, .protect = gzvm_protect, .set_firmware = gzvm_set_firmware,
	.set_firmware_entry = gzvm_set_firmware_entry, .create_gic = gzvm_create_gic,
	.create_vcpu = gzvm_create_vcpu, .seal = gzvm_seal, .set_entry = gzvm_set_entry,
	.run = gzvm_run, .set_kick = gzvm_set_kick, .irqfd = gzvm_irqfd,
	.ioeventfd = gzvm_ioeventfd, .irq_line = gzvm_irq_line,
	.destroy_vcpu = gzvm_destroy_vcpu, .describe = gzvm_describe,
	.run_ioctl = run_ioctl, .run_ioctl_count = sizeof(run_ioctl) / sizeof(run_ioctl[0]),
};
