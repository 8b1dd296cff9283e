/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/hvc/ hyp/run/ hyp/vm/ hyp/irq/ hyp/timer/ hyp/mem/ hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/arch/aarch64/el1_regs.c hyp/arch/aarch64/inject.c hyp/arch/aarch64/fpsimd.c hyp/arch/aarch64/cpu_init.c tests/host/gic_model.c tests/host/mem_fixture.c tests/host/run_fixture.c */
/*
 * Job: what a guest may call: SMCCC, PSCI with its races, TRNG, identity, PTP, relinquish.
 * Never: the host's calls (test_dispatch.c).
 * Used by: make -C tests/host run.
 */
#include "run_fixture.h"


static u64 in[8];

static u64 guest_calls_once(struct cpu_ctx *ctx)
{
	if (guest_entries > 1)
		return guest_host_irq(ctx);
	for (u32 i = 0; i < 8; i++)
		ctx->x[i] = in[i];
	return trap_hvc();
}

/* One call by vCPU; exit reason. The answer is in its x0..x3. */
static u32 call(u16 vm, u32 vcpu, u64 fn, u64 a1, u64 a2, u64 a3)
{
	in[0] = fn, in[1] = a1, in[2] = a2, in[3] = a3;
	guest = guest_calls_once;
	guest_entries = 0;
	return run(vm, vcpu);
}

static u64 *x_of(u16 vm, u32 vcpu)
{
	return vcpu_of(vm, vcpu)->ctx.x;
}

/* Calls that only answer: x0, and x1..x3 zero. */
static s64 ask(u16 vm, u64 fn, u64 a1, u64 a2, u64 a3)
{
	assert_int_equal(call(vm, 0, fn, a1, a2, a3), GZ_EXIT_IRQ);
	for (u32 i = 1; i < 4; i++)
		assert_int_equal(x_of(vm, 0)[i], 0);
	return (s64)x_of(vm, 0)[0];
}

static void smccc__identity__as_published(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	assert_int_equal(ask(vm, SMCCC_VERSION_ID, 7, 7, 7), SMCCC_VERSION_1_1);
	assert_int_equal(ask(vm, SMCCC_ARCH_FEATURES_ID, SMCCC_ARCH_FEATURES_ID, 7, 7), 0);
	assert_int_equal(ask(vm, SMCCC_ARCH_FEATURES_ID, SMCCC_ARCH_WORKAROUND_1, 7, 7), -1);
	assert_int_equal(call(vm, 0, VENDOR_HYP_UID_ID, 7, 7, 7), GZ_EXIT_IRQ);
	assert_int_equal(x_of(vm, 0)[0], UID_KVM_W0);
	assert_int_equal(x_of(vm, 0)[1], UID_KVM_W1);
	assert_int_equal(x_of(vm, 0)[2], UID_KVM_W2);
	assert_int_equal(x_of(vm, 0)[3], UID_KVM_W3);
	assert_int_equal(ask(vm, VENDOR_HYP_FEATURES_ID, 7, 7, 7), 0x203);
}

static void smccc__unknown__not_supported(void **state)
{
	static const u64 ids[] = { 0, 0x80000002, 0x8600ff00, 0x86000002, VENDOR_HYP_MEMINFO, VENDOR_HYP_MEM_SHARE,
		VENDOR_HYP_MMIO_GUARD_INFO, VENDOR_HYP_MMIO_GUARD_ENROLL, 0xc600000a, 0xfb00100c, 0xbb001005, 0x84000020,
		0x8400004f, 0x84000060, 0xc4000060, 0xffffffff, 0x84000014, 0x8400000e, 0xc400000e, 0x84000005, 0x8400001f };
	u16 vm = make_vm(1, false);

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(ids); i++)
		assert_int_equal(ask(vm, ids[i] | 0x1234567800000000, 7, 7, 7), -1);
}

static void psci__questions(void **state)
{
	static const u32 have[] = { PSCI_VERSION_ID, PSCI_CPU_SUSPEND_64, PSCI_CPU_OFF, PSCI_CPU_ON_64, PSCI_AFFINITY_INFO_64,
		PSCI_MIGRATE_INFO_TYPE, PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET, PSCI_SYSTEM_RESET2_64, PSCI_FEATURES };
	u16 vm = make_vm(1, false);

	(void)state;
	assert_int_equal(ask(vm, PSCI_VERSION_ID, 7, 7, 7), PSCI_VERSION_1_1);
	assert_int_equal(ask(vm, PSCI_MIGRATE_INFO_TYPE, 0, 0, 0), PSCI_MIGRATE_NOT_PRESENT);
	for (u32 i = 0; i < ARRAY_SIZE(have); i++)
		assert_int_equal(ask(vm, PSCI_FEATURES, have[i], 0, 0), 0);
	assert_int_equal(ask(vm, PSCI_FEATURES, PSCI_SYSTEM_SUSPEND_64, 0, 0), PSCI_NOT_SUPPORTED);
	assert_int_equal(ask(vm, PSCI_FEATURES, 0, 0, 0), PSCI_NOT_SUPPORTED);
}

static void cpu_on__bad_target_or_entry__refused(void **state)
{
	static const u64 bad[] = { 2, 7, 8, 0x100, 0x10000, 0x100000000, 0x80000001, 0x1000001, UINT64_MAX };
	u16 vm = make_vm(2, false);

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(ask(vm, PSCI_CPU_ON_64, bad[i], RAM_IPA, 0), PSCI_INVALID_PARAMETERS);
		assert_int_equal(ask(vm, PSCI_AFFINITY_INFO_64, bad[i], 0, 0), PSCI_INVALID_PARAMETERS);
	}
	assert_int_equal(ask(vm, PSCI_CPU_ON_64, 1, 0x1000, 0), PSCI_INVALID_ADDRESS);
	assert_int_equal(ask(vm, PSCI_CPU_ON_64, 1, RAM_IPA | 2, 0), PSCI_INVALID_ADDRESS);
	assert_int_equal(ask(vm, PSCI_CPU_ON_64, 0, RAM_IPA, 0), PSCI_ALREADY_ON);
	assert_int_equal(ask(vm, PSCI_AFFINITY_INFO_64, 1, 1, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(ask(vm, PSCI_AFFINITY_INFO_64, 1, 0, 0), PSCI_AFFINITY_OFF);
	assert_int_equal(ask(vm, PSCI_AFFINITY_INFO_64, 0, 0, 0), PSCI_AFFINITY_ON);
}

static void cpu_on__twice__pending_then_on_then_off(void **state)
{
	u16 vm = make_vm(2, false);
	struct cpu_ctx *t;

	(void)state;
	assert_int_equal(ask(vm, PSCI_CPU_ON_64, 1, RAM_IPA + 0x400, 0xc0ffee), 0);
	assert_int_equal(ask(vm, PSCI_CPU_ON_64, 1, RAM_IPA + 0x800, 1), PSCI_ON_PENDING);
	assert_int_equal(ask(vm, PSCI_AFFINITY_INFO_64, 1, 0, 0), PSCI_AFFINITY_ON_PENDING);
	t = &vcpu_of(vm, 1)->ctx;
	t->x[5] = 0x55;
	guest = guest_host_irq;
	assert_int_equal(run(vm, 1), GZ_EXIT_IRQ);
	assert_int_equal(t->pc, RAM_IPA + 0x400);
	assert_int_equal(t->x[0], 0xc0ffee);
	assert_int_equal(t->x[5], 0);
	assert_int_equal(t->pstate, 0x3c5);
	assert_int_equal(ask(vm, PSCI_CPU_ON_64, 1, RAM_IPA, 0), PSCI_ALREADY_ON);
	assert_int_equal(call(vm, 1, PSCI_CPU_OFF, 0, 0, 0), GZ_EXIT_IRQ);
	assert_int_equal(guest_entries, 1);
	assert_int_equal(ask(vm, PSCI_AFFINITY_INFO_64, 1, 0, 0), PSCI_AFFINITY_OFF);
	assert_int_equal(ask(vm, PSCI_CPU_ON_32, 0xffffffff00000001, 0xffffffff00000000 | RAM_IPA, UINT64_MAX), 0);
	guest = guest_host_irq;
	run(vm, 1);
	assert_int_equal(t->pc, RAM_IPA);
	assert_int_equal(t->x[0], 0xffffffff);	/* the 32-bit form has 32-bit arguments */
}

static void cpu_on__sleeping_target__exit_ipi_names_it(void **state)
{
	u16 vm = make_vm(3, true);

	(void)state;
	assert_int_equal(run(vm, 1), GZ_EXIT_IDLE);
	/* vCPU 2 has never been in RUN: its thread comes by itself. */
	assert_int_equal(call(vm, 0, PSCI_CPU_ON_64, 2, RAM_IPA, 0), GZ_EXIT_IRQ);
	assert_int_equal(call(vm, 0, PSCI_CPU_ON_64, 1, RAM_IPA, 0), GZ_EXIT_IPI);
	assert_int_equal(last_run.x2, BIT(1));
	assert_int_equal(x_of(vm, 0)[0], 0);
	guest = guest_host_irq;
	assert_int_equal(run(vm, 1), GZ_EXIT_IRQ);
	assert_int_equal(vcpu_of(vm, 1)->ctx.pc, RAM_IPA);
}

static void cpu_on__by_several_vcpus__first_wins(void **state)
{
	u16 vm = make_vm(6, false);

	(void)state;
	for (u32 i = 1; i < 4; i++) {
		assert_int_equal(ask(vm, PSCI_CPU_ON_64, i, RAM_IPA, 0), 0);
		guest = guest_host_irq;
		run(vm, i);
	}
	for (u32 i = 0; i < 4; i++) {
		call(vm, i, PSCI_CPU_ON_64, 5, RAM_IPA + i * 16, i);
		assert_int_equal((s64)x_of(vm, i)[0], i == 0 ? 0 : PSCI_ON_PENDING);
	}
	guest = guest_host_irq;
	run(vm, 5);
	assert_int_equal(vcpu_of(vm, 5)->ctx.pc, RAM_IPA);
}

static void system_off__event_then_parked(void **state)
{
	static const struct { u64 fn; u32 type; } c[] = {
		{ PSCI_SYSTEM_OFF, GZ_EVENT_SHUTDOWN }, { PSCI_SYSTEM_RESET, GZ_EVENT_RESET },
		{ PSCI_SYSTEM_RESET2_32, GZ_EVENT_RESET }, { PSCI_SYSTEM_RESET2_64, GZ_EVENT_RESET },
	};

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(c); i++) {
		u16 vm = make_vm(2, true);

		assert_int_equal(ask(vm, PSCI_CPU_ON_64, 1, RAM_IPA, 0), 0);
		guest = guest_host_irq;
		assert_int_equal(run(vm, 1), GZ_EXIT_IRQ);
		assert_int_equal(call(vm, 0, c[i].fn, 0, 0, 0), GZ_EXIT_SYSTEM_EVENT);
		assert_int_equal(run_page(0)->system_event.type, c[i].type);
		assert_int_equal(run_page(0)->system_event.ndata, 0);
		guest_entries = 0;
		assert_int_equal(run(vm, 0), GZ_EXIT_IDLE);
		assert_int_equal(run(vm, 1), GZ_EXIT_IDLE);
		assert_int_equal(guest_entries, 0);
		assert_int_equal(hvc(GZ_FN_DESTROY_VM, vm, 0, 0, 0).st, 0);
	}
}

static void system_reset2__vendor_type__refused(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	assert_int_equal(ask(vm, PSCI_SYSTEM_RESET2_64, 0x80000000, 0, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(ask(vm, PSCI_SYSTEM_RESET2_64, 1, 0, 0), PSCI_INVALID_PARAMETERS);
}

/* As a VMM resets in place: registers of vCPU 0 anew, in any order, then RUN. */
static void reset__by_registers__starts_at_pc(void **state)
{
	u16 vm = make_vm(2, true);
	struct cpu_ctx *ctx = &vcpu_of(vm, 0)->ctx;

	(void)state;
	assert_int_equal(ask(vm, PSCI_CPU_ON_64, 1, RAM_IPA, 0), 0);
	guest = guest_host_irq;
	run(vm, 1);
	ctx->el1[R_SCTLR] = 0x1005;
	assert_int_equal(call(vm, 0, PSCI_SYSTEM_RESET, 0, 0, 0), GZ_EXIT_SYSTEM_EVENT);
	assert_int_equal(hvc(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm, 0), CORE(0), 0xd7b, 0).st, 0);
	assert_int_equal(run(vm, 0), GZ_EXIT_IDLE);	/* no PC yet */
	assert_int_equal(hvc(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm, 0), CORE_PC, RAM_IPA + 0x80, 0).st, 0);
	assert_int_equal(hvc(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm, 0), CORE_PSTATE, 0x3c5, 0).st, 0);
	guest = guest_host_irq;
	guest_entries = 0;
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	assert_int_equal(guest_entries, 1);
	assert_int_equal(ctx->pc, RAM_IPA + 0x80);
	assert_int_equal(ctx->x[0], 0xd7b);
	assert_int_equal(ctx->el1[R_SCTLR], 0x30d00800);
	assert_int_equal(run(vm, 1), GZ_EXIT_IDLE);	/* secondaries are off again */
	assert_int_equal(call(vm, 0, PSCI_CPU_ON_64, 1, RAM_IPA, 0), GZ_EXIT_IPI);
	assert_int_equal(x_of(vm, 0)[0], 0);
}

/* A VMM that resets a VM which is alive (and waits for the answer to an exit). */
static void reset__of_a_live_vm__by_pc_x0_pstate(void **state)
{
	u16 vm = make_vm(2, true);
	struct cpu_ctx *ctx = &vcpu_of(vm, 0)->ctx;

	(void)state;
	assert_int_equal(ask(vm, PSCI_CPU_ON_64, 1, RAM_IPA, 0), 0);
	guest = guest_host_irq;
	assert_int_equal(run(vm, 1), GZ_EXIT_IRQ);
	ctx->el1[R_SCTLR] = 0x1005;
	assert_int_equal(call(vm, 0, VENDOR_HYP_PTP_ID, 1, 0, 0), GZ_EXIT_HYPERCALL);
	assert_int_equal(hvc(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm, 0), CORE_PSTATE, 0x3c5, 0).st, 0);
	assert_int_equal(hvc(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm, 0), CORE_PC, RAM_IPA + 0x80, 0).st, 0);
	assert_int_equal(ctx->el1[R_SCTLR], 0x1005);
	assert_int_equal(hvc(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm, 0), CORE(0), 0xd7b, 0).st, 0);
	assert_int_equal(run(vm, 1), GZ_EXIT_IDLE);
	guest = guest_host_irq;
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	assert_int_equal(ctx->pc, RAM_IPA + 0x80);
	assert_int_equal(ctx->x[0], 0xd7b);
	assert_int_equal(ctx->el1[R_SCTLR], 0x30d00800);
}

/* A debugger's write while the VM is alive is a write, not a reset. */
static void set_pc__while_alive__no_reset(void **state)
{
	u16 vm = make_vm(1, false);
	struct cpu_ctx *ctx = &vcpu_of(vm, 0)->ctx;

	(void)state;
	run(vm, 0);
	ctx->x[9] = 9;
	assert_int_equal(hvc(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm, 0), CORE_PC, RAM_IPA + 8, 0).st, 0);
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	assert_int_equal(ctx->pc, RAM_IPA + 8);
	assert_int_equal(ctx->x[9], 9);
}

static void cpu_suspend__like_wfi(void **state)
{
	u16 vm = make_vm(1, true);

	(void)state;
	assert_int_equal(call(vm, 0, PSCI_CPU_SUSPEND_64, 0x40000000, RAM_IPA, 0), GZ_EXIT_IDLE);
	assert_int_equal(x_of(vm, 0)[0], 0);
	assert_int_equal(run(vm, 0), GZ_EXIT_IDLE);
}

static void trng__bits_and_words(void **state)
{
	u16 vm = make_vm(1, false);
	const u64 a5 = 0xa5a5a5a5a5a5a5a5;

	(void)state;
	assert_int_equal(ask(vm, TRNG_VERSION_ID, 7, 7, 7), TRNG_VERSION_1_0);
	assert_int_equal(ask(vm, TRNG_FEATURES_ID, TRNG_RND64, 7, 7), 0);
	assert_int_equal(ask(vm, TRNG_FEATURES_ID, 0x84000054, 7, 7), -1);
	assert_int_equal(ask(vm, TRNG_RND64, 0, 0, 0), -2);
	assert_int_equal(ask(vm, TRNG_RND64, 193, 0, 0), -2);
	assert_int_equal(ask(vm, TRNG_RND32, 97, 0, 0), -2);
	call(vm, 0, TRNG_RND64, 192, 0, 0);
	for (u32 i = 0; i < 4; i++)
		assert_int_equal(x_of(vm, 0)[i], i ? a5 : 0);
	call(vm, 0, TRNG_RND64, 65, 7, 7);
	assert_int_equal(x_of(vm, 0)[3], a5);
	assert_int_equal(x_of(vm, 0)[2], a5 & 1);
	assert_int_equal(x_of(vm, 0)[1], 0);
	call(vm, 0, TRNG_RND32, 33, 7, 7);
	assert_int_equal(x_of(vm, 0)[3], (u32)a5);
	assert_int_equal(x_of(vm, 0)[2], 1);
	shim_sysreg_write("test_entropy", 0);
	assert_int_equal(ask(vm, TRNG_RND64, 64, 0, 0), TRNG_NO_ENTROPY);
	call(vm, 0, TRNG_GET_UUID_ID, 0, 0, 0);
	assert_int_not_equal((s32)x_of(vm, 0)[0], -1);
}

static void ptp__exit_and_four_words_back(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	assert_int_equal(ask(vm, VENDOR_HYP_PTP_ID, 2, 0, 0), -1);
	assert_int_equal(call(vm, 0, VENDOR_HYP_PTP_ID, 1, 0, 0), GZ_EXIT_HYPERCALL);
	assert_int_equal(run_page(0)->hypercall.args[0], VENDOR_HYP_PTP_ID);
	assert_int_equal(run_page(0)->hypercall.args[1], 1);
	for (u32 i = 0; i < 8; i++)
		run_page(0)->hypercall.args[i] = 0x100 + i;
	guest = guest_host_irq;
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	for (u32 i = 0; i < 4; i++)
		assert_int_equal(x_of(vm, 0)[i], 0x100 + i);
	assert_int_equal(x_of(vm, 0)[4], in[4]);
}

static void relinquish__page_home_before_the_exit(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	assert_int_equal(ask(vm, VENDOR_HYP_MEM_RELINQUISH, RAM_IPA + 8, 0, 0), -3);
	assert_int_equal(ask(vm, VENDOR_HYP_MEM_RELINQUISH, 0x1000, 0, 0), -3);
	assert_int_equal(ask(vm, VENDOR_HYP_MEM_RELINQUISH, UINT64_MAX & ~0xfffull, 0, 0), -3);
	assert_int_equal(call(vm, 0, VENDOR_HYP_MEM_RELINQUISH, RAM_IPA + 0x5000, 0, 0), GZ_EXIT_HYPERCALL);
	assert_int_equal(run_page(0)->hypercall.args[0], VENDOR_HYP_MEM_RELINQUISH);
	assert_int_equal(run_page(0)->hypercall.args[1], RAM_IPA + 0x5000);
	assert_int_equal(own_state_of(PA(GUEST_RAM_PA + vm * 2 * MB + 0x5000)), OWN_HOST);
	guest = guest_host_irq;
	assert_int_equal(run(vm, 0), GZ_EXIT_IRQ);
	assert_int_equal(x_of(vm, 0)[0], 0);	/* the driver writes no result */
}

#define T(f) cmocka_unit_test_setup(f, run_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(smccc__identity__as_published),
		T(smccc__unknown__not_supported),
		T(psci__questions),
		T(cpu_on__bad_target_or_entry__refused),
		T(cpu_on__twice__pending_then_on_then_off),
		T(cpu_on__sleeping_target__exit_ipi_names_it),
		T(cpu_on__by_several_vcpus__first_wins),
		T(system_off__event_then_parked),
		T(system_reset2__vendor_type__refused),
		T(reset__by_registers__starts_at_pc),
		T(reset__of_a_live_vm__by_pc_x0_pstate),
		T(set_pc__while_alive__no_reset),
		T(cpu_suspend__like_wfi),
		T(trng__bits_and_words),
		T(ptp__exit_and_four_words_back),
		T(relinquish__page_home_before_the_exit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
