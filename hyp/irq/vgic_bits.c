// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: registers that hold the same few bits of many interrupts; the same for distributor and redistributor.
 * Never: a list register: what sits in one is noted in the interrupt and applied by its vCPU's next fold.
 * Called by: vgic_regs.c. IHI 0069, "GICD register descriptions".
 */
#include "irq/vgic_int.h"

#define CONFIG_EDGE	2	/* GICD_ICFGR, upper bit of each field */

enum field { GROUP, ENABLE, PENDING, ACTIVE, PRIORITY, CONFIG };
enum how { STORE, SET, CLEAR };	/* what writing does: the field's value, or ones only */

/* One row per 128 bytes: both frames have these registers at the same offsets. Not listed: read zero, ignore writes. */
static const struct family { u16 first; u8 bits, sizes, field, how; } families[] = {
	[0x080 / 128] = { 0x080, 1, 4, GROUP, STORE },
	[0x100 / 128] = { 0x100, 1, 4, ENABLE, SET },
	[0x180 / 128] = { 0x180, 1, 4, ENABLE, CLEAR },
	[0x200 / 128] = { 0x200, 1, 4, PENDING, SET },
	[0x280 / 128] = { 0x280, 1, 4, PENDING, CLEAR },
	[0x300 / 128] = { 0x300, 1, 4, ACTIVE, SET },
	[0x380 / 128] = { 0x380, 1, 4, ACTIVE, CLEAR },
	[0x400 / 128 ... 0x580 / 128] = { 0x400, 8, 1 | 4, PRIORITY, STORE },
	[0xc00 / 128] = { 0xc00, 2, 4, CONFIG, STORE },
};

/* The interrupts one access covers: count of them in a row, the first has this INTID. */
struct span {
	const struct family *f;
	struct vgic_irq *irq;
	u32 intid, count;
};

/*
 * False: no such register, size or interrupt. Private ones are reached through redistributors only: with affinity
 * routing, GICD registers of INTIDs 0-31 read zero. An access never straddles a multiple of 32.
 */
static bool span_find(const struct vgic_access *a, struct span *s)
{
	u32 row = a->offset / 128;

	if (row >= ARRAY_SIZE(families) || !(families[row].sizes & a->size))
		return false;
	s->f = &families[row];
	s->intid = (a->offset - s->f->first) * 8 / s->f->bits;
	s->count = a->size * 8 / s->f->bits;
	if (a->c ? s->intid >= VGIC_NR_PRIVATE : s->intid < VGIC_NR_PRIVATE)
		return false;
	s->irq = vgic_irq_get(a->g, a->c, s->intid);
	return s->irq != NULL;
}

static u32 active_get(const struct vgic_irq *irq)
{
	if (irq->in_lr && irq->active_req != VGIC_REQ_NONE)
		return irq->active_req == VGIC_REQ_SET;
	return irq->active;
}

static u32 field_of(const struct vgic_irq *irq, u32 field)
{
	switch (field) {
	case GROUP:
		return irq->group1;
	case ENABLE:
		return irq->enabled;
	case PENDING:
		return vgic_irq_pending(irq) || (irq->in_lr && irq->lr_latch && !irq->retract);
	case ACTIVE:
		return active_get(irq);
	case PRIORITY:
		return irq->priority;
	default:
		return irq->edge ? CONFIG_EDGE : 0;
	}
}

static bool pending_put(struct vgic_irq *irq, bool on)
{
	irq->pending = on;
	if (on)
		return true;
	irq->retract = irq->in_lr;
	return irq->in_lr;
}

static bool active_put(struct vgic_irq *irq, bool on)
{
	if (irq->in_lr) {
		irq->active_req = on ? VGIC_REQ_SET : VGIC_REQ_CLEAR;
		return true;
	}
	if (irq->active == on)
		return false;
	if (on)
		irq->lr_cpu = irq->target == VGIC_NO_TARGET ? 0 : irq->target;
	irq->active_priority = irq->priority;
	irq->active = on;
	return true;
}

/* True when its vCPU has something to look at. */
static bool field_put(struct vgic_irq *irq, u32 field, u32 value)
{
	switch (field) {
	case GROUP:
		irq->group1 = value;
		return true;
	case ENABLE:
		if (irq->enabled == value)
			return false;
		irq->enabled = value;
		return true;
	case PENDING:
		return pending_put(irq, value);
	case ACTIVE:
		return active_put(irq, value);
	case PRIORITY:
		irq->priority = value & VGIC_PRIORITY_MASK;
		return true;
	default:
		irq->edge = value & CONFIG_EDGE;
		return true;
	}
}

static u64 span_read(const struct span *s)
{
	u64 value = 0;

	for (u32 i = 0; i < s->count; i++)
		value |= (u64)field_of(&s->irq[i], s->f->field) << (i * s->f->bits);
	return value;
}

u64 vgic_bits_read(const struct vgic_access *a)
{
	struct span s;

	return span_find(a, &s) ? span_read(&s) : 0;
}

void vgic_bits_write(struct vgic_access *a, u64 value)
{
	struct span s;
	u32 mask, todo;

	/* SGIs are edge, PPIs level: fixed, as IHI 0069 lets an implementation choose. */
	if (!span_find(a, &s) || (a->c && s.f->field == CONFIG))
		return;
	mask = (1u << s.f->bits) - 1;
	todo = (u32)(s.f->how == STORE ? value ^ span_read(&s) : value) & (u32)MASK(8 * a->size - 1, 0);
	/* Only the fields that are written to, or that differ: most writes are about one interrupt. */
	while (todo) {
		u32 i = (u32)__builtin_ctz(todo) / s.f->bits, shift = i * s.f->bits;
		u32 v = s.f->how == STORE ? (u32)(value >> shift) & mask : s.f->how == SET;

		todo &= ~(mask << shift);
		if (field_put(&s.irq[i], s.f->field, v))
			a->wake |= vgic_touch_locked(a->g, &s.irq[i], s.intid + i);
	}
}
