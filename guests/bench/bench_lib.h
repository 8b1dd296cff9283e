/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the parts of the bench guest as they call each other.
 * Never: anything for another payload.
 * Used by: guests/bench.
 */
#ifndef GUESTS_BENCH_LIB_H
#define GUESTS_BENCH_LIB_H

#include "lib/lib.h"

#define ROUNDS		256u

/* Whether this row is asked for: all are, unless the command line says only=ROW. */
bool bench_wanted(const char *name);
/* Runs op(arg) ROUNDS times and prints the mean without the dearest 1/32 (the host's own timer tick hits a few). */
void bench_row(const char *name, void (*op)(u64), u64 arg);
/* Prints what n samples (at most ROUNDS, sorted here) come to, less the cost of reading the counter. */
void bench_report(const char *name, u64 *sample, u32 n);

/* irq.c: timers and SGIs; the GIC is ready. */
void bench_irqs(u32 cpus);
/* roles.c: what the program that started us asks for; does not return. */
__attribute__((noreturn)) void bench_role(u64 fdt);

#endif
