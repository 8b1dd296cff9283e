/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/hvc/ hyp/run/ hyp/vm/ hyp/irq/ hyp/timer/ hyp/mem/ hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/arch/aarch64/el1_regs.c hyp/arch/aarch64/inject.c hyp/arch/aarch64/fpsimd.c hyp/arch/aarch64/cpu_init.c tests/host/gic_model.c tests/host/mem_fixture.c tests/host/run_fixture.c tests/host/private_fixture.c */
/*
 * Job: a host that wants to be told what a protected guest shares: each answer it can give, true or not, and none.
 * Never: what happens without its wish (test_private.c).
 * Used by: make -C tests/host run.
 */
#include <string.h>

#include "private_fixture.h"

#include "hvc/dispatch.h"
#include "mem/own.h"

static u16 make_told(u32 vcpus)
{
	u16 vm = make_protected(vcpus);
	u64 x[18] = { GZ_HVC_ID(GZ_FN_ENABLE_CAP), vm, GZ_CAP_PROTECTED_VM, GZ_PVM_SET_PROTECTED, 0, 0, 0, GZ_PVM_TELL_VIEWS };

	assert_int_equal(hvc_dispatch(x), HVC_DONE);
	assert_int_equal(x[0], 0);
	run(vm, 0);
	return vm;
}

static u64 view(u16 vm, u32 page)
{
	struct res r = hvc(GZ_FN_EXT_VIEW, vm, PAGE_N(page) >> PAGE_SHIFT, 0, 0);

	assert_int_equal(r.st, 0);
	return r.x1;
}

/* The exit that tells of pages, and nothing else. */
static void expect_told(u16 vm, u64 fn, u32 page, u64 count, u64 told)
{
	const u64 *args = run_page(0)->hypercall.args;

	assert_int_equal(guest_call(vm, fn, PAGE_N(page), count, 0), GZ_EXIT_HYPERCALL);
	assert_int_equal(args[0], fn);
	assert_int_equal(args[1], PAGE_N(page));
	assert_int_equal(args[2], told);
	for (u32 i = 3; i < ARRAY_SIZE(run_page(0)->hypercall.args); i++)
		assert_int_equal(args[i], 0);
}

/* The guest goes on: its answer, whatever the host has left in the run page. */
static void expect_answer(u16 vm, s64 x0, u64 x1)
{
	memset(run_page(0)->hypercall.args, 0x11, sizeof(run_page(0)->hypercall.args));
	guest_entries = 0;
	guest = guest_host_irq;
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	assert_int_equal((s64)vcpu_of(vm, 0)->ctx.x[0], x0);
	assert_int_equal(vcpu_of(vm, 0)->ctx.x[1], x1);
	assert_int_equal(vcpu_of(vm, 0)->ctx.x[2] | vcpu_of(vm, 0)->ctx.x[3], 0);
}

static void told__share__done_and_then_told(void **state)
{
	u16 vm = make_told(1);

	(void)state;
	assert_int_equal(view(vm, 3), GZ_VIEW_GUEST);
	expect_told(vm, VENDOR_HYP_MEM_SHARE, 3, 0, 1);
	assert_true(host_sees(3));
	assert_int_equal(view(vm, 3), GZ_VIEW_BOTH);
	/* It is no exit of MEM_UNSHARE. */
	assert_int_equal(hvc(GZ_FN_EXT_UNSHARE, GZ_TUPLE(vm, 0), 1, 0, 0).st, GZ_ST_INVALID_ARGS);
	expect_answer(vm, 0, 1);
	expect_told(vm, VENDOR_HYP_MEM_SHARE, 10, 100, 32);
	expect_answer(vm, 0, 32);
	expect_told(vm, VENDOR_HYP_MEM_SHARE, 1, 8, 2);		/* ends before page 3 */
	expect_answer(vm, 0, 2);
	/* What is refused is not told. */
	assert_int_equal(answer(vm, VENDOR_HYP_MEM_SHARE, PAGE_N(3), 0, 0), SMCCC_INVALID_PARAMETER);
	assert_int_equal(answer(vm, VENDOR_HYP_MEM_SHARE, PAGE_N(9) + 8, 0, 0), SMCCC_INVALID_PARAMETER);
	assert_int_equal(answer(vm, VENDOR_HYP_MEM_SHARE, PAGE_N(9), 0, 1), SMCCC_INVALID_PARAMETER);
}

static void told__unshare__as_many_as_the_host_says(void **state)
{
	static const struct { u64 said, done; } cases[] = { { 0, 0 }, { 1, 1 }, { 4, 3 }, { 5, 3 }, { UINT64_MAX, 3 } };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		u16 vm = make_told(1);
		struct res r;

		expect_told(vm, VENDOR_HYP_MEM_SHARE, 10, 3, 3);
		/* Asked for four, the last of which is not shared. */
		expect_told(vm, VENDOR_HYP_MEM_UNSHARE, 10, 4, 4);
		assert_true(host_sees(10) && host_sees(12));
		r = hvc(GZ_FN_EXT_UNSHARE, GZ_TUPLE(vm, 0), cases[i].said, 0, 0);
		assert_int_equal(r.st, 0);
		assert_int_equal(r.x1, cases[i].done);
		for (u32 p = 0; p < 3; p++) {
			assert_int_equal(host_sees(10 + p), p >= cases[i].done);
			assert_int_equal(view(vm, 10 + p), p >= cases[i].done ? GZ_VIEW_BOTH : GZ_VIEW_GUEST);
		}
		/* Once. */
		assert_int_equal(hvc(GZ_FN_EXT_UNSHARE, GZ_TUPLE(vm, 0), 3, 0, 0).st, GZ_ST_INVALID_ARGS);
		expect_answer(vm, cases[i].done ? 0 : SMCCC_INVALID_PARAMETER, cases[i].done);
		assert_int_equal(host_sees(12), cases[i].done < 3);
		hvc(GZ_FN_DESTROY_VCPU, GZ_TUPLE(vm, 0), 0, 0, 0);
		assert_int_equal(hvc(GZ_FN_DESTROY_VM, vm, 0, 0, 0).st, 0);
		assert_int_equal(own_count(OWN_GUEST) + own_count(OWN_GUEST_SHARED_HOST), 0);
	}
}

static void told__unshare_nobody_answers__page_stays_shared(void **state)
{
	u16 vm = make_told(2);

	(void)state;
	expect_told(vm, VENDOR_HYP_MEM_SHARE, 3, 0, 1);
	expect_told(vm, VENDOR_HYP_MEM_UNSHARE, 3, 0, 1);
	expect_answer(vm, SMCCC_INVALID_PARAMETER, 0);
	assert_true(host_sees(3));
	/* Too late; and another vCPU's, nobody's, another VM's exit it is not. */
	assert_int_equal(hvc(GZ_FN_EXT_UNSHARE, GZ_TUPLE(vm, 0), 1, 0, 0).st, GZ_ST_INVALID_ARGS);
	expect_told(vm, VENDOR_HYP_MEM_UNSHARE, 3, 0, 1);
	assert_int_equal(hvc(GZ_FN_EXT_UNSHARE, GZ_TUPLE(vm, 1), 1, 0, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_EXT_UNSHARE, GZ_TUPLE(vm, 5), 1, 0, 0).st, GZ_ST_NOT_FOUND);
	assert_int_equal(hvc(GZ_FN_EXT_UNSHARE, GZ_TUPLE(vm + 1, 0), 1, 0, 0).st, GZ_ST_NOT_FOUND);
	assert_true(host_sees(3));
	assert_int_equal(hvc(GZ_FN_EXT_UNSHARE, GZ_TUPLE(vm, 0), 1, 0, 0).x1, 1);
	assert_false(host_sees(3));
	expect_answer(vm, 0, 1);
	/* Not shared: refused without a word; not there: the host brings it first. */
	assert_int_equal(answer(vm, VENDOR_HYP_MEM_UNSHARE, PAGE_N(3), 0, 0), SMCCC_INVALID_PARAMETER);
	assert_int_equal(answer(vm, VENDOR_HYP_MEM_UNSHARE, GICD_IPA, 0, 0), SMCCC_INVALID_PARAMETER);
	assert_int_equal(guest_call(vm, VENDOR_HYP_MEM_RELINQUISH, PAGE_N(7), 0, 0), GZ_EXIT_HYPERCALL);
	assert_int_equal(view(vm, 7), GZ_VIEW_NONE);
	expect_answer(vm, 0, 0);
	assert_int_equal(guest_call(vm, VENDOR_HYP_MEM_UNSHARE, PAGE_N(7), 0, 0), GZ_EXIT_EXCEPTION);
}

/* Between the exit and the host's word another vCPU gave the page up. */
static void told__unshare_of_a_page_that_went__refused(void **state)
{
	u16 vm = make_told(1);

	(void)state;
	expect_told(vm, VENDOR_HYP_MEM_SHARE, 3, 2, 2);
	expect_told(vm, VENDOR_HYP_MEM_UNSHARE, 3, 2, 2);
	assert_int_equal(guest_relinquish_host(&vcpu_of(vm, 0)->vm->mem, IPA(PAGE_N(3))), GZ_OK);
	assert_int_equal(hvc(GZ_FN_EXT_UNSHARE, GZ_TUPLE(vm, 0), 2, 0, 0).st, GZ_ST_FAULT);
	assert_true(host_sees(3) && host_sees(4));
	expect_answer(vm, SMCCC_INVALID_PARAMETER, 0);
}

static void told__vm_ends_between_exit_and_word(void **state)
{
	u16 vm = make_told(1);

	(void)state;
	expect_told(vm, VENDOR_HYP_MEM_SHARE, 3, 0, 1);
	expect_told(vm, VENDOR_HYP_MEM_UNSHARE, 3, 0, 1);
	assert_int_equal(hvc(GZ_FN_DESTROY_VM, vm, 0, 0, 0).st, 0);
	assert_int_equal(hvc(GZ_FN_EXT_UNSHARE, GZ_TUPLE(vm, 0), 1, 0, 0).st, GZ_ST_NOT_FOUND);
	assert_int_equal(hvc(GZ_FN_EXT_VIEW, vm, PAGE_N(3) >> PAGE_SHIFT, 0, 0).st, GZ_ST_NOT_FOUND);
	assert_int_equal(own_count(OWN_GUEST) + own_count(OWN_GUEST_SHARED_HOST), 0);
	assert_true(host_sees(3));
}

static void view__of_what_is_no_page__refused(void **state)
{
	u16 vm = make_told(1), plain;

	(void)state;
	assert_int_equal(hvc(GZ_FN_EXT_VIEW, vm, GICD_IPA >> PAGE_SHIFT, 0, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_EXT_VIEW, vm, PAGE_N(VM_PAGES) >> PAGE_SHIFT, 0, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_EXT_VIEW, vm, UINT64_MAX, 0, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_EXT_VIEW, vm, BIT(52) | PAGE_N(0) >> PAGE_SHIFT, 0, 0).st, GZ_ST_INVALID_ARGS);
	plain = make_vm(1, false);
	assert_int_equal(view(plain, 0), GZ_VIEW_BOTH);
}

#define T(name) cmocka_unit_test_setup(name, run_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(told__share__done_and_then_told), T(told__unshare__as_many_as_the_host_says),
		T(told__unshare_nobody_answers__page_stays_shared), T(told__unshare_of_a_page_that_went__refused),
		T(told__vm_ends_between_exit_and_word), T(view__of_what_is_no_page__refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
