// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: runs the registered tests and builds the small VMs they use.
 * Never: go on after a set-up step failed: the test would then check something else.
 * Used by: every *_test.c in this folder, linked into one program.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <glob.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>

#include "client.h"
#include "kinds.h"
#include "kernel_attacks.h"
#include "private_attacks.h"

#define BLOCK		0x200000ul
#define PSTATE_EL1H	0x3c5ull

static struct test *tests;
static bool failed;

void test_add(struct test *t)
{
	struct test **at = &tests;

	while (*at && strcmp((*at)->name, t->name) < 0)
		at = &(*at)->next;
	t->next = *at;
	*at = t;
}

void test_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	failed = true;
	printf("  %s:%d: ", file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

static void die(const char *what)
{
	printf("cannot go on: %s: %s\n", what, strerror(errno));
	fflush(stdout);
	exit(1);
}

void sleep_ms(unsigned int ms)
{
	struct timespec ts = { ms / 1000, (ms % 1000) * 1000000l };

	nanosleep(&ts, NULL);
}

uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void quiet(int sig)
{
	(void)sig;
}

void quiet_signal(int sig, int flags)
{
	struct sigaction sa = { .sa_handler = quiet, .sa_flags = flags };

	sigaction(sig, &sa, NULL);
}

int dev_open(void)
{
	int fd = open("/dev/gzvm", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("/dev/gzvm");
	return fd;
}

int vm_ioctl(struct vm *vm, unsigned long request, void *arg)
{
	return ioctl(vm->fd, request, arg);
}

int vm_slot(int vm_fd, uint32_t slot, uint64_t gpa, uint64_t size, const void *host)
{
	struct gzvm_userspace_memory_region r = {
		.slot = slot, .flags = GZVM_USER_MEM_REGION_GUEST_MEM, .guest_phys_addr = gpa,
		.memory_size = size, .userspace_addr = (uintptr_t)host,
	};

	return ioctl(vm_fd, GZVM_SET_USER_MEMORY_REGION, &r);
}

/* Kernels before 6.10 want a memfd that cannot be truncated under the guest, all do of hugetlb. */
static bool kernel_wants_seals(void)
{
	struct utsname u;
	int major = 0, minor = 0;

	if (ram_kind == RAM_HUGETLB)
		return true;
	return uname(&u) == 0 && sscanf(u.release, "%d.%d", &major, &minor) == 2 &&
	       (major < 6 || (major == 6 && minor < 10));
}

static int protect(struct vm *vm, uint64_t tell)
{
	struct gzvm_enable_cap c = { .cap = GZVM_CAP_PROTECTED_VM,
		.args = { GZVM_CAP_PVM_SET_PROTECTED_VM, [4] = tell } };

	if (kernel_wants_seals() &&
	    fcntl(vm->memfd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE))
		die("seals");
	return vm_ioctl(vm, GZVM_ENABLE_CAP, &c);
}

int vm_protect(struct vm *vm)
{
	return protect(vm, 0);
}

int vm_protect_telling(struct vm *vm)
{
	return protect(vm, GZVM_PVM_TELL_VIEWS);
}

int vcpu_set_reg(int vcpu_fd, uint64_t id, uint64_t value)
{
	struct gzvm_one_reg reg = { .id = id, .addr = (uintptr_t)&value };

	return ioctl(vcpu_fd, GZVM_SET_ONE_REG, &reg);
}

static void make_ram(struct vm *vm)
{
	uint8_t *at;

	vm->memfd = ram_memfd();
	if (vm->memfd < 0 || ftruncate(vm->memfd, RAM_SIZE))
		die("guest memory");
	at = mmap(NULL, RAM_SIZE + BLOCK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		die("guest addresses");
	at = (uint8_t *)(((uintptr_t)at + BLOCK - 1) & ~(BLOCK - 1));
	vm->ram = mmap(at, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, vm->memfd, 0);
	if (vm->ram == MAP_FAILED)
		die("guest mapping");
	ram_advise(vm->ram, RAM_SIZE);
	memcpy(vm->ram, guest_blob, (size_t)(guest_blob_end - guest_blob));
}

static void make_gic(struct vm *vm)
{
	struct gzvm_create_device d = { .dev_type = GZVM_DEV_TYPE_ARM_VGIC_V3_DIST,
		.dev_addr = GICD_GPA, .dev_reg_size = 0x10000 };
	struct gzvm_create_device r = { .dev_type = GZVM_DEV_TYPE_ARM_VGIC_V3_REDIST,
		.dev_addr = GICR_GPA, .dev_reg_size = 0x20000 };

	if (vm_ioctl(vm, GZVM_CREATE_DEVICE, &d) || vm_ioctl(vm, GZVM_CREATE_DEVICE, &r))
		die("CREATE_DEVICE");
}

void vm_make_bare(struct vm *vm)
{
	memset(vm, 0, sizeof(*vm));
	vm->dev = dev_open();
	vm->fd = ioctl(vm->dev, GZVM_CREATE_VM, 0);
	if (vm->fd < 0)
		die("CREATE_VM");
	make_ram(vm);
	if (vm_slot(vm->fd, 0, RAM_GPA, RAM_SIZE, vm->ram))
		die("SET_USER_MEMORY_REGION");
	make_gic(vm);
}

void vm_make(struct vm *vm, int vcpu_count, const uint8_t *entry, const uint64_t x[4])
{
	int i;

	vm_make_bare(vm);
	vm->vcpu_count = vcpu_count;
	for (i = 0; i < vcpu_count; i++) {
		vm->vcpu[i] = ioctl(vm->fd, GZVM_CREATE_VCPU, (unsigned long)i);
		if (vm->vcpu[i] < 0 || vcpu_set_reg(vm->vcpu[i], GZVM_REG_PSTATE, PSTATE_EL1H))
			die("CREATE_VCPU, PSTATE");
	}
	for (i = 0; x && i < 4; i++) {
		if (vcpu_set_reg(vm->vcpu[0], GZVM_REG_X(i), x[i]))
			die("X0 to X3");
	}
	if (vcpu_set_reg(vm->vcpu[0], GZVM_REG_PC, RAM_GPA + (uint64_t)(entry - guest_blob)))
		die("PC");
}

void vm_end(struct vm *vm)
{
	int i;

	for (i = 0; i < vm->vcpu_count; i++)
		close(vm->vcpu[i]);
	close(vm->fd);
	close(vm->dev);
	munmap(vm->ram, RAM_SIZE);
	close(vm->memfd);
}

int vcpu_run(struct vm *vm, int i)
{
	return ioctl(vm->vcpu[i], GZVM_RUN, &vm->run[i]);
}

static bool was_busy(const struct vm *vm, int i)
{
	return vm->retry_busy && vm->run[i].exit_reason == GZVM_EXIT_EXCEPTION && vm->run[i].exception.error_code == EBUSY;
}

uint32_t vcpu_run_to_exit(struct vm *vm, int i)
{
	int ret;

	while ((ret = vcpu_run(vm, i)) || was_busy(vm, i)) {
		if (!ret || errno == EINTR)
			continue;
		test_fail(__FILE__, __LINE__, "RUN: %s", strerror(errno));
		return 0;
	}
	return vm->run[i].exit_reason;
}

uint64_t expect_mmio(struct vm *vm, int i, uint64_t addr, bool is_write, uint64_t size)
{
	struct gzvm_vcpu_run *run = &vm->run[i];
	uint64_t value = 0;

	EXPECT_EQ(vcpu_run_to_exit(vm, i), GZVM_EXIT_MMIO);
	if (run->exit_reason != GZVM_EXIT_MMIO)
		return 0;
	EXPECT_EQ(run->mmio.phys_addr, addr);
	EXPECT_EQ(run->mmio.is_write, is_write);
	EXPECT_EQ(run->mmio.size, size);
	if (is_write && run->mmio.size <= 8)
		memcpy(&value, run->mmio.data, run->mmio.size);
	return value;
}

void expect_off(struct vm *vm, int i)
{
	EXPECT_EQ(vcpu_run_to_exit(vm, i), GZVM_EXIT_SYSTEM_EVENT);
	EXPECT_EQ(vm->run[i].system_event.type, GZVM_SYSTEM_EVENT_SHUTDOWN);
}

struct runner {
	struct vm *vm;
	int i;
	int result;
	int done;
	pthread_t thread;
};

static void *runner_main(void *arg)
{
	struct runner *r = arg;

	r->result = vcpu_run(r->vm, r->i) ? errno : 0;
	__atomic_store_n(&r->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

struct runner *runner_start(struct vm *vm, int i)
{
	struct runner *r = calloc(1, sizeof(*r));

	if (!r)
		die("memory");
	r->vm = vm;
	r->i = i;
	if (pthread_create(&r->thread, NULL, runner_main, r))
		die("thread");
	return r;
}

bool runner_is_done(struct runner *r)
{
	return __atomic_load_n(&r->done, __ATOMIC_ACQUIRE);
}

int runner_join(struct runner *r, int signal_first)
{
	int result;

	/* A signal may come before the thread is inside RUN: keep sending. */
	while (signal_first && !runner_is_done(r)) {
		pthread_kill(r->thread, signal_first);
		sleep_ms(2);
	}
	pthread_join(r->thread, NULL);
	result = r->result;
	free(r);
	return result;
}

long long hyp_stat(const char *name)
{
	FILE *f = fopen("/sys/kernel/debug/gzvm/stats", "r");
	long long value = -1, v;
	char key[64];

	while (f && fscanf(f, "%63s %lld", key, &v) == 2) {
		if (!strcmp(key, name))
			value = v;
	}
	if (f)
		fclose(f);
	return value;
}

bool paging_is(const char *name)
{
	FILE *f = fopen("/sys/module/gzvm/parameters/populate", "r");
	char text[32] = "";

	if (f && !fgets(text, sizeof(text), f))
		text[0] = 0;
	if (f)
		fclose(f);
	return !strncmp(text, name, strlen(name));
}

long long pages_pinned(void)
{
	long long sum = -1, pinned;
	glob_t g;
	FILE *f;

	if (glob("/sys/kernel/debug/gzvm/*-*/slots", 0, NULL, &g))
		return -1;
	f = fopen(g.gl_pathv[0], "r");
	globfree(&g);
	while (f && fscanf(f, "slot %*d gpa %*x pages %*d pinned %lld flags %*d ", &pinned) == 1)
		sum = sum < 0 ? pinned : sum + pinned;
	if (f)
		fclose(f);
	return sum;
}

/* For a runner that wants a live VM: a guest that spins until this program is killed. */
static void hold(void)
{
	struct vm vm;

	vm_make(&vm, 1, guest_spin, NULL);
	printf("holding\n");
	for (;;)
		vcpu_run(&vm, 0);
}

void *memory_that_hangs(size_t size)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	reg.range.start = (uintptr_t)p;
	reg.range.len = size;
	if (p == MAP_FAILED || fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg))
		die("userfaultfd");
	return p;
}

/* For a runner that wants a VM whose set-up never ends; needs populate=upfront. */
static int hang(void)
{
	void *p = memory_that_hangs(BLOCK);
	struct vm vm;

	vm_make_bare(&vm);
	printf("hanging\n");
	vm_slot(vm.fd, 1, RAM_GPA + RAM_SIZE, BLOCK, p);
	printf("not hanging\n");
	return 1;
}

/* One attempt to load a module, unlike insmod's two; says why not. */
static int load(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0)) {
		printf("%s\n", strerror(errno));
		return 1;
	}
	return 0;
}

static int by_the_kernel(const char *what, bool protect, const char *arg)
{
	if (!strcmp(what, "scan"))
		return attack_scan(protect, atoi(arg));
	if (!strcmp(what, "touch"))
		return attack_touch(protect);
	if (!strcmp(what, "hibernate"))
		return attack_hibernate(protect);
	if (!strcmp(what, "snapshot"))
		return attack_snapshot(protect, arg);
	return attack_kexec(protect, arg);
}

int main(int argc, char **argv)
{
	int passed = 0, bad = 0;
	uint64_t start;
	struct test *t;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1 && !strcmp(argv[1], "hold"))
		hold();
	if (argc > 1 && !strcmp(argv[1], "hang"))
		return hang();
	if (argc > 1 && !strcmp(argv[1], "attack"))
		return attack_demo();
	if (argc > 2 && !strcmp(argv[1], "load"))
		return load(argv[2]);
	if (argc > 3)
		return by_the_kernel(argv[1], !strcmp(argv[2], "protected"), argv[3]);
	for (t = tests; t; t = t->next) {
		if (argc > 1 && !strstr(t->name, argv[1]))
			continue;
		failed = false;
		start = now_ms();
		printf("%s\n", t->name);
		t->run();
		printf("%s %s (%llu ms)\n", failed ? "FAIL" : "ok", t->name,
		       (unsigned long long)(now_ms() - start));
		bad += failed;
		passed += !failed;
	}
	printf("gzvm_abi_test: %d passed, %d failed\n", passed, bad);
	return bad || !passed;
}
