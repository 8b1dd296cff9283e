/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/mem/own.c hyp/mem/audit.c hyp/mem/own_check.c hyp/mem/host_s2.c hyp/mem/guest_s2.c hyp/mem/guest_slots.c hyp/mem/share.c hyp/mem/firmware.c hyp/mem/protect.c hyp/mem/guest_clean.c tests/host/mem_fixture.c tests/host/pgtable_fixture.c */
/*
 * Job: translation tables: unmap, split, destroy, maintenance; no change on failure, break-before-make.
 * Never: who may have a page (test_own.c, test_guest_mem.c).
 * Used by: make -C tests/host run.
 */
#include "host/pgtable_fixture.h"

static void pgtable__unmap_one_page__tlbi_by_ipa_and_combined(void **state)
{
	(void)state;
	assert_int_equal(map(0x5000, 0x40005000, PAGE_SIZE), GZ_OK);
	shim_events_clear();
	assert_int_equal(pgtable_unmap(&t, 0x5000, PAGE_SIZE), GZ_OK);
	assert_false(pgtable_walk(&t, 0x5000).valid);
	assert_int_equal(shim_events_of(EV_TLBI_IPAS2E1IS), 1);
	assert_int_equal(shim_events_of(EV_TLBI_VMALLE1IS), 1);
	assert_int_equal(shim_events_of(EV_TLBI_VMALLS12E1IS), 0);
}

/* The host's VTTBR_EL2 and EL1 registers are as before; VMID 5 was in it for the TLBI, stage-1 walks off. */
static void pgtable__tlbi__other_vmid_switched_and_back(void **state)
{
	u32 seen = 0;

	(void)state;
	shim_sysreg_write("vttbr_el2", 0x40100000);
	shim_sysreg_write("vtcr_el2", 0x1234);
	shim_sysreg_write("tcr_el1", 0x10);
	shim_sysreg_write("sctlr_el1", 0x30);
	assert_int_equal(map(0x5000, 0x40005000, PAGE_SIZE), GZ_OK);
	shim_events_clear();
	assert_int_equal(pgtable_unmap(&t, 0x5000, PAGE_SIZE), GZ_OK);
	assert_int_equal(shim_sysreg_read("vttbr_el2"), 0x40100000);
	assert_int_equal(shim_sysreg_read("vtcr_el2"), 0x1234);
	assert_int_equal(shim_sysreg_read("tcr_el1"), 0x10);
	assert_int_equal(shim_sysreg_read("sctlr_el1"), 0x30);
	for (u32 i = 0; i < shim_event_count(); i++)
		if (shim_event_at(i)->ev == EV_TLBI_IPAS2E1IS || shim_event_at(i)->ev == EV_TLBI_VMALLE1IS)
			seen += shim_event_at(i)->vttbr == pgtable_ttbr(&t);
	assert_int_equal(seen, 2);
}

static void pgtable__unmap_many__one_tlbi(void **state)
{
	(void)state;
	assert_int_equal(map(PAGE_SIZE, PAGE_SIZE, 4 * BLOCK_SIZE), GZ_OK);
	shim_events_clear();
	assert_int_equal(pgtable_unmap(&t, 0, 8 * BLOCK_SIZE), GZ_OK);
	assert_int_equal(shim_events_of(EV_TLBI_VMALLS12E1IS), 1);
	assert_int_equal(shim_events_of(EV_TLBI_IPAS2E1IS), 0);
	/* Tables wholly inside the range are gone. */
	assert_int_equal(quota.used, 2 + 1);
}

static u64 free_at_tlbi;
static void (*checker)(const struct shim_event *e);

static void note_free_pages(const struct shim_event *e)
{
	if (e->ev == EV_TLBI_VMALLS12E1IS)
		free_at_tlbi = page_pool_free_pages();
	checker(e);
}

/* Another CPU could get the page and a walker still be in it. */
static void pgtable__table_pages__freed_after_tlbi(void **state)
{
	u64 before;

	(void)state;
	assert_int_equal(map(PAGE_SIZE, PAGE_SIZE, 4 * BLOCK_SIZE), GZ_OK);
	before = page_pool_free_pages();
	checker = shim_event_hook;
	shim_event_hook = note_free_pages;
	assert_int_equal(pgtable_unmap(&t, 0, GB), GZ_OK);
	assert_int_equal(free_at_tlbi, before);
	assert_int_equal(page_pool_free_pages(), before + 3);
	assert_int_equal(pgtable_map(&t, 0, PA(0), BLOCK_SIZE - PAGE_SIZE, RWX, LEVEL_PAGES), GZ_OK);
	before = page_pool_free_pages();
	assert_int_equal(map(0, 0, BLOCK_SIZE), GZ_OK);
	assert_int_equal(free_at_tlbi, before);
	assert_int_equal(page_pool_free_pages(), before + 1);
	shim_event_hook = checker;
}

static void pgtable__unmap_nothing__no_tlbi(void **state)
{
	(void)state;
	shim_events_clear();
	assert_int_equal(pgtable_unmap(&t, 0, TOP), GZ_OK);
	assert_int_equal(shim_event_count(), 0);
}

static void pgtable__unmap_inside_blocks__splits(void **state)
{
	(void)state;
	assert_int_equal(map(0, 0, 4 * GB), GZ_OK);
	assert_int_equal(pgtable_unmap(&t, GB + 5 * BLOCK_SIZE + PAGE_SIZE, PAGE_SIZE), GZ_OK);
	assert_false(pgtable_walk(&t, GB + 5 * BLOCK_SIZE + PAGE_SIZE).valid);
	expect_leaf(GB + 5 * BLOCK_SIZE, GB + 5 * BLOCK_SIZE, PAGE_SIZE);
	expect_leaf(GB + 5 * BLOCK_SIZE + 2 * PAGE_SIZE, GB + 5 * BLOCK_SIZE + 2 * PAGE_SIZE, PAGE_SIZE);
	expect_leaf(GB + 4 * BLOCK_SIZE, GB + 4 * BLOCK_SIZE, BLOCK_SIZE);
	expect_leaf(2 * GB, 2 * GB, GB);
	/* From the middle of one gigabyte to the middle of another. */
	assert_int_equal(pgtable_unmap(&t, 2 * GB - PAGE_SIZE, GB + 2 * PAGE_SIZE), GZ_OK);
	expect_leaf(2 * GB - 2 * PAGE_SIZE, 2 * GB - 2 * PAGE_SIZE, PAGE_SIZE);
	assert_false(pgtable_walk(&t, 2 * GB - PAGE_SIZE).valid);
	assert_false(pgtable_walk(&t, 3 * GB).valid);
	expect_leaf(3 * GB + PAGE_SIZE, 3 * GB + PAGE_SIZE, PAGE_SIZE);
}

/* Each count of free pages there can be: either all is done or nothing at all, tables included. */
static void pgtable__map_short_of_pages__nothing_changed(void **state)
{
	(void)state;
	for (u32 limit = 2;; limit++) {
		enum gz_err err;

		quota.limit = limit;
		err = map(BLOCK_SIZE - PAGE_SIZE, GB - PAGE_SIZE, GB + 2 * PAGE_SIZE);
		if (!err) {
			assert_int_equal(limit, 2 + 4);
			break;
		}
		assert_int_equal(err, GZ_ENOMEM);
		assert_int_equal(quota.used, 2);
		assert_false(pgtable_walk(&t, BLOCK_SIZE - PAGE_SIZE).valid);
		assert_false(pgtable_walk(&t, GB).valid);
	}
	quota.limit = 0;
}

static void pgtable__unmap_short_of_pages__nothing_changed(void **state)
{
	static const struct { u64 addr, size; u32 tables; } cut[] = {
		{ PAGE_SIZE, PAGE_SIZE, 2 }, { BLOCK_SIZE, BLOCK_SIZE, 1 },
		{ PAGE_SIZE, 3 * BLOCK_SIZE, 3 }, { PAGE_SIZE, 2 * GB, 4 }, { BLOCK_SIZE, 2 * GB, 2 },
		{ 0, GB, 0 }, { 0, PAGE_SIZE, 2 }, { GB - PAGE_SIZE, 2 * PAGE_SIZE, 4 },
	};

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(cut); i++) {
		start(40, 600);
		assert_int_equal(map(0, 0, 3 * GB), GZ_OK);
		for (u32 more = 0; more < cut[i].tables; more++) {
			quota.limit = 2 + more;
			shim_events_clear();
			assert_int_equal(pgtable_unmap(&t, cut[i].addr, cut[i].size), GZ_ENOMEM);
			assert_int_equal(shim_event_count(), 0);
			assert_int_equal(quota.used, 2);
			expect_leaf(cut[i].addr, cut[i].addr, GB);
		}
		quota.limit = 2 + cut[i].tables;
		assert_int_equal(pgtable_unmap(&t, cut[i].addr, cut[i].size), GZ_OK);
		assert_false(pgtable_walk(&t, cut[i].addr).valid);
		assert_false(pgtable_walk(&t, cut[i].addr + cut[i].size - 1).valid);
		assert_bbm_good();
	}
	quota.limit = 0;
}

static enum gz_err count_leaf(u64 addr, struct pg_leaf leaf, void *arg)
{
	u64 *n = arg;

	(void)addr;
	n[0]++;
	n[1] += leaf.size;
	return n[0] == n[2] ? GZ_EAGAIN : GZ_OK;
}

static void pgtable__for_each__every_leaf_once_and_stops(void **state)
{
	u64 n[3] = { 0 };

	(void)state;
	assert_int_equal(map(PAGE_SIZE, PAGE_SIZE, 3 * GB), GZ_OK);
	assert_int_equal(pgtable_for_each(&t, 0, TOP, count_leaf, n), GZ_OK);
	assert_int_equal(n[0], 511 + 511 + 2 + 1);
	assert_int_equal(n[1], 3 * GB);
	n[0] = 0;
	n[2] = 7;
	assert_int_equal(pgtable_for_each(&t, 0, TOP, count_leaf, n), GZ_EAGAIN);
	assert_int_equal(n[0], 7);
	assert_int_equal(pgtable_for_each(&t, 1, TOP, count_leaf, n), GZ_ERANGE);
}

/* Physical neighbours are one range, whatever is between them in the table is not; it goes on where it stopped. */
static void pgtable__runs__as_long_as_they_follow(void **state)
{
	struct pa_range r[4];
	u64 at = 0;

	(void)state;
	assert_int_equal(map(2 * PAGE_SIZE, 0x40002000, 3 * PAGE_SIZE), GZ_OK);
	assert_int_equal(map(5 * PAGE_SIZE, 0x40009000, PAGE_SIZE), GZ_OK);	/* follows in the table only */
	assert_int_equal(map(7 * PAGE_SIZE, 0x4000a000, 2 * PAGE_SIZE), GZ_OK);	/* follows in memory, over a hole */
	assert_int_equal(map(9 * PAGE_SIZE, 0x40008000, PAGE_SIZE), GZ_OK);	/* backwards */
	assert_int_equal(map(BLOCK_SIZE, 0x40400000, BLOCK_SIZE), GZ_OK);
	assert_int_equal(pgtable_runs(&t, &at, BLOCK_SIZE, r, 2), 2);
	assert_int_equal(at, 9 * PAGE_SIZE);
	assert_true(r[0].base.v == 0x40002000 && r[0].size == 3 * PAGE_SIZE);
	assert_true(r[1].base.v == 0x40009000 && r[1].size == 3 * PAGE_SIZE);
	assert_int_equal(pgtable_runs(&t, &at, BLOCK_SIZE, r, 2), 1);
	assert_int_equal(at, BLOCK_SIZE);
	assert_true(r[0].base.v == 0x40008000 && r[0].size == PAGE_SIZE);
	assert_int_equal(pgtable_runs(&t, &at, 2 * BLOCK_SIZE, r, 1), 1);
	assert_true(r[0].base.v == 0x40400000 && r[0].size == BLOCK_SIZE);
	assert_int_equal(at, 2 * BLOCK_SIZE);
	assert_int_equal(pgtable_runs(&t, &at, 3 * BLOCK_SIZE, r, 1), 0);
	assert_int_equal(at, 3 * BLOCK_SIZE);
	/* No further than it was told. */
	at = 3 * PAGE_SIZE;
	assert_int_equal(pgtable_runs(&t, &at, 4 * PAGE_SIZE, r, 4), 1);
	assert_true(at == 4 * PAGE_SIZE && r[0].base.v == 0x40003000 && r[0].size == PAGE_SIZE);
}

static void pgtable__destroy_slices__bounded_and_complete(void **state)
{
	u32 calls = 0, before;

	(void)state;
	for (u64 i = 0; i < 20; i++)
		assert_int_equal(map(i * GB, i * PAGE_SIZE, PAGE_SIZE), GZ_OK);
	bbm_stop(&t);
	pgtable_flush_all(&t);
	t.live = false;
	do {
		before = quota.used;
		calls++;
		assert_in_range(calls, 1, 100);
		if (pgtable_destroy_slice(&t, 3) == GZ_OK)
			break;
		assert_int_equal(before - quota.used, 3);
	} while (1);
	assert_int_equal(quota.used, 0);
	assert_int_equal(calls, 14);
	start(40, 600);
}

static void pgtable__not_live__no_maintenance(void **state)
{
	(void)state;
	pgtable_flush_all(&t);
	bbm_start();
	t.live = false;
	shim_events_clear();
	assert_int_equal(map(0, 0, GB), GZ_OK);
	assert_int_equal(pgtable_unmap(&t, PAGE_SIZE, PAGE_SIZE), GZ_OK);
	assert_int_equal(shim_event_count(), shim_events_of(EV_PTE_PRIVATE));
}

/* As EL2's fixmap wants it. */
static void pgtable__one_page_unmapped__its_tables_stay(void **state)
{
	(void)state;
	assert_int_equal(map(GB, 0, PAGE_SIZE), GZ_OK);
	assert_int_equal(pgtable_unmap(&t, GB, PAGE_SIZE), GZ_OK);
	assert_int_equal(quota.used, 4);
	assert_int_equal(pgtable_walk(&t, GB).level, 3);
}

/* Random ranges against a plain array of what each page maps to. */
static void pgtable__random__as_the_array_says(void **state)
{
	static u64 shadow[4096];	/* pages; window of 8 blocks each side of a 1 GiB border */
	const u64 base = GB - 4 * BLOCK_SIZE;

	(void)state;
	srandom(11);
	memset(shadow, 0, sizeof(shadow));
	for (u32 step = 0; step < 3000; step++) {
		u64 first = (u64)random() % 4096, n = 1 + (u64)random() % (random() % 4 ? 40 : 1500);
		u64 delta = random() % 3 ? 0 : PAGE_SIZE;
		bool unmap = random() % 2, clash = false;
		enum gz_err err;

		if (random() % 3 == 0)
			first &= ~511ull;
		n = MIN(n, 4096 - first);
		if (unmap) {
			assert_int_equal(pgtable_unmap(&t, base + first * PAGE_SIZE, n * PAGE_SIZE), GZ_OK);
			for (u64 i = first; i < first + n; i++)
				shadow[i] = 0;
		} else {
			for (u64 i = first; i < first + n; i++)
				clash |= shadow[i] && shadow[i] != 8 * GB + i * PAGE_SIZE + delta;
			err = map(base + first * PAGE_SIZE, 8 * GB + first * PAGE_SIZE + delta, n * PAGE_SIZE);
			assert_int_equal(err, clash ? GZ_EEXIST : GZ_OK);
			for (u64 i = first; !err && i < first + n; i++)
				shadow[i] = 8 * GB + i * PAGE_SIZE + delta;
		}
		assert_int_equal(bbm_unclean(), 0);
		for (u64 i = 0; step % 50 == 0 && i < 4096; i++) {
			struct pg_leaf leaf = pgtable_walk(&t, base + i * PAGE_SIZE);

			assert_int_equal(leaf.valid, shadow[i] != 0);
			if (leaf.valid)
				assert_int_equal(leaf.pa.v + (base + i * PAGE_SIZE) % leaf.size, shadow[i]);
		}
	}
}

#define T(name) cmocka_unit_test_setup_teardown(pgtable__##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(unmap_one_page__tlbi_by_ipa_and_combined), T(tlbi__other_vmid_switched_and_back),
		T(unmap_many__one_tlbi), T(table_pages__freed_after_tlbi), T(unmap_nothing__no_tlbi),
		T(unmap_inside_blocks__splits), T(map_short_of_pages__nothing_changed),
		T(unmap_short_of_pages__nothing_changed), T(for_each__every_leaf_once_and_stops), T(runs__as_long_as_they_follow),
		T(destroy_slices__bounded_and_complete), T(not_live__no_maintenance), T(one_page_unmapped__its_tables_stay),
		T(random__as_the_array_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
