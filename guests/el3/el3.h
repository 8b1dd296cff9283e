/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what the parts of the EL3 firmware tell each other.
 * Never: used by anything that runs below EL3.
 * Used by: guests/el3.
 */
#ifndef GUESTS_EL3_H
#define GUESTS_EL3_H

#include "lib/lib.h"

#define EL3_CPUS	MAX_CPUS
#define SECURE_SGI	15		/* kept from the normal world, as firmware keeps some */

struct el3_frame { u64 x[31], pad; };

/* entry.S */
__attribute__((noreturn)) void el3_enter(u64 pc, u64 x0);	/* EL2, MMU off, interrupts masked, empty stack */
__attribute__((noreturn)) void el3_exit(u64 code);		/* ends QEMU */
void el3_forget(void);			/* what a CPU loses with its power: registers of EL2 and EL1 */

/* main.c */
u32 el3_cpu(void);
void el3_say(const char *text, u64 value);
void el3_gic_forget(void);		/* the same for the CPU interface */
__attribute__((noreturn)) void el3_main(void);
__attribute__((noreturn)) void el3_unexpected(u64 vector);

/* psci.c */
void el3_smc(struct el3_frame *f);
__attribute__((noreturn)) void el3_wait_for_work(void);
void el3_cpu_is_on(void);

#endif
