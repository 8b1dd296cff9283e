/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/hvc/ hyp/run/ hyp/vm/ hyp/irq/ hyp/timer/ hyp/mem/ hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/arch/aarch64/el1_regs.c hyp/arch/aarch64/inject.c hyp/arch/aarch64/fpsimd.c hyp/arch/aarch64/cpu_init.c tests/host/gic_model.c tests/host/mem_fixture.c tests/host/run_fixture.c */
/*
 * Job: the table of host calls, the translation of every error, what registers a call leaves.
 * Never: what the calls do (test_vm.c, test_run.c).
 * Used by: make -C tests/host run.
 */
#include "mem/firmware.h"
#include "run_fixture.h"

#include "hvc/dispatch.h"
#include "hvc/hvc_int.h"

static void table__every_call_of_the_abi__has_its_handler(void **state)
{
	(void)state;
#define GZ_HVC_CALL(nr, NAME, subject, handler) assert_ptr_equal(hvc_handler_of(GZ_HVC_ID(nr)), handler);
#include "gz/hvc_calls.def"
#undef GZ_HVC_CALL
}

static void table__other_numbers__none(void **state)
{
	u32 known = 0;

	(void)state;
	for (u32 nr = 0; nr < 0x10000; nr++)
		known += hvc_handler_of(GZ_HVC_SMC64_BASE + nr) != NULL;
	assert_int_equal(known, 30);
	for (u32 nr = 0; nr < 0x100; nr++)
		assert_null(hvc_handler_of(GZ_HVC_SMC32_BASE + nr));
	assert_null(hvc_handler_of(GZ_HVC_SMC64_BASE - 1));
}

static void errors__each__its_status(void **state)
{
	static const s32 want[GZ_ERR_NR] = {
		[GZ_OK] = 0, [GZ_EINVAL] = -8, [GZ_ENOENT] = -2, [GZ_EEXIST] = -14, [GZ_ENOMEM] = -5, [GZ_EPERM] = -43,
		[GZ_EBUSY] = -3, [GZ_ESTATE] = -8, [GZ_ERANGE] = -37, [GZ_ENOTSUP] = -24, [GZ_EFAULT] = -40,
		[GZ_EAGAIN] = -33, [GZ_EIO] = -1,
	};

	(void)state;
	for (u32 e = 0; e < GZ_ERR_NR; e++) {
		assert_int_equal(hvc_status_of(e), want[e]);
		assert_true(e == 0 || want[e] != 0);
	}
	assert_int_equal(hvc_status_of(GZ_ERR_NR), -1);
	assert_int_equal(hvc_status_of(-1), -1);
}

static void unknown_call__not_supported__results_zero_rest_kept(void **state)
{
	static const u64 ids[] = { 0xfb001014, 0xfb00103f, 0xfb00104a, 0xbb00100c, 0xbb001005, 0xfb000000, 0xbbffffff };

	(void)state;
	for (u32 n = 0; n < ARRAY_SIZE(ids); n++) {
		u64 x[18];

		for (u32 i = 0; i < 18; i++)
			x[i] = 0x1111 * i + 7;
		x[0] = ids[n] | 0xffffffff00000000;
		assert_int_equal(hvc_dispatch(x), HVC_DONE);
		assert_int_equal((s32)x[0], GZ_ST_NOT_SUPPORTED);
		for (u32 i = 1; i < 18; i++)
			assert_int_equal(x[i], i < 4 ? 0 : 0x1111 * i + 7);
	}
}

static void probe__versions(void **state)
{
	struct res r = hvc(GZ_FN_PROBE, 16, 0, 0, 0);

	(void)state;
	assert_int_equal(r.st, 0);
	assert_int_equal(r.x1, GZ_VERSION_MAJOR);
	assert_int_equal(r.x2, GZ_VERSION_MINOR);
	assert_int_equal(r.x3, GZ_VERSION_SUB);
}

static void caps__queries_and_refusals(void **state)
{
	u16 vm = make_bare_vm();

	(void)state;
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, 0, GZ_CAP_QUERY_MAP_BATCH, 0, 0).x1, 512);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, 0, GZ_CAP_QUERY_DESTROY_BATCH, 0, 0).x1, 512);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, 0, GZ_CAP_IDLE, 0, 0).st, GZ_ST_NOT_SUPPORTED);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_DEMAND_PAGING, 0, 0).st, 0);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_IDLE, 0, 0).st, 0);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_BLOCK_DEMAND_PAGING, GZ_BLOCK_SIZE, LIST_PA).st, 0);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_BLOCK_DEMAND_PAGING, 0x1000, LIST_PA).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_BLOCK_DEMAND_PAGING, GZ_BLOCK_SIZE, LIST_PA + 8).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_BLOCK_DEMAND_PAGING, GZ_BLOCK_SIZE, 0x10000).st, GZ_ST_FAULT);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_PROTECTED_VM, GZ_PVM_SET_PVMFW_GPA, 0).st, GZ_ST_NOT_SUPPORTED);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_PROTECTED_VM, GZ_PVM_GET_PVMFW_SIZE, 0).st, GZ_ST_NOT_SUPPORTED);
	firmware_hold((struct pa_range){ PA(LIST_PA), 2 * PAGE_SIZE });
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_PROTECTED_VM, GZ_PVM_GET_PVMFW_SIZE, 0).st, 0);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_PROTECTED_VM, GZ_PVM_GET_PVMFW_SIZE, 0).x1, 2 * PAGE_SIZE);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, 0, GZ_CAP_PROTECTED_VM, GZ_PVM_GET_PVMFW_SIZE, 0).st, GZ_ST_NOT_SUPPORTED);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_PROTECTED_VM, GZ_PVM_SET_PVMFW_GPA, 8).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_PROTECTED_VM, GZ_PVM_SET_PVMFW_GPA, PAGE_SIZE).st, 0);
	firmware_hold((struct pa_range){ PA(0), 0 });
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_PROTECTED_VM, 3, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_PROTECTED_VM, GZ_PVM_SET_PROTECTED, 0).st, 0);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_PROTECTED_VM, GZ_PVM_SET_PROTECTED, 0).st, 0);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, 0, 0, 0).st, GZ_ST_NOT_SUPPORTED);
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm + 1, GZ_CAP_IDLE, 0, 0).st, GZ_ST_NOT_FOUND);
}

/* Each call that names a VM says so when there is none, and when the number is absurd. */
static void no_such_vm__not_found(void **state)
{
	static const u32 by_id[] = { GZ_FN_DESTROY_VM, GZ_FN_SET_MEMREGION, GZ_FN_CREATE_DEVICE, GZ_FN_INFORM_EXIT,
		GZ_FN_MEMREGION_PURPOSE, GZ_FN_SET_DTB_CONFIG, GZ_FN_MAP_GUEST, GZ_FN_MAP_GUEST_BLOCK, GZ_FN_GET_STATISTICS,
		GZ_FN_EXT_UNMAP_SLOT, GZ_FN_EXT_UNMAP_PAGES };
	static const u32 by_tuple[] = { GZ_FN_CREATE_VCPU, GZ_FN_DESTROY_VCPU, GZ_FN_RUN, GZ_FN_GET_ONE_REG,
		GZ_FN_SET_ONE_REG, GZ_FN_IRQ_LINE };
	static const u64 ids[] = { 0, 1, VM_MAX + 1, 0xffff, 0x10001, UINT64_MAX };

	(void)state;
	for (u32 n = 0; n < ARRAY_SIZE(ids); n++) {
		for (u32 i = 0; i < ARRAY_SIZE(by_id); i++)
			assert_int_equal(hvc(by_id[i], ids[n], 0, 0, 0).st, GZ_ST_NOT_FOUND);
		for (u32 i = 0; i < ARRAY_SIZE(by_tuple); i++)
			assert_int_equal(hvc(by_tuple[i], ids[n] << 16, 0, 0, 0).st, GZ_ST_NOT_FOUND);
	}
}

static void ext__pool__give_refusals_take_none(void **state)
{
	(void)state;
	assert_int_equal(hvc(GZ_FN_EXT_POOL_TAKE, 0, 0, 0, 0).st, GZ_ST_NOT_FOUND);
	assert_int_equal(hvc(GZ_FN_EXT_POOL_TAKE, 0, 0, 0, 0).x1, 0);
	assert_int_equal(hvc(GZ_FN_EXT_POOL_GIVE, ALIGN_UP(LIST_PA, GZ_BLOCK_SIZE) + 8, 0, 0, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_EXT_POOL_GIVE, 0x8000000, 0, 0, 0).st, GZ_ST_ACCESS_DENIED);
}

static void ext__features_stats_log(void **state)
{
	u64 *stats = host_ptr(LIST_PA);
	struct res r;

	(void)state;
	make_vm(2, false);
	assert_int_equal(hvc(GZ_FN_EXT_FEATURES, 0, 0, 0, 0).x1, 0x37f);
	assert_int_equal(hvc(GZ_FN_EXT_STATS, LIST_PA, 0, 0, 0).st, 0);
	assert_int_equal(stats[GZ_STAT_VERSION], 1);
	assert_int_equal(stats[GZ_STAT_VMS], 1);
	assert_int_equal(stats[GZ_STAT_VCPUS], 2);
	assert_int_equal(stats[GZ_STAT_PAGES_SHARED_GUEST], VM_PAGES);
	assert_int_equal(hvc(GZ_FN_EXT_STATS, LIST_PA + 8, 0, 0, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_EXT_STATS, GUEST_RAM_PA + 2 * MB, 0, 0, 0).st, GZ_ST_FAULT);
	assert_int_equal(hvc(GZ_FN_EXT_STATS, POOL_BASE, 0, 0, 0).st, GZ_ST_FAULT);
	r = hvc(GZ_FN_EXT_LOG_READ, 0, LIST_PA, 0, 0);
	assert_int_equal(r.x1, PAGE_SIZE);
	r = hvc(GZ_FN_EXT_LOG_READ, r.x2, LIST_PA, 0, 0);
	assert_int_equal(r.x1, 5000 - PAGE_SIZE);
	r = hvc(GZ_FN_EXT_LOG_READ, r.x2, LIST_PA, 0, 0);
	assert_int_equal(r.x1, 0);
	assert_int_equal(hvc(GZ_FN_EXT_LOG_READ, 0, 0x1000, 0, 0).st, GZ_ST_FAULT);
}

#define T(f) cmocka_unit_test_setup(f, run_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(table__every_call_of_the_abi__has_its_handler),
		T(table__other_numbers__none),
		T(errors__each__its_status),
		T(unknown_call__not_supported__results_zero_rest_kept),
		T(probe__versions),
		T(caps__queries_and_refusals),
		T(no_such_vm__not_found),
		T(ext__pool__give_refusals_take_none),
		T(ext__features_stats_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
