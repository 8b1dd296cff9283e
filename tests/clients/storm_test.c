// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: four vCPUs of a protected VM share, take back and give up pages, their own and each other's, while the host's other
 * processes use, map, reclaim and compact the same memory, and its VMM is killed at some moment.
 * Never: count a silent guest as a quiet one: each kind of call must have worked and have been refused.
 * Used by: gzvm_abi_test. GZ_STORM_CYCLES=N (3), GZ_STORM_SEED=N, GZ_STORM_VIEWS=0: the hypervisor tells no driver what is shared.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "client.h"

#define PAGE		4096ull
#define VCPUS		4
#define OWN		(VCPUS * 4u)	/* then four pages that all fill with secrets, then four that all do anything to */
#define PAGES		(OWN + 8u)
#define STRIDE		512u
#define SECRET		0x5ec4e75ec4e7beefull
#define PUBLIC		0x0becull
#define JUNK		0xbadbadull
#define INTRUDERS	3
#define OFFSET		(DATA_GPA - RAM_GPA)
#define LONGEST_MS	10000u
/*
 * What slabs and page tables of the dead may still take; some 200 KiB were seen. Of memory that is counted exactly not a page may
 * be missing (struct books); this is for the rest: a VM has at least 300 KiB, with populate=upfront 16 MiB.
 */
#define FREE_KIB_NOISE	1024

enum op { SHARE, TAKE_BACK, CHANGED, GIVE_UP, OTHERS, OPS };

/* Seen by all processes of a cycle. */
static struct board {
	int ready, running, holes, memfd;
	uint64_t ram;
	uint64_t worked[OPS], refused[OPS];
	uint64_t busy, stuck, changed, odd, odd_reason, odd_code;
	uint64_t secrets, publics, refused_looks, taken;
} *board;

static struct vm vm;
static unsigned int seed;

/* What must be after a cycle as it was before. */
static const char *const hyp_books[] = { "vms", "vcpus", "pages_shared_guest", "pages_shared_hyp", "pages_donated", "pool_free" };
#define HYP_BOOKS	(sizeof(hyp_books) / sizeof(hyp_books[0]))

struct books {
	long long hyp[HYP_BOOKS];
	long long pins, broken_kib, shmem_kib;
};

static unsigned int next(void)
{
	seed = seed * 1103515245 + 12345;
	return seed >> 16;
}

static void bump(uint64_t *n, uint64_t by)
{
	__atomic_fetch_add(n, by, __ATOMIC_RELAXED);
}

static void report(uint64_t op, uint64_t value)
{
	board->running = 1;
	if (op >= OPS)
		bump(&board->odd, 1);
	else if (op == CHANGED)
		bump(&board->changed, value);
	else
		bump(value ? &board->refused[op] : &board->worked[op], 1);
}

/*
 * Somebody has the page that the guest wants, and it may be had later. Of a page in CMA, which a pin must move away first,
 * Linux says then that there is no memory.
 */
static bool in_use(const struct gzvm_vcpu_run *run)
{
	bool stuck = run->exit_reason == GZVM_EXIT_EXCEPTION && run->exception.error_code == ENOMEM;

	bump(&board->stuck, stuck);
	return stuck || run->exit_reason == GZVM_EXIT_FAIL_ENTRY ||
	       (run->exit_reason == GZVM_EXIT_EXCEPTION && run->exception.error_code == EBUSY);
}

/* One vCPU's thread of the VMM. */
static void *run_one(void *arg)
{
	struct gzvm_vcpu_run *run = &vm.run[(intptr_t)arg];

	for (;;) {
		uint32_t reason = vcpu_run_to_exit(&vm, (int)(intptr_t)arg);
		uint64_t value;

		memcpy(&value, run->mmio.data, 8);
		if (reason == GZVM_EXIT_MMIO && run->mmio.is_write && run->mmio.size == 8) {
			report((run->mmio.phys_addr - MMIO_GPA) / 8, value);
		} else if (in_use(run)) {
			bump(&board->busy, 1);
			usleep(200);
		} else {
			board->odd_reason = reason;
			board->odd_code = run->exception.error_code;
			bump(&board->odd, 1);
			return NULL;
		}
	}
}

static void vmm(bool protect, bool each_on_its_cpu)
{
	const uint64_t x[4] = { DATA_GPA, MMIO_GPA, VCPUS };
	pthread_t thread;
	cpu_set_t cpus;
	intptr_t i;

	vm_make(&vm, VCPUS, guest_storm, x);
	if (protect && vm_protect(&vm))
		_exit(1);
	board->memfd = vm.memfd;
	board->ram = (uintptr_t)vm.ram;
	__atomic_store_n(&board->ready, 1, __ATOMIC_RELEASE);
	for (i = 0; i < VCPUS; i++) {
		if (pthread_create(&thread, NULL, run_one, (void *)i))
			_exit(1);
		CPU_ZERO(&cpus);
		CPU_SET((size_t)i, &cpus);
		if (each_on_its_cpu)
			pthread_setaffinity_np(thread, sizeof(cpus), &cpus);
	}
	for (;;)
		pause();
}

static sigjmp_buf after_fault;

static void faulted(int sig)
{
	(void)sig;
	siglongjmp(after_fault, 1);
}

static void look(uint64_t word)
{
	bump(&board->secrets, word == SECRET);
	bump(&board->publics, word == PUBLIC);
}

static void by_load_and_store(volatile uint64_t *load, volatile uint64_t *store)
{
	if (sigsetjmp(after_fault, 1)) {
		bump(&board->refused_looks, 1);
		return;
	}
	look(*load);
	*store = JUNK;
}

static void by_calls(pid_t pid, uint64_t at, uint64_t to)
{
	uint64_t word = 0, junk = JUNK;
	struct iovec mine = { &word, 8 }, his = { (void *)(board->ram + at), 8 };
	struct iovec junk_io = { &junk, 8 }, his_too = { (void *)(board->ram + to), 8 };

	if (pread(vm.memfd, &word, 8, (off_t)at) == 8)
		look(word);
	if (process_vm_readv(pid, &mine, 1, &his, 1, 0) == 8)
		look(word);
	bump(&board->taken, pwrite(vm.memfd, &junk, 8, (off_t)to) == 8);
	bump(&board->taken, process_vm_writev(pid, &junk_io, 1, &his_too, 1, 0) == 8);
}

static void by_new_mapping(uint64_t page)
{
	volatile uint64_t *p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_POPULATE, vm.memfd, (off_t)page);

	if (p == MAP_FAILED)
		return;
	if (!sigsetjmp(after_fault, 1))
		look(*p);
	munmap((void *)p, PAGE);
}

/* A pipe holds the page until the next visit. */
static void by_pipe(uint8_t *page)
{
	static char buf[PAGE];
	static int fd[2];
	struct iovec io = { page, PAGE };

	if (!fd[0] && pipe2(fd, O_NONBLOCK))
		return;
	if (read(fd[0], buf, PAGE) == (long)PAGE)
		look(*(uint64_t *)(void *)buf);
	else if (next() % 4 == 0)
		vmsplice(fd[1], &io, 1, SPLICE_F_NONBLOCK);
}

static void visit(pid_t pid)
{
	const uint64_t page = OFFSET + next() % PAGES * PAGE;
	const uint64_t at = page + next() % 8 * STRIDE, to = page + next() % 8 * STRIDE;

	by_load_and_store((uint64_t *)(void *)(vm.ram + at), (uint64_t *)(void *)(vm.ram + to));
	by_calls(pid, at, to);
	by_new_mapping(page);
	by_pipe(vm.ram + page);
	madvise(vm.ram + page, PAGE, next() % 2 ? MADV_PAGEOUT : MADV_COLD);
	/* Not before the guest runs: of memory pinned up front a page that is out of its file keeps the VM from starting. */
	if (next() % 16 == 0 && board->holes && __atomic_load_n(&board->running, __ATOMIC_RELAXED))
		fallocate(vm.memfd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)page, PAGE);
	usleep(200);			/* the others get their turns */
}

static void tell(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		test_fail(__FILE__, __LINE__, "%s: %s", path, strerror(errno));
	close(fd);
}

/* Free memory is wanted, and in large pieces. */
static void press(void)
{
	const size_t size = 48u << 20;
	uint8_t *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	for (i = 0; p != MAP_FAILED && i < size; i += PAGE)
		p[i] = 1;
	munmap(p, size);
	tell("/proc/sys/vm/drop_caches", "3");
	tell("/proc/sys/vm/compact_memory", "1");
	usleep(20000);
}

/* Process n of those beside the VMM. */
static pid_t intrude(pid_t victim, int n)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	signal(SIGBUS, faulted);
	signal(SIGSEGV, faulted);
	seed += (unsigned int)n * 7919;
	for (;;) {
		if (n == INTRUDERS)
			press();
		else
			visit(victim);
	}
}

static long long kernel_count(const char *file, const char *name)
{
	FILE *f = fopen(file, "r");
	long long value = -1, v;
	char line[128], key[64];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %lld", key, &v) == 2 && !strcmp(key, name))
			value = v;
	}
	if (f)
		fclose(f);
	return value;
}

static struct books books_now(void)
{
	struct books b;
	size_t i;

	tell("/proc/sys/vm/stat_refresh", "1");
	for (i = 0; i < HYP_BOOKS; i++)
		b.hyp[i] = hyp_stat(hyp_books[i]);
	b.pins = kernel_count("/proc/vmstat", "nr_foll_pin_acquired") - kernel_count("/proc/vmstat", "nr_foll_pin_released");
	b.broken_kib = kernel_count("/proc/meminfo", "HardwareCorrupted:");
	b.shmem_kib = kernel_count("/proc/meminfo", "Shmem:");
	return b;
}

static void expect_books(const struct books *before)
{
	struct books now = books_now();
	size_t i;

	for (i = 0; i < HYP_BOOKS; i++) {
		if (now.hyp[i] != before->hyp[i])
			test_fail(__FILE__, __LINE__, "%s: %lld, was %lld", hyp_books[i], now.hyp[i], before->hyp[i]);
	}
	EXPECT_EQ(now.pins, before->pins);
	EXPECT_EQ(now.broken_kib, before->broken_kib);
	EXPECT_EQ(now.shmem_kib, before->shmem_kib);
}

/* Free pages that CPUs keep for themselves. */
static long long kept_by_cpus(void)
{
	FILE *f = fopen("/proc/zoneinfo", "r");
	long long sum = 0, v;
	char line[128];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, " count: %lld", &v) == 1)
			sum += v;
	}
	if (f)
		fclose(f);
	return sum;
}

static long long free_kib(void)
{
	int i;

	/* Caches shrink by halves. */
	for (i = 0; i < 8; i++)
		tell("/proc/sys/vm/drop_caches", "3");
	sleep_ms(200);
	return kernel_count("/proc/meminfo", "MemFree:") + kept_by_cpus() * (long long)(PAGE / 1024);
}

static void wait_for_end(void)
{
	uint64_t until = now_ms() + LONGEST_MS;

	while (hyp_stat("vms") != 0 && now_ms() < until)
		sleep_ms(5);
}

/* Words of the secret in the dead VM's memory, which this process still holds: nothing was cleared for a new owner. */
static uint64_t words_left(void)
{
	static uint8_t buf[64 * PAGE];
	uint64_t left = 0, word;
	size_t at, i;

	for (at = 0; at < RAM_SIZE; at += sizeof(buf)) {
		EXPECT_EQ(pread(vm.memfd, buf, sizeof(buf), (off_t)at), sizeof(buf));
		for (i = 0; i < sizeof(buf); i += 8) {
			memcpy(&word, buf + i, 8);
			left += word == SECRET;
		}
	}
	return left;
}

/* This process and those it forks from here on have the VM's memory, and nothing else of it. */
static bool borrow_memory(pid_t pid)
{
	uint64_t until = now_ms() + LONGEST_MS;
	char path[64];

	while (!__atomic_load_n(&board->ready, __ATOMIC_ACQUIRE) && now_ms() < until && waitpid(pid, NULL, WNOHANG) == 0)
		sleep_ms(2);
	if (!board->ready)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, board->memfd);
	vm.memfd = open(path, O_RDWR | O_CLOEXEC);
	vm.ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, vm.memfd, 0);
	if (vm.ram == MAP_FAILED)	/* the seal of older kernels */
		vm.ram = mmap(NULL, RAM_SIZE, PROT_READ, MAP_SHARED, vm.memfd, 0);
	return vm.memfd >= 0 && vm.ram != MAP_FAILED;
}

static unsigned int setting(const char *name, unsigned int otherwise)
{
	const char *text = getenv(name);

	return text && *text ? (unsigned int)strtoul(text, NULL, 0) : otherwise;
}

/* Whether the storm has shown what it must, open or protected. */
static bool is_stormy(bool protect)
{
	const struct board *b = board;

	if (!protect)
		return b->secrets && b->taken && b->changed;
	return b->worked[SHARE] && b->worked[TAKE_BACK] && b->worked[GIVE_UP] && b->worked[OTHERS] && b->refused[OTHERS] &&
	       b->refused_looks && (b->publics || !setting("GZ_STORM_VIEWS", 1));
}

/* One VM's life of so many ms, or until the storm is what it must be; words of the secret that were left. */
static uint64_t cycle(bool protect, bool first, unsigned int ms)
{
	pid_t pid, others[INTRUDERS + 1];
	uint64_t left;
	int i;

	board->ready = board->running = 0;
	board->holes = protect;		/* an open VM goes on with pages that nobody else has then */
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		vmm(protect, first);
	if (!borrow_memory(pid)) {
		test_fail(__FILE__, __LINE__, "no VM was made");
		kill(pid, SIGKILL);
		return 0;
	}
	for (i = 0; i <= INTRUDERS; i++)
		others[i] = intrude(pid, i);
	sleep_ms(ms);
	for (i = 0; first && i < 400 && !is_stormy(protect); i++)
		sleep_ms(50);
	kill(pid, SIGKILL);
	EXPECT_EQ(waitpid(pid, NULL, 0), pid);
	wait_for_end();
	for (i = 0; i <= INTRUDERS; i++) {
		kill(others[i], SIGKILL);
		EXPECT_EQ(waitpid(others[i], NULL, 0), others[i]);
	}
	left = words_left();
	munmap(vm.ram, RAM_SIZE);
	close(vm.memfd);
	return left;
}

/* Memory that Linux could not move, since the last look. */
static unsigned long long moves_failed(void)
{
	static long long last;
	long long now, before = last;

	tell("/proc/sys/vm/stat_refresh", "1");
	last = now = kernel_count("/proc/vmstat", "pgmigrate_fail");
	return (unsigned long long)(now - before);
}

static void begin(void)
{
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	seed = setting("GZ_STORM_SEED", 1);
	tell("/proc/sys/vm/drop_caches", "4");	/* from now on without a word in the log */
	moves_failed();
	printf("  seed %u\n", seed);
}

static void tell_counts(const char *what)
{
	const struct board *b = board;

	printf("  %s: shared %llu/%llu, taken back %llu/%llu, given up %llu, of all %llu/%llu, busy %llu, stuck %llu\n", what,
	       (unsigned long long)b->worked[SHARE], (unsigned long long)b->refused[SHARE],
	       (unsigned long long)b->worked[TAKE_BACK], (unsigned long long)b->refused[TAKE_BACK],
	       (unsigned long long)b->worked[GIVE_UP], (unsigned long long)b->worked[OTHERS],
	       (unsigned long long)b->refused[OTHERS], (unsigned long long)b->busy, (unsigned long long)b->stuck);
	printf("  %s: looks refused %llu, secrets %llu, public words %llu, writes %llu\n", what,
	       (unsigned long long)b->refused_looks, (unsigned long long)b->secrets, (unsigned long long)b->publics,
	       (unsigned long long)b->taken);
	EXPECT(b->stuck <= moves_failed());
	if (b->odd)
		test_fail(__FILE__, __LINE__, "%llu times an exit nobody expects, the last %llu, code %llu",
			  (unsigned long long)b->odd, (unsigned long long)b->odd_reason, (unsigned long long)b->odd_code);
}

/* What an open VM does not hide. */
TEST(sharing_storm__unprotected__host_sees_the_secret)
{
	uint64_t left;

	begin();
	left = cycle(false, true, 500);
	tell_counts("open");
	EXPECT(left > 0);
	EXPECT(is_stormy(false));
	EXPECT_EQ(board->worked[SHARE], 0);
	munmap(board, sizeof(*board));
}

TEST(sharing_storm__protected__killed_at_random__host_sees_nothing_and_all_comes_back)
{
	unsigned int n, cycles = setting("GZ_STORM_CYCLES", 3);
	long long aborts = hyp_stat("host_aborts"), free_before, free_after;
	struct books before;
	uint64_t left;

	begin();
	left = cycle(true, true, 500);		/* the hypervisor keeps a page for each CPU that ever ran a guest */
	before = books_now();
	free_before = free_kib();
	for (n = 0; n < cycles; n++) {
		left += cycle(true, false, next() % (n % 4 ? 1000 : 30));
		expect_books(&before);
	}
	free_after = free_kib();
	tell_counts("protected");
	printf("  %u kills, free KiB: %lld before, %lld after\n", cycles + 1, free_before, free_after);
	EXPECT(free_after > free_before - FREE_KIB_NOISE);
	EXPECT_EQ(left, 0);
	EXPECT_EQ(board->secrets, 0);
	EXPECT_EQ(board->changed, 0);
	EXPECT(is_stormy(true));
	if (!setting("GZ_STORM_VIEWS", 1))
		EXPECT_EQ(board->publics, 0);
	EXPECT_EQ(hyp_stat("host_aborts"), aborts);
	munmap(board, sizeof(*board));
}
