// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a hypervisor in software: it records what it is told and runs a scripted guest.
 * Never: answer better than a real one would.
 * Used by: tests/vmm/; it takes the place of hv/hv.c and hv/hv_kvm.c.
 */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "vmm/fake.h"

struct fake_hv fake_hv;

struct fake_run {
	bool kicked;
	unsigned int step;
	uint8_t data[8];
};

static struct fake_run run[8];

static int fake_create_vm(struct hv *hv)
{
	(void)hv;
	if (fake_hv.fail_create_vm)
		return gz_err("the fake hypervisor has no VM");
	fake_hv.open_vms++;
	return 0;
}

static int fake_set_memory(struct hv *hv, uint64_t gpa, uint64_t size, void *host)
{
	(void)hv;
	fake_hv.ram_gpa = gpa;
	fake_hv.ram_size = size;
	fake_hv.ram = host;
	return fake_hv.fail_memory ? gz_err("the fake hypervisor has no memory") : 0;
}

/* It can mark memory as shared, and protects nothing. */
static int fake_set_shared(struct hv *hv, uint64_t gpa, uint64_t size, void *host)
{
	(void)hv;
	(void)host;
	fake_hv.shared_gpa = gpa;
	fake_hv.shared_size = size;
	return 0;
}

static int fake_create_gic(struct hv *hv, const struct hv_gic *gic)
{
	(void)hv;
	(void)gic;
	return fake_hv.fail_gic ? gz_err("the fake hypervisor has no GIC") : 0;
}

static int fake_create_vcpu(struct hv *hv, unsigned int id, struct hv_vcpu *vcpu)
{
	*vcpu = (struct hv_vcpu){ .hv = hv, .id = id, .fd = -1 };
	if (fake_hv.fail_vcpu == (int)id + 1)
		return gz_err("the fake hypervisor has no vCPU %u", id);
	run[id] = (struct fake_run){ 0 };
	vcpu->run = &run[id];
	fake_hv.vcpu_count++;
	fake_hv.open_vcpus++;
	return 0;
}

static int fake_seal(struct hv *hv, uint64_t fdt_gpa, uint64_t fdt_max)
{
	(void)hv;
	(void)fdt_gpa;
	(void)fdt_max;
	return fake_hv.fail_seal ? gz_err("the fake hypervisor has no seal") : 0;
}

static int fake_set_entry(struct hv_vcpu *vcpu, uint64_t pc, uint64_t x0)
{
	if (vcpu->id == 0) {
		fake_hv.entry = pc;
		fake_hv.fdt = x0;
	}
	return 0;
}

static int fake_run_vcpu(struct hv_vcpu *vcpu, struct hv_exit *e)
{
	struct fake_run *r = vcpu->run;
	struct timespec ms = { .tv_nsec = 1000000 };

	e->kind = HV_EXIT_AGAIN;
	if (__atomic_load_n(&r->kicked, __ATOMIC_ACQUIRE))
		return 0;
	if (vcpu->id || !fake_hv.guest) {
		nanosleep(&ms, NULL);		/* a vCPU that waits in WFI */
		return 0;
	}
	e->data = r->data;
	fake_hv.guest(e, r->data, r->step++);
	return 0;
}

static void fake_set_kick(struct hv_vcpu *vcpu, bool on)
{
	struct fake_run *r = vcpu->run;

	__atomic_store_n(&r->kicked, on, __ATOMIC_RELEASE);
}

static int fake_irqfd(struct hv *hv, unsigned int spi, int fd)
{
	(void)hv;
	(void)spi;
	(void)fd;
	return -EOPNOTSUPP;	/* so that irq_line() sees every interrupt */
}

static int fake_ioeventfd(struct hv *hv, const struct hv_doorbell *bell)
{
	(void)hv;
	(void)bell;
	return fake_hv.no_ioeventfd ? -ENOSPC : 0;
}

static int fake_irq_line(struct hv *hv, unsigned int spi, bool level)
{
	(void)hv;
	if (level)
		__atomic_fetch_add(&fake_hv.irq_raised[spi], 1, __ATOMIC_SEQ_CST);
	return 0;
}

static void fake_destroy_vcpu(struct hv_vcpu *vcpu)
{
	if (vcpu->run)
		fake_hv.open_vcpus--;
	vcpu->run = NULL;
}

const struct hv_ops hv_fake_ops = {
	.name = "fake", .path = "/dev/fake", .create_vm = fake_create_vm,
	.set_memory = fake_set_memory, .set_shared = fake_set_shared, .create_gic = fake_create_gic,
	.create_vcpu = fake_create_vcpu, .seal = fake_seal, .set_entry = fake_set_entry,
	.run = fake_run_vcpu, .set_kick = fake_set_kick, .irqfd = fake_irqfd,
	.ioeventfd = fake_ioeventfd, .irq_line = fake_irq_line, .destroy_vcpu = fake_destroy_vcpu,
};

static int fake_tell_views(struct hv *hv)
{
	(void)hv;
	fake_hv.told_before_protect = !fake_hv.protected_vm;
	return 0;
}

static int fake_protect(struct hv *hv)
{
	(void)hv;
	fake_hv.protected_vm = true;
	return 0;
}

static int fake_settle(struct hv_vcpu *vcpu, struct hv_view *now)
{
	(void)vcpu;
	if (fake_hv.fail_settle)
		return gz_err("the fake hypervisor settles nothing");
	*now = fake_hv.view;
	fake_hv.settled++;
	return 0;
}

static const struct hv_ops *sharing_ops(void)
{
	static struct hv_ops ops;

	ops = hv_fake_ops;
	ops.tell_views = fake_tell_views;
	ops.protect = fake_protect;
	ops.settle = fake_settle;
	return &ops;
}

/* "/dev/fake" is the fake; everything else is the real gzvm back end, which finds no device. */
int hv_open(struct hv *hv, const char *path)
{
	*hv = (struct hv){ .path = path, .dev_fd = -1, .vm_fd = -1, .gic_fd = -1 };
	hv->ops = strcmp(path, "/dev/fake") ? &hv_gzvm_ops : &hv_fake_ops;
	if (strcmp(path, "/dev/fake-shares") == 0)
		hv->ops = sharing_ops();
	if (hv->ops->create_vm(hv) == 0)
		return 0;
	if (hv->dev_fd >= 0)
		close(hv->dev_fd);
	return -1;
}

void hv_close(struct hv *hv)
{
	if (hv->ops != &hv_gzvm_ops)
		fake_hv.open_vms--;
}
