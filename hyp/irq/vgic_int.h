/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what the files of the virtual GIC share among themselves.
 * Never: included outside hyp/irq.
 * Used by: vgic_*.c.
 */
#ifndef IRQ_VGIC_INT_H
#define IRQ_VGIC_INT_H

#include "irq/vgic.h"

#define GICD_CTLR_ENABLE_GRP1	BIT(1)		/* one security state (DS = 1) */
#define VGIC_PRIORITY_MASK	0xf8		/* 5 priority bits, as the virtual CPU interface has */

/* NULL: no such interrupt. c: whose SGIs and PPIs; may be NULL for SPIs only. */
static inline struct vgic_irq *vgic_irq_get(struct vgic *g, struct vgic_cpu *c, u32 intid)
{
	if (intid < VGIC_NR_PRIVATE)
		return c ? &c->priv[intid] : NULL;
	return intid < VGIC_NR_INTIDS ? &g->spi[intid - VGIC_NR_PRIVATE] : NULL;
}

static inline bool vgic_irq_pending(const struct vgic_irq *irq)
{
	return irq->pending || (!irq->edge && irq->line);
}

static inline bool vgic_irq_deliverable(const struct vgic *g, const struct vgic_irq *irq)
{
	return irq->enabled && irq->group1 && (g->ctlr & GICD_CTLR_ENABLE_GRP1) && vgic_irq_pending(irq);
}

/* The vCPU whose list registers this interrupt needs or has; NULL: none. */
static inline struct vgic_cpu *vgic_owner(struct vgic *g, const struct vgic_irq *irq)
{
	u8 index = irq->in_lr || irq->active ? irq->lr_cpu : irq->target;

	return index < GZ_MAX_VCPUS ? g->cpu[index] : NULL;
}
/*
 * After any change of irq: its owner looks at it at the next flush. Returns the owner's bit when it must look
 * soon (deliverable, or it sits in a list register that is stale now), else 0.
 */
u32 vgic_touch_locked(struct vgic *g, struct vgic_irq *irq, u32 intid) NEEDS(g->lock);
u32 vgic_touch_all_locked(struct vgic *g) NEEDS(g->lock);
/* Affinity as GICD_IROUTER has it to a vCPU index. */
u8 vgic_route(const struct vgic *g, u64 irouter);

/* Lists back into the state of interrupts; every fold is followed by a flush before the guest runs. */
u32 vgic_fold_locked(struct vgic *g, struct vgic_cpu *c) NEEDS(g->lock);
void vgic_flush_locked(struct vgic *g, struct vgic_cpu *c) NEEDS(g->lock);
/* Fold and flush when c is loaded on this CPU and something changed. Returns others that became due. */
u32 vgic_sync_locked(struct vgic *g, struct vgic_cpu *c) NEEDS(g->lock);

/* One register access; c: the redistributor's vCPU, NULL for the distributor. */
struct vgic_access {
	struct vgic *g;
	struct vgic_cpu *c;
	u32 offset;		/* in the distributor, or in the RD or SGI frame of the redistributor */
	u32 size;
	u32 wake;
};

/* What both frames answer. */
#define VGIC_IIDR		0x4700043bu	/* product 'G', implementer Arm: as others report an emulated GIC */
#define VGIC_PIDR2_OFFSET	0xffe8
#define VGIC_PIDR2		0x3b		/* GICv3 */

/*
 * What is not there, or not of this size, reads zero and ignores writes. vgic_bits.c: registers of many interrupts, whose
 * offsets are below VGIC_BITS_END in the distributor and the SGI frame; the others: all else of the distributor and RD frame.
 */
#define VGIC_BITS_START		0x80
#define VGIC_BITS_END		0xd00
u64 vgic_bits_read(const struct vgic_access *a);
void vgic_bits_write(struct vgic_access *a, u64 value) NEEDS(a->g->lock);
u64 vgic_dist_read(const struct vgic_access *a);
void vgic_dist_write(struct vgic_access *a, u64 value) NEEDS(a->g->lock);
u64 vgic_redist_read(const struct vgic_access *a);
void vgic_redist_write(struct vgic_access *a, u64 value) NEEDS(a->g->lock);

/* A 64-bit register read or written whole or by halves. */
u64 vgic_part_get(const struct vgic_access *a, u64 reg);
u64 vgic_part_put(const struct vgic_access *a, u64 reg, u64 value);

#endif
