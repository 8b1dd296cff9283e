/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/mm/hyp_map.c hyp/mm/fixmap.c hyp/mem/own.c hyp/mem/audit.c hyp/mem/own_check.c hyp/mem/host_s2.c hyp/mem/guest_s2.c hyp/mem/guest_slots.c hyp/mem/share.c hyp/mem/firmware.c hyp/mem/protect.c hyp/mem/guest_clean.c tests/host/mem_fixture.c */
/*
 * Job: EL2's own map: image W^X, guard pages, windows, fixmap, vCPU pages; read back from the tables that would be loaded.
 * Never: go through the windows (there is no MMU here).
 * Used by: make -C tests/host run.
 */
#include <string.h>

#include "mem_fixture.h"

#include "lib/percpu.h"
#include "mm/hyp_map.h"
#include "mm/hyp_map_int.h"
#include "mm/layout.h"
#include "mm/pgtable_int.h"

/* Stands for hyp.lds: text of 2 pages, constants of 1, data of 3. */
__asm__(".data\n.balign 4096\n.globl __image_start, __text_start, __text_end, __rodata_start, __rodata_end, __image_end\n"
	"__image_start: __text_start: .skip 8192\n__text_end: __rodata_start: .skip 4096\n"
	"__rodata_end: .skip 12288\n__image_end:\n.text\n");

#define IMAGE	UINT64_C(0x40800000)

static int setup(void **state)
{
	u64 ttbr;

	(void)state;
	fixture_pool(64 * MB, 400);
	ttbr = hyp_map_init(range_of(IMAGE, BLOCK_SIZE), range_of(POOL_BASE, 2 * BLOCK_SIZE), 4);
	assert_int_equal(ttbr, hyp_table.root.v);
	bbm_live(&hyp_table);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_bbm_good();
	return 0;
}

static void expect(u64 va, u64 pa, u32 attr)
{
	struct pg_leaf leaf = pgtable_walk(&hyp_table, va);

	assert_true(leaf.valid);
	assert_int_equal(leaf.pa.v + va % leaf.size, pa);
	assert_int_equal(leaf.pte, pte_leaf(&hyp_table, leaf.pa, attr, leaf.level));
}

static void expect_hole(u64 va)
{
	assert_false(pgtable_walk(&hyp_table, va).valid);
}

static void hyp_map__image__w_xor_x(void **state)
{
	(void)state;
	expect(HYP_VA_IMAGE, IMAGE, PG_R | PG_X);
	expect(HYP_VA_IMAGE + 0x1000, IMAGE + 0x1000, PG_R | PG_X);
	expect(HYP_VA_IMAGE + 0x2000, IMAGE + 0x2000, PG_R);
	expect(HYP_VA_IMAGE + 0x3000, IMAGE + 0x3000, PG_R | PG_W);
	expect(HYP_VA_IMAGE + 0x5000, IMAGE + 0x5000, PG_R | PG_W);
	expect_hole(HYP_VA_IMAGE + 0x6000);
	expect_hole(HYP_VA_IMAGE - 1);
}

/* No entry anywhere is writable and executable; the identity is nowhere. */
static enum gz_err no_wx(u64 addr, struct pg_leaf leaf, void *arg)
{
	(void)arg;
	assert_true(leaf.pte & (BIT(7) | BIT(54)));	/* AP[2] read-only, or XN */
	assert_int_not_equal(addr, leaf.pa.v);
	assert_int_equal(leaf.pte >> 6 & 1, 1);	/* AP[1] is RES1 in this regime */
	return GZ_OK;
}

static void hyp_map__every_leaf__not_both_not_identity(void **state)
{
	(void)state;
	assert_int_equal(pgtable_for_each(&hyp_table, 0, BIT(48), no_wx, NULL), GZ_OK);
}

static void hyp_map__descriptors__exact_bits(void **state)
{
	(void)state;
	assert_int_equal(pte_leaf(&hyp_table, PA(0x40000000), PG_R | PG_X, 3), 0x00040000400007c3ull);
	assert_int_equal(pte_leaf(&hyp_table, PA(0x40000000), PG_R, 3), 0x00400000400007c3ull);
	assert_int_equal(pte_leaf(&hyp_table, PA(0x40000000), PG_R | PG_W, 2), 0x0040000040000741ull);
	assert_int_equal(pte_leaf(&hyp_table, PA(0x9000000), PG_R | PG_W | PG_DEVICE, 3), 0x0040000009000747ull);
}

static void hyp_map__stacks__guarded(void **state)
{
	(void)state;
	for (u32 cpu = 0; cpu < 4; cpu++) {
		u64 top = hyp_stack_top(cpu);

		assert_true(pgtable_walk(&hyp_table, top - 1).valid);
		assert_true(pgtable_walk(&hyp_table, top - HYP_STACK_PAGES * PAGE_SIZE).valid);
		expect_hole(top);
		expect_hole(top - HYP_STACK_PAGES * PAGE_SIZE - 1);
	}
	expect_hole(hyp_stack_top(4) - 1);
}

static void hyp_map__pool__linear_window(void **state)
{
	(void)state;
	expect(HYP_VA_LINEAR, POOL_BASE, PG_R | PG_W);
	expect(HYP_VA_LINEAR + 2 * BLOCK_SIZE - 8, POOL_BASE + 2 * BLOCK_SIZE - 8, PG_R | PG_W);
	expect_hole(HYP_VA_LINEAR + 2 * BLOCK_SIZE);
}

static void hyp_map__mmio__one_after_the_other(void **state)
{
	u64 a, b;

	(void)state;
	assert_int_equal(hyp_map_mmio((struct pa_range){ PA(0x9000800), 0x1000 }, &a), GZ_OK);
	assert_int_equal(hyp_map_mmio((struct pa_range){ PA(0x8000000), 0x10000 }, &b), GZ_OK);
	assert_int_equal(a, HYP_VA_MMIO + 0x800);
	assert_int_equal(b, HYP_VA_MMIO + 0x2000);
	expect(a, 0x9000800, PG_R | PG_W | PG_DEVICE);
	expect(b + 0xffff, 0x800ffff, PG_R | PG_W | PG_DEVICE);
	assert_int_equal(hyp_map_mmio((struct pa_range){ PA(0), BIT(40) }, &a), GZ_ENOMEM);
}

static void hyp_map__early__comes_and_goes(void **state)
{
	(void)state;
	assert_int_equal(hyp_map_at(HYP_VA_EARLY, range_of(0x41000000, 4 * MB), PG_R), GZ_OK);
	expect(HYP_VA_EARLY + 3 * MB, 0x41000000 + 3 * MB, PG_R);
	assert_int_equal(hyp_map_at(HYP_VA_EARLY, range_of(0x42000000, PAGE_SIZE), PG_R), GZ_EEXIST);
	hyp_unmap_at(HYP_VA_EARLY, 4 * MB);
	expect_hole(HYP_VA_EARLY);
}

static void vcpu_page__mapped_and_gone(void **state)
{
	u64 free_pages;
	void *p, *q;

	(void)state;
	assert_int_equal(hyp_map_reserve(NULL, 0), GZ_OK);
	free_pages = page_pool_free_pages();
	assert_int_equal(hyp_map_vcpu_page(0, PA(0x41001000), &p), GZ_OK);
	assert_int_equal(hyp_map_vcpu_page(HYP_VCPU_SLOTS - 1, PA(0x41002000), &q), GZ_OK);
	assert_int_equal(page_pool_free_pages(), free_pages);	/* no table for them comes from a block that may have to go */
	assert_int_equal((u64)(uintptr_t)q - (u64)(uintptr_t)p, 1023 * PAGE_SIZE);
	expect((u64)(uintptr_t)q, 0x41002000, PG_R | PG_W);
	shim_events_clear();
	hyp_unmap_vcpu_page(0);
	expect_hole((u64)(uintptr_t)p);
	assert_int_equal(shim_events_of(EV_TLBI_VAE2IS), 1);
	assert_int_equal(hyp_map_vcpu_page(0, PA(0x41003000), &p), GZ_OK);
	expect((u64)(uintptr_t)p, 0x41003000, PG_R | PG_W);
}

static void fixmap__per_cpu_and_slot__own_page(void **state)
{
	void *a, *b, *c;

	(void)state;
	a = fixmap_map(0, PA(0x41001010), PG_R);
	b = fixmap_map(3, PA(0x41002000), PG_R | PG_W);
	shim_cpu(63);
	c = fixmap_map(3, PA(0x41003000), PG_R);
	expect((u64)(uintptr_t)a, 0x41001010, PG_R);
	expect((u64)(uintptr_t)b, 0x41002000, PG_R | PG_W);
	expect((u64)(uintptr_t)c, 0x41003000, PG_R);
	fixmap_unmap(3);
	expect_hole((u64)(uintptr_t)c);
	shim_cpu(0);
	fixmap_unmap(0);
	fixmap_unmap(3);
	expect_hole((u64)(uintptr_t)a);
	expect_hole((u64)(uintptr_t)b);
}

static void fixmap__block__read_only_per_cpu(void **state)
{
	void *a, *b;

	(void)state;
	shim_events_clear();
	a = fixmap_map_block(PA(0x41000000));
	shim_cpu(63);
	b = fixmap_map_block(PA(0x41200000));
	expect((u64)(uintptr_t)a + 0x1ffff8, 0x411ffff8, PG_R);
	expect((u64)(uintptr_t)b, 0x41200000, PG_R);
	fixmap_unmap_block();
	expect_hole((u64)(uintptr_t)b);
	shim_cpu(0);
	fixmap_unmap_block();
	expect_hole((u64)(uintptr_t)a);
	assert_int_equal(shim_events_of(EV_TLBI_VAE2IS), 2);
}

static void map_slot(void *arg)
{
	fixmap_map(*(u32 *)arg, PA(0x41001000), PG_R);
}

static void fixmap__misuse__check(void **state)
{
	u32 taken = 1, none = FIXMAP_SLOTS;

	(void)state;
	fixmap_map(1, PA(0x41001000), PG_R);
	assert_true(shim_panics(map_slot, &taken));
	assert_true(shim_panics(map_slot, &none));
}

static void init_small(void *arg)
{
	fixture_pool(64 * MB, *(u32 *)arg);
	hyp_map_init(range_of(IMAGE, BLOCK_SIZE), range_of(POOL_BASE, 2 * BLOCK_SIZE), 4);
}

static void hyp_map__pool_too_small__says_so(void **state)
{
	u32 pages = 1;

	(void)state;
	while (shim_panics(init_small, &pages)) {
		assert_non_null(strstr(shim_panic_text, "gz.pool="));
		assert_in_range(++pages, 1, 60);
	}
	/* 16 stack pages and the tables. */
	assert_in_range(pages, 25, 35);
	bbm_start();
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(hyp_map__image__w_xor_x), T(hyp_map__every_leaf__not_both_not_identity),
		T(hyp_map__descriptors__exact_bits), T(hyp_map__stacks__guarded), T(hyp_map__pool__linear_window),
		T(hyp_map__mmio__one_after_the_other), T(hyp_map__early__comes_and_goes), T(vcpu_page__mapped_and_gone),
		T(fixmap__per_cpu_and_slot__own_page), T(fixmap__block__read_only_per_cpu), T(fixmap__misuse__check), T(hyp_map__pool_too_small__says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
