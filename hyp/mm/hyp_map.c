/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: builds and changes EL2's own stage 1 as mm/layout.h draws it.
 * Never: map what is both writable and executable; pgtable_walk.c checks it too.
 * Used by: boot, mem, vm, irq, plat.
 */
#include "mm/hyp_map.h"

#include "lib/check.h"
#include "mm/hyp_map_int.h"
#include "mm/layout.h"
#include "mm/pgtable_int.h"

#define MMIO_WINDOW	0x8000000000	/* windows of mm/layout.h are this far apart at least */
#define GIGABYTE	(UINT64_C(1) << 30)

/* hyp.lds */
extern char __image_start[], __text_start[], __text_end[], __rodata_start[], __rodata_end[], __image_end[];

struct pgtable hyp_table;
struct spinlock hyp_lock;
static u64 mmio_next = HYP_VA_MMIO;

static void map_part(struct pa_range image, const char *start, const char *end, u32 attr)
{
	u64 offset = (u64)(start - __image_start), size = ALIGN_UP((u64)(end - start), PAGE_SIZE);

	if (size && pgtable_map(&hyp_table, HYP_VA_IMAGE + offset, pa_add(image.base, offset), size, attr, LEVEL_PAGES))
		boot_fail("the page pool is too small to map the image of EL2: give more with gz.pool=");
}

static enum gz_err map_stacks(u32 cpu_count)
{
	enum gz_err err = GZ_OK;
	pa_t page = PA(0);

	for (u32 cpu = 0; cpu < cpu_count; cpu++) {
		u64 top = hyp_stack_top(cpu);

		for (u64 va = top - HYP_STACK_PAGES * PAGE_SIZE; va < top && !err; va += PAGE_SIZE) {
			err = page_pool_alloc(NULL, &page);
			if (!err)
				err = pgtable_map(&hyp_table, va, page, PAGE_SIZE, PG_R | PG_W, LEVEL_PAGES);
		}
	}
	return err;
}

u64 hyp_map_init(struct pa_range image, struct pa_range pool, u32 cpu_count)
{
	enum gz_err err;

	pg_features_init();
	err = pgtable_init(&hyp_table, PG_HYP, HYP_VA_BITS, 0, NULL);
	if (!err)
		err = pgtable_map(&hyp_table, HYP_VA_LINEAR, pool.base, pool.size, PG_R | PG_W, LEVEL_2M);
	if (!err)
		err = map_stacks(cpu_count);
	if (!err)
		err = fixmap_init();
	if (err)
		boot_fail("the page pool is too small for EL2's own tables and stacks: give more with gz.pool=");
	map_part(image, __text_start, __text_end, PG_R | PG_X);
	map_part(image, __rodata_start, __rodata_end, PG_R);
	map_part(image, __rodata_end, __image_end, PG_R | PG_W);
	hyp_table.live = true;
	return pgtable_ttbr(&hyp_table);
}

/* A leaf of this size that comes and goes leaves its table. */
static enum gz_err make_table(u64 va, u64 size)
{
	enum gz_err err = pgtable_map(&hyp_table, va, PA(0), size, PG_R, LEVEL_2M);

	return err ? err : pgtable_unmap(&hyp_table, va, size);
}

static enum gz_err make_window_tables(struct pa_range ram)
{
	u64 va = ALIGN_DOWN((u64)(uintptr_t)pa_to_ptr(ram.base), GIGABYTE), end = (u64)(uintptr_t)pa_to_ptr(PA(pa_range_end(ram)));
	enum gz_err err = GZ_OK;
	u32 level;

	for (; va < end && !err; va += GIGABYTE) {
		pgtable_slot(&hyp_table, va, &level);
		if (level < LAST_LEVEL - 1 && va >= HYP_VA_LINEAR_LOW && va < HYP_VA_STACKS)
			err = make_table(va, BLOCK_SIZE);
	}
	return err;
}

enum gz_err hyp_map_reserve(const struct pa_range *ram, u32 ram_count)
{
	enum gz_err err = GZ_OK;

	spin_lock(&hyp_lock);
	for (u32 i = 0; i < ram_count && !err; i++)
		err = make_window_tables(ram[i]);
	for (u64 va = HYP_VA_VCPU; va < HYP_VA_VCPU + HYP_VCPU_SLOTS * PAGE_SIZE && !err; va += BLOCK_SIZE)
		err = make_table(va, PAGE_SIZE);
	spin_unlock(&hyp_lock);
	return err;
}

enum gz_err hyp_map_at(u64 va, struct pa_range range, u32 attr)
{
	return LOCKED(&hyp_lock, pgtable_map(&hyp_table, va, range.base, range.size, attr, LEVEL_2M));
}

void hyp_unmap_at(u64 va, u64 size)
{
	enum gz_err err = LOCKED(&hyp_lock, pgtable_unmap(&hyp_table, va, size));

	CHECK(err == GZ_OK);	/* what was mapped as one piece needs no split */
}

enum gz_err hyp_map_mmio(struct pa_range range, u64 *va)
{
	u64 offset = range.base.v % PAGE_SIZE;
	struct pa_range pages = { pa_page(range.base), ALIGN_UP(offset + range.size, PAGE_SIZE) };
	enum gz_err err = GZ_ENOMEM;
	u64 at;

	spin_lock(&hyp_lock);
	at = mmio_next;
	if (pages.size <= HYP_VA_MMIO + MMIO_WINDOW - at)
		err = pgtable_map(&hyp_table, at, pages.base, pages.size, PG_R | PG_W | PG_DEVICE, LEVEL_2M);
	if (!err)
		mmio_next = at + pages.size;
	spin_unlock(&hyp_lock);
	*va = at + offset;
	return err;
}

enum gz_err hyp_map_vcpu_page(u32 slot, pa_t page, void **ptr)
{
	u64 va = HYP_VA_VCPU + slot * PAGE_SIZE;

	*ptr = (void *)(uintptr_t)va;
	return hyp_map_at(va, (struct pa_range){ page, PAGE_SIZE }, PG_R | PG_W);
}

void hyp_unmap_vcpu_page(u32 slot)
{
	hyp_unmap_at(HYP_VA_VCPU + slot * PAGE_SIZE, PAGE_SIZE);
}
