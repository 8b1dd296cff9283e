/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/lib/fmt.c hyp/lib/log.c hyp/lib/drbg.c hyp/lib/percpu.c */
/*
 * Job: formatter, log ring, random generator (RFC 8439 vector) and the memory functions, at their borders.
 * Never: test against itself: the C library and the RFC are the oracle.
 * Used by: make -C tests/host run.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/drbg.h"
#include "lib/log.h"
#include "lib/percpu.h"

/* The freestanding functions beside the C library's. */
#define memcpy	gz_memcpy
#define memmove	gz_memmove
#define memset	gz_memset
#define memcmp	gz_memcmp
#define strlen	gz_strlen
#define strnlen	gz_strnlen
#define strcmp	gz_strcmp
#define strncmp	gz_strncmp
#undef LIB_STRING_H
#include "lib/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp

static char seen[4096];
static u32 seen_len;

static void sink(const char *text, u32 len)
{
	assert_true(seen_len + len < sizeof(seen));
	memcpy(seen + seen_len, text, len);
	seen_len += len;
	seen[seen_len] = 0;
}

static int setup(void **state)
{
	(void)state;
	shim_reset();
	seen_len = 0;
	seen[0] = 0;
	log_console_off();
	log_set_level(LOG_INFO);
	return 0;
}

#define SAME(...) \
	do { \
		char mine[128], theirs[128]; \
		int n = fmt_str(mine, sizeof(mine), __VA_ARGS__); \
		assert_int_equal(n, snprintf(theirs, sizeof(theirs), __VA_ARGS__)); \
		assert_string_equal(mine, theirs); \
	} while (0)

static void fmt__each_conversion__as_the_c_library(void **state)
{
	(void)state;
	SAME("plain");
	SAME("%s|%8s|%2s|", "abc", "abc", "abc");
	SAME("%d %d %d", 0, -1, INT32_MIN);
	SAME("%5d|%05d|%d|", -42, -42, -42);
	SAME("%u %x %08x", UINT32_MAX, 0xdeadbeefu, 0xbeefu);
	SAME("%lu %lx", 1ul << 40, 1ul << 40);
	SAME("%llu %llx %lld", UINT64_MAX + 0ull, 0x123456789abcdefull, (long long)INT64_MIN);
	SAME("100%%");
}

static void fmt__buffer_too_small__cut_and_terminated(void **state)
{
	char buf[5];

	(void)state;
	memset(buf, 'z', sizeof(buf));
	assert_int_equal(fmt_str(buf, 4, "%s", "abcdefgh"), 8);
	assert_string_equal(buf, "abc");
	assert_int_equal(buf[4], 'z');
	assert_int_equal(fmt_str(buf, 0, "abc"), 3);
	assert_int_equal(buf[0], 'a');
}

static void fmt__odd_formats__survived(void **state)
{
	char buf[100];
	char fmt[] = "%";
	const char *volatile nothing = NULL;

	(void)state;
	assert_int_equal(fmt_str(buf, sizeof(buf), fmt), 1);
	fmt_str(buf, sizeof(buf), "%s", nothing);
	assert_string_equal(buf, "(null)");
	fmt_str(buf, sizeof(buf), "%99d", 1);	/* widths end at 64 */
	assert_int_equal(strlen(buf), 64);
	assert_int_equal(fmt_str(buf, sizeof(buf), "%p.", (void *)0x1234), 2);	/* not among those that are known */
	assert_string_equal(buf, "p.");
}

static void log__console__level_marks_and_off(void **state)
{
	(void)state;
	log_console_on(sink);
	log_info("hello %d", 1);
	log_warn("careful");
	log_debug("not seen");
	assert_string_equal(seen, "gz: hello 1\ngz: warning: careful\n");
	log_set_level(LOG_ERROR);
	log_warn("not seen");
	log_error("broken");
	assert_non_null(strstr(seen, "gz: error: broken\n"));
	log_set_level(LOG_INFO);
	log_console_off();
	log_info("ring only");
	assert_null(strstr(seen, "ring only"));
	assert_ptr_equal(log_last_sink(), sink);
}

static void log__line_too_long__cut_with_newline(void **state)
{
	static char text[600];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	log_console_on(sink);
	log_info("%s", text);
	assert_true(seen_len < 220);
	assert_int_equal(seen[seen_len - 1], '\n');
}

static void log__read__from_cursor_to_end(void **state)
{
	char buf[4096];
	u64 cursor = UINT64_MAX, before;
	u32 n;

	(void)state;
	assert_int_equal(log_read(&cursor, buf, sizeof(buf)), 0);	/* a cursor from the future is moved to the end */
	before = cursor;
	log_info("first");
	log_info("second");
	n = log_read(&cursor, buf, sizeof(buf) - 1);
	buf[n] = 0;
	assert_non_null(strstr(buf, "] first\n"));
	assert_non_null(strstr(buf, "] second\n"));
	assert_int_equal(cursor, before + n);
	assert_int_equal(log_read(&cursor, buf, sizeof(buf)), 0);
	cursor = before;
	assert_int_equal(log_read(&cursor, buf, 3), 3);
	assert_int_equal(cursor, before + 3);
}

static void log__ring_full__old_lines_skipped_tail_whole(void **state)
{
	static char buf[65536];
	u64 cursor = 0;
	u32 n;

	(void)state;
	for (u32 i = 0; i < 2000; i++)
		log_info("line %u of many, to fill the ring", i);
	n = log_read(&cursor, buf, sizeof(buf));
	assert_int_equal(n, 32 * 1024);
	assert_memory_equal(buf + n - 12, "ll the ring\n", 12);
	log_tail(sink, 500);
	assert_true(seen_len > 100 && seen_len <= 500);
	assert_int_equal(seen[0], '[');
	assert_memory_equal(seen + seen_len - 12, "ll the ring\n", 12);
}

static void drbg__block__rfc_8439_vector(void **state)
{
	/* Section "Test Vector for the ChaCha20 Block Function". */
	static const u32 want[16] = { 0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3, 0xc7f4d1c7, 0x0368c033, 0x9aaa2204,
		0x4e6cd4c3, 0x466482d2, 0x09aa9f07, 0x05d7c214, 0xa2028bd9, 0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2 };
	static const u32 nonce[3] = { 0x09000000, 0x4a000000, 0 };
	u32 key[8], out[16];

	(void)state;
	for (u32 i = 0; i < 8; i++)
		key[i] = (4 * i) | (4 * i + 1) << 8 | (4 * i + 2) << 16 | (4 * i + 3) << 24;
	chacha20_block(out, key, 1, nonce);
	assert_memory_equal(out, want, sizeof(want));
}

static void drbg__unseeded_then_seeded__refuses_then_differs(void **state)
{
	u8 a[100] = { 0 }, b[100] = { 0 }, zero[100] = { 0 };

	(void)state;
	assert_false(drbg_read(a, sizeof(a)));
	drbg_seed(NULL, 0);
	assert_false(drbg_read(a, sizeof(a)));
	assert_memory_equal(a, zero, sizeof(a));
	drbg_seed("a seed longer than one chunk of thirty-two bytes", 48);
	assert_true(drbg_read(a, sizeof(a)));
	assert_true(drbg_read(b, sizeof(b)));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, zero, sizeof(a));
	assert_memory_not_equal(a, a + 32, 32);
}

static void percpu__by_mpidr__found_or_null(void **state)
{
	(void)state;
	cpu_count = 3;
	for (u32 i = 0; i < 3; i++)
		percpu_table[i].mpidr = 0x100 * i;
	assert_ptr_equal(percpu_by_mpidr(0x200), &percpu_table[2]);
	assert_null(percpu_by_mpidr(0x300));
}

static void string__random_moves__as_the_c_library(void **state)
{
	u8 a[256], b[256];

	(void)state;
	srand(1);
	for (u32 round = 0; round < 20000; round++) {
		u32 from = (u32)rand() % 100, to = (u32)rand() % 100, n = (u32)rand() % 150;

		for (u32 i = 0; i < sizeof(a); i++)
			a[i] = b[i] = (u8)rand();
		switch (round % 3) {
		case 0:
			gz_memmove(a + to, a + from, n);
			memmove(b + to, b + from, n);
			break;
		case 1:
			gz_memset(a + to, (int)from, n);
			memset(b + to, (int)from, n);
			break;
		default:
			gz_memcpy(a + to % 50, a + 100 + from % 50, n % 50);
			memcpy(b + to % 50, b + 100 + from % 50, n % 50);
			break;
		}
		assert_memory_equal(a, b, sizeof(a));
	}
}

static int sign(int v) { return (v > 0) - (v < 0); }

static void string__compare_and_length__as_the_c_library(void **state)
{
	static const char *const s[] = { "", "a", "ab", "b", "abc", "\xff", "ab\x80" };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(s); i++) {
		assert_int_equal(gz_strlen(s[i]), strlen(s[i]));
		assert_int_equal(gz_strnlen(s[i], 2), strnlen(s[i], 2));
		for (u32 j = 0; j < ARRAY_SIZE(s); j++) {
			assert_int_equal(gz_strcmp(s[i], s[j]), sign(strcmp(s[i], s[j])));
			assert_int_equal(gz_strncmp(s[i], s[j], 2), sign(strncmp(s[i], s[j], 2)));
			assert_int_equal(gz_memcmp(s[i], s[j], 1), sign(memcmp(s[i], s[j], 1)));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(fmt__each_conversion__as_the_c_library, setup),
		cmocka_unit_test_setup(fmt__buffer_too_small__cut_and_terminated, setup),
		cmocka_unit_test_setup(fmt__odd_formats__survived, setup),
		cmocka_unit_test_setup(log__console__level_marks_and_off, setup),
		cmocka_unit_test_setup(log__line_too_long__cut_with_newline, setup),
		cmocka_unit_test_setup(log__read__from_cursor_to_end, setup),
		cmocka_unit_test_setup(log__ring_full__old_lines_skipped_tail_whole, setup),
		cmocka_unit_test_setup(drbg__block__rfc_8439_vector, setup),
		cmocka_unit_test_setup(drbg__unseeded_then_seeded__refuses_then_differs, setup),
		cmocka_unit_test_setup(percpu__by_mpidr__found_or_null, setup),
		cmocka_unit_test_setup(string__random_moves__as_the_c_library, setup),
		cmocka_unit_test_setup(string__compare_and_length__as_the_c_library, setup),
	};

	return cmocka_run_group_tests_name("lib", tests, NULL, NULL);
}
