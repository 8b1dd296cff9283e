/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: CHECK for defects of the hypervisor itself; panic prints one decodable report.
 * Never: on input of a host or guest (no CHECK or panic in host/, hvc/, run/, irq/vgic_*).
 * Used by: boot, mm, mem, arch, lib.
 */
#ifndef LIB_CHECK_H
#define LIB_CHECK_H

#include "lib/types.h"

/* Stops every CPU, prints registers, backtrace, last log lines and build id, then waits for ever. */
__noreturn void panic(const char *fmt, ...) __printf(1, 2);
/* Before the host runs: one line on the console with cause and remedy, then stop (power off if PSCI can). */
__noreturn void boot_fail(const char *fmt, ...) __printf(1, 2);

#define CHECK(cond) \
	do { \
		if (!(cond)) \
			panic("%s:%d: CHECK(%s)", __FILE__, __LINE__, #cond); \
	} while (0)

#endif
