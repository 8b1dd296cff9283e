/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/boot/fdt_host.c hyp/plat/fdt.c hyp/plat/fdt_bus.c hyp/plat/fdt_machine.c hyp/plat/fdt_chosen.c tests/host/fdt_build.c tests/host/fdt_oracle.c */
/* LIBS: -lfdt */
/*
 * Job: the host's device tree: what changes, and that nothing else does; read back with libfdt.
 * Never: hyp/plat/fdt.c as the judge of what fdt_host.c wrote.
 * Used by: make -C tests/host run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "boot/fdt_host.h"
#include "host/fdt_build.h"
#include "host/fdt_oracle.h"

#define CAPACITY	(1 << 20)

static struct machine m;
static struct boot_layout l;
static u8 out[CAPACITY];
static u32 used;
static u8 seeds64[64];
static u8 *source;
static u32 source_size;

static int setup(void **state)
{
	(void)state;
	memset(&l, 0, sizeof(l));
	l.image = (struct pa_range){ PA(0x40200000), 0x200000 };
	l.pool = (struct pa_range){ PA(0x7c000000), 0x4000000 };
	for (u32 i = 0; i < sizeof(seeds64); i++)
		seeds64[i] = (u8)(i + 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(source);
	source = NULL;
	return 0;
}

static void load(struct virt v)
{
	const char *why;

	free(source);
	source = tree_virt(&v, &source_size);
	assert_int_equal(machine_from_fdt(&m, source, source_size, &why), GZ_OK);
	l.initrd = m.initrd;
}

static enum gz_err write_tree(u32 capacity, bool with_seeds)
{
	return fdt_host_write(out, capacity, &used, source, source_size, &m, &l, with_seeds ? seeds64 : NULL);
}

static void written(void)
{
	memset(out, 0xa5, sizeof(out));
	assert_int_equal(write_tree(CAPACITY, true), GZ_OK);
	assert_true(used <= CAPACITY && used % 8 == 0);
	assert_int_equal(oracle_check(out, used), 0);
	for (u32 i = used; i < CAPACITY; i++)
		assert_int_equal(out[i], 0xa5);
}

static void reg_is(const char *path, u64 base, u64 size, int address_cells, int size_cells)
{
	u64 got[2];

	assert_true(oracle_reg(out, path, address_cells, size_cells, got));
	assert_int_equal(got[0], base);
	assert_int_equal(got[1], size);
}

static void host__plain__reservations_and_hypervisor_node(void **state)
{
	(void)state;
	load((struct virt){ 0 });
	written();
	reg_is("/reserved-memory/geniezone-image@40200000", 0x40200000, 0x200000, 2, 2);
	reg_is("/reserved-memory/geniezone-pool@7c000000", 0x7c000000, 0x4000000, 2, 2);
	assert_int_equal(oracle_len(out, "/reserved-memory/geniezone-pool@7c000000", "no-map"), 0);
	assert_int_equal(oracle_len(out, "/reserved-memory", "ranges"), 0);
	assert_int_equal(oracle_u32(out, "/reserved-memory", "#address-cells"), 2);
	assert_int_equal(oracle_u32(out, "/reserved-memory", "#size-cells"), 2);
	assert_memory_equal(oracle_bytes(out, "/hypervisor", "compatible"),
			    "mediatek,geniezone\0mediatek,geniezone-hyp", 42);
	assert_int_equal(oracle_len(out, "/hypervisor", "compatible"), 42);
	assert_int_equal(oracle_same(source, out, "/cpus"), 0);
	assert_int_equal(oracle_same(source, out, "/psci"), 0);
	assert_int_equal(oracle_same(source, out, "/intc@8000000"), 0);
}

static void host__one_cell_root__cells_follow(void **state)
{
	(void)state;
	load((struct virt){ .address_cells = 1, .size_cells = 1 });
	written();
	reg_is("/reserved-memory/geniezone-pool@7c000000", 0x7c000000, 0x4000000, 1, 1);
	l.pool.base.v = 0x880000000;
	assert_int_equal(write_tree(CAPACITY, true), GZ_EINVAL);
}

static void chosen_all(void)
{
	tree_string("bootargs", "a gz.log=debug b");
	tree_cells("linux,initrd-start", 1, 0x48000000);
	tree_cells("linux,initrd-end", 1, 0x48001000);
	tree_cells("rng-seed", 2, 1, 2);
	tree_cells("kaslr-seed", 2, 1, 2);
	tree_cells("linux,elfcorehdr", 2, 0, 0);
	tree_module("kernel", 0x50000000, 0x1000, NULL);
	tree_node("framebuffer");
	tree_end_node();
	tree_node("fw@60000000");
	tree_string("compatible", "gz,firmware");
	tree_cells("reg", 4, 0, 0x60000000, 0, 0x2000);
	tree_end_node();
}

static void host__chosen__ours_out_hosts_in(void **state)
{
	(void)state;
	load((struct virt){ .chosen = chosen_all });
	written();
	assert_string_equal(oracle_bytes(out, "/chosen", "bootargs"), "a b");
	assert_int_equal(oracle_len(out, "/chosen", "linux,initrd-start"), 8);
	assert_int_equal(oracle_u64(out, "/chosen", "linux,initrd-start"), 0x48000000);
	assert_int_equal(oracle_u64(out, "/chosen", "linux,initrd-end"), 0x48001000);
	assert_int_equal(oracle_len(out, "/chosen", "linux,elfcorehdr"), 8);
	assert_string_equal(oracle_bytes(out, "/chosen", "stdout-path"), "/pl011@9000000");
	assert_memory_equal(oracle_bytes(out, "/chosen", "kaslr-seed"), seeds64, 8);
	assert_int_equal(oracle_len(out, "/chosen", "kaslr-seed"), 8);
	assert_memory_equal(oracle_bytes(out, "/chosen", "rng-seed"), seeds64 + 8, 56);
	assert_int_equal(oracle_len(out, "/chosen", "rng-seed"), 56);
	assert_false(oracle_has(out, "/chosen/module@50000000"));
	assert_false(oracle_has(out, "/chosen/fw@60000000"));
	reg_is("/reserved-memory/geniezone-firmware@60000000", 0x60000000, 0x2000, 2, 2);
	assert_int_equal(oracle_len(out, "/reserved-memory/geniezone-firmware@60000000", "no-map"), 0);
	assert_true(oracle_has(out, "/chosen/framebuffer"));
}

static void host__no_seeds__old_ones_still_gone(void **state)
{
	(void)state;
	load((struct virt){ .chosen = chosen_all });
	m.bootargs[0] = '\0';
	l.initrd.size = 0;
	assert_int_equal(write_tree(CAPACITY, false), GZ_OK);
	assert_int_equal(oracle_len(out, "/chosen", "rng-seed"), -1);
	assert_int_equal(oracle_len(out, "/chosen", "kaslr-seed"), -1);
	assert_int_equal(oracle_len(out, "/chosen", "bootargs"), -1);
	assert_int_equal(oracle_len(out, "/chosen", "linux,initrd-start"), -1);
}

static void host__no_chosen__made(void **state)
{
	(void)state;
	load((struct virt){ .no_chosen = true });
	strcpy(m.bootargs, "made=1");
	written();
	assert_string_equal(oracle_bytes(out, "/chosen", "bootargs"), "made=1");
	assert_int_equal(oracle_len(out, "/chosen", "rng-seed"), 56);
}

static unsigned int reserved_cells = 2;
static bool reserved_ranges = true;

static void reserved_and_hypervisor(void)
{
	tree_node("reserved-memory");
	tree_cells("#address-cells", 1, reserved_cells);
	tree_cells("#size-cells", 1, 2);
	if (reserved_ranges)
		tree_empty("ranges");
	tree_node("fw@50000000");
	tree_reg(0x50000000, 0x200000);
	tree_empty("no-map");
	tree_end_node();
	tree_end_node();
	tree_node("hypervisor");
	tree_string("compatible", "xen,xen");
	tree_end_node();
}

static void reserve_one(void) { tree_reserve(0x48000000, 0x1234); }

static void host__reservations_there__kept_and_joined(void **state)
{
	(void)state;
	load((struct virt){ .extra = reserved_and_hypervisor, .reserve = reserve_one });
	written();
	reg_is("/reserved-memory/fw@50000000", 0x50000000, 0x200000, 2, 2);
	reg_is("/reserved-memory/geniezone-image@40200000", 0x40200000, 0x200000, 2, 2);
	assert_memory_equal(oracle_bytes(out, "/hypervisor", "compatible"), "mediatek,geniezone", 19);
	assert_int_equal(oracle_count(out, "hypervisor"), 1);
	assert_int_equal(oracle_count(out, "reserved-memory"), 1);
	assert_true(oracle_reserved(out, 0, 0x48000000, 0x1234));
}

/* Linux would ignore such a node, and then use EL2's memory. */
static void host__reserved_memory_unusable__einval(void **state)
{
	struct virt v = { .extra = reserved_and_hypervisor };

	(void)state;
	load((struct virt){ 0 });
	for (int bad = 0; bad < 3; bad++) {
		reserved_cells = bad == 0 ? 1 : 2;
		reserved_ranges = bad != 1;
		free(source);
		source = tree_virt(&v, &source_size);
		assert_int_equal(write_tree(CAPACITY, true), bad == 2 ? GZ_OK : GZ_EINVAL);
	}
}

static void smmus(void)
{
	tree_node("smmu@9050000");
	tree_string("compatible", "arm,smmu-v3");
	tree_reg(0x09050000, 0x20000);
	tree_cells("phandle", 1, 0x8001);
	tree_node("child");
	tree_end_node();
	tree_end_node();
	tree_node("m4u@a000000");
	tree_string("compatible", "mediatek,mt8195-iommu-vdo");
	tree_cells("phandle", 1, 0x8002);
	tree_end_node();
	tree_node("pcie@10000000");
	tree_cells("iommu-map", 4, 0, 0x8001, 0, 0x10000);
	tree_cells("iommu-map-mask", 1, 0xffff);
	tree_cells("msi-map", 4, 0, 0x8003, 0, 0x10000);
	tree_empty("dma-coherent");
	tree_end_node();
	tree_node("disk@b000000");
	tree_cells("iommus", 2, 0x8001, 5);
	tree_end_node();
	tree_node("display@c000000");
	tree_cells("iommus", 2, 0x8002, 5);
	tree_end_node();
}

static void host__smmu__stays(void **state)
{
	(void)state;
	load((struct virt){ .extra = smmus });
	written();
	assert_int_equal(oracle_same(source, out, "/smmu@9050000"), 0);
	assert_int_equal(oracle_same(source, out, "/pcie@10000000"), 0);
	assert_int_equal(oracle_same(source, out, "/disk@b000000"), 0);
	assert_int_equal(oracle_same(source, out, "/display@c000000"), 0);
}

static void host__every_capacity__enomem_and_no_byte_beyond(void **state)
{
	u32 need, c;

	(void)state;
	load((struct virt){ .chosen = chosen_all, .extra = smmus });
	written();
	need = used;
	for (c = 0; c < need; c++) {
		u8 *small = malloc(c ? c : 1);	/* ASan guards its end */

		assert_int_equal(fdt_host_write(small, c, &used, source, source_size, &m, &l, seeds64), GZ_ENOMEM);
		free(small);
	}
	assert_int_equal(write_tree(need, true), GZ_OK);
}

static void host__damaged_source__einval_or_a_tree(void **state)
{
	u8 *good;
	u32 round;

	(void)state;
	load((struct virt){ .chosen = chosen_all, .extra = smmus });
	for (u32 n = 0; n < source_size; n++) {
		assert_int_equal(fdt_host_write(out, CAPACITY, &used, source, n, &m, &l, seeds64), GZ_EINVAL);
	}
	good = malloc(source_size);
	memcpy(good, source, source_size);
	srandom(11);
	for (round = 0; round < 5000; round++) {
		memcpy(source, good, source_size);
		for (u32 flips = 1 + random() % 4; flips; flips--)
			source[random() % source_size] = (u8)random();
		if (write_tree(CAPACITY, true) == GZ_OK)
			assert_in_range(used, 40, CAPACITY);
	}
	free(good);
}

static void host__written_twice__stable(void **state)
{
	const char *why;
	u32 first;

	(void)state;
	load((struct virt){ .chosen = chosen_all, .extra = reserved_and_hypervisor });
	written();
	first = used;
	/* The host's tree is itself a board EL2 would accept, but for the kernel module. */
	assert_int_equal(machine_from_fdt(&m, out, used, &why), GZ_OK);
	assert_int_equal(m.kernel.size, 0);
	assert_int_equal(m.reserved_count, 4);
	assert_int_equal(m.seed_len, 64);
	assert_int_equal(oracle_total(out), first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(host__plain__reservations_and_hypervisor_node, setup, teardown),
		cmocka_unit_test_setup_teardown(host__one_cell_root__cells_follow, setup, teardown),
		cmocka_unit_test_setup_teardown(host__chosen__ours_out_hosts_in, setup, teardown),
		cmocka_unit_test_setup_teardown(host__no_seeds__old_ones_still_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(host__no_chosen__made, setup, teardown),
		cmocka_unit_test_setup_teardown(host__reservations_there__kept_and_joined, setup, teardown),
		cmocka_unit_test_setup_teardown(host__reserved_memory_unusable__einval, setup, teardown),
		cmocka_unit_test_setup_teardown(host__smmu__stays, setup, teardown),
		cmocka_unit_test_setup_teardown(host__every_capacity__enomem_and_no_byte_beyond, setup, teardown),
		cmocka_unit_test_setup_teardown(host__damaged_source__einval_or_a_tree, setup, teardown),
		cmocka_unit_test_setup_teardown(host__written_twice__stable, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
