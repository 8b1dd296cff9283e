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
/* All of them, or those that /chosen bootargs name: only=calls,pages */
void run_suites(void);

/* AVOID_* (lib/testdev.h) that whoever started the machine named: avoid=cval */
u64 machine_avoid(void);

/* rounds=N of the command line, else this: one code for the gate and for long runs. */
u64 rounds_or(u64 otherwise);

/* Before the closing line. */
void say_nonce(void);

void suite_first(void);
void suite_calls(void);
void suite_pages(void);
void suite_el2mem(void);
void suite_life(void);
void suite_lies(void);
void suite_regs(void);
void suite_wake(void);
void suite_power(void);
void suite_exhaust(void);
void suite_latency(void);
void suite_guest(void);
void suite_protect(void);
void suite_swiotlb(void);
void suite_neighbours(void);
void suite_cycles(void);
void suite_storm(void);
void suite_toctou(void);
void suite_exits(void);
void suite_edges(void);
void suite_firmware(void);
void suite_lend(void);

#endif
