// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a VM of bench-vm, from its memory to its end, over gz's own back ends.
 * Never: have an own idea of an ioctl: the back ends are those of gz.
 * Used by: vm_rows.c, vm_growth.c.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/kvm.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "boot/fdt.h"
#include "layout.h"
#include "lib/err.h"
#include "vm.h"

/* Linux 6.4 and newer; the headers we build against are older. */
struct counter_offset { uint64_t offset, reserved; };
#define SET_COUNTER_OFFSET	_IOW(KVMIO, 0xb5, struct counter_offset)

const char *device, *kernel, *only;
bool mark;

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

uint64_t now(void)
{
	uint64_t v;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(v) : : "memory");
	return v;
}

void fail(const char *what)
{
	fprintf(stderr, "bench-vm: %s\n", what);
	exit(1);
}

bool wanted(const char *name)
{
	return !only || strcmp(name, only) == 0;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

void report(const char *name, uint64_t *sample, unsigned int n)
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

bool protects(void)
{
	struct hv hv;
	bool has;

	if (open_vm(&hv, true))
		return false;
	has = hv.ops->protect || hv.ops->create_vm == pkvm_create_vm;
	hv_close(&hv);
	return has;
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

void start(struct vm *v, enum bench_role role, uint64_t size, enum backing backing, bool present)
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
	if (only && (strstr(only, "create") || strstr(only, "nth_vm")))
		BENCH_MARK_BEGIN();	/* the guest ends it */
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

void run_here(struct vm *v)
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

void run_apart(struct vm *v)
{
	pin(pthread_self(), 0);
	if (pthread_create(&v->thread, NULL, vcpu_main, v))
		fail("no thread");
	pin(v->thread, 1);
}

uint64_t stop(struct vm *v)
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
