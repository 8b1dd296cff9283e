// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: guest memory: what a slot may be, deletion, limits, demand paging, relinquish.
 * Never: rely on one way of paging: the runner repeats all of it for each.
 * Used by: gzvm_abi_test.
 */
#define _GNU_SOURCE
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "client.h"
#include "kinds.h"

#define RELINQUISH	0xc6000009ull
#define PAGE		4096ull
#define EXTRA_GPA	0x100000000ull

static void *pages(size_t n)
{
	void *p = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

static int slot_with(struct vm *vm, struct gzvm_userspace_memory_region r)
{
	return vm_ioctl(vm, GZVM_SET_USER_MEMORY_REGION, &r);
}

#define SLOT(s, f, g, z, u) ((struct gzvm_userspace_memory_region){		\
	.slot = (s), .flags = (f), .guest_phys_addr = (g), .memory_size = (z),	\
	.userspace_addr = (uintptr_t)(u) })

TEST(memory__bad_geometry__einval)
{
	struct vm vm;
	char *p = pages(4);

	vm_make_bare(&vm);
	EXPECT_ERR(slot_with(&vm, SLOT(64, 1, EXTRA_GPA, PAGE, p)), EINVAL);
	EXPECT_ERR(slot_with(&vm, SLOT(1, 1, EXTRA_GPA + 8, PAGE, p)), EINVAL);
	EXPECT_ERR(slot_with(&vm, SLOT(1, 1, EXTRA_GPA, PAGE + 1, p)), EINVAL);
	EXPECT_ERR(slot_with(&vm, SLOT(1, 1, EXTRA_GPA, PAGE, p + 16)), EINVAL);
	EXPECT_ERR(slot_with(&vm, SLOT(1, 8, EXTRA_GPA, PAGE, p)), EINVAL);
	EXPECT_ERR(slot_with(&vm, SLOT(1, 1, ~0ull - PAGE + 1, 2 * PAGE, p)), EINVAL);
	EXPECT_ERR(slot_with(&vm, SLOT(1, 1, EXTRA_GPA, 1ull << 45, p)), EINVAL);
	vm_end(&vm);
}

TEST(memory__user_range_not_mapped__efault)
{
	struct vm vm;
	char *p = pages(4);

	vm_make_bare(&vm);
	EXPECT_ERR(slot_with(&vm, SLOT(1, 1, EXTRA_GPA, PAGE, 0)), EFAULT);
	EXPECT_ERR(slot_with(&vm, SLOT(1, 1, EXTRA_GPA, PAGE, 0xffff000000000000ull)), EFAULT);
	munmap(p + PAGE, PAGE);
	EXPECT_ERR(slot_with(&vm, SLOT(1, 1, EXTRA_GPA, 4 * PAGE, p)), EFAULT);
	/* Beyond what a guest can address: the hypervisor refuses. */
	EXPECT_ERR(slot_with(&vm, SLOT(1, 1, 1ull << 50, PAGE, p)), EFAULT);
	vm_end(&vm);
}

/* More than the kernel can keep books on: an error, and no warning in the host's log. */
TEST(memory__slot_of_a_terabyte__enomem)
{
	const uint64_t size = 1ull << 40;
	struct vm vm;
	void *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	EXPECT(p != MAP_FAILED);
	vm_make_bare(&vm);
	EXPECT_ERR(slot_with(&vm, SLOT(1, 1, EXTRA_GPA, size, p)), ENOMEM);
	vm_end(&vm);
	munmap(p, size);
}

static long hyp_bytes_of_one_vm(void)
{
	FILE *f = popen("cat /sys/kernel/debug/gzvm/*-*/protected_hyp_mem", "r");
	long bytes = -1;

	if (f && fscanf(f, "%ld", &bytes) != 1)
		bytes = -1;
	if (f)
		pclose(f);
	return bytes;
}

/* The hypervisor's memory for a VM whose guest wrote all of an 8 MiB slot. */
static long cost_of_slot(int advice)
{
	const uint64_t size = 0x800000, x[4] = { EXTRA_GPA, EXTRA_GPA + size, PAGE };
	char *all = mmap(NULL, size + 0x200000, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *p = (char *)(((uintptr_t)all + 0x1fffff) & ~0x1fffffull);
	struct vm vm;
	long bytes;

	madvise(p, size, advice);
	vm_make(&vm, 1, guest_touch, x);
	EXPECT_OK(vm_slot(vm.fd, 1, EXTRA_GPA, size, p));
	expect_off(&vm, 0);
	bytes = hyp_bytes_of_one_vm();
	vm_end(&vm);
	munmap(all, size + 0x200000);
	return bytes;
}

/* Folios of 2 MiB become mappings of 2 MiB: four tables less. */
TEST(memory__huge_folios__mapped_as_blocks)
{
	long small = cost_of_slot(MADV_NOHUGEPAGE), huge = cost_of_slot(MADV_HUGEPAGE);

	printf("  tables and books: %ld bytes with small pages, %ld with huge ones\n", small, huge);
	EXPECT(small > 0 && huge > 0);
	if (!paging_is("page"))
		EXPECT_EQ(small - huge, 4 * PAGE);
}

/* A guest that touches a page gets a few around it; one that goes on gets all, in few exits. */
TEST(memory__one_page_touched__few_pinned)
{
	const uint64_t size = 0x800000, at = EXTRA_GPA + 0x123000;
	const uint64_t one[4] = { at, at + PAGE, PAGE }, all[4] = { EXTRA_GPA, EXTRA_GPA + size, PAGE };
	char *p = pages(size / PAGE);
	long long faults;
	struct vm vm;

	madvise(p, size, MADV_NOHUGEPAGE);
	vm_make(&vm, 1, guest_touch, one);
	EXPECT_OK(vm_slot(vm.fd, 1, EXTRA_GPA, size, p));
	expect_off(&vm, 0);
	EXPECT(pages_pinned() > 0 && (paging_is("upfront") || pages_pinned() <= 64));
	vm_end(&vm);
	faults = hyp_stat("exit_page_fault");
	vm_make(&vm, 1, guest_touch, all);
	EXPECT_OK(vm_slot(vm.fd, 1, EXTRA_GPA, size, p));
	expect_off(&vm, 0);
	faults = hyp_stat("exit_page_fault") - faults;
	printf("  %lld page faults for 2048 pages and a program\n", faults);
	EXPECT(pages_pinned() >= (long long)(size / PAGE) && (paging_is("page") || faults <= 16));
	vm_end(&vm);
	munmap(p, size);
}

TEST(memory__several_mappings__accepted)
{
	struct vm vm;
	char *p = pages(8);

	vm_make_bare(&vm);
	mprotect(p + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
	EXPECT_OK(slot_with(&vm, SLOT(1, 0, EXTRA_GPA, 6 * PAGE, p + PAGE)));
	vm_end(&vm);
}

TEST(memory__overlap_or_slot_in_use__eexist)
{
	struct vm vm;
	char *p = pages(8);

	vm_make_bare(&vm);
	EXPECT_OK(slot_with(&vm, SLOT(1, 1, EXTRA_GPA, 4 * PAGE, p)));
	EXPECT_ERR(slot_with(&vm, SLOT(1, 1, EXTRA_GPA + 8 * PAGE, PAGE, p)), EEXIST);
	EXPECT_ERR(slot_with(&vm, SLOT(2, 1, EXTRA_GPA + 3 * PAGE, 2 * PAGE, p)), EEXIST);
	EXPECT_ERR(slot_with(&vm, SLOT(2, 1, EXTRA_GPA - PAGE, 2 * PAGE, p)), EEXIST);
	EXPECT_OK(slot_with(&vm, SLOT(2, 1, EXTRA_GPA + 4 * PAGE, 2 * PAGE, p + 4 * PAGE)));
	vm_end(&vm);
}

TEST(memory__delete__whatever_else_is_said)
{
	struct vm vm;
	char *p = pages(8);

	vm_make_bare(&vm);
	EXPECT_ERR(slot_with(&vm, SLOT(5, 0, 0, 0, 0)), ENOENT);
	EXPECT_OK(slot_with(&vm, SLOT(5, 1, EXTRA_GPA, 4 * PAGE, p)));
	EXPECT_OK(slot_with(&vm, SLOT(5, 0, 0, 0, 0)));
	EXPECT_ERR(slot_with(&vm, SLOT(5, 0, 0, 0, 0)), ENOENT);
	EXPECT_OK(slot_with(&vm, SLOT(5, 1, EXTRA_GPA, 4 * PAGE, p)));
	EXPECT_OK(slot_with(&vm, SLOT(5, 1, EXTRA_GPA, 0, p)));
	EXPECT_OK(slot_with(&vm, SLOT(6, 1, EXTRA_GPA, 4 * PAGE, p)));
	vm_end(&vm);
}

TEST(memory__all_64_slots)
{
	struct vm vm;
	char *p = pages(64);
	uint32_t i;

	vm_make_bare(&vm);
	for (i = 1; i < 64; i++)
		EXPECT_OK(vm_slot(vm.fd, i, EXTRA_GPA + 2 * i * PAGE, PAGE, p + i * PAGE));
	for (i = 1; i < 64; i++)
		EXPECT_OK(vm_slot(vm.fd, i, 0, 0, NULL));
	vm_end(&vm);
}

/* Without CAP_IPC_LOCK the limit counts, and what was counted comes back. */
static int child_limited(void)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];
	struct rlimit lim = { 64 * PAGE, 64 * PAGE };
	char *p = pages(128);
	int dev = dev_open(), vm;

	if (syscall(SYS_capget, &h, d))
		return 10;
	d[0].effective &= ~(1u << CAP_IPC_LOCK);
	if (setrlimit(RLIMIT_MEMLOCK, &lim) || syscall(SYS_capset, &h, d))
		return 11;
	vm = ioctl(dev, GZVM_CREATE_VM, 0);
	if (vm < 0)
		return 12;
	if (vm_slot(vm, 0, RAM_GPA, 65 * PAGE, p) != -1 || errno != ENOMEM)
		return 13;
	if (vm_slot(vm, 0, RAM_GPA, 64 * PAGE, p))
		return 14;
	if (vm_slot(vm, 1, EXTRA_GPA, PAGE, p) != -1 || errno != ENOMEM)
		return 15;
	if (vm_slot(vm, 0, 0, 0, NULL) || vm_slot(vm, 1, EXTRA_GPA, 64 * PAGE, p))
		return 16;
	return 0;
}

TEST(memory__rlimit_memlock__enomem)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(child_limited());
	waitpid(pid, &status, 0);
	EXPECT_EQ(status, 0);
}

TEST(memory__guest_touches_all__host_sees_it)
{
	const uint64_t x[4] = { DATA_GPA, RAM_GPA + RAM_SIZE, PAGE };
	uint64_t gpa, value, wrong = 0;
	struct vm vm;

	vm_make(&vm, 1, guest_touch, x);
	expect_off(&vm, 0);
	for (gpa = x[0]; gpa < x[1]; gpa += PAGE) {
		memcpy(&value, vm.ram + (gpa - RAM_GPA), sizeof(value));
		wrong += value != gpa;
	}
	EXPECT_EQ(wrong, 0);
	vm_end(&vm);
}

/* A slot that starts and ends inside a 2 MiB block, and user memory that is not aligned to it. */
TEST(memory__crooked_slot__every_page_right)
{
	const uint64_t start = EXTRA_GPA + 5 * PAGE, n = 1031;
	const uint64_t x[4] = { start, start + n * PAGE, PAGE };
	char *p = pages(n + 3);
	uint64_t i, value, wrong = 0;
	struct vm vm;

	vm_make(&vm, 1, guest_touch, x);
	EXPECT_OK(vm_slot(vm.fd, 1, start, n * PAGE, p + 3 * PAGE));
	expect_off(&vm, 0);
	for (i = 0; i < n; i++) {
		memcpy(&value, p + (i + 3) * PAGE, sizeof(value));
		wrong += value != start + i * PAGE;
	}
	EXPECT_EQ(wrong, 0);
	vm_end(&vm);
	munmap(p, (n + 3) * PAGE);
}

/* Memory that cannot be written cannot be given to a guest; user space is told, the guest waits. */
TEST(memory__read_only_user_memory__exception_exit)
{
	const uint64_t x[4] = { EXTRA_GPA, EXTRA_GPA + PAGE, PAGE };
	char *p = pages(1);
	struct vm vm;

	mprotect(p, PAGE, PROT_READ);
	vm_make(&vm, 1, guest_touch, x);
	if (vm_slot(vm.fd, 1, EXTRA_GPA, PAGE, p)) {
		EXPECT_EQ(errno, EFAULT);	/* populate=upfront finds out here */
	} else {
		EXPECT_EQ(vcpu_run_to_exit(&vm, 0), GZVM_EXIT_EXCEPTION);
		EXPECT_EQ(vm.run[0].exception.exception, GZVM_EXCEPTION_PAGE_FAULT);
		EXPECT_EQ(vm.run[0].exception.fault_gpa & ~(PAGE - 1), EXTRA_GPA);
		mprotect(p, PAGE, PROT_READ | PROT_WRITE);
		expect_off(&vm, 0);
	}
	vm_end(&vm);
}

/* What a guest has seen stays its memory, whatever user space maps there afterwards. */
TEST(memory__unmapped_behind_the_guest__keeps_its_pages)
{
	const uint64_t x[4] = { DATA_GPA, MMIO_GPA };
	uint64_t value = 0x1234567890abcdefull;
	struct vm vm;

	vm_make(&vm, 1, guest_load, x);
	memcpy(vm.ram + (DATA_GPA - RAM_GPA), &value, sizeof(value));
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA, true, 8), value);
	munmap(vm.ram, RAM_SIZE);
	expect_off(&vm, 0);
	vm_end(&vm);
}

/* What one client does for a reset: registers of the boot vCPU once more, on the same VM. */
static void start_again(struct vm *vm, const uint8_t *entry, const uint64_t x[4])
{
	int i;

	EXPECT_OK(vcpu_set_reg(vm->vcpu[0], GZVM_REG_PSTATE, 0x3c5));
	for (i = 0; i < 4; i++)
		EXPECT_OK(vcpu_set_reg(vm->vcpu[0], GZVM_REG_X(i), x[i]));
	EXPECT_OK(vcpu_set_reg(vm->vcpu[0], GZVM_REG_PC, RAM_GPA + (uint64_t)(entry - guest_blob)));
}

/* A child gets copies of pinned pages: what it writes is not the guest's memory. */
TEST(memory__private_memory_and_fork__guest_and_parent_agree)
{
	const uint64_t x[4] = { EXTRA_GPA, MMIO_GPA };
	uint64_t value = 0x1111;
	char *p = pages(1);
	struct vm vm;
	pid_t pid;

	memcpy(p, &value, sizeof(value));
	vm_make(&vm, 1, guest_load, x);
	EXPECT_OK(vm_slot(vm.fd, 1, EXTRA_GPA, PAGE, p));
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA, true, 8), value);
	expect_off(&vm, 0);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		memset(p, 0xcc, PAGE);
		_exit(0);
	}
	value = 0x2222;
	memcpy(p, &value, sizeof(value));
	waitpid(pid, NULL, 0);
	start_again(&vm, guest_load, x);
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA, true, 8), value);
	vm_end(&vm);
}

/* A deleted slot is no memory any more: the same address comes out as MMIO. */
TEST(memory__deleted_slot__becomes_mmio)
{
	const uint64_t x[4] = { EXTRA_GPA, MMIO_GPA };
	uint64_t value = 0x55aa55aa55aa55aaull;
	char *p = pages(1);
	struct vm vm;

	memcpy(p, &value, sizeof(value));
	vm_make(&vm, 1, guest_load, x);
	EXPECT_OK(vm_slot(vm.fd, 1, EXTRA_GPA, PAGE, p));
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA, true, 8), value);
	expect_off(&vm, 0);
	EXPECT_OK(vm_slot(vm.fd, 1, 0, 0, NULL));
	start_again(&vm, guest_load, x);
	EXPECT_EQ(expect_mmio(&vm, 0, EXTRA_GPA, false, 8), 0);
	vm_end(&vm);
}

TEST(memory__relinquish__page_comes_back_fresh)
{
	const uint64_t x[4] = { RELINQUISH, DATA_GPA, 0, MMIO_GPA };
	const uint64_t again[4] = { DATA_GPA, DATA_GPA + PAGE, PAGE };
	uint64_t value = 0;
	struct vm vm;

	vm_make(&vm, 1, guest_call, x);
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA, true, 8), 0);
	expect_mmio(&vm, 0, MMIO_GPA + 8, true, 8);
	expect_mmio(&vm, 0, MMIO_GPA + 16, true, 8);
	expect_mmio(&vm, 0, MMIO_GPA + 24, true, 8);
	expect_off(&vm, 0);
	start_again(&vm, guest_touch, again);
	expect_off(&vm, 0);
	memcpy(&value, vm.ram + (DATA_GPA - RAM_GPA), sizeof(value));
	EXPECT_EQ(value, DATA_GPA);
	vm_end(&vm);
}

/* Whether the kernel would write the page to the swap, did it not need an entry of a table to tell it so. */
static void expect_dirty_after_vm(int flags, int fd, int advice)
{
	const uint64_t size = 0x200000, x[4] = { EXTRA_GPA, EXTRA_GPA + size, PAGE };
	char *all = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, flags, fd, 0);
	char *p = (char *)(((uintptr_t)all + size - 1) & ~(size - 1));
	uint64_t i, clean = 0;
	struct vm vm;

	madvise(p, size, advice);
	vm_make(&vm, 1, guest_touch, x);
	EXPECT_OK(vm_slot(vm.fd, 1, EXTRA_GPA, size, p));
	expect_off(&vm, 0);
	vm_end(&vm);
	for (i = 0; i < size; i += PAGE)
		clean += !page_is_dirty(p + i);
	EXPECT_EQ(clean, 0);
	munmap(all, 2 * size);
}

/* A guest's stores mark nothing by themselves: the driver does for all of its pages. */
TEST(memory__given_back__dirty)
{
	int fd = memfd_create("dirty", MFD_CLOEXEC);

	EXPECT_OK(ftruncate(fd, 0x400000));
	expect_dirty_after_vm(MAP_PRIVATE | MAP_ANONYMOUS, -1, MADV_NOHUGEPAGE);
	expect_dirty_after_vm(MAP_PRIVATE | MAP_ANONYMOUS, -1, MADV_HUGEPAGE);
	expect_dirty_after_vm(MAP_SHARED, fd, MADV_NORMAL);
	close(fd);
}
