/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/plat/fdt.c hyp/plat/fdt_bus.c hyp/plat/fdt_machine.c hyp/plat/fdt_chosen.c hyp/plat/uart.c tests/host/fdt_build.c */
/* LIBS: -lfdt */
/*
 * Job: the first steps of boot: the right UART or none, and a sentence for each reason to stop there.
 * Never: the windows of EL2's map (no such addresses here): console.c is compiled in, its window is memory of the test.
 * Used by: make -C tests/host run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "host/fdt_build.h"
#include "mm/layout.h"

static u8 window[4 << 20];
#undef HYP_VA_EARLY
#define HYP_VA_EARLY ((u64)(uintptr_t)window)
#include "boot/console.c"

#define TREE_PA		UINT64_C(0x48600000)
#define UART_FREE	(BIT(5))	/* LSR.THRE of a 16550 */

u64 image_pa;
static struct boot b;
static log_sink_fn console_sink;
static void (*off_fn)(void);
static struct { u64 va, pa, size; enum boot_map_kind kind; } map[8];
static u32 maps, map_budget;
static char sent[256];
static u64 sent_at, polled_at;
static u32 sent_size;
static u64 el;

void psci_system_off(void) {}
void boot_fail_set_power_off(void (*fn)(void)) { off_fn = fn; }
void log_console_on(log_sink_fn sink) { console_sink = sink; }

enum gz_err boot_map(u64 va, struct pa_range range, enum boot_map_kind kind)
{
	if (maps == map_budget)
		return GZ_ENOMEM;
	map[maps].va = va, map[maps].pa = range.base.v, map[maps].size = range.size;
	map[maps++].kind = kind;
	return GZ_OK;
}

/* Transmitter free: for a PL011 no bit of the flags, for a 16550 the one of LSR. */
static bool uart_reads(u64 va, u32 size, u64 *value)
{
	(void)size;
	polled_at = va;
	*value = b.machine.uart == UART_8250 ? UART_FREE : 0;
	return true;
}

static bool uart_writes(u64 va, u32 size, u64 value)
{
	if (value > 0xff)
		return true;		/* PL011 control */
	sent_at = va;
	sent_size = size;
	strncat(sent, (char[]){ (char)value, 0 }, 1);
	return true;
}

static int setup(void **state)
{
	(void)state;
	shim_reset();
	memset(&b, 0, sizeof(b));
	memset(window, 0, sizeof(window));
	maps = 0;
	map_budget = ARRAY_SIZE(map);
	console_sink = NULL;
	off_fn = NULL;
	sent[0] = 0;
	image_pa = 0x40200000;
	el = 2;
	shim_mmio_read_hook = uart_reads;
	shim_mmio_write_hook = uart_writes;
	return 0;
}

static void tree_at(u64 offset, const struct virt *v)
{
	u32 size;
	void *blob = tree_virt(v, &size);

	memcpy(window + offset, blob, size);
	free(blob);
}

static void read_at(void *pa) { boot_read_machine(&b, *(u64 *)pa, el); }

static void boots(void)
{
	u64 pa = TREE_PA;

	if (shim_panics(read_at, &pa))
		fail_msg("%s", shim_panic_text);
}

static void refuses_at(u64 pa, const char *cause)
{
	shim_panic_text[0] = 0;
	assert_true(shim_panics(read_at, &pa));
	if (!strstr(shim_panic_text, cause))
		print_error("\"%s\" does not say \"%s\"\n", shim_panic_text, cause);
	assert_non_null(strstr(shim_panic_text, cause));
}

static void refuses(const char *cause) { refuses_at(TREE_PA, cause); }

static void mapped(u32 i, u64 va, u64 pa, u64 size, enum boot_map_kind kind)
{
	assert_true(i < maps);
	assert_int_equal(map[i].va, va);
	assert_int_equal(map[i].pa, pa);
	assert_int_equal(map[i].size, size);
	assert_int_equal(map[i].kind, kind);
}

static void console__pl011__text_comes_out_there(void **state)
{
	(void)state;
	tree_at(0, &(struct virt){ 0 });
	boots();
	assert_int_equal(b.machine.uart, UART_PL011);
	assert_int_equal(maps, 2);
	mapped(0, HYP_VA_EARLY, TREE_PA, BLOCK_SIZE, BOOT_RODATA);
	mapped(1, HYP_VA_MMIO, 0x09000000, PAGE_SIZE, BOOT_DEVICE);
	assert_int_equal(b.fdt.base.v, TREE_PA);
	assert_int_equal(b.fdt.size, fdt_total_size(window));
	assert_ptr_equal(off_fn, psci_system_off);
	assert_non_null(console_sink);
	console_sink("a\n", 2);
	assert_string_equal(sent, "a\r\n");
	assert_int_equal(sent_at, HYP_VA_MMIO);
}

static void mediatek_uart(void)
{
	tree_node("serial@11002100");
	tree_string("compatible", "mediatek,mt6577-uart");
	tree_reg(0x11002100, 0x100);
	tree_end_node();
	tree_node("chosen");
	tree_string("stdout-path", "/serial@11002100:921600n8");
	tree_end_node();
}

static void byte_uart(void)
{
	tree_node("serial@11002100");
	tree_string("compatible", "ns16550a");
	tree_reg(0x11002100, 0x100);
	tree_end_node();
	tree_node("chosen");
	tree_string("stdout-path", "/serial@11002100");
	tree_end_node();
}

/* Not at the start of a page, and its registers apart as the kind says. */
static void console__8250__spacing_and_offset_in_the_page(void **state)
{
	(void)state;
	tree_at(0, &(struct virt){ .no_chosen = true, .extra = mediatek_uart });
	boots();
	mapped(1, HYP_VA_MMIO, 0x11002000, PAGE_SIZE, BOOT_DEVICE);
	console_sink("m", 1);
	assert_string_equal(sent, "m");
	assert_int_equal(sent_at, HYP_VA_MMIO + 0x100);
	assert_int_equal(sent_size, 4);
	assert_int_equal(polled_at, HYP_VA_MMIO + 0x100 + 5 * 4);
	setup(NULL);
	tree_at(0, &(struct virt){ .no_chosen = true, .extra = byte_uart });
	boots();
	console_sink("n", 1);
	assert_int_equal(sent_size, 1);
	assert_int_equal(polled_at, HYP_VA_MMIO + 0x100 + 5);
}

static void foreign_uart(void)
{
	tree_node("serial@12000000");
	tree_string("compatible", "samsung,exynos4210-uart");
	tree_reg(0x12000000, 0x100);
	tree_end_node();
	tree_node("chosen");
	tree_string("stdout-path", "/serial@12000000");
	tree_end_node();
}

static void console__unknown_uart__silent_and_nothing_mapped(void **state)
{
	(void)state;
	tree_at(0, &(struct virt){ .no_chosen = true, .extra = foreign_uart });
	boots();
	assert_int_equal(b.machine.uart, UART_NONE);
	assert_int_equal(maps, 1);
	assert_null(console_sink);
}

static void console__no_tables_left__silent_but_boots(void **state)
{
	(void)state;
	tree_at(0, &(struct virt){ 0 });
	map_budget = 1;
	boots();
	assert_null(console_sink);
	assert_string_equal(sent, "");
}

static void tree__no_address_of_one__refused_before_reading(void **state)
{
	static const u64 bad[] = { 0, 4, TREE_PA + 4, TREE_PA + BLOCK_SIZE - 2048 };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		refuses_at(bad[i], "no device tree");
		assert_int_equal(maps, 0);
	}
	map_budget = 0;
	refuses("no device tree");
	setup(NULL);
	refuses("device tree");		/* zeroes */
	assert_null(off_fn);
	assert_null(console_sink);
}

static void tree__across_two_blocks__both_mapped(void **state)
{
	u64 offset = BLOCK_SIZE - PAGE_SIZE, pa = TREE_PA + offset;

	(void)state;
	tree_at(offset, &(struct virt){ 0 });
	window[offset + 5] = 0;
	window[offset + 6] = 0x20;	/* total size 8 KiB and more: on into the next block */
	assert_false(shim_panics(read_at, &pa));
	mapped(0, HYP_VA_EARLY, TREE_PA, BLOCK_SIZE, BOOT_RODATA);
	mapped(1, HYP_VA_EARLY + BLOCK_SIZE, TREE_PA + BLOCK_SIZE, BLOCK_SIZE, BOOT_RODATA);
	assert_int_equal(b.machine.ram_count, 1);
	assert_int_equal(b.fdt.base.v, pa);
	map_budget = 1;
	maps = 0;
	refuses_at(pa, "no device tree");
}

static void tree__longer_than_both_blocks__refused(void **state)
{
	(void)state;
	tree_at(0, &(struct virt){ 0 });
	window[4] = 0x01;		/* 16 MiB */
	refuses("larger than the space");
}

static void not_el2__says_where_to_start_it(void **state)
{
	(void)state;
	tree_at(0, &(struct virt){ 0 });
	el = 1;
	refuses("entered at EL1, EL2 is needed");
	assert_non_null(console_sink);
	assert_null(off_fn);		/* an SMC at EL1 without EL3 is undefined */
	el = 3;
	refuses("entered at EL3");
}

static void stuck_at_e2h__refused(void **state)
{
	(void)state;
	tree_at(0, &(struct virt){ 0 });
	shim_sysreg_write("hcr_el2", BIT(34));
	refuses("HCR_EL2.E2H");
	shim_sysreg_write("hcr_el2", ~BIT(34));
	boots();
}

static void image__at_a_crooked_address__refused(void **state)
{
	(void)state;
	tree_at(0, &(struct virt){ 0 });
	image_pa = 0x40280000;
	refuses("gz.bin was loaded at 40280000: load it at a multiple of 2 MiB");
	assert_ptr_equal(off_fn, psci_system_off);
}

static void psci_by_hvc(void)
{
	tree_node("psci");
	tree_string("compatible", "arm,psci-1.0");
	tree_string("method", "hvc");
	tree_end_node();
}

static void no_psci(void) {}

static void psci__by_hvc_or_absent__refused_and_no_smc_to_power_off(void **state)
{
	(void)state;
	tree_at(0, &(struct virt){ .psci = psci_by_hvc });
	refuses("PSCI");
	assert_null(off_fn);
	assert_non_null(console_sink);
	setup(NULL);
	tree_at(0, &(struct virt){ .psci = no_psci });
	refuses("PSCI");
	assert_null(off_fn);
}

#define T(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(console__pl011__text_comes_out_there),
		T(console__8250__spacing_and_offset_in_the_page),
		T(console__unknown_uart__silent_and_nothing_mapped),
		T(console__no_tables_left__silent_but_boots),
		T(tree__no_address_of_one__refused_before_reading),
		T(tree__across_two_blocks__both_mapped),
		T(tree__longer_than_both_blocks__refused),
		T(not_el2__says_where_to_start_it),
		T(stuck_at_e2h__refused),
		T(image__at_a_crooked_address__refused),
		T(psci__by_hvc_or_absent__refused_and_no_smc_to_power_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
