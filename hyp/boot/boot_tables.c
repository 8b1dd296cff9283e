/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the first translation tables; runs before and after the MMU is on, so it only uses addresses relative to the code.
 * Never: call out of this file (nothing else is position independent), or store an absolute pointer.
 * Called by: entry.S, boot/.
 */
#include "boot/boot_tables.h"
#include "arch/aarch64/regs.h"
#include "insn/barrier.h"
#include "insn/sysreg.h"
#include "insn/tlbi.h"
#include "mm/layout.h"

#define TABLES		24
#define ENTRIES		512
#define DESC_VALID	BIT(0)
#define DESC_TABLE	BIT(1)		/* and "page" at the last level */
#define DESC_DEVICE	BIT(2)		/* MAIR index 1 */
#define DESC_AP1	BIT(6)		/* RES1 where there is one privilege level; at EL1 it would mean EL0 */
#define DESC_RO		BIT(7)
#define DESC_ISH	(UINT64_C(3) << 8)
#define DESC_AF		BIT(10)
#define DESC_GP		BIT(50)		/* guarded page: BTI */
#define DESC_XN		BIT(54)
#define DESC_PA		MASK(47, 12)
#define MMFR0_PARANGE	MASK(3, 0)
#define PARANGE_48	5

extern char _head[], __text_start[], __text_end[], __rodata_start[], __rodata_end[], __data_start[], __image_end[];
extern char __idmap_start[];

struct mmu_setup mmu_setup;
u64 image_pa;
static u64 tables[TABLES][ENTRIES] __aligned(4096);
static u32 tables_used;
static u64 leaf_ap1;

pa_t image_to_pa(const void *p)
{
	return PA((u64)(uintptr_t)p - (u64)(uintptr_t)_head + image_pa);
}

static u64 *table_at(u64 pa)
{
	return (u64 *)(uintptr_t)(pa - image_pa + (u64)(uintptr_t)_head);
}

static u64 leaf_bits(enum boot_map_kind kind)
{
	u64 bits = DESC_VALID | DESC_AF | leaf_ap1;

	switch (kind) {
	case BOOT_TEXT:
		return bits | DESC_ISH | DESC_RO | DESC_GP;
	case BOOT_RODATA:
		return bits | DESC_ISH | DESC_RO | DESC_XN;
	case BOOT_DEVICE:
		return bits | DESC_DEVICE | DESC_XN;
	default:
		return bits | DESC_ISH | DESC_XN;
	}
}

/* Next level's table below *entry, made when there is none; NULL when it cannot be. */
static u64 *table_below(u64 *entry)
{
	if (!(*entry & DESC_VALID)) {
		if (tables_used == TABLES)
			return NULL;
		*entry = image_to_pa(tables[tables_used++]).v | DESC_TABLE | DESC_VALID;
	}
	return *entry & DESC_TABLE ? table_at(*entry & DESC_PA) : NULL;
}

static u64 *entry_of(u64 *table, u64 va, u32 level)
{
	return &table[(va >> (39 - 9 * level)) & (ENTRIES - 1)];
}

static enum gz_err map_one(u64 va, u64 pa, bool block, enum boot_map_kind kind)
{
	u32 last = block ? 2 : 3;
	u64 *table = tables[0];

	for (u32 level = 0; level < last; level++) {
		table = table_below(entry_of(table, va, level));
		if (!table)
			return GZ_ENOMEM;
	}
	if (*entry_of(table, va, last) & DESC_VALID)
		return GZ_EEXIST;
	*entry_of(table, va, last) = pa | leaf_bits(kind) | (block ? 0 : DESC_TABLE);
	return GZ_OK;
}

enum gz_err boot_map(u64 va, struct pa_range range, enum boot_map_kind kind)
{
	u64 pa = range.base.v, end = pa_range_end(range);
	enum gz_err err = GZ_OK;

	while (pa < end && !err) {
		bool block = ((va | pa) & (BLOCK_SIZE - 1)) == 0 && end - pa >= BLOCK_SIZE;
		u64 step = block ? BLOCK_SIZE : PAGE_SIZE;

		err = map_one(va, pa, block, kind);
		va += step;
		pa += step;
	}
	/* The walker sees new entries; nothing invalid is cached. */
	dsb_ishst();
	isb();
	return err;
}

void boot_unmap_window(u64 va)
{
	*entry_of(tables[0], va, 0) = 0;
	dsb_ishst();
	tlbi_alle2is();
	dsb_ish();
	isb();
}

static enum gz_err map_part(const char *start, const char *end, enum boot_map_kind kind)
{
	u64 offset = (u64)(start - _head);
	struct pa_range part = { PA(image_pa + offset), (u64)(end - start) };

	return boot_map(HYP_VA_IMAGE + offset, part, kind);
}

void boot_tables_build(u64 pa, u64 el)
{
	u64 parange = sysreg_read(id_aa64mmfr0_el1) & MMFR0_PARANGE;
	struct pa_range idmap;
	enum gz_err err;

	image_pa = pa;
	tables_used = 1;
	leaf_ap1 = el == 1 ? 0 : DESC_AP1;
	idmap = (struct pa_range){ image_to_pa(__idmap_start), PAGE_SIZE };
	err = map_part(__text_start, __text_end, BOOT_TEXT);
	if (!err)
		err = map_part(__rodata_start, __rodata_end, BOOT_RODATA);
	if (!err)
		err = map_part(__data_start, __image_end, BOOT_DATA);
	if (!err)
		err = boot_map(idmap.base.v, idmap, BOOT_TEXT);
	parange = MIN(parange, PARANGE_48);
	mmu_setup.ttbr = err ? 0 : image_to_pa(tables[0]).v;
	mmu_setup.mair = MAIR_EL2_VALUE;
	mmu_setup.tcr = el == 1 ? (parange << 32 | TCR_EL1_BASE) : (parange << 16 | TCR_EL2_BASE);
	mmu_setup.sctlr = (el == 1 ? SCTLR_EL1_RES1 : SCTLR_EL2_RES1 | SCTLR_WXN) | SCTLR_M | SCTLR_C | SCTLR_I | SCTLR_SA;
}
