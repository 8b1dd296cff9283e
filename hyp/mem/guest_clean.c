/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: without FEAT_S2FWB a guest with its caches off reads past the host's dirty lines: clean them to the point of
 *      coherency (Arm ARM DDI 0487, "Mismatched memory attributes"). With or without: no line of a private page differs from memory.
 * Never: needed for shared memory where stage 2 forces write-back.
 * Used by: share.c, run.
 */
#include "insn/barrier.h"
#include "insn/cache.h"
#include "insn/sysreg.h"
#include "lib/string.h"
#include "mem/guest_mem_int.h"
#include "mm/hyp_map.h"

#include "arch/aarch64/pte.h"

#define FIXMAP_CLEAN	1
#define FIXMAP_SOURCE	2

static inline const u8 *clean_one(const u8 *p, u64 line)
{
	cache_clean_inval_line(p);
	return p + line;
}

static inline const u8 *clean_four(const u8 *p, u64 line)
{
	return clean_one(clean_one(clean_one(clean_one(p, line), line), line), line);
}

/* Eight lines a turn: this loop is most of what a first touch costs. */
static void clean_lines(const u8 *p, u64 bytes, u64 line)
{
	const u8 *end = p + bytes;

	while ((u64)(end - p) >= 8 * line)
		p = clean_four(clean_four(p, line), line);
	while (p < end)
		p = clean_one(p, line);
	dsb_sy();		/* done before the window closes and before the guest may read */
}

void clean_range_to_poc(struct pa_range range)
{
	u64 line = UINT64_C(4) << field_get(CTR_DMINLINE, sysreg_read(ctr_el0));
	u64 step;

	for (u64 at = 0; at < range.size; at += step) {
		pa_t pa = pa_add(range.base, at);

		if (IS_ALIGNED(pa.v, BLOCK_SIZE) && range.size - at >= BLOCK_SIZE) {
			step = BLOCK_SIZE;
			clean_lines(fixmap_map_block(pa), step, line);
			fixmap_unmap_block();
		} else {
			step = PAGE_SIZE;
			clean_lines(fixmap_map(FIXMAP_CLEAN, pa, PG_R), step, line);
			fixmap_unmap(FIXMAP_CLEAN);
		}
	}
}

static void close_clean(void *p)
{
	clean_lines(p, PAGE_SIZE, UINT64_C(4) << field_get(CTR_DMINLINE, sysreg_read(ctr_el0)));
	fixmap_unmap(FIXMAP_CLEAN);
}

void scrub_to_poc(pa_t page)
{
	void *p = fixmap_map(FIXMAP_CLEAN, page, PG_R | PG_W);

	memset(p, 0, PAGE_SIZE);
	close_clean(p);
}

void copy_to_poc(pa_t page, pa_t from)
{
	void *p = fixmap_map(FIXMAP_CLEAN, page, PG_R | PG_W);

	memcpy(p, fixmap_map(FIXMAP_SOURCE, from, PG_R), PAGE_SIZE);
	fixmap_unmap(FIXMAP_SOURCE);
	close_clean(p);
}

static enum gz_err clean_leaf(u64 addr, struct pg_leaf leaf, void *arg)
{
	struct gm_slice *s = arg;
	u64 from = MAX(*s->cursor, addr) - addr;
	u64 bytes = MIN(leaf.size - from, ALIGN_UP(s->budget, GM_PAGE_COST) / GM_PAGE_COST * PAGE_SIZE);

	if (s->budget == 0)
		return GZ_EAGAIN;
	clean_range_to_poc((struct pa_range){ pa_add(leaf.pa, from), bytes });
	slice_done(s, addr + from + bytes, (bytes >> PAGE_SHIFT) * GM_PAGE_COST);
	return from + bytes < leaf.size ? GZ_EAGAIN : GZ_OK;
}

enum gz_err guest_mem_clean_slice(struct guest_mem *gm, u64 *cursor, u32 budget_pages)
{
	u64 at = ALIGN_DOWN(*cursor, PAGE_SIZE);
	struct gm_slice s = { gm, &at, (u64)budget_pages * GM_PAGE_COST };
	enum gz_err err;

	if (pg_features.fwb && !guest_mem_private(gm))
		return GZ_OK;
	err = LOCKED(&gm->lock, gm->dying ? GZ_ESTATE : walk_slice(&s, clean_leaf, NULL));
	*cursor = at;
	return err;
}
