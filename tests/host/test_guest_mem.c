/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/mem/own.c hyp/mem/audit.c hyp/mem/own_check.c hyp/mem/host_s2.c hyp/mem/pin.c hyp/mem/guest_s2.c hyp/mem/guest_slots.c hyp/mem/share.c hyp/mem/firmware.c hyp/mem/protect.c hyp/mem/guest_clean.c tests/host/mem_fixture.c tests/host/two_vms_fixture.c */
/*
 * Job: share, unshare, relinquish, teardown, cleaning; nothing changed by a failure.
 * Never: the record table itself (test_own.c), slots (test_guest_slots.c).
 * Used by: make -C tests/host run.
 */
#include <string.h>

#include "two_vms_fixture.h"

#include "mem/audit.h"
#include "mem/pin.h"
#include "mm/layout.h"

static void share__page__both_see_it(void **state)
{
	(void)state;
	fixture_slot(&gm, 0, IPA0, 1024);
	assert_int_equal(share(IPA0, BLOCK_PA, 1), GZ_OK);
	assert_true(guest_mem_is_mapped(&gm, IPA(IPA0 + 8), true));
	assert_false(guest_mem_is_mapped(&gm, IPA(IPA0 + PAGE_SIZE), false));
	assert_int_equal(own_state_of(PA(BLOCK_PA)), OWN_HOST_SHARED_GUEST);
	assert_int_equal(own_peer_of(PA(BLOCK_PA)), 1);
	assert_int_equal(gm.shared_pages, 1);
	assert_int_equal(gm.quota.used, 2 + 2);
	assert_int_equal(pgtable_ttbr(&gm.s2) >> 48, 1);
	assert_int_equal(pgtable_vtcr(&gm.s2), 0x80023558);
}

static void share__block__one_entry_no_page_table(void **state)
{
	(void)state;
	fixture_slot(&gm, 0, IPA0, 1024);
	shim_events_clear();
	assert_int_equal(share(IPA0, BLOCK_PA, 512), GZ_OK);
	assert_int_equal(gm.quota.used, 2 + 1);
	assert_int_equal(pgtable_walk(&gm.s2, IPA0).size, BLOCK_SIZE);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), 512);
	assert_int_equal(shim_events_of(EV_TLBI_VMALLS12E1IS), 0);
	assert_int_equal(shim_events_of(EV_IC_IALLUIS), 1);
}

static void share__same_again__ok_nothing_changed(void **state)
{
	(void)state;
	fixture_slot(&gm, 0, IPA0, 2048);
	assert_int_equal(share(IPA0, BLOCK_PA, 512), GZ_OK);
	assert_int_equal(share(IPA0 + 512 * PAGE_SIZE, BLOCK_PA + BLOCK_SIZE + PAGE_SIZE, 3), GZ_OK);
	shim_events_clear();
	assert_int_equal(share(IPA0, BLOCK_PA, 512), GZ_OK);
	assert_int_equal(share(IPA0 + 7 * PAGE_SIZE, BLOCK_PA + 7 * PAGE_SIZE, 1), GZ_OK);
	assert_int_equal(share(IPA0 + 513 * PAGE_SIZE, BLOCK_PA + BLOCK_SIZE + 2 * PAGE_SIZE, 2), GZ_OK);
	assert_int_equal(shim_events_of(EV_PTE_LIVE), 0);
	assert_int_equal(gm.shared_pages, 515);
	assert_int_equal(gm.slots[0].populated, 515);
}

/* One page faulted in first, then the block around it: pages are added, the block is made. */
static void share__block_over_some_pages__becomes_block(void **state)
{
	(void)state;
	fixture_slot(&gm, 0, IPA0, 512);
	assert_int_equal(share(IPA0 + 9 * PAGE_SIZE, BLOCK_PA + 9 * PAGE_SIZE, 1), GZ_OK);
	assert_int_equal(share(IPA0, BLOCK_PA, 512), GZ_OK);
	assert_int_equal(pgtable_walk(&gm.s2, IPA0).size, BLOCK_SIZE);
	assert_int_equal(gm.shared_pages, 512);
	assert_int_equal(gm.slots[0].populated, 512);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), 512);
}

static void share__other_pa_or_other_ipa__eexist(void **state)
{
	(void)state;
	fixture_slot(&gm, 0, IPA0, 1024);
	assert_int_equal(share(IPA0, BLOCK_PA, 4), GZ_OK);
	assert_int_equal(share(IPA0, BLOCK_PA + 8 * PAGE_SIZE, 1), GZ_EEXIST);
	assert_int_equal(share(IPA0 + 8 * PAGE_SIZE, BLOCK_PA, 1), GZ_EEXIST);
	/* A list that names a page twice, and one with a page mapped elsewhere in its middle. */
	assert_int_equal(share(IPA0 + 4 * PAGE_SIZE, BLOCK_PA + 3 * PAGE_SIZE, 4), GZ_EEXIST);
	assert_int_equal(share(IPA0 + 2 * PAGE_SIZE, BLOCK_PA + 8 * PAGE_SIZE, 4), GZ_EEXIST);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), 4);
	assert_int_equal(gm.shared_pages, 4);
}

static void share__two_vms_same_page__eperm(void **state)
{
	(void)state;
	fixture_slot(&gm, 0, IPA0, 1024);
	fixture_slot(&other, 0, IPA0, 1024);
	assert_int_equal(share(IPA0, BLOCK_PA, 512), GZ_OK);
	assert_int_equal(share_with(&other, IPA(IPA0), (struct pa_range){ PA(BLOCK_PA + PAGE_SIZE), PAGE_SIZE }), GZ_EPERM);
	assert_int_equal(share_with(&other, IPA(IPA0), (struct pa_range){ PA(BLOCK_PA - PAGE_SIZE), 4 * PAGE_SIZE }), GZ_EPERM);
	assert_int_equal(other.shared_pages, 0);
	assert_int_equal(own_state_of(PA(BLOCK_PA - PAGE_SIZE)), OWN_HOST);
	assert_int_equal(host_unshare_guest(&gm, IPA(IPA0), 512), GZ_OK);
	assert_int_equal(share_with(&other, IPA(IPA0), (struct pa_range){ PA(BLOCK_PA + PAGE_SIZE), PAGE_SIZE }), GZ_OK);
}

static void share__not_the_hosts__eperm(void **state)
{
	static const struct { u64 pa, pages; } bad[] = {
		{ POOL_BASE, 1 }, { RAM_BASE, 1 }, { HOST_BASE - PAGE_SIZE, 2 }, { 0x9000000, 1 },
		{ RAM_BASE + RAM_MB * MB - PAGE_SIZE, 2 }, { UINT64_MAX - 0xfff, 1 }, { BIT(48), 1 }, { BIT(52), 1 },
	};

	(void)state;
	fixture_slot(&gm, 0, IPA0, 1024);
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(share(IPA0, bad[i].pa, bad[i].pages), GZ_EPERM);
	assert_int_equal(gm.shared_pages, 0);
	assert_int_equal(gm.quota.used, 2);
}

static void share__pinned_page__eperm_and_back(void **state)
{
	(void)state;
	fixture_slot(&gm, 0, IPA0, 1024);
	assert_int_equal(host_share_hyp(PA(BLOCK_PA)), GZ_OK);
	assert_int_equal(share(IPA0, BLOCK_PA, 1), GZ_EPERM);
	host_unshare_hyp(PA(BLOCK_PA));
	assert_int_equal(share(IPA0, BLOCK_PA, 1), GZ_OK);
	assert_int_equal(host_share_hyp(PA(BLOCK_PA)), GZ_EPERM);
}

static void share__outside_slot__einval(void **state)
{
	(void)state;
	assert_int_equal(share(IPA0, BLOCK_PA, 1), GZ_EINVAL);
	fixture_slot(&gm, 0, IPA0, 4);
	fixture_slot(&gm, 1, IPA0 + 4 * PAGE_SIZE, 4);
	assert_int_equal(share(IPA0 - PAGE_SIZE, BLOCK_PA, 1), GZ_EINVAL);
	assert_int_equal(share(IPA0 + 3 * PAGE_SIZE, BLOCK_PA, 2), GZ_EINVAL);
	assert_int_equal(share(IPA0 + 8 * PAGE_SIZE, BLOCK_PA, 1), GZ_EINVAL);
	assert_int_equal(share(UINT64_MAX - 0xfff, BLOCK_PA, 1), GZ_EINVAL);
	assert_int_equal(share(IPA0, BLOCK_PA, 0), GZ_EINVAL);
	assert_int_equal(share(IPA0 + 1, BLOCK_PA, 1), GZ_EINVAL);
	assert_int_equal(share(IPA0, BLOCK_PA + 1, 1), GZ_EINVAL);
}

static void share__quota_used_up__enomem_nothing_changed(void **state)
{
	(void)state;
	fixture_slot(&gm, 0, IPA0, 1024);
	for (gm.quota.limit = 2; gm.quota.limit < 5; gm.quota.limit++) {
		/* Two page tables and one above them. */
		assert_int_equal(share(IPA0 + 511 * PAGE_SIZE, BLOCK_PA, 2), GZ_ENOMEM);
		assert_int_equal(gm.quota.used, 2);
		assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), 0);
		assert_int_equal(gm.shared_pages + gm.slots[0].populated, 0);
		assert_false(guest_mem_is_mapped(&gm, IPA(IPA0 + 511 * PAGE_SIZE), false));
	}
	assert_int_equal(share(IPA0 + 511 * PAGE_SIZE, BLOCK_PA, 2), GZ_OK);
}

/* unshare, relinquish */

static void unshare__part_of_block__rest_stays(void **state)
{
	(void)state;
	fixture_slot(&gm, 0, IPA0, 1024);
	assert_int_equal(share(IPA0, BLOCK_PA, 512), GZ_OK);
	assert_int_equal(host_unshare_guest(&gm, IPA(IPA0 + 5 * PAGE_SIZE), 2), GZ_OK);
	assert_true(guest_mem_is_mapped(&gm, IPA(IPA0 + 4 * PAGE_SIZE), true));
	assert_false(guest_mem_is_mapped(&gm, IPA(IPA0 + 5 * PAGE_SIZE), false));
	assert_false(guest_mem_is_mapped(&gm, IPA(IPA0 + 6 * PAGE_SIZE), false));
	assert_true(guest_mem_is_mapped(&gm, IPA(IPA0 + 7 * PAGE_SIZE), true));
	assert_int_equal(gm.shared_pages, 510);
	assert_int_equal(own_state_of(PA(BLOCK_PA + 5 * PAGE_SIZE)), OWN_HOST);
	assert_int_equal(own_state_of(PA(BLOCK_PA + 7 * PAGE_SIZE)), OWN_HOST_SHARED_GUEST);
	assert_int_equal(share(IPA0 + 5 * PAGE_SIZE, BLOCK_PA + BLOCK_SIZE, 1), GZ_OK);
}

static void unshare__never_mapped__skipped(void **state)
{
	(void)state;
	fixture_slot(&gm, 0, IPA0, 1024);
	assert_int_equal(host_unshare_guest(&gm, IPA(IPA0), 1024), GZ_OK);
	assert_int_equal(host_unshare_guest(&gm, IPA(0), BIT(28)), GZ_OK);
	assert_int_equal(host_unshare_guest(&gm, IPA(0), BIT(28) + 1), GZ_EINVAL);
	assert_int_equal(host_unshare_guest(&gm, IPA(0), UINT64_MAX), GZ_EINVAL);
	assert_int_equal(host_unshare_guest(&gm, IPA(1), 1), GZ_EINVAL);
	assert_int_equal(host_unshare_guest(&gm, IPA(0), 0), GZ_EINVAL);
}

static void unshare__no_page_to_split__enomem_nothing_changed(void **state)
{
	(void)state;
	fixture_slot(&gm, 0, IPA0, 1024);
	assert_int_equal(share(IPA0, BLOCK_PA, 512), GZ_OK);
	gm.quota.limit = gm.quota.used;
	assert_int_equal(host_unshare_guest(&gm, IPA(IPA0), 1), GZ_ENOMEM);
	assert_int_equal(guest_relinquish_host(&gm, IPA(IPA0)), GZ_ENOMEM);
	assert_int_equal(gm.shared_pages, 512);
	assert_true(guest_mem_is_mapped(&gm, IPA(IPA0), true));
}

static void relinquish__page__host_only_then_faults_again(void **state)
{
	(void)state;
	fixture_slot(&gm, 0, IPA0, 1024);
	assert_int_equal(share(IPA0, BLOCK_PA, 2), GZ_OK);
	assert_int_equal(guest_relinquish_host(&gm, IPA(IPA0 + 0x123)), GZ_OK);
	assert_false(guest_mem_is_mapped(&gm, IPA(IPA0), false));
	assert_int_equal(own_state_of(PA(BLOCK_PA)), OWN_HOST);
	assert_int_equal(guest_relinquish_host(&gm, IPA(IPA0)), GZ_OK);
	assert_int_equal(guest_relinquish_host(&gm, IPA(0)), GZ_EINVAL);
	assert_int_equal(guest_relinquish_host(&gm, IPA(UINT64_MAX)), GZ_EINVAL);
	assert_int_equal(gm.slots[0].populated, 1);
}

static void remove_slot__slices__pages_back_slot_gone(void **state)
{
	u32 calls = 0;
	struct mem_slot s;

	(void)state;
	fixture_slot(&gm, 7, IPA0 + PAGE_SIZE, 3 * 512);
	fixture_slot(&gm, 8, IPA0 + PAGE_SIZE + 3 * BLOCK_SIZE, 512);
	assert_int_equal(share(IPA0 + BLOCK_SIZE, BLOCK_PA, 1024), GZ_OK);
	assert_int_equal(share(IPA0 + PAGE_SIZE, BLOCK_PA + 3 * BLOCK_SIZE, 100), GZ_OK);
	assert_int_equal(share(IPA0 + PAGE_SIZE + 3 * BLOCK_SIZE, BLOCK_PA + 4 * BLOCK_SIZE, 10), GZ_OK);
	while (guest_mem_remove_slot_slice(&gm, 7) == GZ_EAGAIN)
		assert_in_range(calls++, 0, 10);
	assert_int_equal(calls, 3);
	assert_int_equal(gm.shared_pages, 10);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), 10);
	assert_false(guest_mem_slot_of(&gm, IPA(IPA0 + PAGE_SIZE), &s));
	assert_true(guest_mem_slot_of(&gm, IPA(IPA0 + PAGE_SIZE + 3 * BLOCK_SIZE), &s));
	assert_int_equal(guest_mem_remove_slot_slice(&gm, 7), GZ_ENOENT);
}

/* life and death */

static void destroy__slices__bounded_and_complete(void **state)
{
	u64 before;
	u32 calls = 0;

	(void)state;
	fixture_slot(&gm, 0, IPA0, 16384);
	assert_int_equal(share(IPA0, BLOCK_PA, 2 * 512), GZ_OK);
	for (u64 i = 0; i < 300; i++)
		assert_int_equal(share(IPA0 + (2048 + 2 * i) * PAGE_SIZE, BLOCK_PA + 4 * BLOCK_SIZE + i * PAGE_SIZE, 1), GZ_OK);
	bbm_stop(&gm.s2);
	shim_events_clear();
	do {
		before = gm.shared_pages;
		calls++;
		if (guest_mem_destroy_slice(&gm, 100) == GZ_OK)
			break;
		/* A block is one step: a slice may end 511 pages late. */
		assert_in_range(before - gm.shared_pages, 0, 100 + 511);
	} while (calls < 50);
	assert_in_range(calls, 4, 10);
	assert_int_equal(gm.quota.used, 0);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), 0);
	assert_int_equal(shim_events_of(EV_TLBI_VMALLS12E1IS), 1);
	assert_int_equal(guest_mem_destroy_slice(&gm, 100), GZ_OK);
}

/* Pages in no order, more of them than one batch, and neighbours: all are the host's, the record of moves has each once. */
static void destroy__scattered__all_back_and_on_record(void **state)
{
	struct gz_audit_record r[256];
	u64 cursor = UINT64_MAX, end, pages = 0;
	u32 n;

	(void)state;
	fixture_slot(&gm, 0, IPA0, 1024);
	for (u64 i = 0; i < 100; i++)
		assert_int_equal(share(IPA0 + i * PAGE_SIZE, BLOCK_PA + 2 * (100 - i) * PAGE_SIZE, 1), GZ_OK);
	assert_int_equal(share(IPA0 + 100 * PAGE_SIZE, BLOCK_PA + BLOCK_SIZE, 200), GZ_OK);
	bbm_stop(&gm.s2);
	(void)audit_read(&cursor, r, 1, &end);
	while (guest_mem_destroy_slice(&gm, 7) == GZ_EAGAIN)
		;
	n = audit_read(&cursor, r, 256, &end);
	assert_int_equal(n, 101);
	for (u32 i = 0; i < n; i++) {
		assert_int_equal(r[i].move, MOVE_GUEST_RECLAIM_HOST);
		assert_int_equal(r[i].states, OWN_HOST_SHARED_GUEST | OWN_HOST << 4);
		assert_int_equal(r[i].pa, i < 100 ? BLOCK_PA + 2 * (100 - i) * PAGE_SIZE : BLOCK_PA + BLOCK_SIZE);
		pages += r[i].pages;
	}
	assert_int_equal(pages, 300);
	assert_int_equal(gm.shared_pages, 0);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), 0);
	assert_int_equal(gm.quota.used, 0);
}

/* A hole costs what is looked at of its table, not as many steps as it has entries; it does cost something. */
static void destroy__empty__few_slices_but_more_than_one(void **state)
{
	u32 calls = 1;

	(void)state;
	bbm_stop(&gm.s2);
	for (; guest_mem_destroy_slice(&gm, 1) == GZ_EAGAIN; calls++)
		assert_in_range(calls, 1, 50);
	assert_in_range(calls, 2, 8);
	assert_int_equal(gm.quota.used, 0);
}

static void dying__every_call__estate(void **state)
{
	u64 cursor = 0;

	(void)state;
	fixture_slot(&gm, 0, IPA0, 1024);
	for (u64 i = 0; i < 8; i++)
		assert_int_equal(share(IPA0 + i * PAGE_SIZE, BLOCK_PA + i * PAGE_SIZE, 1), GZ_OK);
	bbm_stop(&gm.s2);
	assert_int_equal(guest_mem_destroy_slice(&gm, 4), GZ_EAGAIN);
	assert_int_equal(share(IPA0, BLOCK_PA, 1), GZ_ESTATE);
	assert_int_equal(host_unshare_guest(&gm, IPA(IPA0), 1), GZ_ESTATE);
	assert_int_equal(guest_relinquish_host(&gm, IPA(IPA0)), GZ_ESTATE);
	assert_int_equal(reg(1, 0, 1), GZ_ESTATE);
	assert_int_equal(guest_mem_purpose(&gm, IPA(0), PAGE_SIZE, 0), GZ_ESTATE);
	assert_int_equal(guest_mem_remove_slot_slice(&gm, 0), GZ_ESTATE);
	fixture_cpu(false);
	assert_int_equal(guest_mem_clean_slice(&gm, &cursor, 4), GZ_ESTATE);
	while (guest_mem_destroy_slice(&gm, 4) == GZ_EAGAIN)
		;
}

static void init__no_pages__enomem(void **state)
{
	struct guest_mem *x = &other;

	(void)state;
	fixture_destroy(&other, 10);
	assert_int_equal(guest_mem_init(x, 2, 1), GZ_ENOMEM);
	assert_int_equal(x->quota.used, 0);
	x->dying = true;
}

/* The next VM with this number must not find what the last left in a TLB. */
static void init__vmid_reused__flushed_first(void **state)
{
	bool seen = false;

	(void)state;
	fixture_destroy(&other, 10);
	shim_events_clear();
	fixture_guest(&other, 2, 8);
	for (u32 i = 0; i < shim_event_count(); i++)
		seen |= shim_event_at(i)->ev == EV_TLBI_VMALLS12E1IS && shim_event_at(i)->vttbr >> 48 == 2;
	assert_true(seen);
}

/* caches */

static u64 lines(u64 pages)
{
	return pages * PAGE_SIZE / 64;
}

static void clean__without_fwb__each_page_at_map(void **state)
{
	(void)state;
	fixture_destroy(&gm, 10);
	fixture_cpu(false);
	fixture_guest(&gm, 1, 64);
	fixture_slot(&gm, 0, IPA0, 1024);
	shim_events_clear();
	assert_int_equal(share(IPA0, BLOCK_PA, 3), GZ_OK);
	assert_int_equal(shim_events_of(EV_DC_CIVAC), lines(3));
	assert_int_equal(share(IPA0 + BLOCK_SIZE, BLOCK_PA + BLOCK_SIZE, 512), GZ_OK);
	assert_int_equal(shim_events_of(EV_DC_CIVAC), lines(515));
}

static void clean__slices__every_page_once(void **state)
{
	u64 cursor = 0;
	u32 calls = 0;

	(void)state;
	fixture_cpu(false);
	fixture_slot(&gm, 0, IPA0, 2048);
	assert_int_equal(share(IPA0 + PAGE_SIZE, BLOCK_PA + PAGE_SIZE, 700), GZ_OK);
	shim_events_clear();
	while (guest_mem_clean_slice(&gm, &cursor, 64) == GZ_EAGAIN)
		assert_in_range(calls++, 0, 20);
	assert_int_equal(shim_events_of(EV_DC_CIVAC), lines(700));
	/* 700 pages in slices of 64; holes and tables on the way cost a little too. */
	assert_in_range(calls, 10, 13);
	assert_int_equal(guest_mem_clean_slice(&gm, &cursor, 64), GZ_OK);
}

static void clean__with_fwb__nothing(void **state)
{
	u64 cursor = 0;

	(void)state;
	fixture_slot(&gm, 0, IPA0, 1024);
	shim_events_clear();
	assert_int_equal(share(IPA0, BLOCK_PA, 3), GZ_OK);
	assert_int_equal(guest_mem_clean_slice(&gm, &cursor, 1), GZ_OK);
	assert_int_equal(shim_events_of(EV_DC_CIVAC), 0);
}

static void icache__dic__no_maintenance(void **state)
{
	(void)state;
	shim_sysreg_write("ctr_el0", BIT(29) | (UINT64_C(4) << 16));
	fixture_slot(&gm, 0, IPA0, 1024);
	shim_events_clear();
	assert_int_equal(share(IPA0, BLOCK_PA, 3), GZ_OK);
	assert_int_equal(shim_events_of(EV_IC_IALLUIS), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(share__page__both_see_it), T(share__block__one_entry_no_page_table),
		T(share__same_again__ok_nothing_changed), T(share__block_over_some_pages__becomes_block),
		T(share__other_pa_or_other_ipa__eexist), T(share__two_vms_same_page__eperm),
		T(share__not_the_hosts__eperm), T(share__pinned_page__eperm_and_back), T(share__outside_slot__einval),
		T(share__quota_used_up__enomem_nothing_changed), T(unshare__part_of_block__rest_stays),
		T(unshare__never_mapped__skipped), T(unshare__no_page_to_split__enomem_nothing_changed),
		T(relinquish__page__host_only_then_faults_again), T(remove_slot__slices__pages_back_slot_gone),
		T(destroy__slices__bounded_and_complete), T(destroy__scattered__all_back_and_on_record),
		T(destroy__empty__few_slices_but_more_than_one), T(dying__every_call__estate), T(init__no_pages__enomem),
		T(init__vmid_reused__flushed_first), T(clean__without_fwb__each_page_at_map),
		T(clean__slices__every_page_once), T(clean__with_fwb__nothing), T(icache__dic__no_maintenance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
