/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: VMSAv8-64 translation tables, 4 KiB granule: walk, map, unmap, split, merge, for stage 2 and EL2 stage 1.
 * Never: decide who may have a page (mem/ does), nor store a live entry other than by pte_replace().
 * Used by: mem/host_s2, mem/guest_s2, mm/hyp_map.
 */
#ifndef MM_PGTABLE_H
#define MM_PGTABLE_H

#include "lib/addr.h"
#include "lib/err.h"
#include "mm/page_pool.h"

enum pg_kind { PG_STAGE2, PG_HYP };

/* Protection and type, one meaning for both kinds. 0 = invalid. */
enum pg_attr {
	PG_R = 1 << 0,
	PG_W = 1 << 1,
	PG_X = 1 << 2,
	PG_DEVICE = 1 << 3,	/* else Normal write-back inner shareable */
	PG_NOCACHE = 1 << 4,	/* Normal non-cacheable (tests) */
};

struct pgtable {
	enum pg_kind kind;
	u8 start_level;		/* 0..3, level numbers of the Arm ARM */
	u8 root_pages;		/* concatenated root tables */
	u8 ipa_bits;
	u16 vmid;		/* stage 2: whose TLB entries */
	bool live;		/* a CPU may be walking it: break-before-make and TLBI needed */
	pa_t root;
	struct pool_quota *quota;
};

struct pg_leaf { u64 pte; u8 level; bool valid; pa_t pa; u32 attr; u64 size; };

/* Chooses start level and concatenation for ipa_bits, allocates the root. */
enum gz_err pgtable_init(struct pgtable *t, enum pg_kind kind, u8 ipa_bits, u16 vmid, struct pool_quota *q) __must_check;
/* Frees every table page. Needs: nothing walks it and its TLB entries are gone. Bounded by what was mapped. */
void pgtable_destroy(struct pgtable *t);
/* One slice of it: frees at most budget table pages; GZ_EAGAIN while more are left. */
enum gz_err pgtable_destroy_slice(struct pgtable *t, u32 budget) __must_check;

/* What translates va/ipa now. Never fails; valid = false for none. */
struct pg_leaf pgtable_walk(const struct pgtable *t, u64 addr);

/*
 * Maps [addr, addr + size) to pa on, largest blocks allowed by alignment (max_level_block: 1 = 1 GiB, 2 = 2 MiB,
 * 3 = pages only). Fails GZ_EEXIST before changing anything if a different valid mapping is inside, GZ_ENOMEM with
 * nothing changed when tables are short. The same mapping again is success.
 * Caller holds the lock of the table's owner.
 */
enum gz_err pgtable_map(struct pgtable *t, u64 addr, pa_t pa, u64 size, u32 attr, u8 max_level_block) __must_check;
/* Reserve step of map: builds the tables a later pgtable_map of the range needs, so that map cannot fail. */
enum gz_err pgtable_reserve(struct pgtable *t, u64 addr, u64 size, u8 max_level_block) __must_check;
/* Reserve step of unmap: splits blocks that straddle the ends of the range. */
enum gz_err pgtable_split(struct pgtable *t, u64 addr, u64 size) __must_check;
/* Unmaps; straddling blocks are split first (GZ_ENOMEM with nothing changed). Invalid entries are skipped. TLBI done on return. */
enum gz_err pgtable_unmap(struct pgtable *t, u64 addr, u64 size) __must_check;
/* Turns a whole, contiguous, equal table of 512 pages at addr back into a block and frees the table; false if it is not. */
bool pgtable_collapse(struct pgtable *t, u64 addr);
/* Calls fn for each valid leaf in the range, stops and returns its first non-GZ_OK. */
enum gz_err pgtable_for_each(const struct pgtable *t, u64 addr, u64 size,
			     enum gz_err (*fn)(u64 addr, struct pg_leaf leaf, void *arg), void *arg);

/* VTCR_EL2 and VTTBR_EL2 / TTBR0_EL2 values for it. */
u64 pgtable_vtcr(const struct pgtable *t);
u64 pgtable_ttbr(const struct pgtable *t);

#endif
