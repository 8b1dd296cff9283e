// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the redistributors' registers, RD and SGI frame: who this vCPU is, its SGIs and PPIs.
 * Never: LPIs: PROPBASER, PENDBASER and CTLR.EnableLPIs read zero and ignore writes.
 * Called by: vgic_regs.c through the table. IHI 0069, "Redistributor register map".
 */
#include "irq/vgic_int.h"

#define SGI_FRAME		0x10000
#define IIDR			0x4700043bu
#define PIDR2_GICV3		0x3b
#define TYPER_LAST		BIT(4)
#define TYPER_NUMBER		MASK(23, 8)
#define TYPER_AFFINITY		MASK(63, 32)
#define WAKER_SLEEP		BIT(1)
#define WAKER_ASLEEP		BIT(2)

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

static u64 typer_read(const struct vgic_access *a)
{
	u64 typer = field_prep(TYPER_NUMBER, a->c->index) | field_prep(TYPER_AFFINITY, a->c->index);

	if (a->c->index + 1 == a->g->cpu_count)
		typer |= TYPER_LAST;
	return vgic_part_get(a, typer);
}

static u64 waker_read(const struct vgic_access *a)
{
	return a->c->awake ? 0 : WAKER_SLEEP | WAKER_ASLEEP;
}

/*
 * ChildrenAsleep follows at once. A sleeping vCPU still gets its interrupts: hardware would send a wake request to a
 * power controller, which a guest does not have. Sleep only matters to where 1-of-N interrupts go.
 */
static void waker_write(struct vgic_access *a, u64 value) NO_LOCK_CHECK
{
	struct vgic *g = a->g;
	u8 any = 0;

	a->c->awake = !(value & WAKER_SLEEP);
	for (u8 i = GZ_MAX_VCPUS; i > 0; i--)
		if (g->cpu[i - 1] && g->cpu[i - 1]->awake)
			any = i - 1;
	if (any == g->any_target)
		return;
	g->any_target = any;
	for (u32 i = 0; i < GZ_NR_SPIS; i++) {
		g->spi[i].target = vgic_route(g, g->spi[i].irouter);
		a->wake |= vgic_touch_locked(g, &g->spi[i], VGIC_NR_PRIVATE + i);
	}
}

/* Not listed, so read zero: CTLR (no LPIs, RWP = UWP = 0), STATUSR, PROPBASER, PENDBASER, IGRPMODR0. */
const struct vgic_region vgic_redist_regions[] = {
	{ .first = 0x0004, .bytes = 4, .sizes = 4, .read = iidr_read },
	{ .first = 0x0008, .bytes = 8, .sizes = 4 | 8, .read = typer_read },
	{ .first = 0x0014, .bytes = 4, .sizes = 4, .read = waker_read, .write = waker_write },
	{ .first = 0xffe8, .bytes = 4, .sizes = 4, .read = pidr2_read },
	{ .first = SGI_FRAME + 0x0080, .bytes = 4, .sizes = 4, .bits = 1, .get = vgic_get_group, .set = vgic_set_group },
	{ .first = SGI_FRAME + 0x0100, .bytes = 4, .sizes = 4, .bits = 1, .get = vgic_get_enable, .set = vgic_set_enable },
	{ .first = SGI_FRAME + 0x0180, .bytes = 4, .sizes = 4, .bits = 1, .get = vgic_get_enable, .set = vgic_clear_enable },
	{ .first = SGI_FRAME + 0x0200, .bytes = 4, .sizes = 4, .bits = 1, .get = vgic_get_pending, .set = vgic_set_pending },
	{ .first = SGI_FRAME + 0x0280, .bytes = 4, .sizes = 4, .bits = 1, .get = vgic_get_pending, .set = vgic_clear_pending },
	{ .first = SGI_FRAME + 0x0300, .bytes = 4, .sizes = 4, .bits = 1, .get = vgic_get_active, .set = vgic_set_active },
	{ .first = SGI_FRAME + 0x0380, .bytes = 4, .sizes = 4, .bits = 1, .get = vgic_get_active, .set = vgic_clear_active },
	{ .first = SGI_FRAME + 0x0400, .bytes = VGIC_NR_PRIVATE, .sizes = 1 | 4, .bits = 8,
	  .get = vgic_get_priority, .set = vgic_set_priority },
	/* SGIs are edge, PPIs level: fixed, as IHI 0069 lets an implementation choose. */
	{ .first = SGI_FRAME + 0x0c00, .bytes = 8, .sizes = 4, .bits = 2, .get = vgic_get_config },
};
const u32 vgic_redist_region_count = ARRAY_SIZE(vgic_redist_regions);
