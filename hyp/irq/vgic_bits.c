// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: what a set, clear or field register does to one interrupt; the same for distributor and redistributor.
 * Never: a list register: what sits in one is noted in the interrupt and applied by its vCPU's next fold.
 * Called by: vgic_regs.c through the tables. IHI 0069, "GICD register descriptions".
 */
#include "irq/vgic_int.h"

#define CONFIG_EDGE	2	/* GICD_ICFGR, upper bit of each field */

u32 vgic_get_group(const struct vgic_irq *irq)
{
	return irq->group1;
}

u32 vgic_get_enable(const struct vgic_irq *irq)
{
	return irq->enabled;
}

u32 vgic_get_pending(const struct vgic_irq *irq)
{
	return vgic_irq_pending(irq) || (irq->in_lr && irq->lr_latch && !irq->retract);
}

u32 vgic_get_active(const struct vgic_irq *irq)
{
	if (irq->in_lr && irq->active_req != VGIC_REQ_NONE)
		return irq->active_req == VGIC_REQ_SET;
	return irq->active;
}

u32 vgic_get_priority(const struct vgic_irq *irq)
{
	return irq->priority;
}

u32 vgic_get_config(const struct vgic_irq *irq)
{
	return irq->edge ? CONFIG_EDGE : 0;
}

void vgic_set_group(struct vgic_access *a, struct vgic_irq *irq, u32 intid, u32 value)
{
	if (irq->group1 == (value != 0))
		return;
	irq->group1 = value != 0;
	a->wake |= vgic_touch_locked(a->g, irq, intid);
}

static void enable_write(struct vgic_access *a, struct vgic_irq *irq, u32 intid, bool on) NEEDS(a->g->lock)
{
	if (irq->enabled == on)
		return;
	irq->enabled = on;
	a->wake |= vgic_touch_locked(a->g, irq, intid);
}

void vgic_set_enable(struct vgic_access *a, struct vgic_irq *irq, u32 intid, u32 value)
{
	if (value)
		enable_write(a, irq, intid, true);
}

void vgic_clear_enable(struct vgic_access *a, struct vgic_irq *irq, u32 intid, u32 value)
{
	if (value)
		enable_write(a, irq, intid, false);
}

void vgic_set_pending(struct vgic_access *a, struct vgic_irq *irq, u32 intid, u32 value)
{
	if (!value)
		return;
	irq->pending = true;
	a->wake |= vgic_touch_locked(a->g, irq, intid);
}

void vgic_clear_pending(struct vgic_access *a, struct vgic_irq *irq, u32 intid, u32 value)
{
	if (!value)
		return;
	irq->pending = false;
	irq->retract = irq->in_lr;
	if (irq->in_lr)
		a->wake |= vgic_touch_locked(a->g, irq, intid);
}

static void active_write(struct vgic_access *a, struct vgic_irq *irq, u32 intid, bool on) NEEDS(a->g->lock)
{
	if (irq->in_lr) {
		irq->active_req = on ? VGIC_REQ_SET : VGIC_REQ_CLEAR;
	} else {
		if (irq->active == on)
			return;
		if (on)
			irq->lr_cpu = irq->target == VGIC_NO_TARGET ? 0 : irq->target;
		irq->active_priority = irq->priority;
		irq->active = on;
	}
	a->wake |= vgic_touch_locked(a->g, irq, intid);
}

void vgic_set_active(struct vgic_access *a, struct vgic_irq *irq, u32 intid, u32 value)
{
	if (value)
		active_write(a, irq, intid, true);
}

void vgic_clear_active(struct vgic_access *a, struct vgic_irq *irq, u32 intid, u32 value)
{
	if (value)
		active_write(a, irq, intid, false);
}

void vgic_set_priority(struct vgic_access *a, struct vgic_irq *irq, u32 intid, u32 value)
{
	u8 priority = value & VGIC_PRIORITY_MASK;

	if (irq->priority == priority)
		return;
	irq->priority = priority;
	a->wake |= vgic_touch_locked(a->g, irq, intid);
}

void vgic_set_config(struct vgic_access *a, struct vgic_irq *irq, u32 intid, u32 value)
{
	bool edge = (value & CONFIG_EDGE) != 0;

	if (irq->edge == edge)
		return;
	irq->edge = edge;
	a->wake |= vgic_touch_locked(a->g, irq, intid);
}
