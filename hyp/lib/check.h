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

/*
 * What panic() needs from above. stop_others: makes every other CPU enter EL2 soon, where it calls panic_check();
 * power_off: returns if it cannot.
 */
void panic_set_stop_others(void (*stop_others)(void));
void boot_fail_set_power_off(void (*power_off)(void));
/* Every entry to EL2 from below: does not return once some CPU panicked. */
extern u32 panic_cpu;			/* 1 + its number; 0: none */
__noreturn void panic_park(void);
/* A report of another kind (EL2's own exceptions): begin, lines, end with the frame pointer to trace back from. */
void panic_begin(void);
void panic_say(const char *fmt, ...) __printf(1, 2);
__noreturn void panic_end(u64 fp);
static inline void panic_check(void)
{
	if (READ_ONCE(panic_cpu))
		panic_park();
}

#define CHECK(cond) \
	do { \
		if (!(cond)) \
			panic("%s:%d: CHECK(%s)", __FILE__, __LINE__, #cond); \
	} while (0)

#endif
