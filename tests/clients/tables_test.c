// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: memory that the driver lends the hypervisor for tables, and who waits for it.
 * Never: touch the slots: it is enough that they are there.
 * Used by: gzvm_abi_test.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "client.h"

#define EXTRA_GPA	0x100000000ull
#define HUGE_SLOT	(4ull << 30)

/* Tables for 4 GiB by pages are more than the hypervisor sets aside on the machine of this test. */
TEST(memory__more_than_the_hypervisor_has_tables_for__lent_and_back)
{
	long long before = hyp_stat("pool_total"), with;
	void *p = mmap(NULL, HUGE_SLOT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct vm vm;
	int i;

	if (paging_is("upfront"))		/* it would be all of the machine */
		return;
	EXPECT(p != MAP_FAILED && before > 0);
	for (i = 0; i < 3; i++) {
		vm_make_bare(&vm);
		EXPECT_EQ(hyp_stat("pool_total"), before);
		EXPECT_EQ(vm_slot(vm.fd, 1, EXTRA_GPA, HUGE_SLOT, p), 0);
		with = hyp_stat("pool_total");
		EXPECT(with >= before + 511);
		EXPECT(hyp_stat("pool_free") >= 2048);
		EXPECT_EQ(vm_slot(vm.fd, 2, 2 * EXTRA_GPA, HUGE_SLOT, p), 0);
		EXPECT(hyp_stat("pool_total") > with);
		EXPECT_EQ(vm_slot(vm.fd, 2, 2 * EXTRA_GPA, 0, p), 0);
		EXPECT_EQ(hyp_stat("pool_total"), with);
		if (i)
			EXPECT_EQ(vm_slot(vm.fd, 1, EXTRA_GPA, 0, p), 0);
		if (i)
			EXPECT_EQ(hyp_stat("pool_total"), before);
		vm_end(&vm);
		EXPECT_EQ(hyp_stat("pool_total"), before);
	}
	munmap(p, HUGE_SLOT);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	EXPECT(fd >= 0 && write(fd, text, strlen(text)) > 0);
	close(fd);
}

/* Who is over a cgroup's limit waits for the memory of his tables by himself. */
TEST(memory__tables_over_memory_high__others_do_not_wait)
{
	void *p = mmap(NULL, 2 * HUGE_SLOT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint64_t begun, worst = 0;
	struct vm vm;
	pid_t pid;
	int i;

	if (paging_is("upfront"))
		return;
	mkdir("/tmp/cg", 0755);
	EXPECT_OK(mount("none", "/tmp/cg", "cgroup2", 0, NULL));
	put("/tmp/cg/cgroup.subtree_control", "+memory");
	EXPECT_OK(mkdir("/tmp/cg/a", 0755));
	put("/tmp/cg/a/memory.high", "4M");
	pid = fork();
	if (pid == 0) {
		put("/tmp/cg/a/cgroup.procs", "0");
		vm_make_bare(&vm);
		_exit(vm_slot(vm.fd, 1, EXTRA_GPA, 2 * HUGE_SLOT, p) != 0);
	}
	for (i = 0; i < 20 && waitpid(pid, NULL, WNOHANG) == 0; i++) {
		sleep_ms(200);
		begun = now_ms();
		vm_make_bare(&vm);
		vm_end(&vm);
		worst = now_ms() - begun > worst ? now_ms() - begun : worst;
	}
	printf("  another VM came and went in %llu ms at most\n", (unsigned long long)worst);
	EXPECT(worst < 1500);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT_OK(rmdir("/tmp/cg/a"));
	EXPECT_OK(umount("/tmp/cg"));
	munmap(p, 2 * HUGE_SLOT);
}
