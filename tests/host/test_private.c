/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/hvc/ hyp/run/ hyp/vm/ hyp/irq/ hyp/timer/ hyp/mem/ hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/arch/aarch64/el1_regs.c hyp/arch/aarch64/inject.c hyp/arch/aarch64/fpsimd.c hyp/arch/aarch64/cpu_init.c tests/host/gic_model.c tests/host/mem_fixture.c tests/host/run_fixture.c tests/host/private_fixture.c */
/*
 * Job: a protected VM by the host interface and by its guest's calls: seal at the first RUN, registers, exits, sharing.
 * Never: the moves themselves (test_protect.c).
 * Used by: make -C tests/host run.
 */
#include "private_fixture.h"

#include "arch/aarch64/esr.h"
#include "mem/host_s2.h"

#define DEVICE		UINT64_C(0x0a000000)

static u32 guest_traps(u16 vm)
{
	guest_entries = 0;
	guest = guest_traps_once;
	return run(vm, 0);
}

static void first_run__seals__host_loses_memory_and_registers(void **state)
{
	u16 vm = make_protected(2);
	u64 tuple = GZ_TUPLE(vm, 0);

	(void)state;
	assert_true(host_sees(0));
	assert_int_equal(hvc(GZ_FN_GET_ONE_REG, tuple, CORE_PC, 0, 0).st, 0);
	run(vm, 0);
	assert_true(guest_entries > 0);
	assert_false(host_sees(0) || host_sees(VM_PAGES - 1));
	assert_int_equal(hvc(GZ_FN_GET_ONE_REG, tuple, CORE_PC, 0, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_SET_ONE_REG, tuple, CORE_PC, RAM_IPA, 0).st, GZ_ST_INVALID_ARGS);
	/* Not the other vCPU's either, which has not run. */
	assert_int_equal(hvc(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm, 1), CORE_PSTATE, 0x3c5, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_PROTECTED_VM, GZ_PVM_SET_PROTECTED, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_EXT_UNMAP_PAGES, vm, RAM_IPA >> PAGE_SHIFT, 1, 0).st, GZ_ST_INVALID_ARGS);
}

#define POOL_IPA	(RAM_IPA + VM_PAGES * PAGE_SIZE)
#define POOL_PA		UINT64_C(0x42e00000)

/* As a VMM that says which memory its devices use, and asks for nothing. */
static u16 make_with_swiotlb(void)
{
	u16 vm = make_vm(1, false);

	ram_pa = pgtable_walk(&vcpu_of(vm, 0)->vm->mem.s2, RAM_IPA).pa.v;
	assert_int_equal(hvc(GZ_FN_MEMREGION_PURPOSE, vm, POOL_IPA, 4 * PAGE_SIZE, GZ_MEM_STATIC_SWIOTLB).st, 0);
	assert_int_equal(register_slot(vm, 1, POOL_IPA, 4), 0);
	assert_int_equal(populate(vm, 1, POOL_IPA, POOL_PA, 4), 0);
	return vm;
}

static void swiotlb_slot__told_to_protect__as_if_asked(void **state)
{
	u16 vm;

	(void)state;
	for (u32 told = 0; told < 2; told++) {
		vm_protect_swiotlb = told;
		assert_int_equal(!!(hvc(GZ_FN_EXT_FEATURES, 0, 0, 0, 0).x1 & GZ_EXT_PROTECT_SWIOTLB), told);
		vm = make_with_swiotlb();
		assert_true(host_sees(0));
		run(vm, 0);
		assert_int_equal(host_sees(0), !told);
		assert_int_equal(hvc(GZ_FN_GET_ONE_REG, GZ_TUPLE(vm, 0), CORE_PC, 0, 0).st, told ? GZ_ST_INVALID_ARGS : 0);
		assert_true(host_s2_allows(IPA(POOL_PA), true, false));
		hvc(GZ_FN_DESTROY_VCPU, GZ_TUPLE(vm, 0), 0, 0, 0);
		assert_int_equal(hvc(GZ_FN_DESTROY_VM, vm, 0, 0, 0).st, 0);
	}
	/* Nothing marked, nothing changed; a mark after the first RUN comes too late to mean anything. */
	vm = make_vm(1, false);
	run(vm, 0);
	assert_int_equal(hvc(GZ_FN_MEMREGION_PURPOSE, vm, POOL_IPA, 4 * PAGE_SIZE, GZ_MEM_STATIC_SWIOTLB).st, 0);
	assert_int_equal(register_slot(vm, 1, POOL_IPA, 4), 0);
	run(vm, 0);
	assert_false(guest_mem_protected(&vcpu_of(vm, 0)->vm->mem));
	vm_protect_swiotlb = false;
}

static void swiotlb_slot__machine_is_ending__not_run_open(void **state)
{
	u16 vm = make_with_swiotlb();

	(void)state;
	vm_protect_swiotlb = true;
	guest_mem_no_more_protected(true);
	guest_entries = 0;
	assert_int_equal(run(vm, 0), GZ_EXIT_FAIL_ENTRY);
	assert_int_equal(guest_entries, 0);
	guest_mem_no_more_protected(false);
	run(vm, 0);
	assert_true(guest_entries > 0);
	assert_false(host_sees(0));
	vm_protect_swiotlb = false;
}

static void first_run__no_page_for_tables__fails_then_works(void **state)
{
	u16 vm = make_protected(1);
	static pa_t held[8192];
	u32 n = 0;

	(void)state;
	run(make_vm(1, false), 0);		/* what a CPU needs once is there */
	guest_entries = 0;
	while (n < ARRAY_SIZE(held) && page_pool_alloc(NULL, &held[n]) == GZ_OK)
		n++;
	assert_int_equal(run(vm, 0), GZ_EXIT_FAIL_ENTRY);
	assert_int_equal(vcpu_of(vm, 0)->exit.fail_entry.reason, GZ_FAIL_NO_MEMORY);
	assert_int_equal(guest_entries, 0);
	while (n)
		page_pool_free(NULL, held[--n]);
	run(vm, 0);
	assert_true(guest_entries > 0);
	assert_false(host_sees(0));
}

/* x1 as said, and nothing in x2 and x3. */
static void assert_results(u16 vm, u64 x1)
{
	const u64 *x = vcpu_of(vm, 0)->ctx.x;

	assert_int_equal(x[1], x1);
	assert_int_equal(x[2] | x[3], 0);
}

static void call__memory__by_page_and_by_range(void **state)
{
	u16 vm = make_protected(1);

	(void)state;
	assert_int_equal(answer(vm, VENDOR_HYP_FEATURES_ID, 0, 0, 0), VENDOR_FEATURES_PROTECTED);
	assert_int_equal(answer(vm, VENDOR_HYP_MEMINFO, 0, 0, 0), PAGE_SIZE);
	assert_results(vm, 1);
	for (u32 i = 1; i < 4; i++)
		assert_int_equal(answer(vm, VENDOR_HYP_MEMINFO, i == 1, i == 2, i == 3), SMCCC_INVALID_PARAMETER);
	assert_results(vm, 0);
	assert_int_equal(answer(vm, VENDOR_HYP_MEM_SHARE, PAGE_N(3), 0, 0), 0);
	assert_results(vm, 1);
	assert_true(host_sees(3) && !host_sees(2) && !host_sees(4));
	assert_int_equal(answer(vm, VENDOR_HYP_MEM_UNSHARE, PAGE_N(3), 0, 0), 0);
	assert_results(vm, 1);
	assert_int_equal(answer(vm, VENDOR_HYP_MEM_UNSHARE, PAGE_N(3), 0, 7), SMCCC_INVALID_PARAMETER);
	assert_results(vm, 0);
	assert_false(host_sees(3));
	/* A range is done in parts; one that meets a shared page ends before it. */
	assert_int_equal(answer(vm, VENDOR_HYP_MEM_SHARE, PAGE_N(20), 1, 0), 0);
	assert_int_equal(answer(vm, VENDOR_HYP_MEM_SHARE, PAGE_N(10), 100, 0), 0);
	assert_int_equal(vcpu_of(vm, 0)->ctx.x[1], 10);
	assert_int_equal(answer(vm, VENDOR_HYP_MEM_UNSHARE, PAGE_N(10), 11, 0), 0);
	assert_int_equal(vcpu_of(vm, 0)->ctx.x[1], 11);
	assert_int_equal(answer(vm, VENDOR_HYP_MEM_SHARE, PAGE_N(100), UINT64_MAX, 0), 0);
	assert_int_equal(vcpu_of(vm, 0)->ctx.x[1], 32);
	assert_int_equal(answer(vm, VENDOR_HYP_MEM_SHARE, PAGE_N(0), 0, 1), SMCCC_INVALID_PARAMETER);
	assert_int_equal(answer(vm, VENDOR_HYP_MEM_SHARE, PAGE_N(0) + 8, 0, 0), SMCCC_INVALID_PARAMETER);
	assert_int_equal(answer(vm, VENDOR_HYP_MEM_SHARE, ~UINT64_C(0xfff), 2, 0), SMCCC_INVALID_PARAMETER);
	assert_int_equal(answer(vm, VENDOR_HYP_MEM_SHARE, GICD_IPA, 0, 0), SMCCC_INVALID_PARAMETER);
	/* The host's clock would be the host's word. */
	assert_int_equal(answer(vm, VENDOR_HYP_PTP_ID, 0, 0, 0), SMCCC_NOT_SUPPORTED);
}

static void call__memory_of_unprotected_vm__not_supported(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	run(vm, 0);
	assert_int_equal(answer(vm, VENDOR_HYP_FEATURES_ID, 0, 0, 0), VENDOR_FEATURES_UNPROTECTED);
	assert_int_equal(answer(vm, VENDOR_HYP_MEMINFO, 0, 0, 0), SMCCC_NOT_SUPPORTED);
	assert_int_equal(answer(vm, VENDOR_HYP_MEM_SHARE, PAGE_N(3), 0, 0), SMCCC_NOT_SUPPORTED);
	for (u64 fn = VENDOR_HYP_MMIO_GUARD_INFO; fn <= VENDOR_HYP_MMIO_RGUARD_UNMAP; fn++) {
		if (fn == VENDOR_HYP_MEM_RELINQUISH)
			continue;
		assert_int_equal(answer(vm, fn, DEVICE, 1, 0), SMCCC_NOT_SUPPORTED);
	}
	dabt(DEVICE + 8, 2, 5, true);
	assert_int_equal(guest_traps(vm), GZ_EXIT_MMIO);
}

/* An abort in the guest, and nothing for the host. */
static void expect_abort(u16 vm)
{
	struct vcpu *v = vcpu_of(vm, 0);
	struct gz_run_page before = *run_page(0);
	u64 pc = v->ctx.pc;

	v->ctx.el1[R_ELR] = 0;
	assert_int_equal(guest_traps(vm), GZ_EXIT_IRQ);
	assert_int_equal(guest_entries, 2);
	assert_int_equal(v->ctx.el1[R_ELR], pc);
	assert_int_equal(v->ctx.el1[R_ESR] & 0x3f, FSC_EXTERNAL);
	assert_int_equal(v->ctx.el1[R_FAR], first_far);
	before.exit_reason = run_page(0)->exit_reason;
	assert_memory_equal(run_page(0), &before, sizeof(before));
}

static void guard__calls__answers_as_specified(void **state)
{
	u16 vm = make_protected(1);

	(void)state;
	/* Old values in x2 and x3, as firmware has them. */
	assert_int_equal(answer(vm, VENDOR_HYP_MMIO_GUARD_INFO, 0, 7, 7), PAGE_SIZE);
	assert_results(vm, 1);
	for (u32 enrolled = 0; enrolled < 2; enrolled++) {
		assert_int_equal(answer(vm, VENDOR_HYP_MMIO_GUARD_UNMAP, DEVICE, 7, 7), SMCCC_INVALID_PARAMETER);
		assert_int_equal(answer(vm, VENDOR_HYP_MMIO_GUARD_MAP, DEVICE, 7, 7), 0);
		assert_int_equal(vcpu_of(vm, 0)->ctx.x[1], 0);
		assert_int_equal(answer(vm, VENDOR_HYP_MMIO_GUARD_MAP, DEVICE, 0, 0), 0);
		assert_int_equal(answer(vm, VENDOR_HYP_MMIO_GUARD_MAP, GICD_IPA, 0, 0), 0);
		assert_int_equal(answer(vm, VENDOR_HYP_MMIO_GUARD_MAP, PAGE_N(3), 0, 0), SMCCC_INVALID_PARAMETER);
		assert_int_equal(answer(vm, VENDOR_HYP_MMIO_GUARD_MAP, DEVICE + 8, 0, 0), SMCCC_INVALID_PARAMETER);
		assert_int_equal(answer(vm, VENDOR_HYP_MMIO_GUARD_MAP, BIT(40), 0, 0), SMCCC_INVALID_PARAMETER);
		assert_int_equal(answer(vm, VENDOR_HYP_MMIO_GUARD_UNMAP, DEVICE, 7, 7), 0);
		assert_int_equal(answer(vm, VENDOR_HYP_MMIO_GUARD_ENROLL, 7, 7, 7), 0);
	}
}

/* By range: bounded work, fewer pages than asked for is success, and the first bad page is the end. */
static void guard__ranges__in_parts(void **state)
{
	u16 vm = make_protected(1);
	struct guest_mem *gm = &vcpu_of(vm, 0)->vm->mem;
	u64 below = RAM_IPA - 3 * PAGE_SIZE;

	(void)state;
	assert_int_equal(answer(vm, VENDOR_HYP_MMIO_GUARD_ENROLL, 0, 0, 0), 0);
	assert_int_equal(answer(vm, VENDOR_HYP_MMIO_RGUARD_MAP, DEVICE, 3, 7), 0);
	assert_results(vm, 3);
	for (u64 i = 0; i < 4; i++)
		assert_int_equal(guest_mmio_allowed(gm, IPA(DEVICE + i * PAGE_SIZE)), i < 3);
	assert_int_equal(answer(vm, VENDOR_HYP_MMIO_RGUARD_MAP, DEVICE, UINT64_MAX, 0), 0);
	assert_results(vm, 32);
	assert_int_equal(answer(vm, VENDOR_HYP_MMIO_RGUARD_UNMAP, DEVICE + 30 * PAGE_SIZE, 9, 0), 0);
	assert_results(vm, 2);
	assert_int_equal(answer(vm, VENDOR_HYP_MMIO_RGUARD_UNMAP, DEVICE + 30 * PAGE_SIZE, 9, 0), SMCCC_INVALID_PARAMETER);
	assert_results(vm, 0);
	assert_int_equal(answer(vm, VENDOR_HYP_MMIO_RGUARD_MAP, below, 9, 0), 0);
	assert_results(vm, 3);
	assert_int_equal(answer(vm, VENDOR_HYP_MMIO_RGUARD_MAP, RAM_IPA, 1, 0), SMCCC_INVALID_PARAMETER);
	assert_int_equal(answer(vm, VENDOR_HYP_MMIO_RGUARD_MAP, DEVICE + 8, 1, 0), SMCCC_INVALID_PARAMETER);
	assert_int_equal(answer(vm, VENDOR_HYP_MMIO_RGUARD_MAP, DEVICE, 0, 0), SMCCC_INVALID_PARAMETER);
	assert_int_equal(answer(vm, VENDOR_HYP_MMIO_RGUARD_MAP, BIT(40) - PAGE_SIZE, 2, 0), 0);
	assert_results(vm, 1);
	assert_int_equal(answer(vm, VENDOR_HYP_MMIO_RGUARD_MAP, ~UINT64_C(0xfff), 2, 0), SMCCC_INVALID_PARAMETER);
	assert_results(vm, 0);
}

static void guard__enrolled__other_devices_abort_unseen(void **state)
{
	u16 vm = make_protected(2);

	(void)state;
	run(vm, 0);
	dabt(DEVICE + 8, 2, 5, true);
	assert_int_equal(guest_traps(vm), GZ_EXIT_MMIO);	/* as ever without a guard */
	assert_int_equal(answer(vm, VENDOR_HYP_MMIO_GUARD_MAP, DEVICE, 0, 0), 0);
	assert_int_equal(answer(vm, VENDOR_HYP_MMIO_GUARD_ENROLL, 0, 0, 0), 0);
	for (u32 write = 0; write < 2; write++) {
		dabt(DEVICE + PAGE_SIZE - 4, 2, 5, write);
		assert_int_equal(guest_traps(vm), GZ_EXIT_MMIO);
		assert_int_equal(run_page(0)->mmio.phys_addr, DEVICE + PAGE_SIZE - 4);
		dabt(DEVICE + PAGE_SIZE, 2, 5, write);
		guest = guest_host_irq;
		assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);		/* the exit before is answered */
		expect_abort(vm);
		dabt(DEVICE - 4, 2, 5, write);
		expect_abort(vm);
		/* Nobody knows what it would have been, and cache maintenance. */
		first_esr &= ~DABT_ISV;
		expect_abort(vm);
		first_esr |= DABT_CM;
		expect_abort(vm);
		/* Above what a table covers. */
		dabt(BIT(40) + DEVICE, 2, 5, write);
		expect_abort(vm);
	}
	dabt(GICD_IPA + 4, 2, 9, false);		/* never the host's */
	assert_int_equal(guest_traps(vm), GZ_EXIT_IRQ);
	assert_int_not_equal(vcpu_of(vm, 0)->ctx.x[9], 0);
	assert_int_equal(answer(vm, VENDOR_HYP_MMIO_GUARD_UNMAP, DEVICE, 0, 0), 0);
	dabt(DEVICE, 2, 5, false);
	expect_abort(vm);
	/* Memory is no device: the host still brings it. */
	assert_int_equal(guest_call(vm, VENDOR_HYP_MEM_RELINQUISH, PAGE_N(7), 0, 0), GZ_EXIT_HYPERCALL);
	dabt(PAGE_N(7), 2, 5, false);
	assert_int_equal(guest_traps(vm), GZ_EXIT_EXCEPTION);
}

/* Relinquished, so not there: the share asks the host for the page and is made again. */
static void exits__carry_no_more_than_they_must(void **state)
{
	u16 vm = make_protected(1);
	u64 pc;

	(void)state;
	run(vm, 0);
	assert_int_equal(guest_call(vm, VENDOR_HYP_MEM_RELINQUISH, PAGE_N(7), 0, 0), GZ_EXIT_HYPERCALL);
	assert_int_equal(vcpu_of(vm, 0)->ctx.x[0], 0);
	assert_results(vm, 0);
	assert_int_equal(run_page(0)->hypercall.args[0], VENDOR_HYP_MEM_RELINQUISH);
	assert_int_equal(run_page(0)->hypercall.args[1], PAGE_N(7));
	for (u32 i = 2; i < ARRAY_SIZE(run_page(0)->hypercall.args); i++)
		assert_int_equal(run_page(0)->hypercall.args[i], 0);
	assert_true(host_sees(7));
	/* "Do not poison": zeroed all the same, for it goes to the host. */
	*(u64 *)host_ptr(ram_pa + 8 * PAGE_SIZE) = 0x5ec4e7;
	assert_int_equal(guest_call(vm, VENDOR_HYP_MEM_RELINQUISH, PAGE_N(8), 7, 1), GZ_EXIT_HYPERCALL);
	assert_results(vm, 0);
	assert_true(host_sees(8));
	assert_int_equal(*(u64 *)host_ptr(ram_pa + 8 * PAGE_SIZE), 0);
	assert_int_equal(answer(vm, VENDOR_HYP_MEM_RELINQUISH, PAGE_N(9) + 1, 0, 0), SMCCC_INVALID_PARAMETER);
	assert_results(vm, 0);
	assert_int_equal(answer(vm, VENDOR_HYP_MEM_RELINQUISH, DEVICE, 0, 1), SMCCC_INVALID_PARAMETER);
	guest = guest_host_irq;
	run(vm, 0);
	pc = vcpu_of(vm, 0)->ctx.pc;
	assert_int_equal(guest_call(vm, VENDOR_HYP_MEM_SHARE, PAGE_N(7), 0, 0), GZ_EXIT_EXCEPTION);
	assert_int_equal(run_page(0)->exception.fault_gpa, PAGE_N(7));
	assert_int_equal(vcpu_of(vm, 0)->ctx.pc, pc - 4);
	dabt(PAGE_N(7) + 0x123, 3, 5, true);
	guest_entries = 0;
	guest = guest_traps_once;
	assert_int_equal(run(vm, 0), GZ_EXIT_EXCEPTION);
	assert_int_equal(run_page(0)->exception.fault_gpa, PAGE_N(7));
	assert_int_equal(hvc5(GZ_FN_MAP_GUEST, vm, 0, (ram_pa >> PAGE_SHIFT) + 7, PAGE_N(7) >> PAGE_SHIFT, 1).st, 0);
	assert_false(host_sees(7));
}

static void destroy__scrubbed_and_back(void **state)
{
	u16 vm = make_protected(1);
	u8 *first = host_ptr(ram_pa);

	(void)state;
	first[5] = 0x77;
	run(vm, 0);
	assert_int_equal(hvc(GZ_FN_GET_STATISTICS, vm, 0, 0, 0).x2, 0);
	assert_int_equal(hvc(GZ_FN_DESTROY_VCPU, GZ_TUPLE(vm, 0), 0, 0, 0).st, 0);
	assert_int_equal(hvc(GZ_FN_DESTROY_VM, vm, 0, 0, 0).st, 0);
	assert_true(host_sees(0));
	assert_int_equal(first[5], 0);
	assert_int_equal(own_count(OWN_GUEST), 0);
}

static s32 end_slice;

/* The host's other CPU asks for a reset while this guest runs: it is told to leave, and nothing of it is touched before it has. */
static u64 guest_meets_the_end(struct cpu_ctx *ctx)
{
	if (guest_entries > 1)
		return guest_host_irq(ctx);
	end_slice = vm_end_protected_slice(64);
	return guest_host_irq(ctx);
}

static void machine_ends__protected_scrubbed__others_live(void **state)
{
	u16 plain = make_vm(1, false), vm, late;
	u8 *words[2];
	u32 n = 0;

	(void)state;
	words[0] = host_ptr(pgtable_walk(&vcpu_of(plain, 0)->vm->mem.s2, RAM_IPA).pa.v);
	run(plain, 0);
	vm = make_protected(1);
	words[1] = host_ptr(ram_pa);
	words[0][5] = words[1][5] = words[1][VM_PAGES * PAGE_SIZE - 1] = 0x77;
	late = make_vm(1, false);
	guest_entries = 0;
	guest = guest_meets_the_end;
	run(vm, 0);
	assert_int_equal(end_slice, GZ_EAGAIN);
	assert_int_equal(words[1][5], 0x77);
	assert_false(host_sees(0));
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, late, GZ_CAP_PROTECTED_VM, GZ_PVM_SET_PROTECTED, 0).st, GZ_ST_INVALID_ARGS);
	while (vm_end_protected_slice(64) == GZ_EAGAIN)
		assert_in_range(n++, 0, 100);
	assert_true(n >= VM_PAGES / 64);
	assert_true(host_sees(0));
	assert_int_equal(words[1][5] | words[1][VM_PAGES * PAGE_SIZE - 1], 0);
	assert_int_equal(own_count(OWN_GUEST), 0);
	assert_int_equal(hvc(GZ_FN_RUN, GZ_TUPLE(vm, 0), 0, 0, 0).st, GZ_ST_NOT_FOUND);
	/* The firmware refused: all is as before, but for the VM that is gone. */
	assert_int_equal(words[0][5], 0x77);
	assert_int_equal(run(plain, 0), GZ_EXIT_IRQ);
	guest_mem_no_more_protected(false);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, late, GZ_CAP_PROTECTED_VM, GZ_PVM_SET_PROTECTED, 0).st, 0);
}

#define T(name) cmocka_unit_test_setup(name, run_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(first_run__seals__host_loses_memory_and_registers), T(first_run__no_page_for_tables__fails_then_works),
		T(swiotlb_slot__told_to_protect__as_if_asked), T(swiotlb_slot__machine_is_ending__not_run_open),
		T(call__memory__by_page_and_by_range), T(call__memory_of_unprotected_vm__not_supported),
		T(guard__calls__answers_as_specified), T(guard__ranges__in_parts), T(guard__enrolled__other_devices_abort_unseen),
		T(exits__carry_no_more_than_they_must), T(destroy__scrubbed_and_back),
		T(machine_ends__protected_scrubbed__others_live),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
