/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what the steps of boot hand to each other.
 * Never: used once the host runs.
 * Used by: boot/ only.
 */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include "boot/boot_layout.h"
#include "plat/machine.h"

struct boot {
	struct machine machine;
	struct boot_layout layout;
	struct pa_range image;		/* link size, not rounded to blocks */
	struct pa_range fdt;		/* the tree firmware gave us */
};

/* boot/console.c: reads the tree, opens the console; stops with a reason when the tree is refused or this is not EL2. */
void boot_read_machine(struct boot *b, u64 fdt_pa, u64 el);
/* boot/memory.c: decides places, takes the pool, turns the final tables on. */
void boot_take_memory(struct boot *b);
/* boot/memory.c: page records, the host's stage 2. */
void boot_fence_host(const struct boot *b);
/* boot/options.c: gz.* words; says which it does not know. */
void boot_options(const struct boot *b);
/* "64M" and the like; false when it is no size. */
bool boot_option_size(const struct machine *m, const char *name, u64 *size);
/* boot/handoff.c: moves the kernel, writes the host's tree, enters it. */
__noreturn void boot_enter_host(struct boot *b);
/* boot/secondary.c: every CPU, the boot CPU too: control registers, GIC. */
void boot_cpu_setup(void);

#endif
