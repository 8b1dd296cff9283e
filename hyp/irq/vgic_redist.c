// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the redistributors' RD frame: who this vCPU is, and whether it sleeps.
 * Never: LPIs: PROPBASER, PENDBASER and CTLR.EnableLPIs read zero and ignore writes.
 * Called by: vgic_regs.c. IHI 0069, "Redistributor register map".
 */
#include "irq/vgic_int.h"

#define GICR_IIDR		0x0004
#define GICR_TYPER		0x0008
#define TYPER_LAST		BIT(4)
#define TYPER_NUMBER		MASK(23, 8)
#define TYPER_AFFINITY		MASK(63, 32)
#define GICR_WAKER		0x0014
#define WAKER_SLEEP		BIT(1)
#define WAKER_ASLEEP		BIT(2)

static u64 typer(const struct vgic_access *a)
{
	u64 index = a->c->index, last = index + 1 == a->g->cpu_count ? TYPER_LAST : 0;

	return field_prep(TYPER_NUMBER, index) | field_prep(TYPER_AFFINITY, index) | last;
}

u64 vgic_redist_read(const struct vgic_access *a)
{
	if ((a->offset & ~4u) == GICR_TYPER)
		return vgic_part_get(a, typer(a));
	if (a->size != 4)
		return 0;
	switch (a->offset) {
	case GICR_IIDR:
		return VGIC_IIDR;
	case GICR_WAKER:
		return a->c->awake ? 0 : WAKER_SLEEP | WAKER_ASLEEP;
	case VGIC_PIDR2_OFFSET:
		return VGIC_PIDR2;
	default:	/* CTLR (no LPIs, RWP = UWP = 0), STATUSR, PROPBASER, PENDBASER */
		return 0;
	}
}

/*
 * ChildrenAsleep follows at once. A sleeping vCPU still gets its interrupts: hardware would send a wake request to a
 * power controller, which a guest does not have. Sleep only matters to where 1-of-N interrupts go.
 */
static void waker_write(struct vgic_access *a, u64 value) NEEDS(a->g->lock)
{
	u8 any = 0;

	a->c->awake = !(value & WAKER_SLEEP);
	for (u8 i = GZ_MAX_VCPUS; i > 0; i--)
		if (a->g->cpu[i - 1] && a->g->cpu[i - 1]->awake)
			any = i - 1;
	if (any == a->g->any_target)
		return;
	a->g->any_target = any;
	for (u32 i = 0; i < GZ_NR_SPIS; i++) {
		a->g->spi[i].target = vgic_route(a->g, a->g->spi[i].irouter);
		a->wake |= vgic_touch_locked(a->g, &a->g->spi[i], VGIC_NR_PRIVATE + i);
	}
}

void vgic_redist_write(struct vgic_access *a, u64 value)
{
	if (a->offset == GICR_WAKER && a->size == 4)
		waker_write(a, value);
}
