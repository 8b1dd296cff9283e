/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/mem/own.c hyp/mem/audit.c hyp/mem/own_check.c hyp/mem/host_s2.c hyp/mem/pin.c hyp/mem/guest_s2.c hyp/mem/guest_slots.c hyp/mem/share.c hyp/mem/firmware.c hyp/mem/protect.c hyp/mem/guest_clean.c tests/host/mem_fixture.c tests/host/protect_fixture.c */
/*
 * Job: memory that becomes a protected VM's own: seal and donation; the host's table follows.
 * Never: the record table itself (test_own.c), nor the way back (test_protect_back.c).
 * Used by: make -C tests/host run.
 */
#include <string.h>

#include "protect_fixture.h"

#include "mem/host_s2.h"
#include "mem/pin.h"
#include "mm/layout.h"

static void seal__all_but_swiotlb__leaves_the_host(void **state)
{
	u32 slices = 1;
	enum gz_err err;

	(void)state;
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 512), GZ_OK);
	assert_int_equal(give(&gm, IPA0 + BLOCK_SIZE, BLOCK_PA + BLOCK_SIZE + 3 * PAGE_SIZE, 5), GZ_OK);
	assert_int_equal(give(&gm, SWIOTLB, BLOCK_PA + 4 * BLOCK_SIZE, 512), GZ_OK);
	assert_int_equal(guest_mem_protect(&gm), GZ_OK);
	assert_true(host_sees(BLOCK_PA));
	assert_false(guest_mem_private(&gm));
	while ((err = guest_mem_start_slice(&gm, 100)) == GZ_EAGAIN)
		slices++;
	assert_int_equal(err, GZ_OK);
	assert_in_range(slices, 3, 20);
	for (u64 i = 0; i < 512; i++) {
		assert_false(host_sees(BLOCK_PA + i * PAGE_SIZE));
		assert_int_equal(own_state_of(PA(BLOCK_PA + i * PAGE_SIZE)), OWN_GUEST);
		assert_true(host_sees(BLOCK_PA + 4 * BLOCK_SIZE + i * PAGE_SIZE));
	}
	assert_true(host_sees(BLOCK_PA - PAGE_SIZE));
	assert_true(host_sees(BLOCK_PA + BLOCK_SIZE + 2 * PAGE_SIZE));
	assert_false(host_sees(BLOCK_PA + BLOCK_SIZE + 7 * PAGE_SIZE));
	assert_true(host_sees(BLOCK_PA + BLOCK_SIZE + 8 * PAGE_SIZE));
	assert_int_equal(gm.donated_pages, 517);
	assert_int_equal(gm.shared_pages, 512);
	/* What the host wrote before the seal is what the guest starts from. */
	assert_int_equal(*(u8 *)pa_to_ptr(PA(BLOCK_PA)), 0x5a);
	assert_true(guest_mem_private(&gm));
}

static void seal__no_table_for_the_host__enomem_then_goes_on(void **state)
{
	pa_t held[256];
	u32 n = 0;

	(void)state;
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 512), GZ_OK);
	assert_int_equal(guest_mem_protect(&gm), GZ_OK);
	while (page_pool_alloc(NULL, &held[n]) == GZ_OK)
		n++;
	assert_int_equal(guest_mem_start_slice(&gm, 512), GZ_ENOMEM);
	assert_true(host_sees(BLOCK_PA));
	assert_int_equal(own_count(OWN_GUEST), 0);
	while (n)
		page_pool_free(NULL, held[--n]);
	assert_int_equal(guest_mem_start_slice(&gm, 512), GZ_EAGAIN);
	while (guest_mem_start_slice(&gm, 512) == GZ_EAGAIN)
		;
	assert_int_equal(own_count(OWN_GUEST), 512);
}

static void protect__after_start__estate(void **state)
{
	(void)state;
	assert_int_equal(guest_mem_start_slice(&gm, 512), GZ_OK);
	assert_int_equal(guest_mem_protect(&gm), GZ_ESTATE);
	assert_false(guest_mem_private(&gm));
	/* An unprotected VM goes on as ever. */
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 1), GZ_OK);
	assert_true(host_sees(BLOCK_PA));
	assert_int_equal(guest_share_host(&gm, IPA(IPA0)), GZ_EPERM);
	assert_int_equal(host_unshare_guest(&gm, IPA(IPA0), 1), GZ_OK);
}

static void donate__on_demand__host_loses_it(void **state)
{
	(void)state;
	start(&gm);
	assert_int_equal(give(&gm, IPA0 + 7 * PAGE_SIZE, BLOCK_PA + 7 * PAGE_SIZE, 1), GZ_OK);
	assert_false(host_sees(BLOCK_PA + 7 * PAGE_SIZE));
	assert_true(host_sees(BLOCK_PA + 6 * PAGE_SIZE) && host_sees(BLOCK_PA + 8 * PAGE_SIZE));
	/* The block around it, then all of it again: as two vCPUs that fault do. */
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 512), GZ_OK);
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 512), GZ_OK);
	assert_int_equal(pgtable_walk(&gm.s2, IPA0).size, BLOCK_SIZE);
	assert_int_equal(gm.donated_pages, 512);
	assert_int_equal(gm.shared_pages, 0);
	/* Swiotlb stays the host's too. */
	assert_int_equal(give(&gm, SWIOTLB, BLOCK_PA + BLOCK_SIZE, 2), GZ_OK);
	assert_true(host_sees(BLOCK_PA + BLOCK_SIZE));
	assert_int_equal(gm.shared_pages, 2);
}

static void donate__again_with_one_page_shared__ok(void **state)
{
	(void)state;
	start(&gm);
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 300), GZ_OK);
	assert_int_equal(guest_share_host(&gm, IPA(IPA0 + 5 * PAGE_SIZE)), GZ_OK);
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 512), GZ_OK);
	assert_true(host_sees(BLOCK_PA + 5 * PAGE_SIZE));
	assert_false(host_sees(BLOCK_PA + 4 * PAGE_SIZE) || host_sees(BLOCK_PA + 511 * PAGE_SIZE));
	assert_int_equal(gm.donated_pages, 511);
	assert_int_equal(gm.shared_pages, 1);
}

static void donate__not_the_hosts__eperm(void **state)
{
	(void)state;
	start(&gm);
	start(&other);
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 4), GZ_OK);
	assert_int_equal(give(&other, IPA0, BLOCK_PA, 1), GZ_EPERM);
	assert_int_equal(give(&other, IPA0, BLOCK_PA - PAGE_SIZE, 2), GZ_EPERM);
	assert_int_equal(give(&gm, IPA0 + BLOCK_SIZE, BLOCK_PA, 1), GZ_EEXIST);
	assert_int_equal(give(&gm, IPA0 + BLOCK_SIZE, POOL_BASE, 1), GZ_EPERM);
	assert_true(host_sees(BLOCK_PA - PAGE_SIZE));
	assert_int_equal(host_share_hyp(PA(BLOCK_PA)), GZ_EPERM);
	assert_int_equal(guest_share_host(&gm, IPA(IPA0)), GZ_OK);
	assert_int_equal(host_share_hyp(PA(BLOCK_PA)), GZ_EPERM);
	assert_int_equal(give(&other, IPA0, BLOCK_PA, 1), GZ_EPERM);
	assert_int_equal(host_share_hyp(PA(BLOCK_PA + 8 * PAGE_SIZE)), GZ_OK);
	assert_int_equal(give(&gm, IPA0 + BLOCK_SIZE, BLOCK_PA + 8 * PAGE_SIZE, 1), GZ_EPERM);
	host_unshare_hyp(PA(BLOCK_PA + 8 * PAGE_SIZE));
}

static void donate__quota_used_up__host_keeps_them(void **state)
{
	(void)state;
	start(&gm);
	gm.quota.limit = gm.quota.used;
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 3), GZ_ENOMEM);
	assert_true(host_sees(BLOCK_PA) && host_sees(BLOCK_PA + 2 * PAGE_SIZE));
	assert_int_equal(own_count(OWN_GUEST) + gm.donated_pages, 0);
	gm.quota.limit = 64;
}

/* A donation over two of the host's blocks with tables for the first only: nothing of it may stay. */
static void donate__tables_for_one_block_only__nothing_changed(void **state)
{
	pa_t held[256];
	u32 n = 0;
	u64 left;

	(void)state;
	start(&gm);
	assert_int_equal(give(&gm, IPA0, BLOCK_PA + 8 * BLOCK_SIZE, 1), GZ_OK);	/* splits the host's 1 GiB and makes the guest's tables */
	while (page_pool_free_pages() > 1)
		assert_int_equal(page_pool_alloc(NULL, &held[n++]), GZ_OK);
	left = page_pool_free_pages();
	assert_int_equal(give(&gm, IPA0 + 511 * PAGE_SIZE, BLOCK_PA + 511 * PAGE_SIZE, 2), GZ_ENOMEM);
	assert_int_equal(page_pool_free_pages(), left);
	while (n)
		page_pool_free(NULL, held[--n]);
}

/* What the host ran at these addresses must not be in an instruction cache when the guest first fetches (no CTR_EL0.DIC). */
static void seal__no_stale_instructions__icache_invalidated_after_the_host_lost_the_page(void **state)
{
	s32 unmap = -1, ic = -1;

	(void)state;
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 8), GZ_OK);
	shim_events_clear();
	start(&gm);
	for (u32 i = 0; i < shim_event_count(); i++) {
		if (shim_event_at(i)->ev == EV_PTE_LIVE && shim_event_at(i)->value == 0)
			unmap = (s32)i;
		if (shim_event_at(i)->ev == EV_IC_IALLUIS)
			ic = (s32)i;
	}
	assert_true(unmap >= 0);
	assert_true(ic > unmap);
}

/* Another vCPU may fetch from the page as soon as it is mapped: by then the instruction caches are clean. */
static void donate__icache_invalidated_before_the_guest_has_it(void **state)
{
	s32 map = -1, ic = -1;

	(void)state;
	start(&gm);
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 1), GZ_OK);
	shim_events_clear();
	assert_int_equal(give(&gm, IPA0 + PAGE_SIZE, BLOCK_PA + PAGE_SIZE, 1), GZ_OK);
	for (u32 i = 0; i < shim_event_count(); i++) {
		if (shim_event_at(i)->ev == EV_PTE_LIVE && (shim_event_at(i)->value & 1))
			map = (s32)i;
		if (shim_event_at(i)->ev == EV_IC_IALLUIS)
			ic = (s32)i;
	}
	assert_true(map >= 0 && ic >= 0);
	assert_true(ic < map);
}

/* A page of each block: the host's table may not take what other VMs need. */
static void donate__scattered_in_a_small_pool__another_vm_still_maps(void **state)
{
	enum gz_err err = GZ_OK;
	u64 n = 0;

	(void)state;
	start(&gm);
	for (; !err && n < 21; n++)
		err = give(&gm, IPA0 + n * PAGE_SIZE, BLOCK_PA + n * BLOCK_SIZE, 1);
	assert_int_equal(err, GZ_ENOMEM);
	assert_in_range(n, 10, 20);
	assert_int_equal(give(&other, IPA0, BLOCK_PA + 21 * BLOCK_SIZE, 1), GZ_OK);
	assert_int_equal(give(&other, IPA0 + BLOCK_SIZE, BLOCK_PA + 22 * BLOCK_SIZE, 1), GZ_OK);
	/* What comes back makes room again. */
	assert_int_equal(guest_relinquish_host(&gm, IPA(IPA0)), GZ_OK);
	assert_int_equal(give(&gm, IPA0 + n * PAGE_SIZE, BLOCK_PA + n * BLOCK_SIZE, 1), GZ_OK);
}

static u64 broadcast_tlbis(void)
{
	return shim_events_of(EV_TLBI_IPAS2E1IS) + shim_events_of(EV_TLBI_VMALLE1IS) + shim_events_of(EV_TLBI_VMALLS12E1IS);
}

/* One per slice, and two for a block of the host's that is broken up. */
static void seal__scattered_pages__few_tlb_invalidations(void **state)
{
	(void)state;
	for (u64 i = 0; i < 256; i++)
		assert_int_equal(give(&gm, IPA0 + i * PAGE_SIZE, BLOCK_PA + 2 * i * PAGE_SIZE, 1), GZ_OK);
	shim_events_clear();
	start(&gm);
	assert_in_range(broadcast_tlbis(), 1, 3);
}

/* EL2 has memory for one table more: the slice stops half way, and what it took is out of the TLBs all the same. */
static void seal__stops_half_way__tlbs_flushed(void **state)
{
	struct pool_list rest;

	(void)state;
	assert_int_equal(give(&gm, IPA0, BLOCK_PA + PAGE_SIZE, 1), GZ_OK);
	assert_int_equal(give(&gm, IPA0 + PAGE_SIZE, BLOCK_PA + BLOCK_SIZE + PAGE_SIZE, 1), GZ_OK);
	assert_int_equal(page_pool_take(NULL, (u32)page_pool_free_pages() - 1, &rest), GZ_OK);
	assert_int_equal(guest_mem_protect(&gm), GZ_OK);
	shim_events_clear();
	assert_int_equal(guest_mem_start_slice(&gm, 512), GZ_ENOMEM);
	assert_false(host_sees(BLOCK_PA + PAGE_SIZE));
	assert_true(host_sees(BLOCK_PA + BLOCK_SIZE + PAGE_SIZE));
	assert_int_equal(shim_events_of(EV_TLBI_VMALLS12E1IS), 1);
	page_pool_give_back(NULL, &rest);
}

/* A line the host left behind must not hide what it stored to memory without caches: gone after the host lost the page, FWB or not. */
static void donate__with_fwb__cleaned_between_host_and_guest(void **state)
{
	u32 flushed = 0, first = 0, lines = 0;

	(void)state;
	start(&gm);
	shim_events_clear();
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 3), GZ_OK);
	for (u32 i = 0; i < shim_event_count(); i++) {
		enum shim_ev ev = shim_event_at(i)->ev;

		if (ev == EV_TLBI_IPAS2E1IS || ev == EV_TLBI_VMALLS12E1IS)
			flushed = i;
		first = ev == EV_DC_CIVAC && !lines ? i : first;
		lines += ev == EV_DC_CIVAC;
	}
	assert_int_equal(lines, 3 * PAGE_SIZE / 64);
	assert_in_range(flushed, 1, first);
	shim_events_clear();
	assert_int_equal(give(&gm, SWIOTLB, BLOCK_PA + BLOCK_SIZE, 3), GZ_OK);
	assert_int_equal(shim_events_of(EV_DC_CIVAC), 0);
}

static void seal__with_fwb__all_cleaned_afterwards(void **state)
{
	u64 cursor = 0;

	(void)state;
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 512), GZ_OK);
	assert_int_equal(give(&gm, IPA0 + BLOCK_SIZE, BLOCK_PA + 2 * BLOCK_SIZE, 5), GZ_OK);
	start(&gm);
	shim_events_clear();
	while (guest_mem_clean_slice(&gm, &cursor, 64) == GZ_EAGAIN)
		;
	assert_int_equal(shim_events_of(EV_DC_CIVAC), 517 * PAGE_SIZE / 64);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(seal__all_but_swiotlb__leaves_the_host), T(seal__no_table_for_the_host__enomem_then_goes_on),
		T(protect__after_start__estate), T(donate__on_demand__host_loses_it),
		T(donate__again_with_one_page_shared__ok), T(donate__not_the_hosts__eperm),
		T(donate__quota_used_up__host_keeps_them), T(donate__tables_for_one_block_only__nothing_changed),
		T(seal__no_stale_instructions__icache_invalidated_after_the_host_lost_the_page),
		T(donate__icache_invalidated_before_the_guest_has_it),
		cmocka_unit_test_setup_teardown(donate__scattered_in_a_small_pool__another_vm_still_maps, setup_small, teardown),
		T(seal__scattered_pages__few_tlb_invalidations), T(seal__stops_half_way__tlbs_flushed),
		T(donate__with_fwb__cleaned_between_host_and_guest), T(seal__with_fwb__all_cleaned_afterwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
