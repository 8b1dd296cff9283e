// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: identities and life cycles: one vCPU on two CPUs, use after destroy, ids reused and truncated, registers set when they may not be.
 * Never: leave another CPU running.
 * Used by: suites.c. SEC-14, SEC-15, SEC-19.
 */
#include "el1host/gzcall.h"
#include "el1host/suites.h"
#include "gz/guest_hvc.h"
#include "probe/roles.h"

static struct test_vm vm;
static volatile u64 other_done, other_runs, other_refused, stop;

/* Another CPU that RUNs the same vCPU again and again. */
static void run_too(u64 arg)
{
	(void)arg;
	gic_cpu_init();
	while (!stop) {
		u32 reason = (u32)gz(GZ_FN_RUN, GZ_TUPLE(vm.id, 0), 0, 0, 0).x1;

		if (reason == GZ_EXIT_FAIL_ENTRY)
			other_refused++;
		other_runs++;
	}
	other_done = 1;
}

static void start_other(void)
{
	other_done = other_runs = other_refused = stop = 0;
	EXPECT_EQ(cpu_start(1, run_too, 0), 0);
	EXPECT(wait_for(&other_runs, 1, 5000000));
}

static void stop_other(void)
{
	stop = 1;
	EXPECT(wait_for(&other_done, 1, 10000000));
	while (psci(PSCI_AFFINITY_INFO_64, 1, 0, 0) != 1)
		cpu_relax();
}

TEST(vcpu__run_on_two_cpus__one_is_refused)
{
	struct holdings start = holdings();
	u32 refused = 0;

	EXPECT(vm_make_role(&vm, 1, VM_PAGES, ROLE_WFI, 0));
	start_other();
	for (u32 i = 0; i < 3000; i++)
		refused += (u32)gz(GZ_FN_RUN, GZ_TUPLE(vm.id, 0), 0, 0, 0).x1 == GZ_EXIT_FAIL_ENTRY;
	/* Registers of a running vCPU are not for setting either: any answer is fine, none is fatal. */
	for (u32 i = 0; i < 300; i++)
		gz(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm.id, 0), REG_CORE(0), i, 0);
	stop_other();
	printf("  refused here %u, there %lu of %lu\n", refused, other_refused, other_runs);
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_HOLDINGS(start);
}

TEST(vm__destroyed_while_running_elsewhere__ends_and_frees_all)
{
	for (u32 round = 0; round < 10; round++) {
		struct holdings start = holdings();

		EXPECT(vm_make_role(&vm, 1, VM_POPULATE, ROLE_SPIN, 0));
		start_other();
		delay_us(100 * round);
		stop = 1;
		/* The spinning guest holds that CPU until it is told: DESTROY must not wait for ever, nor free under it. */
		for (u32 i = 0; i < 100000 && gz(GZ_FN_DESTROY_VM, vm.id, GZ_DESTROY_BATCH_PAGES, 0, 0).st; i++)
			cpu_relax();
		stop_other();
		EXPECT(gz(GZ_FN_GET_STATISTICS, vm.id, 0, 0, 0).st != 0);
		vm_destroy(&vm);
		EXPECT_HOLDINGS(start);
	}
}

TEST(ids__after_destroy__not_found)
{
	u64 id, t;

	EXPECT(vm_make(&vm, 1, VM_POPULATE));
	id = vm.id;
	t = GZ_TUPLE(id, 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT(gz(GZ_FN_DESTROY_VM, id, GZ_DESTROY_BATCH_PAGES, 0, 0).st < 0);
	EXPECT(gz(GZ_FN_DESTROY_VCPU, t, 0, 0, 0).st < 0);
	EXPECT(gz(GZ_FN_CREATE_VCPU, t, host_alloc(8192, 8192), 0, 0).st < 0);
	EXPECT(gz(GZ_FN_SET_ONE_REG, t, REG_CORE(0), 0, 0).st < 0);
	EXPECT(gz(GZ_FN_IRQ_LINE, t, 0, 1, 0).st < 0);
	EXPECT(gz(GZ_FN_RUN, t, 0, 0, 0).st < 0);
	EXPECT_EQ((u32)gz(GZ_FN_RUN, t, 0, 0, 0).x1, GZ_EXIT_FAIL_ENTRY);
	EXPECT(gz5(GZ_FN_MAP_GUEST, id, 0, vm.ram_pa >> 12, VM_RAM_BASE >> 12, 1).st < 0);
}

TEST(vcpu_destroyed__run_and_create_again__as_new)
{
	struct holdings start = holdings();
	u64 t;

	EXPECT(vm_make_role(&vm, 1, VM_POPULATE, ROLE_ECHO, 0));
	t = GZ_TUPLE(vm.id, 0);
	EXPECT_EQ(gz(GZ_FN_CREATE_VCPU, t, vm.pages_pa[0], 0, 0).st, GZ_ST_ALREADY_EXISTS);
	EXPECT_EQ(gz(GZ_FN_DESTROY_VCPU, t, 0, 0, 0).st, 0);
	EXPECT_EQ((u32)gz(GZ_FN_RUN, t, 0, 0, 0).x1, GZ_EXIT_FAIL_ENTRY);
	EXPECT(gz(GZ_FN_DESTROY_VCPU, t, 0, 0, 0).st < 0);
	EXPECT_EQ(gz(GZ_FN_CREATE_VCPU, t, vm.pages_pa[0], 0, 0).st, 0);
	EXPECT_EQ(gz(GZ_FN_SET_ONE_REG, t, REG_PC, VM_RAM_BASE, 0).st, 0);
	EXPECT(vm_run_all(&vm, 100000));
	EXPECT_EQ(vm.exit_code, 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_HOLDINGS(start);
}

TEST(vcpu_ids__too_large_or_with_upper_bits__refused)
{
	u64 page = host_alloc(2 * PAGE_SIZE, 2 * PAGE_SIZE);
	struct holdings start = holdings();
	static const u64 bad[] = { 8, 9, 0xff, 0x100, 0x8000, 0xffff };

	EXPECT(vm_make(&vm, 1, VM_POPULATE));
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT(gz(GZ_FN_CREATE_VCPU, GZ_TUPLE(vm.id, bad[i]), page, 0, 0).st < 0);
	EXPECT(gz(GZ_FN_CREATE_VCPU, GZ_TUPLE(vm.id | 0x10000ull, 1), page, 0, 0).st < 0);
	EXPECT(gz(GZ_FN_CREATE_VCPU, GZ_TUPLE(vm.id, 1) | 1ull << 63, page, 0, 0).st < 0);
	EXPECT(gz(GZ_FN_GET_STATISTICS, vm.id | 0x10000ull, 0, 0, 0).st < 0);
	EXPECT(gz(GZ_FN_GET_STATISTICS, vm.id | 1ull << 32, 0, 0, 0).st < 0);
	EXPECT(gz(GZ_FN_CREATE_VCPU, GZ_TUPLE(vm.id, 1), page + 1, 0, 0).st < 0);
	EXPECT(gz(GZ_FN_CREATE_VM, 1, 0, 0, 0).st < 0);
	EXPECT(gz(GZ_FN_CREATE_VM, ~0ull, 0, 0, 0).st < 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_HOLDINGS(start);
}

TEST(vcpu__created_after_first_run__refused_or_harmless)
{
	u64 page = host_alloc(2 * PAGE_SIZE, 2 * PAGE_SIZE);

	EXPECT(vm_make_role(&vm, 1, VM_PAGES, ROLE_WFI, 0));
	for (u32 i = 0; i < 20; i++)
		vm_run_once(&vm, 0);
	EXPECT(gz(GZ_FN_CREATE_VCPU, GZ_TUPLE(vm.id, 1), page, 0, 0).st < 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
}

static void expect_refused(u64 id, s32 st)
{
	if (st >= 0)
		printf("  accepted: register %lx\n", id);
	EXPECT(st < 0);
}

TEST(one_reg__what_no_host_may_set__refused)
{
	static const u64 modes[] = { 0x3c9 /* EL2h */, 0x3c8, 0x3cd /* EL3h */, 0x1d3 /* AArch32 */, 0x3c5 | 1ull << 32, 0x3c6, 0x3ff };
	static const u64 ids[] = { 0, ~0ull, REG_CORE(0x54) /* FP */, REG_CORE(0xfff), 0x603000000013e088ull /* op1 4 */,
		0x6030000000130000ull, 0x6020000000100000ull, 0x4030000000100000ull, 0x6040000000100054ull, REG_PC | 1ull << 36 };
	u64 t;

	EXPECT(vm_make(&vm, 2, VM_POPULATE));
	t = GZ_TUPLE(vm.id, 0);
	for (u32 i = 0; i < ARRAY_SIZE(modes); i++)
		EXPECT(gz(GZ_FN_SET_ONE_REG, t, REG_PSTATE, modes[i], 0).st < 0);
	for (u32 i = 0; i < ARRAY_SIZE(ids); i++)
		expect_refused(ids[i], gz(GZ_FN_SET_ONE_REG, t, ids[i], 0, 0).st);
	EXPECT_EQ(gz(GZ_FN_SET_ONE_REG, t, REG_PSTATE, 0x3c4, 0).st, 0);
	EXPECT_EQ(gz(GZ_FN_SET_ONE_REG, t, REG_PSTATE, 0x3c5, 0).st, 0);
	EXPECT(gz(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm.id, 7), REG_PC, 0, 0).st < 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
}

TEST(ids__a_thousand_vms_one_after_the_other__ids_come_back)
{
	struct holdings start = holdings();
	struct gz_ret r;

	for (u32 i = 0; i < 1000; i++) {
		r = gz(GZ_FN_CREATE_VM, 0, 0, 0, 0);
		EXPECT_EQ(r.st, 0);
		EXPECT(r.x1 >= 1 && r.x1 < GZ_VM_ID_INVALID);
		EXPECT_EQ(gz(GZ_FN_DESTROY_VM, r.x1, GZ_DESTROY_BATCH_PAGES, 0, 0).st, 0);
	}
	EXPECT_HOLDINGS(start);
}

void suite_life(void)
{
	RUN_TEST(vcpu__run_on_two_cpus__one_is_refused);
	RUN_TEST(vm__destroyed_while_running_elsewhere__ends_and_frees_all);
	RUN_TEST(ids__after_destroy__not_found);
	RUN_TEST(vcpu_destroyed__run_and_create_again__as_new);
	RUN_TEST(vcpu_ids__too_large_or_with_upper_bits__refused);
	RUN_TEST(vcpu__created_after_first_run__refused_or_harmless);
	RUN_TEST(one_reg__what_no_host_may_set__refused);
	RUN_TEST(ids__a_thousand_vms_one_after_the_other__ids_come_back);
}
