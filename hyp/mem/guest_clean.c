/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: without FEAT_S2FWB a guest with its caches off reads past the host's dirty lines: clean them to the point of
 *      coherency (Arm ARM DDI 0487, "Mismatched memory attributes").
 * Never: needed where stage 2 forces write-back.
 * Used by: share.c, run.
 */
#include "insn/barrier.h"
#include "insn/cache.h"
#include "insn/sysreg.h"
#include "mem/guest_mem_int.h"
#include "mm/hyp_map.h"

#include "arch/aarch64/pte.h"

#define FIXMAP_CLEAN	1

static void clean_lines(const u8 *p, u64 bytes, u64 line)
{
	for (u64 i = 0; i < bytes; i += line)
		cache_clean_inval_line(p + i);
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

struct clean { u64 cursor; u64 budget; };

static enum gz_err clean_leaf(u64 addr, struct pg_leaf leaf, void *arg)
{
	struct clean *c = arg;
	u64 from = c->cursor > addr ? c->cursor - addr : 0;
	u64 bytes = MIN(leaf.size - from, c->budget * PAGE_SIZE);

	if (c->budget == 0)
		return GZ_EAGAIN;
	clean_range_to_poc((struct pa_range){ pa_add(leaf.pa, from), bytes });
	c->cursor = addr + from + bytes;
	c->budget -= bytes >> PAGE_SHIFT;
	return from + bytes < leaf.size ? GZ_EAGAIN : GZ_OK;
}

enum gz_err guest_mem_clean_slice(struct guest_mem *gm, u64 *cursor, u32 budget_pages)
{
	struct clean c = { ALIGN_DOWN(*cursor, PAGE_SIZE), budget_pages };
	u64 end = BIT(gm->s2.ipa_bits);
	enum gz_err err = GZ_OK;

	if (pg_features.fwb || c.cursor >= end)
		return GZ_OK;
	spin_lock(&gm->lock);
	if (gm->dying)
		err = GZ_ESTATE;
	else
		err = pgtable_for_each(&gm->s2, c.cursor, end - c.cursor, clean_leaf, &c);
	spin_unlock(&gm->lock);
	*cursor = err ? c.cursor : end;
	return err;
}
