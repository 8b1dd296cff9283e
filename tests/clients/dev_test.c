// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: requests of /dev/gzvm, VM creation, capabilities, devices, device tree: every errno.
 * Never: run a guest.
 * Used by: gzvm_abi_test.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "client.h"

#define MANY_VMS	1024

static int check_ext(int fd, uint64_t *cap)
{
	return ioctl(fd, GZVM_CHECK_EXTENSION, cap);
}

static bool fd_is_named(int fd, const char *name)
{
	char path[64], link[64] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, link, sizeof(link) - 1) > 0 && strstr(link, name);
}

TEST(dev__unknown_request__enotty)
{
	int fd = dev_open();

	EXPECT_ERR(ioctl(fd, _IO(GZVM_IOC_MAGIC, 0x00), 0), ENOTTY);
	EXPECT_ERR(ioctl(fd, GZVM_CREATE_VCPU, 0), ENOTTY);
	EXPECT_ERR(ioctl(fd, 0x5401, 0), ENOTTY);
	close(fd);
}

TEST(dev__no_file_operations)
{
	int fd = dev_open();
	char c;

	EXPECT_ERR(read(fd, &c, 1), EINVAL);
	EXPECT_ERR(write(fd, &c, 1), EINVAL);
	EXPECT(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
	close(fd);
}

TEST(check_extension__known__value_in_word)
{
	struct vm vm;
	uint64_t cap = GZVM_CAP_PROTECTED_VM;

	vm_make_bare(&vm);
	EXPECT_EQ(check_ext(vm.dev, &cap), 0);
	EXPECT_EQ(cap, 1);
	cap = GZVM_CAP_VM_GPA_SIZE;
	EXPECT_EQ(check_ext(vm.fd, &cap), 0);
	EXPECT(cap >= 36 && cap <= 52);
	vm_end(&vm);
}

TEST(check_extension__unknown__eopnotsupp_word_kept)
{
	uint64_t caps[] = { 0, 0x9203, 12345 }, cap;
	int fd = dev_open();
	unsigned int i;

	for (i = 0; i < 3; i++) {
		cap = caps[i];
		EXPECT_ERR(check_ext(fd, &cap), EOPNOTSUPP);
		EXPECT_EQ(cap, caps[i]);
	}
	close(fd);
}

/* One client passes the capability itself and must fail to fall back to 40 bits. */
TEST(check_extension__by_value__efault)
{
	int fd = dev_open();

	EXPECT_ERR(ioctl(fd, GZVM_CHECK_EXTENSION, 0xa5), EFAULT);
	EXPECT_ERR(ioctl(fd, GZVM_CHECK_EXTENSION, 0), EFAULT);
	close(fd);
}

TEST(create_vm__default_type__named_cloexec_fd)
{
	int dev = dev_open(), fd = ioctl(dev, GZVM_CREATE_VM, 0);

	EXPECT(fd >= 0);
	EXPECT(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	EXPECT_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	EXPECT(fd_is_named(fd, "gzvm-vm"));
	close(fd);
	close(dev);
}

TEST(create_vm__unknown_type__einval)
{
	int dev = dev_open();

	EXPECT_ERR(ioctl(dev, GZVM_CREATE_VM, 7), EINVAL);
	close(dev);
}

TEST(create_vm__until_full__enomem_and_recovers)
{
	int dev = dev_open(), fd[MANY_VMS], n = 0, i;

	while (n < MANY_VMS && (fd[n] = ioctl(dev, GZVM_CREATE_VM, 0)) >= 0)
		n++;
	printf("  %d VMs, then %s\n", n, n < MANY_VMS ? strerror(errno) : "stopped");
	EXPECT(n > 3);
	if (n < MANY_VMS)
		EXPECT(errno == ENOMEM || errno == EMFILE);
	for (i = 0; i < n; i++)
		close(fd[i]);
	fd[0] = ioctl(dev, GZVM_CREATE_VM, 0);
	EXPECT(fd[0] >= 0);
	close(fd[0]);
	close(dev);
}

TEST(vm__unknown_request__enotty)
{
	struct vm vm;
	struct gzvm_memory_region r = { 0 };

	vm_make_bare(&vm);
	EXPECT_ERR(vm_ioctl(&vm, GZVM_SET_MEMORY_REGION, &r), ENOTTY);
	EXPECT_ERR(vm_ioctl(&vm, GZVM_CREATE_IRQCHIP, NULL), ENOTTY);
	EXPECT_ERR(vm_ioctl(&vm, GZVM_RUN, NULL), ENOTTY);
	EXPECT_ERR(vm_ioctl(&vm, GZVM_CREATE_VM, NULL), ENOTTY);
	vm_end(&vm);
}

TEST(vm__bad_pointer__efault)
{
	const unsigned long requests[] = { GZVM_SET_USER_MEMORY_REGION, GZVM_IRQ_LINE, GZVM_IRQFD,
		GZVM_IOEVENTFD, GZVM_ENABLE_CAP, GZVM_CREATE_DEVICE, GZVM_SET_DTB_CONFIG };
	struct vm vm;
	unsigned int i;

	vm_make_bare(&vm);
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		EXPECT_ERR(vm_ioctl(&vm, requests[i], (void *)8), EFAULT);
	vm_end(&vm);
}

static int in_child(int (*call)(struct vm *vm), struct vm *vm)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(call(vm));
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int child_vm(struct vm *vm)
{
	return ioctl(vm->fd, GZVM_CREATE_VCPU, 1) < 0 ? errno : 0;
}

static int child_vcpu(struct vm *vm)
{
	return vcpu_run(vm, 0) < 0 ? errno : 0;
}

TEST(vm__other_process__eio)
{
	struct vm vm;

	vm_make(&vm, 1, guest_off, NULL);
	EXPECT_EQ(in_child(child_vm, &vm), EIO);
	EXPECT_EQ(in_child(child_vcpu, &vm), EIO);
	expect_off(&vm, 0);
	vm_end(&vm);
}

TEST(enable_cap__not_for_user_space__einval)
{
	const uint64_t caps[] = { 0, 0x9201, 0x9202, 0x9203, 0x9204, 0x9205, 0xa5 };
	struct vm vm;
	unsigned int i;

	vm_make_bare(&vm);
	for (i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		struct gzvm_enable_cap c = { .cap = caps[i], .args = { 0x200000, 0x40000000 } };

		EXPECT_ERR(vm_ioctl(&vm, GZVM_ENABLE_CAP, &c), EINVAL);
	}
	vm_end(&vm);
}

TEST(enable_cap__protected__unknown_command_einval)
{
	struct gzvm_enable_cap c = { .cap = GZVM_CAP_PROTECTED_VM, .args = { 3 } };
	struct vm vm;

	vm_make_bare(&vm);
	EXPECT_ERR(vm_ioctl(&vm, GZVM_ENABLE_CAP, &c), EINVAL);
	vm_end(&vm);
}

TEST(enable_cap__protected__before_the_first_run_only)
{
	struct vm vm;

	vm_make(&vm, 1, guest_off, NULL);
	EXPECT_OK(vm_protect(&vm));
	EXPECT_OK(vm_protect(&vm));
	expect_off(&vm, 0);
	EXPECT_ERR(vm_protect(&vm), EBUSY);
	vm_end(&vm);
	vm_make(&vm, 1, guest_off, NULL);
	expect_off(&vm, 0);
	EXPECT_ERR(vm_protect(&vm), EBUSY);
	vm_end(&vm);
}

TEST(create_device__bad_arguments)
{
	struct gzvm_create_device d = { .dev_type = 7, .dev_addr = GICD_GPA,
		.dev_reg_size = 0x10000 };
	int dev = dev_open(), fd = ioctl(dev, GZVM_CREATE_VM, 0);

	EXPECT_ERR(ioctl(fd, GZVM_CREATE_DEVICE, &d), EOPNOTSUPP);
	d.dev_type = GZVM_DEV_TYPE_ARM_VGIC_V3_DIST;
	d.attr_size = 4097;
	EXPECT_ERR(ioctl(fd, GZVM_CREATE_DEVICE, &d), EINVAL);
	d.attr_size = 16;
	d.attr_addr = 8;
	EXPECT_ERR(ioctl(fd, GZVM_CREATE_DEVICE, &d), EFAULT);
	d.attr_size = d.attr_addr = 0;
	d.dev_addr = GICD_GPA + 4;
	EXPECT_ERR(ioctl(fd, GZVM_CREATE_DEVICE, &d), EINVAL);
	d.dev_addr = GICD_GPA;
	EXPECT_OK(ioctl(fd, GZVM_CREATE_DEVICE, &d));
	EXPECT_EQ(d.id, 0);
	EXPECT(ioctl(fd, GZVM_CREATE_DEVICE, &d) < 0);	/* a second one */
	close(fd);
	close(dev);
}

TEST(set_dtb_config__inside_and_outside_ram)
{
	struct gzvm_dtb_config c = { .dtb_addr = RAM_GPA + 0x200000, .dtb_size = 0x200000 };
	struct vm vm;

	vm_make_bare(&vm);
	EXPECT_OK(vm_ioctl(&vm, GZVM_SET_DTB_CONFIG, &c));
	c.dtb_addr = RAM_GPA + RAM_SIZE - 0x1000;
	EXPECT_ERR(vm_ioctl(&vm, GZVM_SET_DTB_CONFIG, &c), EINVAL);
	c.dtb_addr = ~0ull - 0xfff;
	EXPECT_ERR(vm_ioctl(&vm, GZVM_SET_DTB_CONFIG, &c), EINVAL);
	vm_end(&vm);
}

TEST(create_vcpu__ids)
{
	struct vm vm;
	int fd;

	vm_make_bare(&vm);
	EXPECT_ERR(ioctl(vm.fd, GZVM_CREATE_VCPU, 8), EINVAL);
	EXPECT_ERR(ioctl(vm.fd, GZVM_CREATE_VCPU, 65536), EINVAL);
	EXPECT_ERR(ioctl(vm.fd, GZVM_CREATE_VCPU, -1), EINVAL);
	fd = ioctl(vm.fd, GZVM_CREATE_VCPU, 0);
	EXPECT(fd >= 0);
	EXPECT(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	EXPECT(fd_is_named(fd, "gzvm-vcpu:0"));
	EXPECT_ERR(ioctl(vm.fd, GZVM_CREATE_VCPU, 0), EEXIST);
	close(fd);
	/* The vCPU lives as long as its VM, so its number stays taken. */
	EXPECT_ERR(ioctl(vm.fd, GZVM_CREATE_VCPU, 0), EEXIST);
	vm_end(&vm);
}

TEST(vcpu__requests_and_registers)
{
	struct gzvm_one_reg reg = { .id = GZVM_REG_PC, .addr = 8 };
	uint64_t value = 0;
	struct vm vm;

	vm_make(&vm, 1, guest_off, NULL);
	EXPECT_ERR(ioctl(vm.vcpu[0], GZVM_CREATE_VCPU, 1), ENOTTY);
	EXPECT_ERR(ioctl(vm.vcpu[0], GZVM_GET_ONE_REG, &reg), EOPNOTSUPP);
	EXPECT_ERR(ioctl(vm.vcpu[0], GZVM_SET_ONE_REG, &reg), EFAULT);
	EXPECT_ERR(ioctl(vm.vcpu[0], GZVM_SET_ONE_REG, (void *)8), EFAULT);
	reg.addr = (uintptr_t)&value;
	reg.id = (GZVM_REG_PC & ~GZVM_REG_SIZE_MASK) | (4ull << GZVM_REG_SIZE_SHIFT);
	EXPECT_ERR(ioctl(vm.vcpu[0], GZVM_SET_ONE_REG, &reg), EINVAL);
	reg.id = (GZVM_REG_PC & ~GZVM_REG_SIZE_MASK) | (15ull << GZVM_REG_SIZE_SHIFT);
	EXPECT_ERR(ioctl(vm.vcpu[0], GZVM_SET_ONE_REG, &reg), EINVAL);
	reg.id = GZVM_REG_CORE(0xfff0);
	EXPECT_ERR(ioctl(vm.vcpu[0], GZVM_SET_ONE_REG, &reg), EINVAL);
	EXPECT_OK(vcpu_set_reg(vm.vcpu[0], GZVM_REG_SP, 0x1000));
	EXPECT_ERR(vcpu_set_reg(vm.vcpu[0], GZVM_REG_PSTATE, 0x3c9), EINVAL);	/* EL2h */
	expect_off(&vm, 0);
	vm_end(&vm);
}
