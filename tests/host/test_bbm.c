/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/mem/own.c hyp/mem/audit.c hyp/mem/own_check.c hyp/mem/host_s2.c hyp/mem/guest_s2.c hyp/mem/guest_slots.c hyp/mem/share.c hyp/mem/firmware.c hyp/mem/protect.c hyp/mem/guest_clean.c tests/host/mem_fixture.c */
/*
 * Job: the break-before-make checker itself: each wrong sequence is reported, the right ones are not.
 * Never: test mm/ (test_pgtable.c does, with the checker on).
 * Used by: make -C tests/host run.
 */
#include "mem_fixture.h"

#include "insn/all.h"
#include "mm/layout.h"

#define VMID1	(UINT64_C(1) << 48)

static struct pgtable table;
static u64 *slot;	/* level-1 entry of IPA 0: a 1 GiB block */

static int setup(void **state)
{
	(void)state;
	fixture_pool(32 * MB, 64);
	assert_int_equal(pgtable_init(&table, PG_STAGE2, 40, 1, NULL), GZ_OK);
	assert_int_equal(pgtable_map(&table, 0, PA(0), BIT(30), PG_R, LEVEL_1G), GZ_OK);
	table.live = true;
	bbm_live(&table);
	slot = pa_to_ptr(table.root);
	shim_sysreg_write("vttbr_el2", VMID1);
	return 0;
}

static void clear(void)
{
	ptstore_live(slot, 0);
	dsb_ishst();
}

static void bbm__right_by_ipa__good(void **state)
{
	(void)state;
	clear();
	assert_int_equal(bbm_unclean(), 1);
	tlbi_ipas2e1is(0);
	dsb_ish();
	tlbi_vmalle1is();
	dsb_ish();
	assert_bbm_good();
	ptstore_live(slot, BIT(30) | 1);
	assert_bbm_good();
}

static void bbm__right_by_vmid__good(void **state)
{
	(void)state;
	clear();
	tlbi_vmalls12e1is();
	dsb_ish();
	assert_bbm_good();
}

static void bbm__valid_over_valid__reported(void **state)
{
	(void)state;
	ptstore_live(slot, BIT(30) | 1);
	assert_int_equal(bbm_violations(), 1);
}

static void bbm__software_bits_only__good(void **state)
{
	(void)state;
	ptstore_live(slot, *slot | BIT(55));
	assert_bbm_good();
}

static void bbm__no_tlbi__reported(void **state)
{
	(void)state;
	clear();
	dsb_ish();
	assert_int_equal(bbm_unclean(), 1);
	ptstore_live(slot, BIT(30) | 1);
	assert_int_equal(bbm_violations(), 1);
}

static void bbm__tlbi_without_dsb_before__unclean(void **state)
{
	(void)state;
	ptstore_live(slot, 0);
	tlbi_vmalls12e1is();
	dsb_ish();
	assert_int_equal(bbm_unclean(), 1);
}

static void bbm__tlbi_without_dsb_after__unclean(void **state)
{
	(void)state;
	clear();
	tlbi_vmalls12e1is();
	dsb_ishst();
	assert_int_equal(bbm_unclean(), 1);
}

/* TLBI by IPA leaves entries that combine stage 1 and 2. */
static void bbm__ipas2e1_alone__unclean(void **state)
{
	(void)state;
	clear();
	tlbi_ipas2e1is(0);
	dsb_ish();
	assert_int_equal(bbm_unclean(), 1);
}

static void bbm__vmalle1_without_dsb_between__unclean(void **state)
{
	(void)state;
	clear();
	tlbi_ipas2e1is(0);
	tlbi_vmalle1is();
	dsb_ish();
	assert_int_equal(bbm_unclean(), 1);
}

static void bbm__vmalle1_alone__unclean(void **state)
{
	(void)state;
	clear();
	tlbi_vmalle1is();
	dsb_ish();
	assert_int_equal(bbm_unclean(), 1);
}

static void bbm__other_vmid__unclean(void **state)
{
	(void)state;
	shim_sysreg_write("vttbr_el2", 2 * VMID1);
	clear();
	tlbi_vmalls12e1is();
	dsb_ish();
	assert_int_equal(bbm_unclean(), 1);
	tlbi_alle1is();
	dsb_ish();
	assert_bbm_good();
}

static void bbm__other_ipa__unclean(void **state)
{
	(void)state;
	clear();
	tlbi_ipas2e1is(BIT(30) >> PAGE_SHIFT);
	dsb_ish();
	tlbi_vmalle1is();
	dsb_ish();
	assert_int_equal(bbm_unclean(), 1);
}

static void bbm__this_cpu_only__unclean(void **state)
{
	(void)state;
	clear();
	tlbi_vmalle1();
	tlbi_alle1();
	dsb_ish();
	assert_int_equal(bbm_unclean(), 1);
}

static void bbm__private_store_to_live_table__reported(void **state)
{
	(void)state;
	ptstore_private(slot + 1, BIT(30) | 1);
	assert_int_equal(bbm_violations(), 1);
}

/* A table taken out by a TLBI of one IPA: what lies below the other 511 entries stays in the TLB. */
static void bbm__table_removed_by_ipa__unclean(void **state)
{
	pa_t sub;

	(void)state;
	assert_int_equal(page_pool_alloc(NULL, &sub), GZ_OK);
	ptstore_live(slot + 1, sub.v | 3);
	assert_bbm_good();
	ptstore_live(slot + 1, 0);
	dsb_ishst();
	tlbi_ipas2e1is(BIT(30) >> PAGE_SHIFT);
	dsb_ish();
	tlbi_vmalle1is();
	dsb_ish();
	assert_int_equal(bbm_unclean(), 1);
	tlbi_vmalls12e1is();
	dsb_ish();
	assert_bbm_good();
}

static void bbm__removed_table_reused_too_early__reported(void **state)
{
	pa_t sub;

	(void)state;
	assert_int_equal(page_pool_alloc(NULL, &sub), GZ_OK);
	ptstore_live(slot + 1, sub.v | 3);
	ptstore_live(slot + 1, 0);
	ptstore_private(pa_to_ptr(sub), 1);
	assert_int_equal(bbm_violations(), 1);
}

static void bbm__stopped_but_not_flushed__reported(void **state)
{
	(void)state;
	bbm_stop(&table);
	ptstore_private(slot, 0);
	assert_int_equal(bbm_violations(), 1);
}

static void bbm__stopped_and_flushed__good(void **state)
{
	(void)state;
	bbm_stop(&table);
	tlbi_vmalls12e1is();
	ptstore_private(slot, 0);
	assert_bbm_good();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(bbm__right_by_ipa__good, setup),
		cmocka_unit_test_setup(bbm__right_by_vmid__good, setup),
		cmocka_unit_test_setup(bbm__valid_over_valid__reported, setup),
		cmocka_unit_test_setup(bbm__software_bits_only__good, setup),
		cmocka_unit_test_setup(bbm__no_tlbi__reported, setup),
		cmocka_unit_test_setup(bbm__tlbi_without_dsb_before__unclean, setup),
		cmocka_unit_test_setup(bbm__tlbi_without_dsb_after__unclean, setup),
		cmocka_unit_test_setup(bbm__ipas2e1_alone__unclean, setup),
		cmocka_unit_test_setup(bbm__vmalle1_without_dsb_between__unclean, setup),
		cmocka_unit_test_setup(bbm__vmalle1_alone__unclean, setup),
		cmocka_unit_test_setup(bbm__other_vmid__unclean, setup),
		cmocka_unit_test_setup(bbm__other_ipa__unclean, setup),
		cmocka_unit_test_setup(bbm__this_cpu_only__unclean, setup),
		cmocka_unit_test_setup(bbm__private_store_to_live_table__reported, setup),
		cmocka_unit_test_setup(bbm__table_removed_by_ipa__unclean, setup),
		cmocka_unit_test_setup(bbm__removed_table_reused_too_early__reported, setup),
		cmocka_unit_test_setup(bbm__stopped_but_not_flushed__reported, setup),
		cmocka_unit_test_setup(bbm__stopped_and_flushed__good, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
