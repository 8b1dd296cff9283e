// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: distributor registers: reset values, writable bits, access sizes, what reads zero. GICv3, ARM IHI 0069, "Distributor registers".
 * Never: leave an interrupt pending or enabled.
 * Used by: probe/main.c.
 */
#include "probe/probe.h"

#define CTLR	0x0000
#define TYPER	0x0004
#define IIDR	0x0008
#define IGROUPR	0x0080
#define ISENABLER 0x0100
#define ICENABLER 0x0180
#define ISPENDR	0x0200
#define ICPENDR	0x0280
#define ISACTIVER 0x0300
#define ICACTIVER 0x0380
#define IPRIORITYR 0x0400
#define ICFGR	0x0c00
#define IROUTER	0x6000

static u64 d(u32 offset)
{
	return plat.gicd + offset;
}

TEST(gicd_ctlr__group1_bit__kept_rest_fixed)
{
	write32(d(CTLR), 0);
	EXPECT_EQ(read32(d(CTLR)) & 0x80000003u, 0);
	EXPECT_EQ(read32(d(CTLR)) & 0x10, 0x10);	/* ARE: no GICv2 here */
	write32(d(CTLR), ~0u);
	EXPECT_EQ(read32(d(CTLR)) & 0x80000012u, 0x12);	/* RWP is over */
	write32(d(CTLR), 0x12);
	EXPECT_EQ(read32(d(CTLR)) & 0x80000012u, 0x12);
}

TEST(gicd_typer__lines_and_bits__read_only)
{
	u32 typer = read32(d(TYPER));

	EXPECT_EQ(typer & 0x1f, plat.gz ? 8 : typer & 0x1f);
	EXPECT((typer >> 19 & 0x1f) >= 9);	/* IDbits: at least 10 bits of INTID */
	EXPECT(!plat.gz || !(typer & (BIT(17) | BIT(16))));	/* no LPIs, no MBIs */
	write32(d(TYPER), ~typer);
	EXPECT_EQ(read32(d(TYPER)), typer);
}

TEST(gicd_iidr__written__unchanged)
{
	u32 iidr = read32(d(IIDR));

	write32(d(IIDR), ~iidr);
	EXPECT_EQ(read32(d(IIDR)), iidr);
}

/* One set/clear pair of bit registers over all SPIs. */
static void set_clear(u32 set, u32 clear)
{
	for (u32 n = 1; n <= plat.spis / 32; n++) {
		u32 s = set + 4 * n, c = clear + 4 * n;

		write32(d(c), ~0u);
		EXPECT_EQ(read32(d(s)), 0);
		write32(d(s), 0x5a5a00ff);
		EXPECT_EQ(read32(d(s)), 0x5a5a00ff);
		EXPECT_EQ(read32(d(c)), 0x5a5a00ff);
		write32(d(s), 0x80000000);	/* ones add, zeros keep */
		EXPECT_EQ(read32(d(s)), 0xda5a00ff);
		write32(d(c), 0x0000000f);
		EXPECT_EQ(read32(d(c)), 0xda5a00f0);
		write32(d(c), ~0u);
		EXPECT_EQ(read32(d(s)), 0);
	}
}

TEST(gicd_enable__bits_of_all_spis__set_and_cleared)
{
	gic_clean();
	set_clear(ISENABLER, ICENABLER);
}

TEST(gicd_pending__bits_of_all_spis__set_and_cleared)
{
	gic_clean();
	set_clear(ISPENDR, ICPENDR);
}

TEST(gicd_active__bits_of_all_spis__set_and_cleared)
{
	gic_clean();
	set_clear(ISACTIVER, ICACTIVER);
}

TEST(gicd_group__spis__ones_kept)
{
	for (u32 n = 1; n <= plat.spis / 32; n++) {
		write32(d(IGROUPR + 4 * n), ~0u);
		EXPECT_EQ(read32(d(IGROUPR + 4 * n)), ~0u);
	}
}

TEST(gicd_priority__byte_and_word__upper_bits_kept)
{
	u32 at = IPRIORITYR + 32;

	for (u32 i = 0; i < plat.spis; i++)
		write8(d(at + i), (u8)(i * 8));
	for (u32 i = 0; i < plat.spis; i++)
		EXPECT_EQ(read8(d(at + i)) & 0xf8, (u8)(i * 8) & 0xf8);
	write32(d(at), 0x807060f8);
	EXPECT_EQ(read32(d(at)) & 0xf8f8f8f8, 0x807060f8 & 0xf8f8f8f8);
	EXPECT_EQ(read8(d(at)) & 0xf8, 0xf8);
	EXPECT_EQ(read8(d(at + 1)) & 0xf8, 0x60);
	EXPECT_EQ(read8(d(at + 3)) & 0xf8, 0x80);
	write8(d(at + 2), 0x10);
	EXPECT_EQ(read32(d(at)) & 0xf8f8f8f8, 0x801060f8 & 0xf8f8f8f8);
	gic_clean();
}

TEST(gicd_config__spis__only_upper_bit_of_each_kept)
{
	for (u32 n = 2; n < 2 + plat.spis / 16; n++) {
		write32(d(ICFGR + 4 * n), 0);
		EXPECT_EQ(read32(d(ICFGR + 4 * n)), 0);
		write32(d(ICFGR + 4 * n), ~0u);
		EXPECT_EQ(read32(d(ICFGR + 4 * n)), 0xaaaaaaaa);
		write32(d(ICFGR + 4 * n), 0x20000002);
		EXPECT_EQ(read32(d(ICFGR + 4 * n)), 0x20000002);
	}
	gic_clean();
}

TEST(gicd_router__two_words_or_one__same_register)
{
	u64 at = d(IROUTER + 8 * 40);

	write64(at, 1);
	EXPECT_EQ(read64(at), 1);
	EXPECT_EQ(read32(at), 1);
	EXPECT_EQ(read32(at + 4), 0);
	write32(at, 0x80000000);	/* any CPU */
	EXPECT_EQ(read64(at) & BIT(31), BIT(31));
	write32(at + 4, ~0u);
	EXPECT_EQ(read32(at + 4), plat.gz ? 0xff : read32(at + 4));	/* Aff3 only; QEMU's model keeps all */
	EXPECT_EQ(read32(at) & BIT(31), BIT(31));
	write64(at, ~0ull);
	EXPECT(!plat.gz || !(read64(at) & ~0xff80ffffffull));
	write64(at, 0);
	EXPECT_EQ(read64(at), 0);
}

TEST(gicd_private_interrupts__with_affinity_routing__not_here)
{
	static const u32 zero[] = { IGROUPR, ISENABLER, ICENABLER, ISPENDR, ICPENDR, ISACTIVER, ICACTIVER };

	gic_pend(1);	/* in the redistributor: must not shine through */
	for (u32 i = 0; i < ARRAY_SIZE(zero); i++) {
		write32(d(zero[i]), ~0u);
		EXPECT_EQ(read32(d(zero[i])), 0);
	}
	EXPECT(gic_pending(1));
	gic_unpend(1);
	for (u32 i = 0; i < 32; i += 4) {
		write32(d(IPRIORITYR + i), 0xf0f0f0f0);
		EXPECT_EQ(read32(d(IPRIORITYR + i)), 0);
	}
	EXPECT_EQ(read32(d(ICFGR)) | read32(d(ICFGR + 4)), 0);
}

TEST(gicd_unknown_offsets__zero_and_ignored)
{
	static const u32 hole[] = { 0x000c, 0x0044, 0x00fc, 0x0dfc, 0x1000, 0x2f00, 0x5ffc, 0x7ff8, 0x8000, 0xc010, 0xff00 };

	for (u32 i = 0; i < ARRAY_SIZE(hole); i++) {
		write32(d(hole[i]), ~0u);
		EXPECT_EQ(read32(d(hole[i])), 0);
	}
	/* Bits of interrupts behind the last one. */
	for (u32 n = 1 + plat.spis / 32; n < 31; n++) {
		write32(d(ISENABLER + 4 * n), ~0u);
		EXPECT_EQ(read32(d(ISENABLER + 4 * n)), 0);
	}
}

/* A size the register does not have: RAZ/WI here, or an abort elsewhere; the machine lives and the value stays. */
static void odd_sizes(void *arg)
{
	u64 at = (u64)arg;

	write8(at, 0xff);
	write16(at, 0xffff);
	read8(at + 1);
	read16(at + 2);
}

TEST(gicd_odd_sizes__no_effect)
{
	struct exc e;
	u32 before;

	gic_clean();
	before = read32(d(ISENABLER + 4));
	exc_try(odd_sizes, (void *)d(ISENABLER + 4), &e);
	EXPECT_EQ(read32(d(ISENABLER + 4)), before);
	EXPECT(!plat.gz || e.count == 0);
	exc_try(odd_sizes, (void *)d(CTLR), &e);
	EXPECT_EQ(read32(d(CTLR)) & 0x12, 0x12);
}

void suite_gic_regs(void)
{
	RUN_TEST(gicd_ctlr__group1_bit__kept_rest_fixed);
	RUN_TEST(gicd_typer__lines_and_bits__read_only);
	RUN_TEST(gicd_iidr__written__unchanged);
	RUN_TEST(gicd_enable__bits_of_all_spis__set_and_cleared);
	RUN_TEST(gicd_pending__bits_of_all_spis__set_and_cleared);
	RUN_TEST(gicd_active__bits_of_all_spis__set_and_cleared);
	RUN_TEST(gicd_group__spis__ones_kept);
	RUN_TEST(gicd_priority__byte_and_word__upper_bits_kept);
	RUN_TEST(gicd_config__spis__only_upper_bit_of_each_kept);
	RUN_TEST(gicd_router__two_words_or_one__same_register);
	RUN_TEST(gicd_private_interrupts__with_affinity_routing__not_here);
	RUN_TEST(gicd_unknown_offsets__zero_and_ignored);
	RUN_TEST(gicd_odd_sizes__no_effect);
	gic_clean();
}
