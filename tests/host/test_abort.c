/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/hvc/ hyp/run/ hyp/vm/ hyp/irq/ hyp/timer/ hyp/mem/ hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/arch/aarch64/el1_regs.c hyp/arch/aarch64/inject.c hyp/arch/aarch64/fpsimd.c hyp/arch/aarch64/cpu_init.c tests/host/gic_model.c tests/host/mem_fixture.c tests/host/run_fixture.c */
/*
 * Job: every shape of a guest's abort and of other exceptions, MMIO exits and their completion.
 * Never: RUN itself (test_run.c), system registers (test_sysreg.c).
 * Used by: make -C tests/host run.
 */
#include "run_fixture.h"

#include <string.h>

#include "arch/aarch64/esr.h"

/* First RUN: one trap with what dabt() made. */
static u32 run_trap(u16 vm)
{
	guest_entries = 0;
	guest = guest_traps_once;
	return run(vm, 0);
}

static void mmio_read__each_size__extended_as_the_load_says(void **state)
{
	static const struct { u32 sas; u64 flags, data, want; } c[] = {
		{ 0, 0, 0x11223344556677f8, 0xf8 },
		{ 0, DABT_SSE_BIT, 0xf8, 0xfffffff8 },
		{ 0, DABT_SSE_BIT | DABT_SF_BIT, 0xf8, 0xfffffffffffffff8 },
		{ 1, 0, 0x9988f001, 0xf001 },
		{ 1, DABT_SSE_BIT, 0x8001, 0xffff8001 },
		{ 1, DABT_SSE_BIT | DABT_SF_BIT, 0x8001, 0xffffffffffff8001 },
		{ 2, 0, 0xaaaaaaaa80000001, 0x80000001 },
		{ 2, DABT_SSE_BIT | DABT_SF_BIT, 0x80000001, 0xffffffff80000001 },
		{ 3, DABT_SF_BIT, 0x8000000000000001, 0x8000000000000001 },
	};
	u16 vm = make_vm(1, false);

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(c); i++) {
		struct gz_run_page *p = run_page(0);
		u64 pc = vcpu_of(vm, 0)->ctx.pc;

		vcpu_of(vm, 0)->ctx.x[7] = 0x7777777777777777;
		dabt(0x0a000010, c[i].sas, 7, false);
		first_esr |= c[i].flags;
		assert_int_equal(run_trap(vm), GZ_EXIT_MMIO);
		assert_int_equal(p->mmio.phys_addr, 0x0a000010);
		assert_int_equal(p->mmio.size, 1u << c[i].sas);
		assert_int_equal(p->mmio.is_write, 0);
		assert_int_equal(vcpu_of(vm, 0)->ctx.pc, pc);
		/* The host lies about everything but the data. */
		p->mmio.size = 8;
		p->mmio.reg_nr = 3;
		p->mmio.is_write = 1;
		p->mmio.phys_addr = 0;
		memcpy(p->mmio.data, &c[i].data, 8);
		guest = guest_host_irq;
		assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
		assert_int_equal(vcpu_of(vm, 0)->ctx.x[7], c[i].want);
		assert_int_equal(vcpu_of(vm, 0)->ctx.x[3], 0);
		assert_int_equal(vcpu_of(vm, 0)->ctx.pc, pc + 4);
	}
}

static void mmio_write__each_size__low_bytes_only(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	run(vm, 0);
	for (u32 sas = 0; sas < 4; sas++) {
		u64 want = 0x8877665544332211, got = 0;

		vcpu_of(vm, 0)->ctx.x[5] = want;
		dabt(0x0a000020, sas, 5, true);
		assert_int_equal(run_trap(vm), GZ_EXIT_MMIO);
		memcpy(&got, run_page(0)->mmio.data, 8);
		assert_int_equal(got, sas == 3 ? want : want & ((1ull << (8 << sas)) - 1));
		assert_int_equal(run_page(0)->mmio.is_write, 1);
		assert_int_equal(run_page(0)->mmio.reg_nr, 5);
	}
	/* XZR stores zero and loads vanish. */
	dabt(0x0a000020, 3, 31, true);
	assert_int_equal(run_trap(vm), GZ_EXIT_MMIO);
	assert_int_equal(*(u64 *)run_page(0)->mmio.data, 0);
	dabt(0x0a000020, 3, 31, false);
	assert_int_equal(run_trap(vm), GZ_EXIT_MMIO);
	*(u64 *)run_page(0)->mmio.data = 5;
	guest = guest_host_irq;
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
}

static void mmio__not_delivered__presented_again(void **state)
{
	u16 vm = make_vm(1, false);
	u64 pc;

	(void)state;
	run(vm, 0);
	pc = vcpu_of(vm, 0)->ctx.pc;
	vcpu_of(vm, 0)->ctx.x[5] = 0x42;
	dabt(0x0a000020, 2, 5, true);
	assert_int_equal(run_trap(vm), GZ_EXIT_MMIO);
	memset(run_page(0), 0, sizeof(*run_page(0)));	/* the VMM's copy never had it */
	assert_int_equal(hvc(GZ_FN_INFORM_EXIT, vm, 0, 0, 0).st, 0);
	assert_int_equal(run(vm, 0), GZ_EXIT_MMIO);
	assert_int_equal(guest_entries, 1);
	assert_int_equal(run_page(0)->mmio.phys_addr, 0x0a000020);
	assert_int_equal(run_page(0)->mmio.data[0], 0x42);
	assert_int_equal(vcpu_of(vm, 0)->ctx.pc, pc);
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	assert_int_equal(vcpu_of(vm, 0)->ctx.pc, pc + 4);
}

static void exit__refused_runs_before_the_reply__kept(void **state)
{
	u16 vm = make_vm(1, false);
	u64 pc, data = 0x1234;

	(void)state;
	run(vm, 0);
	pc = vcpu_of(vm, 0)->ctx.pc;
	dabt(0x0a000020, 2, 5, false);
	assert_int_equal(run_trap(vm), GZ_EXIT_MMIO);
	memcpy(run_page(0)->mmio.data, &data, 8);
	gm[0].rpr = 0xc0;
	assert_int_equal(run(vm, 0), GZ_EXIT_FAIL_ENTRY);
	assert_int_not_equal(last_run.st, 0);
	assert_int_equal(run_page(0)->exit_reason, GZ_EXIT_FAIL_ENTRY);
	assert_int_equal(run_page(0)->mmio.phys_addr, 0x0a000020);
	gm[0].rpr = 0xff;
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	assert_int_equal(vcpu_of(vm, 0)->ctx.x[5], data);
	assert_int_equal(vcpu_of(vm, 0)->ctx.pc, pc + 4);
	/* One that was not delivered is shown again, also when RUN was refused before or after that was said. */
	for (u32 inform_first = 0; inform_first < 2; inform_first++) {
		dabt(0x0a000030, 2, 5, false);
		assert_int_equal(run_trap(vm), GZ_EXIT_MMIO);
		if (inform_first)
			assert_int_equal(hvc(GZ_FN_INFORM_EXIT, vm, 0, 0, 0).st, 0);
		gm[0].rpr = 0xc0;
		assert_int_equal(run(vm, 0), GZ_EXIT_FAIL_ENTRY);
		gm[0].rpr = 0xff;
		if (!inform_first)
			assert_int_equal(hvc(GZ_FN_INFORM_EXIT, vm, 0, 0, 0).st, 0);
		memset(run_page(0), 0, sizeof(*run_page(0)));
		assert_int_equal(run(vm, 0), GZ_EXIT_MMIO);
		assert_int_equal(run_page(0)->mmio.phys_addr, 0x0a000030);
		assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	}
}

static void inform_exit__after_irq__nothing_happens(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	assert_int_equal(hvc(GZ_FN_INFORM_EXIT, vm, 0, 0, 0).st, 0);
	run(vm, 0);
	assert_int_equal(hvc(GZ_FN_INFORM_EXIT, vm, 0, 0, 0).st, 0);
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	assert_int_equal(hvc(GZ_FN_INFORM_EXIT, vm + 1, 0, 0, 0).st, GZ_ST_NOT_FOUND);
}

/* What the guest finds when EL2 gave it an exception. */
static void expect_injected(u16 vm, u64 esr)
{
	struct cpu_ctx *ctx = &vcpu_of(vm, 0)->ctx;

	assert_int_equal(ctx->el1[R_ESR], esr);
	assert_int_equal(ctx->el1[R_ELR], RAM_IPA);
	assert_int_equal(ctx->pc, 0x200);
	assert_int_equal(ctx->pstate & 0x3ff, 0x3c5);
}

static void abort__device_without_syndrome__external_abort(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	dabt(0x0a000020, 2, 5, true);
	first_esr &= ~DABT_ISV;
	assert_int_equal(run_trap(vm), GZ_EXIT_IRQ);
	expect_injected(vm, (u64)EC_DABT_CUR << ESR_EC_SHIFT | ESR_IL | ABT_WNR | FSC_EXTERNAL);
	assert_int_equal(vcpu_of(vm, 0)->ctx.el1[R_FAR], first_far);
}

static void abort__device_on_walk__external_abort(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	dabt(0x0a000020, 2, 5, false);
	first_esr |= ABT_S1PTW;
	assert_int_equal(run_trap(vm), GZ_EXIT_IRQ);
	expect_injected(vm, (u64)EC_DABT_CUR << ESR_EC_SHIFT | ESR_IL | FSC_EXTERNAL);
}

static void abort__fetch_from_device__external_abort(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	dabt(0x0a000020, 0, 0, false);
	first_esr = (u64)EC_IABT_LOW << ESR_EC_SHIFT | ESR_IL | 7;
	assert_int_equal(run_trap(vm), GZ_EXIT_IRQ);
	expect_injected(vm, (u64)EC_IABT_CUR << ESR_EC_SHIFT | ESR_IL | FSC_EXTERNAL);
}

static void abort__external_or_odd_status__passed_to_guest(void **state)
{
	static const u64 fsc[] = { 0x10, 0x14, 0x17, 0x18, 0x21, 0x30, 0x35, 0x3f };
	u16 vm = make_vm(1, false);

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(fsc); i++) {
		vcpu_of(vm, 0)->ctx.pc = RAM_IPA;
		vcpu_of(vm, 0)->ctx.pstate = 0x3c5;
		dabt(RAM_IPA, 2, 5, false);
		first_esr = (first_esr & ~UINT64_C(0x3f)) | fsc[i];
		assert_int_equal(run_trap(vm), GZ_EXIT_IRQ);
		expect_injected(vm, (u64)EC_DABT_CUR << ESR_EC_SHIFT | ESR_IL | FSC_EXTERNAL);
	}
}

static void abort__crosses_page__external_abort(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	dabt(0x0a000ffd, 2, 5, false);
	assert_int_equal(run_trap(vm), GZ_EXIT_IRQ);
	expect_injected(vm, (u64)EC_DABT_CUR << ESR_EC_SHIFT | ESR_IL | FSC_EXTERNAL);
}

static void abort__cache_maintenance_of_device__skipped(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	dabt(0x0a000020, 2, 5, true);
	first_esr |= DABT_CM;
	first_esr &= ~DABT_ISV;
	assert_int_equal(run_trap(vm), GZ_EXIT_IRQ);
	assert_int_equal(vcpu_of(vm, 0)->ctx.pc, RAM_IPA + 4);
}

static void abort__memory_absent__page_fault_and_again(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	assert_int_equal(register_slot(vm, 1, 0x90000000, 16), 0);
	for (u32 kind = 0; kind < 4; kind++) {
		dabt(0x90003123, 2, 5, kind == 1);
		if (kind == 2)
			first_esr = (u64)EC_IABT_LOW << ESR_EC_SHIFT | ESR_IL | 7;
		if (kind == 3)
			first_esr = (first_esr & ~DABT_ISV) | ABT_S1PTW;
		assert_int_equal(run_trap(vm), GZ_EXIT_EXCEPTION);
		assert_int_equal(run_page(0)->exception.exception, GZ_EXCEPTION_PAGE_FAULT);
		assert_int_equal(run_page(0)->exception.fault_gpa & ~0xfffull, 0x90003000);
		assert_int_equal(vcpu_of(vm, 0)->ctx.pc, RAM_IPA);
	}
	assert_int_equal(hvc5(GZ_FN_MAP_GUEST, vm, 1, (GUEST_RAM_PA + 100 * MB) >> 12, 0x90003, 1).st, GZ_ST_ACCESS_DENIED);
	assert_int_equal(hvc5(GZ_FN_MAP_GUEST, vm, 1, 0x41100000 >> 12, 0x90003, 1).st, 0);
	assert_int_equal(run_trap(vm), GZ_EXIT_IRQ);	/* mapped meanwhile: the guest just tries again */
	assert_int_equal(guest_entries, 2);
}

/* HPFAR holds no address then, and EL2 is not to walk the guest's tables for it. */
static void abort__permission__external_abort(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	assert_int_equal(register_slot(vm, 1, 0x90000000, 16), 0);
	dabt(0x90003123, 2, 5, true);
	first_esr = (first_esr & ~UINT64_C(0xf)) | 0xf;
	vcpu_of(vm, 0)->ctx.el1[R_PAR] = 0x90003000;
	assert_int_equal(run_trap(vm), GZ_EXIT_IRQ);
	expect_injected(vm, (u64)EC_DABT_CUR << ESR_EC_SHIFT | ESR_IL | ABT_WNR | FSC_EXTERNAL);
	assert_int_equal(vcpu_of(vm, 0)->ctx.el1[R_PAR], 0x90003000);
}

static void abort__permission_on_walk__page_fault(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	assert_int_equal(register_slot(vm, 1, 0x90000000, 16), 0);
	dabt(0x90003123, 2, 5, false);
	first_esr = (first_esr & ~(DABT_ISV | 0xf)) | ABT_S1PTW | 0xf;
	assert_int_equal(run_trap(vm), GZ_EXIT_EXCEPTION);
	assert_int_equal(run_page(0)->exception.fault_gpa, 0x90003000);
}

static void abort__gic_register__answered_here(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	dabt(GICD_IPA + 4, 2, 9, false);
	assert_int_equal(run_trap(vm), GZ_EXIT_IRQ);
	assert_int_equal(guest_entries, 2);
	assert_int_not_equal(vcpu_of(vm, 0)->ctx.x[9], 0);
	assert_int_equal(vcpu_of(vm, 0)->ctx.pc, RAM_IPA + 4);
}

static void aarch32_el0__traps__undefined_or_abort(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	vcpu_of(vm, 0)->ctx.pstate = 0x10;
	dabt(0x0a000020, 2, 5, true);
	assert_int_equal(run_trap(vm), GZ_EXIT_IRQ);
	assert_int_equal(vcpu_of(vm, 0)->ctx.el1[R_ESR], (u64)EC_DABT_LOW << ESR_EC_SHIFT | ESR_IL | ABT_WNR | FSC_EXTERNAL);
	assert_int_equal(vcpu_of(vm, 0)->ctx.pc, 0x600);
	vcpu_of(vm, 0)->ctx.pstate = 0x10;
	first_esr = (u64)EC_WFX << ESR_EC_SHIFT;
	assert_int_equal(run_trap(vm), GZ_EXIT_IRQ);
	assert_int_equal(vcpu_of(vm, 0)->ctx.el1[R_ESR], 0);
	assert_int_equal(vcpu_of(vm, 0)->ctx.pc, 0x600);
}

static void unknown_exception_class__undefined(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	for (u64 ec = 0; ec < 64; ec++) {
		static const u8 handled[] = { EC_HVC64, EC_SYSREG, EC_DABT_LOW, EC_IABT_LOW, EC_WFX, EC_FP, EC_SMC64 };

		if (memchr(handled, (int)ec, sizeof(handled)))
			continue;
		vcpu_of(vm, 0)->ctx.pc = RAM_IPA;
		vcpu_of(vm, 0)->ctx.pstate = 0x3c5;
		first_esr = ec << ESR_EC_SHIFT | ESR_IL | 0x1234;
		assert_int_equal(run_trap(vm), GZ_EXIT_IRQ);
		expect_injected(vm, ESR_IL);
	}
}

static void smc__from_guest__not_supported(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	first_esr = (u64)EC_SMC64 << ESR_EC_SHIFT | ESR_IL;
	assert_int_equal(run_trap(vm), GZ_EXIT_IRQ);
	assert_int_equal(vcpu_of(vm, 0)->ctx.x[0], (u64)-1);
	assert_int_equal(vcpu_of(vm, 0)->ctx.pc, RAM_IPA + 4);
}

#define T(f) cmocka_unit_test_setup(f, run_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(mmio_read__each_size__extended_as_the_load_says),
		T(mmio_write__each_size__low_bytes_only),
		T(mmio__not_delivered__presented_again),
		T(exit__refused_runs_before_the_reply__kept),
		T(inform_exit__after_irq__nothing_happens),
		T(abort__device_without_syndrome__external_abort),
		T(abort__device_on_walk__external_abort),
		T(abort__fetch_from_device__external_abort),
		T(abort__external_or_odd_status__passed_to_guest),
		T(abort__crosses_page__external_abort),
		T(abort__cache_maintenance_of_device__skipped),
		T(abort__memory_absent__page_fault_and_again),
		T(abort__permission__external_abort),
		T(abort__permission_on_walk__page_fault),
		T(abort__gic_register__answered_here),
		T(aarch32_el0__traps__undefined_or_abort),
		T(unknown_exception_class__undefined),
		T(smc__from_guest__not_supported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
