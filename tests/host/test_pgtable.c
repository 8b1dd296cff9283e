/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/mem/own.c hyp/mem/audit.c hyp/mem/own_check.c hyp/mem/host_s2.c hyp/mem/guest_s2.c hyp/mem/guest_slots.c hyp/mem/share.c hyp/mem/firmware.c hyp/mem/protect.c hyp/mem/guest_clean.c tests/host/mem_fixture.c tests/host/pgtable_fixture.c */
/*
 * Job: translation tables: map, merge, walk; exact descriptors, no change on failure, break-before-make.
 * Never: who may have a page (test_own.c, test_guest_mem.c).
 * Used by: make -C tests/host run.
 */
#include "host/pgtable_fixture.h"

static void pgtable__empty__nothing_translates(void **state)
{
	(void)state;
	assert_false(pgtable_walk(&t, 0).valid);
	assert_false(pgtable_walk(&t, TOP - PAGE_SIZE).valid);
	assert_false(pgtable_walk(&t, TOP).valid);
	assert_false(pgtable_walk(&t, UINT64_MAX).valid);
}

/* Arm ARM, "Stage 2 Block and Page descriptors": checked as numbers, not through our own names. */
static void pgtable__descriptor__exact_bits(void **state)
{
	(void)state;
	assert_int_equal(pte_leaf(&t, PA(0x40001000), RWX, 3), 0x400017dbull);	/* FWB: MemAttr 6 */
	assert_int_equal(pte_leaf(&t, PA(0x40200000), RWX, 2), 0x402007d9ull);
	assert_int_equal(pte_leaf(&t, PA(0x40200000), RWX | PG_STAGE1, 2), 0x402007ddull);
	assert_int_equal(pte_leaf(&t, PA(0x40200000), PG_R | PG_W | PG_STAGE1, 1), 0x00400000402007ddull);
	fixture_cpu(false);
	assert_int_equal(pte_leaf(&t, PA(0x40001000), RWX, 3), 0x400017ffull);
	assert_int_equal(pte_leaf(&t, PA(0x40200000), RWX | PG_STAGE1, 2), 0x402007fdull);
	assert_int_equal(pte_leaf(&t, PA(0x40200000), PG_R | PG_X, 3), 0x4020077full);
	fixture_cpu(true);
}

/* T0SZ 24, SL0 1, inner shareable write-back walks, PS 2 (40 bits), bit 31. */
static void pgtable__vtcr__exact_bits(void **state)
{
	(void)state;
	assert_int_equal(pgtable_vtcr(&t), 0x80023558ull);
	assert_int_equal(pgtable_ttbr(&t), t.root.v | 5ull << 48);
	assert_int_equal(t.root.v % (2 * PAGE_SIZE), 0);
}

static void pgtable__init__every_size(void **state)
{
	static const struct { u8 bits, level, roots; u64 parange, t0sz_sl0; } want[] = {
		{ 32, 1, 1, 0, 0x60 }, { 36, 1, 1, 1, 0x5c }, { 39, 1, 1, 2, 0x59 }, { 40, 1, 2, 2, 0x58 },
		{ 42, 1, 8, 3, 0x56 }, { 43, 1, 16, 4, 0x55 }, { 44, 0, 1, 4, 0x94 }, { 48, 0, 1, 5, 0x90 },
		{ 48, 0, 1, 6, 0x90 },
	};

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(want); i++) {
		struct pool_quota q = { 0 };
		struct pgtable x;

		shim_sysreg_write("id_aa64mmfr0_el1", want[i].parange);
		pg_features_init();
		assert_int_equal(pgtable_init(&x, PG_STAGE2, want[i].bits, 1, &q), GZ_OK);
		assert_int_equal(x.start_level, want[i].level);
		assert_int_equal(x.root_pages, want[i].roots);
		assert_int_equal(q.used, want[i].roots);
		assert_int_equal(pgtable_vtcr(&x) & 0xff, want[i].t0sz_sl0);
		assert_int_equal(pgtable_vtcr(&x) >> 16 & 7, MIN(want[i].parange, 5));
		assert_int_equal(pgtable_map(&x, BIT(want[i].bits) - PAGE_SIZE, PA(0), PAGE_SIZE, RWX, 1), GZ_OK);
		assert_true(pgtable_walk(&x, BIT(want[i].bits) - 1).valid);
		assert_int_equal(pgtable_destroy_slice(&x, UINT32_MAX), GZ_OK);
		assert_int_equal(q.used, 0);
		assert_int_equal(pgtable_init(&x, PG_STAGE2, (u8)(pg_features.pa_bits + 1), 1, &q), GZ_EINVAL);
	}
	assert_int_equal(pgtable_init(&t, PG_STAGE2, 31, 1, NULL), GZ_EINVAL);
	start(40, 600);
}

static void pgtable__map_page__first_and_last(void **state)
{
	(void)state;
	assert_int_equal(map(0, 0x40000000, PAGE_SIZE), GZ_OK);
	assert_int_equal(map(TOP - PAGE_SIZE, 0x40001000, PAGE_SIZE), GZ_OK);
	expect_leaf(0, 0x40000000, PAGE_SIZE);
	expect_leaf(TOP - PAGE_SIZE, 0x40001000, PAGE_SIZE);
	assert_false(pgtable_walk(&t, PAGE_SIZE).valid);
	assert_int_equal(quota.used, 2 + 4);
}

static void pgtable__map_bad_range__erange(void **state)
{
	(void)state;
	assert_int_equal(map(TOP, 0, PAGE_SIZE), GZ_ERANGE);
	assert_int_equal(map(TOP - PAGE_SIZE, 0, 2 * PAGE_SIZE), GZ_ERANGE);
	assert_int_equal(map(0, 0, 0), GZ_ERANGE);
	assert_int_equal(map(1, 0, PAGE_SIZE), GZ_ERANGE);
	assert_int_equal(map(0, 1, PAGE_SIZE), GZ_ERANGE);
	assert_int_equal(map(0, 0, PAGE_SIZE + 1), GZ_ERANGE);
	assert_int_equal(map(0, BIT(48), PAGE_SIZE), GZ_ERANGE);
	assert_int_equal(map(0, 0ull - PAGE_SIZE, 2 * PAGE_SIZE), GZ_ERANGE);
	assert_int_equal(map(UINT64_MAX - PAGE_SIZE + 1, 0, PAGE_SIZE), GZ_ERANGE);
	assert_int_equal(pgtable_unmap(&t, 0, 0), GZ_ERANGE);
	assert_int_equal(pgtable_unmap(&t, TOP, PAGE_SIZE), GZ_ERANGE);
	assert_int_equal(quota.used, 2);
}

static void pgtable__map_aligned__largest_blocks(void **state)
{
	(void)state;
	/* A page, 511 pages up to 2 MiB, 511 blocks up to 1 GiB, two of 1 GiB, one block, one page. */
	assert_int_equal(map(PAGE_SIZE, PAGE_SIZE, 3 * GB + BLOCK_SIZE), GZ_OK);
	expect_leaf(PAGE_SIZE, PAGE_SIZE, PAGE_SIZE);
	expect_leaf(BLOCK_SIZE - 1, BLOCK_SIZE - 1, PAGE_SIZE);
	expect_leaf(BLOCK_SIZE, BLOCK_SIZE, BLOCK_SIZE);
	expect_leaf(GB, GB, GB);
	expect_leaf(3 * GB, 3 * GB, BLOCK_SIZE);
	expect_leaf(3 * GB + BLOCK_SIZE, 3 * GB + BLOCK_SIZE, PAGE_SIZE);
	assert_false(pgtable_walk(&t, 3 * GB + BLOCK_SIZE + PAGE_SIZE).valid);
	assert_int_equal(quota.used, 2 + 2 + 2);
}

static void pgtable__map_whole_space__gigabytes_only(void **state)
{
	(void)state;
	assert_int_equal(map(0, 0, TOP), GZ_OK);
	assert_int_equal(quota.used, 2);
	expect_leaf(TOP - 1, TOP - 1, GB);
}

static void pgtable__pa_not_congruent__pages(void **state)
{
	(void)state;
	assert_int_equal(map(0, PAGE_SIZE, 2 * BLOCK_SIZE), GZ_OK);
	expect_leaf(BLOCK_SIZE, BLOCK_SIZE + PAGE_SIZE, PAGE_SIZE);
	assert_int_equal(pgtable_map(&t, GB, PA(GB), BLOCK_SIZE, RWX, LEVEL_PAGES), GZ_OK);
	expect_leaf(GB, GB, PAGE_SIZE);
	assert_int_equal(pgtable_map(&t, 4 * GB, PA(GB), GB, RWX, LEVEL_2M), GZ_OK);
	expect_leaf(4 * GB, GB, BLOCK_SIZE);
}

static void pgtable__map_again_same__ok_nothing_stored(void **state)
{
	struct pg_plan p = { .addr = 0, .size = GB, .attr = RWX, .max_block = LEVEL_1G };

	(void)state;
	assert_int_equal(map(0, 0, GB + BLOCK_SIZE + PAGE_SIZE), GZ_OK);
	shim_events_clear();
	assert_int_equal(map(0, 0, GB + BLOCK_SIZE + PAGE_SIZE), GZ_OK);
	assert_int_equal(map(7 * BLOCK_SIZE, 7 * BLOCK_SIZE, 3 * PAGE_SIZE), GZ_OK);
	assert_int_equal(shim_events_of(EV_PTE_LIVE), 0);
	assert_int_equal(shim_events_of(EV_PTE_PRIVATE), 0);
	assert_int_equal(pgtable_plan(&t, &p), GZ_OK);
	assert_int_equal(p.same_pages, GB / PAGE_SIZE);
	assert_int_equal(p.tables, 0);
}

static void pgtable__map_conflict__eexist_nothing_changed(void **state)
{
	u32 used;

	(void)state;
	assert_int_equal(map(4 * PAGE_SIZE, 0x1000, PAGE_SIZE), GZ_OK);
	assert_int_equal(map(GB, GB, GB), GZ_OK);
	used = quota.used;
	shim_events_clear();
	assert_int_equal(map(0, 0, 8 * PAGE_SIZE), GZ_EEXIST);
	assert_int_equal(map(0, 0, GB), GZ_EEXIST);
	assert_int_equal(map(GB + PAGE_SIZE, GB, PAGE_SIZE), GZ_EEXIST);
	assert_int_equal(map(GB - BLOCK_SIZE, 0, 2 * BLOCK_SIZE), GZ_EEXIST);
	assert_int_equal(pgtable_map(&t, GB, PA(GB), GB, PG_R, LEVEL_1G), GZ_EEXIST);
	assert_int_equal(shim_events_of(EV_PTE_LIVE) + shim_events_of(EV_PTE_PRIVATE), 0);
	assert_int_equal(quota.used, used);
}

static void pgtable__fill_up_table__becomes_block(void **state)
{
	(void)state;
	for (u64 i = 0; i < PTRS; i += 2)
		assert_int_equal(map(BLOCK_SIZE + i * PAGE_SIZE, GB + i * PAGE_SIZE, PAGE_SIZE), GZ_OK);
	assert_int_equal(quota.used, 2 + 2);
	assert_int_equal(map(BLOCK_SIZE, GB, BLOCK_SIZE), GZ_OK);
	expect_leaf(BLOCK_SIZE, GB, BLOCK_SIZE);
	assert_int_equal(quota.used, 2 + 1);
	assert_int_equal(shim_events_of(EV_TLBI_VMALLS12E1IS), 1);
}

static void pgtable__collapse__only_when_whole_and_equal(void **state)
{
	(void)state;
	assert_int_equal(pgtable_map(&t, 0, PA(GB), BLOCK_SIZE - PAGE_SIZE, RWX, LEVEL_PAGES), GZ_OK);
	assert_false(pgtable_collapse(&t, 0));
	assert_int_equal(map(BLOCK_SIZE - PAGE_SIZE, 2 * GB, PAGE_SIZE), GZ_OK);
	assert_false(pgtable_collapse(&t, 0));
	assert_int_equal(pgtable_unmap(&t, BLOCK_SIZE - PAGE_SIZE, PAGE_SIZE), GZ_OK);
	assert_int_equal(pgtable_map(&t, BLOCK_SIZE - PAGE_SIZE, PA(GB + BLOCK_SIZE - PAGE_SIZE), PAGE_SIZE, PG_R, 3), GZ_OK);
	assert_false(pgtable_collapse(&t, 0));
	assert_int_equal(pgtable_unmap(&t, BLOCK_SIZE - PAGE_SIZE, PAGE_SIZE), GZ_OK);
	assert_int_equal(map(BLOCK_SIZE - PAGE_SIZE, GB + BLOCK_SIZE - PAGE_SIZE, PAGE_SIZE), GZ_OK);
	assert_true(pgtable_collapse(&t, 5 * PAGE_SIZE));
	expect_leaf(0, GB, BLOCK_SIZE);
	assert_false(pgtable_collapse(&t, 0));
	assert_false(pgtable_collapse(&t, 8 * GB));
	assert_false(pgtable_collapse(&t, TOP));
}

static void pgtable__collapse_twice__gigabyte(void **state)
{
	(void)state;
	assert_int_equal(map(0, 0, GB), GZ_OK);
	assert_int_equal(pgtable_split(&t, PAGE_SIZE, PAGE_SIZE), GZ_OK);
	assert_int_equal(quota.used, 2 + 2);
	expect_leaf(PAGE_SIZE, PAGE_SIZE, PAGE_SIZE);
	expect_leaf(BLOCK_SIZE, BLOCK_SIZE, BLOCK_SIZE);
	assert_true(pgtable_collapse(&t, 0));
	assert_true(pgtable_collapse(&t, 0));
	expect_leaf(0, 0, GB);
	assert_int_equal(quota.used, 2);
}

#define T(name) cmocka_unit_test_setup_teardown(pgtable__##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(empty__nothing_translates), T(descriptor__exact_bits), T(vtcr__exact_bits), T(init__every_size),
		T(map_page__first_and_last), T(map_bad_range__erange), T(map_aligned__largest_blocks),
		T(map_whole_space__gigabytes_only), T(pa_not_congruent__pages), T(map_again_same__ok_nothing_stored),
		T(map_conflict__eexist_nothing_changed), T(fill_up_table__becomes_block),
		T(collapse__only_when_whole_and_equal), T(collapse_twice__gigabyte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
