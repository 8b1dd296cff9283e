/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/hvc/ hyp/run/ hyp/vm/ hyp/irq/ hyp/timer/ hyp/mem/ hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/arch/aarch64/el1_regs.c hyp/arch/aarch64/inject.c hyp/arch/aarch64/fpsimd.c hyp/arch/aarch64/cpu_init.c tests/host/gic_model.c tests/host/mem_fixture.c tests/host/run_fixture.c */
/*
 * Job: RUN: refusals, every shape of abort, completion of exits, idle, wake-ups, what the host gets back.
 * Never: PSCI (test_psci.c) or system registers (test_sysreg.c).
 * Used by: make -C tests/host run.
 */
#include "run_fixture.h"

#include <string.h>

#include "arch/aarch64/cpu.h"
#include "arch/aarch64/esr.h"

static void run__no_such_vm_or_vcpu__fail_entry(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	assert_int_equal(run(vm + 1, 0), GZ_EXIT_FAIL_ENTRY);
	assert_int_not_equal(last_run.st, 0);
	assert_int_equal(run(vm, 1), GZ_EXIT_FAIL_ENTRY);
	assert_int_equal(run(vm, 0xffff), GZ_EXIT_FAIL_ENTRY);
	assert_int_equal(guest_entries, 0);
}

static void run__host_irq__exit_irq(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	assert_int_equal(last_run.st, 0);
	assert_int_equal(run_page(0)->exit_reason, GZ_EXIT_IRQ);
	assert_int_equal(guest_entries, 1);
}

static void expect_fail(u16 vm, u64 reason)
{
	assert_int_equal(run(vm, 0), GZ_EXIT_FAIL_ENTRY);
	assert_int_not_equal(last_run.st, 0);
	assert_int_equal(run_page(0)->fail_entry.reason, reason);
	assert_int_equal(guest_entries, 0);
}

static void run__in_interrupt_handler__refused(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	run(vm, 0);
	guest_entries = 0;
	gm[0].rpr = 0xc0;
	expect_fail(vm, GZ_FAIL_IN_INTERRUPT);
	gm[0].rpr = 0xff;
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
}

static void run__no_entry_point__refused(void **state)
{
	u16 vm = make_bare_vm();

	(void)state;
	assert_int_equal(add_vcpu(vm, 0), 0);
	expect_fail(vm, GZ_FAIL_NO_ENTRY);
}

static void run__gic_inside_memory__refused(void **state)
{
	u16 vm = make_bare_vm();

	(void)state;
	/* Where a client adds its devices after the memory, only the first RUN can tell. */
	assert_int_equal(register_slot(vm, 1, GICD_IPA - 0x10000, 32), 0);
	add_gic(vm);
	assert_int_equal(add_vcpu(vm, 0), 0);
	assert_int_equal(hvc(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm, 0), CORE_PC, RAM_IPA, 0).st, 0);
	expect_fail(vm, GZ_FAIL_GIC_LAYOUT);
	vm = make_vm(1, false);
	for (u64 gpa = GICD_IPA - 0x2000; gpa <= GICD_IPA + 0x10000; gpa += 0x1000)
		assert_int_equal(register_slot(vm, 1, gpa, 2), gpa == GICD_IPA - 0x2000 || gpa == GICD_IPA + 0x10000 ?
				 0 : GZ_ST_ALREADY_EXISTS);
	assert_int_equal(register_slot(vm, 2, GICR_IPA - 0x1000, 2), GZ_ST_ALREADY_EXISTS);
}

static void run__run_pages_are_guest_memory__refused(void **state)
{
	u16 vm = make_bare_vm();

	(void)state;
	assert_int_equal(register_slot(vm, 0, RAM_IPA, 2), 0);
	assert_int_equal(populate(vm, 0, RAM_IPA, VCPU_PAGES_PA, 2), 0);
	assert_int_equal(add_vcpu(vm, 0), 0);
	assert_int_equal(run(vm, 0), GZ_EXIT_FAIL_ENTRY);
	/* The refusal is in x1 only: EL2 may not touch the page. */
	assert_int_equal(run_page(0)->exit_reason, 0);
	assert_int_equal(own_state_of(PA(VCPU_PAGES_PA)), OWN_HOST_SHARED_GUEST);
}

static void run__second_page_bad__first_given_back(void **state)
{
	u16 vm = make_bare_vm();

	(void)state;
	assert_int_equal(register_slot(vm, 0, RAM_IPA, 1), 0);
	assert_int_equal(populate(vm, 0, RAM_IPA, VCPU_PAGES_PA + PAGE_SIZE, 1), 0);
	assert_int_equal(add_vcpu(vm, 0), 0);
	assert_int_equal(run(vm, 0), GZ_EXIT_FAIL_ENTRY);
	assert_int_equal(own_state_of(PA(VCPU_PAGES_PA)), OWN_HOST);
}

/* (Key IA is the assembly's.) Every EL1 register has a value of the host's; the guest overwrites them all; the host gets its own back. */
static const char *const el1_names[] = {
	"sctlr_el1", "cpacr_el1", "ttbr0_el1", "ttbr1_el1", "tcr_el1", "esr_el1", "afsr0_el1", "afsr1_el1", "far_el1",
	"mair_el1", "amair_el1", "vbar_el1", "contextidr_el1", "tpidr_el1", "tpidr_el0", "tpidrro_el0", "csselr_el1",
	"par_el1", "sp_el0", "sp_el1", "elr_el1", "spsr_el1", "mdscr_el1", "cntkctl_el1",
	"s3_0_c2_c1_2", "s3_0_c2_c1_3", "s3_0_c2_c2_0", "s3_0_c2_c2_1",
	"s3_0_c2_c2_2", "s3_0_c2_c2_3", "s3_0_c2_c3_0", "s3_0_c2_c3_1",
};
static const char *const el2_names[] = { "hcr_el2", "cptr_el2", "mdcr_el2", "vmpidr_el2", "vtcr_el2", "vttbr_el2" };

static u64 guest_scribbles(struct cpu_ctx *ctx)
{
	for (u32 i = 0; i < ARRAY_SIZE(el1_names); i++) {
		if (guest_entries == 1 && i != 0)
			assert_int_equal(shim_sysreg_read(el1_names[i]), 0);
		else if (guest_entries == 2)
			assert_int_equal(shim_sysreg_read(el1_names[i]), 0xbad00 + i);
		shim_sysreg_write(el1_names[i], 0xbad00 + i);
	}
	for (u32 i = 0; i < ARRAY_SIZE(el2_names); i++)
		assert_int_not_equal(shim_sysreg_read(el2_names[i]), 0x1000 + i);
	return guest_host_irq(ctx);
}

static void run__guest_scribbles_el1__each_side_keeps_its_own(void **state)
{
	u16 vm;

	(void)state;
	shim_sysreg_write("id_aa64isar1_el1", 0x10);
	cpu_features_read(&cpu_features);
	vm = make_vm(1, false);
	for (u32 i = 0; i < ARRAY_SIZE(el1_names); i++)
		shim_sysreg_write(el1_names[i], 0x105700 + i);
	for (u32 i = 0; i < ARRAY_SIZE(el2_names); i++)
		shim_sysreg_write(el2_names[i], 0x1000 + i);
	guest = guest_scribbles;
	for (u32 n = 0; n < 2; n++) {
		assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
		for (u32 i = 0; i < ARRAY_SIZE(el1_names); i++)
			assert_int_equal(shim_sysreg_read(el1_names[i]), 0x105700 + i);
		for (u32 i = 0; i < ARRAY_SIZE(el2_names); i++)
			assert_int_equal(shim_sysreg_read(el2_names[i]), 0x1000 + i);
	}
}

static void run__two_vcpus_on_one_cpu__tlb_dropped_between(void **state)
{
	u16 vm = make_vm(2, true), other = make_bare_vm();

	(void)state;
	(void)other;
	run(vm, 0);
	vcpu_of(vm, 1)->power = POWER_ON;
	shim_events_clear();
	run(vm, 0);
	assert_int_equal(shim_events_of(EV_TLBI_VMALLE1), 0);
	run(vm, 1);
	assert_int_equal(shim_events_of(EV_TLBI_VMALLE1), 1);
	assert_int_equal(shim_events_of(EV_IC_IALLU), 1);
	run(vm, 1);
	assert_int_equal(shim_events_of(EV_TLBI_VMALLE1), 1);
}

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

static void abort__permission__address_from_the_guests_tables(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	assert_int_equal(register_slot(vm, 1, 0x90000000, 16), 0);
	dabt(0x90003123, 2, 5, true);
	first_esr = (first_esr & ~UINT64_C(0xf)) | 0xf;
	first_hpfar = 0xdead0;
	vcpu_of(vm, 0)->ctx.el1[R_PAR] = 1;	/* the translation fails: the guest changed it, so it tries again */
	assert_int_equal(run_trap(vm), GZ_EXIT_IRQ);
	vcpu_of(vm, 0)->ctx.el1[R_PAR] = 0x90003000;
	assert_int_equal(run_trap(vm), GZ_EXIT_EXCEPTION);
	assert_int_equal(run_page(0)->exception.fault_gpa, 0x90003123);
	assert_int_equal(vcpu_of(vm, 0)->ctx.el1[R_PAR], 0x90003000);
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

static u64 guest_uses_fp(struct cpu_ctx *ctx)
{
	switch (guest_entries) {
	case 1:
		assert_true(shim_sysreg_read("cptr_el2") & BIT(10));
		return trap_sync((u64)EC_FP << ESR_EC_SHIFT | ESR_IL);
	case 2:
		assert_false(shim_sysreg_read("cptr_el2") & BIT(10));
		assert_int_equal(shim_sysreg_read("test_fp"), 0);
		shim_sysreg_write("test_fp", 0x6e57);
		return guest_host_irq(ctx);
	default:
		assert_true(shim_sysreg_read("cptr_el2") & BIT(10));
		return guest_host_irq(ctx);
	}
}

static void vector_registers__used_by_guest__host_gets_its_own(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	shim_sysreg_write("test_fp", 0x4057);
	guest = guest_uses_fp;
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	assert_int_equal(shim_sysreg_read("test_fp"), 0x4057);
	assert_int_equal(vcpu_of(vm, 0)->ctx.fp.fpsr, 0x6e57);
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	assert_int_equal(guest_entries, 3);
}

static u64 guest_wfi(struct cpu_ctx *ctx)
{
	(void)ctx;
	return guest_entries > 3 ? guest_host_irq(ctx) : trap_sync((u64)EC_WFX << ESR_EC_SHIFT | ESR_IL);
}

static void wfi__idle_enabled__idle_with_capped_delay(void **state)
{
	u16 vm = make_vm(1, true);

	(void)state;
	guest = guest_wfi;
	assert_int_equal(run(vm, 0), GZ_EXIT_IDLE);
	assert_int_equal(hwstate_page(0)->vtimer_migrate, 1);
	assert_int_equal(hwstate_page(0)->vtimer_delay, GZ_IDLE_CAP_NS);
	assert_int_equal(vcpu_of(vm, 0)->ctx.pc, RAM_IPA + 4);
	/* Woken for nothing: idle again, and the guest does not notice. */
	assert_int_equal(run(vm, 0), GZ_EXIT_IDLE);
	assert_int_equal(guest_entries, 1);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_IDLE, GZ_IDLE_LATCH_FIRST, 0).st, 0);
	assert_int_equal(run(vm, 0), GZ_EXIT_IDLE);
	assert_int_equal(hwstate_page(0)->vtimer_delay, 30000000000);
}

static u64 guest_arms_timer_then_wfi(struct cpu_ctx *ctx)
{
	if (guest_entries > 1)
		return guest_host_irq(ctx);
	gm[0].cntv_ctl = 1;
	gm[0].cntv_cval = shim_counter - gm[0].cntvoff + 5000;
	return trap_sync((u64)EC_WFX << ESR_EC_SHIFT | ESR_IL);
}

static void wfi__timer_armed__delay_is_the_deadline(void **state)
{
	u16 vm = make_vm(1, true);

	(void)state;
	shim_counter = 1000000;
	guest = guest_arms_timer_then_wfi;
	assert_int_equal(run(vm, 0), GZ_EXIT_IDLE);
	assert_int_equal(hwstate_page(0)->vtimer_delay, 5000);
	shim_counter += 4000;
	assert_int_equal(run(vm, 0), GZ_EXIT_IDLE);
	assert_int_equal(hwstate_page(0)->vtimer_delay, 1000);
	assert_int_equal(guest_entries, 1);
}

static void wfi__idle_unknown_to_driver__waits_here(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	guest = guest_wfi;
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	assert_int_equal(shim_events_of(EV_WFI), 3);
	assert_int_equal(vcpu_of(vm, 0)->ctx.pc, RAM_IPA + 12);
}

static void wfe__resumes_at_once(void **state)
{
	u16 vm = make_vm(1, true);

	(void)state;
	first_esr = (u64)EC_WFX << ESR_EC_SHIFT | ESR_IL | 1;
	assert_int_equal(run_trap(vm), GZ_EXIT_IRQ);
	assert_int_equal(vcpu_of(vm, 0)->ctx.pc, RAM_IPA + 4);
}

static void off_vcpu__idle_or_irq__never_entered(void **state)
{
	u16 vm = make_vm(2, true), old = make_bare_vm();

	(void)state;
	assert_int_equal(run(vm, 1), GZ_EXIT_IDLE);
	assert_int_equal(run(vm, 1), GZ_EXIT_IDLE);
	assert_int_equal(hvc(GZ_FN_DESTROY_VCPU, GZ_TUPLE(vm, 1), 0, 0, 0).st, 0);
	assert_int_equal(add_vcpu(old, 1), 0);
	assert_int_equal(run(old, 1), GZ_EXIT_IRQ);
	assert_int_equal(guest_entries, 0);
	assert_int_equal(vcpu_of(old, 1)->running_cpu, -1);
	assert_int_equal(gm[0].cnthp_ctl, 0);
}

static u64 guest_kicked(struct cpu_ctx *ctx)
{
	if (guest_entries > 2)
		return guest_host_irq(ctx);
	return trap_irq(15);
}

static void kick__resumes__dying_vm_leaves(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	guest = guest_kicked;
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	assert_int_equal(guest_entries, 3);
}

static u16 dying_vm;

/* Another CPU destroys the VM while its guest runs: it cannot finish, but the guest is made to leave. */
static u64 guest_destroyed_meanwhile(struct cpu_ctx *ctx)
{
	u64 x[18] = { GZ_HVC_ID(GZ_FN_DESTROY_VM), dying_vm, 512 };

	(void)ctx;
	assert_int_equal(guest_entries, 1);
	gm_on(1);
	assert_int_equal(vm_destroy_slice(dying_vm, 512), GZ_EAGAIN);
	assert_null(vm_get(dying_vm));
	(void)x;
	gm_on(0);
	assert_true(gm[0].pending & BIT(15));
	return GUEST_EXIT_IRQ;
}

static void destroy__while_running__guest_leaves_then_gone(void **state)
{
	(void)state;
	dying_vm = make_vm(1, false);
	guest = guest_destroyed_meanwhile;
	assert_int_equal(run(dying_vm, 0), GZ_EXIT_GZ);
	assert_int_equal(guest_entries, 1);
	assert_int_equal(hvc(GZ_FN_DESTROY_VM, dying_vm, 0, 0, 0).st, 0);
	assert_int_equal(own_state_of(PA(VCPU_PAGES_PA)), OWN_HOST);
}

static void serror__from_guest__becomes_the_hosts(void **state);
static u64 guest_serror(struct cpu_ctx *ctx)
{
	(void)ctx;
	shim_sysreg_write("esr_el2", 0xbe000011);
	return GUEST_EXIT_SERROR;
}

static void serror__from_guest__becomes_the_hosts(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	guest = guest_serror;
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	assert_true(shim_sysreg_read("hcr_el2") & HCR_VSE);
}

static void first_run__no_fwb__memory_cleaned_once(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	shim_events_clear();
	shim_irq_pending = true;
	while (run(vm, 0) == GZ_EXIT_GZ)
		assert_int_equal(guest_entries, 0);
	assert_in_range(shim_events_of(EV_DC_CIVAC) + shim_events_of(EV_DC_CVAC), VM_PAGES, VM_PAGES * 256);
	shim_events_clear();
	run(vm, 0);
	assert_int_equal(shim_events_of(EV_DC_CIVAC) + shim_events_of(EV_DC_CVAC), 0);
}

#define T(f) cmocka_unit_test_setup(f, run_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(run__no_such_vm_or_vcpu__fail_entry),
		T(run__host_irq__exit_irq),
		T(run__in_interrupt_handler__refused),
		T(run__no_entry_point__refused),
		T(run__gic_inside_memory__refused),
		T(run__run_pages_are_guest_memory__refused),
		T(run__second_page_bad__first_given_back),
		T(run__guest_scribbles_el1__each_side_keeps_its_own),
		T(run__two_vcpus_on_one_cpu__tlb_dropped_between),
		T(mmio_read__each_size__extended_as_the_load_says),
		T(mmio_write__each_size__low_bytes_only),
		T(mmio__not_delivered__presented_again),
		T(inform_exit__after_irq__nothing_happens),
		T(abort__device_without_syndrome__external_abort),
		T(abort__device_on_walk__external_abort),
		T(abort__fetch_from_device__external_abort),
		T(abort__external_or_odd_status__passed_to_guest),
		T(abort__crosses_page__external_abort),
		T(abort__cache_maintenance_of_device__skipped),
		T(abort__memory_absent__page_fault_and_again),
		T(abort__permission__address_from_the_guests_tables),
		T(abort__gic_register__answered_here),
		T(aarch32_el0__traps__undefined_or_abort),
		T(unknown_exception_class__undefined),
		T(smc__from_guest__not_supported),
		T(vector_registers__used_by_guest__host_gets_its_own),
		T(wfi__idle_enabled__idle_with_capped_delay),
		T(wfi__timer_armed__delay_is_the_deadline),
		T(wfi__idle_unknown_to_driver__waits_here),
		T(wfe__resumes_at_once),
		T(off_vcpu__idle_or_irq__never_entered),
		T(kick__resumes__dying_vm_leaves),
		T(destroy__while_running__guest_leaves_then_gone),
		T(serror__from_guest__becomes_the_hosts),
		cmocka_unit_test_setup(first_run__no_fwb__memory_cleaned_once, run_setup_no_fwb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
