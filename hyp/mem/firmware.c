/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: give a protected VM its firmware page by page, at the moment a page becomes the guest's alone.
 * Never: fill a page the host can still write, or one the guest has had before.
 * Used by: boot, hvc, run, protect.c, share.c. docs/memory-ownership.md "Firmware".
 */
#include "mem/firmware.h"

#include "lib/log.h"
#include "mem/guest_mem_int.h"

#define FILL_COST	(8 * GM_PAGE_COST)

static struct pa_range held;

void firmware_hold(struct pa_range range)
{
	held = range;
}

u64 firmware_size(void)
{
	return held.size;
}

enum gz_err guest_mem_set_firmware(struct guest_mem *gm, ipa_t ipa)
{
	u64 end = BIT(gm->s2.ipa_bits);
	enum gz_err err;

	if (!held.size)
		return GZ_ENOTSUP;
	if (!IS_ALIGNED(ipa.v, PAGE_SIZE) || held.size > end || ipa.v > end - held.size)
		return GZ_EINVAL;
	spin_lock(&gm->lock);
	err = protect_locked(gm);
	if (!err) {
		gm->firmware = true;
		gm->firmware_ipa = ipa;
	}
	spin_unlock(&gm->lock);
	return err;
}

/* The slot that firmware is all of; NULL: it has none, or its slots do not suit. */
static const struct mem_slot *firmware_slot(struct guest_mem *gm) NEEDS(gm->lock)
{
	const struct mem_slot *slot = gm->firmware ? slot_holding(gm, gm->firmware_ipa, held.size) : NULL;

	return slot && slot->flags & GZ_MEM_PROTECT_FW ? slot : NULL;
}

bool firmware_fits(struct guest_mem *gm)
{
	if (!gm->firmware || firmware_slot(gm))
		return true;
	log_info("vm %u: no slot flagged PROTECT_FW holds 0x%lx bytes of firmware at 0x%lx: make one, or set another address",
		 gm->vmid, held.size, gm->firmware_ipa.v);
	return false;
}

static void fill_page(struct guest_mem *gm, ipa_t ipa, pa_t page, bool wipe) NEEDS(gm->lock)
{
	u64 at = ipa.v - gm->firmware_ipa.v;	/* huge below it */

	if (wipe || at >= held.size)
		scrub_to_poc(page);
	else
		copy_to_poc(page, pa_add(held.base, at));
}

bool firmware_fill(struct guest_mem *gm, ipa_t ipa, struct pa_range pa, bool wipe)
{
	const struct mem_slot *slot = firmware_slot(gm);

	if (!slot || slot != slot_holding(gm, ipa, pa.size))
		return false;
	for (u64 at = 0; at < pa.size; at += PAGE_SIZE)
		if (own_state_of(pa_add(pa.base, at)) == OWN_HOST)
			fill_page(gm, ipa_add(ipa, at), pa_add(pa.base, at), wipe);
	return true;
}

enum gz_err firmware_seal_slice(struct guest_mem *gm, u32 budget_pages)
{
	u64 budget = (u64)budget_pages * GM_PAGE_COST, *at = &gm->firmware_filled;
	const struct mem_slot *slot = firmware_slot(gm);

	while (slot && *at < slot->pages * PAGE_SIZE) {
		ipa_t ipa = ipa_add(slot->base, *at);
		struct pg_leaf leaf = pgtable_walk(&gm->s2, ipa.v);

		if (budget == 0)
			return GZ_EAGAIN;
		if (leaf.valid)
			fill_page(gm, ipa, pa_add(leaf.pa, ipa.v % leaf.size), false);
		*at += leaf.valid ? PAGE_SIZE : leaf.size - ipa.v % leaf.size;
		budget -= MIN(budget, leaf.valid ? FILL_COST : GM_PAGE_COST);
	}
	return GZ_OK;
}
