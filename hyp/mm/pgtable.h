/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: VMSAv8-64 translation tables, 4 KiB granule: walk, map, unmap, split, merge, for stage 2 and EL2 stage 1.
 * Never: decide who may have a page (mem/ does), nor store an entry other than by mm/pte_replace.c.
 * Used by: mem/host_s2, mem/guest_mem, mm/hyp_map.
 */
#ifndef MM_PGTABLE_H
#define MM_PGTABLE_H

#include "lib/addr.h"
#include "lib/err.h"
#include "mm/page_pool.h"

/* What the CPUs have, from the ID registers of the boot CPU. HCR_EL2.FWB must be set exactly when fwb is. */
struct pg_features { u8 pa_bits; bool fwb; };
extern struct pg_features pg_features;
void pg_features_init(void);

#define LEVEL_1G	1
#define LEVEL_2M	2
#define LEVEL_PAGES	3

enum pg_kind { PG_STAGE2, PG_HYP };

/* Protection and type, one meaning for both kinds. 0 = invalid. */
enum pg_attr {
	PG_R = 1 << 0,
	PG_W = 1 << 1,
	PG_X = 1 << 2,
	PG_DEVICE = 1 << 3,	/* EL2's own; else Normal write-back inner shareable */
	PG_STAGE1 = 1 << 4,	/* stage 2 with FWB: stage 1 decides the type (host); else forced write-back */
};

struct pgtable {
	enum pg_kind kind;
	u8 start_level;		/* 0..3, level numbers of the Arm ARM */
	u8 root_pages;		/* concatenated root tables */
	u8 ipa_bits;
	u16 vmid;		/* stage 2: whose TLB entries */
	bool live;		/* a CPU may be walking it: break-before-make and TLBI needed */
	bool keep_tables;	/* unmap leaves empty tables: mapping the same again cannot fail */
	bool flush_later;	/* with keep_tables: unmap leaves its TLBI to a pgtable_flush_all() under the same lock */
	pa_t root;
	struct pool_quota *quota;
};

struct pg_leaf { u64 pte; u8 level; bool valid; pa_t pa; u64 size; };

/* One map, looked at before it is done. */
struct pg_plan {
	u64 addr, size;
	pa_t pa;
	u32 attr;
	u8 max_block;		/* level of the largest block: LEVEL_1G, LEVEL_2M, LEVEL_PAGES */
	u32 tables;		/* out: table pages it needs */
	u64 same_pages;		/* out: pages of it that are mapped exactly so already */
};

/* Chooses start level and concatenation for ipa_bits (at most pg_features.pa_bits in stage 2), allocates the root. Not live yet. */
enum gz_err pgtable_init(struct pgtable *t, enum pg_kind kind, u8 ipa_bits, u16 vmid, struct pool_quota *q) __must_check;
/*
 * One slice of its end: frees at most budget table pages, the root last; GZ_EAGAIN while more are left. Needs: nothing walks it
 * and its TLB entries are gone.
 */
enum gz_err pgtable_destroy_slice(struct pgtable *t, u32 budget) __must_check;

/* What translates va/ipa now. Never fails; valid = false for none. */
struct pg_leaf pgtable_walk(const struct pgtable *t, u64 addr);
/* Stage 2: it is valid and gives all of these PG_R, PG_W and PG_X. */
bool leaf_allows(struct pg_leaf leaf, u32 attr);

/* Page aligned, not empty, inside the input size. */
bool pgtable_covers(const struct pgtable *t, u64 addr, u64 size);
/* Fills the out fields. GZ_EEXIST: a different valid mapping is inside; GZ_ERANGE: beyond ipa_bits or unaligned. Changes nothing. */
enum gz_err pgtable_plan(const struct pgtable *t, struct pg_plan *p) __must_check;
/* Does what pgtable_plan() just accepted (same lock held since). GZ_ENOMEM with nothing changed when tables are short. */
enum gz_err pgtable_apply(struct pgtable *t, const struct pg_plan *p) __must_check;
/*
 * Both: maps [addr, addr + size) to pa on, largest blocks allowed by alignment and max_block. The same mapping again is
 * success; a table that the range covers and makes whole becomes a block. Caller holds the lock of the table's owner.
 */
enum gz_err pgtable_map(struct pgtable *t, u64 addr, pa_t pa, u64 size, u32 attr, u8 max_block) __must_check;
/* Reserve step of unmap: splits blocks that straddle the ends of the range, so that unmap of it cannot fail. */
enum gz_err pgtable_split(struct pgtable *t, u64 addr, u64 size) __must_check;
/* Unmaps; straddling blocks are split first (GZ_ENOMEM with nothing changed). Invalid entries are skipped. TLBI done on return, but for flush_later. */
enum gz_err pgtable_unmap(struct pgtable *t, u64 addr, u64 size) __must_check;
/* Turns a whole, contiguous, equal table of 512 pages at addr back into a block and frees the table; false if it is not. */
bool pgtable_collapse(struct pgtable *t, u64 addr);
/* Calls fn for each valid leaf in the range, stops and returns its first non-GZ_OK. */
typedef enum gz_err (*pg_leaf_fn)(u64 addr, struct pg_leaf leaf, void *arg);
enum gz_err pgtable_for_each(const struct pgtable *t, u64 addr, u64 size, pg_leaf_fn fn, void *arg);
/*
 * What backs [*addr, end), a part of one leaf or of one table of pages: up to max ranges, each as long as the pages that follow
 * each other. How many; *addr moves on to what is left.
 */
u32 pgtable_runs(const struct pgtable *t, u64 *addr, u64 end, struct pa_range *run, u32 max);
/* Drops every TLB entry the table may have (stage 2: its VMID; EL2: all). */
void pgtable_flush_all(const struct pgtable *t);

/* VTCR_EL2 and VTTBR_EL2 / TTBR0_EL2 values for it. */
u64 pgtable_vtcr(const struct pgtable *t);
u64 pgtable_ttbr(const struct pgtable *t);

#endif
