/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/hvc/ hyp/run/ hyp/vm/ hyp/irq/ hyp/timer/ hyp/mem/ hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/arch/aarch64/el1_regs.c hyp/arch/aarch64/inject.c hyp/arch/aarch64/fpsimd.c hyp/arch/aarch64/cpu_init.c tests/host/gic_model.c tests/host/mem_fixture.c tests/host/run_fixture.c */
/*
 * Job: RUN: refusals, wake-ups, what the host gets back, a VM that dies meanwhile.
 * Never: idle vCPUs (test_run_idle.c), the guest's aborts (test_abort.c), PSCI (test_psci.c), system registers (test_sysreg.c).
 * Used by: make -C tests/host run.
 */
#include "run_fixture.h"

#include "arch/aarch64/cpu.h"
#include "arch/aarch64/esr.h"
#include "mem/firmware.h"

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

/* Branch records and trace of a guest are not for the host: BRBCR_EL1, TRFCR_EL1 are off while it runs, and the host's again. */
static u64 guest_looks_at_recorders(struct cpu_ctx *ctx)
{
	assert_int_equal(shim_sysreg_read("s2_1_c9_c0_0"), 0);
	assert_int_equal(shim_sysreg_read("s3_0_c1_c2_1"), 0);
	return guest_host_irq(ctx);
}

static void run__host_records_branches__not_the_guests(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	cpu_features.brbe = cpu_features.trace_filter = true;
	shim_sysreg_write("s2_1_c9_c0_0", 3);
	shim_sysreg_write("s3_0_c1_c2_1", 3);
	guest = guest_looks_at_recorders;
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	assert_int_equal(guest_entries, 1);
	assert_int_equal(shim_sysreg_read("s2_1_c9_c0_0"), 3);
	assert_int_equal(shim_sysreg_read("s3_0_c1_c2_1"), 3);
}

static u16 make_protected(u32 vcpus)
{
	u16 vm = make_bare_vm();

	assert_int_equal(register_slot(vm, 0, RAM_IPA, VM_PAGES), 0);
	assert_int_equal(populate(vm, 0, RAM_IPA, GUEST_RAM_PA + vm * 2 * MB, VM_PAGES), 0);
	add_gic(vm);
	for (u32 i = 0; i < vcpus; i++)
		assert_int_equal(add_vcpu(vm, i), 0);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_PROTECTED_VM, GZ_PVM_SET_PROTECTED, 0).st, 0);
	return vm;
}

/* A RUN that is refused for want of a PC must leave the VM able to be given one. */
static void run__protected_no_entry_point__can_still_be_given_one(void **state)
{
	u16 vm = make_protected(1);

	(void)state;
	expect_fail(vm, GZ_FAIL_NO_ENTRY);
	assert_int_equal(hvc(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm, 0), CORE_PC, RAM_IPA, 0).st, 0);
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
}

#define FW_IPA	UINT64_C(0x7fc00000)
#define FW_PA	(GUEST_RAM_PA - 4 * PAGE_SIZE)

static struct cpu_ctx entered;

static u64 note_entry(struct cpu_ctx *ctx)
{
	if (guest_entries == 1)
		entered = *ctx;
	return guest_host_irq(ctx);
}

/* Whatever the host wrote, or did not: PC is the firmware's, X0 to X2 are the host's, the rest is as at power-on. */
static void firmware_entry(bool host_writes)
{
	u16 vm = make_protected(1);

	firmware_hold((struct pa_range){ PA(FW_PA), 2 * PAGE_SIZE });
	guest = note_entry;
	for (u32 i = 0; i < 31; i++)
		if (host_writes || i < 3)
			assert_int_equal(hvc(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm, 0), CORE(2 * i), 0x1000 + i, 0).st, 0);
	if (host_writes) {
		assert_int_equal(hvc(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm, 0), CORE_PC, RAM_IPA, 0).st, 0);
		assert_int_equal(hvc(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm, 0), CORE_PSTATE, 0, 0).st, 0);
		assert_int_equal(hvc(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm, 0), CORE(0x44), 0x5000, 0).st, 0);
	}
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_PROTECTED_VM, GZ_PVM_SET_PVMFW_GPA, FW_IPA).st, 0);
	expect_fail(vm, GZ_FAIL_NO_FIRMWARE_SLOT);
	assert_int_equal(guest_entries, 0);
	assert_int_equal(hvc(GZ_FN_MEMREGION_PURPOSE, vm, FW_IPA, 2 * PAGE_SIZE, GZ_MEM_PROTECT_FW).st, 0);
	assert_int_equal(register_slot(vm, 1, FW_IPA, 2), 0);
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	assert_int_equal(entered.pc, FW_IPA);
	assert_int_equal(entered.pstate, PSTATE_EL1H_MASKED);
	for (u32 i = 0; i < 31; i++)
		assert_int_equal(entered.x[i], i < 3 ? 0x1000 + i : 0);
	assert_int_equal(entered.el1[R_SP_EL1], 0);
	/* Too late for each of them. */
	assert_int_equal(hvc(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm, 0), CORE_PC, RAM_IPA, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_PROTECTED_VM, GZ_PVM_SET_PVMFW_GPA, FW_IPA).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_MEMREGION_PURPOSE, vm, FW_IPA, 2 * PAGE_SIZE, GZ_MEM_GUEST).st, GZ_ST_INVALID_ARGS);
	/* A second RUN goes on where the guest was. */
	vcpu_of(vm, 0)->ctx.pc = FW_IPA + 64;
	run(vm, 0);
	assert_int_equal(vcpu_of(vm, 0)->ctx.pc, FW_IPA + 64);
	firmware_hold((struct pa_range){ PA(0), 0 });
}

static void run__firmware__entered_at_its_address(void **state) { (void)state; firmware_entry(false); }
static void run__firmware_and_host_wrote_all__entered_at_its_address(void **state) { (void)state; firmware_entry(true); }

/* The VMM's thread of vCPU 1 may come first: nothing of the guest has run then. */
static void run__protected_secondary_first__boot_vcpu_can_still_be_given_a_pc(void **state)
{
	u16 vm = make_protected(2);

	(void)state;
	assert_int_not_equal(run(vm, 1), GZ_EXIT_FAIL_ENTRY);
	assert_int_equal(guest_entries, 0);
	assert_int_equal(hvc(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm, 0), CORE_PC, RAM_IPA, 0).st, 0);
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
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

static void run__gic_layout_refused__nothing_frozen_yet(void **state)
{
	u16 vm = make_bare_vm();

	(void)state;
	add_gic(vm);
	/* In the way of the second frame, of which there is none before the second vCPU. */
	assert_int_equal(register_slot(vm, 1, GICR_IPA + 0x20000, 2), 0);
	assert_int_equal(register_slot(vm, 2, GICR_IPA + 0x40000, 2), 0);
	assert_int_equal(add_vcpu(vm, 0), 0);
	assert_int_equal(add_vcpu(vm, 1), 0);
	assert_int_equal(hvc(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm, 0), CORE_PC, RAM_IPA, 0).st, 0);
	expect_fail(vm, GZ_FAIL_GIC_LAYOUT);
	assert_int_equal(hvc(GZ_FN_EXT_UNMAP_SLOT, vm, 1, 0, 0).st, 0);
	assert_int_equal(add_vcpu(vm, 2), 0);
	expect_fail(vm, GZ_FAIL_GIC_LAYOUT);
	assert_int_equal(hvc(GZ_FN_EXT_UNMAP_SLOT, vm, 2, 0, 0).st, 0);
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	assert_int_equal(vcpu_of(vm, 0)->vm->vgic.cpu_count, 3);
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

static u64 guest_looks_at_mdcr(struct cpu_ctx *ctx)
{
	/* Counters, trace and profiling are trapped; what keeps the host from counting EL2 stays. */
	assert_int_equal(sysreg_read(mdcr_el2), 6 | BIT(17) | BIT(23) | BIT(5) | BIT(6) | BIT(9) | BIT(10) | BIT(11) |
			 BIT(14) | BIT(19));
	return guest_host_irq(ctx);
}

static void run__host_counts__not_el2_and_not_by_guest(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	shim_sysreg_write("mdcr_el2", 6 | BIT(17) | BIT(23));
	guest = guest_looks_at_mdcr;
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	assert_int_equal(sysreg_read(mdcr_el2), 6 | BIT(17) | BIT(23));
}

static void run__cpu_without_frame__refused(void **state)
{
	u16 vm = make_vm(1, false);
	u64 frame = this_cpu()->gicr_rd;

	(void)state;
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	guest_entries = 0;
	this_cpu()->gicr_rd = 0;
	expect_fail(vm, GZ_FAIL_GIC_LAYOUT);
	this_cpu()->gicr_rd = frame;
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
}

static u64 guest_kicked_for_ever(struct cpu_ctx *ctx)
{
	(void)ctx;
	assert_in_range(guest_entries, 1, 1000);
	return trap_irq(15);
}

static void kick__one_after_another__host_has_its_turn(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	guest = guest_kicked_for_ever;
	for (u32 i = 1; i <= 3; i++) {
		assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
		assert_int_equal(guest_entries, i * 64);
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
	(void)ctx;
	assert_int_equal(guest_entries, 1);
	gm_on(1);
	assert_int_equal(vm_destroy_slice(dying_vm, 512), GZ_EAGAIN);
	assert_null(vm_get(dying_vm));
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

static void cleaned_once(u16 vm)
{
	assert_int_equal(hvc(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm, 0), CORE_PC, RAM_IPA, 0).st, 0);
	shim_events_clear();
	shim_irq_pending = true;
	while (run(vm, 0) == GZ_EXIT_GZ)
		assert_int_equal(guest_entries, 0);
	assert_in_range(shim_events_of(EV_DC_CIVAC) + shim_events_of(EV_DC_CVAC), VM_PAGES, VM_PAGES * 256);
	shim_events_clear();
	run(vm, 0);
	assert_int_equal(shim_events_of(EV_DC_CIVAC) + shim_events_of(EV_DC_CVAC), 0);
}

static void first_run__no_fwb__memory_cleaned_once(void **state) { (void)state; cleaned_once(make_vm(1, false)); }

static void first_run__protected__memory_cleaned_once(void **state) { (void)state; cleaned_once(make_protected(1)); }

#define T(f) cmocka_unit_test_setup(f, run_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(run__no_such_vm_or_vcpu__fail_entry),
		T(run__host_irq__exit_irq),
		T(run__in_interrupt_handler__refused),
		T(run__host_records_branches__not_the_guests), T(run__no_entry_point__refused), T(run__protected_no_entry_point__can_still_be_given_one),
		T(run__firmware__entered_at_its_address), T(run__firmware_and_host_wrote_all__entered_at_its_address),
		T(run__protected_secondary_first__boot_vcpu_can_still_be_given_a_pc),
		T(run__gic_inside_memory__refused),
		T(run__gic_layout_refused__nothing_frozen_yet),
		T(run__run_pages_are_guest_memory__refused),
		T(run__second_page_bad__first_given_back),
		T(run__guest_scribbles_el1__each_side_keeps_its_own),
		T(run__host_counts__not_el2_and_not_by_guest),
		T(run__cpu_without_frame__refused),
		T(kick__one_after_another__host_has_its_turn),
		T(run__two_vcpus_on_one_cpu__tlb_dropped_between),
		T(vector_registers__used_by_guest__host_gets_its_own),
		T(kick__resumes__dying_vm_leaves),
		T(destroy__while_running__guest_leaves_then_gone),
		T(serror__from_guest__becomes_the_hosts),
		cmocka_unit_test_setup(first_run__no_fwb__memory_cleaned_once, run_setup_no_fwb),
		T(first_run__protected__memory_cleaned_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
