// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: runs every suite in turn.
 * Never: skip one silently.
 * Used by: main.c.
 */
#include "el1host/suites.h"

u64 host_fdt;

void run_suites(void)
{
	suite_guest();
	suite_calls();
	suite_pages();
	suite_el2mem();
	suite_life();
	suite_lies();
	suite_wake();
	suite_power();
	suite_exhaust();
	suite_latency();
	suite_regs();
}
