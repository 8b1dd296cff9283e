// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: redistributor registers of this CPU and, from outside, of the others. GICv3, ARM IHI 0069, "Redistributor registers".
 * Never: leave an interrupt pending or enabled.
 * Used by: probe/main.c.
 */
#include "probe/probe.h"

#define CTLR	0x0000
#define IIDR	0x0004
#define TYPER	0x0008
#define WAKER	0x0014
#define SGI	0x10000
#define IGROUPR0 (SGI + 0x080)
#define ISENABLER0 (SGI + 0x100)
#define ICENABLER0 (SGI + 0x180)
#define ISPENDR0 (SGI + 0x200)
#define ICPENDR0 (SGI + 0x280)
#define ISACTIVER0 (SGI + 0x300)
#define ICACTIVER0 (SGI + 0x380)
#define IPRIORITYR (SGI + 0x400)
#define ICFGR0	(SGI + 0xc00)
#define ICFGR1	(SGI + 0xc04)

static u64 frame(u32 cpu)
{
	return plat.gicr + cpu * 0x20000ull;
}

TEST(gicr_typer__each_frame__number_affinity_last)
{
	for (u32 i = 0; i < plat.cpus; i++) {
		u64 typer = read64(frame(i) + TYPER);

		EXPECT_EQ(typer >> 32, i);
		EXPECT_EQ(typer >> 8 & 0xffff, i);
		EXPECT_EQ(typer >> 4 & 1, i == plat.cpus - 1);
		EXPECT(!plat.gz || !(typer & 0x3));	/* no LPIs */
		EXPECT_EQ(read32(frame(i) + TYPER), (u32)typer);
		EXPECT_EQ(read32(frame(i) + TYPER + 4), typer >> 32);
		write32(frame(i) + TYPER, ~0u);
		EXPECT_EQ(read64(frame(i) + TYPER), typer);
	}
}

TEST(gicr_waker__handshake__children_follow)
{
	u64 at = frame(0) + WAKER;

	icc_write(ICC_IGRPEN1, 0);
	isb();
	write32(at, 2);
	EXPECT_EQ(read32(at) & 6, 6);
	write32(at, 0);
	EXPECT_EQ(read32(at) & 6, 0);
	icc_write(ICC_IGRPEN1, 1);
	isb();
}

TEST(gicr_ctlr_iidr__written__no_effect)
{
	u32 iidr = read32(frame(0) + IIDR);

	write32(frame(0) + IIDR, ~iidr);
	EXPECT_EQ(read32(frame(0) + IIDR), iidr);
	EXPECT_EQ(read32(frame(0) + CTLR) & 8, 0);	/* RWP */
	if (!plat.gz)
		return;
	write32(frame(0) + CTLR, 1);
	EXPECT_EQ(read32(frame(0) + CTLR) & 1, 0);	/* no LPIs to enable */
}

static void set_clear(u64 set, u64 clear, u32 bits)
{
	write32(clear, ~0u);
	EXPECT_EQ(read32(set) & bits, 0);
	write32(set, bits & 0x5a5aff0f);
	EXPECT_EQ(read32(set) & bits, bits & 0x5a5aff0f);
	EXPECT_EQ(read32(clear) & bits, bits & 0x5a5aff0f);
	write32(clear, 0x0f00);
	EXPECT_EQ(read32(set) & bits, bits & 0x5a5af00f);
	write32(clear, ~0u);
	EXPECT_EQ(read32(set) & bits, 0);
}

/* The timers' own lines may be high: 26, 27, 29, 30 are left out, and 25 (maintenance). */
#define QUIET	0x81ffffffu

TEST(gicr_private__enable_pending_active__set_and_cleared)
{
	gic_clean();
	set_clear(frame(0) + ISENABLER0, frame(0) + ICENABLER0, ~0u);
	write32(frame(0) + ICFGR1, 0xaaaaaaaa);
	set_clear(frame(0) + ISPENDR0, frame(0) + ICPENDR0, QUIET);
	set_clear(frame(0) + ISACTIVER0, frame(0) + ICACTIVER0, QUIET);
	write32(frame(0) + ICFGR1, 0);
	write32(frame(0) + IGROUPR0, ~0u);
	EXPECT_EQ(read32(frame(0) + IGROUPR0), ~0u);
	gic_clean();
}

TEST(gicr_private__banked__other_cpus_unchanged)
{
	u32 last = plat.cpus - 1, before;

	if (!last)
		return;
	gic_clean();
	before = read32(frame(last) + ISENABLER0);
	write32(frame(0) + ISENABLER0, 0x00010300);
	write32(frame(0) + ISPENDR0, 0x00000200);
	write32(frame(0) + ISACTIVER0, 0x00000400);
	write8(frame(0) + IPRIORITYR + 9, 0x10);
	EXPECT_EQ(read32(frame(last) + ISENABLER0), before);
	EXPECT_EQ(read32(frame(last) + ISPENDR0) & 0x200, 0);
	EXPECT_EQ(read32(frame(last) + ISACTIVER0) & 0x400, 0);
	EXPECT(read8(frame(last) + IPRIORITYR + 9) != 0x10);
	/* and the other way: the boot CPU may set up another one's frame */
	write32(frame(last) + ISENABLER0, 0x4);
	EXPECT_EQ(read32(frame(last) + ISENABLER0) & 4, 4);
	EXPECT_EQ(read32(frame(0) + ISENABLER0) & 4, 0);
	write32(frame(last) + ICENABLER0, 0x4);
	gic_clean();
}

TEST(gicr_priority__bytes_and_words__upper_bits_kept)
{
	u64 at = frame(0) + IPRIORITYR;

	for (u32 i = 0; i < 32; i++)
		write8(at + i, (u8)(i * 8));
	for (u32 i = 0; i < 32; i++)
		EXPECT_EQ(read8(at + i) & 0xf8, i * 8);
	EXPECT_EQ(read32(at + 4) & 0xf8f8f8f8, 0x38302820);
	gic_clean();
}

TEST(gicr_config__sgis_edge__fixed)
{
	EXPECT_EQ(read32(frame(0) + ICFGR0), 0xaaaaaaaa);
	write32(frame(0) + ICFGR0, 0);
	EXPECT_EQ(read32(frame(0) + ICFGR0), plat.gz ? 0xaaaaaaaa : read32(frame(0) + ICFGR0));
	write32(frame(0) + ICFGR0, 0xaaaaaaaa);
}

TEST(gicr_unknown_offsets__zero_and_ignored)
{
	static const u32 hole[] = { 0x0018, 0x1000, 0xc000, 0xff00, SGI, SGI + 0x84, SGI + 0x104, SGI + 0x500, SGI + 0xd04, SGI + 0xff00 };

	for (u32 i = 0; i < ARRAY_SIZE(hole); i++) {
		write32(frame(0) + hole[i], ~0u);
		EXPECT_EQ(read32(frame(0) + hole[i]), 0);
	}
}

void suite_gic_redist(void)
{
	RUN_TEST(gicr_typer__each_frame__number_affinity_last);
	RUN_TEST(gicr_waker__handshake__children_follow);
	RUN_TEST(gicr_ctlr_iidr__written__no_effect);
	RUN_TEST(gicr_private__enable_pending_active__set_and_cleared);
	RUN_TEST(gicr_private__banked__other_cpus_unchanged);
	RUN_TEST(gicr_priority__bytes_and_words__upper_bits_kept);
	RUN_TEST(gicr_config__sgis_edge__fixed);
	RUN_TEST(gicr_unknown_offsets__zero_and_ignored);
	gic_clean();
}
