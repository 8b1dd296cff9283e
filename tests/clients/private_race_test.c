// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: other processes read and write guest memory while it becomes a protected VM's and comes back.
 * Paged one by one a page is given right after it was taken from them: that is the race to win.
 * Never: demand that a page can be had while it is in use: EBUSY is right, a changed word is not.
 * Used by: gzvm_abi_test.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "kinds.h"

#define PAGE		4096ull
#define PAGES		64ull
#define ROUNDS		2
#define INTRUDERS	3
#define TRIES		2000
#define OFFSET		(DATA_GPA - RAM_GPA)

static sigjmp_buf after_fault;

static void faulted(int sig)
{
	(void)sig;
	siglongjmp(after_fault, 1);
}

/* A pipe holds the page from one visit to the next, and is drained then. */
static void hold_in_pipe(uint8_t *page, char *buf)
{
	static int fd[2];
	static bool full;
	struct iovec his = { page, PAGE };

	if (full && read(fd[0], buf, PAGE) < 0)
		errno = 0;
	full = !(full && ram_kind == RAM_THP);
	if (!fd[0] && pipe2(fd, O_NONBLOCK))
		fd[0] = 0;
	if (fd[0] && full)
		vmsplice(fd[1], &his, 1, SPLICE_F_NONBLOCK);
}

/* One visit to a page by each way that a kernel or a process has; all results are right. */
static void visit(const struct vm *vm, uint64_t i, pid_t owner, char *buf)
{
	uint8_t *page = vm->ram + OFFSET + i * PAGE;
	struct iovec mine = { buf, PAGE }, his = { page, PAGE };
	const off_t at = (off_t)(OFFSET + i * PAGE);

	if (!sigsetjmp(after_fault, 1))
		*(volatile uint64_t *)(void *)page += 1;
	if (pread(vm->memfd, buf, PAGE, at) < 0 || pwrite(vm->memfd, buf, 64, at) < 0)
		errno = 0;
	process_vm_readv(owner, &mine, 1, &his, 1, 0);
	process_vm_writev(owner, &mine, 1, &his, 1, 0);
	hold_in_pipe(page, buf);
	fallocate(vm->memfd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at + 64, 64);
	madvise(page, PAGE, MADV_COLD);
	/* Who holds one page of a huge one holds all of it, and a guest that never gets it proves nothing. */
	if (ram_kind == RAM_THP) {
		usleep(1000);
		hold_in_pipe(page, buf);
		usleep(3000);
	}
}

static pid_t intrude(const struct vm *vm, unsigned int seed)
{
	static char buf[PAGE];
	pid_t pid, owner = getpid();

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	signal(SIGBUS, faulted);
	signal(SIGSEGV, faulted);
	for (;;) {
		seed = seed * 1103515245 + 12345;
		visit(vm, (seed >> 16) % PAGES, owner, buf);
	}
}

/* Runs until the guest reports, however often a page was in somebody's hands. */
static bool run_to_report(struct vm *vm)
{
	int tries;

	for (tries = 0; tries < TRIES; tries++) {
		uint32_t reason = vcpu_run_to_exit(vm, 0);

		if (reason == GZVM_EXIT_MMIO)
			return true;
		if (reason == GZVM_EXIT_EXCEPTION && vm->run[0].exception.error_code == EBUSY)
			continue;
		if (reason != GZVM_EXIT_FAIL_ENTRY)
			break;
	}
	test_fail(__FILE__, __LINE__, "exit %u, code %u after %d tries", vm->run[0].exit_reason,
		  vm->run[0].exception.error_code, tries);
	return false;
}

static void race(void)
{
	const uint64_t x[4] = { DATA_GPA, DATA_GPA + PAGES * PAGE, MMIO_GPA };
	long long aborts = hyp_stat("host_aborts");
	uint64_t changed;
	pid_t pid[INTRUDERS];
	struct vm vm;
	int round, i;

	for (round = 0; round < ROUNDS; round++) {
		vm_make(&vm, 1, guest_secret, x);
		EXPECT_OK(vm_protect(&vm));
		for (i = 0; i < INTRUDERS; i++)
			pid[i] = intrude(&vm, (unsigned int)(round * INTRUDERS + i + 1));
		sleep_ms(20);
		if (run_to_report(&vm)) {
			sleep_ms(50);
			changed = expect_mmio(&vm, 0, MMIO_GPA + 8, true, 8);
			EXPECT_EQ(changed, 0);
		}
		/* The intruders go on while the VM ends. */
		close(vm.vcpu[0]);
		close(vm.fd);
		sleep_ms(20);
		for (i = 0; i < INTRUDERS; i++) {
			kill(pid[i], SIGKILL);
			waitpid(pid[i], NULL, 0);
		}
		close(vm.dev);
		close(vm.memfd);
		munmap(vm.ram, RAM_SIZE);
	}
	EXPECT_EQ(hyp_stat("host_aborts"), aborts);
	EXPECT_EQ(hyp_stat("pages_donated"), 0);
}

TEST(race__private_memory_others_use__guest_never_notices)
{
	race();
}

/*
 * For paging in blocks: one by one each page would wait until nobody has any. Of hugetlb a page that
 * somebody has mapped stays his, so there is no race to win.
 */
TEST(races__private_huge_memory_others_use__guest_never_notices)
{
	use_kind(RAM_THP);
	race();
	use_kind(RAM_SMALL);
}
