/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/boot/fdt_host.c hyp/plat/fdt.c hyp/plat/fdt_bus.c hyp/plat/fdt_machine.c hyp/plat/fdt_chosen.c tests/host/fdt_oracle.c tests/host/dtb_files.c */
/* LIBS: -lfdt */
/*
 * Job: every arm64 board of Debian's kernel package: accepted, or refused for a reason that libfdt confirms; and the host's tree for it.
 * Never: pass when there was nothing to read.
 * Used by: make -C tests/host run (DTBS=directory); with --table DIRECTORY it prints docs/boards.md's table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "boot/fdt_host.h"
#include "host/dtb_files.h"
#include "host/fdt_oracle.h"

#define MAX_REASONS	32

static struct machine m;
static struct { const char *why; unsigned int count; } reasons[MAX_REASONS];
static unsigned int accepted, filled_accepted, wrong;

static u64 ram_bytes(void)
{
	u64 sum = 0;

	for (u32 i = 0; i < m.ram_count; i++)
		sum += m.ram[i].size;
	return sum;
}

static bool has_smc_psci(const void *blob)
{
	return oracle_compatible_string(blob, "arm,psci-0.2", "method", "smc") ||
	       oracle_compatible_string(blob, "arm,psci-1.0", "method", "smc");
}

static bool cpu_without_psci(const void *blob)
{
	return oracle_cpus(blob, NULL) != oracle_cpus(blob, "psci");
}

/* Does libfdt see what the sentence claims? */
static bool reason_is_right(const void *blob, const char *why)
{
	if (!why)
		return oracle_enabled_compatible(blob, "arm,gic-v3") &&
		       oracle_enabled_compatible(blob, "arm,smmu-v3") == (m.smmu_count > 0) && has_smc_psci(blob) &&
		       (u64)oracle_cpus(blob, NULL) == m.cpu_count && ram_bytes() / 4096 == oracle_memory_bytes(blob) / 4096;
	if (strstr(why, "no memory node"))
		return oracle_memory_bytes(blob) == 0;
	if (strstr(why, "no GICv3") || strstr(why, "not a GICv3"))
		return !oracle_enabled_compatible(blob, "arm,gic-v3");
	if (strstr(why, "enable-method"))
		return cpu_without_psci(blob);
	if (strstr(why, "PSCI"))
		return !has_smc_psci(blob);
	if (strstr(why, "no cpu nodes"))
		return oracle_cpus(blob, NULL) == 0;
	return false;
}

static void count_reason(const char *why)
{
	unsigned int i;

	for (i = 0; i < MAX_REASONS && reasons[i].why && reasons[i].why != why; i++)
		;
	assert_true(i < MAX_REASONS);
	reasons[i].why = why;
	reasons[i].count++;
}

static void judge(const char *path, const void *blob, const char *why)
{
	if (reason_is_right(blob, why))
		return;
	wrong++;
	print_error("%s: \"%s\", and libfdt does not agree\n", path, why ? why : "accepted");
}

/* EL2 carved out of the first bank: the tree the host would get must satisfy libfdt and keep the board's devices. */
static void write_host_tree(const char *path, const void *blob, u32 size)
{
	struct boot_layout l = { .image = { PA(0x40200000), 0x200000 }, .pool = { PA(0x50000000), 0x4000000 } };
	u32 used, capacity = size + 65536;
	void *out = malloc(capacity);
	u8 seeds[64] = { 1 };

	if (fdt_host_write(out, capacity, &used, blob, size, &m, &l, seeds) || oracle_check(out, used) ||
	    !oracle_has(out, "/hypervisor") || oracle_same(blob, out, "/cpus")) {
		wrong++;
		print_error("%s: the host's tree is wrong\n", path);
	}
	free(out);
}

static void read_board(const char *path, void *blob, uint32_t size)
{
	const char *why;
	void *filled;

	if (machine_from_fdt(&m, blob, size, &why) == GZ_OK)
		accepted++;
	else
		count_reason(why);
	judge(path, blob, why);
	write_host_tree(path, blob, size);
	/* What the boot loader does for boards whose memory node is empty: the next reason shows, or none. */
	if (why && strstr(why, "no memory node")) {
		filled = oracle_with_memory(blob, &size);
		if (machine_from_fdt(&m, filled, size, &why) == GZ_OK)
			filled_accepted++;
		else
			count_reason(why);
		judge(path, filled, why);
		free(filled);
	}
}

static void boards__every_tree__accepted_or_refused_rightly(void **state)
{
	const char *top = getenv("DTBS");
	unsigned int boards;

	(void)state;
	assert_non_null(top);
	boards = dtb_for_each(top, read_board);
	printf("%u device trees: %u accepted as they are, %u more once memory is filled in\n", boards, accepted, filled_accepted);
	for (unsigned int i = 0; i < MAX_REASONS && reasons[i].why; i++)
		printf("%6u refused: %s\n", reasons[i].count, reasons[i].why);
	assert_in_range(boards, 1000, 100000);
	assert_int_equal(wrong, 0);
	assert_true(accepted + filled_accepted > 500);
}

static unsigned int damaged;

/* A few cuts and flips on every board: more shapes than a small tree has. */
static void damage_board(const char *path, void *blob, uint32_t size)
{
	const char *why;
	u8 *b = blob;

	(void)path;
	if (damaged++ % 8)
		return;
	for (int i = 0; i < 40; i++) {
		b[random() % size] = (u8)random();
		if (machine_from_fdt(&m, blob, size, &why))
			assert_non_null(why);
	}
	assert_int_not_equal(machine_from_fdt(&m, blob, (u32)random() % size, &why), GZ_OK);
}

static void boards__damaged__no_crash(void **state)
{
	(void)state;
	srandom(5);
	dtb_for_each(getenv("DTBS"), damage_board);
	assert_true(damaged > 1000);
}

static void table_row(const char *path, void *blob, uint32_t size)
{
	static const char *const uart[] = { "other", "PL011", "8250" };
	const char *why, *name = strrchr(path, '/');
	void *filled;

	if (machine_from_fdt(&m, blob, size, &why) && strstr(why, "no memory node")) {
		filled = oracle_with_memory(blob, &size);
		(void)!machine_from_fdt(&m, filled, size, &why);
		free(filled);
		m.ram_count = 0;
	}
	if (why && strncmp(why, "device tree: ", 13) == 0)
		why += 13;
	/* The remedy in brackets is for a person at a console. */
	printf("| %s | %s | %u | %s | %s | %s | %s | %u | %.*s |\n", name ? name + 1 : path, oracle_root_string(blob, "model"),
	       m.cpu_count, m.ram_count ? "given" : "boot loader", m.has_gicv3 ? "v3" : "no", m.psci_smc ? "smc" : "no",
	       uart[m.uart], m.smmu_count,
	       why ? (int)strcspn(why, "(") : 3, why ? why : "yes");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(boards__every_tree__accepted_or_refused_rightly),
		cmocka_unit_test(boards__damaged__no_crash),
	};

	if (argc != 3 || strcmp(argv[1], "--table"))
		return cmocka_run_group_tests(tests, NULL, NULL);
	printf("| Tree | Board | CPUs | Memory | GIC | PSCI | Console | SMMUv3 | Accepted |\n");
	printf("|---|---|---|---|---|---|---|---|---|\n");
	return dtb_for_each(argv[2], table_row) ? 0 : 1;
}
