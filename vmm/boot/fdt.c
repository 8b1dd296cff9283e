// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: write the guest's device tree with libfdt.
 * Never: allocate; the caller's buffer is the limit.
 * Used by: machine.c, tests/vmm/.
 */
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "boot/fdt.h"
#include "layout.h"
#include "lib/err.h"

#define PHANDLE_GIC	1
#define PHANDLE_POOL	2
#define IRQ_SPI		0
#define IRQ_PPI		1
#define IRQ_EDGE_RISING	1
#define IRQ_LEVEL_LOW	8
#define UART_CLOCK_HZ	1843200

/* The tree being written, and the first error: one test at the end instead of one per line. */
struct writer {
	void *fdt;
	int err;
};

static void keep(struct writer *w, int err)
{
	if (!w->err)
		w->err = err;
}

static void begin(struct writer *w, const char *name)
{
	keep(w, fdt_begin_node(w->fdt, name));
}

static void begin_at(struct writer *w, const char *name, uint64_t unit)
{
	char full[48];

	snprintf(full, sizeof(full), "%s@%" PRIx64, name, unit);
	begin(w, full);
}

static void end(struct writer *w)
{
	keep(w, fdt_end_node(w->fdt));
}

static void text(struct writer *w, const char *name, const char *value)
{
	keep(w, fdt_property_string(w->fdt, name, value));
}

static void cell(struct writer *w, const char *name, uint32_t value)
{
	keep(w, fdt_property_u32(w->fdt, name, value));
}

static void flag(struct writer *w, const char *name)
{
	keep(w, fdt_property(w->fdt, name, NULL, 0));
}

static void reg(struct writer *w, uint64_t base, uint64_t size)
{
	fdt64_t v[2] = { cpu_to_fdt64(base), cpu_to_fdt64(size) };

	keep(w, fdt_property(w->fdt, "reg", v, sizeof(v)));
}

static void interrupt(struct writer *w, uint32_t spi)
{
	fdt32_t v[3] = { cpu_to_fdt32(IRQ_SPI), cpu_to_fdt32(spi), cpu_to_fdt32(IRQ_EDGE_RISING) };

	keep(w, fdt_property(w->fdt, "interrupts", v, sizeof(v)));
}

static void write_memory(struct writer *w, const struct fdt_plan *plan)
{
	begin_at(w, "memory", plan->ram_base);
	text(w, "device_type", "memory");
	reg(w, plan->ram_base, plan->ram_size);
	end(w);
	if (!plan->pool_size)
		return;
	begin(w, "reserved-memory");
	cell(w, "#address-cells", 2);
	cell(w, "#size-cells", 2);
	flag(w, "ranges");
	begin_at(w, "restricted-dma", plan->pool_base);
	text(w, "compatible", "restricted-dma-pool");
	reg(w, plan->pool_base, plan->pool_size);
	cell(w, "phandle", PHANDLE_POOL);
	end(w);
	end(w);
}

static void write_cpus(struct writer *w, unsigned int count)
{
	begin(w, "cpus");
	cell(w, "#address-cells", 1);
	cell(w, "#size-cells", 0);
	for (unsigned int i = 0; i < count; i++) {
		begin_at(w, "cpu", i);
		text(w, "device_type", "cpu");
		text(w, "compatible", "arm,armv8");
		text(w, "enable-method", "psci");
		cell(w, "reg", i);
		end(w);
	}
	end(w);
	begin(w, "psci");
	keep(w, fdt_property(w->fdt, "compatible", "arm,psci-1.0\0arm,psci-0.2", 26));
	text(w, "method", "hvc");
	end(w);
}

static void write_timer(struct writer *w)
{
	static const uint32_t ppi[] = GZ_TIMER_PPIS;
	fdt32_t v[3 * 4];

	for (unsigned int i = 0; i < 4; i++) {
		v[3 * i] = cpu_to_fdt32(IRQ_PPI);
		v[3 * i + 1] = cpu_to_fdt32(ppi[i]);
		v[3 * i + 2] = cpu_to_fdt32(IRQ_LEVEL_LOW);
	}
	begin(w, "timer");
	text(w, "compatible", "arm,armv8-timer");
	keep(w, fdt_property(w->fdt, "interrupts", v, sizeof(v)));
	flag(w, "always-on");
	end(w);
}

static void write_gic(struct writer *w, const struct fdt_plan *plan)
{
	fdt64_t v[4] = {
		cpu_to_fdt64(plan->gicd), cpu_to_fdt64(GZ_GICD_SIZE),
		cpu_to_fdt64(plan->gicr), cpu_to_fdt64(plan->cpu_count * GZ_GICR_STRIDE),
	};

	begin_at(w, "intc", plan->gicd);
	text(w, "compatible", "arm,gic-v3");
	cell(w, "#interrupt-cells", 3);
	flag(w, "interrupt-controller");
	keep(w, fdt_property(w->fdt, "reg", v, sizeof(v)));
	cell(w, "phandle", PHANDLE_GIC);
	end(w);
}

static void write_devices(struct writer *w, const struct fdt_plan *plan)
{
	if (plan->serial) {
		begin_at(w, "serial", GZ_SERIAL_BASE);
		text(w, "compatible", "ns16550a");
		reg(w, GZ_SERIAL_BASE, GZ_SERIAL_SIZE);
		cell(w, "clock-frequency", UART_CLOCK_HZ);
		interrupt(w, GZ_SERIAL_SPI);
		end(w);
	}
	if (plan->pvpanic) {
		begin_at(w, "pvpanic", GZ_PVPANIC_BASE);
		text(w, "compatible", "qemu,pvpanic-mmio");
		reg(w, GZ_PVPANIC_BASE, 2);
		end(w);
	}
	for (unsigned int i = 0; i < plan->virtio_count; i++) {
		const struct fdt_virtio *v = &plan->virtio[i];

		begin_at(w, "virtio_mmio", v->base);
		text(w, "compatible", "virtio,mmio");
		reg(w, v->base, v->size);
		interrupt(w, v->spi);
		flag(w, "dma-coherent");
		if (plan->pool_size)
			cell(w, "memory-region", PHANDLE_POOL);
		end(w);
	}
}

static void write_chosen(struct writer *w, const struct fdt_plan *plan)
{
	char path[32];

	begin(w, "chosen");
	text(w, "bootargs", plan->cmdline);
	if (plan->serial) {
		snprintf(path, sizeof(path), "/serial@%" PRIx64, (uint64_t)GZ_SERIAL_BASE);
		text(w, "stdout-path", path);
	}
	if (plan->initrd_end > plan->initrd_start) {
		keep(w, fdt_property_u64(w->fdt, "linux,initrd-start", plan->initrd_start));
		keep(w, fdt_property_u64(w->fdt, "linux,initrd-end", plan->initrd_end));
	}
	keep(w, fdt_property(w->fdt, "rng-seed", plan->seed, sizeof(plan->seed)));
	keep(w, fdt_property_u64(w->fdt, "kaslr-seed", plan->kaslr_seed));
	end(w);
}

int fdt_build(const struct fdt_plan *plan, void *buf, size_t len)
{
	struct writer w = { .fdt = buf };

	keep(&w, fdt_create(buf, (int)len));
	keep(&w, fdt_finish_reservemap(buf));
	begin(&w, "");
	text(&w, "model", "GenieZone virtual machine");
	text(&w, "compatible", "linux,dummy-virt");
	cell(&w, "#address-cells", 2);
	cell(&w, "#size-cells", 2);
	cell(&w, "interrupt-parent", PHANDLE_GIC);
	write_chosen(&w, plan);
	write_memory(&w, plan);
	write_cpus(&w, plan->cpu_count);
	write_timer(&w);
	write_gic(&w, plan);
	write_devices(&w, plan);
	end(&w);
	keep(&w, fdt_finish(buf));
	if (w.err)
		return gz_err("cannot write the guest's device tree: %s; is the command line too"
			      " long?", fdt_strerror(w.err));
	return (int)fdt_totalsize(buf);
}
