/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/plat/fdt.c hyp/plat/fdt_bus.c hyp/plat/fdt_machine.c hyp/plat/fdt_chosen.c tests/host/fdt_build.c tests/host/board_fixture.c */
/* LIBS: -lfdt */
/*
 * Job: what /chosen says: command line, modules, initrd, seeds, console, and EL2's own words.
 * Never: a sentence matched whole: the word that tells the cause is enough.
 * Used by: make -C tests/host run.
 */
#include "host/board_fixture.h"

static void uart(const char *name, const char *compatible, unsigned int base, int shift)
{
	tree_node(name);
	tree_string("compatible", compatible);
	tree_reg(base, 0x1000);
	if (shift >= 0)
		tree_cells("reg-shift", 1, shift);
	tree_end_node();
}

static void uarts(void)
{
	uart("serial@11002000", "mediatek,mt6577-uart", 0x11002000, -1);
	uart("serial@11003000", "ns16550a", 0x11003000, 1);
	uart("serial@11004000", "acme,unheard-of", 0x11004000, -1);
	tree_node("aliases");
	tree_string("serial0", "/serial@11002000");
	tree_string("serial1", "/serial@11003000");
	tree_string("serial2", "/serial@11004000");
	tree_end_node();
}

static const char *stdout_path;

static void chosen_after_uarts(void)
{
	uarts();
	tree_node("chosen");
	if (stdout_path)
		tree_string("stdout-path", stdout_path);
	tree_end_node();
}

static void chosen__console__path_alias_or_first(void **state)
{
	static const struct { const char *path; enum uart_kind kind; u64 base; u32 shift; } want[] = {
		{ "/serial@11003000", UART_8250, 0x11003000, 1 },
		{ "serial0", UART_8250, 0x11002000, 2 },
		{ "serial0:921600n8", UART_8250, 0x11002000, 2 },
		{ "/serial@11002000:115200", UART_8250, 0x11002000, 2 },
		{ "serial2", UART_NONE, 0, 0 },			/* known place, unknown kind: silence */
		{ "serial9", UART_PL011, 0x09000000, 0 },	/* names nothing */
		{ NULL, UART_PL011, 0x09000000, 0 },
	};
	struct virt v = { .no_chosen = true, .extra = chosen_after_uarts };
	u32 i;

	(void)state;
	accept((struct virt){ .no_chosen = true, .extra = uarts });
	range_is(m.uart_regs, 0x09000000, 0x1000);
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		stdout_path = want[i].path;
		accept(v);
		assert_int_equal(m.uart, want[i].kind);
		assert_int_equal(m.uart_regs.base.v, want[i].base);
		assert_int_equal(m.uart_reg_shift, want[i].shift);
	}
}

static const char *bootargs;

static void with_bootargs(void) { tree_string("bootargs", bootargs); }

static void line_is(const char *line, const char *host, const char *ours)
{
	bootargs = line;
	accept((struct virt){ .chosen = with_bootargs });
	assert_string_equal(m.bootargs, host);
	assert_string_equal(m.gz_args, ours);
}

static void chosen__bootargs__split_by_prefix(void **state)
{
	(void)state;
	line_is("", "", "");
	line_is("console=ttyAMA0 gz.log=debug panic=-1", "console=ttyAMA0 panic=-1", "gz.log=debug");
	line_is("gz.pool=64M", "", "gz.pool=64M");
	line_is("  a\t gz.x  b\n", "a b", "gz.x");
	line_is("gzip=1 xgz.y=2 gz. agz.b", "gzip=1 xgz.y=2 gz. agz.b", "");
	line_is("dyndbg=\"file gz.c +p\" gz.note=\"two words\" z", "dyndbg=\"file gz.c +p\" z", "gz.note=\"two words\"");
	line_is("open=\"never closed gz.a=1", "open=\"never closed gz.a=1", "");
}

static void chosen__option__value_copied(void **state)
{
	char v[16];

	(void)state;
	line_is("gz.log=debug gz.pool=64M gz.logx=1 gz.flag gz.empty= gz.log=info", "",
		"gz.log=debug gz.pool=64M gz.logx=1 gz.flag gz.empty= gz.log=info");
	assert_true(machine_option(&m, "log", v, sizeof(v)));
	assert_string_equal(v, "debug");
	assert_true(machine_option(&m, "pool", v, 4));
	assert_string_equal(v, "64M");
	/* It is there, so whoever reads it must say that it cannot be. */
	assert_true(machine_option(&m, "pool", v, 3));
	assert_string_equal(v, "");
	assert_true(machine_option(&m, "empty", v, sizeof(v)));
	assert_string_equal(v, "");
	strcpy(v, "x");
	assert_true(machine_option(&m, "flag", v, sizeof(v)));
	assert_string_equal(v, "");
	assert_false(machine_option(&m, "lo", v, sizeof(v)));
	assert_false(machine_option(&m, "absent", v, sizeof(v)));
}

static void chosen__line_too_long__refused(void **state)
{
	static char line[MACHINE_CMDLINE + 1];

	(void)state;
	memset(line, 'a', MACHINE_CMDLINE - 1);
	bootargs = line;
	accept((struct virt){ .chosen = with_bootargs });
	assert_int_equal(strlen(m.bootargs), MACHINE_CMDLINE - 1);
	line[MACHINE_CMDLINE - 1] = 'a';
	refused((struct virt){ .chosen = with_bootargs }, GZ_ERANGE, "2047");
	memcpy(line, "gz.", 3);
	refused((struct virt){ .chosen = with_bootargs }, GZ_ERANGE, "2047");
}

static void kernel_plain(void) { tree_module("kernel", 0x50000000, 0x1234567, NULL); }

static void kernel_with_line(void)
{
	tree_string("bootargs", "gz.log=warn for=nobody");
	tree_module("kernel", 0x50000000, 0x1234567, "host gz.kept=1  exactly");
	tree_module("ramdisk", 0x58000000, 0x1000, NULL);
}

static void kernel_twice(void) { kernel_plain(); tree_module("kernel", 0x54000000, 0x1000, NULL); }
static void kernel_empty(void) { tree_module("kernel", 0x50000000, 0, NULL); }
static void kernel_wraps(void) { tree_module("kernel", 0xfffffffffffff000, 0x2000, NULL); }

static void kernel_long_line(void)
{
	static char line[MACHINE_CMDLINE + 1];

	memset(line, 'a', MACHINE_CMDLINE);
	tree_module("kernel", 0x50000000, 0x1000, line);
}

static void chosen__kernel_module__taken(void **state)
{
	(void)state;
	bootargs = "left";
	accept((struct virt){ .chosen = kernel_plain });
	range_is(m.kernel, 0x50000000, 0x1234567);
	accept((struct virt){ .chosen = kernel_with_line });
	assert_string_equal(m.bootargs, "host gz.kept=1  exactly");
	assert_string_equal(m.gz_args, "gz.log=warn");
	range_is(m.initrd, 0x58000000, 0x1000);
	refused((struct virt){ .chosen = kernel_twice }, GZ_EEXIST, "two multiboot,kernel");
	refused((struct virt){ .chosen = kernel_empty }, GZ_EINVAL, "no range");
	refused((struct virt){ .chosen = kernel_wraps }, GZ_EINVAL, "no range");
	refused((struct virt){ .chosen = kernel_long_line }, GZ_ERANGE, "2047");
}

/* The Xen convention: cells of /chosen, or the specification's 2 + 1. */
static int module_cells[2], module_reg_cells;

static void xen_modules(void)
{
	if (module_cells[0]) {
		tree_cells("#address-cells", 1, module_cells[0]);
		tree_cells("#size-cells", 1, module_cells[1]);
	}
	tree_node("kernel@50000000");
	tree_data("compatible", "multiboot,kernel\0multiboot,module", 34);
	if (module_reg_cells == 2)
		tree_cells("reg", 2, 0x50000000, 0x1000);
	else if (module_cells[0] == 1)
		tree_cells("reg", module_reg_cells, 0x50000000, 0, 0x1000);
	else
		tree_cells("reg", module_reg_cells, 0, 0x50000000, 0x1000, 0, 0);
	tree_end_node();
}

static void chosen__module_cells__by_length(void **state)
{
	static const int cells[][3] = { { 1, 1, 2 }, { 0, 0, 2 }, { 0, 0, 3 }, { 2, 1, 3 }, { 1, 2, 3 } };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(cells); i++) {
		module_cells[0] = cells[i][0];
		module_cells[1] = cells[i][1];
		module_reg_cells = cells[i][2];
		accept((struct virt){ .chosen = xen_modules });
		range_is(m.kernel, 0x50000000, 0x1000);
	}
	module_cells[0] = 0;
	module_reg_cells = 1;
	refused((struct virt){ .chosen = xen_modules }, GZ_EINVAL, "no range");
	module_reg_cells = 5;
	refused((struct virt){ .chosen = xen_modules }, GZ_EINVAL, "no range");
}

static void initrd_one_cell(void)
{
	tree_cells("linux,initrd-start", 1, 0x48000000);
	tree_cells("linux,initrd-end", 1, 0x48100000);
}

static void initrd_two_cells(void)
{
	tree_cells("linux,initrd-start", 2, 1, 0x48000000);
	tree_cells("linux,initrd-end", 2, 1, 0x48100000);
}

static void initrd_and_module(void) { initrd_one_cell(); tree_module("ramdisk", 0x58000000, 0x1000, NULL); }
static void initrd_backwards(void)
{
	tree_cells("linux,initrd-start", 1, 0x48100000);
	tree_cells("linux,initrd-end", 1, 0x48000000);
}
static void initrd_half(void) { tree_cells("linux,initrd-start", 1, 0x48000000); }
static void initrd_odd(void)
{
	tree_cells("linux,initrd-start", 3, 0, 0, 0);
	tree_cells("linux,initrd-end", 1, 0x48000000);
}
static void ramdisk_twice(void)
{
	tree_module("ramdisk", 0x58000000, 0x1000, NULL);
	tree_module("ramdisk", 0x59000000, 0x1000, NULL);
}

static void chosen__initrd__one_or_two_cells_module_wins(void **state)
{
	(void)state;
	accept((struct virt){ .chosen = initrd_one_cell });
	range_is(m.initrd, 0x48000000, 0x100000);
	accept((struct virt){ .chosen = initrd_two_cells });
	range_is(m.initrd, 0x148000000, 0x100000);
	accept((struct virt){ .chosen = initrd_and_module });
	range_is(m.initrd, 0x58000000, 0x1000);
	accept((struct virt){ .chosen = initrd_half });
	assert_int_equal(m.initrd.size, 0);
	refused((struct virt){ .chosen = initrd_backwards }, GZ_EINVAL, "no range");
	refused((struct virt){ .chosen = initrd_odd }, GZ_EINVAL, "no range");
	refused((struct virt){ .chosen = ramdisk_twice }, GZ_EEXIST, "two multiboot,ramdisk");
}

static void firmware_module(void)
{
	if (bootargs)
		tree_string("bootargs", bootargs);
	tree_node("fw@60000000");
	tree_string("compatible", "gz,firmware");
	tree_cells("reg", 4, 0, 0x60000000, 0, 0x2000);
	tree_end_node();
}

static void empty_firmware_module(void)
{
	tree_node("fw@60000000");
	tree_string("compatible", "gz,firmware");
	tree_cells("reg", 4, 0, 0x60000000, 0, 0);
	tree_end_node();
}

static void chosen__firmware__module_or_option(void **state)
{
	static const char *const bad[] = { "gz.fw=", "gz.fw=0x60000000", "gz.fw=1,", "gz.fw=,1", "gz.fw=0x1,2,3", "gz.fw=0x,1",
		"gz.fw=1,0", "gz.fw=0xfffffffffffff000,0x2000", "gz.fw=0x10000000000000000,1", "gz.fw=12a,4" };

	(void)state;
	bootargs = NULL;
	accept((struct virt){ .chosen = firmware_module });
	range_is(m.firmware, 0x60000000, 0x2000);
	bootargs = "gz.fw=0x6000F000,4096";
	accept((struct virt){ .chosen = with_bootargs });
	range_is(m.firmware, 0x6000f000, 0x1000);
	refused((struct virt){ .chosen = firmware_module }, GZ_EEXIST, "which one is the firmware");
	refused((struct virt){ .chosen = empty_firmware_module }, GZ_EINVAL, "is no range");
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		bootargs = bad[i];
		refused((struct virt){ .chosen = with_bootargs }, GZ_EINVAL, "gz.fw=");
	}
}

static u8 seed_bytes[100];
static int seed_bytes_len;

static void seeds(void)
{
	if (seed_bytes_len)
		tree_data("rng-seed", seed_bytes, seed_bytes_len);
	tree_cells("kaslr-seed", 2, 0x11223344, 0x55667788);
}

static void chosen__seeds__folded_together(void **state)
{
	(void)state;
	memset(seed_bytes, 0xf0, sizeof(seed_bytes));
	seed_bytes_len = 0;
	accept((struct virt){ .chosen = seeds });
	assert_int_equal(m.seed_len, 8);
	assert_int_equal(m.seed[7], 0x88);
	seed_bytes_len = 32;
	accept((struct virt){ .chosen = seeds });
	assert_int_equal(m.seed_len, 40);
	assert_int_equal(m.seed[31], 0xf0);
	assert_int_equal(m.seed[32], 0x11);
	seed_bytes_len = 65;	/* more than fits is folded in */
	accept((struct virt){ .chosen = seeds });
	assert_int_equal(m.seed_len, 64);
	assert_int_equal(m.seed[0], 0x11);
	assert_int_equal(m.seed[8], 0xf0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chosen__console__path_alias_or_first),
		cmocka_unit_test(chosen__bootargs__split_by_prefix),
		cmocka_unit_test(chosen__option__value_copied),
		cmocka_unit_test(chosen__line_too_long__refused),
		cmocka_unit_test(chosen__kernel_module__taken),
		cmocka_unit_test(chosen__module_cells__by_length),
		cmocka_unit_test(chosen__initrd__one_or_two_cells_module_wins),
		cmocka_unit_test(chosen__firmware__module_or_option),
		cmocka_unit_test(chosen__seeds__folded_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
