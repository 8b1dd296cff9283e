/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/hvc/ hyp/run/ hyp/vm/ hyp/irq/ hyp/timer/ hyp/mem/ hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/arch/aarch64/el1_regs.c hyp/arch/aarch64/inject.c hyp/arch/aarch64/fpsimd.c hyp/arch/aarch64/cpu_init.c tests/host/gic_model.c tests/host/mem_fixture.c tests/host/run_fixture.c */
/*
 * Job: two callers that fill one VM by different lists at once: one call at a time, and all or nothing for each.
 * Never: what a single list may say (test_vm.c).
 * Used by: make -C tests/host run.
 */
#include "run_fixture.h"

#include <pthread.h>

#include "vm/vm.h"

#define PAGES	2000

/* Two slots, a list of host pages for each. bad: the last page of the first list is EL2's. */
struct two { u16 vm; u64 list[2]; };

static void fill_list(const struct two *t, u32 i, bool bad)
{
	struct gz_memregion *m = host_ptr(t->list[i]);
	u64 pa = GUEST_RAM_PA + i * 16 * MB;

	*m = (struct gz_memregion){ .slot = i, .gpa = RAM_IPA + i * 0x10000000, .total_pages = PAGES,
				    .constituent_count = 2 };
	m->constituents[0] = (struct gz_mem_constituent){ pa, PAGES - 1, 0 };
	m->constituents[1] = (struct gz_mem_constituent){ bad ? POOL_BASE : pa + (PAGES - 1) * PAGE_SIZE, 1, 0 };
}

static struct two two_lists(bool bad)
{
	struct two t = { make_bare_vm(), { LIST_PA, LIST_PA + 2 * PAGE_SIZE } };

	for (u32 i = 0; i < 2; i++) {
		fill_list(&t, i, bad && i == 0);
		assert_int_equal(hvc(GZ_FN_SET_MEMREGION, t.vm, GZ_MEMREGION_BUF_BYTES, t.list[i], 0).st, 0);
	}
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), 0);
	return t;
}

static enum gz_err step(const struct two *t, u32 i)
{
	struct vm *vm = vm_get(t->vm);
	enum gz_err err = vm_set_memregion(vm, PA(t->list[i]), GZ_MEMREGION_BUF_BYTES);

	vm_put(vm);
	return err;
}

/* A slice of each in turn until both have ended. */
static void take_turns(const struct two *t, enum gz_err err[2])
{
	err[0] = err[1] = GZ_EAGAIN;
	for (u32 n = 0; err[0] == GZ_EAGAIN || err[1] == GZ_EAGAIN; n++) {
		assert_in_range(n, 0, 100);
		for (u32 i = 0; i < 2; i++)
			if (err[i] == GZ_EAGAIN)
				err[i] = step(t, i);
	}
}

static void fill__two_lists_in_turns__both_done(void **state)
{
	struct two t = two_lists(false);
	enum gz_err err[2];

	(void)state;
	take_turns(&t, err);
	assert_int_equal(err[0], GZ_OK);
	assert_int_equal(err[1], GZ_OK);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), 2 * PAGES);
}

static void fill__one_of_two_fails__only_its_pages_go(void **state)
{
	struct two t = two_lists(true);
	enum gz_err err[2];

	(void)state;
	take_turns(&t, err);
	assert_int_equal(err[0], GZ_EPERM);
	assert_int_equal(err[1], GZ_OK);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), PAGES);
	assert_int_equal(hvc5(GZ_FN_MAP_GUEST, t.vm, 1, (GUEST_RAM_PA + 16 * MB) >> 12, (RAM_IPA + 0x10000000) >> 12, 1).st, 0);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), PAGES);
}

static void fill__caller_never_comes_back__undone_for_the_next(void **state)
{
	struct two t = two_lists(false);

	(void)state;
	assert_int_equal(step(&t, 0), GZ_EAGAIN);
	assert_int_equal(step(&t, 0), GZ_EAGAIN);
	assert_in_range(own_count(OWN_HOST_SHARED_GUEST), 600, PAGES - 1);
	assert_int_equal(hvc(GZ_FN_SET_MEMREGION, t.vm, GZ_MEMREGION_BUF_BYTES, t.list[1], 0).st, 0);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), PAGES);
	/* It was only slow: from its beginning then. */
	assert_int_equal(hvc(GZ_FN_SET_MEMREGION, t.vm, GZ_MEMREGION_BUF_BYTES, t.list[0], 0).st, 0);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), 2 * PAGES);
}

static void fill__caller_back_while_being_undone__starts_anew(void **state)
{
	struct two t = two_lists(false);
	u64 mapped;

	(void)state;
	for (u32 i = 0; i < 3; i++)
		assert_int_equal(step(&t, 0), GZ_EAGAIN);
	mapped = own_count(OWN_HOST_SHARED_GUEST);
	for (u32 n = 0; own_count(OWN_HOST_SHARED_GUEST) == mapped; n++) {
		assert_in_range(n, 0, 10000);
		assert_int_equal(step(&t, 1), GZ_EAGAIN);
	}
	assert_int_equal(hvc(GZ_FN_SET_MEMREGION, t.vm, GZ_MEMREGION_BUF_BYTES, t.list[0], 0).st, 0);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), PAGES);
	assert_int_equal(hvc(GZ_FN_SET_MEMREGION, t.vm, GZ_MEMREGION_BUF_BYTES, t.list[1], 0).st, 0);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), 2 * PAGES);
}

struct filler { const struct two *t; u32 i; enum gz_err err; };

static void *filler(void *arg)
{
	struct filler *f = arg;

	fixture_regs(true);
	do
		f->err = step(f->t, f->i);
	while (f->err == GZ_EAGAIN);
	return NULL;
}

static void fill__two_threads_one_fails__each_all_or_nothing(void **state)
{
	(void)state;
	for (u32 round = 0; round < 50; round++) {
		struct two t = two_lists(true);
		struct filler f[2] = { { &t, 0, GZ_OK }, { &t, 1, GZ_OK } };
		pthread_t id[2];

		for (u32 i = 0; i < 2; i++)
			assert_int_equal(pthread_create(&id[i], NULL, filler, &f[i]), 0);
		for (u32 i = 0; i < 2; i++)
			pthread_join(id[i], NULL);
		assert_int_equal(f[0].err, GZ_EPERM);
		assert_int_equal(f[1].err, GZ_OK);
		assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), PAGES);
		assert_int_equal(hvc(GZ_FN_DESTROY_VM, t.vm, 0, 0, 0).st, 0);
		assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), 0);
	}
}

#define T(f) cmocka_unit_test_setup(f, run_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(fill__two_lists_in_turns__both_done),
		T(fill__one_of_two_fails__only_its_pages_go),
		T(fill__caller_never_comes_back__undone_for_the_next),
		T(fill__caller_back_while_being_undone__starts_anew),
		T(fill__two_threads_one_fails__each_all_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
