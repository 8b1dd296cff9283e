/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/mem/own.c hyp/mem/audit.c hyp/mem/own_check.c hyp/mem/host_s2.c hyp/mem/pin.c hyp/mem/guest_s2.c hyp/mem/guest_slots.c hyp/mem/share.c hyp/mem/firmware.c hyp/mem/protect.c hyp/mem/guest_clean.c tests/host/mem_fixture.c */
/*
 * Job: moves of the same pages from several threads, and what must hold whoever was first. STEPS=n, SEED=n.
 * Never: say what a single call answers (test_own_random.c).
 * Used by: make -C tests/host run.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mem_fixture.h"

#include "mem/host_s2.h"
#include "mem/pin.h"
#include "model/own_model.h"

#define RAM_PAGES	MODEL_PAGES
#define VMS		MODEL_VMS
#define EL2_PAGES	((HOST_BASE - RAM_BASE) / PAGE_SIZE)
#define POOL_PAGES	512
#define GPA0		((u64)MODEL_GPFN * PAGE_SIZE)

static struct guest_mem vms[VMS + 1];

static u64 env(const char *name, u64 otherwise)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 0) : otherwise;
}

/*
 * Threads fight for the same pages. What each call answers depends on who was first, so what is checked is what must
 * hold whoever was: a shared page is in exactly one table, once, and in that of its peer; sums are right; pins are ours.
 */
#define THREADS 4

struct fighter { pthread_t id; u32 n; u64 rng; u32 pins, held; u64 pinned[64]; };

static u64 frnd(struct fighter *f, u64 n)
{
	f->rng = f->rng * 6364136223846793005ull + 1442695040888963407ull;
	return (f->rng >> 33) % n;
}

static void fight_pins(struct fighter *f, u64 pa)
{
	if (f->held && frnd(f, 2)) {
		host_unshare_hyp(PA(f->pinned[--f->held]));
	} else if (f->held < ARRAY_SIZE(f->pinned) && host_share_hyp(PA(pa)) == GZ_OK) {
		f->pinned[f->held++] = pa;
		f->pins++;
	}
}

static void *fight(void *arg)
{
	struct fighter *f = arg;
	u64 steps = env("STEPS", 3000);

	shim_cpu(f->n);
	fixture_regs(true);
	for (u64 i = 0; i < steps; i++) {
		struct guest_mem *gm = &vms[1 + frnd(f, VMS)];
		u64 at = frnd(f, 1024), pages = frnd(f, 8) ? 1 + frnd(f, 8) : 512;
		u64 pa = HOST_BASE + (frnd(f, 8) ? at : frnd(f, 1024)) * PAGE_SIZE;
		enum gz_err err = GZ_OK;

		if (pages == 512)
			at &= ~511ull, pa = HOST_BASE + at * PAGE_SIZE;
		switch (frnd(f, 8)) {
		case 0: case 1: case 2:
			err = share_with(gm, IPA(GPA0 + at * PAGE_SIZE), (struct pa_range){ PA(pa), pages * PAGE_SIZE });
			break;
		case 3:
			err = host_unshare_guest(gm, IPA(GPA0 + at * PAGE_SIZE), pages);
			break;
		case 4:
			err = guest_relinquish_host(gm, IPA(GPA0 + at * PAGE_SIZE));
			break;
		case 5:
			err = guest_share_host(gm, IPA(GPA0 + at * PAGE_SIZE));
			break;
		case 6:
			err = guest_unshare_host(gm, IPA(GPA0 + at * PAGE_SIZE));
			break;
		default:
			fight_pins(f, pa);
		}
		if (err == GZ_ENOMEM || (err == GZ_ESTATE && gm != &vms[1]))
			return (void *)(uintptr_t)err;
	}
	while (f->held)
		host_unshare_hyp(PA(f->pinned[--f->held]));
	return NULL;
}

static u16 seen[RAM_PAGES];

static enum gz_err see_leaf(u64 addr, struct pg_leaf leaf, void *arg)
{
	(void)addr;
	for (u64 i = 0; i < leaf.size; i += PAGE_SIZE) {
		u64 page = (leaf.pa.v + i - RAM_BASE) / PAGE_SIZE;

		assert_int_equal(seen[page], 0);
		seen[page] = *(u16 *)arg;
	}
	return GZ_OK;
}

static void check_peace(void)
{
	u64 shared = 0;

	memset(seen, 0, sizeof(seen));
	for (u16 v = 1; v <= VMS; v++)
		assert_int_equal(pgtable_for_each(&vms[v].s2, 0, BIT(40), see_leaf, &v), GZ_OK);
	for (u64 i = EL2_PAGES; i < RAM_PAGES; i++) {
		pa_t pa = PA(RAM_BASE + i * PAGE_SIZE);

		if (seen[i] == 1)
			assert_true(own_state_of(pa) == OWN_GUEST || own_state_of(pa) == OWN_GUEST_SHARED_HOST);
		else
			assert_int_equal(own_state_of(pa), seen[i] ? OWN_HOST_SHARED_GUEST : OWN_HOST);
		assert_int_equal(own_peer_of(pa), seen[i]);
		assert_int_equal(host_s2_allows(IPA(pa.v), true, true), own_state_of(pa) != OWN_GUEST);
		shared += seen[i] > 1;
	}
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), shared);
	assert_int_equal(vms[2].shared_pages + vms[3].shared_pages, shared);
	assert_int_equal(own_count(OWN_GUEST), vms[1].donated_pages);
	assert_int_equal(own_count(OWN_GUEST_SHARED_HOST), vms[1].shared_pages);
	assert_int_equal(own_count(OWN_HOST), RAM_PAGES - EL2_PAGES - shared - vms[1].donated_pages - vms[1].shared_pages);
}

static void threads__same_pages__invariants_hold(void **state)
{
	struct fighter f[THREADS];
	u32 pins = 0;

	(void)state;
	fixture_machine(RAM_PAGES * PAGE_SIZE, POOL_PAGES);
	shim_log_on = false;
	for (u16 v = 1; v <= VMS; v++)
		fixture_guest(&vms[v], v, 0);
	shim_yield_every = 3;
	for (u16 v = 1; v <= VMS; v++)
		fixture_slot(&vms[v], 0, GPA0, 2048);
	assert_int_equal(guest_mem_protect(&vms[1]), GZ_OK);
	while (guest_mem_start_slice(&vms[1], 512) == GZ_EAGAIN)
		;
	memset(f, 0, sizeof(f));
	for (u32 i = 0; i < THREADS; i++) {
		f[i].n = i;
		f[i].rng = env("SEED", 1) * 977 + i;
		assert_int_equal(pthread_create(&f[i].id, NULL, fight, &f[i]), 0);
	}
	for (u32 i = 0; i < THREADS; i++) {
		void *err;

		assert_int_equal(pthread_join(f[i].id, &err), 0);
		assert_int_equal((uintptr_t)err, 0);
		pins += f[i].pins;
	}
	assert_true(pins > 0);
	check_peace();
	assert_bbm_good();
	for (u16 v = 1; v <= VMS; v++)
		fixture_destroy(&vms[v], 512);
	assert_bbm_good();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads__same_pages__invariants_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
