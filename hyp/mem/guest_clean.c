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

void clean_range_to_poc(struct pa_range range)
{
	u64 line = UINT64_C(4) << field_get(CTR_DMINLINE, sysreg_read(ctr_el0));

	for (u64 page = 0; page < range.size; page += PAGE_SIZE) {
		const u8 *p = fixmap_map(FIXMAP_CLEAN, pa_add(range.base, page), PG_R);

		for (u64 i = 0; i < PAGE_SIZE; i += line)
			cache_clean_inval_line(p + i);
		dsb_sy();	/* done before the guest may read the page */
		fixmap_unmap(FIXMAP_CLEAN);
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
