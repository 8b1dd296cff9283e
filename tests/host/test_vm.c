/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/hvc/ hyp/run/ hyp/vm/ hyp/irq/ hyp/timer/ hyp/mem/ hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/arch/aarch64/el1_regs.c hyp/arch/aarch64/inject.c hyp/arch/aarch64/fpsimd.c hyp/arch/aarch64/cpu_init.c tests/host/gic_model.c tests/host/mem_fixture.c tests/host/run_fixture.c */
/*
 * Job: VMs and vCPUs from birth to death, references, population lists, register access, injection.
 * Never: what happens inside RUN (test_run.c).
 * Used by: make -C tests/host run.
 */
#include "run_fixture.h"

#include <pthread.h>

#include "mm/page_pool.h"

static void create__ids_from_one__until_full(void **state)
{
	struct res r;

	(void)state;
	assert_int_equal(hvc(GZ_FN_CREATE_VM, 1, 0, 0, 0).st, GZ_ST_INVALID_ARGS);
	for (u32 i = 1; i <= VM_MAX; i++) {
		r = hvc(GZ_FN_CREATE_VM, 0, 0, 0, 0);
		assert_int_equal(r.st, 0);
		assert_int_equal(r.x1, i);
	}
	assert_int_equal(hvc(GZ_FN_CREATE_VM, 0, 0, 0, 0).st, GZ_ST_NO_MEMORY);
	assert_int_equal(vm_live_count(), VM_MAX);
	assert_int_equal(hvc(GZ_FN_DESTROY_VM, 7, 0, 0, 0).st, 0);
	r = hvc(GZ_FN_CREATE_VM, 0, 0, 0, 0);
	assert_int_equal(r.x1, 7);
}

static void create__pool_empty__nothing_leaks(void **state)
{
	u64 free;
	pa_t page;

	(void)state;
	while (page_pool_free_pages() > 2)
		assert_int_equal(page_pool_alloc(&(struct pool_quota){ 0 }, &page), GZ_OK);
	free = page_pool_free_pages();
	assert_int_equal(hvc(GZ_FN_CREATE_VM, 0, 0, 0, 0).st, GZ_ST_NO_MEMORY);
	assert_int_equal(page_pool_free_pages(), free);
	assert_int_equal(vm_live_count(), 0);
}

static void destroy__everything__comes_back(void **state)
{
	u64 before = page_pool_free_pages(), host = own_count(OWN_HOST);
	u16 vm = make_vm(4, false);

	(void)state;
	run(vm, 0);
	run(vm, 1);
	before -= 1;	/* the host's vector registers have their page from here on */
	assert_int_equal(hvc(GZ_FN_DESTROY_VM, vm, 0, 0, 0).st, 0);
	assert_int_equal(page_pool_free_pages(), before + (page_pool_free_pages() > before));
	assert_int_equal(own_count(OWN_HOST), host);
	assert_int_equal(own_count(OWN_HOST_SHARED_HYP), 0);
	assert_int_equal(hvc(GZ_FN_DESTROY_VM, vm, 0, 0, 0).st, GZ_ST_NOT_FOUND);
}

static void destroy__batched__busy_until_done(void **state)
{
	u16 vm = make_vm(1, false);
	u32 busy = 0;
	s32 st;

	(void)state;
	assert_int_equal(register_slot(vm, 1, 0x90000000, 2048), 0);
	assert_int_equal(populate(vm, 1, 0x90000000, GUEST_RAM_PA + 16 * MB, 2048), 0);
	while ((st = hvc(GZ_FN_DESTROY_VM, vm, 512, 0, 0).st) == GZ_ST_BUSY)
		assert_in_range(busy++, 0, 100);
	assert_int_equal(st, 0);
	assert_in_range(busy, 1, 20);
}

static void destroy__reference_out__waits_without_blocking(void **state)
{
	u16 id = make_vm(1, false);
	struct vm *vm = vm_get(id);

	(void)state;
	assert_int_equal(hvc(GZ_FN_DESTROY_VM, id, 512, 0, 0).st, GZ_ST_BUSY);
	assert_null(vm_get(id));
	assert_int_equal(add_vcpu(id, 1), GZ_ST_NOT_FOUND);
	assert_int_equal(hvc(GZ_FN_IRQ_LINE, GZ_TUPLE(id, 0), 1, 1, 0).st, GZ_ST_NOT_FOUND);
	assert_int_equal(run(id, 0), GZ_EXIT_FAIL_ENTRY);
	vm_put(vm);
	assert_int_equal(hvc(GZ_FN_DESTROY_VM, id, 0, 0, 0).st, 0);
}

static void vcpu__bad_arguments__refused(void **state)
{
	u16 vm = make_bare_vm();

	(void)state;
	assert_int_equal(hvc(GZ_FN_CREATE_VCPU, GZ_TUPLE(vm, 8), VCPU_PAGES_PA, 0, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_CREATE_VCPU, GZ_TUPLE(vm, 0xffff), VCPU_PAGES_PA, 0, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_CREATE_VCPU, GZ_TUPLE(vm, 0), VCPU_PAGES_PA + 8, 0, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_CREATE_VCPU, GZ_TUPLE(vm, 0), 0xfffffffffffff000, 0, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(add_vcpu(vm, 0), 0);
	assert_int_equal(add_vcpu(vm, 0), GZ_ST_ALREADY_EXISTS);
	assert_int_equal(hvc(GZ_FN_DESTROY_VCPU, GZ_TUPLE(vm, 1), 0, 0, 0).st, GZ_ST_NOT_FOUND);
	assert_int_equal(hvc(GZ_FN_DESTROY_VCPU, GZ_TUPLE(vm, 9), 0, 0, 0).st, GZ_ST_NOT_FOUND);
	assert_int_equal(hvc(GZ_FN_DESTROY_VCPU, GZ_TUPLE(vm, 0), 0, 0, 0).st, 0);
	assert_int_equal(hvc(GZ_FN_DESTROY_VCPU, GZ_TUPLE(vm, 0), 0, 0, 0).st, GZ_ST_NOT_FOUND);
	assert_int_equal(add_vcpu(vm, 0), 0);	/* the slot is free again */
}

static void vcpu__pages_untouched_before_first_run(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	assert_int_equal(own_state_of(PA(VCPU_PAGES_PA)), OWN_HOST);
	run(vm, 0);
	assert_int_equal(own_state_of(PA(VCPU_PAGES_PA)), OWN_HOST_SHARED_HYP);
	assert_int_equal(own_state_of(PA(VCPU_PAGES_PA + PAGE_SIZE)), OWN_HOST_SHARED_HYP);
	assert_int_equal(add_vcpu(vm, 1), GZ_ST_INVALID_ARGS);	/* the count is fixed now */
	assert_int_equal(hvc(GZ_FN_DESTROY_VCPU, GZ_TUPLE(vm, 0), 0, 0, 0).st, 0);
	assert_int_equal(own_state_of(PA(VCPU_PAGES_PA)), OWN_HOST);
}

static s32 set_reg(u16 vm, u32 vcpu, u64 id, u64 value)
{
	return hvc(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm, vcpu), id, value, 0).st;
}

static void one_reg__allow_list(void **state)
{
	static const u64 good[] = { CORE(0), CORE(2), CORE(0x3c), CORE(0x3e), CORE(0x40), CORE(0x44), CORE(0x46), CORE(0x48) };
	static const u64 bad[] = { CORE(1), CORE(0x3d), CORE(0x4a), CORE(0x54), CORE(0xffff), 0, UINT64_MAX,
		0x6020000000100000, 0x6030000100100000, 0x4030000000100000, 0x6030000000110000, 0x603000000013c081 & ~0x4000ull,
		0x6030000000130000, 0x603000000013de40 };
	u16 vm = make_vm(2, false);

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(set_reg(vm, 0, good[i], 0x1000 + i), 0);
		assert_int_equal(hvc(GZ_FN_GET_ONE_REG, GZ_TUPLE(vm, 0), good[i], 0, 0).x1, 0x1000 + i);
		assert_int_equal(set_reg(vm, 1, good[i], 1), GZ_ST_INVALID_ARGS);
	}
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(set_reg(vm, 0, bad[i], 0), GZ_ST_INVALID_ARGS);
		assert_int_equal(hvc(GZ_FN_GET_ONE_REG, GZ_TUPLE(vm, 0), bad[i], 0, 0).st, GZ_ST_INVALID_ARGS);
	}
	/* ID registers: accepted, ignored, for all. */
	assert_int_equal(set_reg(vm, 0, 0x603000000013c020, 0xdead), 0);
	assert_int_equal(set_reg(vm, 1, 0x603000000013c038, 0xdead), 0);
}

static void one_reg__pstate__el1_and_el0_only(void **state)
{
	u16 vm = make_vm(2, false);

	(void)state;
	for (u64 mode = 0; mode < 32; mode++) {
		bool ok = mode == 0 || mode == 4 || mode == 5;

		assert_int_equal(set_reg(vm, 0, CORE_PSTATE, 0x3c0 | mode), ok ? 0 : GZ_ST_INVALID_ARGS);
		assert_int_equal(set_reg(vm, 1, CORE_PSTATE, 0x3c0 | mode), ok ? 0 : GZ_ST_INVALID_ARGS);
	}
	for (u32 bit = 32; bit < 64; bit++)
		assert_int_equal(set_reg(vm, 0, CORE_PSTATE, 0x3c5 | BIT(bit)), GZ_ST_INVALID_ARGS);
	assert_int_equal(set_reg(vm, 0, CORE_PSTATE, 0x3c5 | BIT(20)), GZ_ST_INVALID_ARGS);	/* IL */
	assert_int_equal(set_reg(vm, 0, CORE_PSTATE, 0x3c5 | BIT(21)), GZ_ST_INVALID_ARGS);	/* SS */
}

/* 510 ranges of one page, back to front, so that none joins its neighbour; one lies across the two pages of the list. */
static void populate__longest_list__every_page_where_it_belongs(void **state)
{
	struct gz_memregion *m = host_ptr(LIST_PA);
	u16 vm = make_bare_vm();
	struct res r;

	(void)state;
	assert_int_equal(register_slot(vm, 3, RAM_IPA, 1020), 0);
	for (u32 i = 0; i < 510; i++)
		m->constituents[i] = (struct gz_mem_constituent){ GUEST_RAM_PA + (509 - i) * 2 * PAGE_SIZE, 2, 0xffff };
	m->constituent_count = 510;
	r = hvc(GZ_FN_SET_MEMREGION, vm, GZ_MEMREGION_BUF_BYTES, LIST_PA, 0);
	assert_int_equal(r.st, 0);
	assert_in_range(r.restarts, 1, 10);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), 1020);
	assert_int_equal(hvc5(GZ_FN_MAP_GUEST, vm, 3, (GUEST_RAM_PA >> 12) + 509 * 2, RAM_IPA >> 12, 1).st, 0);
	assert_int_equal(hvc5(GZ_FN_MAP_GUEST, vm, 3, GUEST_RAM_PA >> 12, (RAM_IPA >> 12) + 1018, 1).st, 0);
	assert_int_equal(hvc5(GZ_FN_MAP_GUEST, vm, 3, GUEST_RAM_PA >> 12, RAM_IPA >> 12, 1).st, GZ_ST_ALREADY_EXISTS);
}

static void populate__fails_after_slices__nothing_changed(void **state)
{
	struct gz_memregion *m = host_ptr(LIST_PA);
	u16 vm = make_bare_vm();
	struct res r;

	(void)state;
	assert_int_equal(register_slot(vm, 0, RAM_IPA, 3000), 0);
	m->constituent_count = 2;
	m->constituents[0] = (struct gz_mem_constituent){ GUEST_RAM_PA, 2999, 0 };
	m->constituents[1] = (struct gz_mem_constituent){ POOL_BASE, 1, 0 };
	r = hvc(GZ_FN_SET_MEMREGION, vm, GZ_MEMREGION_BUF_BYTES, LIST_PA, 0);
	assert_int_equal(r.st, GZ_ST_ACCESS_DENIED);
	assert_in_range(r.restarts, 6, 30);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), 0);
	m->constituents[1].base_pa = GUEST_RAM_PA + 2999 * PAGE_SIZE;
	assert_int_equal(hvc(GZ_FN_SET_MEMREGION, vm, GZ_MEMREGION_BUF_BYTES, LIST_PA, 0).st, 0);
}

static void populate__bad_lists__refused(void **state)
{
	struct gz_memregion *m = host_ptr(LIST_PA);
	u16 vm = make_bare_vm();

	(void)state;
	assert_int_equal(register_slot(vm, 0, RAM_IPA, 16), 0);
	assert_int_equal(populate(vm, 0, RAM_IPA, GUEST_RAM_PA + 4, 16), GZ_ST_INVALID_ARGS);	/* unaligned */
	assert_int_equal(populate(vm, 0, RAM_IPA, POOL_BASE, 16), GZ_ST_ACCESS_DENIED);		/* EL2's */
	assert_int_equal(populate(vm, 0, RAM_IPA, 0x08000000, 16), GZ_ST_ACCESS_DENIED);	/* no RAM */
	assert_int_equal(populate(vm, 0, RAM_IPA, GUEST_RAM_PA, 0), GZ_ST_INVALID_ARGS);
	populate(vm, 0, RAM_IPA, GUEST_RAM_PA, 16);
	m->constituents[0].page_count = 17;
	m->constituent_count = 1;
	assert_int_equal(hvc(GZ_FN_SET_MEMREGION, vm, 8192, LIST_PA, 0).st, GZ_ST_INVALID_ARGS);	/* more than said */
	m->constituents[0].page_count = 15;
	assert_int_equal(hvc(GZ_FN_SET_MEMREGION, vm, 8192, LIST_PA, 0).st, GZ_ST_INVALID_ARGS);	/* less */
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), 16);	/* as before the two failures */
	m->constituents[0].page_count = 0;
	assert_int_equal(hvc(GZ_FN_SET_MEMREGION, vm, 8192, LIST_PA, 0).st, GZ_ST_INVALID_ARGS);
	m->constituents[0].page_count = 16;
	m->constituent_count = 511;
	assert_int_equal(hvc(GZ_FN_SET_MEMREGION, vm, 8192, LIST_PA, 0).st, GZ_ST_INVALID_ARGS);
	m->constituent_count = 2;
	assert_int_equal(hvc(GZ_FN_SET_MEMREGION, vm, 24 + 16, LIST_PA, 0).st, GZ_ST_INVALID_ARGS);	/* beyond the buffer */
	assert_int_equal(hvc(GZ_FN_SET_MEMREGION, vm, 8192 + 8, LIST_PA, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_SET_MEMREGION, vm, 23, LIST_PA, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_SET_MEMREGION, vm, 8192, LIST_PA + 8, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_SET_MEMREGION, vm, 8192, 0x1000, 0).st, GZ_ST_FAULT);
	assert_int_equal(hvc(GZ_FN_SET_MEMREGION, vm, 8192, POOL_BASE, 0).st, GZ_ST_FAULT);
}

static void map_block__runs_joined__same_again_fine(void **state)
{
	u64 *list = host_ptr(LIST_PA + PAGE_SIZE);
	u16 vm = make_bare_vm();

	(void)state;
	assert_int_equal(register_slot(vm, 0, RAM_IPA, 1024), 0);
	assert_int_equal(hvc(GZ_FN_MAP_GUEST_BLOCK, vm, 0, RAM_IPA >> 12, 512).st, GZ_ST_INVALID_ARGS);	/* no buffer yet */
	hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_BLOCK_DEMAND_PAGING, GZ_BLOCK_SIZE, LIST_PA + PAGE_SIZE);
	for (u32 i = 0; i < 512; i++)
		list[i] = (GUEST_RAM_PA >> 12) + i;
	assert_int_equal(hvc(GZ_FN_MAP_GUEST_BLOCK, vm, 0, RAM_IPA >> 12, 512).st, 0);
	assert_int_equal(hvc(GZ_FN_MAP_GUEST_BLOCK, vm, 0, RAM_IPA >> 12, 0).st, 0);	/* 0 means all of it */
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), 512);
	for (u32 i = 0; i < 512; i++)
		list[i] = (GUEST_RAM_PA >> 12) + 512 + (i ^ 1);
	assert_int_equal(hvc(GZ_FN_MAP_GUEST_BLOCK, vm, 0, (RAM_IPA >> 12) + 512, 512).st, 0);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), 1024);
	assert_int_equal(hvc(GZ_FN_MAP_GUEST_BLOCK, vm, 0, (RAM_IPA >> 12) + 512, 513).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_MAP_GUEST_BLOCK, vm, 1, RAM_IPA >> 12, 512).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_MAP_GUEST_BLOCK, vm, 0, (RAM_IPA >> 12) + 1000, 100).st, GZ_ST_INVALID_ARGS);
	list[3] = UINT64_MAX;
	assert_int_equal(hvc(GZ_FN_MAP_GUEST_BLOCK, vm, 0, (RAM_IPA >> 12) + 512, 4).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), 1024);	/* what was mapped before stays */
}

static void map_block__bad_entry_late__nothing_changed(void **state)
{
	u64 *list = host_ptr(LIST_PA + PAGE_SIZE);
	u16 vm = make_bare_vm();

	(void)state;
	assert_int_equal(register_slot(vm, 0, RAM_IPA, 1024), 0);
	hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_BLOCK_DEMAND_PAGING, GZ_BLOCK_SIZE, LIST_PA + PAGE_SIZE);
	assert_int_equal(hvc5(GZ_FN_MAP_GUEST, vm, 0, (GUEST_RAM_PA >> 12) + 7, (RAM_IPA >> 12) + 7, 1).st, 0);
	for (u32 i = 0; i < 512; i++)
		list[i] = (GUEST_RAM_PA >> 12) + (i ^ (i >= 16));
	list[300] = POOL_BASE >> 12;
	assert_int_equal(hvc(GZ_FN_MAP_GUEST_BLOCK, vm, 0, (RAM_IPA >> 12) + 512, 512).st, GZ_ST_ALREADY_EXISTS);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), 1);
	list[7] = (GUEST_RAM_PA >> 12) + 900;
	assert_int_equal(hvc(GZ_FN_MAP_GUEST_BLOCK, vm, 0, (RAM_IPA >> 12) + 512, 512).st, GZ_ST_ACCESS_DENIED);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), 1);
}

static void map_guest__bad_arguments__refused(void **state)
{
	u16 vm = make_vm(1, false), b = make_bare_vm();
	u64 gfn = RAM_IPA >> 12, pfn = 0x41100000 >> 12;

	(void)state;
	assert_int_equal(hvc5(GZ_FN_MAP_GUEST, vm, 0, pfn, gfn, 1).st, GZ_ST_ALREADY_EXISTS);
	assert_int_equal(hvc5(GZ_FN_MAP_GUEST, vm, 0, pfn, gfn, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc5(GZ_FN_MAP_GUEST, vm, 0, pfn, gfn, 513).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc5(GZ_FN_MAP_GUEST, vm, 0, pfn, UINT64_MAX, 1).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc5(GZ_FN_MAP_GUEST, vm, 0, UINT64_MAX, gfn, 1).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc5(GZ_FN_MAP_GUEST, vm, 0, UINT64_MAX >> 12, gfn, 2).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(register_slot(b, 0, RAM_IPA, 4), 0);
	/* Another VM has it. */
	assert_int_equal(hvc5(GZ_FN_MAP_GUEST, b, 0, (GUEST_RAM_PA + vm * 2 * MB) >> 12, gfn, 1).st, GZ_ST_ACCESS_DENIED);
}

static void dtb__must_lie_in_one_slot(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	assert_int_equal(hvc(GZ_FN_SET_DTB_CONFIG, vm, RAM_IPA + 0x1000, 0x2000, 0).st, 0);
	assert_int_equal(hvc(GZ_FN_SET_DTB_CONFIG, vm, RAM_IPA + 0x1000, 0, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_SET_DTB_CONFIG, vm, RAM_IPA + 0x1000, 2 * MB, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_SET_DTB_CONFIG, vm, RAM_IPA + 0x1000, UINT64_MAX, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_SET_DTB_CONFIG, vm, 0x1000, 0x1000, 0).st, GZ_ST_INVALID_ARGS);
}

static void device__bad__refused(void **state)
{
	struct gz_create_device *d = host_ptr(LIST_PA);
	u16 vm = make_bare_vm();

	(void)state;
	*d = (struct gz_create_device){ .dev_type = 2, .dev_addr = GICD_IPA };
	assert_int_equal(hvc(GZ_FN_CREATE_DEVICE, vm, LIST_PA, 0, 0).st, GZ_ST_NOT_SUPPORTED);
	*d = (struct gz_create_device){ .dev_type = 0, .id = 1, .dev_addr = GICD_IPA };
	assert_int_equal(hvc(GZ_FN_CREATE_DEVICE, vm, LIST_PA, 0, 0).st, GZ_ST_INVALID_ARGS);
	*d = (struct gz_create_device){ .dev_type = 0, .flags = 1, .dev_addr = GICD_IPA };
	assert_int_equal(hvc(GZ_FN_CREATE_DEVICE, vm, LIST_PA, 0, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_CREATE_DEVICE, vm, LIST_PA + PAGE_SIZE - 8, 0, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_CREATE_DEVICE, vm, 0, 0, 0).st, GZ_ST_FAULT);
}

static void irq_line__range_and_modes(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	run(vm, 0);
	assert_int_equal(hvc(GZ_FN_IRQ_LINE, GZ_TUPLE(vm, 0), GZ_NR_SPIS, 1, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_IRQ_LINE, GZ_TUPLE(vm, 0), UINT64_MAX, 1, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_IRQ_LINE, GZ_TUPLE(vm, 0), 1, 2, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_IRQ_LINE, GZ_TUPLE(vm, 0), 1, 1, 3).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_IRQ_LINE, GZ_TUPLE(vm, 0), GZ_NR_SPIS - 1, 1, 0).st, 0);
	assert_int_equal(hvc(GZ_FN_IRQ_LINE, GZ_TUPLE(vm, 0xffff), 1, 0, 0).st, 0);	/* an SPI names no vCPU */
}

static void statistics__bytes_of_a_vm(void **state)
{
	u16 vm = make_vm(1, false);
	struct res r = hvc(GZ_FN_GET_STATISTICS, vm, 0, 0, 0);

	(void)state;
	assert_int_equal(r.x2, VM_PAGES * PAGE_SIZE);
	assert_in_range(r.x1, 2 * PAGE_SIZE, 64 * PAGE_SIZE);
}

static void unmap_slot__taken_back__other_slots_stay(void **state)
{
	u16 vm = make_vm(1, false);

	(void)state;
	assert_int_equal(register_slot(vm, 1, 0x90000000, 1024), 0);
	assert_int_equal(populate(vm, 1, 0x90000000, GUEST_RAM_PA + 16 * MB, 1024), 0);
	assert_int_equal(hvc(GZ_FN_EXT_UNMAP_SLOT, vm, 1, 0, 0).st, 0);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), VM_PAGES);
	assert_int_equal(hvc(GZ_FN_EXT_UNMAP_SLOT, vm, 1, 0, 0).st, GZ_ST_NOT_FOUND);
	assert_int_equal(hvc(GZ_FN_EXT_UNMAP_SLOT, vm, UINT64_C(1) << 32, 0, 0).st, GZ_ST_NOT_FOUND);
}

static void unmap_pages__taken_back__mapped_anew(void **state)
{
	u16 vm = make_vm(1, false);
	u64 gfn = 0x90000000 >> PAGE_SHIFT;

	(void)state;
	assert_int_equal(register_slot(vm, 1, 0x90000000, 1024), 0);
	assert_int_equal(populate(vm, 1, 0x90000000, GUEST_RAM_PA + 16 * MB, 1024), 0);
	assert_int_equal(hvc(GZ_FN_EXT_UNMAP_PAGES, vm, gfn + 3, 1, 0).st, 0);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), VM_PAGES + 1023);
	assert_int_equal(hvc(GZ_FN_EXT_UNMAP_PAGES, vm, gfn + 3, 1, 0).st, 0);	/* nothing there any more */
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), VM_PAGES + 1023);
	assert_int_equal(populate(vm, 1, 0x90000000 + 3 * PAGE_SIZE, GUEST_RAM_PA + 16 * MB + 3 * PAGE_SIZE, 1), 0);
	assert_int_equal(own_count(OWN_HOST_SHARED_GUEST), VM_PAGES + 1024);
	assert_int_equal(hvc(GZ_FN_EXT_UNMAP_PAGES, vm, gfn, 0, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_EXT_UNMAP_PAGES, vm, gfn, GZ_MAP_BATCH_PAGES + 1, 0).st, GZ_ST_INVALID_ARGS);
	assert_int_equal(hvc(GZ_FN_EXT_UNMAP_PAGES, vm, UINT64_MAX, 1, 0).st, GZ_ST_INVALID_ARGS);
}

/* References against destruction, with threads: never a use after free (ASan looks), never a VM that stays. */
static u16 race_vm;
static u32 race_gone;

static void *race_user(void *arg)
{
	u32 n = 0;

	shim_cpu((u32)(uintptr_t)arg);
	while (!READ_ONCE(race_gone)) {
		struct vm *vm = vm_get(race_vm);

		if (!vm)
			continue;
		if (READ_ONCE(vm->id) == race_vm)
			n++;
		vm_put(vm);
	}
	return (void *)(uintptr_t)n;
}

static void references__against_destroy__each_vm_ends(void **state)
{
	pthread_t t[3];

	(void)state;
	race_gone = 0;
	race_vm = 1;
	for (u64 i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&t[i], NULL, race_user, (void *)(uintptr_t)(i + 1)), 0);
	for (u32 round = 0; round < 200; round++) {
		enum gz_err err = GZ_EAGAIN;

		assert_int_equal(make_bare_vm(), 1);
		for (u32 n = 0; err == GZ_EAGAIN; n++) {
			assert_in_range(n, 0, 10000000);
			err = vm_destroy_slice(1, 512);
		}
		assert_int_equal(err, GZ_OK);
	}
	WRITE_ONCE(race_gone, 1);
	for (u32 i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(vm_live_count(), 0);
}

#define T(f) cmocka_unit_test_setup(f, run_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(create__ids_from_one__until_full),
		T(create__pool_empty__nothing_leaks),
		T(destroy__everything__comes_back),
		T(destroy__batched__busy_until_done),
		T(destroy__reference_out__waits_without_blocking),
		T(vcpu__bad_arguments__refused),
		T(vcpu__pages_untouched_before_first_run),
		T(one_reg__allow_list),
		T(one_reg__pstate__el1_and_el0_only),
		T(populate__longest_list__every_page_where_it_belongs),
		T(populate__fails_after_slices__nothing_changed),
		T(populate__bad_lists__refused),
		T(map_block__runs_joined__same_again_fine),
		T(map_block__bad_entry_late__nothing_changed),
		T(map_guest__bad_arguments__refused),
		T(dtb__must_lie_in_one_slot),
		T(device__bad__refused),
		T(irq_line__range_and_modes),
		T(statistics__bytes_of_a_vm),
		T(unmap_slot__taken_back__other_slots_stay),
		T(unmap_pages__taken_back__mapped_anew),
		T(references__against_destroy__each_vm_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
