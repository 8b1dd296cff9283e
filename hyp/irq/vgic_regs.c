// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: one dispatcher for all memory-mapped registers of the virtual GIC, driven by tables of regions.
 * Never: fail on what a guest does: unknown offset, wrong size or misaligned reads zero and ignores writes.
 * Called by: run/ for a guest's data aborts in the frames.
 */
#include "irq/vgic_int.h"

#define DIST_SIZE	UINT64_C(0x10000)
#define REDIST_SIZE	UINT64_C(0x20000)

u64 vgic_part_get(const struct vgic_access *a, u64 reg)
{
	return a->size == 8 ? reg : (u32)(reg >> ((a->offset & 4) * 8));
}

u64 vgic_part_put(const struct vgic_access *a, u64 reg, u64 value)
{
	u32 shift = (a->offset & 4) * 8;

	if (a->size == 8)
		return value;
	return (reg & ~(MASK(31, 0) << shift)) | (u64)(u32)value << shift;
}

static const struct vgic_region *region_find(const struct vgic_region *table, u32 count, u32 offset, u32 size)
{
	for (u32 i = 0; i < count; i++) {
		const struct vgic_region *r = &table[i];

		if (offset < r->first || offset - r->first >= r->bytes)
			continue;
		return (r->sizes & size) && IS_ALIGNED(offset, size) ? r : NULL;
	}
	return NULL;
}

/* The frame and offset an address falls in; false: not ours. a->c stays NULL for the distributor. */
static bool access_locate(struct vgic_access *a, ipa_t ipa, const struct vgic_region **r)
{
	struct vgic *g = a->g;
	u64 offset;

	*r = NULL;
	if (a->size != 1 && a->size != 2 && a->size != 4 && a->size != 8)
		return false;
	if (g->dist_set && ipa.v >= g->dist_base.v && ipa.v - g->dist_base.v < DIST_SIZE) {
		offset = ipa.v - g->dist_base.v;
		*r = region_find(vgic_dist_regions, vgic_dist_region_count, (u32)offset, a->size);
	} else if (g->redist_set && ipa.v >= g->redist_base.v &&
		   ipa.v - g->redist_base.v < g->cpu_count * REDIST_SIZE) {
		offset = ipa.v - g->redist_base.v;
		a->c = g->cpu[offset / REDIST_SIZE];
		offset %= REDIST_SIZE;
		if (a->c)
			*r = region_find(vgic_redist_regions, vgic_redist_region_count, (u32)offset, a->size);
	} else {
		return false;
	}
	if (*r)
		a->offset = (u32)offset - (*r)->first;
	return true;
}

/*
 * Interrupts the access covers. Private ones are reached through redistributors only: with affinity routing, GICD
 * registers of INTIDs 0-31 read zero.
 */
static struct vgic_irq *access_irq(const struct vgic_access *a, u32 intid)
{
	if (a->c ? intid >= VGIC_NR_PRIVATE : intid < VGIC_NR_PRIVATE)
		return NULL;
	return vgic_irq_get(a->g, a->c, intid);
}

static u64 bits_read(const struct vgic_access *a, const struct vgic_region *r)
{
	u32 first = a->offset * 8 / r->bits, count = a->size * 8 / r->bits;
	u64 value = 0;

	for (u32 i = 0; r->get && i < count; i++) {
		const struct vgic_irq *irq = access_irq(a, first + i);

		if (irq)
			value |= (u64)r->get(irq) << (i * r->bits);
	}
	return value;
}

static void bits_write(struct vgic_access *a, const struct vgic_region *r, u64 value)
{
	u32 first = a->offset * 8 / r->bits, count = a->size * 8 / r->bits;

	for (u32 i = 0; r->set && i < count; i++) {
		struct vgic_irq *irq = access_irq(a, first + i);

		if (irq)
			r->set(a, irq, first + i, (u32)(value >> (i * r->bits)) & ((1u << r->bits) - 1));
	}
}

/*
 * The caller's own list registers are folded first, so it always sees the truth about itself. What sits in those of
 * another running vCPU is seen as last folded: nothing here waits for another CPU.
 */
static struct vgic_cpu *access_begin(struct vgic *g, u8 cpu, u32 *wake) NEEDS(g->lock)
{
	struct vgic_cpu *self = cpu < GZ_MAX_VCPUS ? g->cpu[cpu] : NULL;

	if (!self || !self->loaded)
		return NULL;
	*wake |= vgic_fold_locked(g, self);
	return self;
}

static void access_end(struct vgic *g, struct vgic_cpu *self, u32 *wake) NEEDS(g->lock)
{
	if (!self)
		return;
	vgic_flush_locked(g, self);
	*wake &= ~(u32)BIT(self->index);
}

bool vgic_mmio_read(struct vgic *g, u8 cpu, ipa_t ipa, u32 size, u64 *value)
{
	struct vgic_access a = { .g = g, .size = size };
	const struct vgic_region *r;
	struct vgic_cpu *self;
	bool ours;

	*value = 0;
	spin_lock(&g->lock);
	ours = access_locate(&a, ipa, &r);
	if (ours && r && r->bits) {
		self = access_begin(g, cpu, &a.wake);
		*value = bits_read(&a, r);
		access_end(g, self, &a.wake);
		if (self)
			self->owed_wake |= a.wake;
	} else if (ours && r && r->read) {
		*value = r->read(&a);
	}
	spin_unlock(&g->lock);
	return ours;
}

bool vgic_mmio_write(struct vgic *g, u8 cpu, ipa_t ipa, u32 size, u64 value, u32 *wake)
{
	struct vgic_access a = { .g = g, .size = size };
	const struct vgic_region *r;
	struct vgic_cpu *self;
	bool ours;

	spin_lock(&g->lock);
	ours = access_locate(&a, ipa, &r);
	if (!ours || !r || !(r->bits || r->write))
		goto out;
	self = access_begin(g, cpu, &a.wake);
	if (r->bits)
		bits_write(&a, r, value);
	else
		r->write(&a, value);
	access_end(g, self, &a.wake);
out:
	*wake |= a.wake;
	spin_unlock(&g->lock);
	return ours;
}
