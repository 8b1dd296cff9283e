// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: build a machine in the order the hypervisor wants it, and take it down again.
 * Never: start a guest whose memory, devices and tree do not all stand.
 * Used by: run.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include "boot/fdt.h"
#include "machine.h"
#include "virtio/blk_file.h"

void machine_stop(struct machine *m, enum gz_status status)
{
	uint64_t one = 1;

	if (atomic_exchange(&m->stopping, true))
		return;
	atomic_store(&m->status, (int)status);
	if (write(m->stop_fd, &one, sizeof(one)) < 0)
		gz_debug("stop: %s", strerror(errno));
}

/* The ranges EL2 answers itself, so that no device of ours is put over them. */
static int reserve_ranges(struct machine *m)
{
	const struct config *c = m->cfg;
	struct bus_range ram = { .name = "guest memory", .base = m->mem.base, 
				 .size = m->mem.size + m->pool.size };
	struct bus_range dist = { .name = "the GIC distributor", .base = c->gicd,
				  .size = GZ_GICD_SIZE };
	struct bus_range redist = { .name = "the GIC redistributors", .base = c->gicr,
				    .size = c->cpus * GZ_GICR_STRIDE };

	struct bus_range firmware = { .name = "firmware of the guest", .base = GZ_FW_BASE,
				      .size = GZ_FW_SIZE };

	if (config_has_firmware(c) && bus_add(&m->bus, &firmware))
		return -1;
	return bus_add(&m->bus, &ram) || bus_add(&m->bus, &dist) || bus_add(&m->bus, &redist) ? -1 : 0;
}

static void plan_fdt(struct machine *m, struct fdt_plan *p)
{
	const struct config *c = m->cfg;

	*p = (struct fdt_plan){
		.cpu_count = c->cpus, .ram_base = m->mem.base,
		.ram_size = m->mem.size + m->pool.size,
		.pool_base = m->pool.base, .pool_size = m->pool.size,
		.gicd = c->gicd, .gicr = c->gicr, .cmdline = c->cmdline,
		.initrd_start = m->img.initrd_start, .initrd_end = m->img.initrd_end,
		.serial = machine_has_serial(m), .pvpanic = true, .virtio_count = m->virtio_count,
	};
	for (unsigned int i = 0; i < m->virtio_count; i++)
		p->virtio[i] = (struct fdt_virtio){ m->virtio[i].base, GZ_VIRTIO_STRIDE,
						    m->virtio[i].spi };
	if (getrandom(p->seed, sizeof(p->seed), 0) < 0 ||
	    getrandom(&p->kaslr_seed, sizeof(p->kaslr_seed), 0) < 0)
		gz_debug("no random seed for the guest: %s", strerror(errno));
}

static int dump_fdt(const char *path, const void *fdt, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		return gz_err("cannot write the device tree to %s: %s", path, strerror(errno));
	if (write(fd, fdt, len) != (ssize_t)len) {
		close(fd);
		return gz_err("cannot write the device tree to %s: %s", path, strerror(errno));
	}
	close(fd);
	return 0;
}

static int place_fdt(struct machine *m)
{
	void *at = gmem_span(&m->mem, m->img.fdt, GZ_FDT_MAX);
	struct fdt_plan plan;
	int len;

	plan_fdt(m, &plan);
	len = at ? fdt_build(&plan, at, GZ_FDT_MAX) : -1;
	if (len < 0)
		return -1;
	return m->cfg->dump_dtb ? dump_fdt(m->cfg->dump_dtb, at, (size_t)len) : 0;
}

static int load_guest(struct machine *m)
{
	const struct config *c = m->cfg;

	if (boot_load_kernel(&m->mem, c->kernel, c->flat, &m->img))
		return -1;
	if (c->firmware && boot_load_firmware(&m->firmware, c->firmware))
		return -1;
	if (c->initrd && boot_load_initrd(&m->mem, c->initrd, &m->img))
		return -1;
	gz_debug("kernel at 0x%llx, initrd at 0x%llx, device tree at 0x%llx",
		 (unsigned long long)m->img.entry, (unsigned long long)m->img.initrd_start,
		 (unsigned long long)m->img.fdt);
	return 0;
}

static int create_vcpus(struct machine *m)
{
	for (unsigned int i = 0; i < m->cfg->cpus; i++) {
		struct vcpu_thread *t = &m->cpu[i];

		t->machine = m;
		t->created = true;
		if (m->hv.ops->create_vcpu(&m->hv, i, &t->vcpu))
			return -1;
	}
	return 0;
}

static int set_entries(struct machine *m)
{
	const uint64_t x[3] = { m->img.fdt, m->img.entry, m->img.kernel_end - m->img.entry };
	unsigned int i = 0;

	if (config_has_firmware(m->cfg) &&
	    m->hv.ops->set_firmware_entry(&m->cpu[i++].vcpu, m->cfg->held_firmware ? 0 : GZ_FW_BASE, x))
		return -1;
	for (; i < m->cfg->cpus; i++)
		if (m->hv.ops->set_entry(&m->cpu[i].vcpu, m->img.entry, m->img.fdt))
			return -1;
	return 0;
}

/* Opened and closed again: the devices come later, when there is something to wire them to. */
static int check_disks(const struct config *c)
{
	uint64_t sectors;

	for (unsigned int i = 0; i < c->disk_count; i++) {
		int fd = blk_file_open(c->disk[i].path, c->disk[i].read_only, &sectors);

		if (fd < 0)
			return -1;
		close(fd);
	}
	return 0;
}

static int open_hypervisor(struct machine *m)
{
	if (hv_open(&m->hv, m->cfg->dev))
		return -1;
	m->hv_opened = true;
	return 0;
}

/* The last part is what devices reach of a VM that is or may be protected; we never touch the rest once it runs. */
static int make_memory(struct machine *m)
{
	const struct config *c = m->cfg;
	uint64_t pool = config_splits_memory(c) ? c->swiotlb_mib * GZ_MIB : 0, size = c->mem_mib * GZ_MIB - pool;

	if (!config_splits_memory(c))
		return gmem_create(&m->mem, GZ_RAM_BASE, size);
	if (gmem_create_private(&m->mem, GZ_RAM_BASE, c->guest_shares ? size + pool : size, c->huge_pages))
		return -1;
	if (c->guest_shares) {
		gmem_split(&m->mem, pool, &m->pool);
		if (gmem_view(&m->view, &m->mem, size + pool))
			return -1;
	}
	if (config_has_firmware(c) && gmem_create_private(&m->firmware, GZ_FW_BASE, GZ_FW_SIZE, false))
		return -1;
	return pool && !c->guest_shares ? gmem_create(&m->pool, GZ_RAM_BASE + size, pool) : 0;
}

/* What devices reach: the part behind the rest, or what the guest shares once it runs. */
static int give_shared(struct machine *m)
{
	const struct hv_ops *ops = m->hv.ops;

	if (!ops->set_shared || (m->cfg->protect && !ops->protect) || (m->cfg->guest_shares && !ops->tell_views))
		return gz_err("%s makes no protected VMs: --protected-vm-without-firmware and --swiotlb want"
			      " --dev /dev/gzvm", m->hv.path);
	if (m->cfg->guest_shares)
		return ops->tell_views(&m->hv);
	return m->pool.size ? ops->set_shared(&m->hv, m->pool.base, m->pool.size, m->pool.host) : 0;
}

static int give_memory(struct machine *m)
{
	const struct hv_ops *ops = m->hv.ops;
	uint64_t size = m->mem.size + (m->cfg->guest_shares ? m->pool.size : 0);

	if (ops->set_memory(&m->hv, m->mem.base, size, m->mem.host))
		return -1;
	if (!config_splits_memory(m->cfg))
		return 0;
	if (give_shared(m))
		return -1;
	if (!m->cfg->protect) {
		gz_note("--swiotlb marks what devices use and protects nothing: unless the hypervisor was"
			" started with gz.protect=swiotlb this VM is not protected, and the host reaches all its"
			" memory; give --protected-vm-without-firmware to ask for protection");
		return 0;
	}
	if (config_has_firmware(m->cfg) &&
	    ops->set_firmware(&m->hv, GZ_FW_BASE, GZ_FW_SIZE, m->firmware.host, m->cfg->held_firmware))
		return -1;
	if (!m->cfg->held_firmware && ops->protect(&m->hv))
		return -1;
	gz_note("protected VM: no CPU of the host reaches its memory once it runs; DMA of the host's"
		" devices is not covered yet");
	return 0;
}

/* crosvm's order: memory, interrupt controller, vCPUs, interrupts, device tree, registers. */
static int build(struct machine *m)
{
	const struct config *c = m->cfg;
	struct hv_gic gic = { c->gicd, c->gicr, c->cpus };

	m->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (m->stop_fd < 0)
		return gz_err("no eventfd: %s", strerror(errno));
	if (make_memory(m))
		return -1;
	/* What the user's files get wrong is said before the hypervisor is asked for anything. */
	if (reserve_ranges(m) || load_guest(m) || check_disks(c) || open_hypervisor(m))
		return -1;
	if (give_memory(m))
		return -1;
	if (m->hv.ops->create_gic(&m->hv, &gic) || create_vcpus(m))
		return -1;
	if (m->hv.ops->seal(&m->hv, m->img.fdt, GZ_FDT_MAX))
		return -1;
	if (machine_add_devices(m) || place_fdt(m))
		return -1;
	return set_entries(m);
}

int machine_create(struct machine *m, const struct config *cfg)
{
	*m = (struct machine){ .cfg = cfg, .stop_fd = -1, .serial_irq_fd = -1 };
	if (build(m) == 0)
		return 0;
	machine_destroy(m);
	return -1;
}

void machine_destroy(struct machine *m)
{
	machine_remove_devices(m);
	for (unsigned int i = 0; i < GZ_MAX_CPUS; i++)
		if (m->cpu[i].created)
			m->hv.ops->destroy_vcpu(&m->cpu[i].vcpu);
	if (m->hv_opened)
		hv_close(&m->hv);
	gmem_destroy(&m->firmware);
	gmem_destroy(&m->view);
	gmem_destroy(&m->pool);
	gmem_destroy(&m->mem);
	if (m->stop_fd >= 0)
		close(m->stop_fd);
	m->stop_fd = -1;
}
