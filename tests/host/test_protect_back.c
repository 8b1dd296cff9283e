/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/mem/own.c hyp/mem/audit.c hyp/mem/own_check.c hyp/mem/host_s2.c hyp/mem/pin.c hyp/mem/guest_s2.c hyp/mem/guest_slots.c hyp/mem/share.c hyp/mem/firmware.c hyp/mem/protect.c hyp/mem/guest_clean.c tests/host/mem_fixture.c tests/host/protect_fixture.c */
/*
 * Job: memory a protected VM shares, relinquishes or leaves behind: scrubbed first, and the host's table merges again.
 * Never: the record table itself (test_own.c), nor seal and donation (test_protect.c).
 * Used by: make -C tests/host run.
 */
#include <string.h>

#include "protect_fixture.h"

#include "mem/host_s2.h"
#include "mem/pin.h"
#include "mm/layout.h"

static void host__takes_nothing_back__estate(void **state)
{
	bool populate;

	(void)state;
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 4), GZ_OK);
	start(&gm);
	assert_int_equal(host_unshare_guest(&gm, IPA(IPA0), 1), GZ_ESTATE);
	assert_int_equal(guest_mem_remove_slot_slice(&gm, 0), GZ_ESTATE);
	assert_int_equal(guest_mem_remove_slot_slice(&gm, 1), GZ_ESTATE);
	/* An empty slot made shared, or moved, would be memory the guest takes for private. */
	assert_int_equal(guest_mem_purpose(&gm, IPA(SWIOTLB), BLOCK_SIZE, 0), GZ_ESTATE);
	assert_int_equal(guest_mem_register(&gm, 1, IPA(IPA0 - BLOCK_SIZE), 512, &populate), GZ_ESTATE);
	assert_int_equal(guest_mem_register(&gm, 9, IPA(IPA0 - BLOCK_SIZE), 512, &populate), GZ_ESTATE);
	assert_int_equal(own_count(OWN_GUEST), 4);
	assert_false(host_sees(BLOCK_PA));
}

static void share__and_back__host_sees_it_meanwhile(void **state)
{
	(void)state;
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 512), GZ_OK);
	assert_int_equal(give(&gm, SWIOTLB, BLOCK_PA + BLOCK_SIZE, 1), GZ_OK);
	assert_int_equal(guest_share_host(&gm, IPA(IPA0)), GZ_EPERM);		/* not sealed: it is shared already */
	start(&gm);
	shim_events_clear();
	assert_int_equal(guest_share_host(&gm, IPA(IPA0 + 9 * PAGE_SIZE)), GZ_OK);
	/* A view without caches must not show what memory held before. */
	assert_int_equal(shim_events_of(EV_DC_CIVAC), PAGE_SIZE / 64);
	assert_true(host_sees(BLOCK_PA + 9 * PAGE_SIZE));
	assert_false(host_sees(BLOCK_PA + 8 * PAGE_SIZE) || host_sees(BLOCK_PA + 10 * PAGE_SIZE));
	assert_int_equal(own_state_of(PA(BLOCK_PA + 9 * PAGE_SIZE)), OWN_GUEST_SHARED_HOST);
	assert_int_equal(guest_share_host(&gm, IPA(IPA0 + 9 * PAGE_SIZE)), GZ_EPERM);
	assert_int_equal(gm.shared_pages, 2);
	/* The guest's own block stays one. */
	assert_int_equal(pgtable_walk(&gm.s2, IPA0).size, BLOCK_SIZE);
	assert_int_equal(guest_unshare_host(&gm, IPA(IPA0 + 9 * PAGE_SIZE)), GZ_OK);
	assert_false(host_sees(BLOCK_PA + 9 * PAGE_SIZE));
	assert_int_equal(guest_unshare_host(&gm, IPA(IPA0 + 9 * PAGE_SIZE)), GZ_EPERM);
	assert_int_equal(guest_unshare_host(&gm, IPA(SWIOTLB)), GZ_EPERM);
	assert_int_equal(guest_share_host(&gm, IPA(IPA0 + BLOCK_SIZE)), GZ_EFAULT);
	assert_int_equal(guest_share_host(&gm, IPA(IPA0 - PAGE_SIZE)), GZ_EINVAL);
	assert_int_equal(guest_share_host(&gm, IPA(IPA0 + 8)), GZ_EINVAL);
	assert_int_equal(guest_share_host(&gm, IPA(UINT64_MAX - 0xfff)), GZ_EINVAL);
	assert_int_equal(gm.shared_pages, 1);
}

/* The only page of its block: while it is shared the host's block stays split, so that taking it back needs no table. */
static void share__last_private_page_of_block__merged_when_given_back(void **state)
{
	u64 tables;

	(void)state;
	start(&gm);
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 1), GZ_OK);
	tables = page_pool_free_pages();
	assert_int_equal(guest_share_host(&gm, IPA(IPA0)), GZ_OK);
	assert_int_equal(page_pool_free_pages(), tables);
	assert_int_equal(guest_unshare_host(&gm, IPA(IPA0)), GZ_OK);
	assert_int_equal(page_pool_free_pages(), tables);
	assert_false(host_sees(BLOCK_PA));
	assert_int_equal(guest_relinquish_host(&gm, IPA(IPA0)), GZ_OK);
	assert_in_range(page_pool_free_pages(), tables + 1, tables + 2);
}

static void relinquish__private_page__scrubbed_then_the_hosts(void **state)
{
	(void)state;
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 512), GZ_OK);
	assert_int_equal(give(&gm, SWIOTLB, BLOCK_PA + BLOCK_SIZE, 1), GZ_OK);
	start(&gm);
	assert_int_equal(guest_share_host(&gm, IPA(IPA0 + PAGE_SIZE)), GZ_OK);
	shim_events_clear();
	assert_int_equal(guest_relinquish_host(&gm, IPA(IPA0)), GZ_OK);
	assert_int_equal(shim_events_of(EV_DC_CIVAC), PAGE_SIZE / 64);
	assert_int_equal(guest_relinquish_host(&gm, IPA(IPA0 + PAGE_SIZE)), GZ_OK);
	assert_int_equal(guest_relinquish_host(&gm, IPA(SWIOTLB)), GZ_OK);
	assert_true(is_zero(BLOCK_PA) && is_zero(BLOCK_PA + PAGE_SIZE));
	assert_false(is_zero(BLOCK_PA + BLOCK_SIZE));
	assert_true(host_sees(BLOCK_PA) && host_sees(BLOCK_PA + PAGE_SIZE) && host_sees(BLOCK_PA + BLOCK_SIZE));
	assert_false(host_sees(BLOCK_PA + 2 * PAGE_SIZE));
	assert_int_equal(own_state_of(PA(BLOCK_PA)), OWN_HOST);
	assert_false(guest_mem_is_mapped(&gm, IPA(IPA0), false));
	assert_true(guest_mem_is_mapped(&gm, IPA(IPA0 + 2 * PAGE_SIZE), true));
	assert_int_equal(guest_relinquish_host(&gm, IPA(IPA0)), GZ_OK);		/* not there: nothing to do */
	assert_int_equal(gm.donated_pages, 510);
	assert_int_equal(gm.shared_pages, 0);
	assert_int_equal(gm.slots[0].populated, 510);
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 1), GZ_OK);			/* and it faults back */
}

static void destroy__private__no_page_seen_before_it_is_zero(void **state)
{
	u32 slices = 0;
	enum gz_err err;

	(void)state;
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 512), GZ_OK);
	assert_int_equal(give(&gm, SWIOTLB, BLOCK_PA + BLOCK_SIZE, 1), GZ_OK);
	start(&gm);
	assert_int_equal(guest_share_host(&gm, IPA(IPA0 + 300 * PAGE_SIZE)), GZ_OK);
	bbm_stop(&gm.s2);
	do {
		err = guest_mem_destroy_slice(&gm, 512);
		for (u64 i = 0; i < 512; i++)
			assert_true(!host_sees(BLOCK_PA + i * PAGE_SIZE) || i == 300 || is_zero(BLOCK_PA + i * PAGE_SIZE));
		slices++;
	} while (err == GZ_EAGAIN);
	/* At most 64 pages are scrubbed at a time. */
	assert_in_range(slices, 8, 14);
	for (u64 i = 0; i < 512; i++)
		assert_true(host_sees(BLOCK_PA + i * PAGE_SIZE) && is_zero(BLOCK_PA + i * PAGE_SIZE));
	assert_false(is_zero(BLOCK_PA + BLOCK_SIZE));
	assert_int_equal(gm.donated_pages + gm.shared_pages, 0);
}

/* Asked for, never run: its pages were the host's all the time. */
static void destroy__never_started__nothing_scrubbed(void **state)
{
	(void)state;
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 20), GZ_OK);
	assert_int_equal(guest_mem_protect(&gm), GZ_OK);
	fixture_destroy(&gm, 512);
	assert_false(is_zero(BLOCK_PA));
}

/* A killed VM in the middle of its seal. */
static void destroy__half_sealed__all_back(void **state)
{
	(void)state;
	for (u64 i = 0; i < 3; i++)
		assert_int_equal(give(&gm, IPA0 + i * BLOCK_SIZE, BLOCK_PA + i * BLOCK_SIZE, 512), GZ_OK);
	assert_int_equal(guest_mem_protect(&gm), GZ_OK);
	while (own_count(OWN_GUEST) < 512)
		assert_int_equal(guest_mem_start_slice(&gm, 40), GZ_EAGAIN);
	assert_int_equal(guest_mem_start_slice(&gm, 1), GZ_EAGAIN);
	fixture_destroy(&gm, 7);
	assert_true(is_zero(BLOCK_PA));
	assert_false(is_zero(BLOCK_PA + 2 * BLOCK_SIZE));
	assert_int_equal(guest_mem_start_slice(&gm, 1), GZ_ESTATE);
	assert_int_equal(guest_share_host(&gm, IPA(IPA0)), GZ_ESTATE);
	assert_int_equal(guest_mem_protect(&gm), GZ_ESTATE);
}

/* The pool is empty: a dying VM's pages come back all the same. */
static void destroy__no_pool_page_left__all_back(void **state)
{
	pa_t held[256];
	u32 n = 0;

	(void)state;
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 512), GZ_OK);
	start(&gm);
	while (page_pool_alloc(NULL, &held[n]) == GZ_OK)
		n++;
	scrubbed = 0;
	bbm_stop(&gm.s2);
	assert_int_equal(guest_mem_destroy_slice(&gm, 512), GZ_EAGAIN);
	assert_in_range(scrubbed, 30, 64);
	while (guest_mem_destroy_slice(&gm, 512) == GZ_EAGAIN)
		;
	assert_int_equal(scrubbed, 512);
	while (n)
		page_pool_free(NULL, held[--n]);
}

/* Tables a host made and emptied again: no slice may be long because of them. */
static void destroy__many_empty_tables__slices_stay_short(void **state)
{
	u64 before;
	u32 slices = 0;

	(void)state;
	fixture_destroy(&other, 512);
	fixture_guest(&other, 2, 0);
	fixture_slot(&other, 0, IPA0, 512 * 120);
	for (u64 i = 0; i < 120; i++) {
		assert_int_equal(give(&other, IPA0 + i * BLOCK_SIZE, BLOCK_PA, 1), GZ_OK);
		assert_int_equal(host_unshare_guest(&other, IPA(IPA0 + i * BLOCK_SIZE), 1), GZ_OK);
	}
	bbm_stop(&other.s2);
	while (other.teardown_ipa < BIT(40)) {
		before = other.teardown_ipa;
		slices += guest_mem_destroy_slice(&other, 16) == GZ_EAGAIN;
		/* 16 pages' worth: four tables or a few hundred holes. */
		assert_true(other.teardown_ipa < IPA0 || other.teardown_ipa >= IPA0 + 120 * BLOCK_SIZE ||
			    other.teardown_ipa - MAX(before, IPA0) <= 5 * BLOCK_SIZE);
	}
	assert_in_range(slices, 30, 60);
	while (guest_mem_destroy_slice(&other, 512) == GZ_EAGAIN)
		;
	fixture_guest(&other, 2, 64);
}

/* The host uses up EL2's memory between a guest's SHARE and its UNSHARE: the page must come back all the same. */
static void unshare__pool_used_up_meanwhile__page_is_private_again(void **state)
{
	pa_t held[256];
	u32 n = 0;
	enum gz_err err;

	(void)state;
	start(&gm);
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 1), GZ_OK);
	assert_int_equal(give(&other, IPA0, BLOCK_PA + PAGE_SIZE, 1), GZ_OK);
	assert_int_equal(guest_share_host(&gm, IPA(IPA0)), GZ_OK);
	while (page_pool_alloc(NULL, &held[n]) == GZ_OK)
		n++;
	err = guest_unshare_host(&gm, IPA(IPA0));
	while (n)
		page_pool_free(NULL, held[--n]);
	assert_int_equal(err, GZ_OK);
	assert_false(host_sees(BLOCK_PA));
}

/* A page of another VM in the same block goes back to the host: the shared page's table stays. */
static void unshare__neighbour_given_back_and_pool_used_up__page_is_private_again(void **state)
{
	pa_t held[256];
	u32 n = 0;
	enum gz_err err;

	(void)state;
	start(&gm);
	start(&other);
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 1), GZ_OK);
	assert_int_equal(give(&other, IPA0, BLOCK_PA + PAGE_SIZE, 1), GZ_OK);
	assert_int_equal(guest_share_host(&gm, IPA(IPA0)), GZ_OK);
	assert_int_equal(guest_relinquish_host(&other, IPA(IPA0)), GZ_OK);
	while (page_pool_alloc(NULL, &held[n]) == GZ_OK)
		n++;
	err = guest_unshare_host(&gm, IPA(IPA0));
	while (n)
		page_pool_free(NULL, held[--n]);
	assert_int_equal(err, GZ_OK);
}

/* A guest that shares and takes back in a loop must not break and make the host's blocks of 2 MiB and 1 GiB. */
static void share__in_a_loop__host_blocks_are_left_alone(void **state)
{
	u64 stores;

	(void)state;
	start(&gm);
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 1), GZ_OK);
	shim_events_clear();
	for (u32 i = 0; i < 10; i++) {
		assert_int_equal(guest_share_host(&gm, IPA(IPA0)), GZ_OK);
		assert_int_equal(guest_unshare_host(&gm, IPA(IPA0)), GZ_OK);
	}
	stores = shim_events_of(EV_PTE_PRIVATE);
	assert_int_equal(stores, 0);		/* no table is filled anew */
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(host__takes_nothing_back__estate), T(share__and_back__host_sees_it_meanwhile),
		T(share__last_private_page_of_block__merged_when_given_back),
		T(relinquish__private_page__scrubbed_then_the_hosts),
		T(destroy__private__no_page_seen_before_it_is_zero), T(destroy__never_started__nothing_scrubbed),
		T(destroy__half_sealed__all_back), T(destroy__no_pool_page_left__all_back),
		T(destroy__many_empty_tables__slices_stay_short),
		T(unshare__pool_used_up_meanwhile__page_is_private_again),
		T(unshare__neighbour_given_back_and_pool_used_up__page_is_private_again),
		T(share__in_a_loop__host_blocks_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
