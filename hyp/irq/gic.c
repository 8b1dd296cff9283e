// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: this CPU's redistributor frame, the kick SGI, enables at guest entry and exit, which interrupt left a guest.
 * Never: read IAR, write EOIR or DIR of the physical interface: they are the host's.
 * Called by: boot, run/, hvc/. The order of the steps was measured: docs/interrupts.md.
 */
#include "irq/gic.h"

#include "insn/barrier.h"
#include "insn/mmio.h"
#include "insn/sysreg.h"
#include "irq/ich.h"
#include "lib/check.h"
#include "lib/log.h"
#include "mm/hyp_map.h"

#define GICR_CTLR		0x0000
#define GICR_CTLR_RWP		BIT(3)
#define GICR_TYPER		0x0008
#define GICR_TYPER_VLPIS	BIT(1)
#define GICR_TYPER_LAST		BIT(4)
#define GICR_TYPER_AFFINITY	MASK(63, 32)
#define GICR_SGI		0x10000
#define GICR_ISENABLER0		(GICR_SGI + 0x100)
#define GICR_ICENABLER0		(GICR_SGI + 0x180)
#define GICR_ISPENDR0		(GICR_SGI + 0x200)
#define GICR_ICPENDR0		(GICR_SGI + 0x280)
#define GICR_ISACTIVER0		(GICR_SGI + 0x300)
#define GICR_ICACTIVER0		(GICR_SGI + 0x380)

#define PPI_MAINTENANCE		25
#define PPI_HYP_TIMER		26
#define INTID_NONE		1023
#define INTID_MASK		MASK(23, 0)

#define SRE_ALL			0xf		/* SRE, DFB, DIB, Enable: EL1 keeps its own ICC_SRE_EL1 */
#define ID_PFR0_GIC		MASK(27, 24)
#define ICC_CTLR_RSS		BIT(18)
#define RPR_IDLE		0xff

#define MPIDR_AFF0		MASK(7, 0)
#define MPIDR_AFF1		MASK(15, 8)
#define MPIDR_AFF2		MASK(23, 16)
#define MPIDR_AFF3		MASK(39, 32)
#define SGI1R_AFF1		MASK(23, 16)
#define SGI1R_INTID		MASK(27, 24)
#define SGI1R_AFF2		MASK(39, 32)
#define SGI1R_RS		MASK(47, 44)
#define SGI1R_AFF3		MASK(55, 48)

#define FRAME_MIN		UINT64_C(0x20000)
#define WAIT_LIMIT		100000		/* reads of a register; hardware needs a few hundred cycles */
#define KICK_FIRST		8
#define KICK_LAST		15

static struct {
	u64 redist_va[8];
	u64 redist_size[8];
	u32 redist_count;
	u64 stride;
	u32 kick;			/* SGI number; 0: none stuck on the boot CPU */
	u64 kick_value[MAX_CPUS];	/* ICC_SGI1R_EL1 that kicks this CPU; 0: the SGI does not stick there */
} gic;

static u32 gicr_read(u32 reg)
{
	return mmio_read32(this_cpu()->gicr_rd + reg);
}

static void gicr_write(u32 reg, u64 value)
{
	mmio_write32(this_cpu()->gicr_rd + reg, (u32)value);
}

enum gz_err gic_init(const struct gic_layout *l)
{
	if (field_get(ID_PFR0_GIC, sysreg_read(id_aa64pfr0_el1)) == 0)
		return GZ_ENOTSUP;
	if (l->redist_count == 0 || l->redist_count > ARRAY_SIZE(gic.redist_va))
		return GZ_EINVAL;
	sysreg_write(icc_sre_el2, SRE_ALL);
	isb();	/* the other system registers of the GIC exist from here on */
	ich_probe();
	if (ich_info.lr_count < 2)
		return GZ_ENOTSUP;
	gic.stride = l->redist_stride;
	for (u32 i = 0; i < l->redist_count; i++) {
		enum gz_err err = hyp_map_mmio(l->redist[i], &gic.redist_va[i]);

		if (err)
			return err;
		gic.redist_size[i] = l->redist[i].size;
	}
	gic.redist_count = l->redist_count;
	return GZ_OK;
}

static u64 frame_in_region(u32 region, u64 affinity)
{
	u64 va = gic.redist_va[region], size = gic.redist_size[region];
	u64 offset = 0;

	while (offset < size && size - offset >= FRAME_MIN) {
		u64 typer = mmio_read64(va + offset + GICR_TYPER);
		u64 stride = typer & GICR_TYPER_VLPIS ? 2 * FRAME_MIN : FRAME_MIN;

		if (field_get(GICR_TYPER_AFFINITY, typer) == affinity)
			return va + offset;
		if (typer & GICR_TYPER_LAST)
			break;
		offset += gic.stride >= FRAME_MIN ? gic.stride : stride;
	}
	return 0;
}

static u64 frame_find(u64 mpidr)
{
	u64 affinity = field_get(MPIDR_AFF3, mpidr) << 24 | (mpidr & MASK(23, 0));
	u64 va = 0;

	for (u32 i = 0; i < gic.redist_count && !va; i++)
		va = frame_in_region(i, affinity);
	return va;
}

/* Enable and pending bits of an SGI that secure firmware keeps to itself read zero whatever is written. */
static bool sgi_sticks(u32 sgi)
{
	u32 bit = (u32)BIT(sgi);
	bool enabled = (gicr_read(GICR_ISENABLER0) & bit) != 0;
	bool pending = (gicr_read(GICR_ISPENDR0) & bit) != 0;
	bool sticks;

	gicr_write(GICR_ISENABLER0, bit);
	gicr_write(GICR_ISPENDR0, bit);
	sticks = (gicr_read(GICR_ISENABLER0) & gicr_read(GICR_ISPENDR0) & bit) != 0;
	if (!pending)
		gicr_write(GICR_ICPENDR0, bit);
	if (!enabled)
		gicr_write(GICR_ICENABLER0, bit);
	return sticks;
}

static void kick_probe(void)
{
	for (u32 sgi = KICK_LAST; !gic.kick && sgi >= KICK_FIRST; sgi--)
		if (sgi_sticks(sgi))
			gic.kick = sgi;
	if (!gic.kick)
		log_warn("gic: no SGI of 8-15 is ours to use; a running vCPU is woken through the host");
}

static u64 kick_value(u64 mpidr)
{
	u64 aff0 = field_get(MPIDR_AFF0, mpidr);

	return BIT(aff0 % 16) | field_prep(SGI1R_RS, aff0 / 16) | field_prep(SGI1R_INTID, gic.kick) |
	       field_prep(SGI1R_AFF1, field_get(MPIDR_AFF1, mpidr)) |
	       field_prep(SGI1R_AFF2, field_get(MPIDR_AFF2, mpidr)) |
	       field_prep(SGI1R_AFF3, field_get(MPIDR_AFF3, mpidr));
}

enum gz_err gic_cpu_init(void)
{
	struct percpu *cpu = this_cpu();
	u32 lr_count = ich_info.lr_count;

	sysreg_write(icc_sre_el2, SRE_ALL);
	isb();	/* ICH_* exist from here on */
	sysreg_write(ich_hcr_el2, 0);
	if (field_get(ICH_VTR_LISTREGS, sysreg_read(ich_vtr_el2)) + 1 < lr_count)
		return GZ_ENOTSUP;
	/* vgic_load relies on it: list registers are zero whenever no vCPU is loaded. */
	for (u32 i = 0; i < lr_count; i++)
		ich_lr_write(i, 0);
	cpu->gicr_rd = frame_find(cpu->mpidr);
	if (!cpu->gicr_rd)
		return GZ_ENOENT;
	if (cpu->id == 0 && !gic.kick)
		kick_probe();
	WRITE_ONCE(gic.kick_value[cpu->id], gic.kick && sgi_sticks(gic.kick) ? kick_value(cpu->mpidr) : 0);
	return GZ_OK;
}

bool gic_kick(u32 cpu)
{
	u64 value = cpu < cpu_count ? READ_ONCE(gic.kick_value[cpu]) : 0;

	if (!value || ((value & SGI1R_RS) && !(sysreg_read(icc_ctlr_el1) & ICC_CTLR_RSS)))
		return false;
	dsb_ish();	/* what the kick announces is visible before the SGI is */
	sysreg_write(icc_sgi1r_el1, value);
	isb();
	return true;
}

bool gic_host_idle_priority(void)
{
	return (sysreg_read(icc_rpr_el1) & 0xff) == RPR_IDLE;
}

static u32 ours(void)
{
	u32 kick = gic.kick ? (u32)BIT(gic.kick) : 0;

	return kick | (u32)(BIT(PPI_MAINTENANCE) | BIT(PPI_HYP_TIMER) | BIT(VGIC_TIMER_PPI));
}

static void kick_clear(void)
{
	gicr_write(GICR_ICPENDR0, BIT(gic.kick));
	/* Cleared before what the kicks announced is read: a later one pends again. */
	dsb_sy();
}

void gic_world_enter(struct gic_host_state *h)
{
	u32 off;

	h->enabled0 = gicr_read(GICR_ISENABLER0);
	h->active0 = gicr_read(GICR_ISACTIVER0);
	if (gic.kick && (gicr_read(GICR_ISPENDR0) & BIT(gic.kick)))
		kick_clear();
	off = ours() & ~h->enabled0;
	if (off)
		gicr_write(GICR_ISENABLER0, off);
	dsb_sy();	/* done before the guest runs and before due flags are read */
}

void gic_world_leave(const struct gic_host_state *h)
{
	u32 off = ours() & ~h->enabled0;

	if (!(h->active0 & BIT(VGIC_TIMER_PPI)))
		gic_vtimer_clear_active();
	if (!off)
		return;
	gicr_write(GICR_ICENABLER0, off);
	for (u32 i = 0; i < WAIT_LIMIT; i++)
		if (!(gicr_read(GICR_CTLR) & GICR_CTLR_RWP))
			return;
	log_warn("gic: cpu %u: GICR_CTLR.RWP does not clear; the host may see a stray interrupt", this_cpu()->id);
}

enum gic_event gic_guest_irq(void)
{
	u64 intid = sysreg_read(icc_hppir1_el1) & INTID_MASK;

	if (gic.kick && intid == gic.kick) {
		kick_clear();
		panic_check();	/* another CPU wants all to stop; a guest would not come here again by itself */
		return GIC_EV_KICK;
	}
	switch (intid) {
	case PPI_MAINTENANCE:
		return GIC_EV_MAINTENANCE;
	case PPI_HYP_TIMER:
		sysreg_write(cnthp_ctl_el2, 0);
		isb();	/* the line is low before interrupts can be taken again */
		return GIC_EV_HYP_TIMER;
	case VGIC_TIMER_PPI:
		return GIC_EV_VTIMER;
	case INTID_NONE:
		return GIC_EV_NONE;
	default:
		return GIC_EV_HOST;
	}
}

static void active_write(u32 reg)
{
	gicr_write(reg, BIT(VGIC_TIMER_PPI));
	(void)gicr_read(GICR_ISACTIVER0);	/* reached the redistributor */
	dsb_sy();
}

void gic_vtimer_set_active(void)
{
	active_write(GICR_ISACTIVER0);
}

void gic_vtimer_clear_active(void)
{
	active_write(GICR_ICACTIVER0);
}
