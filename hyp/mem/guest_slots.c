/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: which guest addresses are RAM: slots, their purpose, registration versus population.
 * Never: look at the pages a caller offers (share.c).
 * Used by: hvc, run.
 */
#include "mem/guest_mem_int.h"

static bool geometry_ok(const struct guest_mem *gm, ipa_t base, u64 bytes)
{
	return bytes != 0 && IS_ALIGNED(base.v | bytes, PAGE_SIZE) && base.v < BIT(gm->s2.ipa_bits) &&
	       bytes <= BIT(gm->s2.ipa_bits) - base.v;
}

static u64 slot_bytes(const struct mem_slot *s)
{
	return s->pages * PAGE_SIZE;
}

static bool overlaps(const struct mem_slot *s, ipa_t base, u64 bytes)
{
	return s->used && base.v < s->base.v + slot_bytes(s) && s->base.v < base.v + bytes;
}

static bool holds(const struct mem_slot *s, ipa_t base, u64 bytes)
{
	return s->used && base.v >= s->base.v && bytes <= slot_bytes(s) &&
	       base.v - s->base.v <= slot_bytes(s) - bytes;
}

struct mem_slot *slot_holding(struct guest_mem *gm, ipa_t base, u64 bytes)
{
	for (u32 i = 0; i < gm->slot_limit; i++)
		if (holds(&gm->slots[i], base, bytes))
			return &gm->slots[i];
	return NULL;
}

/* The slot of this id, else a free one, else NULL. */
static struct mem_slot *slot_for(struct guest_mem *gm, u32 id)
{
	struct mem_slot *unused = NULL;

	for (u32 i = GZ_MAX_SLOTS; i-- > 0;) {
		if (gm->slots[i].used && gm->slots[i].id == id)
			return &gm->slots[i];
		if (!gm->slots[i].used)
			unused = &gm->slots[i];
	}
	return unused;
}

enum gz_err guest_mem_purpose(struct guest_mem *gm, ipa_t base, u64 bytes, u32 flags)
{
	enum gz_err err = GZ_ESTATE;

	if (!geometry_ok(gm, base, bytes) || (flags & (flags - 1)) != 0 ||
	    (flags & ~(u32)(GZ_MEM_GUEST | GZ_MEM_PROTECT_FW | GZ_MEM_STATIC_SWIOTLB)) != 0)
		return GZ_EINVAL;
	spin_lock(&gm->lock);
	if (!gm->dying && !guest_mem_private(gm)) {
		gm->pending_purpose = flags;
		gm->pending_ipa = base;
		gm->pending_bytes = bytes;
		err = GZ_OK;
	}
	spin_unlock(&gm->lock);
	return err;
}

static u32 claim_purpose(struct guest_mem *gm, ipa_t base, u64 bytes)
{
	if (gm->pending_bytes != bytes || gm->pending_ipa.v != base.v)
		return 0;
	gm->pending_bytes = 0;
	return gm->pending_purpose;
}

static enum gz_err register_locked(struct guest_mem *gm, u32 id, ipa_t base, u64 pages, bool *populate)
	NEEDS(gm->lock)
{
	struct mem_slot *s = slot_for(gm, id);
	u64 bytes = pages * PAGE_SIZE;

	if (gm->dying)
		return GZ_ESTATE;
	if (s && s->used && holds(s, base, bytes)) {
		*populate = true;
		return GZ_OK;
	}
	if (guest_mem_private(gm))	/* else memory the guest takes for private could come from a shared slot */
		return GZ_ESTATE;
	for (u32 i = 0; i < gm->slot_limit; i++)
		if (&gm->slots[i] != s && overlaps(&gm->slots[i], base, bytes))
			return GZ_EEXIST;
	if (!s)
		return GZ_ENOMEM;
	if (s->used && s->populated)
		return GZ_EEXIST;
	*s = (struct mem_slot){ .id = id, .used = true, .base = base, .pages = pages,
				.flags = claim_purpose(gm, base, bytes) };
	gm->slot_limit = MAX(gm->slot_limit, (u32)(s - gm->slots) + 1);
	return GZ_OK;
}

enum gz_err guest_mem_register(struct guest_mem *gm, u32 slot, ipa_t base, u64 pages, bool *populate)
{
	*populate = false;
	if (pages > BIT(GUEST_IPA_BITS - PAGE_SHIFT) || !geometry_ok(gm, base, pages * PAGE_SIZE))
		return GZ_EINVAL;
	return LOCKED(&gm->lock, register_locked(gm, slot, base, pages, populate));
}

bool guest_mem_slot_of(struct guest_mem *gm, ipa_t ipa, struct mem_slot *out)
{
	const struct mem_slot *s;

	spin_lock(&gm->lock);
	s = slot_holding(gm, ipa_page(ipa), PAGE_SIZE);
	if (s)
		*out = *s;
	spin_unlock(&gm->lock);
	return s != NULL;
}

bool guest_mem_has_swiotlb(struct guest_mem *gm)
{
	bool has = false;

	spin_lock(&gm->lock);
	for (u32 i = 0; i < gm->slot_limit; i++)
		has |= gm->slots[i].used && (gm->slots[i].flags & GZ_MEM_STATIC_SWIOTLB);
	spin_unlock(&gm->lock);
	return has;
}

bool guest_mem_overlaps_slot(struct guest_mem *gm, ipa_t base, u64 bytes)
{
	bool hit = false;

	/* A range that wraps is nobody's: treated as touching RAM. */
	if (base.v + bytes < base.v)
		return true;
	spin_lock(&gm->lock);
	for (u32 i = 0; i < gm->slot_limit; i++)
		hit |= overlaps(&gm->slots[i], base, bytes);
	spin_unlock(&gm->lock);
	return hit;
}

/* Stops at the first mapped page and tells where it is. */
static enum gz_err first_leaf(u64 addr, struct pg_leaf leaf, void *arg)
{
	(void)leaf;
	*(u64 *)arg = addr;
	return GZ_EAGAIN;
}

static enum gz_err remove_locked(struct guest_mem *gm, struct mem_slot *s) NEEDS(gm->lock)
{
	u64 end = s->base.v + slot_bytes(s), addr = end, chunk_end;
	enum gz_err err;

	if (pgtable_for_each(&gm->s2, s->base.v, slot_bytes(s), first_leaf, &addr) == GZ_EAGAIN) {
		chunk_end = MIN(ALIGN_DOWN(addr, BLOCK_SIZE) + BLOCK_SIZE, end);
		err = unmap_locked(gm, IPA(addr), (chunk_end - addr) >> PAGE_SHIFT, MOVE_HOST_UNSHARE_GUEST);
		return err ? err : GZ_EAGAIN;
	}
	s->used = false;
	return GZ_OK;
}

enum gz_err guest_mem_remove_slot_slice(struct guest_mem *gm, u32 slot)
{
	enum gz_err err = GZ_ENOENT;
	struct mem_slot *s;

	spin_lock(&gm->lock);
	s = slot_for(gm, slot);
	if (gm->dying || guest_mem_private(gm))
		err = GZ_ESTATE;
	else if (s && s->used)
		err = remove_locked(gm, s);
	spin_unlock(&gm->lock);
	return err;
}
