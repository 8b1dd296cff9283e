/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: */
/*
 * Job: the first translation tables, walked here as hardware would: which address reaches what, and with which rights.
 * Never: hyp.lds: the image is a stand-in of the same shape, boot_tables.c is compiled in.
 * Used by: make -C tests/host run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define __data_start image_data_start	/* the C library has one of its own */
#include "boot/boot_tables.c"

/* Text of 2 pages (the trampoline is the second), constants of 1, a hole, data of 3. */
__asm__(".bss\n.balign 4096\n"
	".globl _head, __text_start, __text_end, __idmap_start, __rodata_start, __rodata_end, image_data_start, __image_end\n"
	"_head: __text_start: .skip 4096\n__idmap_start: .skip 4096\n__text_end: __rodata_start: .skip 4096\n"
	"__rodata_end: .skip 4096\nimage_data_start: .skip 12288\n__image_end:\n.text\n");

#define IMAGE	UINT64_C(0x48600000)
#define NOTHING	UINT64_C(~0)
#define FAR	HYP_VA_EARLY

/* Same bits as the tables' own: Arm ARM "VMSAv8-64 translation table format descriptors". */
struct leaf { u64 pa, bits, size; };

static struct leaf walk(u64 va)
{
	u64 pa = mmu_setup.ttbr, entry = 0;

	for (u32 level = 0; level < 4; level++) {
		u64 shift = 39 - 9 * level, table[512];

		memcpy(table, (const void *)(pa - image_pa + (u64)_head), sizeof(table));
		entry = table[va >> shift & 511];
		if (!(entry & 1))
			return (struct leaf){ .pa = NOTHING };
		pa = entry & UINT64_C(0xfffffffff000);
		if (level == 3 || !(entry & 2))
			return (struct leaf){ pa + (va & ((UINT64_C(1) << shift) - 1)), entry, UINT64_C(1) << shift };
	}
	return (struct leaf){ .pa = NOTHING };
}

static bool writable(u64 bits) { return !(bits >> 7 & 1); }
static bool executable(u64 bits) { return !(bits >> 54 & 1); }
static bool normal(u64 bits) { return (bits >> 2 & 7) == 0 && (bits >> 8 & 3) == 3; }

static int setup(void **state)
{
	(void)state;
	shim_reset();
	memset(tables, 0, sizeof(tables));
	memset(&mmu_setup, 0, sizeof(mmu_setup));
	shim_sysreg_write("id_aa64mmfr0_el1", 2);
	boot_tables_build(IMAGE, 2);
	return 0;
}

static void is(u64 va, u64 pa, bool write, bool exec)
{
	struct leaf l = walk(va);

	if (l.pa != pa || writable(l.bits) != write || executable(l.bits) != exec || !normal(l.bits) || !(l.bits & BIT(10)))
		fail_msg("%llx: pa %llx bits %llx, want pa %llx write %d exec %d", (unsigned long long)va,
			 (unsigned long long)l.pa, (unsigned long long)l.bits, (unsigned long long)pa, write, exec);
}

static void image__each_part__its_rights_and_no_more(void **state)
{
	(void)state;
	is(HYP_VA_IMAGE, IMAGE, false, true);
	is(HYP_VA_IMAGE + 0x1ff8, IMAGE + 0x1ff8, false, true);
	is(HYP_VA_IMAGE + 0x2000, IMAGE + 0x2000, false, false);
	is(HYP_VA_IMAGE + 0x4000, IMAGE + 0x4000, true, false);
	is(HYP_VA_IMAGE + 0x6fff, IMAGE + 0x6fff, true, false);
	assert_true(walk(HYP_VA_IMAGE + 0x3000).pa == NOTHING);
	assert_true(walk(HYP_VA_IMAGE + 0x7000).pa == NOTHING);
	assert_true(walk(HYP_VA_IMAGE - 0x1000).pa == NOTHING);
}

static void text__landing_pads__guarded(void **state)
{
	(void)state;
	assert_true(walk(HYP_VA_IMAGE).bits & BIT(50));
	assert_false(walk(HYP_VA_IMAGE + 0x4000).bits & BIT(50));
}

static void trampoline__at_its_physical_address__one_page(void **state)
{
	(void)state;
	is(IMAGE + 0x1000, IMAGE + 0x1000, false, true);
	assert_true(walk(IMAGE).pa == NOTHING);
	assert_true(walk(IMAGE + 0x2000).pa == NOTHING);
}

static void setup__at_el2__registers(void **state)
{
	(void)state;
	assert_int_equal(mmu_setup.mair, 0x4404ff);
	assert_int_equal(mmu_setup.tcr, 0x80803510 | 2 << 16);
	assert_int_equal(mmu_setup.sctlr, 0x30c50830 | 1 << 19 | 1 << 12 | 1 << 3 | 1 << 2 | 1);
	assert_int_equal(mmu_setup.ttbr, image_to_pa(tables[0]).v);
	assert_true(walk(HYP_VA_IMAGE).bits & BIT(6));
}

/* Started at EL1 by mistake: only far enough to say so. There AP[1] would be EL0's access. */
static void setup__at_el1__registers(void **state)
{
	(void)state;
	memset(tables, 0, sizeof(tables));
	boot_tables_build(IMAGE, 1);
	assert_int_equal(mmu_setup.tcr, 0x803510 | UINT64_C(2) << 32);
	assert_int_equal(mmu_setup.sctlr, 0x30d00800 | 1 << 12 | 1 << 3 | 1 << 2 | 1);
	assert_false(walk(HYP_VA_IMAGE).bits & BIT(6));
}

/* 52 bits of physical address need another format: 48 is what these tables say. */
static void setup__wider_physical_addresses__48_bits(void **state)
{
	(void)state;
	memset(tables, 0, sizeof(tables));
	shim_sysreg_write("id_aa64mmfr0_el1", 6);
	boot_tables_build(IMAGE, 2);
	assert_int_equal(mmu_setup.tcr >> 16 & 7, 5);
}

static void window__aligned_range__blocks_then_pages(void **state)
{
	struct pa_range r = { PA(0x9000000), 2 * BLOCK_SIZE + 3 * PAGE_SIZE };

	(void)state;
	assert_int_equal(boot_map(FAR, r, BOOT_DEVICE), GZ_OK);
	assert_int_equal(walk(FAR + BLOCK_SIZE + 4).size, BLOCK_SIZE);
	assert_int_equal(walk(FAR + BLOCK_SIZE + 4).pa, 0x9000000 + BLOCK_SIZE + 4);
	assert_int_equal(walk(FAR + 2 * BLOCK_SIZE).size, PAGE_SIZE);
	assert_int_equal(walk(FAR + 2 * BLOCK_SIZE + 0x2000).pa, 0x9000000 + 2 * BLOCK_SIZE + 0x2000);
	assert_true(walk(FAR + 2 * BLOCK_SIZE + 0x3000).pa == NOTHING);
	assert_int_equal(walk(FAR).bits >> 2 & 7, 1);
	assert_false(executable(walk(FAR).bits));
}

static void window__unaligned_physical_address__pages(void **state)
{
	(void)state;
	assert_int_equal(boot_map(FAR, (struct pa_range){ PA(0x9001000), BLOCK_SIZE }, BOOT_DATA), GZ_OK);
	assert_int_equal(walk(FAR).size, PAGE_SIZE);
	assert_int_equal(walk(FAR + BLOCK_SIZE - 1).pa, 0x9001000 + BLOCK_SIZE - 1);
}

static void window__in_use__eexist_and_unchanged(void **state)
{
	(void)state;
	assert_int_equal(boot_map(FAR, (struct pa_range){ PA(0x9000000), PAGE_SIZE }, BOOT_DEVICE), GZ_OK);
	assert_int_equal(boot_map(FAR, (struct pa_range){ PA(0xa000000), PAGE_SIZE }, BOOT_DATA), GZ_EEXIST);
	assert_int_equal(walk(FAR).pa, 0x9000000);
	assert_int_equal(boot_map(HYP_VA_IMAGE, (struct pa_range){ PA(0xa000000), PAGE_SIZE }, BOOT_DATA), GZ_EEXIST);
	assert_int_equal(walk(HYP_VA_IMAGE).pa, IMAGE);
}

static void window__under_a_block__enomem_not_into_it(void **state)
{
	(void)state;
	assert_int_equal(boot_map(FAR, (struct pa_range){ PA(0x9000000), BLOCK_SIZE }, BOOT_DATA), GZ_OK);
	assert_int_not_equal(boot_map(FAR + PAGE_SIZE, (struct pa_range){ PA(0x5000), PAGE_SIZE }, BOOT_DATA), GZ_OK);
	assert_int_equal(walk(FAR + PAGE_SIZE).pa, 0x9000000 + PAGE_SIZE);
}

static void tables__used_up__enomem(void **state)
{
	enum gz_err err = GZ_OK;
	u32 n = 0;

	(void)state;
	for (; !err && n < 2 * TABLES; n++)
		err = boot_map(FAR + n * (UINT64_C(1) << 30), (struct pa_range){ PA(0x5000), PAGE_SIZE }, BOOT_DATA);
	assert_int_equal(err, GZ_ENOMEM);
	assert_in_range(n, 4, TABLES);
	is(HYP_VA_IMAGE, IMAGE, false, true);
}

static void unmap__a_window__gone_after_its_tlb_entries(void **state)
{
	u32 n, tlbi = 0;

	(void)state;
	assert_int_equal(boot_map(FAR, (struct pa_range){ PA(0x9000000), PAGE_SIZE }, BOOT_DATA), GZ_OK);
	shim_events_clear();
	boot_unmap_window(FAR);
	assert_true(walk(FAR).pa == NOTHING);
	is(HYP_VA_IMAGE, IMAGE, false, true);
	n = shim_event_count();
	for (u32 i = 0; i < n; i++)
		tlbi = shim_event_at(i)->ev == EV_TLBI_ALLE2IS ? i : tlbi;
	assert_in_range(tlbi, 1, n - 3);
	assert_int_equal(shim_event_at(tlbi - 1)->ev, EV_DSB_ISHST);
	assert_int_equal(shim_event_at(tlbi + 1)->ev, EV_DSB_ISH);
	assert_int_equal(shim_event_at(tlbi + 2)->ev, EV_ISB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(image__each_part__its_rights_and_no_more, setup),
		cmocka_unit_test_setup(text__landing_pads__guarded, setup),
		cmocka_unit_test_setup(trampoline__at_its_physical_address__one_page, setup),
		cmocka_unit_test_setup(setup__at_el2__registers, setup),
		cmocka_unit_test_setup(setup__at_el1__registers, setup),
		cmocka_unit_test_setup(setup__wider_physical_addresses__48_bits, setup),
		cmocka_unit_test_setup(window__aligned_range__blocks_then_pages, setup),
		cmocka_unit_test_setup(window__unaligned_physical_address__pages, setup),
		cmocka_unit_test_setup(window__in_use__eexist_and_unchanged, setup),
		cmocka_unit_test_setup(window__under_a_block__enomem_not_into_it, setup),
		cmocka_unit_test_setup(tables__used_up__enomem, setup),
		cmocka_unit_test_setup(unmap__a_window__gone_after_its_tlb_entries, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
