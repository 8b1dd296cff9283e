/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the first translation tables: image at its link address (W^X), trampoline page at its physical address, and
 *      windows boot needs before mm/hyp_map.c can work. Later they only carry secondary CPUs over the trampoline.
 * Never: an allocation; a mapping left in a window once the final tables are on.
 * Used by: arch/aarch64/entry.S, boot/.
 */
#ifndef BOOT_BOOT_TABLES_H
#define BOOT_BOOT_TABLES_H

#include "arch/aarch64/mmu_setup.h"
#include "lib/addr.h"
#include "lib/err.h"

enum boot_map_kind { BOOT_TEXT, BOOT_RODATA, BOOT_DATA, BOOT_DEVICE };

/* entry.S, MMU off, running at image_pa: builds everything, fills mmu_setup for exception level el. */
void boot_tables_build(u64 image_pa, u64 el);
/* Maps range at va, 2 MiB blocks where aligned. GZ_ENOMEM: out of static tables, GZ_EEXIST: va in use. */
enum gz_err boot_map(u64 va, struct pa_range range, enum boot_map_kind kind) __must_check;
/* Forgets the 512 GiB around va (one window of mm/layout.h) and its TLB entries. Not for the image. */
void boot_unmap_window(u64 va);
/* Physical address of something in the image. */
pa_t image_to_pa(const void *p);
extern u64 image_pa;

#endif
