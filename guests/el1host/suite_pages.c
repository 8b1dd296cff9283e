// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: page arguments aimed at what is not the host's, wrong counts, the same page twice: refused, nothing changed.
 * Never: an attack whose honest twin was not shown to work.
 * Used by: suites.c. SEC-02, SEC-03, SEC-05 for shared pages.
 */
#include "el1host/gzcall.h"
#include "el1host/suites.h"

#define SLOT_GPA	VM_RAM_BASE

static u64 buf;

static struct gz_memregion *list(void)
{
	if (!buf)
		buf = host_alloc(GZ_MEMREGION_BUF_BYTES, PAGE_SIZE);
	return (struct gz_memregion *)buf;
}

/* A VM with a slot of 4 MiB at SLOT_GPA, paged on demand, nothing mapped; the host's memory for it in ram_pa. */
static bool empty_vm(struct test_vm *vm)
{
	return vm_make(vm, 1, VM_BLOCKS);
}

static s32 map_page(struct test_vm *vm, u64 pa, u64 gpa)
{
	return gz5(GZ_FN_MAP_GUEST, vm->id, 0, pa >> 12, gpa >> 12, 1).st;
}

static s32 populate_one(struct test_vm *vm, u64 gpa, u64 pa, u64 pages, u64 total)
{
	struct gz_memregion *l = list();

	*l = (struct gz_memregion){ .slot = 0, .constituent_count = 1, .total_pages = total, .gpa = gpa };
	l->constituents[0] = (struct gz_mem_constituent){ pa, (u32)pages, 0 };
	return gz(GZ_FN_SET_MEMREGION, vm->id, GZ_MEMREGION_BUF_BYTES, buf, 0).st;
}

TEST(pages__forbidden_as_guest_memory__refused)
{
	struct holdings start = holdings(), before;
	struct test_vm vm;

	EXPECT(empty_vm(&vm));
	before = holdings();
	for (u32 i = 0; i < forbidden_count; i++) {
		u64 pa = forbidden[i].pa;
		volatile u64 *pfns = (volatile u64 *)vm.pfn_list;
		s32 one = map_page(&vm, pa, SLOT_GPA), region = populate_one(&vm, SLOT_GPA, pa, 1, 1), block;

		for (u32 k = 0; k < 512; k++)
			pfns[k] = (vm.ram_pa >> 12) + k;
		pfns[300] = pa >> 12;
		block = gz(GZ_FN_MAP_GUEST_BLOCK, vm.id, 0, SLOT_GPA >> 12, 512).st;
		if (!one || !region || !block)
			printf("  accepted: %s\n", forbidden[i].what);
		EXPECT(one && region && block);
		EXPECT(status_known(one) && status_known(region) && status_known(block));
		EXPECT_EQ(gz_stat_read(GZ_STAT_PAGES_SHARED_GUEST), before.shared_guest);
	}
	EXPECT_EQ(map_page(&vm, vm.ram_pa, SLOT_GPA), 0);	/* the honest twin */
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_HOLDINGS(start);
}

static void expect_refused(const char *call, u32 target, s32 st)
{
	if (!st || !status_known(st))
		printf("  %s accepted: %s (%d)\n", call, forbidden[target].what, st);
	EXPECT(st && status_known(st));
}

TEST(pages__forbidden_as_call_buffer__refused)
{
	struct holdings start = holdings();
	struct test_vm vm;

	EXPECT(empty_vm(&vm));
	for (u32 i = 0; i < forbidden_count; i++) {
		u64 pa = forbidden[i].pa;
		u64 tuple = GZ_TUPLE(vm.id, 1);

		expect_refused("SET_MEMREGION", i, gz(GZ_FN_SET_MEMREGION, vm.id, GZ_MEMREGION_BUF_BYTES, pa, 0).st);
		expect_refused("CREATE_DEVICE", i, gz(GZ_FN_CREATE_DEVICE, vm.id, pa, 0, 0).st);
		expect_refused("EXT_STATS", i, gz(GZ_FN_EXT_STATS, pa, 0, 0, 0).st);
		expect_refused("EXT_LOG_READ", i, gz(GZ_FN_EXT_LOG_READ, 0, pa, 0, 0).st);
		/* The list of block paging is looked at by MAP_GUEST_BLOCK: refused here or there. */
		if (gz(GZ_FN_ENABLE_CAP, vm.id, GZ_CAP_BLOCK_DEMAND_PAGING, GZ_BLOCK_SIZE, pa).st == 0)
			expect_refused("MAP_GUEST_BLOCK", i, gz(GZ_FN_MAP_GUEST_BLOCK, vm.id, 0, SLOT_GPA >> 12, 512).st);
		/* The vCPU pages are looked at by the first RUN only: refused here or there. */
		if (gz(GZ_FN_CREATE_VCPU, tuple, pa, 0, 0).st == 0) {
			EXPECT_EQ((u32)gz(GZ_FN_RUN, tuple, 0, 0, 0).x1, GZ_EXIT_FAIL_ENTRY);
			gz(GZ_FN_DESTROY_VCPU, tuple, 0, 0, 0);
		}
	}
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_HOLDINGS(start);
}

TEST(counts__wrong_in_lists__refused_and_nothing_mapped)
{
	static const struct { u64 gpa, pages, total; } bad[] = {
		{ SLOT_GPA, 1, 2 }, { SLOT_GPA, 2, 1 }, { SLOT_GPA, 0, 0 }, { SLOT_GPA, 0, 1 }, { SLOT_GPA, 0xffffffff, 0xffffffff },
		{ SLOT_GPA, 1, ~0ull }, { SLOT_GPA, 1, 1ull << 52 }, { SLOT_GPA + 1, 1, 1 }, { SLOT_GPA + VM_RAM_SIZE - PAGE_SIZE, 2, 2 },
		{ SLOT_GPA - PAGE_SIZE, 2, 2 },
	};
	struct holdings start = holdings(), before;
	struct gz_memregion *l = list();
	struct test_vm vm;

	EXPECT(empty_vm(&vm));
	/* A slot with nothing in it may be registered anew, so something is in it. */
	EXPECT_EQ(map_page(&vm, vm.ram_pa + VM_RAM_SIZE - PAGE_SIZE, SLOT_GPA + 0x200000), 0);
	before = holdings();
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		s32 st = populate_one(&vm, bad[i].gpa, vm.ram_pa, bad[i].pages, bad[i].total);

		if (!st)
			printf("  accepted: %lu pages of %lu\n", bad[i].pages, bad[i].total);
		EXPECT(st != 0);
		EXPECT_EQ(gz_stat_read(GZ_STAT_PAGES_SHARED_GUEST), before.shared_guest);
	}
	/* More constituents than the buffer holds. */
	populate_one(&vm, SLOT_GPA, vm.ram_pa, 1, 1);
	l->constituent_count = GZ_MEMREGION_MAX_CONSTITUENTS + 1;
	l->total_pages = 3;
	l->gpa = SLOT_GPA + 16 * PAGE_SIZE;
	EXPECT(gz(GZ_FN_SET_MEMREGION, vm.id, GZ_MEMREGION_BUF_BYTES, buf, 0).st != 0);
	l->constituent_count = 0xffffffff;
	EXPECT(gz(GZ_FN_SET_MEMREGION, vm.id, GZ_MEMREGION_BUF_BYTES, buf, 0).st != 0);
	EXPECT(gz(GZ_FN_SET_MEMREGION, vm.id, 8, buf, 0).st != 0);
	EXPECT(gz(GZ_FN_SET_MEMREGION, vm.id, 0, buf, 0).st != 0);
	EXPECT(gz(GZ_FN_SET_MEMREGION, vm.id, ~0ull, buf, 0).st != 0);
	EXPECT(gz5(GZ_FN_MAP_GUEST, vm.id, 0, vm.ram_pa >> 12, SLOT_GPA >> 12, 0).st != 0);
	EXPECT(gz5(GZ_FN_MAP_GUEST, vm.id, 0, vm.ram_pa >> 12, SLOT_GPA >> 12, ~0ull).st != 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_HOLDINGS(start);
}

TEST(duplicates__one_page_twice_in_one_list__refused)
{
	struct holdings start = holdings();
	volatile u64 *pfns;
	struct test_vm vm;

	EXPECT(empty_vm(&vm));
	pfns = (volatile u64 *)vm.pfn_list;
	for (u32 k = 0; k < 512; k++)
		pfns[k] = (vm.ram_pa >> 12) + k;
	pfns[511] = pfns[0];
	EXPECT(gz(GZ_FN_MAP_GUEST_BLOCK, vm.id, 0, SLOT_GPA >> 12, 512).st != 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_HOLDINGS(start);
}

TEST(sharing__same_page_again__silent_only_where_it_is)
{
	struct holdings start = holdings();
	struct test_vm a, b;

	EXPECT(empty_vm(&a));
	EXPECT(empty_vm(&b));
	EXPECT_EQ(map_page(&a, a.ram_pa, SLOT_GPA), 0);
	EXPECT_EQ(map_page(&a, a.ram_pa, SLOT_GPA), 0);			/* the race of two vCPUs */
	EXPECT(map_page(&a, a.ram_pa, SLOT_GPA + PAGE_SIZE) != 0);		/* a second address */
	EXPECT(map_page(&a, a.ram_pa + PAGE_SIZE, SLOT_GPA) != 0);		/* another page there */
	EXPECT(map_page(&b, a.ram_pa, SLOT_GPA) != 0);				/* a second VM */
	EXPECT_EQ(map_page(&b, b.ram_pa, SLOT_GPA), 0);
	EXPECT(map_page(&a, a.ram_pa, SLOT_GPA + VM_RAM_SIZE) != 0);		/* outside the slot */
	EXPECT(gz5(GZ_FN_MAP_GUEST, a.id, 5, a.ram_pa >> 12, SLOT_GPA >> 12, 1).st != 0);	/* no such slot */
	/* A shared page is no call buffer that EL2 would write, and no vCPU page. */
	EXPECT_EQ(vm_destroy(&a), 0);
	EXPECT_EQ(map_page(&b, a.ram_pa, SLOT_GPA + PAGE_SIZE), 0);		/* free again */
	EXPECT_EQ(vm_destroy(&b), 0);
	EXPECT_HOLDINGS(start);
}

static s32 add_slot(struct test_vm *vm, u32 slot, u64 gpa, u64 bytes)
{
	struct gz_memregion *l = list();
	s32 st = gz(GZ_FN_MEMREGION_PURPOSE, vm->id, gpa, bytes, GZ_MEM_GUEST).st;

	if (st)
		return st;
	*l = (struct gz_memregion){ .slot = slot, .constituent_count = 0xdeadbeef, .total_pages = bytes / PAGE_SIZE, .gpa = gpa };
	return gz(GZ_FN_SET_MEMREGION, vm->id, GZ_MEMREGION_BUF_BYTES, buf, 0).st;
}

TEST(slots__overlap_reuse_wrap__refused)
{
	struct holdings start = holdings();
	struct test_vm vm;

	EXPECT(empty_vm(&vm));
	EXPECT_EQ(map_page(&vm, vm.ram_pa, SLOT_GPA), 0);
	EXPECT(add_slot(&vm, 1, SLOT_GPA + 0x100000, 0x100000) != 0);		/* inside */
	EXPECT(add_slot(&vm, 1, SLOT_GPA - 0x1000, 0x2000) != 0);		/* across the start */
	EXPECT(add_slot(&vm, 1, SLOT_GPA + VM_RAM_SIZE - 0x1000, 0x2000) != 0);	/* across the end */
	EXPECT(add_slot(&vm, 1, SLOT_GPA - 0x1000, VM_RAM_SIZE + 0x2000) != 0);	/* around */
	EXPECT(add_slot(&vm, 0, 0x90000000, 0x100000) != 0);			/* slot 0 is mapped */
	EXPECT(add_slot(&vm, 1, ~0xfffull, 0x2000) != 0);
	EXPECT(add_slot(&vm, 1, 1ull << 40, 0x2000) != 0);
	EXPECT(add_slot(&vm, 1, 0x90000800, 0x1000) != 0);
	EXPECT_EQ(add_slot(&vm, 1, 0x90000000, 0x100000), 0);
	/* Over the GIC: regions and devices come in any order, so the first RUN is the latest moment. */
	if (add_slot(&vm, 2, VM_GICD, 0x1000) == 0) {
		EXPECT_EQ((u32)gz(GZ_FN_RUN, GZ_TUPLE(vm.id, 0), 0, 0, 0).x1, GZ_EXIT_FAIL_ENTRY);
		EXPECT_EQ(vm_run_page(&vm, 0)->fail_entry.reason, GZ_FAIL_GIC_LAYOUT);
	}
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_HOLDINGS(start);
}

void suite_pages(void)
{
	RUN_TEST(pages__forbidden_as_guest_memory__refused);
	RUN_TEST(pages__forbidden_as_call_buffer__refused);
	RUN_TEST(counts__wrong_in_lists__refused_and_nothing_mapped);
	RUN_TEST(duplicates__one_page_twice_in_one_list__refused);
	RUN_TEST(sharing__same_page_again__silent_only_where_it_is);
	RUN_TEST(slots__overlap_reuse_wrap__refused);
}
