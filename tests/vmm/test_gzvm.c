// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the gzvm back end against a scripted driver: order and arguments of its ioctls, what it
 *      makes of every exit and of every errno.
 * Never: a real /dev/gzvm: ioctl() is replaced by the linker (see Makefile), the file is /dev/null.
 * Used by: make -C tests/vmm run.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/err.h"
#include "uapi/linux/gzvm.h"
#include "vmm/fake.h"

/* What the driver was asked, in order. */
static struct {
	unsigned long request[32];
	unsigned int count;
	unsigned long fail_request;	/* this one fails with fail_errno */
	int fail_errno;
	struct gzvm_userspace_memory_region region;
	struct gzvm_create_device device[2];
	unsigned int device_count;
	struct gzvm_dtb_config dtb;
	struct gzvm_enable_cap cap;
	uint64_t firmware_size;
	uint64_t reg_id[8], reg_value[8];
	unsigned int reg_count;
	struct gzvm_irqfd irqfd;
	struct gzvm_ioeventfd bell;
	struct gzvm_irq_level level;
	struct gzvm_vcpu_run run;
	struct gzvm_pages_view view;
	bool views;
} drv;

int __wrap_ioctl(int fd, unsigned long request, ...);
uid_t __wrap_geteuid(void);

static uid_t user;

uid_t __wrap_geteuid(void)
{
	return user;
}

static int driver(unsigned long request, void *arg)
{
	struct gzvm_one_reg *reg = arg;

	switch (request) {
	case GZVM_CREATE_VM:
	case GZVM_CREATE_VCPU:
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	case GZVM_SET_USER_MEMORY_REGION:
		memcpy(&drv.region, arg, sizeof(drv.region));
		return 0;
	case GZVM_CREATE_DEVICE:
		memcpy(&drv.device[drv.device_count++], arg, sizeof(drv.device[0]));
		return 0;
	case GZVM_SET_DTB_CONFIG:
		memcpy(&drv.dtb, arg, sizeof(drv.dtb));
		return 0;
	case GZVM_ENABLE_CAP:
		memcpy(&drv.cap, arg, sizeof(drv.cap));
		if (drv.cap.args[0] == GZVM_CAP_PVM_GET_PVMFW_SIZE)
			((struct gzvm_enable_cap *)arg)->args[1] = drv.firmware_size;
		return 0;
	case GZVM_SET_ONE_REG:
		drv.reg_id[drv.reg_count] = reg->id;
		memcpy(&drv.reg_value[drv.reg_count++], (void *)(uintptr_t)reg->addr, 8);
		return 0;
	case GZVM_IRQFD:
		memcpy(&drv.irqfd, arg, sizeof(drv.irqfd));
		return 0;
	case GZVM_IOEVENTFD:
		memcpy(&drv.bell, arg, sizeof(drv.bell));
		return 0;
	case GZVM_IRQ_LINE:
		memcpy(&drv.level, arg, sizeof(drv.level));
		return 0;
	case GZVM_CHECK_EXTENSION:
		if (*(uint64_t *)arg == GZVM_CAP_VIEWS && drv.views)
			return (int)(*(uint64_t *)arg = 1) - 1;
		errno = EOPNOTSUPP;
		return -1;
	case GZVM_SETTLE_VIEW:
		memcpy(arg, &drv.view, sizeof(drv.view));
		return 0;
	case GZVM_RUN:
		memcpy(arg, &drv.run, sizeof(drv.run));
		return 0;
	default:
		errno = ENOTTY;
		return -1;
	}
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	(void)fd;
	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (drv.count < 32)
		drv.request[drv.count++] = request;
	if (request == drv.fail_request) {
		errno = drv.fail_errno;
		return -1;
	}
	return driver(request, arg);
}

static struct hv hv;
static struct hv_vcpu vcpu;
static struct hv_exit e;

static int setup(void **state)
{
	(void)state;
	memset(&drv, 0, sizeof(drv));
	assert_int_equal(hv_open(&hv, "/dev/null"), 0);
	assert_int_equal(hv.ops->create_vcpu(&hv, 0, &vcpu), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	hv.ops->destroy_vcpu(&vcpu);
	close(hv.vm_fd);
	close(hv.dev_fd);
	return 0;
}

static void gzvm__memory_and_gic__as_crosvm(void **state)
{
	struct hv_gic gic = { 0x3fff0000, 0x3ffb0000, 2 };
	static uint8_t host[4096];

	(void)state;
	assert_int_equal(hv.ops->set_memory(&hv, 0x80000000, 4096, host), 0);
	assert_int_equal(drv.region.flags, GZVM_USER_MEM_REGION_GUEST_MEM);
	assert_int_equal(drv.region.guest_phys_addr, 0x80000000);
	assert_int_equal(drv.region.userspace_addr, (uintptr_t)host);
	assert_int_equal(hv.ops->create_gic(&hv, &gic), 0);
	assert_int_equal(drv.device[0].dev_type, GZVM_DEV_TYPE_ARM_VGIC_V3_DIST);
	assert_int_equal(drv.device[0].dev_addr, 0x3fff0000);
	assert_int_equal(drv.device[0].dev_reg_size, 0x10000);
	assert_int_equal(drv.device[1].dev_type, GZVM_DEV_TYPE_ARM_VGIC_V3_REDIST);
	assert_int_equal(drv.device[1].dev_addr, 0x3ffb0000);
	assert_int_equal(drv.device[1].dev_reg_size, 0x20000);
	assert_int_equal(hv.ops->seal(&hv, 0x9fe00000, 0x200000), 0);
	assert_int_equal(drv.dtb.dtb_addr, 0x9fe00000);
	assert_int_equal(drv.dtb.dtb_size, 0x200000);
}

static void gzvm__entry__registers_in_order(void **state)
{
	(void)state;
	assert_int_equal(hv.ops->set_entry(&vcpu, 0x80080000, 0x9fe00000), 0);
	assert_int_equal(drv.reg_count, 3);
	assert_int_equal(drv.reg_id[0], 0x6030000000100000);
	assert_int_equal(drv.reg_value[0], 0x9fe00000);
	assert_int_equal(drv.reg_id[1], 0x6030000000100040);
	assert_int_equal(drv.reg_value[1], 0x80080000);
	assert_int_equal(drv.reg_id[2], 0x6030000000100042);
	assert_int_equal(drv.reg_value[2], 0x3c5);
	vcpu.id = 1;
	assert_int_equal(hv.ops->set_entry(&vcpu, 0x80080000, 0x9fe00000), 0);
	assert_int_equal(drv.reg_count, 4);	/* others: PSTATE only */
	assert_int_equal(drv.reg_id[3], 0x6030000000100042);
}

static void gzvm__interrupts__zero_based_spi(void **state)
{
	struct hv_doorbell bell = { 0x02000050, 4, 3, 77 };

	(void)state;
	assert_int_equal(hv.ops->irqfd(&hv, 5, 99), 0);
	assert_int_equal(drv.irqfd.gsi, 5);
	assert_int_equal(drv.irqfd.fd, 99);
	assert_int_equal(drv.irqfd.flags, 0);
	assert_int_equal(hv.ops->irq_line(&hv, 5, true), 0);
	assert_int_equal(drv.level.irq, 0x01000005);
	assert_int_equal(drv.level.level, 1);
	assert_int_equal(hv.ops->ioeventfd(&hv, &bell), 0);
	assert_int_equal(drv.bell.addr, 0x02000050);
	assert_int_equal(drv.bell.datamatch, 3);
	assert_int_equal(drv.bell.len, 4);
	assert_int_equal(drv.bell.flags, GZVM_IOEVENTFD_FLAG_DATAMATCH);
	drv.fail_request = GZVM_IOEVENTFD;
	drv.fail_errno = EEXIST;
	assert_int_equal(hv.ops->ioeventfd(&hv, &bell), -EEXIST);
}

static enum hv_exit_kind run_once(uint32_t reason)
{
	memset(&e, 0, sizeof(e));
	drv.run.exit_reason = reason;
	hv.ops->run(&vcpu, &e);
	return e.kind;
}

static void gzvm__mmio_exit__decoded(void **state)
{
	(void)state;
	drv.run.mmio.phys_addr = 0x3f8;
	drv.run.mmio.size = 4;
	drv.run.mmio.is_write = 1;
	memcpy(drv.run.mmio.data, "\1\2\3\4", 4);
	assert_int_equal(run_once(GZVM_EXIT_MMIO), HV_EXIT_MMIO);
	assert_int_equal(e.gpa, 0x3f8);
	assert_int_equal(e.len, 4);
	assert_true(e.is_write);
	assert_memory_equal(e.data, "\1\2\3\4", 4);
	for (uint64_t size = 0; size < 20; size++) {
		drv.run.mmio.size = size == 19 ? UINT64_C(0x100000004) : size;
		assert_int_equal(run_once(GZVM_EXIT_MMIO),
				 size == 0 || size > 8 ? HV_EXIT_CRASH : HV_EXIT_MMIO);
	}
}

static void gzvm__other_exits__each_its_meaning(void **state)
{
	static const struct {
		uint32_t reason;
		enum hv_exit_kind kind;
		const char *why;
	} want[] = {
		{ GZVM_EXIT_UNKNOWN, HV_EXIT_CRASH, "unknown exit" },
		{ GZVM_EXIT_HYPERCALL, HV_EXIT_AGAIN, "" }, { GZVM_EXIT_IRQ, HV_EXIT_AGAIN, "" },
		{ GZVM_EXIT_EXCEPTION, HV_EXIT_CRASH, "exception" },
		{ GZVM_EXIT_DEBUG, HV_EXIT_CRASH, "unknown exit" },
		{ GZVM_EXIT_FAIL_ENTRY, HV_EXIT_CRASH, "could not enter" },
		{ GZVM_EXIT_INTERNAL_ERROR, HV_EXIT_CRASH, "internal error" },
		{ GZVM_EXIT_SHUTDOWN, HV_EXIT_STOP, "" }, { GZVM_EXIT_GZ, HV_EXIT_AGAIN, "" },
		{ GZVM_EXIT_IDLE, HV_EXIT_AGAIN, "" }, { GZVM_EXIT_IPI, HV_EXIT_AGAIN, "" },
		{ 0, HV_EXIT_CRASH, "unknown exit" }, { UINT32_MAX, HV_EXIT_CRASH, "unknown exit" },
	};
	static const enum hv_exit_kind event[] = {
		HV_EXIT_CRASH, HV_EXIT_STOP, HV_EXIT_RESET, HV_EXIT_PANIC, HV_EXIT_AGAIN,
		HV_EXIT_AGAIN, HV_EXIT_CRASH, HV_EXIT_AGAIN, HV_EXIT_CRASH,
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_int_equal(run_once(want[i].reason), want[i].kind);
		assert_non_null(strstr(e.why, want[i].why));
	}
	for (uint32_t i = 0; i < sizeof(event) / sizeof(event[0]); i++) {
		drv.run.system_event.type = i;
		assert_int_equal(run_once(GZVM_EXIT_SYSTEM_EVENT), event[i]);
	}
}

static void gzvm__run_errno__again_or_lost(void **state)
{
	static const int err[] = { EINTR, EAGAIN, EIO, EINVAL, EFAULT, ENODEV };

	(void)state;
	drv.fail_request = GZVM_RUN;
	for (unsigned int i = 0; i < 6; i++) {
		drv.fail_errno = err[i];
		assert_int_equal(run_once(0), i < 2 ? HV_EXIT_AGAIN : HV_EXIT_CRASH);
	}
}

static void gzvm__kick__sets_immediate_exit(void **state)
{
	struct gzvm_vcpu_run *run = vcpu.run;

	(void)state;
	hv.ops->set_kick(&vcpu, true);
	assert_int_equal(run->immediate_exit, 1);
	hv.ops->set_kick(&vcpu, false);
	assert_int_equal(run->immediate_exit, 0);
}

static void create_fails(int err, const char *why)
{
	struct hv other;

	drv.fail_request = GZVM_CREATE_VM;
	drv.fail_errno = err;
	assert_int_equal(hv_open(&other, "/dev/null"), -1);
	if (!strstr(gz_err_last(), why))
		fail_msg("\"%s\" does not say \"%s\"", gz_err_last(), why);
}

static void gzvm__create_vm_errno__each_its_remedy(void **state)
{
	unsigned int files = fake_open_files();

	(void)state;
	create_fails(ENOTTY, "does not speak the gzvm interface");
	create_fails(ENOMEM, "end one first");
	create_fails(EBUSY, "end one first");
	create_fails(ENODEV, "boot this machine under gz.bin");
	create_fails(EOPNOTSUPP, "versions of gzvm.ko and gz.bin");
	create_fails(EINVAL, "dmesg");
	assert_int_equal(fake_open_files(), files);
}

static void gzvm__refusals__say_what_and_remedy(void **state)
{
	struct hv_gic gic = { 0x80000000, 0x3ffb0000, 2 };
	struct hv_vcpu other;

	(void)state;
	drv.fail_errno = EINVAL;
	drv.fail_request = GZVM_SET_USER_MEMORY_REGION;
	assert_int_equal(hv.ops->set_memory(&hv, 0x80000000, 4096, &drv), -1);
	assert_non_null(strstr(gz_err_last(), "smaller --mem"));
	drv.fail_request = GZVM_CREATE_DEVICE;
	assert_int_equal(hv.ops->create_gic(&hv, &gic), -1);
	assert_non_null(strstr(gz_err_last(), "--gic sets another address"));
	drv.fail_request = GZVM_CREATE_VCPU;
	assert_int_equal(hv.ops->create_vcpu(&hv, 7, &other), -1);
	assert_non_null(strstr(gz_err_last(), "fewer --cpus"));
	hv.ops->destroy_vcpu(&other);
	drv.fail_request = GZVM_SET_DTB_CONFIG;
	assert_int_equal(hv.ops->seal(&hv, 0, 0), -1);
	assert_non_null(strstr(gz_err_last(), "device tree"));
	drv.fail_request = GZVM_SET_ONE_REG;
	assert_int_equal(hv.ops->set_entry(&vcpu, 0, 0), -1);
	assert_non_null(strstr(gz_err_last(), "X0"));
}

/* crosvm's calls: a slot, the size, the address; registers without a PC. */
static void gzvm__held_firmware__slot_size_address(void **state)
{
	static uint8_t host[8192];
	const uint64_t x[3] = { 1, 2, 3 };

	(void)state;
	drv.count = 0;
	drv.firmware_size = sizeof(host);
	assert_int_equal(hv.ops->set_firmware(&hv, 0x7fc00000, sizeof(host), host, true), 0);
	assert_int_equal(drv.count, 3);
	assert_int_equal(drv.request[0], GZVM_SET_USER_MEMORY_REGION);
	assert_int_equal(drv.region.flags, GZVM_USER_MEM_REGION_PROTECT_FW);
	assert_int_equal(drv.region.slot, 2);
	assert_int_equal(drv.cap.args[0], GZVM_CAP_PVM_SET_PVMFW_GPA);
	assert_int_equal(drv.cap.args[1], 0x7fc00000);
	drv.reg_count = 0;
	assert_int_equal(hv.ops->set_firmware_entry(&vcpu, 0, x), 0);
	assert_int_equal(drv.reg_count, 4);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(drv.reg_id[i], GZVM_REG_X(i));
		assert_int_equal(drv.reg_value[i], x[i]);
	}
	assert_int_equal(drv.reg_id[3], GZVM_REG_PSTATE);
}

static void gzvm__firmware__refusals_and_the_file(void **state)
{
	static uint8_t host[4096];
	const uint64_t x[3] = { 0 };

	(void)state;
	drv.firmware_size = sizeof(host) + 1;
	assert_int_equal(hv.ops->set_firmware(&hv, 0x7fc00000, sizeof(host), host, true), -1);
	assert_non_null(strstr(gz_err_last(), "smaller one"));
	drv.firmware_size = 0;
	assert_int_equal(hv.ops->set_firmware(&hv, 0x7fc00000, sizeof(host), host, true), -1);
	assert_non_null(strstr(gz_err_last(), "holds no firmware: start it with gz.fw="));
	/* One of the VMM's own: nothing is asked, and PC is set. */
	drv.count = 0;
	assert_int_equal(hv.ops->set_firmware(&hv, 0x7fc00000, sizeof(host), host, false), 0);
	assert_int_equal(drv.count, 1);
	drv.reg_count = 0;
	assert_int_equal(hv.ops->set_firmware_entry(&vcpu, 0x7fc00000, x), 0);
	assert_int_equal(drv.reg_id[3], GZVM_REG_PC);
	assert_int_equal(drv.reg_value[3], 0x7fc00000);
	drv.fail_errno = EINVAL;
	drv.fail_request = GZVM_ENABLE_CAP;
	assert_int_equal(hv.ops->set_firmware(&hv, 0x7fc00000, sizeof(host), host, true), -1);
	assert_non_null(strstr(gz_err_last(), "holds no firmware"));
	drv.fail_request = GZVM_SET_USER_MEMORY_REGION;
	assert_int_equal(hv.ops->set_firmware(&hv, 0x7fc00000, sizeof(host), host, true), -1);
	assert_non_null(strstr(gz_err_last(), "memory for firmware at 0x7fc00000"));
}

/* The shared slot is there before the VM is asked to be a protected one. */
static void gzvm__protect__shared_slot_then_request(void **state)
{
	static uint8_t host[4096];

	(void)state;
	drv.count = 0;
	assert_int_equal(hv.ops->set_shared(&hv, 0x90000000, sizeof(host), host), 0);
	assert_int_equal(drv.count, 1);
	assert_int_equal(hv.ops->protect(&hv), 0);
	assert_int_equal(drv.count, 2);
	assert_int_equal(drv.request[1], GZVM_ENABLE_CAP);
	assert_int_equal(drv.region.slot, 1);
	assert_int_equal(drv.region.flags, GZVM_USER_MEM_REGION_STATIC_SWIOTLB);
	assert_int_equal(drv.region.guest_phys_addr, 0x90000000);
	assert_int_equal(drv.region.userspace_addr, (uintptr_t)host);
	assert_int_equal(drv.cap.cap, GZVM_CAP_PROTECTED_VM);
	assert_int_equal(drv.cap.args[0], GZVM_CAP_PVM_SET_PROTECTED_VM);
	drv.fail_errno = EOPNOTSUPP;
	drv.fail_request = GZVM_ENABLE_CAP;
	assert_int_equal(hv.ops->protect(&hv), -1);
	assert_non_null(strstr(gz_err_last(), "does not protect"));
	drv.fail_request = GZVM_SET_USER_MEMORY_REGION;
	assert_int_equal(hv.ops->set_shared(&hv, 0x90000000, sizeof(host), host), -1);
	assert_non_null(strstr(gz_err_last(), "smaller --swiotlb"));
}

/* A back end that tells: asked for before protection, then exits, and what settling them says. */
static void gzvm__views__asked_for_and_settled(void **state)
{
	static uint8_t host[4096];
	struct hv_view now;

	(void)state;
	drv.run.exit_reason = GZVM_EXIT_HYPERCALL;
	assert_int_equal(hv.ops->run(&vcpu, &e), 0);
	assert_int_equal(e.kind, HV_EXIT_AGAIN);
	assert_int_equal(hv.ops->tell_views(&hv), -1);
	assert_non_null(strstr(gz_err_last(), "does not tell what a guest shares"));
	assert_int_equal(hv.ops->protect(&hv), 0);
	assert_int_equal(drv.cap.args[4], 0);
	drv.views = true;
	assert_int_equal(hv.ops->tell_views(&hv), 0);
	assert_int_equal(hv.ops->protect(&hv), 0);
	assert_int_equal(drv.cap.args[4], GZVM_PVM_TELL_VIEWS);
	drv.firmware_size = sizeof(host);
	assert_int_equal(hv.ops->set_firmware(&hv, 0x7fc00000, sizeof(host), host, true), 0);
	assert_int_equal(drv.cap.args[0], GZVM_CAP_PVM_SET_PVMFW_GPA);
	assert_int_equal(drv.cap.args[4], GZVM_PVM_TELL_VIEWS);
	assert_int_equal(hv.ops->run(&vcpu, &e), 0);
	assert_int_equal(e.kind, HV_EXIT_VIEW);
	drv.view = (struct gzvm_pages_view){ 0x80003000, 3, 5 };
	assert_int_equal(hv.ops->settle(&vcpu, &now), 0);
	assert_true(now.gpa == 0x80003000 && now.count == 3 && now.shared == 5);
	/* Not about pages: nothing. Anything else is the end. */
	drv.fail_request = GZVM_SETTLE_VIEW;
	drv.fail_errno = EINVAL;
	assert_int_equal(hv.ops->settle(&vcpu, &now), 0);
	assert_int_equal(now.count, 0);
	drv.fail_errno = ENODEV;
	assert_int_equal(hv.ops->settle(&vcpu, &now), -1);
	assert_non_null(strstr(gz_err_last(), "cannot be settled"));
}

static void gzvm__describe__one_line(void **state)
{
	char text[160];

	(void)state;
	assert_int_equal(hv.ops->describe("/dev/null", text, sizeof(text)), 0);
	assert_non_null(strstr(text, "has no protected VMs"));
	assert_int_equal(hv.ops->describe("/nonexistent/gzvm", text, sizeof(text)), -1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Who may not lock as much as the guest has is told so, not that memory is short. */
static void gzvm__memlock_limit__named(void **state)
{
	struct rlimit old, low;
	static uint8_t host[4096];

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &old), 0);
	low = (struct rlimit){ 64 << 10, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &low), 0);
	for (user = 0; user <= 1000; user += 1000) {
		const char *want = user ? "ulimit -l" : "refuses";

		drv.fail_request = GZVM_SET_USER_MEMORY_REGION;
		drv.fail_errno = ENOMEM;
		assert_int_equal(hv.ops->set_memory(&hv, 0x80000000, 1 << 20, host), -1);
		assert_non_null(strstr(gz_err_last(), want));
		drv.fail_request = GZVM_RUN;
		assert_int_equal(hv.ops->run(&vcpu, &e), -1);
		assert_non_null(strstr(e.why, user ? "ulimit -l" : "no memory left"));
	}
	setrlimit(RLIMIT_MEMLOCK, &old);
	user = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(gzvm__memlock_limit__named),
		T(gzvm__memory_and_gic__as_crosvm), T(gzvm__entry__registers_in_order),
		T(gzvm__interrupts__zero_based_spi), T(gzvm__mmio_exit__decoded),
		T(gzvm__other_exits__each_its_meaning), T(gzvm__run_errno__again_or_lost),
		T(gzvm__kick__sets_immediate_exit), T(gzvm__create_vm_errno__each_its_remedy),
		T(gzvm__refusals__say_what_and_remedy), T(gzvm__describe__one_line),
		T(gzvm__protect__shared_slot_then_request), T(gzvm__held_firmware__slot_size_address),
		T(gzvm__firmware__refusals_and_the_file), T(gzvm__views__asked_for_and_settled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
