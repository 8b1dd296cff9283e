// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: one dispatcher for all memory-mapped registers of the virtual GIC, frame by frame.
 * Never: fail on what a guest does: unknown offset, wrong size or misaligned reads zero and ignores writes.
 * Called by: run/ for a guest's data aborts in the frames.
 */
#include "irq/vgic_int.h"

#define FRAME_SIZE	(VGIC_REDIST_SIZE / 2)

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

enum place { NOT_OURS, NOTHING, DIST, REDIST, BITS };

static enum place frame_place(struct vgic_access *a, u64 offset, enum place frame)
{
	a->offset = (u32)offset;
	if (!IS_ALIGNED(offset, a->size))
		return NOTHING;
	if (offset >= VGIC_BITS_START && offset < VGIC_BITS_END && frame != REDIST)
		return BITS;
	return frame != BITS && a->size >= 4 ? frame : NOTHING;
}

/* Where an address falls and its offset there. The layout never changes while vCPUs run. */
static enum place access_locate(struct vgic_access *a, ipa_t ipa) NEEDS(a->g->lock)
{
	struct vgic *g = a->g;
	u64 offset = ipa.v - g->dist_base.v;

	if (a->size - 1 > 7 || (a->size & (a->size - 1)))
		return NOT_OURS;
	if (g->dist_set && offset < VGIC_DIST_SIZE)
		return frame_place(a, offset, DIST);
	offset = ipa.v - g->redist_base.v;
	if (!g->redist_set || offset >= g->cpu_count * VGIC_REDIST_SIZE)
		return NOT_OURS;
	a->c = g->cpu[offset / VGIC_REDIST_SIZE];
	if (!a->c)
		return NOTHING;
	return frame_place(a, offset % FRAME_SIZE, offset & FRAME_SIZE ? BITS : REDIST);
}

/*
 * The caller's own list registers are folded first, so it always sees the truth about itself; most often there is nothing in
 * them. What sits in those of another running vCPU is seen as last folded: nothing here waits for another CPU.
 */
static struct vgic_cpu *access_begin(struct vgic_access *a, u8 cpu) NEEDS(a->g->lock)
{
	struct vgic_cpu *self = cpu < GZ_MAX_VCPUS ? a->g->cpu[cpu] : NULL;

	if (!self || !self->loaded)
		return NULL;
	if (self->used_lrs || self->active_overflow) {
		a->wake |= vgic_fold_locked(a->g, self);
		self->due_flag = 1;
	}
	return self;
}

static void access_end(struct vgic_access *a, struct vgic_cpu *self) NEEDS(a->g->lock)
{
	if (!self)
		return;
	if (self->due_flag)
		vgic_flush_locked(a->g, self);
	a->wake &= ~(u32)BIT(self->index);
}

static u64 bits_read(struct vgic_access *a, u8 cpu) NEEDS(a->g->lock)
{
	struct vgic_cpu *self = access_begin(a, cpu);
	u64 value = vgic_bits_read(a);

	access_end(a, self);
	if (self)
		self->owed_wake |= a->wake;
	return value;
}

bool vgic_mmio_read(struct vgic *g, u8 cpu, ipa_t ipa, u32 size, u64 *value)
{
	struct vgic_access a = { .g = g, .size = size };
	enum place place;

	*value = 0;
	spin_lock(&a.g->lock);
	place = access_locate(&a, ipa);
	if (place == BITS)
		*value = bits_read(&a, cpu);
	else if (place == DIST)
		*value = vgic_dist_read(&a);
	else if (place == REDIST)
		*value = vgic_redist_read(&a);
	spin_unlock(&a.g->lock);
	return place != NOT_OURS;
}

bool vgic_mmio_write(struct vgic *g, u8 cpu, ipa_t ipa, u32 size, u64 value, u32 *wake)
{
	struct vgic_access a = { .g = g, .size = size };
	struct vgic_cpu *self;
	enum place place;

	spin_lock(&a.g->lock);
	place = access_locate(&a, ipa);
	self = place > NOTHING ? access_begin(&a, cpu) : NULL;
	if (place == BITS)
		vgic_bits_write(&a, value);
	else if (place == DIST)
		vgic_dist_write(&a, value);
	else if (place == REDIST)
		vgic_redist_write(&a, value);
	access_end(&a, self);
	*wake |= a.wake;
	spin_unlock(&a.g->lock);
	return place != NOT_OURS;
}
