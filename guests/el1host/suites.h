/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the list of attack suites of el1host; each is one file and one function.
 * Never: order-dependent: every suite cleans up behind itself.
 * Used by: main.c, suites.c.
 */
#ifndef EL1HOST_SUITES_H
#define EL1HOST_SUITES_H

#include "lib/lib.h"

extern u64 host_fdt;
void run_suites(void);

#endif
