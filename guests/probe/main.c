// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a guest that looks at its machine from inside; el1host or gz starts it.
 * Never: depend on who started it beyond the console.
 * Used by: el1host (embedded), gz run (flat binary), the gate.
 */
#include "gz/guest_hvc.h"
#include "lib/lib.h"
#include "lib/testdev.h"

TEST(entry__state__el1h_masked)
{
	EXPECT_EQ(sysreg_read(currentel) >> 2, 1);
	EXPECT_EQ(sysreg_read(daif) & 0x3c0, 0x3c0);
	EXPECT_EQ(sysreg_read(mpidr_el1) & 0xff00ffffffull, 0);
}

TEST(psci__version__1_1)
{
	EXPECT_EQ((u32)psci(PSCI_VERSION_ID, 0, 0, 0), PSCI_VERSION_1_1);
}

void payload_main(u64 fdt)
{
	(void)fdt;
	conduit_smc = false;
	RUN_TEST(entry__state__el1h_masked);
	RUN_TEST(psci__version__1_1);
	tests_report();
}
