/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/mm/hyp_map.c hyp/mem/own.c hyp/mem/audit.c hyp/mem/own_check.c hyp/mem/host_s2.c hyp/mem/guest_s2.c hyp/mem/guest_slots.c hyp/mem/share.c hyp/mem/firmware.c hyp/mem/protect.c hyp/mem/guest_clean.c tests/host/mem_fixture.c */
/*
 * Job: blocks the host adds to EL2's pool: who sees them when, what is refused, each table page that may be missing.
 * Never: EL2's real addresses: lend.c is compiled in, its window is the test's memory.
 * Used by: make -C tests/host run.
 */
#include <stdlib.h>
#include <string.h>

#include "mem_fixture.h"

#include "mem/host_s2.h"
#include "mm/hyp_map.h"
#include "mm/hyp_map_int.h"
#include "mm/layout.h"
#include "mm/page_pool.h"

#undef HYP_VA_LINEAR_LOW
#undef HYP_VA_STACKS
static u64 window_low, window_end;
#define HYP_VA_LINEAR_LOW window_low
#define HYP_VA_STACKS window_end
#include "mem/lend.c"

/* Stands for hyp.lds. */
__asm__(".data\n.balign 4096\n.globl __image_start, __text_start, __text_end, __rodata_start, __rodata_end, __image_end\n"
	"__image_start: __text_start: __text_end: __rodata_start: __rodata_end: __image_end:\n.text\n");

/* There is no MMU: a window is the memory itself (standins.c). */
enum gz_err fixmap_init(void)
{
	return GZ_OK;
}

#define POOL	64u
#define BLOCK	UINT64_C(0x41400000)
#define BLOCKS	40u			/* that the host has from BLOCK on */
#define PEER	1
#define HELD_MAX 4096u

static void machine(u32 pool_pages)
{
	fixture_machine(128 * MB, pool_pages);
	hyp_lock = (struct spinlock)SPINLOCK_INIT;
	assert_int_equal(pgtable_init(&hyp_table, PG_HYP, HYP_VA_BITS, 0, NULL), GZ_OK);
	assert_int_equal(hyp_map_reserve(&(struct pa_range){ PA(RAM_BASE), 128 * MB }, 1), GZ_OK);
	hyp_table.live = true;
	bbm_live(&hyp_table);
	window_low = 0;
	window_end = UINT64_MAX;
}

static int setup(void **state)
{
	(void)state;
	machine(POOL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_bbm_good();
	return 0;
}

/* As the dispatcher does it. */
static enum gz_err take(pa_t *block)
{
	enum gz_err err;

	do
		err = hyp_give_host(block);
	while (err == GZ_EAGAIN);
	return err;
}

static bool el2_maps(u64 pa)
{
	return pgtable_walk(&hyp_table, (u64)(uintptr_t)pa_to_ptr(PA(pa))).valid;
}

static bool host_maps(u64 pa)
{
	return host_s2_allows(IPA(pa), true, true);
}

/* What must be so before and after, whoever has the block. */
static void assert_whose(u64 block, bool hyp)
{
	for (u64 at = block; at < block + BLOCK_SIZE; at += PAGE_SIZE) {
		assert_int_equal(own_state_of(PA(at)), hyp ? OWN_HYP : OWN_HOST);
		assert_int_equal(el2_maps(at), hyp);
		assert_int_equal(host_maps(at), !hyp);
	}
}

static void lend__block__el2_has_it_then_the_host_again(void **state)
{
	u64 total = page_pool_total(), free_pages;
	pa_t back;

	(void)state;
	/* The window is not EL2's here, so hyp_map_reserve() has made no table for it: this does, and they stay. */
	assert_int_equal(host_give_hyp(PA(BLOCK)), GZ_OK);
	assert_int_equal(take(&back), GZ_OK);
	free_pages = page_pool_free_pages();
	assert_whose(BLOCK, false);
	assert_int_equal(host_give_hyp(PA(BLOCK)), GZ_OK);
	assert_whose(BLOCK, true);
	assert_true(host_maps(BLOCK - 8) && host_maps(BLOCK + BLOCK_SIZE));
	assert_int_equal(page_pool_total(), total + PAGES_PER_BLOCK - 1);
	memset(pa_to_ptr(PA(BLOCK + PAGE_SIZE)), 0x5a, PAGE_SIZE);
	assert_int_equal(take(&back), GZ_OK);
	assert_int_equal(back.v, BLOCK);
	assert_whose(BLOCK, false);
	assert_int_equal(page_pool_total(), total);
	assert_int_equal(page_pool_free_pages(), free_pages);
	assert_int_equal(take(&back), GZ_ENOENT);
}

static void lend__given_back__all_zero(void **state)
{
	const u8 *p = pa_to_ptr(PA(BLOCK));
	pa_t back;

	(void)state;
	memset(pa_to_ptr(PA(BLOCK)), 0xa5, BLOCK_SIZE);
	assert_int_equal(host_give_hyp(PA(BLOCK)), GZ_OK);
	memset(pa_to_ptr(PA(BLOCK + 7 * PAGE_SIZE)), 0x5a, PAGE_SIZE);
	shim_events_clear();
	assert_int_equal(take(&back), GZ_OK);
	for (u64 i = 0; i < BLOCK_SIZE; i++)
		assert_int_equal(p[i], 0);
	/* In memory too: stage 2 lets the host look past the caches. */
	assert_int_equal(shim_events_of(EV_DC_CIVAC), BLOCK_SIZE / 64);
}

/* It comes back in slices, and until the last one it is neither the pool's nor the host's. */
static void lend__given_back__in_slices_nobodys_meanwhile(void **state)
{
	u64 total = page_pool_total();
	pa_t back, page;
	u32 calls = 1;

	(void)state;
	assert_int_equal(host_give_hyp(PA(BLOCK)), GZ_OK);
	while (hyp_give_host(&back) == GZ_EAGAIN) {
		calls++;
		assert_false(host_maps(BLOCK));
		assert_int_equal(own_state_of(PA(BLOCK)), OWN_HYP);
		assert_int_equal(page_pool_total(), total);
		assert_int_equal(host_give_hyp(PA(BLOCK)), GZ_EPERM);
		assert_int_equal(page_pool_alloc(NULL, &page), GZ_OK);
		assert_true(page.v < BLOCK);
		page_pool_free(NULL, page);
	}
	assert_in_range(calls, 8, 64);
	assert_whose(BLOCK, false);
}

static void lend__page_in_use__stays(void **state)
{
	pa_t page[POOL + 1], back;
	u32 n = 0;

	(void)state;
	assert_int_equal(host_give_hyp(PA(BLOCK)), GZ_OK);
	do
		assert_int_equal(page_pool_alloc(NULL, &page[n]), GZ_OK);
	while (page[n++].v < BLOCK && n <= POOL);
	assert_in_range(page[n - 1].v, BLOCK + PAGE_SIZE, BLOCK + BLOCK_SIZE - 1);
	assert_int_equal(take(&back), GZ_ENOENT);
	assert_whose(BLOCK, true);
	while (n--)
		page_pool_free(NULL, page[n]);
	assert_int_equal(take(&back), GZ_OK);
	assert_int_equal(back.v, BLOCK);
}

static void lend__not_the_hosts_alone__refused(void **state)
{
	u64 total = page_pool_total();

	(void)state;
	assert_int_equal(host_give_hyp(PA(BLOCK + PAGE_SIZE)), GZ_EINVAL);
	assert_int_equal(host_give_hyp(PA(POOL_BASE)), GZ_EPERM);		/* EL2's */
	assert_int_equal(host_give_hyp(PA(0x9000000 & ~(BLOCK_SIZE - 1))), GZ_EPERM);	/* a device */
	assert_int_equal(host_give_hyp(PA(-BLOCK_SIZE)), GZ_EPERM);
	assert_int_equal(host_give_hyp(PA(RAM_BASE + 128 * MB)), GZ_EPERM);
	for (u64 k = 0; k < 3; k++) {
		static const enum own_state other[] = { OWN_NONE, OWN_HYP, OWN_DEVICE };

		own_boot_assign(range_of(BLOCK + (k ? 511 : 0) * PAGE_SIZE, PAGE_SIZE), other[k]);
		assert_int_equal(host_give_hyp(PA(BLOCK)), GZ_EPERM);
		own_boot_assign(range_of(BLOCK + (k ? 511 : 0) * PAGE_SIZE, PAGE_SIZE), OWN_HOST);
	}
	assert_int_equal(host_give_hyp(PA(BLOCK)), GZ_OK);
	assert_int_equal(host_give_hyp(PA(BLOCK)), GZ_EPERM);		/* twice */
	assert_int_equal(page_pool_total(), total + PAGES_PER_BLOCK - 1);
}

static void lend__guests_page_in_it__refused(void **state)
{
	struct guest_mem gm;

	(void)state;
	fixture_guest(&gm, 1, 32);
	fixture_slot(&gm, 0, 0x80000000, 16);
	assert_int_equal(share_with(&gm, IPA(0x80000000), range_of(BLOCK + 5 * PAGE_SIZE, PAGE_SIZE)), GZ_OK);
	assert_int_equal(host_give_hyp(PA(BLOCK)), GZ_EPERM);
	assert_true(host_maps(BLOCK));
	assert_int_equal(host_give_hyp(PA(BLOCK + BLOCK_SIZE)), GZ_OK);
	assert_int_equal(share_with(&gm, IPA(0x80001000), range_of(BLOCK + BLOCK_SIZE, PAGE_SIZE)), GZ_EPERM);
	fixture_destroy(&gm, 512);
}

static void lend__out_of_the_window__refused(void **state)
{
	u64 at = (u64)(uintptr_t)pa_to_ptr(PA(BLOCK));

	(void)state;
	window_low = at + 1;
	assert_int_equal(host_give_hyp(PA(BLOCK)), GZ_EPERM);
	window_low = 0;
	window_end = at;
	assert_int_equal(host_give_hyp(PA(BLOCK)), GZ_EPERM);
	assert_whose(BLOCK, false);
	window_end = at + BLOCK_SIZE;
	assert_int_equal(host_give_hyp(PA(BLOCK)), GZ_OK);
}

/* With each number of free pages it works, or it fails and nothing has changed: RAM here begins as a 1 GiB block of the host's. */
static void lend__short_of_tables__enomem_and_nothing_changed(void **state)
{
	u32 failed = 0;

	(void)state;
	for (u32 left = 0; left < 8; left++) {
		pa_t page, back;
		u64 total;

		machine(POOL);
		while (page_pool_free_pages() > left)
			assert_int_equal(page_pool_alloc(NULL, &page), GZ_OK);
		total = page_pool_total();
		if (host_give_hyp(PA(BLOCK)) == GZ_OK) {
			assert_whose(BLOCK, true);
			continue;
		}
		failed++;
		assert_whose(BLOCK, false);
		assert_int_equal(page_pool_total(), total);
		assert_int_equal(take(&back), GZ_ENOENT);
		assert_bbm_good();
	}
	assert_in_range(failed, 1, 7);
}

static void lend__as_many_as_there_may_be__ebusy(void **state)
{
	pa_t back;
	u32 n = 0;

	(void)state;
	machine(POOL);
	fixture_machine(256 * MB, POOL);
	assert_int_equal(pgtable_init(&hyp_table, PG_HYP, HYP_VA_BITS, 0, NULL), GZ_OK);
	hyp_table.live = true;
	bbm_live(&hyp_table);
	while (n < POOL_ADDED_MAX)
		assert_int_equal(host_give_hyp(PA(BLOCK + n++ * BLOCK_SIZE)), GZ_OK);
	assert_int_equal(host_give_hyp(PA(BLOCK + n * BLOCK_SIZE)), GZ_EBUSY);
	assert_whose(BLOCK + n * BLOCK_SIZE, false);
	while (n--)
		assert_int_equal(take(&back), GZ_OK);
	assert_int_equal(take(&back), GZ_ENOENT);
	assert_int_equal(own_count(OWN_HYP), (HOST_BASE - RAM_BASE) / PAGE_SIZE);
}

/* What the host's table may be grows and shrinks with the pool. */
static void lend__pool_grows__scattered_donations_fit(void **state)
{
	struct pa_range r;
	u32 before = 0, after = 0;
	pa_t back;

	(void)state;
	machine(24);
	spin_lock(&host_lock);
	for (r = range_of(BLOCK, PAGE_SIZE); host_s2_reserve(r) == GZ_OK; r.base.v += BLOCK_SIZE)
		before++;
	spin_unlock(&host_lock);
	machine(24);
	assert_int_equal(host_give_hyp(PA(BLOCK)), GZ_OK);
	spin_lock(&host_lock);
	for (r = range_of(BLOCK + BLOCK_SIZE, PAGE_SIZE); after < BLOCKS && host_s2_reserve(r) == GZ_OK; r.base.v += BLOCK_SIZE)
		after++;
	spin_unlock(&host_lock);
	assert_in_range(before, 1, 24);
	assert_int_equal(after, BLOCKS);
	assert_int_equal(take(&back), GZ_ENOENT);
}

/* Pages donated or given back, and blocks given or taken, in no order. */
static void random_page(u64 block, u64 *held, u32 *count)
{
	struct pa_range r = range_of(block + (u64)(random() % 512) * PAGE_SIZE, PAGE_SIZE);
	u32 i = *count ? (u32)random() % *count : 0;

	spin_lock(&host_lock);
	if (random() % 2 && *count) {
		r.base.v = held[i];
		held[i] = held[--*count];
		own_move(r, MOVE_GUEST_RECLAIM_HOST, PEER);
		host_s2_give(r);
	} else if (*count < HELD_MAX && own_check(r, MOVE_HOST_DONATE_GUEST, PEER, NULL) == GZ_OK &&
		   own_state_of(r.base) == OWN_HOST) {
		if (host_s2_reserve(r) == GZ_OK) {
			host_s2_take(r);
			own_move(r, MOVE_HOST_DONATE_GUEST, PEER);
			held[(*count)++] = r.base.v;
		} else {
			host_s2_give(r);
		}
	}
	spin_unlock(&host_lock);
}

static void lend__random__nothing_lost(void **state)
{
	static u64 held[HELD_MAX];
	u32 count = 0, lent = 0;
	u64 free_pages;
	pa_t back;

	(void)state;
	machine(40);
	for (u32 i = 0; i < BLOCKS; i++)
		assert_int_equal(host_give_hyp(PA(BLOCK + i * BLOCK_SIZE)), GZ_OK);
	while (take(&back) == GZ_OK)
		;
	free_pages = page_pool_free_pages();
	srandom(11);
	for (u32 n = 0; n < 1500; n++) {
		u64 block = BLOCK + (u64)(random() % BLOCKS) * BLOCK_SIZE;

		if (random() % 8 == 0)
			lent += host_give_hyp(PA(block)) == GZ_OK;
		else if (random() % 64 == 0)
			lent -= take(&back) == GZ_OK;
		else
			random_page(block, held, &count);
	}
	while (count) {
		struct pa_range r = range_of(held[--count], PAGE_SIZE);

		spin_lock(&host_lock);
		own_move(r, MOVE_GUEST_RECLAIM_HOST, PEER);
		host_s2_give(r);
		spin_unlock(&host_lock);
	}
	while (take(&back) == GZ_OK)
		lent--;
	assert_int_equal(lent, 0);
	assert_int_equal(page_pool_free_pages(), free_pages);
	for (u32 i = 0; i < BLOCKS; i++)
		assert_whose(BLOCK + i * BLOCK_SIZE, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lend__block__el2_has_it_then_the_host_again, setup, teardown),
		cmocka_unit_test_setup_teardown(lend__given_back__all_zero, setup, teardown),
		cmocka_unit_test_setup_teardown(lend__given_back__in_slices_nobodys_meanwhile, setup, teardown),
		cmocka_unit_test_setup_teardown(lend__page_in_use__stays, setup, teardown),
		cmocka_unit_test_setup_teardown(lend__not_the_hosts_alone__refused, setup, teardown),
		cmocka_unit_test_setup_teardown(lend__guests_page_in_it__refused, setup, teardown),
		cmocka_unit_test_setup_teardown(lend__out_of_the_window__refused, setup, teardown),
		cmocka_unit_test_setup_teardown(lend__short_of_tables__enomem_and_nothing_changed, setup, teardown),
		cmocka_unit_test_setup_teardown(lend__as_many_as_there_may_be__ebusy, setup, teardown),
		cmocka_unit_test_setup_teardown(lend__random__nothing_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(lend__pool_grows__scattered_donations_fit, setup, teardown),
	};

	return cmocka_run_group_tests_name("lend", tests, NULL, NULL);
}
