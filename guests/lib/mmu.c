// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: an identity map of the first 64 GiB in 2 MiB blocks for the gigabytes that need it, 1 GiB blocks elsewhere.
 * Never: a second address for anything.
 * Used by: cpu.c; tests change single blocks by mmu_set_block().
 */
#include "lib/lib.h"

#define GIB		(1ull << 30)
#define L2_TABLES	4

static u64 l1[512] __attribute__((aligned(4096)));
static u64 l2[L2_TABLES][512] __attribute__((aligned(4096)));
static u64 l2_of[L2_TABLES];		/* gigabyte + 1; 0 = free */
static bool built;

static u64 descriptor(u64 pa, enum map_kind kind)
{
	static const u64 bits[] = {
		[MAP_NONE] = 0,
		[MAP_NORMAL] = 0x701,			/* AF, inner shareable, AttrIndx 0 */
		[MAP_DEVICE] = 0x605 | 1ull << 54 | 1ull << 53,	/* AttrIndx 1, execute never */
		[MAP_NOCACHE] = 0x709,			/* AttrIndx 2 */
		[MAP_USER] = 0x741,			/* as normal, EL0 may read and write */
		[MAP_USER_DEVICE] = 0x645 | 1ull << 54 | 1ull << 53,
	};

	return kind == MAP_NONE ? 0 : pa | bits[kind];
}

static void build(void)
{
	u64 normal_from = (u64)_image_start & ~(GIB - 1);

	for (u64 g = 0; g < 64; g++)
		l1[g] = descriptor(g * GIB, g * GIB < normal_from ? MAP_DEVICE : MAP_NORMAL);
	built = true;
}

void mmu_on(void)
{
	if (!built)
		build();
	sysreg_write(mair_el1, 0x4400ff);	/* 0 write-back, 1 device nGnRnE, 2 non-cacheable */
	sysreg_write(tcr_el1, 25 | 1ull << 8 | 1ull << 10 | 3ull << 12 | 1ull << 23 | 2ull << 32);
	sysreg_write(ttbr0_el1, (u64)l1);
	isb();
	__asm__ volatile("tlbi vmalle1\n\tdsb nsh\n\tisb" : : : "memory");
	sysreg_write(sctlr_el1, 0x30d00800 | BIT(0) | BIT(2) | BIT(12));
	isb();
}

void mmu_off(void)
{
	sysreg_write(sctlr_el1, 0x30d00800);
	isb();
}

static u64 *table_of(u64 gig)
{
	for (u32 i = 0; i < L2_TABLES; i++) {
		if (l2_of[i] == gig + 1)
			return l2[i];
		if (l2_of[i])
			continue;
		for (u64 n = 0; n < 512; n++)
			l2[i][n] = l1[gig] ? l1[gig] + (n << 21) : 0;
		l2_of[i] = gig + 1;
		dsb_sy();
		l1[gig] = (u64)l2[i] | 3;
		return l2[i];
	}
	return NULL;
}

void mmu_set_block(u64 va, enum map_kind kind)
{
	u64 *t = table_of(va >> 30);

	if (!t)
		return;
	t[va >> 21 & 511] = descriptor(va & ~((1ull << 21) - 1), kind);
	__asm__ volatile("dsb ish\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" : : : "memory");
}
