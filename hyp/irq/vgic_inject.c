// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: everything that makes an interrupt pending or not: IRQ_LINE, PPI lines, SGIs; who must look at it then.
 * Never: a loop over interrupts on the injection path; list registers are vgic_lr.c's.
 * Called by: hvc/hvc_irq.c, run/, timer/, vgic_bits.c.
 */
#include "irq/vgic_int.h"

/* ICC_SGI1R_EL1, IHI 0069 "Interrupt Controller Software Generated Interrupt Group 1 Register". */
#define SGI1R_TARGETS	MASK(15, 0)
#define SGI1R_AFF1	MASK(23, 16)
#define SGI1R_INTID	MASK(27, 24)
#define SGI1R_AFF2	MASK(39, 32)
#define SGI1R_IRM	BIT(40)
#define SGI1R_RS	MASK(47, 44)
#define SGI1R_AFF3	MASK(55, 48)

u32 vgic_touch_locked(struct vgic *g, struct vgic_irq *irq, u32 intid)
{
	struct vgic_cpu *c = vgic_owner(g, irq);
	bool deliver = vgic_irq_deliverable(g, irq);

	if (!c || !(deliver || irq->in_lr || irq->active))
		return 0;
	c->due[intid / 64] |= BIT(intid % 64);
	/* Pairs with vgic_load: whoever sees the flag takes the lock and sees the rest. */
	atomic_store_release_u32(&c->due_flag, 1);
	return deliver || irq->in_lr ? (u32)BIT(c->index) : 0;
}

u32 vgic_touch_all_locked(struct vgic *g)
{
	u32 wake = 0;

	for (u32 i = 0; i < GZ_NR_SPIS; i++)
		wake |= vgic_touch_locked(g, &g->spi[i], VGIC_NR_PRIVATE + i);
	for (u32 n = 0; n < GZ_MAX_VCPUS; n++)
		for (u32 i = 0; g->cpu[n] && i < VGIC_NR_PRIVATE; i++)
			wake |= vgic_touch_locked(g, &g->cpu[n]->priv[i], i);
	return wake;
}

u32 vgic_sync_locked(struct vgic *g, struct vgic_cpu *c)
{
	u32 wake;

	if (!c->loaded || !READ_ONCE(c->due_flag))
		return 0;
	wake = vgic_fold_locked(g, c);
	vgic_flush_locked(g, c);
	return wake & ~(u32)BIT(c->index);
}

static void line_held(struct vgic_irq *irq, bool level)
{
	if (irq->edge && level && !irq->line)
		irq->pending = true;
	irq->line = level;
}

/*
 * irqfd signals 1 for ever and nobody lowers a line, so each 1 pends; 0 takes back what no guest has acknowledged,
 * but an edge that happened stays.
 */
static void line_practical(struct vgic_irq *irq, bool level)
{
	if (level) {
		irq->pending = true;
		return;
	}
	irq->line = false;
	if (irq->edge)
		return;
	irq->pending = false;
	irq->retract = irq->in_lr;
}

enum gz_err vgic_inject_spi(struct vgic *g, u32 spi, u32 level, u32 mode, u32 *wake)
{
	struct vgic_irq *irq;

	if (spi >= GZ_NR_SPIS)
		return GZ_ERANGE;
	if (mode > GZ_IRQ_MODE_LEVEL)
		return GZ_EINVAL;
	irq = &g->spi[spi];
	spin_lock(&g->lock);
	if (mode == GZ_IRQ_MODE_PULSE)
		irq->pending = true;
	else if (mode == GZ_IRQ_MODE_LEVEL)
		line_held(irq, level != 0);
	else
		line_practical(irq, level != 0);
	*wake |= vgic_touch_locked(g, irq, VGIC_NR_PRIVATE + spi);
	spin_unlock(&g->lock);
	return GZ_OK;
}

bool vgic_set_ppi(struct vgic *g, struct vgic_cpu *c, u32 intid, bool level)
{
	struct vgic_irq *irq;
	u32 wake;

	if (intid >= VGIC_NR_PRIVATE)
		return false;
	irq = &c->priv[intid];
	if (READ_ONCE(irq->line) == level)
		return false;
	spin_lock(&g->lock);
	line_held(irq, level);
	wake = vgic_touch_locked(g, irq, intid);
	c->owed_wake |= vgic_sync_locked(g, c);
	spin_unlock(&g->lock);
	return level && wake;
}

static u32 sgi_targets(u8 cpu, u64 value)
{
	if (value & SGI1R_IRM)
		return (u32)(BIT(GZ_MAX_VCPUS) - 1) & ~(u32)BIT(cpu);
	/* vCPUs have Aff3.Aff2.Aff1 = 0 and Aff0 = index, below 16. */
	if (value & (SGI1R_AFF3 | SGI1R_AFF2 | SGI1R_AFF1 | SGI1R_RS))
		return 0;
	return (u32)(field_get(SGI1R_TARGETS, value) & (BIT(GZ_MAX_VCPUS) - 1));
}

u32 vgic_sgi1r(struct vgic *g, u8 cpu, u64 value)
{
	u32 intid = (u32)field_get(SGI1R_INTID, value);
	u32 targets = sgi_targets(cpu, value);
	u32 wake = 0;

	spin_lock(&g->lock);
	for (; targets; targets &= targets - 1) {
		struct vgic_cpu *c = g->cpu[__builtin_ctz(targets)];

		if (!c || !c->priv[intid].group1)
			continue;
		c->priv[intid].pending = true;
		wake |= vgic_touch_locked(g, &c->priv[intid], intid);
	}
	if (wake & BIT(cpu) && g->cpu[cpu]->loaded) {
		wake |= vgic_sync_locked(g, g->cpu[cpu]);
		wake &= ~(u32)BIT(cpu);
	}
	spin_unlock(&g->lock);
	return wake;
}
