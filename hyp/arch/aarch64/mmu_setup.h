/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what a CPU with its MMU off needs to turn it on.
 * Never: changed after the first secondary CPU may start, but for final_ttbr before that.
 * Used by: arch/aarch64/entry.S, boot/boot_tables.c (fills it).
 */
#ifndef ARCH_MMU_SETUP_H
#define ARCH_MMU_SETUP_H

#include "lib/types.h"

/* Cleaned to the point of coherency by boot/handoff.c: secondaries read it with their caches off. */
struct mmu_setup { u64 ttbr, tcr, mair, sctlr, final_ttbr, pad[3]; } __aligned(64);
extern struct mmu_setup mmu_setup;

#endif
