/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/mem/own.c hyp/mem/audit.c hyp/mem/own_check.c hyp/mem/host_s2.c hyp/mem/guest_s2.c hyp/mem/guest_slots.c hyp/mem/share.c hyp/mem/firmware.c hyp/mem/protect.c hyp/mem/guest_clean.c tests/host/mem_fixture.c */
/*
 * Job: the ring of page moves: what is on it, what is one record, what a reader sees who is too late or too early.
 * Never: judge a move; test_own.c does.
 * Used by: make -C tests/host run.
 */
#include "mem_fixture.h"

#include "mem/audit.h"

#define PAGE	UINT64_C(0x41200000)
#define PEER	3

static u64 head;

static int setup(void **state)
{
	struct gz_audit_record r;
	u64 cursor = UINT64_MAX;

	(void)state;
	fixture_machine(64 * MB, 256);
	assert_int_equal(audit_read(&cursor, &r, 1, &head), 0);
	assert_int_equal(cursor, head);
	return 0;
}

static void move(u64 page, u64 pages, enum own_move what, u16 peer)
{
	struct pa_range r = range_of(page, pages * PAGE_SIZE);

	spin_lock(&host_lock);
	assert_int_equal(own_check(r, what, peer, NULL), GZ_OK);
	own_move(r, what, peer);
	spin_unlock(&host_lock);
}

/* Everything since setup or the last call. */
static u32 fresh(struct gz_audit_record *r, u32 n)
{
	u64 end;
	u32 got = audit_read(&head, r, n, &end);

	assert_int_equal(head, end);
	return got;
}

static void expect(const struct gz_audit_record *r, u64 pa, u32 pages, u32 what, u16 peer, u32 from, u32 to)
{
	assert_int_equal(r->pa, pa);
	assert_int_equal(r->pages, pages);
	assert_int_equal(r->move, what);
	assert_int_equal(r->peer, peer);
	assert_int_equal(r->states, from | to << 4);
}

static void move__each_run_of_equal_pages__one_record(void **state)
{
	struct gz_audit_record r[8];

	(void)state;
	move(PAGE + PAGE_SIZE, 1, MOVE_HOST_DONATE_GUEST, PEER);
	move(PAGE + PAGE_SIZE, 1, MOVE_GUEST_SHARE_HOST, PEER);
	move(PAGE, 1, MOVE_HOST_SHARE_GUEST, PEER);
	move(PAGE, 2, MOVE_GUEST_RECLAIM_HOST, PEER);
	assert_int_equal(fresh(r, 8), 5);
	expect(&r[0], PAGE + PAGE_SIZE, 1, MOVE_HOST_DONATE_GUEST, PEER, OWN_HOST, OWN_GUEST);
	expect(&r[1], PAGE + PAGE_SIZE, 1, MOVE_GUEST_SHARE_HOST, PEER, OWN_GUEST, OWN_GUEST_SHARED_HOST);
	expect(&r[2], PAGE, 1, MOVE_HOST_SHARE_GUEST, PEER, OWN_HOST, OWN_HOST_SHARED_GUEST);
	expect(&r[3], PAGE, 1, MOVE_GUEST_RECLAIM_HOST, PEER, OWN_HOST_SHARED_GUEST, OWN_HOST);
	expect(&r[4], PAGE + PAGE_SIZE, 1, MOVE_GUEST_RECLAIM_HOST, PEER, OWN_GUEST_SHARED_HOST, OWN_HOST);
	assert_int_equal(r[4].seq, r[0].seq + 4);
	own_boot_assign(range_of(PAGE, 2 * PAGE_SIZE), OWN_HYP);
	assert_int_equal(fresh(r, 8), 1);
	expect(&r[0], PAGE, 2, GZ_AUDIT_BOOT, 0, OWN_HOST, OWN_HYP);
}

static void neighbours__same_move__one_record_until_read(void **state)
{
	struct gz_audit_record r[8];

	(void)state;
	for (u32 i = 0; i < 3; i++)
		move(PAGE + i * PAGE_SIZE, 1, MOVE_HOST_DONATE_GUEST, PEER);
	move(PAGE + 3 * PAGE_SIZE, 1, MOVE_HOST_DONATE_GUEST, PEER + 1);	/* another VM's */
	move(PAGE + 5 * PAGE_SIZE, 1, MOVE_HOST_DONATE_GUEST, PEER + 1);	/* a hole between */
	assert_int_equal(fresh(r, 8), 3);
	expect(&r[0], PAGE, 3, MOVE_HOST_DONATE_GUEST, PEER, OWN_HOST, OWN_GUEST);
	expect(&r[1], PAGE + 3 * PAGE_SIZE, 1, MOVE_HOST_DONATE_GUEST, PEER + 1, OWN_HOST, OWN_GUEST);
	/* What a reader has seen stays as it was. */
	move(PAGE + 6 * PAGE_SIZE, 1, MOVE_HOST_DONATE_GUEST, PEER + 1);
	assert_int_equal(fresh(r, 8), 1);
	expect(&r[0], PAGE + 6 * PAGE_SIZE, 1, MOVE_HOST_DONATE_GUEST, PEER + 1, OWN_HOST, OWN_GUEST);
}

static void reader__too_late__moved_up_and_sees_the_gap(void **state)
{
	struct gz_audit_record r;
	u64 cursor = head, end;

	(void)state;
	for (u32 i = 0; i < AUDIT_RECORDS; i++)
		move(PAGE, 1, i % 2 ? MOVE_HOST_UNSHARE_HYP : MOVE_HOST_SHARE_HYP, 0);
	assert_int_equal(audit_read(&cursor, &r, 1, &end), 1);
	assert_int_equal(r.seq, head);			/* a whole ring: nothing is lost yet */
	assert_int_equal(cursor, head + 1);
	move(PAGE, 1, MOVE_HOST_SHARE_HYP, 0);
	cursor = head;
	assert_int_equal(audit_read(&cursor, &r, 1, &end), 1);
	assert_int_equal(r.seq, head + 1);
	assert_int_equal(end, head + AUDIT_RECORDS + 1);
	cursor = end + 5;
	assert_int_equal(audit_read(&cursor, &r, 1, &end), 0);
	assert_int_equal(cursor, end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(move__each_run_of_equal_pages__one_record, setup),
		cmocka_unit_test_setup(neighbours__same_move__one_record_until_read, setup),
		cmocka_unit_test_setup(reader__too_late__moved_up_and_sees_the_gap, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
