/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/mem/own.c hyp/mem/audit.c hyp/mem/own_check.c hyp/mem/host_s2.c hyp/mem/pin.c hyp/mem/guest_s2.c hyp/mem/guest_slots.c hyp/mem/share.c hyp/mem/firmware.c hyp/mem/protect.c hyp/mem/guest_clean.c tests/host/mem_fixture.c tests/host/protect_fixture.c */
/*
 * Job: firmware that EL2 holds: who gets which byte of it, when, and what is refused.
 * Never: the boot side (test_boot_layout.c, test_boot_memory.c), nor the entry state (test_run.c).
 * Used by: make -C tests/host run.
 */
#include <string.h>

#include "protect_fixture.h"

#include "mem/firmware.h"
#include "mem/host_s2.h"
#include "mm/layout.h"

#define FW_PAGES	3
#define FW_PA		(HOST_BASE - FW_PAGES * PAGE_SIZE)	/* no page of the host's */
#define FW_IPA		(IPA0 - 2 * BLOCK_SIZE)
#define SLOT_PAGES	1024
#define OUTSIDE		0x5a					/* what the host left everywhere */

static u8 firmware_byte(u64 page)
{
	return (u8)(0xa0 + page);
}

static void hold(u64 pages)
{
	firmware_hold((struct pa_range){ PA(FW_PA), pages * PAGE_SIZE });
	for (u64 i = 0; i < FW_PAGES; i++)
		memset(pa_to_ptr(PA(FW_PA + i * PAGE_SIZE)), firmware_byte(i), PAGE_SIZE);
}

static void slot_of(u64 ipa, u64 pages, u32 flags)
{
	bool populate;

	assert_int_equal(guest_mem_purpose(&gm, IPA(ipa), pages * PAGE_SIZE, flags), GZ_OK);
	assert_int_equal(guest_mem_register(&gm, 5, IPA(ipa), pages, &populate), GZ_OK);
	assert_false(populate);
}

static int with_firmware(void **state)
{
	setup(state);
	hold(FW_PAGES);
	slot_of(FW_IPA, SLOT_PAGES, GZ_MEM_PROTECT_FW);
	return 0;
}

static int without_firmware(void **state)
{
	setup(state);
	hold(0);
	return 0;
}

static enum gz_err start_all(u32 budget, u32 *slices)
{
	enum gz_err err;

	for (*slices = 1; (err = guest_mem_start_slice(&gm, budget)) == GZ_EAGAIN; ++*slices)
		;
	return err;
}

static void all_is(u64 pa, u8 byte)
{
	const u8 *p = pa_to_ptr(PA(pa));

	assert_int_equal(p[0], byte);
	assert_memory_equal(p, p + 1, PAGE_SIZE - 1);
}

static void set__nothing_held__enotsup(void **state)
{
	u32 n;

	(void)state;
	assert_int_equal(firmware_size(), 0);
	assert_int_equal(guest_mem_set_firmware(&gm, IPA(FW_IPA)), GZ_ENOTSUP);
	assert_false(gm.protect || gm.firmware);
	assert_int_equal(guest_mem_protect(&gm), GZ_OK);
	assert_int_equal(start_all(512, &n), GZ_OK);
	assert_int_equal(guest_mem_set_firmware(&gm, IPA(FW_IPA)), GZ_ENOTSUP);
}

static void set__bad_address__einval_and_nothing_changed(void **state)
{
	const u64 end = BIT(GUEST_IPA_BITS), bad[] = { 1, FW_IPA + 8, FW_IPA + PAGE_SIZE / 2, end, end - PAGE_SIZE,
						       end - (FW_PAGES - 1) * PAGE_SIZE, ~UINT64_C(0), 0 - PAGE_SIZE };

	(void)state;
	assert_int_equal(firmware_size(), FW_PAGES * PAGE_SIZE);
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(guest_mem_set_firmware(&gm, IPA(bad[i])), GZ_EINVAL);
	assert_false(gm.protect || gm.firmware);
	assert_int_equal(guest_mem_set_firmware(&gm, IPA(end - FW_PAGES * PAGE_SIZE)), GZ_OK);
	/* Moved, in either order with SET_PROTECTED: the last address counts. */
	assert_int_equal(guest_mem_protect(&gm), GZ_OK);
	assert_int_equal(guest_mem_set_firmware(&gm, IPA(FW_IPA)), GZ_OK);
	assert_int_equal(guest_mem_protect(&gm), GZ_OK);
	assert_int_equal(gm.firmware_ipa.v, FW_IPA);
	assert_true(gm.protect && gm.firmware);
}

static void set__started__estate(void **state)
{
	u32 n;

	(void)state;
	assert_int_equal(guest_mem_set_firmware(&gm, IPA(FW_IPA)), GZ_OK);
	assert_int_equal(start_all(512, &n), GZ_OK);
	assert_int_equal(guest_mem_set_firmware(&gm, IPA(FW_IPA + PAGE_SIZE)), GZ_ESTATE);
	assert_int_equal(gm.firmware_ipa.v, FW_IPA);
}

/* Wrong kind, too small, in two slots, nowhere: nothing is sealed, and a slot that comes later mends it. */
static void start__no_slot_for_it__enoent_nothing_sealed(void **state)
{
	const struct { u64 ipa, pages; u32 flags; } bad[] = { { FW_IPA, SLOT_PAGES, GZ_MEM_GUEST },
		{ FW_IPA, SLOT_PAGES, 0 }, { FW_IPA, SLOT_PAGES, GZ_MEM_STATIC_SWIOTLB },
		{ FW_IPA, FW_PAGES - 1, GZ_MEM_PROTECT_FW }, { FW_IPA + PAGE_SIZE, SLOT_PAGES - 1, GZ_MEM_PROTECT_FW } };

	(void)state;
	assert_int_equal(give(&gm, IPA0, BLOCK_PA, 1), GZ_OK);
	assert_int_equal(guest_mem_set_firmware(&gm, IPA(FW_IPA)), GZ_OK);
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(guest_mem_remove_slot_slice(&gm, 5), GZ_OK);
		slot_of(bad[i].ipa, bad[i].pages, bad[i].flags);
		assert_int_equal(guest_mem_start_slice(&gm, 512), GZ_ENOENT);
		assert_false(gm.started || guest_mem_private(&gm));
		assert_true(host_sees(BLOCK_PA));
	}
	assert_int_equal(guest_mem_remove_slot_slice(&gm, 5), GZ_OK);
	assert_int_equal(guest_mem_start_slice(&gm, 512), GZ_ENOENT);
	slot_of(FW_IPA, FW_PAGES, GZ_MEM_PROTECT_FW);
	start(&gm);
	assert_false(host_sees(BLOCK_PA));
}

/* What the host had written into the slot is gone, elsewhere it stays; the slot's pages are filled behind the host's back. */
static void seal__mapped_before__firmware_and_zeros(void **state)
{
	u32 slices;

	(void)state;
	assert_int_equal(give(&gm, FW_IPA, BLOCK_PA, 512), GZ_OK);		/* a block */
	assert_int_equal(give(&gm, FW_IPA + BLOCK_SIZE + 7 * PAGE_SIZE, BLOCK_PA + BLOCK_SIZE + PAGE_SIZE, 1), GZ_OK);
	assert_int_equal(give(&gm, IPA0, BLOCK_PA + 2 * BLOCK_SIZE, 1), GZ_OK);
	assert_int_equal(guest_mem_set_firmware(&gm, IPA(FW_IPA + PAGE_SIZE)), GZ_OK);
	all_is(BLOCK_PA, OUTSIDE);
	assert_int_equal(start_all(64, &slices), GZ_OK);
	assert_in_range(slices, 64, 200);	/* a filled page is dear */
	all_is(BLOCK_PA, 0);
	for (u64 i = 0; i < FW_PAGES; i++)
		all_is(BLOCK_PA + (1 + i) * PAGE_SIZE, firmware_byte(i));
	for (u64 i = FW_PAGES + 1; i < 512; i++)
		all_is(BLOCK_PA + i * PAGE_SIZE, 0);
	all_is(BLOCK_PA + BLOCK_SIZE + PAGE_SIZE, 0);
	all_is(BLOCK_PA + BLOCK_SIZE + 2 * PAGE_SIZE, OUTSIDE);
	all_is(BLOCK_PA + 2 * BLOCK_SIZE, OUTSIDE);
	/* Another start, as a vCPU makes one that needs something of a new CPU: what the guest wrote since stays. */
	memset(pa_to_ptr(PA(BLOCK_PA + PAGE_SIZE)), 0x77, PAGE_SIZE);
	assert_int_equal(guest_mem_start_slice(&gm, 512), GZ_OK);
	all_is(BLOCK_PA + PAGE_SIZE, 0x77);
}

static void donate__on_demand__firmware_once(void **state)
{
	(void)state;
	assert_int_equal(guest_mem_set_firmware(&gm, IPA(FW_IPA)), GZ_OK);
	start(&gm);
	assert_int_equal(give(&gm, FW_IPA + PAGE_SIZE, BLOCK_PA + PAGE_SIZE, 1), GZ_OK);
	all_is(BLOCK_PA + PAGE_SIZE, firmware_byte(1));
	/* The guest writes to it; the host sends it again, alone and with its whole block: it is not what it was. */
	memset(pa_to_ptr(PA(BLOCK_PA + PAGE_SIZE)), 0x77, PAGE_SIZE);
	assert_int_equal(give(&gm, FW_IPA + PAGE_SIZE, BLOCK_PA + PAGE_SIZE, 1), GZ_OK);
	assert_int_equal(give(&gm, FW_IPA, BLOCK_PA, 512), GZ_OK);
	all_is(BLOCK_PA + PAGE_SIZE, 0x77);
	all_is(BLOCK_PA, firmware_byte(0));
	all_is(BLOCK_PA + 2 * PAGE_SIZE, firmware_byte(2));
	all_is(BLOCK_PA + 3 * PAGE_SIZE, 0);
	/* Shared by the guest and sent again: neither. */
	assert_int_equal(guest_share_host(&gm, IPA(FW_IPA)), GZ_OK);
	memset(pa_to_ptr(PA(BLOCK_PA)), 0x66, PAGE_SIZE);
	assert_int_equal(give(&gm, FW_IPA, BLOCK_PA, 512), GZ_OK);
	all_is(BLOCK_PA, 0x66);
	/* Other slots get what the host put there. */
	assert_int_equal(give(&gm, IPA0, BLOCK_PA + BLOCK_SIZE, 2), GZ_OK);
	all_is(BLOCK_PA + BLOCK_SIZE + PAGE_SIZE, OUTSIDE);
}

/* All that is new is in memory as in caches, and that costs one pass over it. */
static void donate__firmware__each_new_line_cleaned_once(void **state)
{
	(void)state;
	assert_int_equal(guest_mem_set_firmware(&gm, IPA(FW_IPA)), GZ_OK);
	start(&gm);
	shim_events_clear();
	assert_int_equal(give(&gm, FW_IPA + PAGE_SIZE, BLOCK_PA + PAGE_SIZE, 1), GZ_OK);
	assert_int_equal(shim_events_of(EV_DC_CIVAC), PAGE_SIZE / 64);
	assert_int_equal(give(&gm, FW_IPA, BLOCK_PA, 512), GZ_OK);
	assert_int_equal(shim_events_of(EV_DC_CIVAC), 512 * PAGE_SIZE / 64);
}

/* A page of it that the guest gave back is the firmware's again when it faults; the host gets zeros. */
static void relinquish__firmware_page__zeros_then_as_at_first(void **state)
{
	(void)state;
	assert_int_equal(guest_mem_set_firmware(&gm, IPA(FW_IPA)), GZ_OK);
	start(&gm);
	assert_int_equal(give(&gm, FW_IPA, BLOCK_PA, 2), GZ_OK);
	assert_int_equal(guest_relinquish_host(&gm, IPA(FW_IPA)), GZ_OK);
	assert_true(host_sees(BLOCK_PA));
	all_is(BLOCK_PA, 0);
	assert_int_equal(give(&gm, FW_IPA, BLOCK_PA + 9 * PAGE_SIZE, 1), GZ_OK);
	all_is(BLOCK_PA + 9 * PAGE_SIZE, firmware_byte(0));
}

/* Out of tables at the last step: the host has its page back without a byte of the firmware in it. */
static void donate__quota_used_up__host_gets_no_firmware(void **state)
{
	(void)state;
	assert_int_equal(guest_mem_set_firmware(&gm, IPA(FW_IPA)), GZ_OK);
	start(&gm);
	gm.quota.limit = gm.quota.used;
	assert_int_equal(give(&gm, FW_IPA, BLOCK_PA, 3), GZ_ENOMEM);
	for (u64 i = 0; i < 3; i++) {
		assert_true(host_sees(BLOCK_PA + i * PAGE_SIZE));
		all_is(BLOCK_PA + i * PAGE_SIZE, 0);
	}
	/* Refused before that: not touched at all. */
	assert_int_equal(give(&gm, FW_IPA, FW_PA - PAGE_SIZE, 2), GZ_EPERM);
	all_is(FW_PA, firmware_byte(0));
	gm.quota.limit = 64;
	assert_int_equal(give(&gm, FW_IPA, BLOCK_PA, 3), GZ_OK);
	all_is(BLOCK_PA + 2 * PAGE_SIZE, firmware_byte(2));
}

/* The VMM's own firmware (no SET_PVMFW_GPA): the slot is memory like any other. */
static void seal__vmm_loaded_firmware__stays(void **state)
{
	(void)state;
	assert_int_equal(give(&gm, FW_IPA, BLOCK_PA, 2), GZ_OK);
	start(&gm);
	assert_int_equal(give(&gm, FW_IPA + 2 * PAGE_SIZE, BLOCK_PA + 2 * PAGE_SIZE, 1), GZ_OK);
	for (u64 i = 0; i < 3; i++)
		all_is(BLOCK_PA + i * PAGE_SIZE, OUTSIDE);
}

#define T(name) cmocka_unit_test_setup_teardown(name, with_firmware, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(set__nothing_held__enotsup, without_firmware, teardown),
		T(set__bad_address__einval_and_nothing_changed),
		T(set__started__estate),
		T(start__no_slot_for_it__enoent_nothing_sealed),
		T(seal__mapped_before__firmware_and_zeros),
		T(donate__on_demand__firmware_once), T(donate__firmware__each_new_line_cleaned_once),
		T(relinquish__firmware_page__zeros_then_as_at_first),
		T(donate__quota_used_up__host_gets_no_firmware),
		T(seal__vmm_loaded_firmware__stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
