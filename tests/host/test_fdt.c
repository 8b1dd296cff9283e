/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/plat/fdt.c tests/host/fdt_build.c */
/* LIBS: -lfdt */
/*
 * Job: the bounded device tree reader, on good trees and on damaged ones in blocks of their exact size (ASan sees one byte too far).
 * Never: a fixture the reader itself wrote.
 * Used by: make -C tests/host run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "host/fdt_build.h"
#include "plat/fdt.h"

#define HDR_SIZE_AT	4
#define HDR_STRUCT_AT	8

static void set_be32(u8 *p, u32 v)
{
	p[0] = (u8)(v >> 24);
	p[1] = (u8)(v >> 16);
	p[2] = (u8)(v >> 8);
	p[3] = (u8)v;
}

/* / { compatible = "a","b"; two = <1 2>; n = <7>; soc { uart@10 { status = "disabled" }; uart@20 {} } aliases {} } */
static u8 *small_tree(u32 *size)
{
	tree_begin();
	tree_reserve(0x80000000, 0x1000);
	tree_reserve(0, 0x2000);
	tree_node("");
	tree_data("compatible", "a\0b", 4);
	tree_cells("two", 2, 1, 2);
	tree_cells("n", 1, 7);
	tree_data("open", "abc", 3);
	tree_empty("flag");
	tree_node("soc");
	tree_node("uart@10");
	tree_string("status", "disabled");
	tree_end_node();
	tree_node("uart@20");
	tree_string("status", "okay");
	tree_end_node();
	tree_end_node();
	tree_node("aliases");
	tree_string("serial0", "/soc/uart@20");
	tree_end_node();
	tree_end_node();
	return tree_finish(size);
}

/* Reads everything there is to read; the point is that ASan stays silent. */
static u32 read_all(const void *blob, u32 size)
{
	struct fdt_node n = { 0 };
	struct fdt_prop p;
	struct fdt f;
	u64 a, b;
	u32 sum = 0;

	if (fdt_open(&f, blob, size))
		return 0;
	for (u32 i = 0; fdt_reserved(&f, i, &a, &b); i++)
		sum++;
	while (fdt_node_next(&f, &n)) {
		sum += (u32)strlen(n.name) + n.depth;
		sum += fdt_node_enabled(&f, &n) + fdt_node_u32(&f, &n, "n", 3);
		if (fdt_node_prop(&f, &n, "reg", &p) && p.len)
			sum += p.data[p.len - 1];
	}
	sum += fdt_find_path(&f, "/soc/uart", 9, &n);
	return sum + 1;
}

static void open__good_tree__ok(void **state)
{
	u32 size;
	u8 *blob = small_tree(&size);
	struct fdt f;

	(void)state;
	assert_int_equal(fdt_total_size(blob), size);
	assert_int_equal(fdt_open(&f, blob, size), GZ_OK);
	assert_int_equal(fdt_open(&f, blob, size + 100), GZ_OK);
	assert_int_equal(fdt_open(&f, blob, size - 1), GZ_ERANGE);
	assert_int_equal(fdt_open(&f, blob, 39), GZ_EINVAL);
	free(blob);
}

static void open__bad_header__einval(void **state)
{
	static const struct { u32 at, value; } bad[] = {
		{ 0, 0xd00dfeee }, { 4, 39 }, { 8, 0xfffffff0 }, { 8, 4 }, { 12, 0xffffffff }, { 16, 0xfffffff8 },
		{ 20, 16 }, { 24, 18 }, { 32, 0xffffffff }, { 32, 0 }, { 36, 0xfffffffc }, { 36, 3 }, { 36, 0 }, { 36, 8 },
	};
	u32 size;
	u8 *blob = small_tree(&size), saved[40];
	struct fdt f;

	(void)state;
	memcpy(saved, blob, 40);
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		set_be32(blob + bad[i].at, bad[i].value);
		assert_int_equal(fdt_open(&f, blob, size), GZ_EINVAL);
		memcpy(blob, saved, 40);
	}
	set_be32(blob, 0);
	assert_int_equal(fdt_total_size(blob), 0);
	free(blob);
}

static void open__reservation_map_without_end__einval(void **state)
{
	u32 size;
	u8 *blob = small_tree(&size);
	struct fdt f;

	(void)state;
	/* Points it at the last 16 bytes, which are no zero entry. */
	memset(blob + size - 16, 0xff, 16);
	set_be32(blob + 16, size - 16);
	assert_int_equal(fdt_open(&f, blob, size), GZ_EINVAL);
	free(blob);
}

static void open__truncated_at_every_length__never_accepted(void **state)
{
	u32 size;
	u8 *blob = small_tree(&size);
	struct fdt f;

	(void)state;
	for (u32 n = 0; n < size; n++) {
		u8 *cut = malloc(n ? n : 1);

		memcpy(cut, blob, n);
		if (n < 40)
			assert_int_equal(fdt_open(&f, cut, n), GZ_EINVAL);
		else
			assert_int_equal(fdt_open(&f, cut, n), GZ_ERANGE);
		if (n >= 8) {	/* and with a header that believes it */
			set_be32(cut + HDR_SIZE_AT, n);
			assert_int_equal(fdt_open(&f, cut, n), GZ_EINVAL);
		}
		free(cut);
	}
	free(blob);
}

static void read__bytes_flipped__stays_inside(void **state)
{
	u32 size, accepted = 0;
	u8 *blob = small_tree(&size), *work = malloc(size);

	(void)state;
	srandom(20260101);
	for (u32 round = 0; round < 20000; round++) {
		memcpy(work, blob, size);
		for (u32 flips = 1 + random() % 8; flips; flips--)
			work[random() % size] = (u8)(random() % 4 ? random() : (random() % 2 ? 0 : 0xff));
		accepted += read_all(work, size) != 0;
	}
	/* Values inside properties may change and the tree stays one. */
	assert_in_range(accepted, 1, 19999);
	free(work);
	free(blob);
}

static void read__each_word_replaced__stays_inside(void **state)
{
	static const u32 words[] = { 0, 1, 2, 3, 4, 9, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffc, 0x100 };
	u32 size, at, i;
	u8 *blob = small_tree(&size), *work = malloc(size);

	(void)state;
	for (at = 0; at + 4 <= size; at += 4) {
		for (i = 0; i < ARRAY_SIZE(words); i++) {
			memcpy(work, blob, size);
			set_be32(work + at, words[i]);
			read_all(work, size);
		}
	}
	assert_int_not_equal(read_all(blob, size), 0);
	free(work);
	free(blob);
}

static void open__too_deep__einval(void **state)
{
	struct fdt f;
	u32 size;

	(void)state;
	for (int extra = 0; extra < 2; extra++) {
		u8 *blob;
		int i, nodes = FDT_MAX_DEPTH + 1 + extra;

		tree_begin();
		for (i = 0; i < nodes; i++)
			tree_node(i ? "n" : "");
		for (i = 0; i < nodes; i++)
			tree_end_node();
		blob = tree_finish(&size);
		assert_int_equal(fdt_open(&f, blob, size), extra ? GZ_EINVAL : GZ_OK);
		free(blob);
	}
}

static void reserved__two_entries__both_then_false(void **state)
{
	u32 size;
	u8 *blob = small_tree(&size);
	struct fdt f;
	u64 base, bytes;

	(void)state;
	assert_int_equal(fdt_open(&f, blob, size), GZ_OK);
	assert_true(fdt_reserved(&f, 0, &base, &bytes));
	assert_int_equal(base, 0x80000000);
	assert_true(fdt_reserved(&f, 1, &base, &bytes));
	assert_int_equal(base, 0);
	assert_int_equal(bytes, 0x2000);
	assert_false(fdt_reserved(&f, 2, &base, &bytes));
	assert_false(fdt_reserved(&f, 0xffffffff, &base, &bytes));
	free(blob);
}

static void next_node__whole_tree__names_and_depths(void **state)
{
	static const struct { const char *name; u32 depth; } want[] = {
		{ "", 0 }, { "soc", 1 }, { "uart@10", 2 }, { "uart@20", 2 }, { "aliases", 1 },
	};
	struct fdt_node n = { 0 };
	u32 size, i;
	u8 *blob = small_tree(&size);
	struct fdt f;

	(void)state;
	assert_int_equal(fdt_open(&f, blob, size), GZ_OK);
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		assert_true(fdt_node_next(&f, &n));
		assert_string_equal(n.name, want[i].name);
		assert_int_equal(n.depth, want[i].depth);
	}
	assert_false(fdt_node_next(&f, &n));
	free(blob);
}

static void find_path__good_and_bad__as_named(void **state)
{
	static const struct { const char *path, *name; } want[] = {
		{ "/", "" }, { "/soc", "soc" }, { "/soc/", "soc" }, { "//soc//uart@20", "uart@20" }, { "/soc/uart", "uart@10" },
		{ "/aliases", "aliases" }, { "", NULL }, { "soc", NULL }, { "/uart@10", NULL }, { "/soc/uart@2", NULL },
		{ "/soc/uart@200", NULL }, { "/so", NULL }, { "/soc/aliases", NULL }, { "/soc/uart@10/x", NULL }, { "/soc@1", NULL },
	};
	struct fdt_node n;
	u32 size, i;
	u8 *blob = small_tree(&size);
	struct fdt f;

	(void)state;
	assert_int_equal(fdt_open(&f, blob, size), GZ_OK);
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		bool found = fdt_find_path(&f, want[i].path, (u32)strlen(want[i].path), &n);

		assert_int_equal(found, want[i].name != NULL);
		if (found)
			assert_string_equal(n.name, want[i].name);
	}
	free(blob);
}

static void props__values__read_by_type(void **state)
{
	struct fdt_node root = { 0 }, n;
	struct fdt_prop p;
	u32 size;
	u8 *blob = small_tree(&size);
	struct fdt f;
	u64 v;

	(void)state;
	assert_int_equal(fdt_open(&f, blob, size), GZ_OK);
	assert_true(fdt_node_next(&f, &root));
	assert_int_equal(fdt_node_u32(&f, &root, "n", 1), 7);
	assert_int_equal(fdt_node_u32(&f, &root, "two", 1), 1);		/* two cells are no cell */
	assert_int_equal(fdt_node_u32(&f, &root, "status", 1), 1);	/* a child's property is not ours */
	assert_true(fdt_node_prop(&f, &root, "flag", &p));
	assert_int_equal(p.len, 0);
	assert_true(fdt_node_prop(&f, &root, "two", &p));
	assert_true(fdt_cells(&p, 0, 2, &v));
	assert_int_equal(v, 0x100000002);
	assert_true(fdt_cells(&p, 4, 1, &v));
	assert_int_equal(v, 2);
	assert_false(fdt_cells(&p, 4, 2, &v));
	assert_false(fdt_cells(&p, 0, 3, &v));
	assert_false(fdt_cells(&p, 0, 0, &v));
	assert_false(fdt_cells(&p, 0xfffffffc, 2, &v));
	assert_true(fdt_node_compatible(&f, &root, "a") && fdt_node_compatible(&f, &root, "b"));
	assert_false(fdt_node_compatible(&f, &root, "c") || fdt_node_compatible(&f, &root, ""));
	assert_null(fdt_node_string(&f, &root, "open"));
	assert_null(fdt_node_string(&f, &root, "flag"));
	assert_true(fdt_node_prop(&f, &root, "open", &p));
	assert_false(fdt_list_has(&p, "abc"));
	assert_true(fdt_find_path(&f, "/aliases", 8, &n));
	assert_string_equal(fdt_node_string(&f, &n, "serial0"), "/soc/uart@20");
	free(blob);
}

static void enabled__status__only_okay_or_absent(void **state)
{
	struct fdt_node n;
	u32 size;
	u8 *blob = small_tree(&size);
	struct fdt f;

	(void)state;
	assert_int_equal(fdt_open(&f, blob, size), GZ_OK);
	assert_true(fdt_find_path(&f, "/soc/uart@10", 12, &n));
	assert_false(fdt_node_enabled(&f, &n));
	assert_true(fdt_find_path(&f, "/soc/uart@20", 12, &n));
	assert_true(fdt_node_enabled(&f, &n));
	assert_true(fdt_find_path(&f, "/soc", 4, &n));
	assert_true(fdt_node_enabled(&f, &n));
	free(blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open__good_tree__ok),
		cmocka_unit_test(open__bad_header__einval),
		cmocka_unit_test(open__reservation_map_without_end__einval),
		cmocka_unit_test(open__truncated_at_every_length__never_accepted),
		cmocka_unit_test(read__bytes_flipped__stays_inside),
		cmocka_unit_test(read__each_word_replaced__stays_inside),
		cmocka_unit_test(open__too_deep__einval),
		cmocka_unit_test(reserved__two_entries__both_then_false),
		cmocka_unit_test(next_node__whole_tree__names_and_depths),
		cmocka_unit_test(find_path__good_and_bad__as_named),
		cmocka_unit_test(props__values__read_by_type),
		cmocka_unit_test(enabled__status__only_okay_or_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
