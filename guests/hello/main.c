// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the smallest payload: says that it runs, and where.
 * Never: a test of anything but loader and console.
 * Used by: people, and the first system test of a new loader.
 */
#include "lib/lib.h"

TEST(hello__entry__el1_and_console)
{
	EXPECT_EQ(sysreg_read(currentel) >> 2, 1);
	printf("hello from EL1 at %p, CPU %u\n", (void *)_image_start, cpu_id());
}

void payload_main(u64 fdt)
{
	(void)fdt;
	conduit_smc = true;
	RUN_TEST(hello__entry__el1_and_console);
	tests_report();
}
