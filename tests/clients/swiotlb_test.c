// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a VMM that marks the memory of its devices and never asks for protection: crosvm's calls without firmware, one by one.
 * Never: ask the driver what to expect: the word told= of the host's command line says how the hypervisor was started.
 * Used by: gzvm_abi_test.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "client.h"

#define PAGE		4096ull
#define POOL_SIZE	0x400000ull
#define MAIN_SIZE	(RAM_SIZE - POOL_SIZE)
#define POOL_GPA	(RAM_GPA + MAIN_SIZE)
#define SECRET_END	(DATA_GPA + 64 * PAGE)
#define SEED		0x17ed000000005ec4ull

static bool told(void)
{
	char words[1024] = "";
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);

	EXPECT(read(fd, words, sizeof(words) - 1) > 0);
	close(fd);
	return strstr(words, "told=swiotlb") != NULL;
}

static int slot(struct vm *vm, uint32_t id, uint32_t flags, uint64_t gpa, uint64_t size, const uint8_t *host)
{
	struct gzvm_userspace_memory_region r = { .slot = id, .flags = flags, .guest_phys_addr = gpa,
		.memory_size = size, .userspace_addr = (uintptr_t)host };

	return vm_ioctl(vm, GZVM_SET_USER_MEMORY_REGION, &r);
}

/* Rows 1 to 11 of the calls: device, VM, memory, what can you do, interrupt controller. ram: RAM_SIZE bytes. */
static void make_as_crosvm(struct vm *vm, uint8_t *ram)
{
	struct gzvm_create_device dist = { .dev_type = GZVM_DEV_TYPE_ARM_VGIC_V3_DIST, .dev_addr = 0x3fff0000,
		.dev_reg_size = 0x10000 };
	struct gzvm_create_device redist = { .dev_type = GZVM_DEV_TYPE_ARM_VGIC_V3_REDIST,
		.dev_addr = 0x3fff0000 - 0x20000, .dev_reg_size = 0x20000 };
	uint64_t cap = GZVM_CAP_PROTECTED_VM;

	memset(vm, 0, sizeof(*vm));
	vm->memfd = -1;
	vm->ram = ram;
	vm->dev = dev_open();
	vm->fd = ioctl(vm->dev, GZVM_CREATE_VM, 0);
	EXPECT(vm->fd >= 0);
	EXPECT_OK(slot(vm, 0, GZVM_USER_MEM_REGION_GUEST_MEM, RAM_GPA, MAIN_SIZE, ram));
	EXPECT_OK(slot(vm, 1, GZVM_USER_MEM_REGION_STATIC_SWIOTLB, POOL_GPA, POOL_SIZE, ram + MAIN_SIZE));
	EXPECT_OK(vm_ioctl(vm, GZVM_CHECK_EXTENSION, &cap));
	EXPECT_EQ(cap, 1);
	EXPECT_OK(vm_ioctl(vm, GZVM_CREATE_DEVICE, &dist));
	EXPECT_OK(vm_ioctl(vm, GZVM_CREATE_DEVICE, &redist));
	EXPECT_ERR(ioctl(vm->dev, GZVM_CHECK_EXTENSION, (unsigned long)GZVM_CAP_VM_GPA_SIZE), EFAULT);
}

/* Rows 12 to 17: image, vCPU, interrupts, device tree, registers. The guest writes a secret from x0 to x1. */
static void load_as_crosvm(struct vm *vm)
{
	struct gzvm_dtb_config dtb = { RAM_GPA + 0x800000, 0x200000 };
	struct gzvm_irqfd rtc = { .fd = (uint32_t)eventfd(0, EFD_CLOEXEC), .gsi = 1 };

	memcpy(vm->ram, guest_blob, (size_t)(guest_blob_end - guest_blob));
	vm->vcpu_count = 1;
	vm->vcpu[0] = ioctl(vm->fd, GZVM_CREATE_VCPU, 0ul);
	EXPECT(vm->vcpu[0] >= 0);
	EXPECT_OK(vm_ioctl(vm, GZVM_IRQFD, &rtc));
	EXPECT_OK(vm_ioctl(vm, GZVM_SET_DTB_CONFIG, &dtb));
	EXPECT_OK(vcpu_set_reg(vm->vcpu[0], GZVM_REG_X(0), DATA_GPA));
	EXPECT_OK(vcpu_set_reg(vm->vcpu[0], GZVM_REG_X(1), SECRET_END));
	EXPECT_OK(vcpu_set_reg(vm->vcpu[0], GZVM_REG_X(2), MMIO_GPA));
	EXPECT_OK(vcpu_set_reg(vm->vcpu[0], GZVM_REG_PC, RAM_GPA + (uint64_t)(guest_secret - guest_blob)));
	EXPECT_OK(vcpu_set_reg(vm->vcpu[0], GZVM_REG_PSTATE, 0x3c5));
	close((int)rtc.fd);
}

static void end_as_crosvm(struct vm *vm)
{
	uint64_t until = now_ms() + 5000;

	close(vm->vcpu[0]);
	close(vm->fd);
	close(vm->dev);
	munmap(vm->ram, RAM_SIZE);
	while (hyp_stat("vms") != 0 && now_ms() < until)
		sleep_ms(5);
	EXPECT_EQ(hyp_stat("pages_donated"), 0);
	EXPECT_EQ(hyp_stat("pages_shared_guest"), 0);
}

/* 0: reads the guest's first word; else the signal that ended the attempt. */
static int try_to_read(const struct vm *vm)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(*(volatile uint64_t *)(void *)(vm->ram + (DATA_GPA - RAM_GPA)) != DATA_GPA + SEED);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status) ? -1 : 0;
}

/* A memfd that kernels before 6.10 can hide too. */
static uint8_t *memory_as_crosvm(void)
{
	int fd = memfd_create("crosvm_guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	uint8_t *ram;

	EXPECT_OK(ftruncate(fd, RAM_SIZE));
	ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	EXPECT(ram != MAP_FAILED);
	EXPECT_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE));
	close(fd);
	return ram;
}

TEST(swiotlb__crosvm_without_firmware__as_the_hypervisor_was_told)
{
	bool protect = told();
	struct vm vm;

	make_as_crosvm(&vm, memory_as_crosvm());
	load_as_crosvm(&vm);
	EXPECT_EQ(hyp_stat("pages_donated"), 0);
	expect_mmio(&vm, 0, MMIO_GPA, true, 8);
	EXPECT_EQ(try_to_read(&vm), protect ? SIGBUS : 0);
	EXPECT_EQ(hyp_stat("pages_donated") >= 64, protect);
	/* What its devices use is theirs in both. */
	*(volatile uint64_t *)(void *)(vm.ram + MAIN_SIZE) = 1;
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA + 8, true, 8), 0);
	expect_off(&vm, 0);
	if (protect)
		EXPECT_ERR(vcpu_set_reg(vm.vcpu[0], GZVM_REG_PC, RAM_GPA), EINVAL);
	else
		EXPECT_OK(vcpu_set_reg(vm.vcpu[0], GZVM_REG_PC, RAM_GPA));
	end_as_crosvm(&vm);
}

/* What cannot be hidden cannot be protected: it is said, and nothing of the guest has run. */
TEST(swiotlb__anonymous_memory__not_run_open)
{
	bool protect = told();
	struct vm vm;

	make_as_crosvm(&vm, mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	load_as_crosvm(&vm);
	if (protect) {
		uint32_t reason = vcpu_run_to_exit(&vm, 0);

		EXPECT(reason == GZVM_EXIT_EXCEPTION || reason == GZVM_EXIT_FAIL_ENTRY);
		EXPECT_EQ(*(uint64_t *)(void *)(vm.ram + (DATA_GPA - RAM_GPA)), 0);
	} else {
		expect_mmio(&vm, 0, MMIO_GPA, true, 8);
	}
	end_as_crosvm(&vm);
}

/* The mark comes when the guest has run: refused where it would have meant something. */
TEST(swiotlb__slot_after_the_start__ebusy_when_told)
{
	bool protect = told();
	struct vm vm;
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	vm_make(&vm, 1, guest_secret, (const uint64_t[4]){ DATA_GPA, DATA_GPA + PAGE, MMIO_GPA });
	expect_mmio(&vm, 0, MMIO_GPA, true, 8);
	if (protect)
		EXPECT_ERR(slot(&vm, 1, GZVM_USER_MEM_REGION_STATIC_SWIOTLB, 0x100000000, PAGE, p), EBUSY);
	else
		EXPECT_OK(slot(&vm, 1, GZVM_USER_MEM_REGION_STATIC_SWIOTLB, 0x100000000, PAGE, p));
	EXPECT_EQ(hyp_stat("pages_donated"), 0);
	vm_end(&vm);
	munmap(p, PAGE);
}
