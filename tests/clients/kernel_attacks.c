// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a host whose kernel itself attacks a guest's memory: by a module (tests/module), by starting another kernel.
 * Never: judge; prints facts for tests/system/host-kernel, which does.
 * Used by: gzvm_abi_test scan | touch | kexec.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../module/gz_look.h"
#include "kernel_attacks.h"
#include "client.h"

#define PAGE		4096ull
#define SEED		0x17ed000000005ec4ull
#define SECRET_PAGES	64ull
#define SECRET_END	(DATA_GPA + SECRET_PAGES * PAGE)
#define BLOCK		0x200000ull

static struct vm vm;

static int look_open(void)
{
	int fd = open("/dev/gz_look", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		printf("fact error /dev/gz_look: %s\n", strerror(errno));
	return fd;
}

/* Up to the point where the guest has written its secret. */
static void make_with_secret(bool protect)
{
	const uint64_t x[4] = { DATA_GPA, SECRET_END, MMIO_GPA };

	vm_make(&vm, 1, guest_secret, x);
	if (protect)
		EXPECT_OK(vm_protect(&vm));
	expect_mmio(&vm, 0, MMIO_GPA, true, 8);
}

/* References are taken after the first RUN: before it they would keep the VM from starting. */
static int hold_secret(int look)
{
	struct gz_look_hold h = { vm.memfd, (unsigned int)((DATA_GPA - RAM_GPA) / PAGE), SECRET_PAGES };

	return ioctl(look, GZ_LOOK_HOLD, &h);
}

static void wait_until_gone(void)
{
	uint64_t until = now_ms() + 10000;

	while (hyp_stat("vms") != 0 && now_ms() < until)
		sleep_ms(2);
}

/* A child that has a VM and holds its pages, until it is killed or, every other time, ends by itself. */
static void live_and_die(int look, bool protect, bool by_signal)
{
	int ready[2];
	char c = 0;
	pid_t pid;

	if (pipe(ready))
		exit(1);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		make_with_secret(protect);
		c = hold_secret(look) ? 'n' : 'y';
		if (write(ready[1], &c, 1) != 1)
			_exit(1);
		while (by_signal)
			pause();
		vm_end(&vm);
		_exit(0);
	}
	if (read(ready[0], &c, 1) != 1 || c != 'y')
		printf("fact error the pages were not held\n");
	if (by_signal)
		kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(ready[0]);
	close(ready[1]);
	wait_until_gone();
}

int attack_scan(bool protect, int cycles)
{
	struct gz_look_scan s = { .base = SEED, .from = DATA_GPA, .end = SECRET_END };
	unsigned long long found = 0;
	int i, look = look_open();

	for (i = 0; look >= 0 && i < cycles; i++) {
		live_and_die(look, protect, i % 2);
		s.found = 0;
		EXPECT_OK(ioctl(look, GZ_LOOK_SCAN, &s));
		found += s.found;
		EXPECT_OK(ioctl(look, GZ_LOOK_DROP));
	}
	printf("fact scan-%s cycles %d of words %llu found %llu\n", protect ? "protected" : "open", i,
	       i * SECRET_PAGES * PAGE / 8, found);
	return 0;
}

/* The fate of a process that makes the kernel touch the page. */
static void touch(int look, const char *name, unsigned long how)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(ioctl(look, how) < 0 ? errno : 0);
	waitpid(pid, &status, 0);
	printf("fact touch-%s %s %d\n", name, WIFSIGNALED(status) ? "signal" : "result",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

int attack_touch(bool protect)
{
	int look = look_open();
	uint64_t changed;

	if (look < 0)
		return 1;
	make_with_secret(protect);
	EXPECT_OK(hold_secret(look));
	touch(look, "careful", GZ_LOOK_CAREFUL);
	touch(look, "load", GZ_LOOK_LOAD);
	touch(look, "store", GZ_LOOK_STORE);
	changed = expect_mmio(&vm, 0, MMIO_GPA + 8, true, 8);
	printf("fact touch-changed %llu\n", (unsigned long long)changed);
	vm_end(&vm);
	EXPECT_OK(ioctl(look, GZ_LOOK_DROP));
	wait_until_gone();
	printf("fact touch-vms %lld\n", hyp_stat("vms"));
	return 0;
}

static void *read_file(const char *name, size_t *size)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	uint8_t *buf = malloc(8 << 20);
	ssize_t n;

	*size = 0;
	while (fd >= 0 && buf && (n = read(fd, buf + *size, (8 << 20) - *size)) > 0)
		*size += (size_t)n;
	if (fd >= 0)
		close(fd);
	return buf;
}

/* The middle of the largest piece of RAM the kernel knows. */
static uint64_t middle_of_ram(void)
{
	FILE *f = fopen("/proc/iomem", "r");
	uint64_t best = 0, size = 0;
	unsigned long long from, to;
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		if (line[0] == ' ' || !strstr(line, ": System RAM") || sscanf(line, "%llx-%llx", &from, &to) != 2)
			continue;
		if (to - from > size) {
			size = to - from;
			best = from;
		}
	}
	if (f)
		fclose(f);
	return size ? (best + size / 2) & ~(BLOCK - 1) : 0;
}

/* Loads x0 and jumps: who started this kernel left nothing in the registers. */
struct springboard {
	uint32_t code[4];
	uint64_t x0, entry;
};

/* Another VM, so large that the hypervisor needs more memory for tables: how many pages of this kernel's it has got. */
static long long make_hyp_borrow(void)
{
	long long before = hyp_stat("pool_total");
	size_t size = 4ull << 30;
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct vm vm;

	vm_make_bare(&vm);
	EXPECT(p != MAP_FAILED);
	EXPECT_EQ(vm_slot(vm.fd, 1, 1ull << 32, size, p), 0);
	return hyp_stat("pool_total") - before;
}

int attack_kexec(bool protect, const char *image)
{
	struct springboard jump = { .code = { 0x58000080, 0x580000b0, 0xd61f0200, 0xd503201f } };
	struct kexec_segment seg[3] = { 0 };
	size_t image_size, tree_size;
	void *code = read_file(image, &image_size), *tree = read_file("/sys/firmware/fdt", &tree_size);
	uint64_t base = middle_of_ram();

	if (!base || !image_size || !tree_size) {
		printf("fact error no RAM, image or device tree\n");
		return 1;
	}
	jump.entry = base;
	jump.x0 = base + 2 * BLOCK;
	seg[0] = (struct kexec_segment){ code, image_size, (void *)base, (image_size + BLOCK) & ~(BLOCK - 1) };
	seg[1] = (struct kexec_segment){ tree, tree_size, (void *)jump.x0, (tree_size + PAGE) & ~(PAGE - 1) };
	seg[2] = (struct kexec_segment){ &jump, sizeof(jump), (void *)(base + 3 * BLOCK), PAGE };
	if (syscall(SYS_kexec_load, base + 3 * BLOCK, 3, seg, KEXEC_ARCH_AARCH64)) {
		printf("fact error kexec_load: %s\n", strerror(errno));
		return 1;
	}
	free(code);
	make_with_secret(protect);
	printf("fact kexec vms %lld\n", hyp_stat("vms"));
	printf("fact kexec lent %lld\n", protect ? make_hyp_borrow() : 0);
	fflush(stdout);
	sleep_ms(200);
	reboot(LINUX_REBOOT_CMD_KEXEC);
	printf("fact error kexec: %s\n", strerror(errno));
	return 1;
}
