/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/mem/own.c hyp/mem/audit.c hyp/mem/own_check.c hyp/mem/host_s2.c hyp/mem/pin.c hyp/mem/guest_s2.c hyp/mem/guest_slots.c hyp/mem/share.c hyp/mem/firmware.c hyp/mem/protect.c hyp/mem/guest_clean.c tests/host/mem_fixture.c tests/host/two_vms_fixture.c */
/*
 * Job: slots and their purposes: registration against population, geometry, overlaps.
 * Never: what is mapped in them (test_guest_mem.c).
 * Used by: make -C tests/host run.
 */
#include <string.h>

#include "two_vms_fixture.h"

#include "mem/pin.h"
#include "mm/layout.h"

static bool populates(u32 id, u64 ipa, u64 pages)
{
	bool populate;

	assert_int_equal(guest_mem_register(&gm, id, IPA(ipa), pages, &populate), GZ_OK);
	return populate;
}

static void slot__second_identical_call__populates(void **state)
{
	(void)state;
	assert_false(populates(0, IPA0, 16));
	assert_true(populates(0, IPA0, 16));
	assert_true(populates(0, IPA0 + PAGE_SIZE, 3));
	assert_true(populates(0, IPA0 + 15 * PAGE_SIZE, 1));
}

static void slot__overlap__eexist(void **state)
{
	(void)state;
	fixture_slot(&gm, 0, IPA0, 16);
	assert_int_equal(reg(1, IPA0, 16), GZ_EEXIST);
	assert_int_equal(reg(1, IPA0 + 15 * PAGE_SIZE, 2), GZ_EEXIST);
	assert_int_equal(reg(1, IPA0 - PAGE_SIZE, 2), GZ_EEXIST);
	assert_int_equal(reg(1, IPA0 - PAGE_SIZE, 32), GZ_EEXIST);
	assert_int_equal(reg(1, IPA0 + 4 * PAGE_SIZE, 1), GZ_EEXIST);
	assert_int_equal(reg(1, IPA0 + 16 * PAGE_SIZE, 1), GZ_OK);
	assert_int_equal(reg(2, IPA0 - PAGE_SIZE, 1), GZ_OK);
}

static void slot__bad_geometry__einval(void **state)
{
	static const struct { u64 ipa, pages; } bad[] = {
		{ IPA0, 0 }, { IPA0 + 1, 1 }, { BIT(40), 1 }, { BIT(40) - PAGE_SIZE, 2 }, { 0, BIT(28) + 1 },
		{ IPA0, UINT64_MAX }, { IPA0, BIT(52) }, { UINT64_MAX - 0xfff, 1 }, { IPA0, BIT(52) + 1 },
	};

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(reg(0, bad[i].ipa, bad[i].pages), GZ_EINVAL);
	assert_int_equal(reg(0, 0, BIT(28)), GZ_OK);
}

static void slot__all_used__enomem_then_free_again(void **state)
{
	(void)state;
	for (u32 i = 0; i < GZ_MAX_SLOTS; i++)
		fixture_slot(&gm, 1000 + i, IPA0 + i * PAGE_SIZE, 1);
	assert_int_equal(reg(1, 0, 1), GZ_ENOMEM);
	assert_int_equal(guest_mem_remove_slot_slice(&gm, 1005), GZ_OK);
	assert_int_equal(reg(1, 0, 1), GZ_OK);
	assert_int_equal(guest_mem_remove_slot_slice(&gm, 1005), GZ_ENOENT);
}

static void slot__same_id_elsewhere__only_when_empty(void **state)
{
	struct mem_slot s;

	(void)state;
	fixture_slot(&gm, 4, IPA0, 16);
	assert_int_equal(reg(4, 0, 8), GZ_OK);
	assert_false(guest_mem_slot_of(&gm, IPA(IPA0), &s));
	assert_int_equal(share(0, BLOCK_PA, 1), GZ_OK);
	assert_int_equal(reg(4, IPA0, 8), GZ_EEXIST);
	assert_int_equal(reg(4, 0, 9), GZ_EEXIST);
	assert_true(guest_mem_slot_of(&gm, IPA(7 * PAGE_SIZE + 5), &s));
	assert_int_equal(s.id, 4);
	assert_int_equal(s.pages, 8);
	assert_int_equal(s.populated, 1);
	assert_false(guest_mem_slot_of(&gm, IPA(8 * PAGE_SIZE), &s));
	assert_false(guest_mem_slot_of(&gm, IPA(UINT64_MAX), &s));
}

static void slot__overlaps__edges_and_wrap(void **state)
{
	(void)state;
	fixture_slot(&gm, 4, IPA0, 16);
	assert_true(guest_mem_overlaps_slot(&gm, IPA(IPA0 + 15 * PAGE_SIZE), 1));
	assert_true(guest_mem_overlaps_slot(&gm, IPA(IPA0 - 1), 2));
	assert_false(guest_mem_overlaps_slot(&gm, IPA(IPA0 - 1), 1));
	assert_false(guest_mem_overlaps_slot(&gm, IPA(IPA0 + 16 * PAGE_SIZE), PAGE_SIZE));
	assert_true(guest_mem_overlaps_slot(&gm, IPA(UINT64_MAX), 2));
}

static void purpose__claimed_by_that_range_only(void **state)
{
	struct mem_slot s;

	(void)state;
	assert_int_equal(guest_mem_purpose(&gm, IPA(IPA0), 16 * PAGE_SIZE, GZ_MEM_STATIC_SWIOTLB), GZ_OK);
	fixture_slot(&gm, 0, IPA0 + BLOCK_SIZE, 16);
	assert_true(guest_mem_slot_of(&gm, IPA(IPA0 + BLOCK_SIZE), &s));
	assert_int_equal(s.flags, 0);
	fixture_slot(&gm, 1, IPA0, 16);
	assert_true(guest_mem_slot_of(&gm, IPA(IPA0), &s));
	assert_int_equal(s.flags, GZ_MEM_STATIC_SWIOTLB);
}

static void purpose__bad__einval(void **state)
{
	(void)state;
	assert_int_equal(guest_mem_purpose(&gm, IPA(IPA0), PAGE_SIZE, 3), GZ_EINVAL);
	assert_int_equal(guest_mem_purpose(&gm, IPA(IPA0), PAGE_SIZE, 8), GZ_EINVAL);
	assert_int_equal(guest_mem_purpose(&gm, IPA(IPA0), PAGE_SIZE, BIT(31)), GZ_EINVAL);
	assert_int_equal(guest_mem_purpose(&gm, IPA(IPA0), 0, 1), GZ_EINVAL);
	assert_int_equal(guest_mem_purpose(&gm, IPA(IPA0 + 1), PAGE_SIZE, 1), GZ_EINVAL);
	assert_int_equal(guest_mem_purpose(&gm, IPA(IPA0), UINT64_MAX & ~0xfffull, 1), GZ_EINVAL);
	assert_int_equal(guest_mem_purpose(&gm, IPA(BIT(40)), PAGE_SIZE, 1), GZ_EINVAL);
	assert_int_equal(guest_mem_purpose(&gm, IPA(IPA0), PAGE_SIZE, 0), GZ_OK);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(slot__second_identical_call__populates), T(slot__overlap__eexist), T(slot__bad_geometry__einval),
		T(slot__all_used__enomem_then_free_again), T(slot__same_id_elsewhere__only_when_empty),
		T(slot__overlaps__edges_and_wrap), T(purpose__claimed_by_that_range_only), T(purpose__bad__einval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
