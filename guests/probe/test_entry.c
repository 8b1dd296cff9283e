// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the state a guest finds at its first instruction, as far as C can still see it.
 * Never: what the loader may choose.
 * Used by: probe/main.c.
 */
#include "gz/guest_hvc.h"
#include "probe/probe.h"

TEST(entry__state__el1h_masked)
{
	EXPECT_EQ(sysreg_read(currentel) >> 2, 1);
	EXPECT_EQ(sysreg_read(daif) & 0x3c0, 0x3c0);
	EXPECT_EQ(sysreg_read(spsel), 1);
	EXPECT_EQ(sysreg_read(mpidr_el1) & 0xff00ffffffull, 0);
}

TEST(entry__gic_found__version_3)
{
	EXPECT(plat.gicd && plat.gicr);
	EXPECT_EQ(read32(plat.gicd + 0xffe8) >> 4 & 0xf, 3);
	EXPECT_EQ(read32(plat.gicr + 0xffe8) >> 4 & 0xf, 3);
	EXPECT_EQ(icc_read(ICC_SRE) & 1, 1);
}

void suite_entry(void)
{
	RUN_TEST(entry__state__el1h_masked);
	RUN_TEST(entry__gic_found__version_3);
}
