/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/mem/own.c hyp/mem/audit.c hyp/mem/own_check.c hyp/mem/host_s2.c hyp/mem/pin.c hyp/mem/guest_s2.c hyp/mem/guest_slots.c hyp/mem/share.c hyp/mem/firmware.c hyp/mem/protect.c hyp/mem/guest_clean.c tests/host/mem_fixture.c */
/*
 * Job: random calls on protected and unprotected VMs with a pool that runs dry; after each, records, both tables, counters and
 *      content must agree, and a call that failed must have changed nothing. SEED=n replays, STEPS=n.
 * Never: know more of the real code than its headers.
 * Used by: make -C tests/host run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem_fixture.h"

#include "mem/host_s2.h"
#include "mem/pin.h"
#include "mm/layout.h"

#define RAM_MB	64
#define IPA0	UINT64_C(0x80000000)
#define PA0	UINT64_C(0x41200000)
#define BLOCKS	4
#define PAGES	(BLOCKS * 512)
#define GPAGES	(6 * 512)			/* slots: 0: 4 blocks private, 1: 2 blocks swiotlb */
#define VMS	2

static struct guest_mem vms[VMS + 1];
static u64 rng, seed, nsteps;
static u32 step;
static char doing[200];
static u8 was[PAGES];
static u64 pool0;
static pa_t held[400];
static u32 nheld;

struct snap { u8 state[PAGES]; u8 peer[PAGES]; u8 host[PAGES]; s32 map[VMS + 1][GPAGES]; u64 pool, shared[3], donated[3], pop[3][2]; };
static struct snap now, before;

static u64 rnd(u64 n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (rng >> 11) % n;
}

#define bad(...) do { printf("SEED=%llu step %u: %s: ", (unsigned long long)seed, step, doing); printf(__VA_ARGS__); printf("\n"); fail(); } while (0)

static void take(struct snap *s)
{
	for (u64 i = 0; i < PAGES; i++) {
		pa_t pa = PA(PA0 + i * PAGE_SIZE);

		s->state[i] = (u8)own_state_of(pa);
		s->peer[i] = (u8)own_peer_of(pa);
		s->host[i] = host_s2_allows(IPA(pa.v), true, true);
	}
	for (u32 v = 1; v <= VMS; v++) {
		for (u64 g = 0; g < GPAGES; g++) {
			u64 ipa = IPA0 + g * PAGE_SIZE;
			struct pg_leaf l = { 0 };

			if (!vms[v].dying)
				l = pgtable_walk(&vms[v].s2, ipa);
			s->map[v][g] = l.valid ? (s32)((l.pa.v + ipa % l.size - PA0) / PAGE_SIZE) : -1;
		}
		s->shared[v] = vms[v].shared_pages;
		s->donated[v] = vms[v].donated_pages;
		s->pop[v][0] = vms[v].slots[0].populated;
		s->pop[v][1] = vms[v].slots[1].populated;
	}
	s->pool = page_pool_free_pages() + nheld;
}

static void check(void)
{
	static u8 seen[PAGES];

	take(&now);
	memset(seen, 0, sizeof(seen));
	for (u32 v = 1; v <= VMS; v++) {
		u64 sh = 0, don = 0, pop[2] = { 0 };

		for (u64 g = 0; g < GPAGES; g++) {
			s32 p = now.map[v][g];

			if (p < 0)
				continue;
			if (p >= PAGES)
				bad("vm %u maps something else", v);
			if (seen[p]++)
				bad("page %d mapped twice", p);
			if (now.peer[p] != v)
				bad("page %d of %u mapped by %u", p, now.peer[p], v);
			if (now.state[p] == OWN_GUEST)
				don++;
			else
				sh++;
			pop[g >= 4 * 512]++;
			if (vms[v].protect && vms[v].started && g < 4 * 512 && now.state[p] == OWN_HOST_SHARED_GUEST &&
			    IPA0 + g * PAGE_SIZE < vms[v].seal_ipa)
				bad("page %d shared behind the seal", p);
			if (g >= 4 * 512 && now.state[p] != OWN_HOST_SHARED_GUEST)
				bad("swiotlb page %d state %u", p, now.state[p]);
		}
		if (!vms[v].dying && (sh != now.shared[v] || don != now.donated[v] || pop[0] != now.pop[v][0] || pop[1] != now.pop[v][1]))
			bad("vm %u counters shared %llu/%llu donated %llu/%llu", v, (unsigned long long)sh,
			    (unsigned long long)now.shared[v], (unsigned long long)don, (unsigned long long)now.donated[v]);
	}
	for (u32 i = 0; i < PAGES; i++) {
		u8 *c = pa_to_ptr(PA(PA0 + i * PAGE_SIZE));
		bool host = now.state[i] != OWN_GUEST;

		if (host != now.host[i])
			bad("page %u state %u host sees %u", i, now.state[i], now.host[i]);
		if (now.peer[i] && !seen[i] && !vms[now.peer[i]].dying)
			bad("page %u of vm %u not mapped", i, now.peer[i]);
		if ((now.state[i] == OWN_HOST || now.state[i] == OWN_HOST_SHARED_GUEST) && (was[i] == OWN_GUEST || was[i] == OWN_GUEST_SHARED_HOST) && (c[0] || c[100] || c[4095]))
			bad("page %u not scrubbed", i);
		if (now.state[i] == OWN_GUEST && was[i] != OWN_GUEST)
			c[0] = c[100] = c[4095] = 0x77;
		was[i] = now.state[i];
	}
	if (bbm_violations() || bbm_unclean())
		bad("bbm");
}

static void unchanged(void)
{
	take(&now);
	if (memcmp(now.state, before.state, sizeof(now.state)) || memcmp(now.peer, before.peer, sizeof(now.peer)))
		bad("failed call changed records");
	if (memcmp(now.host, before.host, sizeof(now.host)))
		bad("failed call changed the host's view");
	if (memcmp(now.map, before.map, sizeof(now.map)))
		bad("failed call changed a guest's view");
	if (now.pool != before.pool)
		bad("failed call changed the pool: %lld pages", (long long)(now.pool - before.pool));
}

static void make(u32 v)
{
	bool populate;

	fixture_guest(&vms[v], (u16)v, 0);
	fixture_slot(&vms[v], 0, IPA0, 4 * 512);
	assert_int_equal(guest_mem_purpose(&vms[v], IPA(IPA0 + 4 * BLOCK_SIZE), 2 * BLOCK_SIZE, GZ_MEM_STATIC_SWIOTLB), GZ_OK);
	assert_int_equal(guest_mem_register(&vms[v], 1, IPA(IPA0 + 4 * BLOCK_SIZE), 1024, &populate), GZ_OK);
}

static void starve(void)
{
	u64 leave = rnd(3);

	while (page_pool_free_pages() > leave && nheld < 400)
		assert_int_equal(page_pool_alloc(NULL, &held[nheld++]), GZ_OK);
}

static void feed(void)
{
	while (nheld)
		page_pool_free(NULL, held[--nheld]);
}

#define say(...) snprintf(doing, sizeof(doing), __VA_ARGS__)

/* Some page that the guest shares with the host, if there is one. */
static enum gz_err take_one_back(struct guest_mem *gm, u32 v)
{
	for (u32 i = 0; i < 50 && guest_mem_private(gm); i++) {
		u64 g = rnd(GPAGES);
		s32 p = before.map[v][g];

		if (p >= 0 && before.state[p] == OWN_GUEST_SHARED_HOST)
			return guest_unshare_host(gm, IPA(IPA0 + g * PAGE_SIZE));
	}
	return GZ_OK;
}

/* Part of a seal may be done when it stops: no failure that must leave everything as it was. */
static void start_slice(struct guest_mem *gm)
{
	enum gz_err err;

	if (rnd(4) == 0 && guest_mem_protect(gm) && !gm->started)
		bad("not protected");
	if (rnd(2))
		return;
	err = guest_mem_start_slice(gm, 1 + (u32)rnd(600));
	if (err && err != GZ_ENOMEM && err != GZ_EAGAIN)
		unchanged();
}

static enum gz_err replace_slot(struct guest_mem *gm)
{
	enum gz_err err;
	bool populate;

	while ((err = guest_mem_remove_slot_slice(gm, 0)) == GZ_EAGAIN)
		;
	if (err == GZ_OK)
		return guest_mem_register(gm, 0, IPA(IPA0), 4 * 512, &populate);
	return err == GZ_ENOMEM ? GZ_OK : err;
}

static void die_and_be_born(struct guest_mem *gm, u32 v)
{
	bbm_stop(&gm->s2);
	while (guest_mem_destroy_slice(gm, 1 + (u32)rnd(300)) == GZ_EAGAIN)
		check();
	check();
	feed();
	make(v);
}

static enum gz_err give_pinned(struct guest_mem *gm, u64 ipa, u64 pa)
{
	enum gz_err err;

	if (host_share_hyp(PA(pa)))
		return GZ_OK;
	err = share_with(gm, IPA(ipa), (struct pa_range){ PA(pa), PAGE_SIZE });
	if (err != GZ_EPERM && err != GZ_EINVAL)
		bad("pinned page given: %d", err);
	host_unshare_hyp(PA(pa));
	return err;
}

static enum gz_err call(struct guest_mem *gm, u32 v, u64 ipa, u64 pa, u64 n)
{
	u32 what = (u32)rnd(12);

	say("call %u of vm %u: ipa %llx pa %llx, %llu pages", what, v, (unsigned long long)ipa, (unsigned long long)pa,
	    (unsigned long long)n);
	switch (what) {
	case 4:
		return guest_mem_private(gm) ? guest_share_host(gm, IPA(ipa)) : GZ_OK;
	case 5:
		return take_one_back(gm, v);
	case 6:
		return guest_relinquish_host(gm, IPA(ipa));
	case 7:
		return host_unshare_guest(gm, IPA(ipa), n);
	case 8:
		start_slice(gm);
		return GZ_OK;
	case 9:
		return rnd(8) ? GZ_OK : replace_slot(gm);
	case 10:
		if (rnd(20) == 0)
			die_and_be_born(gm, v);
		return GZ_OK;
	case 11:
		return give_pinned(gm, ipa, pa);
	default:
		return share_with(gm, IPA(ipa), (struct pa_range){ PA(pa), n * PAGE_SIZE });
	}
}

static void one(void)
{
	u32 v = 1 + (u32)rnd(VMS);
	u64 g = rnd(3) ? rnd(6) * 512 + (rnd(2) ? 0 : rnd(512)) : rnd(GPAGES);
	u64 n = rnd(3) ? 1 + rnd(8) : rnd(2) ? 512 : 1 + rnd(700);
	u64 p = rnd(4) ? g % PAGES : rnd(PAGES);

	n = MIN(n, PAGES - p);
	if (n == 0)
		return;
	if (rnd(5) == 0)
		starve();
	take(&before);
	if (call(&vms[v], v, IPA0 + g * PAGE_SIZE, PA0 + p * PAGE_SIZE, n))
		unchanged();
	feed();
	check();
}

static void everything_agrees(void **state)
{
	(void)state;
	rng = seed = strtoull(getenv("SEED") ? getenv("SEED") : "1", NULL, 0);
	nsteps = strtoull(getenv("STEPS") ? getenv("STEPS") : "3000", NULL, 0);
	rng = rng * 0x9e3779b97f4a7c15ull + 1;
	fixture_machine(RAM_MB * MB, 350);
	pool0 = page_pool_free_pages();
	for (u32 v = 1; v <= VMS; v++)
		make(v);
	memset(was, OWN_HOST, sizeof(was));
	for (step = 0; step < nsteps; step++) {
		shim_events_clear();
		one();
	}
	for (u32 v = 1; v <= VMS; v++)
		fixture_destroy(&vms[v], 512);
	assert_int_equal(page_pool_free_pages(), pool0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(everything_agrees) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
