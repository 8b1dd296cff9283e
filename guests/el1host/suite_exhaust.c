// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: take all there is: VMs, vCPUs, slots, EL2's pool; the next call says no, and afterwards everything is there again.
 * Never: stop before something was refused.
 * Used by: suites.c. SEC-34.
 */
#include "el1host/gzcall.h"
#include "el1host/suites.h"
#include "probe/roles.h"

#define MANY	1024

static u16 ids[MANY];

static s32 destroy(u16 id)
{
	s32 st;

	do
		st = gz(GZ_FN_DESTROY_VM, id, GZ_DESTROY_BATCH_PAGES, 0, 0).st;
	while (st == GZ_ST_BUSY);
	return st;
}

TEST(exhaust__vms__refused_then_all_back)
{
	struct holdings start = holdings();
	struct gz_ret r = { 0 };
	u32 n = 0;

	while (n < MANY && (r = gz(GZ_FN_CREATE_VM, 0, 0, 0, 0)).st == 0)
		ids[n++] = (u16)r.x1;
	printf("  %u VMs, then status %d\n", n, r.st);
	EXPECT(n >= 16 && n < MANY);
	EXPECT_EQ(r.st, GZ_ST_NO_MEMORY);
	EXPECT_EQ(gz_stat_read(GZ_STAT_VMS), start.vms + n);
	while (n)
		EXPECT_EQ(destroy(ids[--n]), 0);
	EXPECT_HOLDINGS(start);
	EXPECT_EQ(vm_role(ROLE_ECHO, 0), 0);
}

TEST(exhaust__vcpus_of_all_vms__refused_then_all_back)
{
	u64 page = host_alloc(2 * PAGE_SIZE, 2 * PAGE_SIZE);
	struct holdings start = holdings();
	u32 n = 0, vcpus = 0;
	struct gz_ret r;

	for (; n < 24 && (r = gz(GZ_FN_CREATE_VM, 0, 0, 0, 0)).st == 0; n++) {
		ids[n] = (u16)r.x1;
		for (u32 v = 0; v < GZ_MAX_VCPUS; v++)
			vcpus += gz(GZ_FN_CREATE_VCPU, GZ_TUPLE(ids[n], v), page, 0, 0).st == 0;
		EXPECT(gz(GZ_FN_CREATE_VCPU, GZ_TUPLE(ids[n], GZ_MAX_VCPUS), page, 0, 0).st < 0);
	}
	EXPECT_EQ(gz_stat_read(GZ_STAT_VCPUS), start.vcpus + vcpus);
	EXPECT(vcpus >= 16 * GZ_MAX_VCPUS);
	while (n)
		EXPECT_EQ(destroy(ids[--n]), 0);
	EXPECT_HOLDINGS(start);
}

static s32 add_slot(u16 id, u32 slot, u64 gpa, u64 pages, u64 buf)
{
	struct gz_memregion *l = (struct gz_memregion *)buf;

	*l = (struct gz_memregion){ .slot = slot, .total_pages = pages, .gpa = gpa };
	if (gz(GZ_FN_MEMREGION_PURPOSE, id, gpa, pages * PAGE_SIZE, GZ_MEM_GUEST).st)
		return -1;
	return gz(GZ_FN_SET_MEMREGION, id, GZ_MEMREGION_BUF_BYTES, buf, 0).st;
}

TEST(exhaust__slots__refused_then_all_back)
{
	u64 buf = host_alloc(GZ_MEMREGION_BUF_BYTES, PAGE_SIZE);
	struct holdings start = holdings();
	struct gz_ret r = gz(GZ_FN_CREATE_VM, 0, 0, 0, 0);
	u32 n = 0;
	s32 st;

	while ((st = add_slot((u16)r.x1, n, 0x100000000 + n * 0x100000ull, 16, buf)) == 0 && n < 300)
		n++;
	printf("  %u slots, then status %d\n", n, st);
	EXPECT_EQ(n, GZ_MAX_SLOTS);
	EXPECT_EQ(st, GZ_ST_NO_MEMORY);
	EXPECT_EQ(destroy((u16)r.x1), 0);
	EXPECT_HOLDINGS(start);
}

/* One page in each 2 MiB of a huge slot: every page wants table pages of EL2's pool. *said: the last status. */
static u32 spread(u16 id, u64 buf, u64 first_page, u32 max, s32 *said)
{
	u32 n = 0;

	*said = add_slot(id, 0, 0, 0x800000, buf);	/* 32 GiB */
	while (!*said && n < max) {
		*said = gz5(GZ_FN_MAP_GUEST, id, 0, first_page / PAGE_SIZE + n, n * 512ull, 1).st;
		n += *said == 0;
	}
	return n;
}

/* Two VMs that were there before: one runs to its end with the pool empty, the other, a protected one, is given nothing. */
static void others_live(struct test_vm *open, struct test_vm *closed)
{
	u64 off = 2ull << 20, donated = gz_stat_read(GZ_STAT_PAGES_DONATED), page = closed->ram_pa + off;

	write64(page, 0x5ec4e7);
	EXPECT_EQ(gz5(GZ_FN_MAP_GUEST, closed->id, 0, page >> 12, (VM_RAM_BASE + off) >> 12, 1).st, GZ_ST_NO_MEMORY);
	EXPECT_EQ(read64(page), 0x5ec4e7);
	EXPECT_EQ(gz_stat_read(GZ_STAT_PAGES_DONATED), donated);
	EXPECT(vm_run_all(open, 100000));
	EXPECT_EQ(open->exit_code, 0);
	vm_run_once(closed, 0);
	EXPECT(!closed->exited);
}

TEST(exhaust__table_pages__refused_per_vm_or_pool_then_all_back)
{
	u64 buf = host_alloc(GZ_MEMREGION_BUF_BYTES, PAGE_SIZE), pages = host_alloc(16384ull * PAGE_SIZE, PAGE_SIZE);
	struct holdings start = holdings();
	u32 vms = 0, mapped = 0, last = 0;
	struct test_vm open, closed;
	s32 said = 0;

	EXPECT(vm_make_role(&open, 1, VM_POPULATE, ROLE_ECHO, 0));
	EXPECT(vm_make_role(&closed, 1, VM_PAGES, ROLE_WFI, 0) && vm_protect(&closed));
	for (u32 i = 0; i < 100; i++)
		vm_run_once(&closed, 0);
	while (vms < 32 && mapped + 1 < 16384) {
		struct gz_ret r = gz(GZ_FN_CREATE_VM, 0, 0, 0, 0);

		said = r.st;
		if (r.st)
			break;
		ids[vms++] = (u16)r.x1;
		last = spread((u16)r.x1, buf, pages + (u64)mapped * PAGE_SIZE, 16383 - mapped, &said);
		mapped += last;
		if (last == 0)
			break;
	}
	printf("  %u pages in %u VMs, %lu pool pages left\n", mapped, vms, gz_stat_read(GZ_STAT_POOL_FREE));
	EXPECT(mapped > 1000);
	EXPECT_EQ(said, GZ_ST_NO_MEMORY);
	EXPECT_EQ(gz_stat_read(GZ_STAT_POOL_FREE), 0);
	others_live(&open, &closed);
	while (vms)
		EXPECT_EQ(destroy(ids[--vms]), 0);
	EXPECT_EQ(gz5(GZ_FN_MAP_GUEST, closed.id, 0, (closed.ram_pa >> 12) + 512, (VM_RAM_BASE >> 12) + 512, 1).st, 0);
	EXPECT_EQ(vm_destroy(&open), 0);
	EXPECT_EQ(vm_destroy(&closed), 0);
	EXPECT_HOLDINGS(start);
	EXPECT_EQ(vm_role(ROLE_ECHO, 0), 0);
}

void suite_exhaust(void)
{
	RUN_TEST(exhaust__vms__refused_then_all_back);
	RUN_TEST(exhaust__vcpus_of_all_vms__refused_then_all_back);
	RUN_TEST(exhaust__slots__refused_then_all_back);
	RUN_TEST(exhaust__table_pages__refused_per_vm_or_pool_then_all_back);
}
