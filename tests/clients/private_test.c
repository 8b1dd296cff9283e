// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: protected VMs: what user space can reach of them, and that all of it comes back, empty.
 * Never: believe that an attack fails before it has worked on an unprotected VM.
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
#include "private_attacks_more.h"

#define PAGE		4096ull
#define SEED		0x17ed000000005ec4ull
#define SECRET_PAGES	64ull
#define SECRET_END	(DATA_GPA + SECRET_PAGES * PAGE)
#define LOAD_PAGE	0ull
#define SWIOTLB_GPA	0x100000000ull
#define RESULT_SIGNAL	1000

static uint8_t *host_of(struct vm *vm, uint64_t gpa)
{
	return vm->ram + (gpa - RAM_GPA);
}

/* Where the first page of the secret was when it could still be found out. */
static uint64_t secret_pa;

/* Up to the point where the guest has written its secret. */
static void make_with_secret(struct vm *vm, bool protect)
{
	const uint64_t x[4] = { DATA_GPA, SECRET_END, MMIO_GPA };

	vm_make(vm, 1, guest_secret, x);
	secret_pa = pa_of(host_of(vm, DATA_GPA + LOAD_PAGE * PAGE));
	expect_kind(secret_pa);
	if (protect)
		EXPECT_OK(vm_protect(vm));
	expect_mmio(vm, 0, MMIO_GPA, true, 8);
	/* A pin for long may move a page first; of a private page nobody is told. */
	if (!protect)
		secret_pa = pa_now(host_of(vm, DATA_GPA + LOAD_PAGE * PAGE));
}

/* How many words the guest finds changed. */
static uint64_t changed_words(struct vm *vm)
{
	uint64_t n = expect_mmio(vm, 0, MMIO_GPA + 8, true, 8);

	expect_off(vm, 0);
	return n;
}

static void expect_all_back(void)
{
	uint64_t until = now_ms() + 5000;

	while (hyp_stat("vms") != 0 && now_ms() < until)
		sleep_ms(5);
	EXPECT_EQ(hyp_stat("vms"), 0);
	EXPECT_EQ(hyp_stat("pages_shared_guest"), 0);
	EXPECT_EQ(hyp_stat("pages_donated"), 0);
}

/* 0 worked, an errno, or RESULT_SIGNAL and the signal. */
static int run_attack(const struct attack *a, const struct target *t)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(a->run(t));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) ? RESULT_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

static const char *words_of(int result)
{
	if (result == 0)
		return "works";
	if (result == EPROTO)
		return "nothing of it";
	return result < RESULT_SIGNAL ? strerrorname_np(result) : sigabbrev_np(result - RESULT_SIGNAL);
}

/* Accesses that EL2 refused the host's kernel, where one is meant to get that far and elsewhere. */
static long long aborts_meant, aborts_else;

static void expect_aborts(const struct attack *a, bool protect, long long n)
{
	*(a->by_alias ? &aborts_meant : &aborts_else) += n;
	EXPECT_EQ(n != 0, protect && a->by_alias);
	if ((n != 0) != (protect && a->by_alias))
		printf("  %s: EL2 refused %lld accesses of the host\n", a->name, n);
}

/* Returns how many words of its memory the guest finds changed. */
static uint64_t run_attacks(bool protect, int *result)
{
	uint64_t changed;
	unsigned int i;
	struct vm vm;

	make_with_secret(&vm, protect);
	for (i = 0; i < attack_count; i++) {
		uint64_t gpa = DATA_GPA + (attacks[i].writes ? 1 + i : LOAD_PAGE) * PAGE;
		struct target t = { .page = host_of(&vm, gpa), .secret = gpa + SEED, .memfd = vm.memfd,
			.offset = (off_t)(gpa - RAM_GPA), .pa = secret_pa, .owner = getpid(), .is_private = protect };
		long long aborts = hyp_stat("host_aborts");

		result[i] = run_attack(&attacks[i], &t);
		expect_aborts(&attacks[i], protect, hyp_stat("host_aborts") - aborts);
	}
	changed = changed_words(&vm);
	vm_end(&vm);
	expect_all_back();
	return changed;
}

/* Without a block device there is no direct I/O; what a secret does as code is its own affair. */
static bool as_it_must_be(const struct attack *a, int open_vm, int closed_vm)
{
	if (ram_kind == RAM_HUGETLB && a->on_hugetlb)
		return open_vm == a->on_hugetlb && closed_vm != 0;
	return (open_vm == 0 || open_vm == ENODEV || open_vm == RESULT_SIGNAL + SIGILL) &&
	       closed_vm != 0 && closed_vm != RESULT_SIGNAL + SIGILL;
}

/* Two VMs, the second protected when PROTECT, and the table; how many rows are not as they must be. */
static unsigned int attack_both(bool protect)
{
	int open_vm[96], closed_vm[96];
	unsigned int i, wrong = 0;
	uint64_t open_words, closed_words;

	open_words = run_attacks(false, open_vm);
	closed_words = run_attacks(protect, closed_vm);
	printf("  %-24s %-14s %s\n", "attack", "unprotected", "protected");
	for (i = 0; i < attack_count; i++) {
		bool right = as_it_must_be(&attacks[i], open_vm[i], closed_vm[i]);

		printf("  %-24s %-14s %s%s\n", attacks[i].name, words_of(open_vm[i]), words_of(closed_vm[i]),
		       right ? "" : "   <-- WRONG");
		wrong += !right;
	}
	printf("  %-24s %-14llu %llu\n", "words the guest lost", (unsigned long long)open_words,
	       (unsigned long long)closed_words);
	return wrong + (open_words == 0) + (closed_words != 0);
}

int attack_demo(void)
{
	unsigned int wrong;

	printf("A guest writes a secret into its memory. Its host, as root, tries to read and to change it,\n"
	       "first of an unprotected VM, then of a protected one.\n\n");
	wrong = attack_both(true);
	printf("\nAccesses that EL2 had to refuse the host's own kernel: %lld for BPF, %lld others\n", aborts_meant, aborts_else);
	printf(wrong ? "%u rows are not as they must be.\n" : "The unprotected VM lost its secret; the protected one"
	       " kept it, and its host goes on unharmed.\n", wrong);
	return wrong != 0;
}

static void attacks_work_on_an_open_vm_only(void)
{
	EXPECT_EQ(attack_both(true), 0);
}

TEST(private__attacks__work_on_an_open_vm_only)
{
	attacks_work_on_an_open_vm_only();
}

TEST(huge__attacks__work_on_an_open_vm_only)
{
	on_huge_kinds(attacks_work_on_an_open_vm_only);
}

/* The table can tell: a VM that nobody protected is wrong in nearly every row. */
TEST(private__attacks__table_of_two_open_vms__is_wrong)
{
	EXPECT(attack_both(false) > attack_count - 3);
}

/* Whatever the guest left is gone, and the pages are plain memory again. */
static void expect_empty_and_usable(uint8_t *from)
{
	uint64_t i, left = 0, *word = (uint64_t *)(void *)from;

	for (i = 0; i < SECRET_PAGES * PAGE / 8; i++)
		left += word[i] != 0;
	EXPECT_EQ(left, 0);
	memset(from, 0xa5, SECRET_PAGES * PAGE);
	EXPECT_EQ(from[PAGE], 0xa5);
}

static void memory_comes_back_empty(void)
{
	struct vm vm;

	make_with_secret(&vm, true);
	EXPECT(hyp_stat("pages_donated") >= (long long)SECRET_PAGES);
	EXPECT_EQ(changed_words(&vm), 0);
	close(vm.vcpu[0]);
	close(vm.fd);
	expect_all_back();
	expect_empty_and_usable(host_of(&vm, DATA_GPA));
	close(vm.dev);
	close(vm.memfd);
	munmap(vm.ram, RAM_SIZE);
}

TEST(private__end__memory_comes_back_empty)
{
	memory_comes_back_empty();
}

TEST(huge__end__memory_comes_back_empty)
{
	on_huge_kinds(memory_comes_back_empty);
}

/* The memfd outlives the process that is killed; what it holds then is what others could get. */
static void memory_of_the_killed_comes_back_empty(void)
{
	int status, ready[2], round;
	struct vm *shared;
	pid_t pid;
	char c;

	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (round = 0; round < 5; round++) {
		char path[64];
		uint8_t *p;
		int fd;

		EXPECT_OK(pipe(ready));
		fflush(stdout);
		pid = fork();
		if (pid == 0) {
			make_with_secret(shared, true);
			if (write(ready[1], "r", 1) != 1)
				_exit(1);
			for (;;)
				pause();
		}
		EXPECT(read(ready[0], &c, 1) == 1);
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, shared->memfd);
		fd = open(path, O_RDWR | O_CLOEXEC);
		EXPECT(fd >= 0);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		expect_all_back();
		/* Sealed against new writable mappings where the kernel needs that. */
		p = mmap(NULL, RAM_SIZE, PROT_READ, MAP_SHARED, fd, 0);
		EXPECT(p != MAP_FAILED);
		if (p != MAP_FAILED) {
			uint64_t i, left = 0;

			for (i = 0; i < SECRET_PAGES * PAGE; i++)
				left += p[DATA_GPA - RAM_GPA + i] != 0;
			EXPECT_EQ(left, 0);
			munmap(p, RAM_SIZE);
		}
		close(fd);
		close(ready[0]);
		close(ready[1]);
	}
	munmap(shared, PAGE);
}

TEST(private__sigkill__memory_comes_back_empty)
{
	memory_of_the_killed_comes_back_empty();
}

TEST(huge__sigkill__memory_comes_back_empty)
{
	on_huge_kinds(memory_of_the_killed_comes_back_empty);
}

/* Deleted, unmapped, a hole: nothing user space does to its side takes a page from the guest. */
static void guest_keeps_what_goes(void)
{
	struct vm vm;

	make_with_secret(&vm, true);
	fallocate(vm.memfd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, RAM_SIZE);
	munmap(vm.ram, RAM_SIZE);
	close(vm.memfd);
	EXPECT_EQ(changed_words(&vm), 0);
	close(vm.vcpu[0]);
	close(vm.fd);
	close(vm.dev);
	expect_all_back();
}

TEST(private__user_memory_goes__guest_keeps_it)
{
	guest_keeps_what_goes();
}

TEST(huge__user_memory_goes__guest_keeps_it)
{
	on_huge_kinds(guest_keeps_what_goes);
}

TEST(private__slots_after_the_start__refused)
{
	struct vm vm;

	make_with_secret(&vm, true);
	EXPECT_ERR(vm_slot(vm.fd, 1, SWIOTLB_GPA, PAGE, vm.ram), EBUSY);
	EXPECT_OK(vm_slot(vm.fd, 0, 0, 0, NULL));	/* stays with the guest until the end */
	EXPECT_ERR(vcpu_set_reg(vm.vcpu[0], GZVM_REG_PC, RAM_GPA), EINVAL);
	EXPECT_EQ(changed_words(&vm), 0);
	vm_end(&vm);
	expect_all_back();
}

/* Anonymous memory cannot be made unreachable: said before the guest has run on it. */
TEST(private__anonymous_memory__refused)
{
	const uint64_t x[4] = { SWIOTLB_GPA, SWIOTLB_GPA + PAGE, PAGE };
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct vm vm;
	uint32_t reason;

	vm_make(&vm, 1, guest_touch, x);
	EXPECT_OK(vm_slot(vm.fd, 1, SWIOTLB_GPA, PAGE, p));
	EXPECT_OK(vm_protect(&vm));
	reason = vcpu_run_to_exit(&vm, 0);
	EXPECT(reason == GZVM_EXIT_EXCEPTION || reason == GZVM_EXIT_FAIL_ENTRY);
	if (reason == GZVM_EXIT_EXCEPTION)
		EXPECT_EQ(vm.run[0].exception.error_code, EINVAL);
	vm_end(&vm);
	munmap(p, PAGE);
	expect_all_back();
}

/* The slot a protected guest shares stays readable and writable on both sides. */
TEST(private__swiotlb_slot__shared)
{
	const uint64_t x[4] = { SWIOTLB_GPA, SWIOTLB_GPA + 4 * PAGE, PAGE };
	void *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct gzvm_userspace_memory_region r = { .slot = 1, .flags = GZVM_USER_MEM_REGION_STATIC_SWIOTLB,
		.guest_phys_addr = SWIOTLB_GPA, .memory_size = 4 * PAGE, .userspace_addr = (uintptr_t)p };
	uint64_t *word = p;
	struct vm vm;
	int i;

	vm_make(&vm, 1, guest_touch, x);
	EXPECT_OK(vm_ioctl(&vm, GZVM_SET_USER_MEMORY_REGION, &r));
	EXPECT_OK(vm_protect(&vm));
	expect_off(&vm, 0);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(word[i * 512], SWIOTLB_GPA + (uint64_t)i * PAGE);
	word[0] = 1;
	vm_end(&vm);
	munmap(p, 4 * PAGE);
	expect_all_back();
}

/* A page in a pipe is in somebody's hands: the guest waits until it is not. */
static void busy_until_the_pipe_is_drained(void)
{
	struct gzvm_vcpu_run *run;
	struct iovec io;
	uint64_t left[512];
	struct vm vm;
	uint32_t reason;
	int fd[2];

	vm_make(&vm, 1, guest_secret, (const uint64_t[4]){ DATA_GPA, DATA_GPA + PAGE, MMIO_GPA });
	EXPECT_OK(vm_protect(&vm));
	run = &vm.run[0];
	io = (struct iovec){ host_of(&vm, DATA_GPA), PAGE };
	*(volatile uint64_t *)io.iov_base = 1;
	EXPECT_OK(pipe(fd));
	EXPECT_EQ(vmsplice(fd[1], &io, 1, 0), PAGE);
	reason = vcpu_run_to_exit(&vm, 0);
	EXPECT(reason == GZVM_EXIT_EXCEPTION || reason == GZVM_EXIT_FAIL_ENTRY);
	if (reason == GZVM_EXIT_EXCEPTION)
		EXPECT_EQ(run->exception.error_code, EBUSY);
	EXPECT_EQ(read(fd[0], left, PAGE), PAGE);
	expect_mmio(&vm, 0, MMIO_GPA, true, 8);
	EXPECT_EQ(changed_words(&vm), 0);
	vm_end(&vm);
	close(fd[0]);
	close(fd[1]);
	expect_all_back();
}

TEST(private__page_in_a_pipe__ebusy_until_it_is_drained)
{
	busy_until_the_pipe_is_drained();
}

TEST(huge__page_in_a_pipe__ebusy_until_it_is_drained)
{
	on_huge_kinds(busy_until_the_pipe_is_drained);
}

/* What an importer's kernel does with a page cannot be stopped: while there is a dma-buf of it, the guest does not get it. */
static void busy_until_the_dma_buf_is_closed(void)
{
	struct target its = { .offset = (off_t)(DATA_GPA - RAM_GPA) };
	uint32_t reason;
	struct vm vm;
	int fd, err;

	vm_make(&vm, 1, guest_secret, (const uint64_t[4]){ DATA_GPA, DATA_GPA + PAGE, MMIO_GPA });
	its.memfd = vm.memfd;
	fd = dma_buf_of(&its);
	err = errno;
	EXPECT_OK(vm_protect(&vm));
	if (fd >= 0) {
		reason = vcpu_run_to_exit(&vm, 0);
		EXPECT(reason == GZVM_EXIT_EXCEPTION || reason == GZVM_EXIT_FAIL_ENTRY);
		if (reason == GZVM_EXIT_EXCEPTION)
			EXPECT_EQ(vm.run[0].exception.error_code, EBUSY);
		close(fd);
	} else {
		EXPECT_EQ(err, ENODEV);
		printf("  skip: no /dev/udmabuf\n");
	}
	expect_mmio(&vm, 0, MMIO_GPA, true, 8);
	EXPECT(dma_buf_of(&its) < 0);
	EXPECT_EQ(changed_words(&vm), 0);
	vm_end(&vm);
	expect_all_back();
}

TEST(private__page_in_a_dma_buf__ebusy_until_it_is_closed)
{
	busy_until_the_dma_buf_is_closed();
}

TEST(huge__page_in_a_dma_buf__ebusy_until_it_is_closed)
{
	on_huge_kinds(busy_until_the_dma_buf_is_closed);
}
