/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/mm/page_pool.c */
/*
 * Job: the page pool: zeroed, aligned, quota, exhaustion, all of it comes back.
 * Never: look inside its state bytes.
 * Used by: make -C tests/host run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mm/layout.h"
#include "mm/page_pool.h"
#include "shim.h"

#define BASE	UINT64_C(0x80003000)	/* on purpose not aligned to the largest order */
#define PAGES	600u

static int setup(void **state)
{
	struct pa_range r = { PA(BASE), PAGES * PAGE_SIZE };

	(void)state;
	shim_reset();
	shim_phys_init(PA(BASE & ~UINT64_C(0xffff)), 4 << 20);
	page_pool_init(r);
	return 0;
}

static void pool__fresh__all_but_states_free(void **state)
{
	(void)state;
	assert_int_equal(page_pool_total(), PAGES - 1);
	assert_int_equal(page_pool_free_pages(), PAGES - 1);
}

static void pool__exhausted__enomem_then_recovers(void **state)
{
	static pa_t page[PAGES];
	u32 n = 0;

	(void)state;
	while (page_pool_alloc(NULL, &page[n]) == GZ_OK) {
		assert_in_range(page[n].v, BASE + PAGE_SIZE, BASE + (PAGES - 1) * PAGE_SIZE);
		memset(pa_to_ptr(page[n]), 0xa5, PAGE_SIZE);
		n++;
	}
	assert_int_equal(n, PAGES - 1);
	assert_int_equal(page_pool_free_pages(), 0);
	for (u32 i = 0; i < n; i++)
		page_pool_free(NULL, page[i]);
	assert_int_equal(page_pool_free_pages(), PAGES - 1);
	/* Everything merged again: large pieces are there, and zero. */
	for (n = 0; page_pool_alloc_order(NULL, POOL_MAX_ORDER, &page[n]) == GZ_OK; n++) {
		const u8 *p = pa_to_ptr(page[n]);

		assert_int_equal(page[n].v % (PAGE_SIZE << POOL_MAX_ORDER), 0);
		for (u64 i = 0; i < PAGE_SIZE << POOL_MAX_ORDER; i += 511)
			assert_int_equal(p[i], 0);
	}
	assert_true(n >= PAGES / 16 - 2);
}

static void pool__quota__limits_and_counts(void **state)
{
	struct pool_quota q = { .limit = 3 };
	pa_t a, b, c;

	(void)state;
	assert_int_equal(page_pool_alloc_order(&q, 1, &a), GZ_OK);
	assert_int_equal(q.used, 2);
	assert_int_equal(page_pool_alloc_order(&q, 1, &b), GZ_ENOMEM);
	assert_int_equal(page_pool_alloc(&q, &b), GZ_OK);
	assert_int_equal(page_pool_alloc(&q, &c), GZ_ENOMEM);
	page_pool_free_order(&q, 1, a);
	assert_int_equal(q.used, 1);
	assert_int_equal(page_pool_alloc(&q, &c), GZ_OK);
}

static void pool__take__all_or_nothing(void **state)
{
	struct pool_quota q = { .limit = 10 };
	struct pool_list list;

	(void)state;
	assert_int_equal(page_pool_take(&q, 11, &list), GZ_ENOMEM);
	assert_int_equal(q.used, 0);
	assert_int_equal(page_pool_free_pages(), PAGES - 1);
	assert_int_equal(page_pool_take(&q, 10, &list), GZ_OK);
	assert_int_equal(list.count, 10);
	for (u32 i = 0; i < 4; i++) {
		pa_t page = pool_list_pop(&list);

		assert_int_equal(*(u64 *)pa_to_ptr(page), 0);
		page_pool_free(&q, page);
	}
	page_pool_give_back(&q, &list);
	assert_int_equal(q.used, 0);
	assert_int_equal(page_pool_free_pages(), PAGES - 1);
}

static void free_twice(void *arg)
{
	page_pool_free(NULL, *(pa_t *)arg);
}

static void pool__freed_twice_or_foreign__check(void **state)
{
	pa_t page, foreign = PA(BASE + PAGES * PAGE_SIZE), states = PA(BASE);

	(void)state;
	assert_int_equal(page_pool_alloc(NULL, &page), GZ_OK);
	page_pool_free(NULL, page);
	assert_true(shim_panics(free_twice, &page));
	setup(state);	/* the panic held the lock */
	assert_true(shim_panics(free_twice, &foreign));
	setup(state);
	assert_true(shim_panics(free_twice, &states));
}

static void pool__random_orders__no_overlap_no_loss(void **state)
{
	static struct { pa_t at; u32 order; bool used; } piece[64];
	u8 *owner = calloc(PAGES, 1);

	(void)state;
	srandom(7);
	for (u32 step = 0; step < 20000; step++) {
		u32 i = (u32)random() % 64;

		if (piece[i].used) {
			u64 first = (piece[i].at.v - BASE) / PAGE_SIZE;

			for (u32 k = 0; k < 1u << piece[i].order; k++)
				assert_int_equal(owner[first + k], i + 1);
			memset(owner + first, 0, 1u << piece[i].order);
			page_pool_free_order(NULL, piece[i].order, piece[i].at);
			piece[i].used = false;
			continue;
		}
		piece[i].order = (u32)random() % (POOL_MAX_ORDER + 1);
		if (page_pool_alloc_order(NULL, piece[i].order, &piece[i].at))
			continue;
		piece[i].used = true;
		for (u32 k = 0; k < 1u << piece[i].order; k++) {
			u64 index = (piece[i].at.v - BASE) / PAGE_SIZE + k;

			assert_int_equal(owner[index], 0);
			owner[index] = (u8)(i + 1);
		}
	}
	for (u32 i = 0; i < 64; i++)
		if (piece[i].used)
			page_pool_free_order(NULL, piece[i].order, piece[i].at);
	assert_int_equal(page_pool_free_pages(), PAGES - 1);
	free(owner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(pool__fresh__all_but_states_free, setup),
		cmocka_unit_test_setup(pool__exhausted__enomem_then_recovers, setup),
		cmocka_unit_test_setup(pool__quota__limits_and_counts, setup),
		cmocka_unit_test_setup(pool__take__all_or_nothing, setup),
		cmocka_unit_test_setup(pool__freed_twice_or_foreign__check, setup),
		cmocka_unit_test_setup(pool__random_orders__no_overlap_no_loss, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
