// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: protected VMs whose memory comes in huge pages: whole ones only, and the kernel leaves hidden ones alone.
 * Never: trust a refusal without the VM beside it for which the same thing works.
 * Used by: gzvm_abi_test.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "kinds.h"

#define PAGE		4096ull
#define BLOCK		0x200000ull
#define HIGH_GPA	0x100000000ull
#define SECRET_END	(DATA_GPA + 64 * PAGE)

static void make_private(struct vm *vm)
{
	const uint64_t x[4] = { DATA_GPA, SECRET_END, MMIO_GPA };

	vm_make(vm, 1, guest_secret, x);
	expect_kind(pa_of(vm->ram + (DATA_GPA - RAM_GPA)));
	EXPECT_OK(vm_protect(vm));
}

static void end_unharmed(struct vm *vm)
{
	EXPECT_EQ(expect_mmio(vm, 0, MMIO_GPA + 8, true, 8), 0);
	expect_off(vm, 0);
	vm_end(vm);
}

/* A slot with a part of a huge page: fine for a VM that shares its memory, EINVAL for one that does not. */
static void run_on_part(uint64_t offset, uint64_t size, bool protect, uint32_t error)
{
	const uint64_t at = HIGH_GPA + offset, x[4] = { at, at + size, PAGE };
	struct vm vm;
	uint32_t reason;

	vm_make(&vm, 1, guest_touch, x);
	*(volatile uint8_t *)(vm.ram + 4 * BLOCK) = 0;
	*(volatile uint8_t *)(vm.ram + 5 * BLOCK) = 0;
	/* No page may be in two slots of a VM. */
	EXPECT_OK(vm_slot(vm.fd, 0, 0, 0, NULL));
	EXPECT_OK(vm_slot(vm.fd, 0, RAM_GPA, 4 * BLOCK, vm.ram));
	EXPECT_OK(vm_slot(vm.fd, 1, at, size, vm.ram + 4 * BLOCK + offset));
	if (protect)
		EXPECT_OK(vm_protect(&vm));
	reason = vcpu_run_to_exit(&vm, 0);
	if (!error)
		EXPECT_EQ(reason, GZVM_EXIT_SYSTEM_EVENT);
	else
		EXPECT(reason == GZVM_EXIT_FAIL_ENTRY ||
		       (reason == GZVM_EXIT_EXCEPTION && vm.run[0].exception.error_code == error));
	vm_end(&vm);
}

static void parts(void)
{
	run_on_part(0, BLOCK / 2, false, 0);
	run_on_part(0, BLOCK / 2, true, EINVAL);
	run_on_part(BLOCK / 2, BLOCK / 2, true, EINVAL);
	run_on_part(BLOCK / 2, BLOCK, true, EINVAL);
	run_on_part(0, BLOCK, true, 0);
}

TEST(huge__part_of_a_huge_page__refused)
{
	on_huge_kinds(parts);
}

/* A page of hugetlb that another process has mapped is that process's to give up. */
TEST(huge__hugetlb_mapped_elsewhere__ebusy_until_it_is_not)
{
	struct vm vm;
	uint32_t reason;
	int status;
	pid_t pid;

	use_kind(RAM_HUGETLB);
	make_private(&vm);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		*(volatile uint8_t *)(vm.ram + (DATA_GPA - RAM_GPA)) = 1;
		for (;;)
			pause();
	}
	sleep_ms(100);
	reason = vcpu_run_to_exit(&vm, 0);
	EXPECT(reason == GZVM_EXIT_EXCEPTION || reason == GZVM_EXIT_FAIL_ENTRY);
	if (reason == GZVM_EXIT_EXCEPTION)
		EXPECT_EQ(vm.run[0].exception.error_code, EBUSY);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	expect_mmio(&vm, 0, MMIO_GPA, true, 8);
	end_unharmed(&vm);
	use_kind(RAM_SMALL);
}

/* Without the seal a hole in a part of a huge page would be zeroed by the kernel, which nothing else stops. */
TEST(huge__hugetlb_without_the_seal__refused)
{
	struct gzvm_enable_cap c = { .cap = GZVM_CAP_PROTECTED_VM, .args = { GZVM_CAP_PVM_SET_PROTECTED_VM } };
	const uint64_t x[4] = { DATA_GPA, SECRET_END, MMIO_GPA };
	struct vm vm;
	uint32_t reason;

	use_kind(RAM_HUGETLB);
	vm_make(&vm, 1, guest_secret, x);
	*(volatile uint64_t *)(vm.ram + (DATA_GPA - RAM_GPA)) = 1;
	EXPECT_OK(fallocate(vm.memfd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, DATA_GPA - RAM_GPA, 64));
	EXPECT_EQ(*(volatile uint64_t *)(vm.ram + (DATA_GPA - RAM_GPA)), 0);
	EXPECT_OK(vm_ioctl(&vm, GZVM_ENABLE_CAP, &c));
	reason = vcpu_run_to_exit(&vm, 0);
	EXPECT(reason == GZVM_EXIT_FAIL_ENTRY ||
	       (reason == GZVM_EXIT_EXCEPTION && vm.run[0].exception.error_code == EINVAL));
	vm_end(&vm);
	use_kind(RAM_SMALL);
}

/* A fault on one page of a huge one may map them all: none of it is user space's while a page is hidden. */
static void neighbours(void)
{
	const uint64_t x[4] = { DATA_GPA, DATA_GPA + PAGE, MMIO_GPA };
	uint64_t value = 0;
	uint8_t *page;
	struct vm vm;
	struct iovec mine = { &value, 8 }, his;

	vm_make(&vm, 1, guest_secret, x);
	page = vm.ram + (DATA_GPA - RAM_GPA);
	his = (struct iovec){ page, 8 };
	expect_kind(pa_of(page));
	EXPECT_OK(madvise(page + 9 * PAGE, PAGE, 23 /* MADV_POPULATE_WRITE */));
	EXPECT_OK(vm_protect(&vm));
	expect_mmio(&vm, 0, MMIO_GPA, true, 8);
	EXPECT(madvise(page + 9 * PAGE, PAGE, 23) < 0);
	EXPECT(process_vm_readv(getpid(), &mine, 1, &his, 1, 0) < 0);
	EXPECT_EQ(value, 0);
	end_unharmed(&vm);
}

TEST(huge__write_beside_a_hidden_page__hidden_one_stays_so)
{
	on_huge_kinds(neighbours);
}

static int offline(const char *how, uint64_t pa)
{
	char path[64], text[32];
	int fd, len, ret;

	snprintf(path, sizeof(path), "/sys/devices/system/memory/%s_offline_page", how);
	len = snprintf(text, sizeof(text), "0x%llx", (unsigned long long)pa);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return ENODEV;
	ret = write(fd, text, (size_t)len) == len ? 0 : errno;
	close(fd);
	return ret;
}

/* Soft offlining copies a page elsewhere; of a hidden one it must not touch a byte, nor take it out of service. */
static void repairs(void)
{
	uint8_t *page;
	uint64_t pa;
	struct vm vm;

	make_private(&vm);
	page = vm.ram + (DATA_GPA - RAM_GPA);
	pa = pa_of(page);
	expect_mmio(&vm, 0, MMIO_GPA, true, 8);
	offline("soft", pa);
	EXPECT(madvise(page, PAGE, 101 /* MADV_SOFT_OFFLINE */) < 0);
	EXPECT(madvise(page, PAGE, MADV_HWPOISON) < 0);
	EXPECT(offline("hard", pa) != 0);
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA + 8, true, 8), 0);
	expect_off(&vm, 0);
	close(vm.vcpu[0]);
	close(vm.fd);
	/* Plain memory again: readable, empty, and the kernel does not think that it is broken. */
	EXPECT_EQ(*(volatile uint64_t *)page, 0);
	*(volatile uint64_t *)page = 7;
	EXPECT_EQ(pa_of(page), pa);
	close(vm.dev);
	munmap(vm.ram, RAM_SIZE);
	close(vm.memfd);
}

TEST(huge__offlining_of_a_hidden_huge_page__harmless)
{
	on_huge_kinds(repairs);
}
