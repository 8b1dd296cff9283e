// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: what the host's kernel does with memory by itself, while some of it is a protected VM's: I/O in flight, swap,
 * broken memory taken out of use, a memory limit that kills the VMM.
 * Never: take a refusal for right before the same thing has worked on other memory.
 * Used by: gzvm_abi_test. Needs the modules brd, dm-delay, hwpoison-inject and zram, a swap made of the last one.
 * Named so that they run last: some leave pages of the machine out of use.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/wait.h>

#include "kinds.h"

#define PAGE		4096ull
#define PAGES		64ull
#define SLOW_MS		"450"
#define DISK_SECTORS	2048ull
#define SYS_MEMORY	"/sys/devices/system/memory/"
#define GROUP		"/tmp/cgroup/vmm"

static uint8_t *data_of(struct vm *vm)
{
	return vm->ram + (DATA_GPA - RAM_GPA);
}

static void make_secret_vm(struct vm *vm, uint64_t pages, bool protect)
{
	vm_make(vm, 1, guest_secret, (const uint64_t[4]){ DATA_GPA, DATA_GPA + pages * PAGE, MMIO_GPA });
	if (protect)
		EXPECT_OK(vm_protect(vm));
}

static uint64_t changed(struct vm *vm)
{
	uint64_t n = expect_mmio(vm, 0, MMIO_GPA + 8, true, 8);

	expect_off(vm, 0);
	return n;
}

static void expect_back(void)
{
	uint64_t until = now_ms() + 5000;

	while (hyp_stat("vms") != 0 && now_ms() < until)
		sleep_ms(5);
	EXPECT_EQ(hyp_stat("vms"), 0);
	EXPECT_EQ(hyp_stat("pages_donated"), 0);
}

static int tell(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err;
	long n = fd < 0 ? -1 : write(fd, text, strlen(text));

	err = n < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	return err;
}

/* One command for the device mapper, with a table of one target when there are params. */
static int dm(unsigned long cmd, const char *params)
{
	static union {
		struct dm_ioctl io;
		char bytes[4096];
	} b;
	struct dm_target_spec *spec = (void *)(b.bytes + sizeof(b.io));
	int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC), ret;

	memset(&b, 0, sizeof(b));
	b.io = (struct dm_ioctl){ .version = { 4, 0, 0 }, .data_size = sizeof(b), .data_start = sizeof(b.io),
				  .target_count = params ? 1 : 0 };
	strcpy(b.io.name, "gzslow");
	spec->length = DISK_SECTORS;
	strcpy(spec->target_type, "delay");
	if (params)
		strcpy((char *)(spec + 1), params);
	ret = ioctl(fd, cmd, &b);
	close(fd);
	return ret;
}

/* A disk full of "attack!!" that answers after SLOW_MS. */
static int slow_disk(void)
{
	static uint8_t block[4096] __attribute__((aligned(4096)));
	int ram = open("/dev/ram0", O_RDWR | O_DIRECT | O_CLOEXEC);
	unsigned int i;

	for (i = 0; i < sizeof(block); i += 8)
		memcpy(block + i, "attack!!", 8);
	EXPECT_EQ(pwrite(ram, block, sizeof(block), 0), sizeof(block));
	close(ram);
	EXPECT_OK(dm(DM_DEV_CREATE, NULL));
	EXPECT_OK(dm(DM_TABLE_LOAD, "/dev/ram0 0 " SLOW_MS));
	EXPECT_OK(dm(DM_DEV_SUSPEND, NULL));	/* without its flag: resume */
	return open("/dev/dm-0", O_RDONLY | O_DIRECT | O_CLOEXEC);
}

/* A process whose read into the page is under way when this returns. */
static pid_t start_read(int disk, uint8_t *page)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(pread(disk, page, PAGE, 0) == (long)PAGE ? 0 : errno);
	sleep_ms(100);
	EXPECT_EQ(waitpid(pid, NULL, WNOHANG), 0);
	return pid;
}

static void expect_read_done(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	EXPECT_EQ(status, 0);
}

static void refused_while(struct vm *vm, pid_t reader)
{
	uint32_t reason = vcpu_run_to_exit(vm, 0);

	EXPECT(reason == GZVM_EXIT_EXCEPTION || reason == GZVM_EXIT_FAIL_ENTRY);
	if (reason == GZVM_EXIT_EXCEPTION)
		EXPECT_EQ(vm->run[0].exception.error_code, EBUSY);
	EXPECT_EQ(waitpid(reader, NULL, WNOHANG), 0);
}

/* A disk still writes to the page: an open guest loses its secret, a protected one does not get the page before. */
TEST(under_pressure__direct_io_in_flight__page_refused_until_it_is_done)
{
	struct vm vm;
	int round, disk = slow_disk();
	pid_t reader;

	EXPECT(disk >= 0);
	for (round = 0; round < 2; round++) {
		bool protect = round == 1;

		make_secret_vm(&vm, 1, protect);
		reader = start_read(disk, data_of(&vm));
		if (protect) {
			refused_while(&vm, reader);
			expect_read_done(reader);
			EXPECT(!memcmp(data_of(&vm), "attack!!", 8));
			expect_mmio(&vm, 0, MMIO_GPA, true, 8);
		} else {
			expect_mmio(&vm, 0, MMIO_GPA, true, 8);
			expect_read_done(reader);
		}
		EXPECT_EQ(changed(&vm), protect ? 0 : PAGE / 8);
		vm_end(&vm);
		expect_back();
	}
	close(disk);
	EXPECT_OK(dm(DM_DEV_REMOVE, NULL));
}

static long vmstat(const char *name)
{
	FILE *f = fopen("/proc/vmstat", "re");
	char key[64];
	long n, found = -1;

	while (f && fscanf(f, "%63s %ld", key, &n) == 2) {
		if (!strcmp(key, name))
			found = n;
	}
	if (f)
		fclose(f);
	return found;
}

/* Other memory goes to the swap, a guest's does not. */
TEST(under_pressure__swap__guest_keeps_its_pages)
{
	long before = vmstat("pswpout");
	uint8_t *other = mmap(NULL, 256 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct vm vm;
	int round;

	EXPECT(other != MAP_FAILED && before >= 0);
	EXPECT_OK(swapon("/dev/zram0", 0));
	memset(other, 0x5a, 256 * PAGE);
	make_secret_vm(&vm, PAGES, true);
	expect_mmio(&vm, 0, MMIO_GPA, true, 8);
	for (round = 0; round < 3; round++) {
		EXPECT_OK(madvise(other, 256 * PAGE, MADV_PAGEOUT));
		madvise(vm.ram, RAM_SIZE, MADV_COLD);
		madvise(vm.ram, RAM_SIZE, MADV_PAGEOUT);
		EXPECT_EQ(tell("/proc/sys/vm/drop_caches", "3"), 0);
		EXPECT_EQ(tell("/proc/sys/vm/compact_memory", "1"), 0);
	}
	EXPECT(vmstat("pswpout") >= before + 200);
	EXPECT_EQ(changed(&vm), 0);
	vm_end(&vm);
	expect_back();
	EXPECT_EQ(other[100 * PAGE], 0x5a);
	EXPECT_OK(swapoff("/dev/zram0"));
	munmap(other, 256 * PAGE);
}

/* Reclaim tries the pages after they were pinned and before the guest gets them. */
TEST(under_pressure__paged_out_before_the_start__guest_starts)
{
	struct vm vm;

	make_secret_vm(&vm, PAGES, true);
	memset(data_of(&vm), 1, PAGES * PAGE);
	EXPECT_OK(swapon("/dev/zram0", 0));
	madvise(vm.ram, RAM_SIZE, MADV_PAGEOUT);
	expect_mmio(&vm, 0, MMIO_GPA, true, 8);
	EXPECT_EQ(changed(&vm), 0);
	vm_end(&vm);
	expect_back();
	EXPECT_OK(swapoff("/dev/zram0"));
}

static int offline(const char *how, uint64_t pa)
{
	char path[96], text[32];

	snprintf(path, sizeof(path), SYS_MEMORY "%s_offline_page", how);
	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)pa);
	return tell(path, text);
}

/* The signal that ends a process which loads from there, 0 without one. */
static int signal_of_load(const uint8_t *page)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		(void)*(const volatile uint8_t *)page;
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* The kernel takes broken memory out of use by its address; the flag of hidden pages is the one it has for that. */
TEST(under_pressure__offlined_by_address__guest_keeps_its_page)
{
	uint8_t *other = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct vm vm;
	uint64_t pa;

	EXPECT_EQ(offline("soft", pa_of(other)), 0);
	EXPECT_EQ(signal_of_load(other), 0);
	EXPECT_EQ(offline("hard", pa_of(other)), 0);
	EXPECT_EQ(signal_of_load(other), SIGBUS);
	munmap(other, PAGE);
	make_secret_vm(&vm, PAGES, true);
	pa = pa_of(data_of(&vm));
	expect_mmio(&vm, 0, MMIO_GPA, true, 8);
	offline("soft", pa);
	EXPECT(offline("hard", pa) != 0);
	EXPECT_EQ(signal_of_load(data_of(&vm)), SIGBUS);
	EXPECT_EQ(changed(&vm), 0);
	close(vm.vcpu[0]);
	close(vm.fd);
	expect_back();
	EXPECT_EQ(signal_of_load(data_of(&vm)), 0);
	EXPECT_EQ(*(volatile uint64_t *)(void *)data_of(&vm), 0);
	close(vm.dev);
	close(vm.memfd);
	munmap(vm.ram, RAM_SIZE);
}

static int by_page_number(const char *what, uint64_t pa)
{
	char path[96], text[32];

	snprintf(path, sizeof(path), "/sys/kernel/debug/hwpoison/%s-pfn", what);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)(pa / PAGE));
	return tell(path, text);
}

/* What becomes of a process that calls this page of its memory broken: its exit status as from waitpid(). */
static int calls_broken(uint8_t *page, int advice)
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(madvise(page, PAGE, advice) ? errno : 0);
	waitpid(pid, &status, 0);
	return status;
}

/* A page that is said to be broken, of which its user dies, and is said to be whole again. */
static void expect_poison_works(void)
{
	int err, status, pa_pipe[2];
	uint64_t pa = 0;
	pid_t pid;

	EXPECT_OK(pipe(pa_pipe));
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		uint8_t *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		pa = pa_of(page);
		if (write(pa_pipe[1], &pa, sizeof(pa)) == sizeof(pa))
			madvise(page, PAGE, MADV_HWPOISON);
		_exit(1);
	}
	EXPECT_EQ(read(pa_pipe[0], &pa, sizeof(pa)), sizeof(pa));
	waitpid(pid, &status, 0);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
	close(pa_pipe[0]);
	close(pa_pipe[1]);
	err = by_page_number("unpoison", pa);
	/* No kernel does that once memory was broken in earnest, as it is by another test here. */
	EXPECT(err == 0 || err == EOPNOTSUPP);
	if (err)
		printf("  skip: nothing can be said to be whole again any more\n");
}

/* Whoever takes the flag of a hidden page away would make it reachable. */
TEST(under_pressure__called_broken_and_whole__guest_keeps_its_page)
{
	struct vm vm;
	uint64_t pa;

	expect_poison_works();
	make_secret_vm(&vm, PAGES, true);
	pa = pa_of(data_of(&vm));
	expect_mmio(&vm, 0, MMIO_GPA, true, 8);
	EXPECT(calls_broken(data_of(&vm), MADV_HWPOISON) != 0);
	EXPECT(calls_broken(data_of(&vm), 101 /* MADV_SOFT_OFFLINE */) != 0);
	EXPECT(by_page_number("corrupt", pa) != 0);
	EXPECT(by_page_number("unpoison", pa) != 0);
	EXPECT_EQ(signal_of_load(data_of(&vm)), SIGBUS);
	EXPECT_EQ(changed(&vm), 0);
	close(vm.vcpu[0]);
	close(vm.fd);
	expect_back();
	EXPECT_EQ(signal_of_load(data_of(&vm)), 0);
	close(vm.dev);
	close(vm.memfd);
	munmap(vm.ram, RAM_SIZE);
}

/* In the group: a protected VM, then more memory than the group may have. */
static void vmm_that_grows(struct vm *vm)
{
	uint8_t *more;

	if (tell(GROUP "/cgroup.procs", "0"))
		_exit(1);
	make_secret_vm(vm, PAGES, true);
	expect_mmio(vm, 0, MMIO_GPA, true, 8);
	if (hyp_stat("pages_donated") < (long long)PAGES)
		_exit(2);
	more = mmap(NULL, 128ul << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(more, 1, 128ul << 20);
	_exit(3);
}

TEST(under_pressure__memory_limit_kills_vmm__memory_comes_back)
{
	struct vm vm;
	int status = 0;
	pid_t pid;

	mkdir("/tmp/cgroup", 0700);
	EXPECT_OK(mount("none", "/tmp/cgroup", "cgroup2", 0, NULL));
	EXPECT_EQ(tell("/tmp/cgroup/cgroup.subtree_control", "+memory"), 0);
	EXPECT_OK(mkdir(GROUP, 0700));
	EXPECT_EQ(tell(GROUP "/memory.max", "48M"), 0);
	EXPECT_EQ(tell(GROUP "/memory.swap.max", "0"), 0);
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		vmm_that_grows(&vm);
	waitpid(pid, &status, 0);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	expect_back();
	EXPECT_OK(rmdir(GROUP));
	EXPECT_OK(umount("/tmp/cgroup"));
}
