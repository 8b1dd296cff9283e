// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a host of the hypervisor that is no operating system: plays the published driver, then attacks.
 * Never: pass a test because nothing happened: each attack is shown working where it should, where that is possible.
 * Used by: the gate, under gz.bin in place of Linux.
 */
#include "el1host/gzcall.h"
#include "el1host/suites.h"
#include "gz/guest_hvc.h"
#include "probe/roles.h"

TEST(probe_call__answers_version)
{
	struct gz_ret r = gz(GZ_FN_PROBE, 16, 0, 0, 0);

	EXPECT_EQ(r.st, 0);
	EXPECT_EQ(r.x1, GZ_VERSION_MAJOR);
	EXPECT_EQ(r.x2, GZ_VERSION_MINOR);
}

TEST(caps__queries__sane)
{
	struct gz_ret r = gz(GZ_FN_ENABLE_CAP, 0, GZ_CAP_QUERY_MAP_BATCH, 0, 0);

	EXPECT_EQ(r.st, 0);
	EXPECT(r.x1 && 512 % r.x1 == 0);
	r = gz(GZ_FN_ENABLE_CAP, 0, GZ_CAP_QUERY_DESTROY_BATCH, 0, 0);
	EXPECT_EQ(r.st, 0);
	EXPECT(r.x1 && (r.x1 & (r.x1 - 1)) == 0);
}

static void boots(enum vm_how how)
{
	u64 before = gz_stat_read(GZ_STAT_POOL_FREE);
	struct test_vm vm;

	EXPECT(vm_make(&vm, 1, how));
	EXPECT(vm_run_all(&vm, 1000000));
	EXPECT_EQ(vm.exit_code, 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_EQ(gz_stat_read(GZ_STAT_POOL_FREE), before);
	EXPECT_EQ(gz_stat_read(GZ_STAT_PAGES_SHARED_GUEST), 0);
}

TEST(guest__populated_up_front__runs_to_its_end)
{
	boots(VM_POPULATE);
}

TEST(guest__paged_by_4k__runs_to_its_end)
{
	boots(VM_PAGES);
}

TEST(guest__paged_by_2m__runs_to_its_end)
{
	boots(VM_BLOCKS);
}

/* As any host at boot: without it the physical GIC signals nothing, neither to us nor to EL2 while a guest runs. */
static void own_gic(u64 fdt)
{
	u64 gicd, gicr, size;

	if (fdt_find_reg(fdt, "arm,gic-v3", &gicd, &size) && fdt_find_reg2(fdt, "arm,gic-v3", &gicr))
		gic_init(gicd, gicr);
}

void suite_first(void)
{
	RUN_TEST(probe_call__answers_version);
	RUN_TEST(caps__queries__sane);
	RUN_TEST(guest__populated_up_front__runs_to_its_end);
	RUN_TEST(guest__paged_by_4k__runs_to_its_end);
	RUN_TEST(guest__paged_by_2m__runs_to_its_end);
}

/* After everything: each page of the machine is in one state and counted there, none is a guest's, EL2 has what it took. */
TEST(pages__per_owner__sum_to_the_machine)
{
	static const u32 owners[] = { GZ_STAT_PAGES_NONE, GZ_STAT_PAGES_HYP, GZ_STAT_PAGES_HOST, GZ_STAT_PAGES_SHARED_HYP,
				      GZ_STAT_PAGES_SHARED_GUEST, GZ_STAT_PAGES_DONATED, GZ_STAT_PAGES_DEVICE };
	u64 ram, ram_size = 0, image_size = 0, pool_size = 0, fw_size = 0, base, sum = 0;

	EXPECT(fdt_find_named(host_fdt, "memory@", &ram, &ram_size));
	EXPECT(fdt_find_named(host_fdt, "geniezone-image", &base, &image_size));
	EXPECT(fdt_find_named(host_fdt, "geniezone-pool", &base, &pool_size));
	(void)fdt_find_named(host_fdt, "geniezone-firmware", &base, &fw_size);	/* where EL2 holds one */
	for (u32 i = 0; i < ARRAY_SIZE(owners); i++)
		sum += gz_stat_read(owners[i]);
	EXPECT_EQ(sum, ram_size / PAGE_SIZE);
	EXPECT_EQ(gz_stat_read(GZ_STAT_PAGES_HYP), (image_size + pool_size + fw_size) / PAGE_SIZE);
	EXPECT_EQ(gz_stat_read(GZ_STAT_PAGES_SHARED_GUEST), 0);
	EXPECT_EQ(gz_stat_read(GZ_STAT_PAGES_DONATED), 0);
	EXPECT_EQ(gz_stat_read(GZ_STAT_PAGES_SHARED_HYP), 0);
}

void payload_main(u64 fdt)
{
	conduit_smc = true;
	host_fdt = fdt;
	own_gic(fdt);
	forbidden_find(fdt);
	run_suites();
	RUN_TEST(pages__per_owner__sum_to_the_machine);
	say_nonce();
	tests_report();
}
