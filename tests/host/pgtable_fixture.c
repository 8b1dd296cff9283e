/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: one live stage-2 table under the break-before-make checker.
 * Never: an expectation but that all memory comes back.
 * Used by: test_pgtable.c, test_pgtable_unmap.c.
 */
#include "host/pgtable_fixture.h"

struct pgtable t;
struct pool_quota quota;

void start(u8 bits, u32 pool)
{
	fixture_pool(32 * MB, pool);
	quota = (struct pool_quota){ 0 };
	assert_int_equal(pgtable_init(&t, PG_STAGE2, bits, 5, &quota), GZ_OK);
	t.live = true;
	bbm_live(&t);
}

int setup(void **state)
{
	(void)state;
	start(40, 600);
	return 0;
}

int teardown(void **state)
{
	(void)state;
	assert_bbm_good();
	bbm_stop(&t);
	pgtable_flush_all(&t);
	t.live = false;
	assert_int_equal(pgtable_destroy_slice(&t, UINT32_MAX), GZ_OK);
	assert_bbm_good();
	assert_int_equal(quota.used, 0);
	assert_int_equal(page_pool_free_pages(), 600);
	return 0;
}

enum gz_err map(u64 addr, u64 pa, u64 size)
{
	return pgtable_map(&t, addr, PA(pa), size, RWX, LEVEL_1G);
}

void expect_leaf(u64 addr, u64 pa, u64 size)
{
	struct pg_leaf leaf = pgtable_walk(&t, addr);

	assert_true(leaf.valid);
	assert_int_equal(leaf.size, size);
	assert_int_equal(leaf.pa.v, ALIGN_DOWN(pa, size));
	assert_true(leaf_allows(leaf, RWX));
}
