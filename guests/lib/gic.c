// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a plain GICv3 driver for payloads: group 1, system registers, affinity routing.
 * Never: LPIs.
 * Used by: payloads. GICv3, ARM IHI 0069.
 */
#include "lib/lib.h"

u64 gicd_base, gicr_base;

u64 gic_rd_base(void)
{
	return gicr_base + cpu_id() * 0x20000ull;
}

static u64 frame_of(u32 intid)
{
	return intid < 32 ? gic_rd_base() + 0x10000 : gicd_base;
}

void gic_init(u64 gicd, u64 gicr)
{
	gicd_base = gicd;
	gicr_base = gicr;
	write32(gicd_base, 0x12 | 1 << 4);	/* ARE_NS, EnableGrp1A */
	gic_cpu_init();
}

void gic_cpu_init(void)
{
	u64 rd = gic_rd_base();

	write32(rd + 0x14, read32(rd + 0x14) & ~2u);
	for (u32 i = 0; i < 1000 && read32(rd + 0x14) & 4; i++)
		cpu_relax();
	write32(rd + 0x10080, ~0u);		/* all private interrupts group 1 */
	sysreg_write(S3_0_C12_C12_5, sysreg_read(S3_0_C12_C12_5) | 1);	/* ICC_SRE_EL1 */
	isb();
	sysreg_write(S3_0_C4_C6_0, 0xff);	/* ICC_PMR_EL1 */
	sysreg_write(S3_0_C12_C12_4, 0);	/* ICC_CTLR_EL1: EOImode 0 */
	sysreg_write(S3_0_C12_C12_7, 1);	/* ICC_IGRPEN1_EL1 */
	isb();
}

void gic_enable(u32 intid)
{
	write32(frame_of(intid) + 0x100 + intid / 32 * 4, 1u << (intid % 32));
}

void gic_disable(u32 intid)
{
	write32(frame_of(intid) + 0x180 + intid / 32 * 4, 1u << (intid % 32));
}

void gic_set_priority(u32 intid, u8 prio)
{
	write8(frame_of(intid) + 0x400 + intid, prio);
}

void gic_send_sgi(u32 intid, u32 cpu)
{
	dsb_sy();
	sysreg_write(S3_0_C12_C11_5, (u64)intid << 24 | 1u << cpu);	/* ICC_SGI1R_EL1 */
	isb();
}

void gic_pend(u32 intid)
{
	write32(frame_of(intid) + 0x200 + intid / 32 * 4, 1u << (intid % 32));
}

void gic_unpend(u32 intid)
{
	write32(frame_of(intid) + 0x280 + intid / 32 * 4, 1u << (intid % 32));
}

bool gic_pending(u32 intid)
{
	return read32(frame_of(intid) + 0x200 + intid / 32 * 4) >> (intid % 32) & 1;
}

bool gic_active(u32 intid)
{
	return read32(frame_of(intid) + 0x300 + intid / 32 * 4) >> (intid % 32) & 1;
}

void gic_deactivate(u32 intid)
{
	write32(frame_of(intid) + 0x380 + intid / 32 * 4, 1u << (intid % 32));
}

void gic_set_edge(u32 intid, bool edge)
{
	u64 reg = frame_of(intid) + 0xc00 + intid / 16 * 4;
	u32 bit = 2u << (intid % 16 * 2);

	write32(reg, edge ? read32(reg) | bit : read32(reg) & ~bit);
}

void gic_route(u32 intid, u64 mpidr)
{
	write64(gicd_base + 0x6000 + intid * 8ull, mpidr);
}
