// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the distributor's registers: one security state, affinity routing only, 256 SPIs, no LPIs, no message-based SPIs.
 * Never: private interrupts; with affinity routing they are the redistributors'.
 * Called by: vgic_regs.c through the table. IHI 0069, "Distributor register map".
 */
#include "irq/vgic_int.h"

#define CTLR_ARE		BIT(4)
#define CTLR_DS			BIT(6)
#define TYPER_IDBITS		MASK(23, 19)
#define IDBITS			10		/* INTIDs have 10 bits */
#define IIDR			0x4700043bu	/* product 'G', implementer Arm: as others report an emulated GIC */
#define PIDR2_GICV3		0x3b
#define IROUTER_IRM		BIT(31)
#define IROUTER_AFFINITY	(MASK(39, 32) | MASK(23, 0))

static u64 ctlr_read(const struct vgic_access *a)
{
	return CTLR_ARE | CTLR_DS | a->g->ctlr;	/* RWP is 0: writes are complete when they return */
}

static void ctlr_write(struct vgic_access *a, u64 value) NO_LOCK_CHECK
{
	u32 ctlr = (u32)(value & GICD_CTLR_ENABLE_GRP1);

	if (ctlr == a->g->ctlr)
		return;
	a->g->ctlr = ctlr;
	a->wake |= vgic_touch_all_locked(a->g);
}

static u64 typer_read(const struct vgic_access *a)
{
	(void)a;
	return (VGIC_NR_INTIDS / 32 - 1) | field_prep(TYPER_IDBITS, IDBITS - 1);
}

static u64 iidr_read(const struct vgic_access *a)
{
	(void)a;
	return IIDR;
}

static u64 pidr2_read(const struct vgic_access *a)
{
	(void)a;
	return PIDR2_GICV3;
}

u8 vgic_route(const struct vgic *g, u64 irouter)
{
	u64 affinity = irouter & IROUTER_AFFINITY;

	if (irouter & IROUTER_IRM)
		return g->any_target;
	return affinity < GZ_MAX_VCPUS && g->cpu[affinity] ? (u8)affinity : VGIC_NO_TARGET;
}

static struct vgic_irq *irouter_irq(const struct vgic_access *a)
{
	return &a->g->spi[a->offset / 8];
}

static u64 irouter_read(const struct vgic_access *a)
{
	return vgic_part_get(a, irouter_irq(a)->irouter);
}

/* Active, or in a list register: its vCPU keeps it until it folds, then the new target is told. */
static void irouter_write(struct vgic_access *a, u64 value) NO_LOCK_CHECK
{
	struct vgic_irq *irq = irouter_irq(a);

	irq->irouter = vgic_part_put(a, irq->irouter, value) & (IROUTER_IRM | IROUTER_AFFINITY);
	irq->target = vgic_route(a->g, irq->irouter);
	a->wake |= vgic_touch_locked(a->g, irq, VGIC_NR_PRIVATE + a->offset / 8);
}

#define ONE_BIT		(VGIC_NR_INTIDS / 8)	/* bytes of a register run with 1 bit per interrupt */

/* Not listed, so read zero: TYPER2, STATUSR, SETSPI*, ITARGETSR, IGRPMODR, NSACR, SGIR, *PENDSGIR. */
const struct vgic_region vgic_dist_regions[] = {
	{ .first = 0x0000, .bytes = 4, .sizes = 4, .read = ctlr_read, .write = ctlr_write },
	{ .first = 0x0004, .bytes = 4, .sizes = 4, .read = typer_read },
	{ .first = 0x0008, .bytes = 4, .sizes = 4, .read = iidr_read },
	{ .first = 0x0080, .bytes = ONE_BIT, .sizes = 4, .bits = 1, .get = vgic_get_group, .set = vgic_set_group },
	{ .first = 0x0100, .bytes = ONE_BIT, .sizes = 4, .bits = 1, .get = vgic_get_enable, .set = vgic_set_enable },
	{ .first = 0x0180, .bytes = ONE_BIT, .sizes = 4, .bits = 1, .get = vgic_get_enable, .set = vgic_clear_enable },
	{ .first = 0x0200, .bytes = ONE_BIT, .sizes = 4, .bits = 1, .get = vgic_get_pending, .set = vgic_set_pending },
	{ .first = 0x0280, .bytes = ONE_BIT, .sizes = 4, .bits = 1, .get = vgic_get_pending, .set = vgic_clear_pending },
	{ .first = 0x0300, .bytes = ONE_BIT, .sizes = 4, .bits = 1, .get = vgic_get_active, .set = vgic_set_active },
	{ .first = 0x0380, .bytes = ONE_BIT, .sizes = 4, .bits = 1, .get = vgic_get_active, .set = vgic_clear_active },
	{ .first = 0x0400, .bytes = VGIC_NR_INTIDS, .sizes = 1 | 4, .bits = 8,
	  .get = vgic_get_priority, .set = vgic_set_priority },
	{ .first = 0x0c00, .bytes = VGIC_NR_INTIDS / 4, .sizes = 4, .bits = 2,
	  .get = vgic_get_config, .set = vgic_set_config },
	{ .first = 0x6100, .bytes = GZ_NR_SPIS * 8, .sizes = 4 | 8, .read = irouter_read, .write = irouter_write },
	{ .first = 0xffe8, .bytes = 4, .sizes = 4, .read = pidr2_read },
};
const u32 vgic_dist_region_count = ARRAY_SIZE(vgic_dist_regions);
