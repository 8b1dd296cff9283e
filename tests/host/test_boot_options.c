/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/boot/options.c hyp/plat/uart.c hyp/plat/fdt_chosen.c hyp/plat/fdt_bus.c hyp/plat/fdt.c hyp/lib/fmt.c */
/*
 * Job: gz.* words as a person types them, right and wrong; the console's register sets.
 * Never: let a wrong word pass without a line that names it.
 * Used by: make -C tests/host run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "boot/boot.h"
#include "lib/drbg.h"
#include "lib/log.h"
#include "plat/uart.h"

bool vm_protect_swiotlb;
static struct boot b;
static char said[2048];
static int level;
static char seed[64];

void log_printf(enum log_level l, const char *fmt, ...)
{
	va_list args;

	assert_int_equal(l, LOG_WARN);
	va_start(args, fmt);
	vsnprintf(said + strlen(said), sizeof(said) - strlen(said), fmt, args);
	va_end(args);
	strcat(said, "\n");
}

void log_set_level(enum log_level l) { level = (int)l; }
void drbg_seed(const void *data, size_t len) { memcpy(seed, data, len); seed[len] = 0; }

static int setup(void **state)
{
	(void)state;
	shim_reset();
	memset(&b, 0, sizeof(b));
	said[0] = seed[0] = 0;
	level = -1;
	return 0;
}

static void words(const char *text)
{
	said[0] = 0;
	strcpy(b.machine.gz_args, text);
	boot_options(&b);
}

static void option__log__each_level_and_nonsense(void **state)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	char text[40];

	(void)state;
	for (int i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "gz.log=%s", names[i]);
		words(text);
		assert_int_equal(level, i);
		assert_string_equal(said, "");
	}
	words("gz.log=loud");
	assert_int_equal(level, 3);
	assert_non_null(strstr(said, "gz.log=loud is no level"));
}

static void option__unknown__named_and_known_listed(void **state)
{
	(void)state;
	words("gz.pool=8M gz.colour=blue gz.log=info gz.");
	assert_non_null(strstr(said, "gz.colour=blue is not known"));
	assert_non_null(strstr(said, "option gz. is not known"));
	assert_non_null(strstr(said, "gz.pool=SIZE"));
	assert_null(strstr(said, "gz.log=info is"));
	assert_non_null(strstr(said, "ignored (known: gz.pool=SIZE gz.log=error|warn|info|debug gz.fw=ADDRESS,SIZE"
			       " gz.protect=swiotlb gz.testseed=TEXT)"));
	words("gz.pool=8M gz.log=info gz.protect=swiotlb gz.fw=1,1 gz.testseed=x");
	assert_null(strstr(said, "not known"));
	/* A word longer than what is printed of it, and one that only begins like a known one. */
	words("gz.poolsize=1 gz.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	assert_non_null(strstr(said, "gz.poolsize=1 is not known"));
	assert_non_null(strstr(said, "gz.aaaaaaaaaaaaaaaaaaaa"));
}

static void protect_badly(void *arg)
{
	words(arg);
}

static void option__protect__swiotlb_or_no_start(void **state)
{
	static const char *const bad[] = { "gz.protect=", "gz.protect=swiotlbs", "gz.protect=all" };
	static const char *const worse[] = { "gz.protect", "gz.protect=swiotlb,and-more-than-any-value-there-could-be" };

	(void)state;
	vm_protect_swiotlb = false;
	words("gz.log=info");
	assert_false(vm_protect_swiotlb);
	words("gz.protect=swiotlb");
	assert_true(vm_protect_swiotlb);
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_true(shim_panics(protect_badly, (void *)bad[i]));
		assert_non_null(strstr(shim_panic_text, bad[i]));
		assert_non_null(strstr(shim_panic_text, "gz.protect=swiotlb"));
	}
	for (u32 i = 0; i < ARRAY_SIZE(worse); i++)
		assert_true(shim_panics(protect_badly, (void *)worse[i]));
}

static void option__testseed__seeds_and_warns(void **state)
{
	(void)state;
	words("gz.testseed=42");
	assert_string_equal(seed, "42");
	assert_non_null(strstr(said, "can be predicted"));
}

static void option__size__units_and_nonsense(void **state)
{
	static const struct { const char *text; u64 size; } good[] = { { "gz.pool=4096", 4096 }, { "gz.pool=8k", 8192 },
		{ "gz.pool=64M", 64ull << 20 }, { "gz.pool=2G", 2ull << 30 } };
	static const char *const bad[] = { "gz.pool=", "gz.pool=x", "gz.pool=0", "gz.pool=4MM", "gz.pool=4T", "gz.pool=-1",
		"gz.pool=1 2", "gz.pool=99999999999999999999" };
	u64 size;

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(good); i++) {
		strcpy(b.machine.gz_args, good[i].text);
		assert_true(boot_option_size(&b.machine, "pool", &size));
		assert_int_equal(size, good[i].size);
	}
	strcpy(b.machine.gz_args, "gz.log=info");
	assert_false(boot_option_size(&b.machine, "pool", &size));
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		bool two_words = strchr(bad[i], ' ') != NULL;

		strcpy(b.machine.gz_args, bad[i]);
		assert_int_equal(boot_option_size(&b.machine, "pool", &size), two_words);
	}
}

/* A UART of which the transmitter is free after so many reads of its status. */
static struct { char out[64]; u32 n, polls, busy_for, data_size; u64 data, status, free_bit; u32 cr; } uart;

static bool uart_read(u64 va, u32 size, u64 *value)
{
	(void)size;
	if (va == 0x1000 + 0x30 && uart.status == 0x1018) {
		*value = uart.cr;
		return true;
	}
	assert_int_equal(va, uart.status);
	uart.polls++;
	*value = uart.polls % (uart.busy_for + 1) == uart.busy_for ? uart.free_bit : ~uart.free_bit & 0xff;
	return true;
}

static bool uart_wrote(u64 va, u32 size, u64 value)
{
	if (va == 0x1000 + 0x30) {
		uart.cr = (u32)value;
		return true;
	}
	assert_int_equal(va, uart.data);
	assert_int_equal(size, uart.data_size);
	uart.out[uart.n++] = (char)value;
	return true;
}

static void uart_on(enum uart_kind kind, u32 shift, u64 status, u64 free_bit, u32 size)
{
	memset(&uart, 0, sizeof(uart));
	uart.status = status;
	uart.data = 0x1000;
	uart.free_bit = free_bit;
	uart.data_size = size;
	uart.busy_for = 3;
	shim_mmio_read_hook = uart_read;
	shim_mmio_write_hook = uart_wrote;
	uart_init(kind, 0x1000, shift);
	uart_write("a\nb", 3);
	assert_string_equal(uart.out, "a\r\nb");
}

static void uart__8250_byte_and_word_spaced__written_when_free(void **state)
{
	(void)state;
	uart_on(UART_8250, 0, 0x1005, 0x20, 1);
	uart_on(UART_8250, 2, 0x1014, 0x20, 4);
}

static bool pl011_read(u64 va, u32 size, u64 *value)
{
	(void)size;
	*value = va == 0x1030 ? uart.cr : uart.polls++ % 4 < 3 ? 0x20 : 0;
	return true;
}

static void uart__pl011__enabled_once_and_written_when_free(void **state)
{
	(void)state;
	memset(&uart, 0, sizeof(uart));
	uart.data = 0x1000;
	uart.data_size = 4;
	shim_mmio_read_hook = pl011_read;
	shim_mmio_write_hook = uart_wrote;
	uart_init(UART_PL011, 0x1000, 0);
	assert_int_equal(uart.cr, 0x101);
	uart_write("x\n", 2);
	assert_string_equal(uart.out, "x\r\n");
}

static bool always_busy(u64 va, u32 size, u64 *value)
{
	(void)va, (void)size;
	*value = 0x20;
	uart.polls++;
	return true;
}

static void uart__never_free__given_up(void **state)
{
	(void)state;
	memset(&uart, 0, sizeof(uart));
	shim_mmio_read_hook = always_busy;
	shim_mmio_write_hook = uart_wrote;
	uart_init(UART_PL011, 0x1000, 0);
	uart.polls = uart.n = 0;
	uart_write("x", 1);
	assert_int_equal(uart.polls, UART_POLLS);
	assert_int_equal(uart.n, 0);
	uart_init(UART_NONE, 0, 0);
	uart_write("x", 1);
	assert_int_equal(uart.polls, UART_POLLS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(option__log__each_level_and_nonsense, setup),
		cmocka_unit_test_setup(option__unknown__named_and_known_listed, setup),
		cmocka_unit_test_setup(option__protect__swiotlb_or_no_start, setup),
		cmocka_unit_test_setup(option__testseed__seeds_and_warns, setup),
		cmocka_unit_test_setup(option__size__units_and_nonsense, setup),
		cmocka_unit_test_setup(uart__8250_byte_and_word_spaced__written_when_free, setup),
		cmocka_unit_test_setup(uart__pl011__enabled_once_and_written_when_free, setup),
		cmocka_unit_test_setup(uart__never_free__given_up, setup),
	};

	return cmocka_run_group_tests_name("boot_options", tests, NULL, NULL);
}
