// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: rows that need both ends: VM life, first touch by kind of memory, doorbells and interrupts between host and guest.
 * Never: have an own idea of an ioctl: the back ends are those of gz.
 * Used by: tools/benchlib/init.sh in the host: bench-vm DEVICE bench.bin [ROW].
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "boot/fdt.h"
#include "boot/kernel.h"
#include "hv/hv.h"
#include "layout.h"
#include "lib/err.h"

/* Linux 6.4 and newer; the headers we build against are older. */
struct counter_offset { uint64_t offset, reserved; };
#define SET_COUNTER_OFFSET	_IOW(KVMIO, 0xb5, struct counter_offset)

#define BLOCK		UINT64_C(0x200000)
#define MIB		(UINT64_C(1) << 20)
#define SETTLE_US	1000

enum backing { PAGES, BLOCKS, PRIVATE, PRIVATE_BLOCKS };	/* private: a protected VM */

struct vm {
	struct hv hv;
	struct gmem mem, pool;
	struct hv_vcpu vcpu;
	struct boot_image img;
	bool protected;
	pthread_t thread;
	uint64_t begun;
	volatile struct bench_box *box;
};

static const char *device, *kernel, *only;
static bool mark;		/* the next end of a VM is what is profiled */

/* KVM's protected VMs: a bit of the type that gz's back end never sets; memory is given on fault, and shared by the guest. */
#define KVM_TYPE_PROTECTED	(1ul << 31)

static int pkvm_create_vm(struct hv *hv)
{
	hv->dev_fd = open(hv->path, O_RDWR | O_CLOEXEC);
	hv->vm_fd = hv->dev_fd < 0 ? -1 : ioctl(hv->dev_fd, KVM_CREATE_VM, KVM_TYPE_PROTECTED);
	return hv->vm_fd < 0 ? -1 : 0;
}

static int open_vm(struct hv *hv, bool protected)
{
	static struct hv_ops pkvm;

	if (!protected || hv_ops_of(device) != &hv_kvm_ops)
		return hv_open(hv, device);
	pkvm = hv_kvm_ops;
	pkvm.create_vm = pkvm_create_vm;
	*hv = (struct hv){ .ops = &pkvm, .path = device, .dev_fd = -1, .vm_fd = -1, .gic_fd = -1 };
	if (pkvm_create_vm(hv) == 0)
		return 0;
	hv_close(hv);
	return -1;
}

static uint64_t now(void)
{
	uint64_t v;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(v) : : "memory");
	return v;
}

static void fail(const char *what)
{
	fprintf(stderr, "bench-vm: %s\n", what);
	exit(1);
}

static bool wanted(const char *name)
{
	return !only || strcmp(name, only) == 0;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The mean without the dearest 1/32, as in the guest. */
static void report(const char *name, uint64_t *sample, unsigned int n)
{
	unsigned int keep = n > 1 ? n - (n + 31) / 32 : n;
	uint64_t sum = 0;

	qsort(sample, n, sizeof(*sample), by_size);
	for (unsigned int i = 0; i < keep; i++)
		sum += sample[i];
	printf("bench %s %lu\n", name, (unsigned long)((sum + keep / 2) / keep));
	fflush(stdout);
}

static void *memory(uint64_t size, enum backing backing)
{
	uint8_t *p = mmap(NULL, size + BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		fail("no memory");
	p = (uint8_t *)(((uintptr_t)p + BLOCK - 1) & ~(uintptr_t)(BLOCK - 1));
	madvise(p, size, backing == BLOCKS || backing == PRIVATE_BLOCKS ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	return p;
}

/* The guest's CNTVCT becomes the host's, so the two sides share a clock; gz.bin's guests read CNTPCT instead. */
static void share_clock(struct vm *v)
{
	struct counter_offset zero = { 0 };

	v->box->physical = v->hv.ops == &hv_gzvm_ops;
	/* KVM's protected guests have the host's counter anyway. */
	if (!v->box->physical && !v->protected && ioctl(v->hv.vm_fd, SET_COUNTER_OFFSET, &zero))
		fail("KVM has no KVM_ARM_SET_COUNTER_OFFSET");
}

static int protect(struct vm *v)
{
	const struct hv_ops *ops = v->hv.ops;

	if (!v->pool.size)
		return 0;
	return ops->set_shared(&v->hv, v->pool.base, v->pool.size, v->pool.host) || ops->protect(&v->hv);
}

static void build(struct vm *v)
{
	const struct hv_gic gic = { GZ_GICD_BASE, GZ_GICD_BASE - GZ_GICR_STRIDE, 1 };
	const struct hv_ops *ops;
	struct fdt_plan plan = {
		.cpu_count = 1, .ram_base = v->mem.base, .ram_size = v->mem.size, .gicd = gic.dist,
		.gicr = gic.redist, .cmdline = "bench=role", .pool_base = v->pool.base, .pool_size = v->pool.size,
	};

	if (open_vm(&v->hv, v->protected))
		fail("no VM");
	ops = v->hv.ops;
	if (ops->set_memory(&v->hv, v->mem.base, v->mem.size, v->mem.host) || protect(v) || ops->create_gic(&v->hv, &gic) ||
	    ops->create_vcpu(&v->hv, 0, &v->vcpu) || ops->seal(&v->hv, v->img.fdt, GZ_FDT_MAX) ||
	    fdt_build(&plan, gmem_span(&v->mem, v->img.fdt, GZ_FDT_MAX), GZ_FDT_MAX) < 0 ||
	    ops->set_entry(&v->vcpu, v->img.entry, v->img.fdt))
		fail("the VM could not be built");
}

static void make_memory(struct vm *v, uint64_t size, enum backing backing)
{
	*v = (struct vm){ .mem = { .base = GZ_RAM_BASE, .size = size }, .protected = backing >= PRIVATE };
	if (backing < PRIVATE || hv_ops_of(device) == &hv_kvm_ops) {
		v->mem.host = memory(size, backing);
		return;
	}
	v->pool = (struct gmem){ .base = GZ_RAM_BASE + size, .size = BLOCK, .host = memory(BLOCK, PAGES) };
	if (gmem_create_private(&v->mem, GZ_RAM_BASE, size, backing == PRIVATE_BLOCKS))
		fail("no private memory");
}

/* A VM up to its first instruction. Kernel and mailbox are in memory before the clock starts. */
static void start(struct vm *v, enum bench_role role, uint64_t size, enum backing backing, bool present)
{
	make_memory(v, size, backing);
	if (present)
		memset(v->mem.host, 0, size);
	if (boot_load_kernel(&v->mem, kernel, false, &v->img))
		fail("the guest could not be loaded");
	v->box = v->pool.size ? (void *)v->pool.host : (void *)(v->mem.host + (BENCH_BOX - BENCH_RAM));
	memset((void *)v->box, 0, sizeof(*v->box));
	v->box->role = role;
	v->box->closed = v->protected && !v->pool.size;
	v->box->pages = (size - (BENCH_TOUCH - BENCH_RAM) - 2 * BLOCK) / 4096;
	v->begun = now();
	build(v);
	share_clock(v);
}

static void *vcpu_main(void *arg)
{
	struct vm *v = arg;
	struct hv_exit e = { 0 };

	do {
		if (v->hv.ops->run(&v->vcpu, &e))
			fail("the vCPU cannot run");
		if (e.kind == HV_EXIT_MMIO && !e.is_write)
			memset(e.data, 0, 8);
	} while (e.kind == HV_EXIT_AGAIN || e.kind == HV_EXIT_MMIO);
	if (e.kind != HV_EXIT_STOP)
		fail(e.why[0] ? e.why : "the guest did not stop as it should");
	return NULL;
}

static void run_here(struct vm *v)
{
	vcpu_main(v);
}

static void pin(pthread_t thread, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_setaffinity_np(thread, sizeof(set), &set);
}

/* The vCPU gets a CPU of its own, so "running" means what it says. */
static void run_apart(struct vm *v)
{
	pin(pthread_self(), 0);
	if (pthread_create(&v->thread, NULL, vcpu_main, v))
		fail("no thread");
	pin(v->thread, 1);
}

/* Ticks from closing the VM to its end; its memory stays for the caller to give back. */
static uint64_t stop(struct vm *v)
{
	uint64_t t = now();

	if (mark)
		BENCH_MARK_BEGIN();
	v->hv.ops->destroy_vcpu(&v->vcpu);
	hv_close(&v->hv);
	if (mark)
		BENCH_MARK_END();
	mark = false;
	t = now() - t;
	munmap(v->mem.host, v->mem.size);
	if (v->pool.size)
		munmap(v->pool.host, v->pool.size);
	return t;
}

static void row_life(const char *name, const char *name2, enum backing backing)
{
	uint64_t create[4], empty[4];
	struct vm v;

	if (!wanted(name) && !wanted(name2))
		return;
	for (int i = 0; i < 4; i++) {
		start(&v, ROLE_NONE, 100 * MIB, backing, false);
		mark = only && wanted(name2);
		run_here(&v);
		create[i] = v.box->started - v.begun;
		empty[i] = stop(&v);
	}
	report(name, create, 4);
	report(name2, empty, 4);
}

static void row_touch(const char *kind, enum backing backing, bool present)
{
	char name[64];
	char name2[64];
	uint64_t touch, down, pages, nothing;
	struct vm v;

	snprintf(name, sizeof(name), "touch_%s", kind);
	snprintf(name2, sizeof(name2), "teardown_%s", kind);
	if (!wanted(name) && !wanted(name2))
		return;

	start(&v, ROLE_NONE, 100 * MIB, backing, present);
	run_here(&v);
	nothing = stop(&v);
	start(&v, ROLE_TOUCH, 100 * MIB, backing, present);
	run_here(&v);
	pages = v.box->pages;
	touch = v.box->touch_ticks / pages;
	mark = only && wanted(name2);
	down = stop(&v);
	report(name, &touch, 1);
	down = down > nothing ? (down - nothing) / pages : 0;
	report(name2, &down, 1);
}

static void row_share(void)
{
	uint64_t sample[BENCH_ROUNDS];
	struct vm v;

	if (!wanted("share_unshare"))
		return;
	start(&v, ROLE_SHARE, 100 * MIB, PRIVATE, true);
	run_here(&v);
	if (v.box->done != BENCH_ROUNDS)
		fail("the guest cannot share a page");
	for (unsigned int i = 0; i < BENCH_ROUNDS; i++)
		sample[i] = v.box->at[i];
	stop(&v);
	report("share_unshare", sample, BENCH_ROUNDS);
}

/* Whether this hypervisor has protected VMs; without, those rows stay empty. */
static bool protects(void)
{
	struct hv hv;
	bool has;

	if (open_vm(&hv, true))
		return false;
	has = hv.ops->protect || hv.ops->create_vm == pkvm_create_vm;
	hv_close(&hv);
	return has;
}

/* Pages of 2 MiB in the kernel's pool, for the rows that need them and for no other. */
static void pool(unsigned int pages)
{
	FILE *f = fopen("/proc/sys/vm/nr_hugepages", "w");

	if (!f || fprintf(f, "%u", pages) < 0 || fclose(f))
		fail("no pool of huge pages");
}

static void rows_protected_blocks(void)
{
	if (only && !strstr(only, "protected_2m"))
		return;
	pool(50);
	row_touch("protected_2m_absent", PRIVATE_BLOCKS, false);
	row_touch("protected_2m_present", PRIVATE_BLOCKS, true);
	pool(0);
}

static void row_kick(void)
{
	uint64_t sample[BENCH_ROUNDS], value;
	struct vm v;
	struct hv_doorbell bell = { .gpa = BENCH_BELL, .len = 4, .match = 1, .fd = eventfd(0, EFD_CLOEXEC) };

	if (!wanted("ioeventfd_kick"))
		return;
	start(&v, ROLE_KICK, 100 * MIB, PAGES, true);
	if (v.hv.ops->ioeventfd(&v.hv, &bell))
		fail("no ioeventfd");
	run_apart(&v);
	for (unsigned int i = 0; i < BENCH_ROUNDS; i++) {
		usleep(SETTLE_US);
		__atomic_store_n(&v.box->turn, i + 1, __ATOMIC_RELEASE);
		if (read(bell.fd, &value, sizeof(value)) != sizeof(value))
			fail("the doorbell is silent");
		BENCH_MARK_END();
		sample[i] = now() - v.box->at[i];
	}
	pthread_join(v.thread, NULL);
	stop(&v);
	close(bell.fd);
	report("ioeventfd_kick", sample, BENCH_ROUNDS);
}

static void row_irq(const char *name, enum bench_role role)
{
	uint64_t sample[BENCH_ROUNDS], one = 1;
	struct vm v;
	int fd = eventfd(0, EFD_CLOEXEC);

	if (!wanted(name))
		return;
	start(&v, role, 100 * MIB, PAGES, true);
	if (v.hv.ops->irqfd(&v.hv, BENCH_SPI, fd))
		fail("no irqfd");
	run_apart(&v);
	while (!__atomic_load_n(&v.box->turn, __ATOMIC_ACQUIRE))
		usleep(SETTLE_US);
	for (unsigned int i = 0; i < BENCH_ROUNDS; i++) {
		usleep(SETTLE_US);
		sample[i] = now();
		BENCH_MARK_BEGIN();
		if (write(fd, &one, sizeof(one)) != sizeof(one))
			fail("the eventfd takes no event");
		for (int k = 0; __atomic_load_n(&v.box->done, __ATOMIC_ACQUIRE) <= i; k++) {
			if (k > 1000)
				fail("the guest does not see its interrupt");
			usleep(SETTLE_US);
		}
		sample[i] = v.box->at[i] - sample[i];
	}
	pthread_join(v.thread, NULL);
	stop(&v);
	close(fd);
	report(name, sample, BENCH_ROUNDS);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		fail("usage: bench-vm DEVICE GUEST [ROW]");
	device = argv[1];
	kernel = argv[2];
	only = argc > 3 ? argv[3] : NULL;
	row_life("vm_create_to_first", "vm_teardown_empty", PAGES);
	row_touch("4k_absent", PAGES, false);
	row_touch("4k_present", PAGES, true);
	row_touch("2m_absent", BLOCKS, false);
	row_touch("2m_present", BLOCKS, true);
	if (protects()) {
		row_life("vm_create_protected", "vm_teardown_protected_empty", PRIVATE);
		row_touch("protected_absent", PRIVATE, false);
		row_touch("protected_present", PRIVATE, true);
		rows_protected_blocks();
		row_share();
	}
	row_kick();
	row_irq("irqfd_running", ROLE_IRQ_RUNNING);
	row_irq("irqfd_idle", ROLE_IRQ_IDLE);
	printf("bench vm_end 0\n");
	return 0;
}
