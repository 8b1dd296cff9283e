/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/mem/own.c hyp/mem/audit.c hyp/mem/own_check.c hyp/mem/host_s2.c hyp/mem/pin.c hyp/mem/guest_s2.c hyp/mem/guest_slots.c hyp/mem/share.c hyp/mem/firmware.c hyp/mem/protect.c hyp/mem/guest_clean.c tests/host/mem_fixture.c */
/*
 * Job: page records: every (state, move) pair against a list written here, counters, pins, banks; copies of host pages.
 * Never: include the table of own_check.c.
 * Used by: make -C tests/host run.
 */
#include <string.h>

#include "mem_fixture.h"

#include "mem/host_s2.h"
#include "mem/pin.h"
#include "mm/layout.h"

#define PEER	3
#define PAGE	UINT64_C(0x41200000)
#define OTHER	(PAGE + PAGE_SIZE)

static int setup(void **state)
{
	(void)state;
	fixture_machine(64 * MB, 256);
	return 0;
}

static enum gz_err try_move(u64 page, enum own_move move, u16 peer)
{
	struct pa_range r = range_of(page, PAGE_SIZE);
	enum gz_err err;

	spin_lock(&host_lock);
	err = own_check(r, move, peer, NULL);
	if (!err)
		own_move(r, move, peer);
	spin_unlock(&host_lock);
	return err;
}

static void put_in(enum own_state state, u16 peer)
{
	own_boot_assign(range_of(PAGE, PAGE_SIZE), OWN_HOST);
	switch (state) {
	case OWN_HOST_SHARED_HYP:
		assert_int_equal(try_move(PAGE, MOVE_HOST_SHARE_HYP, 0), GZ_OK);
		break;
	case OWN_HOST_SHARED_GUEST:
		assert_int_equal(try_move(PAGE, MOVE_HOST_SHARE_GUEST, peer), GZ_OK);
		break;
	case OWN_GUEST_SHARED_HOST:
		assert_int_equal(try_move(PAGE, MOVE_HOST_DONATE_GUEST, peer), GZ_OK);
		assert_int_equal(try_move(PAGE, MOVE_GUEST_SHARE_HOST, peer), GZ_OK);
		break;
	case OWN_GUEST:
		assert_int_equal(try_move(PAGE, MOVE_HOST_DONATE_GUEST, peer), GZ_OK);
		break;
	default:
		own_boot_assign(range_of(PAGE, PAGE_SIZE), state);
	}
	assert_int_equal(own_state_of(PA(PAGE)), state);
}

/* The whole law; what is not here is forbidden. */
static const struct { enum own_state from; enum own_move move; enum own_state to; } legal[] = {
	{ OWN_HOST, MOVE_HOST_SHARE_HYP, OWN_HOST_SHARED_HYP },
	{ OWN_HOST_SHARED_HYP, MOVE_HOST_SHARE_HYP, OWN_HOST_SHARED_HYP },
	{ OWN_HOST_SHARED_HYP, MOVE_HOST_UNSHARE_HYP, OWN_HOST },
	{ OWN_HOST, MOVE_HOST_SHARE_GUEST, OWN_HOST_SHARED_GUEST },
	{ OWN_HOST_SHARED_GUEST, MOVE_HOST_UNSHARE_GUEST, OWN_HOST },
	{ OWN_HOST_SHARED_GUEST, MOVE_HOST_SEAL_GUEST, OWN_GUEST },
	{ OWN_HOST, MOVE_HOST_DONATE_GUEST, OWN_GUEST },
	{ OWN_GUEST, MOVE_GUEST_SHARE_HOST, OWN_GUEST_SHARED_HOST },
	{ OWN_GUEST_SHARED_HOST, MOVE_GUEST_UNSHARE_HOST, OWN_GUEST },
	{ OWN_GUEST, MOVE_GUEST_RELINQUISH_HOST, OWN_HOST },
	{ OWN_GUEST_SHARED_HOST, MOVE_GUEST_RELINQUISH_HOST, OWN_HOST },
	{ OWN_HOST_SHARED_GUEST, MOVE_GUEST_RELINQUISH_HOST, OWN_HOST },
	{ OWN_GUEST, MOVE_GUEST_RECLAIM_HOST, OWN_HOST },
	{ OWN_GUEST_SHARED_HOST, MOVE_GUEST_RECLAIM_HOST, OWN_HOST },
	{ OWN_HOST_SHARED_GUEST, MOVE_GUEST_RECLAIM_HOST, OWN_HOST },
	{ OWN_HOST, MOVE_HOST_GIVE_DEVICE, OWN_DEVICE },
	{ OWN_DEVICE, MOVE_DEVICE_GIVE_HOST, OWN_HOST },
	{ OWN_HOST, MOVE_HOST_GIVE_HYP, OWN_HYP },
	{ OWN_HYP, MOVE_HYP_GIVE_HOST, OWN_HOST },
};

static enum own_state legal_next(enum own_state from, enum own_move move)
{
	for (u32 i = 0; i < ARRAY_SIZE(legal); i++)
		if (legal[i].from == from && legal[i].move == move)
			return legal[i].to;
	return OWN_NONE;
}

static bool is_guest_state(enum own_state s)
{
	return s == OWN_HOST_SHARED_GUEST || s == OWN_GUEST || s == OWN_GUEST_SHARED_HOST;
}

static u64 pages_recorded(void)
{
	u64 sum = 0;

	for (u32 s = 0; s < OWN_STATES; s++)
		sum += own_count((enum own_state)s);
	return sum;
}

static void own__every_state_and_move__as_listed(void **state)
{
	(void)state;
	for (u32 s = 0; s < OWN_STATES; s++) {
		for (u32 m = 0; m < MOVE_NR; m++) {
			enum own_state to = legal_next((enum own_state)s, (enum own_move)m);
			u16 peer = is_guest_state((enum own_state)s) || is_guest_state(to) ? PEER : 0;
			u64 before;

			put_in((enum own_state)s, PEER);
			before = own_count((enum own_state)s);
			assert_int_equal(try_move(PAGE, (enum own_move)m, peer), to ? GZ_OK : GZ_EPERM);
			assert_int_equal(own_state_of(PA(PAGE)), to ? to : s);
			assert_int_equal(own_count((enum own_state)s), to && to != s ? before - 1 : before);
			assert_int_equal(own_peer_of(PA(PAGE)), is_guest_state(own_state_of(PA(PAGE))) ? PEER : 0);
			assert_int_equal(pages_recorded(), 64 * MB / PAGE_SIZE);
		}
	}
}

/* No caller but the VM whose page it is: neither another VM nor one that names none. */
static void own__every_move_of_a_page_of_another_vm__eperm(void **state)
{
	(void)state;
	for (u32 s = 0; s < OWN_STATES; s++) {
		for (u32 m = 0; is_guest_state((enum own_state)s) && m < MOVE_NR; m++) {
			put_in((enum own_state)s, PEER);
			assert_int_equal(try_move(PAGE, (enum own_move)m, PEER + 1), GZ_EPERM);
			assert_int_equal(try_move(PAGE, (enum own_move)m, 0), GZ_EPERM);
			assert_int_equal(own_peer_of(PA(PAGE)), PEER);
			assert_int_equal(own_state_of(PA(PAGE)), s);
		}
	}
}

static void move_unchecked(void *arg)
{
	own_move(range_of(PAGE, PAGE_SIZE), *(enum own_move *)arg, PEER);
}

/* The writer itself refuses: a caller that forgot to check is a defect. */
static void own__forbidden_move_unchecked__check(void **state)
{
	(void)state;
	for (u32 s = 0; s < OWN_STATES; s++) {
		for (enum own_move m = 0; m < MOVE_NR; m++) {
			if (legal_next((enum own_state)s, m) != OWN_NONE)
				continue;
			/* The tolerated repeats: shared with, or donated to, this very guest. */
			if ((s == OWN_HOST_SHARED_GUEST && m == MOVE_HOST_SHARE_GUEST) ||
			    ((s == OWN_GUEST || s == OWN_GUEST_SHARED_HOST) && m == MOVE_HOST_DONATE_GUEST))
				continue;
			put_in((enum own_state)s, PEER);
			assert_true(shim_panics(move_unchecked, &m));
			assert_int_equal(own_state_of(PA(PAGE)), s);
		}
	}
}

static void own__range_with_one_bad_page__nothing_changed(void **state)
{
	struct pa_range r = range_of(PAGE - 8 * PAGE_SIZE, 16 * PAGE_SIZE);

	(void)state;
	put_in(OWN_GUEST, PEER);
	spin_lock(&host_lock);
	assert_int_equal(own_check(r, MOVE_HOST_DONATE_GUEST, PEER, NULL), GZ_EPERM);
	spin_unlock(&host_lock);
	assert_int_equal(own_count(OWN_GUEST), 1);
	assert_int_equal(own_state_of(PA(PAGE - PAGE_SIZE)), OWN_HOST);
}

static void own__share_again_same_guest__counted_as_done(void **state)
{
	struct pa_range r = range_of(PAGE - 2 * PAGE_SIZE, 5 * PAGE_SIZE);
	u64 done = 99;

	(void)state;
	put_in(OWN_HOST_SHARED_GUEST, PEER);
	spin_lock(&host_lock);
	assert_int_equal(own_check(r, MOVE_HOST_SHARE_GUEST, PEER, &done), GZ_OK);
	assert_int_equal(done, 1);
	own_move(r, MOVE_HOST_SHARE_GUEST, PEER);
	assert_int_equal(own_check(r, MOVE_HOST_SHARE_GUEST, PEER, &done), GZ_OK);
	assert_int_equal(done, 5);
	assert_int_equal(own_check(r, MOVE_HOST_SHARE_GUEST, PEER, NULL), GZ_EPERM);
	assert_int_equal(own_check(r, MOVE_HOST_SHARE_GUEST, PEER + 1, &done), GZ_EPERM);
	spin_unlock(&host_lock);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), 5);
}

static void own__not_ram__eperm_and_none(void **state)
{
	static const u64 at[] = { 0, RAM_BASE - PAGE_SIZE, RAM_BASE + 64 * MB, BIT(47), UINT64_MAX - PAGE_SIZE + 1 };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(at); i++) {
		assert_int_equal(own_state_of(PA(at[i])), OWN_NONE);
		assert_int_equal(own_check((struct pa_range){ PA(at[i]), PAGE_SIZE }, MOVE_HOST_SHARE_HYP, 0, NULL),
				 GZ_EPERM);
	}
	assert_false(own_is_ram(range_of(RAM_BASE - PAGE_SIZE, 2 * PAGE_SIZE)));
	assert_false(own_is_ram(range_of(RAM_BASE + 63 * MB, 2 * MB)));
	assert_true(own_is_ram(range_of(RAM_BASE, 64 * MB)));
	assert_int_equal(own_check((struct pa_range){ PA(PAGE + 1), PAGE_SIZE }, MOVE_HOST_SHARE_HYP, 0, NULL), GZ_EPERM);
}

static void assign_all(void *unused)
{
	(void)unused;
	own_boot_assign_all(OWN_HYP);
}

static void own__banks__each_its_own_records(void **state)
{
	const struct pa_range banks[] = { { PA(0x1000), PAGE_SIZE }, { PA(RAM_BASE), 4 * MB },
					  { PA(BIT(39)), 2 * PAGE_SIZE } };

	(void)state;
	assert_int_equal(own_records_bytes(banks, 3), 2 * PAGE_SIZE);
	memset(pa_to_ptr(PA(RAM_BASE)), 0, 2 * PAGE_SIZE);
	own_init(banks, 3, pa_to_ptr(PA(RAM_BASE)));
	assert_int_equal(own_count(OWN_NONE), 1 + 1024 + 2);
	own_boot_assign(banks[0], OWN_HOST);
	own_boot_assign(banks[2], OWN_HYP);
	assert_int_equal(own_state_of(PA(0x1fff)), OWN_HOST);
	assert_int_equal(own_state_of(PA(0x2000)), OWN_NONE);
	assert_int_equal(own_state_of(PA(RAM_BASE)), OWN_NONE);
	assert_int_equal(own_state_of(PA(BIT(39) + PAGE_SIZE)), OWN_HYP);
	assert_int_equal(own_state_of(PA(BIT(39) + 2 * PAGE_SIZE)), OWN_NONE);
	assert_int_equal(own_count(OWN_HOST), 1);
	assert_int_equal(own_count(OWN_HYP), 2);
}

static void move_all(void *arg)
{
	const struct pa_range *r = arg;

	spin_lock(&host_lock);
	own_move_all(r, 2, MOVE_GUEST_RECLAIM_HOST, 3);
	spin_unlock(&host_lock);
}

/* Ranges of two banks, of pages in several states: each gets its own, nothing beside it changes, and the counters agree. */
static void own__move_all__each_range_and_nothing_beside(void **state)
{
	const struct pa_range banks[] = { { PA(0x1000), 4 * PAGE_SIZE }, { PA(RAM_BASE), 8 * PAGE_SIZE } };
	const struct pa_range r[] = { { PA(RAM_BASE + PAGE_SIZE), 3 * PAGE_SIZE }, { PA(0x2000), 2 * PAGE_SIZE } };
	const u32 guest = rec_make(OWN_GUEST, 0, 3), shared = rec_make(OWN_HOST_SHARED_GUEST, 0, 3), host = rec_make(OWN_HOST, 0, 0);
	u32 *rec = pa_to_ptr(PA(RAM_BASE + PAGE_SIZE));
	u32 before[12] = { guest, guest, shared, guest, guest, guest, shared, guest, guest, guest, guest, guest };

	(void)state;
	memset(rec, 0, PAGE_SIZE);
	own_init(banks, 2, rec);
	own_boot_assign_all(OWN_GUEST);
	memcpy(rec, before, sizeof(before));
	move_all((void *)(uintptr_t)r);
	for (u32 i = 0; i < 12; i++)
		assert_int_equal(rec[i], i == 1 || i == 2 || (i >= 5 && i <= 7) ? host : before[i]);
	assert_int_equal(own_count(OWN_HOST), 5);
	rec[6] = rec_make(OWN_GUEST, 0, 4);	/* another VM's, between two that may go */
	rec[5] = rec[7] = guest;
	assert_true(shim_panics(move_all, (void *)(uintptr_t)r));
	assert_int_equal(rec[6], rec_make(OWN_GUEST, 0, 4));
}

/* Records of a bank begin at any multiple of 4 bytes, and end where no wide store may go. */
static void own__all_assigned__every_page_of_each_bank_and_nothing_else(void **state)
{
	const struct pa_range banks[] = { { PA(0x1000), PAGE_SIZE }, { PA(RAM_BASE), 21 * PAGE_SIZE },
					  { PA(BIT(39)), 10 * PAGE_SIZE } };
	u32 *records = pa_to_ptr(PA(RAM_BASE));

	(void)state;
	memset(records, 0, PAGE_SIZE);
	records[32] = 0xdeadbeef;
	own_init(banks, 3, records);
	own_boot_assign_all(OWN_HOST);
	for (u32 i = 0; i < 32; i++)
		assert_int_equal(records[i], OWN_HOST);
	assert_int_equal(records[32], 0xdeadbeef);
	assert_int_equal(own_count(OWN_HOST), 32);
	assert_int_equal(own_count(OWN_NONE), 0);
	assert_true(shim_panics(assign_all, NULL));	/* what has an owner by now is not simply taken */
}

static void pin__counted__host_only_again_at_zero(void **state)
{
	(void)state;
	assert_int_equal(host_share_hyp(PA(PAGE + 8)), GZ_OK);
	assert_int_equal(host_share_hyp(PA(PAGE)), GZ_OK);
	assert_int_equal(own_pins_of(PA(PAGE)), 2);
	assert_int_equal(own_count(OWN_HOST_SHARED_HYP), 1);
	host_unshare_hyp(PA(PAGE));
	assert_int_equal(own_state_of(PA(PAGE)), OWN_HOST_SHARED_HYP);
	host_unshare_hyp(PA(PAGE));
	assert_int_equal(own_state_of(PA(PAGE)), OWN_HOST);
	assert_int_equal(own_pins_of(PA(PAGE)), 0);
}

static void pin__full__ebusy(void **state)
{
	(void)state;
	for (u32 i = 0; i < OWN_PIN_MAX; i++)
		assert_int_equal(host_share_hyp(PA(PAGE)), GZ_OK);
	assert_int_equal(host_share_hyp(PA(PAGE)), GZ_EBUSY);
	assert_int_equal(own_pins_of(PA(PAGE)), OWN_PIN_MAX);
	for (u32 i = 0; i < OWN_PIN_MAX; i++)
		host_unshare_hyp(PA(PAGE));
	assert_int_equal(own_state_of(PA(PAGE)), OWN_HOST);
}

static void unpin(void *arg)
{
	host_unshare_hyp(*(pa_t *)arg);
}

static void pin__wrong_pages__eperm_or_check(void **state)
{
	pa_t free_page = PA(PAGE);

	(void)state;
	assert_int_equal(host_share_hyp(PA(POOL_BASE)), GZ_EPERM);
	assert_int_equal(host_share_hyp(PA(0x9000000)), GZ_EPERM);
	assert_true(shim_panics(unpin, &free_page));
}

static void pin__guest_has_it__eperm(void **state)
{
	(void)state;
	put_in(OWN_HOST_SHARED_GUEST, PEER);
	assert_int_equal(host_share_hyp(PA(PAGE)), GZ_EPERM);
	put_in(OWN_GUEST, PEER);
	assert_int_equal(host_share_hyp(PA(PAGE)), GZ_EPERM);
}

static void page_copy__read_and_write__exact_bytes(void **state)
{
	u8 buf[16] = { 0 };

	(void)state;
	memset(pa_to_ptr(PA(PAGE)), 0x11, 2 * PAGE_SIZE);
	assert_int_equal(host_page_write(PA(PAGE + PAGE_SIZE - 4), "abcd", 4), GZ_OK);
	assert_memory_equal(pa_to_ptr(PA(PAGE + PAGE_SIZE - 5)), "\x11" "abcd\x11", 6);
	assert_int_equal(host_page_read(PA(PAGE + PAGE_SIZE - 4), buf, 4), GZ_OK);
	assert_memory_equal(buf, "abcd\0", 5);
	assert_int_equal(own_state_of(PA(PAGE)), OWN_HOST);
}

static void page_copy__bad__refused(void **state)
{
	u8 buf[16] = { 0 };

	(void)state;
	assert_int_equal(host_page_read(PA(PAGE + PAGE_SIZE - 4), buf, 5), GZ_EINVAL);
	assert_int_equal(host_page_read(PA(PAGE), buf, 0), GZ_EINVAL);
	assert_int_equal(host_page_write(PA(PAGE), buf, (u32)PAGE_SIZE + 1), GZ_EINVAL);
	assert_int_equal(host_page_read(PA(POOL_BASE), buf, 4), GZ_EFAULT);
	assert_int_equal(host_page_write(PA(UINT64_MAX - 8), buf, 4), GZ_EFAULT);
	put_in(OWN_HOST_SHARED_GUEST, PEER);
	assert_int_equal(host_page_write(PA(PAGE), buf, 4), GZ_EFAULT);
}

static void host_s2__identity__hidden_is_not_there(void **state)
{
	(void)state;
	assert_true(host_s2_allows(IPA(HOST_BASE), true, true));
	assert_true(host_s2_allows(IPA(RAM_BASE + 64 * MB - 1), true, true));
	assert_false(host_s2_allows(IPA(RAM_BASE), false, false));
	assert_false(host_s2_allows(IPA(HOST_BASE - 1), false, false));
	/* Devices: readable and writable, never executable. */
	assert_true(host_s2_allows(IPA(0x9000000), true, false));
	assert_false(host_s2_allows(IPA(0x9000000), false, true));
	assert_true(host_s2_allows(IPA(BIT(40) - 1), true, false));
	assert_false(host_s2_allows(IPA(BIT(40)), false, false));
	assert_int_equal(host_s2_vttbr() >> 48, 0);
	assert_int_equal(host_s2_vtcr(), 0x80023558);
}

static void host_s2__unaligned_hidden__rounded_out(void **state)
{
	struct pa_range ram = range_of(RAM_BASE, 64 * MB);
	struct pa_range hidden[] = { { PA(0x8000800), 0x1000 }, { PA(0x8020000), 0x20000 }, { PA(0x8040000), 0x10000 } };

	(void)state;
	assert_int_equal(host_s2_init(&ram, 1, hidden, 3), GZ_OK);
	assert_true(host_s2_allows(IPA(0x8000000 - 1), true, false));
	assert_false(host_s2_allows(IPA(0x8000000), false, false));
	assert_false(host_s2_allows(IPA(0x8001fff), false, false));
	assert_true(host_s2_allows(IPA(0x8002000), true, false));
	assert_false(host_s2_allows(IPA(0x8020000), false, false));
	assert_false(host_s2_allows(IPA(0x804ffff), false, false));
	assert_true(host_s2_allows(IPA(0x8050000), false, false));
}

static void host_s2__ram_above_40_bits__wider(void **state)
{
	struct pa_range ram[] = { { PA(RAM_BASE), 64 * MB }, { PA(BIT(42)), 64 * MB } };

	(void)state;
	shim_sysreg_write("id_aa64mmfr0_el1", 5);
	pg_features_init();
	assert_int_equal(host_s2_init(ram, 2, ram, 0), GZ_OK);
	assert_true(host_s2_allows(IPA(BIT(42)), true, true));
	assert_true(host_s2_allows(IPA(BIT(43) - 1), true, false));
	assert_false(host_s2_allows(IPA(BIT(43)), false, false));
	fixture_cpu(true);
}

static void host_s2__short_of_pages__enomem(void **state)
{
	struct pa_range ram = range_of(RAM_BASE, 64 * MB), hidden = range_of(0x8001000, PAGE_SIZE);

	(void)state;
	fixture_pool(64 * MB, 3);
	assert_int_equal(host_s2_init(&ram, 1, &hidden, 1), GZ_ENOMEM);
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(own__every_state_and_move__as_listed), T(own__every_move_of_a_page_of_another_vm__eperm),
		T(own__forbidden_move_unchecked__check), T(own__range_with_one_bad_page__nothing_changed),
		T(own__share_again_same_guest__counted_as_done), T(own__not_ram__eperm_and_none),
		T(own__banks__each_its_own_records), T(own__move_all__each_range_and_nothing_beside),
		T(own__all_assigned__every_page_of_each_bank_and_nothing_else), T(pin__counted__host_only_again_at_zero), T(pin__full__ebusy),
		T(pin__wrong_pages__eperm_or_check), T(pin__guest_has_it__eperm),
		T(page_copy__read_and_write__exact_bytes), T(page_copy__bad__refused),
		T(host_s2__identity__hidden_is_not_there), T(host_s2__unaligned_hidden__rounded_out),
		T(host_s2__ram_above_40_bits__wider), T(host_s2__short_of_pages__enomem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
