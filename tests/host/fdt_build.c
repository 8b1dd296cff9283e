/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: build small device trees for tests with libfdt's sequential writer.
 * Never: hide a libfdt error: it aborts.
 * Called by: the device tree tests.
 */
#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/fdt_build.h"

static char buffer[TREE_MAX];
static int root_address_cells, root_size_cells;
static bool reserving;

static void ok(int rc)
{
	if (rc == 0)
		return;
	fprintf(stderr, "fdt_build: %s\n", fdt_strerror(rc));
	abort();
}

void tree_begin(void)
{
	ok(fdt_create(buffer, sizeof(buffer)));
	reserving = true;
}

void tree_reserve(uint64_t base, uint64_t size)
{
	ok(fdt_add_reservemap_entry(buffer, base, size));
}

void tree_node(const char *name)
{
	if (reserving)
		ok(fdt_finish_reservemap(buffer));
	reserving = false;
	ok(fdt_begin_node(buffer, name));
}

void tree_end_node(void)
{
	ok(fdt_end_node(buffer));
}

void tree_string(const char *name, const char *value)
{
	ok(fdt_property_string(buffer, name, value));
}

void tree_data(const char *name, const void *data, int len)
{
	ok(fdt_property(buffer, name, data, len));
}

void tree_empty(const char *name)
{
	ok(fdt_property(buffer, name, NULL, 0));
}

void tree_cells(const char *name, int count, ...)
{
	fdt32_t cell[32];
	va_list ap;

	va_start(ap, count);
	for (int i = 0; i < count; i++)
		cell[i] = cpu_to_fdt32(va_arg(ap, unsigned int));
	va_end(ap);
	ok(fdt_property(buffer, name, cell, 4 * count));
}

void *tree_finish(uint32_t *size)
{
	void *copy;

	ok(fdt_finish(buffer));
	*size = fdt_totalsize(buffer);
	copy = malloc(*size);
	memcpy(copy, buffer, *size);
	return copy;
}

static int put_cells(fdt32_t *cell, int count, uint64_t value)
{
	if (count == 2)
		*cell++ = cpu_to_fdt32((uint32_t)(value >> 32));
	*cell = cpu_to_fdt32((uint32_t)value);
	return count;
}

void tree_reg(uint64_t base, uint64_t size)
{
	fdt32_t cell[4];
	int n = put_cells(cell, root_address_cells, base);

	n += put_cells(cell + n, root_size_cells, size);
	ok(fdt_property(buffer, "reg", cell, 4 * n));
}

void tree_module(const char *kind, uint64_t base, uint64_t size, const char *bootargs)
{
	char text[64];
	fdt64_t reg[2] = { cpu_to_fdt64(base), cpu_to_fdt64(size) };
	int n;

	snprintf(text, sizeof(text), "module@%llx", (unsigned long long)base);
	tree_node(text);
	n = snprintf(text, sizeof(text), "multiboot,module%cmultiboot,%s", 0, kind);
	tree_data("compatible", text, n + 1);
	tree_data("reg", reg, sizeof(reg));
	if (bootargs)
		tree_string("bootargs", bootargs);
	tree_end_node();
}

static void virt_memory(void)
{
	tree_node("memory@40000000");
	tree_string("device_type", "memory");
	tree_reg(0x40000000, 0x40000000);
	tree_end_node();
}

static void virt_gic(void)
{
	fdt32_t cell[8];
	int n = put_cells(cell, root_address_cells, 0x08000000);

	n += put_cells(cell + n, root_size_cells, 0x10000);
	n += put_cells(cell + n, root_address_cells, 0x080a0000);
	n += put_cells(cell + n, root_size_cells, 0xf60000);
	tree_node("intc@8000000");
	tree_string("compatible", "arm,gic-v3");
	tree_cells("#redistributor-regions", 1, 1);
	tree_data("reg", cell, 4 * n);
	tree_end_node();
}

static void virt_psci(void)
{
	tree_node("psci");
	tree_data("compatible", "arm,psci-1.0\0arm,psci-0.2\0arm,psci", 35);
	tree_string("method", "smc");
	tree_end_node();
}

static void virt_cpus(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		tree_node(i ? "cpu@1" : "cpu@0");
		tree_string("device_type", "cpu");
		tree_cells("reg", 1, i);
		tree_string("enable-method", "psci");
		tree_end_node();
	}
}

static void virt_uart(void)
{
	tree_node("pl011@9000000");
	tree_data("compatible", "arm,pl011\0arm,primecell", 24);
	tree_reg(0x09000000, 0x1000);
	tree_end_node();
}

static void virt_chosen(const struct virt *v)
{
	tree_node("chosen");
	tree_string("stdout-path", "/pl011@9000000");
	if (v->chosen)
		v->chosen();
	tree_end_node();
}

void *tree_virt(const struct virt *v, uint32_t *size)
{
	root_address_cells = v->address_cells ? v->address_cells : 2;
	root_size_cells = v->size_cells ? v->size_cells : 2;
	tree_begin();
	if (v->reserve)
		v->reserve();
	tree_node("");
	tree_cells("#address-cells", 1, root_address_cells);
	tree_cells("#size-cells", 1, root_size_cells);
	tree_string("compatible", "linux,dummy-virt");
	(v->psci ? v->psci : virt_psci)();
	(v->memory ? v->memory : virt_memory)();
	tree_node("cpus");
	tree_cells("#address-cells", 1, 1);
	tree_cells("#size-cells", 1, 0);
	(v->cpus ? v->cpus : virt_cpus)();
	tree_end_node();
	(v->gic ? v->gic : virt_gic)();
	virt_uart();
	if (!v->no_chosen)
		virt_chosen(v);
	if (v->extra)
		v->extra();
	tree_end_node();
	return tree_finish(size);
}
