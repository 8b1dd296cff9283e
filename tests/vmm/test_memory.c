// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: guest memory spans and the bus: the two places every guest address goes through.
 * Never: trust that an overflow cannot happen: each is tried.
 * Used by: make -C tests/vmm run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/err.h"
#include "mem/bus.h"
#include "vmm/fake.h"

static void span__inside__points_there(void **state)
{
	(void)state;
	assert_ptr_equal(gmem_span(&fake_mem, FAKE_BASE, 1), fake_mem.host);
	assert_ptr_equal(gmem_span(&fake_mem, FAKE_BASE, FAKE_SIZE), fake_mem.host);
	assert_ptr_equal(gmem_span(&fake_mem, FAKE_BASE + FAKE_SIZE - 1, 1),
			 fake_mem.host + FAKE_SIZE - 1);
	assert_int_equal((uintptr_t)fake_mem.host % (2 << 20), 0);
}

static void span__not_wholly_inside__null(void **state)
{
	static const uint64_t bad[][2] = {
		{ FAKE_BASE, 0 }, { FAKE_BASE - 1, 1 }, { FAKE_BASE - 1, 2 }, { 0, 1 },
		{ FAKE_BASE, FAKE_SIZE + 1 }, { FAKE_BASE + FAKE_SIZE, 1 },
		{ FAKE_BASE + 1, FAKE_SIZE }, { FAKE_BASE + 8, UINT64_MAX },
		{ FAKE_BASE + 8, UINT64_MAX - FAKE_BASE }, { UINT64_MAX, 1 }, { UINT64_MAX, 2 },
		{ UINT64_MAX - 7, 16 }, { 0, UINT64_MAX },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(gmem_span(&fake_mem, bad[i][0], bad[i][1]));
}

static bool reached(const struct gmem *view, uint64_t offset, uint64_t len)
{
	void *p = gmem_span(view, FAKE_BASE + offset, len);

	assert_true(!p || p == fake_mem.host + offset);
	return p;
}

/* A span is there when each page of it is shared, whatever the pages beside it are. */
static void view__pages_shared_and_not__span_of_shared_ones_only(void **state)
{
	struct gmem view;

	(void)state;
	assert_int_equal(gmem_view(&view, &fake_mem, FAKE_SIZE), 0);
	assert_false(reached(&view, 0, 1) || reached(&view, 0, FAKE_SIZE));
	/* Pages 62 to 65, over the end of a word of the map, without 64. */
	assert_false(gmem_mark(&view, FAKE_BASE + 62 * 4096, 4, 0xb));
	assert_true(reached(&view, 62 * 4096, 8192) && reached(&view, 63 * 4096 + 4095, 1));
	assert_true(reached(&view, 65 * 4096, 4096));
	assert_false(reached(&view, 62 * 4096 - 1, 1) || reached(&view, 62 * 4096 - 1, 2));
	assert_false(reached(&view, 63 * 4096 + 4095, 2) || reached(&view, 62 * 4096, 8193));
	assert_false(reached(&view, 62 * 4096, 16384) || reached(&view, 65 * 4096 - 1, 2));
	assert_false(reached(&view, 65 * 4096, 4097) || reached(&view, 65 * 4096, 0));
	/* What a call says again changes nothing; what it takes is gone at once. */
	assert_false(gmem_mark(&view, FAKE_BASE + 62 * 4096, 2, 3));
	assert_false(gmem_mark(&view, FAKE_BASE + 64 * 4096, 1, 0));
	assert_true(gmem_mark(&view, FAKE_BASE + 62 * 4096, 2, 1));
	assert_true(reached(&view, 62 * 4096, 4096));
	assert_false(reached(&view, 63 * 4096, 1));
	gmem_destroy(&view);
	assert_int_equal(fake_mem.host[0], 0);		/* the memory stays */
}

/* Firmware lies right below memory: a call may begin there. */
static void view__call_that_begins_below_memory__its_other_pages_count(void **state)
{
	struct gmem view;

	(void)state;
	assert_int_equal(gmem_view(&view, &fake_mem, FAKE_SIZE), 0);
	assert_false(gmem_mark(&view, FAKE_BASE - 4096, 3, 7));
	assert_true(reached(&view, 0, 8192));
	assert_false(reached(&view, 8192, 1));
	assert_true(gmem_mark(&view, FAKE_BASE - 4096, 2, 1));
	assert_false(reached(&view, 0, 1));
	gmem_destroy(&view);
}

static void view__marks_outside_memory__ignored(void **state)
{
	struct gmem view;

	(void)state;
	assert_int_equal(gmem_view(&view, &fake_mem, FAKE_SIZE), 0);
	assert_false(gmem_mark(&view, FAKE_BASE - 4096, 2, 1));
	assert_false(gmem_mark(&view, FAKE_BASE + FAKE_SIZE - 4096, 32, UINT32_MAX));
	assert_false(gmem_mark(&view, 0, 32, UINT32_MAX));
	assert_false(gmem_mark(&view, UINT64_MAX - 4095, 32, UINT32_MAX));
	assert_false(gmem_mark(&view, FAKE_BASE + 8 * 4096, UINT32_MAX, 1));
	assert_false(reached(&view, 0, 1) || reached(&view, 4096, 1));
	assert_true(reached(&view, FAKE_SIZE - 4096, 4096) && reached(&view, 8 * 4096, 1));
	assert_false(reached(&view, FAKE_SIZE - 4096, 4097));
	gmem_destroy(&view);
}

static void memory__more_than_there_is__refused(void **state)
{
	unsigned int files = fake_open_files();
	struct gmem mem;

	(void)state;
	assert_int_equal(gmem_create(&mem, FAKE_BASE, UINT64_C(1) << 50), -1);
	assert_non_null(strstr(gz_err_last(), "smaller --mem"));
	assert_int_equal(fake_open_files(), files);
	gmem_destroy(&mem);
}

/* The line of /proc/self/smaps that starts with KEY, of the mapping that begins at AT. */
static void smaps(const void *at, const char *key, char *line, size_t len)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	bool mine = false;
	void *start;
	char perms[8];

	assert_non_null(f);
	while (fgets(line, (int)len, f)) {
		if (sscanf(line, "%p-%*x %7s", &start, perms) == 2)
			mine = start == at;
		if (mine && strncmp(line, key, strlen(key)) == 0) {
			fclose(f);
			return;
		}
	}
	fail_msg("no mapping begins at %p, or it has no %s", at, key);
}

/* Huge pages are asked for, no child gets it, no file stands behind it, nothing is merged with it. */
static void memory__mapping__its_own_anonymous_huge_unshared(void **state)
{
	unsigned int files = fake_open_files();
	struct gmem mem[2];
	char line[256];

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(gmem_create(&mem[i], FAKE_BASE, 3 * FAKE_SIZE + 4096), 0);
		assert_int_equal((uintptr_t)mem[i].host % (2 << 20), 0);
	}
	assert_int_equal(fake_open_files(), files);
	for (unsigned int i = 0; i < 2; i++) {
		mem[i].host[0] = mem[i].host[mem[i].size - 1] = 1;
		smaps(mem[i].host, "Size:", line, sizeof(line));
		assert_int_equal(strtoul(line + 5, NULL, 10) << 10, mem[i].size);
		smaps(mem[i].host, "VmFlags:", line, sizeof(line));
		assert_non_null(strstr(line, " dc"));	/* not in a child */
		assert_non_null(strstr(line, " hg"));	/* huge pages */
		assert_null(strstr(line, " sh"));
	}
	gmem_destroy(&mem[0]);
	gmem_destroy(&mem[1]);
}

/* What a kernel can take away: a file in memory that no child has and nobody can shorten. */
static void memory__private__a_sealed_file_of_small_pages(void **state)
{
	unsigned int files = fake_open_files();
	char line[256];
	struct gmem mem;

	(void)state;
	assert_int_equal(gmem_create_private(&mem, FAKE_BASE, 3 * FAKE_SIZE + 4096, false), 0);
	assert_int_equal((uintptr_t)mem.host % (2 << 20), 0);
	assert_int_equal(fake_open_files(), files);
	mem.host[0] = mem.host[mem.size - 1] = 1;
	smaps(mem.host, "VmFlags:", line, sizeof(line));
	assert_non_null(strstr(line, " sh"));
	assert_non_null(strstr(line, " dc"));
	assert_null(strstr(line, " hg"));
	assert_int_equal(madvise(mem.host, 4096, MADV_REMOVE), -1);
	gmem_destroy(&mem);
}

/* A whole number of huge pages may be made of such; whether it is is the kernel's to say. */
static void memory__private_of_whole_blocks__wants_huge_pages(void **state)
{
	char line[256];
	struct gmem mem;

	(void)state;
	assert_int_equal(gmem_create_private(&mem, FAKE_BASE, 4 << 20, false), 0);
	smaps(mem.host, "VmFlags:", line, sizeof(line));
	assert_non_null(strstr(line, " sh"));
	assert_non_null(strstr(line, " hg"));
	gmem_destroy(&mem);
}

static void memory__huge_pages_that_are_not_there__one_line_with_the_remedy(void **state)
{
	unsigned int files = fake_open_files();
	struct gmem mem;

	(void)state;
	assert_int_equal(gmem_create_private(&mem, FAKE_BASE, UINT64_C(1) << 50, true), -1);
	assert_non_null(strstr(gz_err_last(), "/proc/sys/vm/nr_hugepages"));
	assert_int_equal(gmem_create_private(&mem, FAKE_BASE, 3 << 20, true), -1);
	assert_non_null(strstr(gz_err_last(), "even numbers"));
	assert_int_equal(fake_open_files(), files);
}

struct seen {
	uint64_t offset, value;
	unsigned int len, reads, writes;
};

static void seen_read(void *ctx, uint64_t offset, uint8_t *data, unsigned int len)
{
	struct seen *s = ctx;

	s->offset = offset;
	s->len = len;
	s->reads++;
	bus_put(data, len, s->value);
}

static void seen_write(void *ctx, uint64_t offset, const uint8_t *data, unsigned int len)
{
	struct seen *s = ctx;

	s->offset = offset;
	s->len = len;
	s->writes++;
	s->value = bus_get(data, len);
}

static const struct bus_ops seen_ops = { seen_read, seen_write };

static void bus__access__finds_device(void **state)
{
	struct seen a = { .value = 0x1122334455667788 }, b = { 0 };
	struct bus_range ra = { "a", 0x1000, 0x100, &seen_ops, &a };
	struct bus_range rb = { "b", 0x1100, 8, &seen_ops, &b };
	struct bus bus = { 0 };
	uint8_t data[8] = { 0 };

	(void)state;
	assert_int_equal(bus_add(&bus, &ra), 0);
	assert_int_equal(bus_add(&bus, &rb), 0);
	bus_access(&bus, 0x10fc, data, 4, false);
	assert_int_equal(a.offset, 0xfc);
	assert_int_equal(bus_get(data, 8), 0x55667788);
	bus_put(data, 2, 0xabcd);
	bus_access(&bus, 0x1106, data, 2, true);
	assert_int_equal(b.offset, 6);
	assert_int_equal(b.value, 0xabcd);
}

static void bus__nobody_there__reads_zero(void **state)
{
	struct seen a = { 0 };
	struct bus_range ra = { "a", 0x1000, 8, &seen_ops, &a };
	struct bus_range reserved = { "r", 0x2000, 8, NULL, NULL };
	static const uint64_t nobody[] = { 0, 0xfff, 0x1008, 0x1004, 0x2000, UINT64_MAX };
	struct bus bus = { 0 };
	uint8_t data[8];

	(void)state;
	bus_add(&bus, &ra);
	bus_add(&bus, &reserved);
	for (unsigned int i = 0; i < 6; i++) {
		memset(data, 0xff, 8);
		bus_access(&bus, nobody[i], data, 8, false);	/* 0x1004 reaches over the end */
		assert_int_equal(bus_get(data, 8), 0);
		bus_access(&bus, nobody[i], data, 8, true);
	}
	assert_int_equal(a.reads + a.writes, 0);
	assert_int_equal(bus.unknown_count, 12);
}

static void bus__overlap__refused_with_both_names(void **state)
{
	static const uint64_t at[][2] = { { 0x1000, 8 }, { 0xfff, 2 }, { 0x10ff, 1 }, { 0, 0x2000 } };
	struct bus_range ra = { "first", 0x1000, 0x100, &seen_ops, NULL };
	struct bus bus = { 0 };

	(void)state;
	assert_int_equal(bus_add(&bus, &ra), 0);
	for (unsigned int i = 0; i < 4; i++) {
		struct bus_range rb = { "second", at[i][0], at[i][1], &seen_ops, NULL };

		assert_int_equal(bus_add(&bus, &rb), -1);
		assert_non_null(strstr(gz_err_last(), "first"));
		assert_non_null(strstr(gz_err_last(), "second"));
	}
}

static void bus__full__refused(void **state)
{
	struct bus bus = { 0 };

	(void)state;
	for (unsigned int i = 0; i <= BUS_MAX; i++) {
		struct bus_range r = { "r", 0x1000 * i, 8, &seen_ops, NULL };

		assert_int_equal(bus_add(&bus, &r), i < BUS_MAX ? 0 : -1);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, fake_mem_setup, fake_mem_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(span__inside__points_there), T(span__not_wholly_inside__null),
		T(memory__more_than_there_is__refused), T(view__pages_shared_and_not__span_of_shared_ones_only),
		T(view__call_that_begins_below_memory__its_other_pages_count),
		T(view__marks_outside_memory__ignored),
		cmocka_unit_test(memory__mapping__its_own_anonymous_huge_unshared), T(bus__access__finds_device),
		T(bus__nobody_there__reads_zero), T(bus__overlap__refused_with_both_names),
		T(bus__full__refused),
		cmocka_unit_test(memory__private__a_sealed_file_of_small_pages),
		cmocka_unit_test(memory__private_of_whole_blocks__wants_huge_pages),
		cmocka_unit_test(memory__huge_pages_that_are_not_there__one_line_with_the_remedy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
