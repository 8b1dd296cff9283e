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
}
