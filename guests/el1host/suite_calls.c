// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: every call id with every argument at its boundaries, and at random: a defined status, nothing changed, host alive.
 * Never: a VM of its own left behind.
 * Used by: suites.c. SEC-01.
 */
#include "el1host/gzcall.h"
#include "el1host/suites.h"
#include "gz/guest_hvc.h"

static const u32 fns[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 63, 64, 65, 66, 67, 68, 69, 255, 0xfff };

static struct test_vm vm;
static u64 values[40], value_count;

static void add(u64 v)
{
	if (value_count < ARRAY_SIZE(values))
		values[value_count++] = v;
}

static void collect_values(void)
{
	u64 page = host_alloc(2 * PAGE_SIZE, PAGE_SIZE);

	value_count = 0;
	add(0); add(1); add(2); add(~0ull); add(0xffff); add(0x10000); add(0xfffe); add(8); add(9); add(255); add(256);
	add(0x7fffffff); add(0x80000000); add(0xffffffff); add(1ull << 32); add(1ull << 63); add(~0ull << 12); add(4097);
	add(page); add(page + 1); add(page + 8); add(page >> 12); add(VM_RAM_BASE); add(VM_RAM_BASE >> 12); add(VM_GICD);
	add(vm.id); add(GZ_TUPLE(vm.id, 0)); add(GZ_TUPLE(vm.id, 1)); add(GZ_TUPLE(vm.id, 8)); add(vm.ram_pa);
	add(GZ_CAP_IDLE); add(GZ_CAP_PROTECTED_VM); add(REG_PC);
	for (u32 i = 0; i < forbidden_count && i < 6; i++)
		add(forbidden[i].pa >> (i & 1 ? 12 : 0));
}

/* What succeeded by accident is undone, so that the counters tell about failures. */
static void undo(u32 fn, const struct gz_ret *r)
{
	if (fn == GZ_FN_CREATE_VM && r->st == 0)
		while (gz(GZ_FN_DESTROY_VM, r->x1, GZ_DESTROY_BATCH_PAGES, 0, 0).st == GZ_ST_BUSY)
			;
}

static void one_call(u32 fn, const u64 a[5])
{
	struct gz_ret r = gz5(fn, a[0], a[1], a[2], a[3], a[4]);

	EXPECT(status_known(r.st));
	if (fn == GZ_FN_RUN)
		EXPECT_EQ(r.x1 & ~0xfull, 0x92920000);
	undo(fn, &r);
}

static bool ends_the_vm(u32 fn)
{
	return fn == GZ_FN_DESTROY_VM || fn == GZ_FN_DESTROY_VCPU || fn == GZ_FN_RUN || fn == GZ_FN_EXT_UNMAP_SLOT;
}

TEST(calls__each_argument_at_its_boundaries__defined_status)
{
	struct holdings before = holdings();
	u32 count = 0;

	EXPECT(vm_make(&vm, 1, VM_POPULATE));
	collect_values();
	for (u32 f = 0; f < ARRAY_SIZE(fns); f++)
		for (u32 arg = 0; arg < 5; arg++)
			for (u32 v = 0; v < value_count; v++) {
				u64 a[5] = { vm.id, 0, 0, 0, 0 };

				if (ends_the_vm(fns[f]) && arg)
					a[0] = 0x7777;	/* the VM lives on: its own end is tested elsewhere */
				a[arg] = values[v];
				if (ends_the_vm(fns[f]) && (a[0] == vm.id || a[0] >> 16 == vm.id))
					continue;
				one_call(fns[f], a);
				count++;
			}
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_HOLDINGS(before);
	printf("  %u calls\n", count);
}

TEST(calls__random_arguments__host_and_counters_survive)
{
	struct holdings before = holdings();
	u64 seed = 20260101;

	EXPECT(vm_make(&vm, 1, VM_PAGES));
	collect_values();
	for (u32 n = 0; n < 20000; n++) {
		u64 a[5];
		u32 fn;

		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		fn = fns[(seed >> 33) % ARRAY_SIZE(fns)];
		for (u32 i = 0; i < 5; i++)
			a[i] = values[(seed >> (5 * i + 20)) * 2654435761u % value_count];
		if (ends_the_vm(fn) && (a[0] == vm.id || a[0] >> 16 == vm.id))
			continue;
		one_call(fn, a);
	}
	EXPECT_EQ(vm_destroy(&vm), 0);
	for (u64 id = 0; id < 256; id++)	/* vCPUs made at random went with their VM */
		EXPECT(gz(GZ_FN_GET_STATISTICS, id, 0, 0, 0).st != 0);
	EXPECT_HOLDINGS(before);
}

TEST(calls__old_and_foreign_ids__refused)
{
	static const u64 ids[] = { 0xbb001000, 0xbb00100c, 0xbb001005, 0x3b001000, 0x7b001000, 0xfb000000, 0xfb002000, 0xbb00ff01,
				   0xfb00ff01 };
	static const u64 other[] = { 0, 1, 2, 3, 4, 0x86000000, 0xc6000003, 0x84000000, 0xffffffff };
	struct call c;

	for (u32 i = 0; i < ARRAY_SIZE(ids); i++) {
		c = (struct call){ { ids[i], 1, 2, 3 } };
		EXPECT_EQ((s32)gz_raw(&c).st, ids[i] >> 30 == 2 || ids[i] >> 30 == 3 ? GZ_ST_NOT_SUPPORTED : (s32)c.x[0]);
		EXPECT((s32)c.x[0] < 0);
	}
	for (u32 i = 0; i < ARRAY_SIZE(other); i++) {
		c = (struct call){ { other[i], 1, 2, 3 } };
		EXPECT_EQ(gz_raw(&c).st, -1);	/* hyp-stub calls, guest services: not for a host */
	}
	c = (struct call){ { VENDOR_HYP_UID_ID } };	/* how a driver without a device tree node finds us */
	EXPECT_EQ((u32)gz_raw(&c).st, UID_GENIEZONE_W0);
}

TEST(calls__upper_registers__kept_and_results_clean)
{
	struct call c = { { GZ_HVC_ID(GZ_FN_PROBE), 16 } };

	for (u32 i = 4; i < 18; i++)
		c.x[i] = 0x1234000000000000 + i;
	hvc_call(&c);
	for (u32 i = 4; i < 18; i++)
		EXPECT_EQ(c.x[i], 0x1234000000000000 + i);
	c = (struct call){ { GZ_HVC_ID(GZ_FN_GET_STATISTICS), 0x7777, 1, 2 } };
	hvc_call(&c);
	EXPECT_EQ(c.x[1] | c.x[2] | c.x[3], 0);
	c = (struct call){ { 0xffffffff00000000 | GZ_HVC_ID(GZ_FN_PROBE), 16 } };
	EXPECT_EQ(gz_raw(&c).st, 0);		/* the id is 32 bits */
}

void suite_calls(void)
{
	RUN_TEST(calls__each_argument_at_its_boundaries__defined_status);
	RUN_TEST(calls__random_arguments__host_and_counters_survive);
	RUN_TEST(calls__old_and_foreign_ids__refused);
	RUN_TEST(calls__upper_registers__kept_and_results_clean);
}
