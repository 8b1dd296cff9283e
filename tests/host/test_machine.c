/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/plat/fdt.c hyp/plat/fdt_bus.c hyp/plat/fdt_machine.c hyp/plat/fdt_chosen.c tests/host/fdt_build.c tests/host/board_fixture.c */
/* LIBS: -lfdt */
/*
 * Job: struct machine out of boards that differ from a plain one in one thing each; every refusal and its sentence.
 * Never: a sentence matched whole: the word that tells the cause is enough.
 * Used by: make -C tests/host run.
 */
#include "host/board_fixture.h"
#include "plat/fdt.h"

static void machine__plain_virt__all_found(void **state)
{
	(void)state;
	accept((struct virt){ 0 });
	assert_int_equal(m.ram_count, 1);
	range_is(m.ram[0], 0x40000000, 0x40000000);
	assert_int_equal(m.cpu_count, 2);
	assert_int_equal(m.cpu_mpidr[1], 1);
	assert_true(m.psci_smc && !m.psci_hvc && m.has_gicv3);
	range_is(m.gic.dist, 0x08000000, 0x10000);
	assert_int_equal(m.gic.redist_count, 1);
	range_is(m.gic.redist[0], 0x080a0000, 0xf60000);
	assert_int_equal(m.uart, UART_PL011);
	range_is(m.uart_regs, 0x09000000, 0x1000);
	assert_int_equal(m.kernel.size + m.initrd.size + m.firmware.size + m.seed_len + m.reserved_count, 0);
	assert_string_equal(m.bootargs, "");
}

static void machine__one_cell_root__same(void **state)
{
	(void)state;
	accept((struct virt){ .address_cells = 1, .size_cells = 1 });
	range_is(m.ram[0], 0x40000000, 0x40000000);
	range_is(m.gic.redist[0], 0x080a0000, 0xf60000);
	accept((struct virt){ .address_cells = 2, .size_cells = 1 });
	range_is(m.gic.redist[0], 0x080a0000, 0xf60000);
}

static void memory_node(const char *name, int cells, const u64 *words)
{
	u64 be[16];

	for (int i = 0; i < cells; i++)
		be[i] = __builtin_bswap64(words[i]);
	tree_node(name);
	tree_string("device_type", "memory");
	tree_data("reg", be, 8 * cells);
	tree_end_node();
}

/* Two nodes, out of order, three entries in one: a hole, neighbours that join, ragged ends, an empty one. */
static void memory_ragged(void)
{
	memory_node("memory@880000000", 2, (u64[]){ 0x880000000, 0x80000000 });
	memory_node("memory@40000000", 8, (u64[]){ 0x60000000, 0x10000000, 0x40000000, 0x20000000,
						   0x80000800, 0x2000, 0, 0 });
	tree_node("memory@1");	/* disabled */
	tree_string("device_type", "memory");
	tree_string("status", "disabled");
	tree_reg(0x1000000000, 0x1000000);
	tree_end_node();
}

static void machine__ram_with_holes__sorted_joined_whole_pages(void **state)
{
	(void)state;
	accept((struct virt){ .memory = memory_ragged });
	assert_int_equal(m.ram_count, 3);
	range_is(m.ram[0], 0x40000000, 0x30000000);
	range_is(m.ram[1], 0x80001000, 0x1000);
	range_is(m.ram[2], 0x880000000, 0x80000000);
}

static void memory_overlapping(void)
{
	memory_node("memory@40000000", 6, (u64[]){ 0x40000000, 0x20000000, 0x50000000, 0x1000, 0x50000000, 0x20000000 });
}

static void machine__banks_overlap__joined(void **state)
{
	(void)state;
	accept((struct virt){ .memory = memory_overlapping });
	assert_int_equal(m.ram_count, 1);
	range_is(m.ram[0], 0x40000000, 0x30000000);
}

static void memory_none(void) { }
static void memory_empty(void) { memory_node("memory@0", 2, (u64[]){ 0, 0 }); }
static void memory_wraps(void) { memory_node("memory@1", 2, (u64[]){ 0xffffffff00000000, 0x100000000 }); }
static void memory_high(void) { memory_node("memory@1", 2, (u64[]){ 0xffffffe00000, 0x400000 }); }
static void memory_on_gic(void) { memory_node("memory@0", 2, (u64[]){ 0, 0x40000000 }); }

static void memory_many(void)
{
	char name[32];

	for (u64 i = 0; i < 33; i++) {
		snprintf(name, sizeof(name), "memory@%llx", (unsigned long long)(0x40000000 + i * 0x400000));
		memory_node(name, 2, (u64[]){ 0x40000000 + i * 0x400000, 0x200000 });
	}
}

static void machine__bad_memory__refused(void **state)
{
	(void)state;
	refused((struct virt){ .memory = memory_none }, GZ_EINVAL, "no memory node");
	refused((struct virt){ .memory = memory_empty }, GZ_EINVAL, "no memory node");
	refused((struct virt){ .memory = memory_wraps }, GZ_ERANGE, "wraps");
	refused((struct virt){ .memory = memory_high }, GZ_ERANGE, "48 bits");
	refused((struct virt){ .memory = memory_many }, GZ_ERANGE, "32 memory banks");
	refused((struct virt){ .memory = memory_on_gic }, GZ_EEXIST, "overlaps the GIC");
}

static void reserve_one(void) { tree_reserve(0x48000000, 0x1234); }
static void reserve_wraps(void) { tree_reserve(0xfffffffffffff000, 0x2000); }

static void reserved_nodes(void)
{
	tree_node("reserved-memory");
	tree_cells("#address-cells", 1, 2);
	tree_cells("#size-cells", 1, 2);
	tree_empty("ranges");
	tree_node("fw@50000000");
	tree_reg(0x50000000, 0x200000);
	tree_empty("no-map");
	tree_end_node();
	tree_node("cma");	/* anywhere: nothing to keep clear of */
	tree_cells("size", 2, 0, 0x1000000);
	tree_end_node();
	tree_node("mapped@54000000");
	tree_reg(0x54000000, 0x1000);
	tree_end_node();
	tree_node("off@52000000");
	tree_string("status", "disabled");
	tree_reg(0x52000000, 0x1000);
	tree_end_node();
	tree_end_node();
}

static void machine__reservations__both_kinds(void **state)
{
	(void)state;
	accept((struct virt){ .reserve = reserve_one, .extra = reserved_nodes });
	assert_int_equal(m.reserved_count, 3);
	range_is(m.reserved[0], 0x48000000, 0x1234);
	range_is(m.reserved[1], 0x50000000, 0x200000);
	range_is(m.reserved[2], 0x54000000, 0x1000);
	assert_int_equal(m.reserved_no_map, BIT(1));
	refused((struct virt){ .reserve = reserve_wraps }, GZ_ERANGE, "memreserve");
}

static void cpu(const char *name, const char *method, const char *status, unsigned int hi, unsigned int lo)
{
	tree_node(name);
	tree_string("device_type", "cpu");
	tree_cells("reg", 2, hi, lo);
	if (method)
		tree_string("enable-method", method);
	if (status)
		tree_string("status", status);
	tree_end_node();
}

static void cpus_mixed(void)
{
	tree_node("cpu-map");
	tree_end_node();
	cpu("cpu@0", "psci", NULL, 0, 0);
	cpu("cpu@100", "psci", "disabled", 0, 0x100);	/* parked, not absent */
	cpu("cpu@101", "psci", "fail", 0, 0x101);
	cpu("cpu@200000300", "psci", "okay", 2, 0x300);
}

static void cpus_one_bare(void) { cpu("cpu@0", NULL, NULL, 0, 0); }
static void cpus_two_bare(void) { cpu("cpu@0", NULL, NULL, 0, 0); cpu("cpu@1", NULL, NULL, 0, 1); }
static void cpus_spin(void) { cpu("cpu@0", "spin-table", NULL, 0, 0); }
static void cpus_none(void) { }
static void cpus_twice(void) { cpu("cpu@0", "psci", NULL, 0, 1); cpu("cpu@1", "psci", NULL, 0, 1); }
static void cpus_no_mpidr(void) { cpu("cpu@0", "psci", NULL, 0x100, 0); }

static void cpus_many(void)
{
	char name[16];

	for (unsigned int i = 0; i < 65; i++) {
		snprintf(name, sizeof(name), "cpu@%x", i);
		cpu(name, "psci", NULL, 0, i);
	}
}

static void machine__cpus__affinities_and_methods(void **state)
{
	(void)state;
	accept((struct virt){ .cpus = cpus_mixed });
	assert_int_equal(m.cpu_count, 3);
	assert_int_equal(m.cpu_mpidr[1], 0x100);
	assert_int_equal(m.cpu_mpidr[2], 0x200000300);
	accept((struct virt){ .cpus = cpus_one_bare });
	refused((struct virt){ .cpus = cpus_two_bare }, GZ_ENOTSUP, "enable-method");
	refused((struct virt){ .cpus = cpus_spin }, GZ_ENOTSUP, "enable-method");
	refused((struct virt){ .cpus = cpus_none }, GZ_EINVAL, "no cpu");
	refused((struct virt){ .cpus = cpus_twice }, GZ_EEXIST, "same reg");
	refused((struct virt){ .cpus = cpus_no_mpidr }, GZ_EINVAL, "MPIDR");
	refused((struct virt){ .cpus = cpus_many }, GZ_ERANGE, "64 CPUs");
}

static void psci_node(const char *compatible, const char *method)
{
	tree_node("psci");
	tree_string("compatible", compatible);
	if (method)
		tree_string("method", method);
	tree_end_node();
}

static void psci_none(void) { }
static void psci_hvc(void) { psci_node("arm,psci-1.0", "hvc"); }
static void psci_odd(void) { psci_node("arm,psci-1.0", NULL); }
static void psci_old(void) { psci_node("arm,psci", "smc"); }
static void psci_02(void) { psci_node("arm,psci-0.2", "smc"); }

static void machine__psci__only_smc_and_02(void **state)
{
	(void)state;
	accept((struct virt){ .psci = psci_02 });
	refused((struct virt){ .psci = psci_none }, GZ_ENOTSUP, "no PSCI");
	refused((struct virt){ .psci = psci_hvc }, GZ_ENOTSUP, "another hypervisor");
	refused((struct virt){ .psci = psci_odd }, GZ_ENOTSUP, "not smc");
	refused((struct virt){ .psci = psci_old }, GZ_ENOTSUP, "PSCI 0.1");
}

static void gic_none(void) { }

static void gic_v2(void)
{
	tree_node("intc@8000000");
	tree_string("compatible", "arm,cortex-a15-gic");
	tree_reg(0x08000000, 0x10000);
	tree_end_node();
}

static void gic_regions(unsigned int regions, int cells)
{
	tree_node("intc@c000000");
	tree_string("compatible", "arm,gic-v3");
	tree_cells("#redistributor-regions", 1, regions);
	tree_cells("redistributor-stride", 2, 0, 0x40000);
	tree_cells("#address-cells", 1, 2);
	tree_cells("#size-cells", 1, 2);
	tree_empty("ranges");
	tree_cells("reg", cells, 0, 0xc000000, 0, 0x10000, 0, 0xc040000, 0, 0x80000, 0, 0xd040000, 0, 0x80000);
	tree_node("its@c020000");
	tree_string("compatible", "arm,gic-v3-its");
	tree_reg(0xc020000, 0x20000);
	tree_end_node();
	tree_end_node();
}

static void gic_two_regions(void) { gic_regions(2, 12); }
static void gic_region_missing(void) { gic_regions(2, 8); }
static void gic_too_many(void) { gic_regions(9, 12); }
static void gic_no_region(void) { gic_regions(0, 12); }
static void gic_twice(void) { gic_regions(1, 8); gic_v2(); gic_regions(1, 8); }

static void gic_bad_stride(void)
{
	tree_node("intc@c000000");
	tree_string("compatible", "arm,gic-v3");
	tree_cells("redistributor-stride", 1, 0x1000);
	tree_cells("reg", 8, 0, 0xc000000, 0, 0x10000, 0, 0xc040000, 0, 0x80000);
	tree_end_node();
}

static void machine__gic__regions_stride_its(void **state)
{
	(void)state;
	accept((struct virt){ .gic = gic_two_regions });
	assert_int_equal(m.gic.redist_count, 2);
	range_is(m.gic.redist[1], 0xd040000, 0x80000);
	assert_int_equal(m.gic.redist_stride, 0x40000);
	assert_int_equal(m.its_count, 1);
	range_is(m.its[0], 0xc020000, 0x20000);
	refused((struct virt){ .gic = gic_none }, GZ_ENOTSUP, "no GICv3");
	refused((struct virt){ .gic = gic_v2 }, GZ_ENOTSUP, "not a GICv3");
	refused((struct virt){ .gic = gic_region_missing }, GZ_EINVAL, "redistributor");
	refused((struct virt){ .gic = gic_too_many }, GZ_EINVAL, "redistributor");
	refused((struct virt){ .gic = gic_no_region }, GZ_EINVAL, "redistributor");
	refused((struct virt){ .gic = gic_bad_stride }, GZ_EINVAL, "stride");
	refused((struct virt){ .gic = gic_twice }, GZ_EEXIST, "two GICv3");
}

/* soc has one cell each and lies at 4 GiB for its parent; a second bus inside; one bus nobody can reach. */
static void soc_with_smmus(void)
{
	tree_node("soc");
	tree_cells("#address-cells", 1, 1);
	tree_cells("#size-cells", 1, 1);
	tree_cells("ranges", 8, 0x1000, 1, 0x1000, 0x1000, 0x20000000, 1, 0x20000000, 0x10000000);
	tree_node("smmu@25000000");
	tree_string("compatible", "arm,smmu-v3");
	tree_cells("reg", 2, 0x25000000, 0x20000);
	tree_end_node();
	tree_node("bus@26000000");
	tree_cells("#address-cells", 1, 2);
	tree_cells("#size-cells", 1, 1);
	tree_cells("ranges", 4, 0, 0, 0x26000000, 0x100000);
	tree_node("smmu@1000");
	tree_string("compatible", "arm,smmu-v3");
	tree_cells("reg", 3, 0, 0x1000, 0x20000);
	tree_end_node();
	tree_end_node();
	tree_node("off");
	tree_string("status", "disabled");
	tree_cells("#address-cells", 1, 1);
	tree_cells("#size-cells", 1, 1);
	tree_empty("ranges");
	tree_node("smmu@27000000");
	tree_string("compatible", "arm,smmu-v3");
	tree_cells("reg", 2, 0x27000000, 0x20000);
	tree_end_node();
	tree_end_node();
	tree_end_node();
}

static void smmu_unreachable(void)
{
	tree_node("i2c");
	tree_cells("#address-cells", 1, 1);
	tree_cells("#size-cells", 1, 1);
	tree_node("smmu@1");
	tree_string("compatible", "arm,smmu-v3");
	tree_cells("reg", 2, 1, 0x20000);
	tree_end_node();
	tree_end_node();
}

static void smmu_outside_window(void)
{
	tree_node("soc");
	tree_cells("#address-cells", 1, 1);
	tree_cells("#size-cells", 1, 1);
	tree_cells("ranges", 4, 0, 0, 0, 0x1000);
	tree_node("smmu@800");
	tree_string("compatible", "arm,smmu-v3");
	tree_cells("reg", 2, 0x800, 0x801);
	tree_end_node();
	tree_end_node();
}

static void machine__buses__addresses_translated(void **state)
{
	(void)state;
	accept((struct virt){ .extra = soc_with_smmus });
	assert_int_equal(m.smmu_count, 2);
	range_is(m.smmu[0], 0x125000000, 0x20000);
	range_is(m.smmu[1], 0x126001000, 0x20000);
	refused((struct virt){ .extra = smmu_unreachable }, GZ_ENOTSUP, "cannot be translated");
	refused((struct virt){ .extra = smmu_outside_window }, GZ_ENOTSUP, "cannot be translated");
}

static void machine__damaged_tree__refused(void **state)
{
	u32 size;
	u8 *blob = tree_virt(&(struct virt){ 0 }, &size);

	(void)state;
	assert_int_equal(machine_from_fdt(&m, blob, size - 1, &why), GZ_ERANGE);
	assert_non_null(strstr(why, "larger"));
	blob[0] = 0;
	assert_int_equal(machine_from_fdt(&m, blob, size, &why), GZ_EINVAL);
	assert_non_null(strstr(why, "damaged"));
	free(blob);
}

/* The sentence about a damaged tree needs a console: what stands before the damage is found. */
static void machine__damaged_behind_the_console__console_found(void **state)
{
	u32 size, end;
	u8 *blob = tree_virt(&(struct virt){ 0 }, &size);

	(void)state;
	end = fdt_be32(blob + 8) + fdt_be32(blob + 36);
	memset(blob + end - 4, 0xff, 4);	/* the last token */
	assert_int_equal(machine_from_fdt(&m, blob, size, &why), GZ_EINVAL);
	assert_int_equal(m.uart, UART_PL011);
	assert_true(m.psci_smc);
	memset(blob + 36, 0xff, 4);		/* the size of the structure, too */
	assert_int_equal(machine_from_fdt(&m, blob, size, &why), GZ_EINVAL);
	assert_int_equal(m.uart, UART_PL011);
	memset(blob + 8, 0xff, 4);		/* and where it is */
	assert_int_equal(machine_from_fdt(&m, blob, size, &why), GZ_EINVAL);
	assert_int_equal(m.uart, UART_NONE);
	free(blob);
}

static void machine__bytes_flipped__no_crash_and_sane(void **state)
{
	u32 size, round;
	u8 *blob = tree_virt(&(struct virt){ .extra = soc_with_smmus, .reserve = reserve_one }, &size);
	u8 *work = malloc(size);

	(void)state;
	srandom(7);
	for (round = 0; round < 10000; round++) {
		memcpy(work, blob, size);
		for (u32 flips = 1 + random() % 6; flips; flips--)
			work[40 + random() % (size - 40)] = (u8)random();
		if (machine_from_fdt(&m, work, size, &why)) {
			assert_non_null(why);
			continue;
		}
		assert_in_range(m.ram_count, 1, MACHINE_MAX_BANKS);
		for (u32 i = 0; i < m.ram_count; i++) {
			assert_true(m.ram[i].size && IS_ALIGNED(m.ram[i].base.v | m.ram[i].size, PAGE_SIZE));
			assert_true(i == 0 || pa_range_end(m.ram[i - 1]) < m.ram[i].base.v);
		}
	}
	free(work);
	free(blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machine__plain_virt__all_found),
		cmocka_unit_test(machine__one_cell_root__same),
		cmocka_unit_test(machine__ram_with_holes__sorted_joined_whole_pages),
		cmocka_unit_test(machine__banks_overlap__joined),
		cmocka_unit_test(machine__bad_memory__refused),
		cmocka_unit_test(machine__reservations__both_kinds),
		cmocka_unit_test(machine__cpus__affinities_and_methods),
		cmocka_unit_test(machine__psci__only_smc_and_02),
		cmocka_unit_test(machine__gic__regions_stride_its),
		cmocka_unit_test(machine__buses__addresses_translated),
		cmocka_unit_test(machine__damaged_tree__refused),
		cmocka_unit_test(machine__damaged_behind_the_console__console_found),
		cmocka_unit_test(machine__bytes_flipped__no_crash_and_sane),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
