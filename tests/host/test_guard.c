/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/mem/own.c hyp/mem/audit.c hyp/mem/own_check.c hyp/mem/host_s2.c hyp/mem/pin.c hyp/mem/guest_s2.c hyp/mem/guest_slots.c hyp/mem/share.c hyp/mem/firmware.c hyp/mem/protect.c hyp/mem/guest_clean.c hyp/mem/mmio_guard.c tests/host/mem_fixture.c */
/*
 * Job: the MMIO guard as a set of pages: against an array of truth values, short of memory, at the edges, torn down.
 * Never: the guest's calls and aborts (test_private.c).
 * Used by: make -C tests/host run.
 */
#include <stdlib.h>
#include <string.h>

#include "mem_fixture.h"

#include "mm/layout.h"

#define RAM_MB	64
#define IPA0	UINT64_C(0x80000000)
#define TOP	BIT(GUEST_IPA_BITS)

static struct guest_mem gm;
static u64 pool_before;

void *fixmap_map(u32 slot, pa_t page, u32 attr)
{
	(void)slot;
	(void)attr;
	return pa_to_ptr(page);
}

void fixmap_unmap(u32 slot)
{
	(void)slot;
}

static int setup(void **state)
{
	(void)state;
	fixture_machine(RAM_MB * MB, 512);
	pool_before = page_pool_free_pages();
	fixture_guest(&gm, 1, 64);
	fixture_slot(&gm, 0, IPA0, 512);
	assert_int_equal(guest_mem_protect(&gm), GZ_OK);
	assert_int_equal(guest_mem_start_slice(&gm, 512), GZ_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_destroy(&gm, 3);
	assert_int_equal(gm.guard_quota.used, 0);
	assert_int_equal(page_pool_free_pages(), pool_before);
	assert_bbm_good();
	return 0;
}

static void map__what_is_no_device__refused(void **state)
{
	static const u64 no[] = { IPA0, IPA0 + 511 * PAGE_SIZE, 0x1001, 0x1fff, TOP, TOP + IPA0 / 2, ~UINT64_C(0xfff), UINT64_MAX };
	static const u64 yes[] = { 0, IPA0 - PAGE_SIZE, IPA0 + 512 * PAGE_SIZE, TOP - PAGE_SIZE };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(no); i++) {
		assert_int_equal(guest_mmio_map(&gm, IPA(no[i])), GZ_EINVAL);
		assert_int_equal(guest_mmio_unmap(&gm, IPA(no[i])), GZ_EINVAL);
	}
	assert_int_equal(gm.guard_quota.used, 0);
	guest_mmio_enrol(&gm);
	for (u32 i = 0; i < ARRAY_SIZE(yes); i++) {
		assert_int_equal(guest_mmio_unmap(&gm, IPA(yes[i])), GZ_EINVAL);
		assert_false(guest_mmio_allowed(&gm, IPA(yes[i])));
		assert_int_equal(guest_mmio_map(&gm, IPA(yes[i])), GZ_OK);
		assert_true(guest_mmio_allowed(&gm, IPA(yes[i] + 0xfff)));
	}
	/* What a fault can tell is more than a table covers. */
	for (u32 bit = GUEST_IPA_BITS; bit < 52; bit++)
		assert_false(guest_mmio_allowed(&gm, IPA(BIT(bit))));
}

static void map__before_enrolment__counts_afterwards(void **state)
{
	(void)state;
	assert_true(guest_mmio_allowed(&gm, IPA(0x5000)));
	assert_int_equal(guest_mmio_map(&gm, IPA(0x3000)), GZ_OK);
	assert_true(guest_mmio_allowed(&gm, IPA(0x5000)));
	guest_mmio_enrol(&gm);
	assert_true(guest_mmio_allowed(&gm, IPA(0x3abc)));
	assert_false(guest_mmio_allowed(&gm, IPA(0x2fff)));
	assert_false(guest_mmio_allowed(&gm, IPA(0x4000)));
	guest_mmio_enrol(&gm);
	assert_true(guest_mmio_allowed(&gm, IPA(0x3abc)));
}

#define PAGES	160

/* Pages next to each other, in other tables, in other gigabytes. */
static ipa_t page_n(u32 n)
{
	return IPA(n % 8 * PAGE_SIZE + n / 8 % 5 * BLOCK_SIZE + n / 40 * (BIT(30) + BIT(36)));
}

static void random__against_an_array(void **state)
{
	bool model[PAGES] = { false };
	u32 seed = getenv("SEED") ? (u32)atoi(getenv("SEED")) : 1;

	(void)state;
	guest_mmio_enrol(&gm);
	for (u32 step = 0; step < 20000; step++) {
		u32 n = (seed = seed * 1664525 + 1013904223) >> 8, page = n % PAGES;
		bool was = model[page];

		if (n & BIT(20)) {
			assert_int_equal(guest_mmio_map(&gm, page_n(page)), GZ_OK);
			model[page] = true;
		} else {
			assert_int_equal(guest_mmio_unmap(&gm, page_n(page)), was ? GZ_OK : GZ_EINVAL);
			model[page] = false;
		}
		for (u32 i = 0; i < PAGES; i += 1 + step % 7)
			assert_int_equal(guest_mmio_allowed(&gm, IPA(page_n(i).v + 8)), model[i]);
	}
}

/* A guest that wants all there is takes what its guard may have, and none of what its memory's tables may. */
static void map__everywhere__ends_at_its_own_quota(void **state)
{
	u32 used = gm.quota.used, n = 0;

	(void)state;
	guest_mmio_enrol(&gm);
	while (guest_mmio_map(&gm, IPA(n * 3ull * BLOCK_SIZE)) == GZ_OK)
		assert_in_range(n++, 0, 1000);
	assert_int_equal(guest_mmio_map(&gm, IPA(n * 3ull * BLOCK_SIZE)), GZ_ENOMEM);
	assert_in_range(n, 200, 256);
	assert_int_equal(gm.quota.used, used);
	for (u32 i = 0; i < n + 2; i++)
		assert_int_equal(guest_mmio_allowed(&gm, IPA(i * 3ull * BLOCK_SIZE)), i < n);
	assert_int_equal(guest_mmio_unmap(&gm, IPA(0)), GZ_OK);
	assert_int_equal(guest_mmio_map(&gm, IPA(PAGE_SIZE)), GZ_OK);
}

static pa_t held[512];

static enum gz_err map_with(u32 pages)
{
	enum gz_err err;
	u32 n = 0;

	while (page_pool_free_pages() > pages)
		assert_int_equal(page_pool_alloc(NULL, &held[n++]), GZ_OK);
	err = guest_mmio_map(&gm, IPA(0x3000));
	while (n)
		page_pool_free(NULL, held[--n]);
	return err;
}

/* A pool with that many pages left: nothing is half done, and later it works. Roots stay when the tables below do not fit. */
static void map__pool_short__not_there(void **state)
{
	enum gz_err err;
	u32 pages = 0;

	(void)state;
	guest_mmio_enrol(&gm);
	while ((err = map_with(pages)) == GZ_ENOMEM) {
		pages++;
		assert_false(guest_mmio_allowed(&gm, IPA(0x3000)));
		assert_int_equal(guest_mmio_unmap(&gm, IPA(0x3000)), GZ_EINVAL);
	}
	assert_int_equal(err, GZ_OK);
	assert_in_range(pages, 2, 4);
	assert_true(guest_mmio_allowed(&gm, IPA(0x3000)));
}

static void small_cpu__addresses_end_earlier(void **state)
{
	struct guest_mem small;
	u8 bits = pg_features.pa_bits;

	(void)state;
	pg_features.pa_bits = 36;
	assert_int_equal(guest_mem_init(&small, 2, 64), GZ_OK);
	guest_mmio_enrol(&small);
	assert_int_equal(guest_mmio_map(&small, IPA(BIT(36) - PAGE_SIZE)), GZ_OK);
	assert_int_equal(guest_mmio_map(&small, IPA(BIT(36))), GZ_EINVAL);
	assert_true(guest_mmio_allowed(&small, IPA(BIT(36) - 8)));
	assert_false(guest_mmio_allowed(&small, IPA(BIT(37) - 8)));
	assert_int_equal(guest_mem_destroy_slice(&small, 512), GZ_OK);
	pg_features.pa_bits = bits;
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(map__what_is_no_device__refused), T(map__before_enrolment__counts_afterwards), T(random__against_an_array),
		T(map__everywhere__ends_at_its_own_quota), T(map__pool_short__not_there),
		T(small_cpu__addresses_end_earlier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
