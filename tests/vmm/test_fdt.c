// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the guest's device tree, read back with libfdt's reader.
 * Never: compare whole blobs: each property on its own, so that a failure says what.
 * Used by: make -C tests/vmm run.
 */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "boot/fdt.h"
#include "layout.h"
#include "lib/err.h"
#include "vmm/fake.h"

static uint8_t blob[1 << 16];
static struct fdt_plan plan;

static int setup(void **state)
{
	(void)state;
	plan = (struct fdt_plan){
		.cpu_count = 3, .ram_base = GZ_RAM_BASE, .ram_size = 512 * GZ_MIB,
		.gicd = GZ_GICD_BASE, .gicr = GZ_GICD_BASE - 3 * GZ_GICR_STRIDE,
		.cmdline = "console=ttyS0 \"quoted\"", .serial = true, .pvpanic = true,
		.initrd_start = 0x84000000, .initrd_end = 0x84001234,
		.virtio = { { 0x02000000, 0x1000, 4 }, { 0x02001000, 0x1000, 5 } },
		.virtio_count = 2, .seed = { 1, 2, 3 }, .kaslr_seed = 0x1122334455667788,
	};
	return 0;
}

static const void *prop(const char *node, const char *name, int want_len)
{
	int len, at = fdt_path_offset(blob, node);
	const void *p;

	if (at < 0)
		fail_msg("no node %s", node);
	p = fdt_getprop(blob, at, name, &len);
	if (!p || (want_len >= 0 && len != want_len))
		fail_msg("%s:%s: length %d, expected %d", node, name, len, want_len);
	return p;
}

static uint32_t cell(const char *node, const char *name, unsigned int i, unsigned int count)
{
	return fdt32_ld((const fdt32_t *)prop(node, name, (int)(4 * count)) + i);
}

static uint64_t cell64(const char *node, const char *name, unsigned int i, unsigned int count)
{
	return fdt64_ld((const fdt64_t *)prop(node, name, (int)(8 * count)) + i);
}

static void build(void)
{
	int len = fdt_build(&plan, blob, sizeof(blob));

	assert_true(len > 0);
	assert_int_equal(fdt_check_full(blob, (size_t)len), 0);
}

static void fdt__memory_and_cpus__as_planned(void **state)
{
	(void)state;
	build();
	assert_int_equal(cell64("/memory@80000000", "reg", 0, 2), GZ_RAM_BASE);
	assert_int_equal(cell64("/memory@80000000", "reg", 1, 2), 512 * GZ_MIB);
	assert_int_equal(cell("/cpus/cpu@2", "reg", 0, 1), 2);
	assert_string_equal(prop("/cpus/cpu@0", "enable-method", -1), "psci");
	assert_true(fdt_path_offset(blob, "/cpus/cpu@3") < 0);
	assert_string_equal(prop("/psci", "method", -1), "hvc");
	assert_string_equal(prop("/psci", "compatible", 26), "arm,psci-1.0");
}

static void fdt__gic_and_timer__as_planned(void **state)
{
	static const uint32_t ppi[] = { 13, 14, 11, 10 };

	(void)state;
	build();
	assert_int_equal(cell64("/intc@3fff0000", "reg", 0, 4), 0x3fff0000);
	assert_int_equal(cell64("/intc@3fff0000", "reg", 1, 4), 0x10000);
	assert_int_equal(cell64("/intc@3fff0000", "reg", 2, 4), 0x3fff0000 - 0x60000);
	assert_int_equal(cell64("/intc@3fff0000", "reg", 3, 4), 0x60000);
	assert_int_equal(cell("/", "interrupt-parent", 0, 1), cell("/intc@3fff0000", "phandle", 0, 1));
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(cell("/timer", "interrupts", 3 * i, 12), 1);
		assert_int_equal(cell("/timer", "interrupts", 3 * i + 1, 12), ppi[i]);
	}
}

static void fdt__chosen__as_planned(void **state)
{
	(void)state;
	build();
	assert_string_equal(prop("/chosen", "bootargs", -1), "console=ttyS0 \"quoted\"");
	assert_string_equal(prop("/chosen", "stdout-path", -1), "/serial@3f8");
	assert_true(fdt_path_offset(blob, "/serial@3f8") > 0);
	assert_int_equal(cell64("/chosen", "linux,initrd-start", 0, 1), 0x84000000);
	assert_int_equal(cell64("/chosen", "linux,initrd-end", 0, 1), 0x84001234);
	assert_memory_equal(prop("/chosen", "rng-seed", 64), "\1\2\3", 3);
	assert_int_equal(cell64("/chosen", "kaslr-seed", 0, 1), 0x1122334455667788);
}

static void fdt__virtio__edge_and_coherent(void **state)
{
	(void)state;
	build();
	assert_string_equal(prop("/virtio_mmio@2001000", "compatible", -1), "virtio,mmio");
	assert_int_equal(cell64("/virtio_mmio@2001000", "reg", 0, 2), 0x2001000);
	assert_int_equal(cell("/virtio_mmio@2001000", "interrupts", 1, 3), 5);
	assert_int_equal(cell("/virtio_mmio@2001000", "interrupts", 2, 3), 1);
	prop("/virtio_mmio@2001000", "dma-coherent", 0);
	assert_true(fdt_path_offset(blob, "/virtio_mmio@2002000") < 0);
}

static void fdt__nothing_asked__nothing_named(void **state)
{
	int chosen;

	(void)state;
	plan.serial = plan.pvpanic = false;
	plan.virtio_count = 0;
	plan.initrd_end = plan.initrd_start = 0;
	build();
	chosen = fdt_path_offset(blob, "/chosen");
	assert_null(fdt_getprop(blob, chosen, "stdout-path", NULL));
	assert_null(fdt_getprop(blob, chosen, "linux,initrd-start", NULL));
	assert_true(fdt_path_offset(blob, "/serial@3f8") < 0);
	assert_true(fdt_path_offset(blob, "/pvpanic@4000") < 0);
	assert_true(fdt_path_offset(blob, "/virtio_mmio@2000000") < 0);
}

/* Kernel binding reserved-memory/shared-dma-pool.yaml, restricted-dma-pool. */
static void fdt__pool__every_device_is_bound_to_it(void **state)
{
	const char *node = "/reserved-memory/restricted-dma@9c000000";

	(void)state;
	build();
	assert_true(fdt_path_offset(blob, "/reserved-memory") < 0);
	plan.pool_base = 0x9c000000;
	plan.pool_size = 64 * GZ_MIB;
	build();
	assert_string_equal(prop(node, "compatible", -1), "restricted-dma-pool");
	assert_int_equal(cell64(node, "reg", 0, 2), 0x9c000000);
	assert_int_equal(cell64(node, "reg", 1, 2), 64 * GZ_MIB);
	prop("/reserved-memory", "ranges", 0);
	assert_int_equal(cell("/virtio_mmio@2000000", "memory-region", 0, 1), cell(node, "phandle", 0, 1));
	assert_int_equal(cell("/virtio_mmio@2001000", "memory-region", 0, 1), cell(node, "phandle", 0, 1));
}

static void fdt__no_room__error(void **state)
{
	uint8_t *small = malloc(4096);

	(void)state;
	for (size_t len = 0; len < 1800; len += 8) {
		assert_int_equal(fdt_build(&plan, small, len), -1);
		assert_non_null(strstr(gz_err_last(), "device tree"));
	}
	free(small);
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(fdt__memory_and_cpus__as_planned), T(fdt__gic_and_timer__as_planned),
		T(fdt__chosen__as_planned), T(fdt__virtio__edge_and_coherent),
		T(fdt__nothing_asked__nothing_named), T(fdt__no_room__error),
		T(fdt__pool__every_device_is_bound_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
