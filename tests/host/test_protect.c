/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/mem/own.c hyp/mem/own_check.c hyp/mem/host_s2.c hyp/mem/pin.c hyp/mem/guest_s2.c hyp/mem/guest_slots.c hyp/mem/share.c hyp/mem/protect.c hyp/mem/guest_clean.c tests/host/mem_fixture.c */
/*
 * Job: protected VMs: seal, donation, sharing, relinquish, scrubbed teardown; the host's table follows, and merges again.
 * Never: the record table itself (test_own.c).
 * Used by: make -C tests/host run.
 */
#include <string.h>

#include "mem_fixture.h"

#include "mem/host_s2.h"
#include "mem/pin.h"
#include "mm/hyp_map.h"
#include "mm/layout.h"

#define RAM_MB	64
#define IPA0	UINT64_C(0x80000000)
#define BLOCK_PA UINT64_C(0x41200000)
#define SWIOTLB	(IPA0 + 4 * BLOCK_SIZE)

static struct guest_mem gm, other;
static u64 pool_before;

static int setup_pool(u32 pool_pages)
{
	bool populate;

	fixture_machine(RAM_MB * MB, pool_pages);
	pool_before = page_pool_free_pages();
	fixture_guest(&gm, 1, 64);
	fixture_guest(&other, 2, 64);
	fixture_slot(&gm, 0, IPA0, 2048);
	assert_int_equal(guest_mem_purpose(&gm, IPA(SWIOTLB), BLOCK_SIZE, GZ_MEM_STATIC_SWIOTLB), GZ_OK);
	assert_int_equal(guest_mem_register(&gm, 1, IPA(SWIOTLB), 512, &populate), GZ_OK);
	fixture_slot(&other, 0, IPA0, 2048);
	/* What the host left everywhere: scrubbing shows. */
	memset(pa_to_ptr(PA(HOST_BASE)), 0x5a, RAM_BASE + RAM_MB * MB - HOST_BASE);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	return setup_pool(256);
}

static int setup_small(void **state)
{
	(void)state;
	return setup_pool(30);
}

/* Whatever a test did: everything comes back, and the host's table is what it was. */
static int teardown(void **state)
{
	(void)state;
	if (!gm.dying || gm.s2.root_pages)
		fixture_destroy(&gm, 512);
	fixture_destroy(&other, 512);
	assert_int_equal(own_count(OWN_HOST), (RAM_BASE + RAM_MB * MB - HOST_BASE) / PAGE_SIZE);
	assert_int_equal(page_pool_free_pages(), pool_before);
	assert_bbm_good();
	return 0;
}

static u32 scrubbed;

/* EL2's window: a page that is written through it is being scrubbed, and nobody else may reach it meanwhile. */
void *fixmap_map(u32 slot, pa_t page, u32 attr)
{
	(void)slot;
	if (attr & PG_W) {
		scrubbed++;
		assert_true(own_state_of(page) == OWN_GUEST_SHARED_HOST || !host_s2_allows(IPA(page.v), false, false));
	}
	return pa_to_ptr(page);
}

static enum gz_err give(struct guest_mem *to, u64 ipa, u64 pa, u64 pages)
{
	return share_with(to, IPA(ipa), (struct pa_range){ PA(pa), pages * PAGE_SIZE });
}

static bool host_sees(u64 pa)
{
	return host_s2_allows(IPA(pa), true, false);
}

static void start(struct guest_mem *vm)
{
	enum gz_err err = guest_mem_protect(vm);

	assert_int_equal(err, GZ_OK);
	while ((err = guest_mem_start_slice(vm, 512)) == GZ_EAGAIN)
		;
	assert_int_equal(err, GZ_OK);
}

static bool is_zero(u64 pa)
{
	const u8 *p = pa_to_ptr(PA(pa));

	return p[0] == 0 && memcmp(p, p + 1, PAGE_SIZE - 1) == 0;
}

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
		T(seal__all_but_swiotlb__leaves_the_host), T(seal__no_table_for_the_host__enomem_then_goes_on),
		T(protect__after_start__estate), T(donate__on_demand__host_loses_it),
		T(donate__again_with_one_page_shared__ok), T(donate__not_the_hosts__eperm),
		T(donate__quota_used_up__host_keeps_them), T(host__takes_nothing_back__estate),
		T(share__and_back__host_sees_it_meanwhile), T(share__last_private_page_of_block__merged_when_given_back),
		T(relinquish__private_page__scrubbed_then_the_hosts), T(destroy__private__no_page_seen_before_it_is_zero),
		T(destroy__never_started__nothing_scrubbed), T(destroy__half_sealed__all_back), T(destroy__no_pool_page_left__all_back),
		T(destroy__many_empty_tables__slices_stay_short),
		T(unshare__pool_used_up_meanwhile__page_is_private_again),
		T(unshare__neighbour_given_back_and_pool_used_up__page_is_private_again),
		T(share__in_a_loop__host_blocks_are_left_alone),
		T(donate__tables_for_one_block_only__nothing_changed),
		cmocka_unit_test_setup_teardown(donate__scattered_in_a_small_pool__another_vm_still_maps, setup_small, teardown),
		T(seal__scattered_pages__few_tlb_invalidations), T(seal__stops_half_way__tlbs_flushed),
		T(seal__no_stale_instructions__icache_invalidated_after_the_host_lost_the_page),
		T(donate__icache_invalidated_before_the_guest_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
