// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the distributor's registers: one security state, affinity routing only, 256 SPIs, no LPIs, no message-based SPIs.
 * Never: private interrupts; with affinity routing they are the redistributors'.
 * Called by: vgic_regs.c. IHI 0069, "Distributor register map".
 */
#include "irq/vgic_int.h"

#define GICD_CTLR		0x0000
#define CTLR_ARE		BIT(4)
#define CTLR_DS			BIT(6)
#define GICD_TYPER		0x0004
#define TYPER_IDBITS		MASK(23, 19)
#define IDBITS			10		/* INTIDs have 10 bits */
#define GICD_IIDR		0x0008
#define GICD_IROUTER_SPI	0x6100		/* of INTID 32 */
#define IROUTER_IRM		BIT(31)
#define IROUTER_AFFINITY	(MASK(39, 32) | MASK(23, 0))

u8 vgic_route(const struct vgic *g, u64 irouter)
{
	u64 affinity = irouter & IROUTER_AFFINITY;

	if (irouter & IROUTER_IRM)
		return g->any_target;
	return affinity < GZ_MAX_VCPUS && g->cpu[affinity] ? (u8)affinity : VGIC_NO_TARGET;
}

/* The SPI whose IROUTER is accessed; GZ_NR_SPIS or more: another register. */
static u32 irouter_spi(const struct vgic_access *a)
{
	return (a->offset - GICD_IROUTER_SPI) / 8;
}

u64 vgic_dist_read(const struct vgic_access *a)
{
	u32 spi = irouter_spi(a);

	if (spi < GZ_NR_SPIS)
		return vgic_part_get(a, a->g->spi[spi].irouter);
	if (a->size != 4)
		return 0;
	switch (a->offset) {
	case GICD_CTLR:
		return CTLR_ARE | CTLR_DS | a->g->ctlr;	/* RWP is 0: writes are complete when they return */
	case GICD_TYPER:
		return (VGIC_NR_INTIDS / 32 - 1) | field_prep(TYPER_IDBITS, IDBITS - 1);
	case GICD_IIDR:
		return VGIC_IIDR;
	case VGIC_PIDR2_OFFSET:
		return VGIC_PIDR2;
	default:	/* TYPER2, STATUSR, SETSPI*, ITARGETSR, IGRPMODR, NSACR, SGIR, *PENDSGIR */
		return 0;
	}
}

void vgic_dist_write(struct vgic_access *a, u64 value)
{
	u32 spi = irouter_spi(a), ctlr = (u32)(value & GICD_CTLR_ENABLE_GRP1);
	struct vgic_irq *irq = &a->g->spi[spi % GZ_NR_SPIS];

	if (spi < GZ_NR_SPIS) {
		/* Active, or in a list register: its vCPU keeps it until it folds, then the new target is told. */
		irq->irouter = vgic_part_put(a, irq->irouter, value) & (IROUTER_IRM | IROUTER_AFFINITY);
		irq->target = vgic_route(a->g, irq->irouter);
		a->wake |= vgic_touch_locked(a->g, irq, VGIC_NR_PRIVATE + spi);
	} else if (a->offset == GICD_CTLR && a->size == 4 && ctlr != a->g->ctlr) {
		a->g->ctlr = ctlr;
		a->wake |= vgic_touch_all_locked(a->g);
	}
}
