/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/mem/own.c hyp/mem/audit.c hyp/mem/own_check.c hyp/mem/host_s2.c hyp/mem/pin.c hyp/mem/guest_s2.c hyp/mem/guest_slots.c hyp/mem/share.c hyp/mem/firmware.c hyp/mem/protect.c hyp/mem/guest_clean.c tests/host/mem_fixture.c tests/model/own_model.c */
/*
 * Job: random calls against the executable specification, compared after each.
 *      SEED=n replays one run (it is printed when one fails), STEPS=n makes it longer.
 * Never: know more of the real code than its headers; threads (test_own_fight.c).
 * Used by: make -C tests/host run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem_fixture.h"

#include "mem/host_s2.h"
#include "mem/pin.h"
#include "model/own_model.h"

#define EL2_PAGES	((HOST_BASE - RAM_BASE) / PAGE_SIZE)
#define POOL_PAGES	512
#define GPA0		((u64)MODEL_GPFN * PAGE_SIZE)
#define NASTY		UINT64_MAX

static struct model model;
static struct guest_mem vms[MODEL_VMS + 1];
static u64 rng, seed;
static u32 step;
static char doing[160];

static u64 rnd(u64 n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (rng >> 11) % n;
}

#define expect_eq(a, b) \
	do { \
		long long a_ = (long long)(a), b_ = (long long)(b); \
		if (a_ != b_) \
			fail_msg("SEED=%llu step %u: %s: %s is %lld, the specification says %lld", \
				 (unsigned long long)seed, step, doing, #a, a_, b_); \
	} while (0)

#define say(...) snprintf(doing, sizeof(doing), __VA_ARGS__)

static int status(enum gz_err err)
{
	static const int of[GZ_ERR_NR] = {
		[GZ_OK] = GZ_ST_OK, [GZ_EINVAL] = GZ_ST_INVALID_ARGS, [GZ_ENOENT] = GZ_ST_NOT_FOUND,
		[GZ_EEXIST] = GZ_ST_ALREADY_EXISTS, [GZ_ENOMEM] = GZ_ST_NO_MEMORY, [GZ_EPERM] = GZ_ST_ACCESS_DENIED,
		[GZ_EBUSY] = GZ_ST_NOT_READY, [GZ_ESTATE] = -1000, [GZ_ERANGE] = GZ_ST_OUT_OF_RANGE,
		[GZ_EFAULT] = GZ_ST_FAULT, [GZ_EAGAIN] = GZ_ST_BUSY,
	};

	return of[err];
}

/* One page of RAM and what the records say of it. */
static void compare_page(u64 pfn)
{
	static const enum own_state want[] = {
		[MODEL_EL2] = OWN_HYP, [MODEL_HOST] = OWN_HOST, [MODEL_HOST_AND_EL2] = OWN_HOST_SHARED_HYP,
		[MODEL_HOST_AND_GUEST] = OWN_HOST_SHARED_GUEST, [MODEL_GUEST] = OWN_GUEST,
		[MODEL_GUEST_AND_HOST] = OWN_GUEST_SHARED_HOST,
	};
	const struct model_page *p = &model.page[pfn];
	pa_t pa = PA(RAM_BASE + pfn * PAGE_SIZE);

	expect_eq(own_state_of(pa), want[p->owner]);
	expect_eq(own_peer_of(pa), p->vm);
	expect_eq(own_pins_of(pa), p->pins);
	expect_eq(host_s2_allows(IPA(pa.v), true, true), p->owner != MODEL_EL2 && p->owner != MODEL_GUEST);
}

static void compare_backing(u16 vm, u64 gpage)
{
	u64 gpa = GPA0 + gpage * PAGE_SIZE;
	struct pg_leaf leaf = pgtable_walk(&vms[vm].s2, gpa);
	s64 real = leaf.valid ? (s64)((leaf.pa.v + gpa % leaf.size - RAM_BASE) / PAGE_SIZE) : -1;

	expect_eq(real, model_backing(&model, vm, gpa));
}

static void compare_counts(void)
{
	u64 count[6] = { 0 };

	for (u32 i = 0; i < MODEL_PAGES; i++)
		count[model.page[i].owner]++;
	expect_eq(own_count(OWN_HYP), count[MODEL_EL2]);
	expect_eq(own_count(OWN_HOST), count[MODEL_HOST]);
	expect_eq(own_count(OWN_HOST_SHARED_HYP), count[MODEL_HOST_AND_EL2]);
	expect_eq(own_count(OWN_HOST_SHARED_GUEST), count[MODEL_HOST_AND_GUEST]);
	expect_eq(own_count(OWN_GUEST), count[MODEL_GUEST]);
	expect_eq(own_count(OWN_GUEST_SHARED_HOST), count[MODEL_GUEST_AND_HOST]);
	for (u16 v = 1; v <= MODEL_VMS; v++) {
		if (model.vm[v].alive) {
			expect_eq(vms[v].shared_pages, model_shared_pages(&model, v));
			expect_eq(vms[v].donated_pages, model_donated_pages(&model, v));
		}
		for (u32 i = 0; model.vm[v].alive && i < GZ_MAX_SLOTS; i++) {
			const struct model_slot *s = &model.vm[v].slot[i];
			struct mem_slot real;

			if (!s->used || !guest_mem_slot_of(&vms[v], IPA(s->gfn * PAGE_SIZE), &real))
				continue;
			expect_eq(real.id, s->id);
			expect_eq(real.pages, s->pages);
			expect_eq(real.flags, s->flags);
		}
	}
}

static void compare_all(void)
{
	for (u64 i = 0; i < MODEL_PAGES; i++)
		compare_page(i);
	for (u16 v = 1; v <= MODEL_VMS; v++)
		for (u64 i = 0; model.vm[v].alive && i < MODEL_GPAGES; i++)
			compare_backing(v, i);
	compare_counts();
}

static void compare_some(u16 vm, u64 gpa, u64 pa, u64 pages)
{
	for (u64 i = 0; i < 24; i++) {
		u64 k = i < 4 ? i : pages + 3 - i % 8 - rnd(pages + 1) * (i > 12);
		u64 g = (gpa - GPA0) / PAGE_SIZE + k, p = (pa - RAM_BASE) / PAGE_SIZE + k;

		if (g < MODEL_GPAGES && model.vm[vm].alive)
			compare_backing(vm, g);
		if (p < MODEL_PAGES)
			compare_page(p);
	}
	expect_eq(bbm_violations(), 0);
	expect_eq(bbm_unclean(), 0);
}

static u64 pick_pages(void)
{
	static const u64 odd[] = { 0, 1, 511, 512, 513, 1024, BIT(28), BIT(40), BIT(52), NASTY };

	if (rnd(12) == 0)
		return odd[rnd(ARRAY_SIZE(odd))];
	return rnd(3) ? 1 + rnd(20) : 1 + rnd(1100);
}

static u64 pick_gpa(void)
{
	static const u64 odd[] = { 0, BIT(40) - PAGE_SIZE, BIT(40), GPA0 + 1, GPA0 - PAGE_SIZE,
				   GPA0 + MODEL_GPAGES * PAGE_SIZE, NASTY & ~0xfffull, NASTY };

	if (rnd(25) == 0)
		return odd[rnd(ARRAY_SIZE(odd))];
	return GPA0 + rnd(rnd(3) ? 8 : MODEL_GPAGES / 512) * BLOCK_SIZE + (rnd(2) ? rnd(512) * PAGE_SIZE : 0);
}

/* Often the page that would lie at gpa if the guest were one contiguous piece: blocks and repeats happen. */
static u64 pick_pa(u64 gpa)
{
	static const u64 odd[] = { 0, RAM_BASE, POOL_BASE, RAM_BASE - PAGE_SIZE, HOST_BASE - PAGE_SIZE,
				   RAM_BASE + MODEL_PAGES * PAGE_SIZE, HOST_BASE + 1, BIT(48), NASTY & ~0xfffull, NASTY };

	if (rnd(25) == 0)
		return odd[rnd(ARRAY_SIZE(odd))];
	if (rnd(4) && gpa >= GPA0)
		return HOST_BASE + (gpa - GPA0) % (8 * BLOCK_SIZE);
	return HOST_BASE + rnd(MODEL_PAGES - EL2_PAGES) * PAGE_SIZE;
}

static void do_share(u16 vm)
{
	u64 gpa = pick_gpa(), pages = rnd(4) == 0 ? 512 : pick_pages(), pa = pick_pa(gpa);
	struct pa_range r = { PA(pa), pages * PAGE_SIZE };
	bool starved = rnd(6) == 0;
	enum gz_err err;

	say("share vm %u gpa %#llx pa %#llx pages %llu", vm, (unsigned long long)gpa, (unsigned long long)pa,
	    (unsigned long long)pages);
	if (starved)
		vms[vm].quota.limit = vms[vm].quota.used + (u32)rnd(3);
	err = share_with(&vms[vm], IPA(gpa), r);
	vms[vm].quota.limit = 0;
	/* Tables are no business of the specification; being short of them changes nothing. */
	if (!(starved && err == GZ_ENOMEM))
		expect_eq(status(err), model_share(&model, vm, gpa, pa, pages * PAGE_SIZE));
	compare_some(vm, gpa, pa, MIN(pages, 2000));
}

static void do_unshare(u16 vm)
{
	u64 gpa = pick_gpa(), pages = pick_pages();
	bool starved = rnd(6) == 0;
	enum gz_err err;

	say("unshare vm %u gpa %#llx pages %llu", vm, (unsigned long long)gpa, (unsigned long long)pages);
	if (starved)
		vms[vm].quota.limit = vms[vm].quota.used;
	err = host_unshare_guest(&vms[vm], IPA(gpa), pages);
	vms[vm].quota.limit = 0;
	if (!(starved && err == GZ_ENOMEM))
		expect_eq(status(err), model_unshare(&model, vm, gpa, pages));
	compare_some(vm, gpa, 0, MIN(pages, 2000));
}

static void do_relinquish(u16 vm)
{
	u64 gpa = pick_gpa() + rnd(2) * 8;

	say("relinquish vm %u gpa %#llx", vm, (unsigned long long)gpa);
	expect_eq(status(guest_relinquish_host(&vms[vm], IPA(gpa))), model_relinquish(&model, vm, gpa));
	compare_some(vm, gpa, 0, 1);
}

static void do_guest_share(u16 vm)
{
	u64 gpa = pick_gpa() + rnd(8) * PAGE_SIZE;
	bool shared = rnd(2);

	say("%sshare by guest %u gpa %#llx", shared ? "" : "un", vm, (unsigned long long)gpa);
	expect_eq(status((shared ? guest_share_host : guest_unshare_host)(&vms[vm], IPA(gpa))),
		  model_guest_share(&model, vm, gpa, shared));
	compare_some(vm, gpa, 0, 1);
}

static void do_protect(u16 vm)
{
	enum gz_err err;

	say("protect or start vm %u", vm);
	if (rnd(2))
		expect_eq(status(guest_mem_protect(&vms[vm])), model_protect(&model, vm));
	if (rnd(4))
		return;
	do
		err = guest_mem_start_slice(&vms[vm], 1 + (u32)rnd(600));
	while (err == GZ_EAGAIN);
	expect_eq(status(err), model_start(&model, vm));
	compare_all();
}

static void do_register(u16 vm)
{
	u64 gpa = rnd(2) ? GPA0 + rnd(8) * BLOCK_SIZE : pick_gpa(), pages = rnd(2) ? 512 + rnd(1024) : pick_pages();
	u32 id = (u32)rnd(6), flags = (u32)rnd(10);
	bool real = false, want = false;

	/* The specification follows pages in its window only: good slots lie inside it. */
	if (gpa < GPA0 || pages > MODEL_GPAGES || gpa + pages * PAGE_SIZE > GPA0 + MODEL_GPAGES * PAGE_SIZE)
		pages = gpa < BIT(40) && pages < BIT(28) ? 0 : pages;
	if (gpa == 0)
		pages += BIT(40);
	say("register vm %u slot %u gpa %#llx pages %llu", vm, id, (unsigned long long)gpa, (unsigned long long)pages);
	if (rnd(2))
		expect_eq(status(guest_mem_purpose(&vms[vm], IPA(gpa), pages * PAGE_SIZE, flags)),
			  model_purpose(&model, vm, gpa, pages * PAGE_SIZE, flags));
	expect_eq(status(guest_mem_register(&vms[vm], id, IPA(gpa), pages, &real)),
		  model_register(&model, vm, id, gpa, pages, &want));
	expect_eq(real, want);
}

static void do_remove_slot(u16 vm)
{
	u32 id = (u32)rnd(7);
	enum gz_err err;

	say("remove slot %u of vm %u", id, vm);
	do
		err = guest_mem_remove_slot_slice(&vms[vm], id);
	while (err == GZ_EAGAIN);
	expect_eq(status(err), model_remove_slot(&model, vm, id));
	compare_some(vm, GPA0, HOST_BASE, 1000);
}

static void do_pin(void)
{
	u64 pa = pick_pa(pick_gpa()) + rnd(2) * 16;

	if (model_pinned(&model, pa) && rnd(2)) {
		say("unpin %#llx", (unsigned long long)pa);
		host_unshare_hyp(PA(pa));
		model_unpin(&model, pa);
	} else {
		say("pin %#llx", (unsigned long long)pa);
		expect_eq(status(host_share_hyp(PA(pa))), model_pin(&model, pa));
	}
	compare_some(1, 0, pa, 1);
}

static void do_copy(void)
{
	u64 pa = pick_pa(pick_gpa());
	u32 len = (u32)rnd(40), off = (u32)(pa % PAGE_SIZE);
	u8 buf[64];
	int want, got;

	say("read %#llx len %u", (unsigned long long)pa, len);
	got = status(host_page_read(PA(pa), buf, len));
	want = model_pin(&model, pa);
	if (want == GZ_ST_OK)
		model_unpin(&model, pa);
	if (want == GZ_ST_ACCESS_DENIED)
		want = GZ_ST_FAULT;
	if (len == 0 || len > PAGE_SIZE - off)
		want = GZ_ST_INVALID_ARGS;
	expect_eq(got, want);
	compare_some(1, 0, pa, 1);
}

static void do_death_and_birth(u16 vm)
{
	say("destroy and create vm %u", vm);
	fixture_destroy(&vms[vm], 1 + (u32)rnd(600));
	model_destroy(&model, vm);
	compare_all();
	fixture_guest(&vms[vm], vm, 0);
	model_create(&model, vm);
}

static void one_step(void)
{
	u16 vm = (u16)(1 + rnd(MODEL_VMS));
	u64 what = rnd(100);

	if (what < 40)
		do_share(vm);
	else if (what < 49)
		do_guest_share(vm);
	else if (what < 50)
		do_protect(vm);
	else if (what < 65)
		do_unshare(vm);
	else if (what < 75)
		do_relinquish(vm);
	else if (what < 85)
		do_register(vm);
	else if (what < 88)
		do_remove_slot(vm);
	else if (what < 95)
		do_pin();
	else if (what < 99)
		do_copy();
	else
		do_death_and_birth(vm);
}

static void begin(u64 with_seed)
{
	seed = with_seed;
	rng = seed * 0x9e3779b97f4a7c15ull + 1;
	fixture_no_fwb = seed % 2 == 0;
	fixture_machine(MODEL_PAGES * PAGE_SIZE, POOL_PAGES);
	shim_log_on = false;
	model_init(&model, RAM_BASE / PAGE_SIZE, EL2_PAGES);
	for (u16 v = 1; v <= MODEL_VMS; v++) {
		fixture_guest(&vms[v], v, 0);
		model_create(&model, v);
	}
}

static u64 env(const char *name, u64 otherwise)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 0) : otherwise;
}

static void random__one_thread__as_specified(void **state)
{
	u64 first = env("SEED", 1), last = env("SEED", 8), steps = env("STEPS", 3000);

	(void)state;
	for (u64 s = first; s <= last; s++) {
		u64 pool_free;

		begin(s);
		pool_free = page_pool_free_pages();
		for (step = 0; step < steps; step++) {
			one_step();
			if (step % 500 == 0)
				compare_all();
		}
		compare_all();
		for (u16 v = 1; v <= MODEL_VMS; v++) {
			fixture_destroy(&vms[v], 512);
			model_destroy(&model, v);
		}
		compare_all();
		/* Three roots of two pages are back too. */
		expect_eq(page_pool_free_pages(), pool_free + MODEL_VMS * 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random__one_thread__as_specified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
