/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: EL2's own stage 1: image (W^X), stacks with guard pages, linear pool window, devices, vCPU pages, fixmap.
 * Never: a writable and executable page, a lasting alias of guest memory.
 * Used by: boot, mem, vm, irq, plat.
 */
#ifndef MM_HYP_MAP_H
#define MM_HYP_MAP_H

#include "lib/addr.h"
#include "lib/err.h"

/*
 * Builds the final tables (pool must be up, linear_offset set): image at its link address, pool window, a stack for
 * each CPU (hyp_stack_top()). Returns the TTBR0_EL2 value. Boot CPU, once; boot_fail() when the pool is too small.
 */
u64 hyp_map_init(struct pa_range image, struct pa_range pool, u32 cpu_count);
/*
 * Tables for what is mapped and unmapped later, vCPU pages and blocks of RAM in the pool's window: they stay, so they must not lie
 * in a block that the host is to get back. Boot, after the pool is where pa_to_ptr() says. GZ_ENOMEM: pool too small.
 */
enum gz_err hyp_map_reserve(const struct pa_range *ram, u32 ram_count) __must_check;
/* Any range at a VA that nothing else has: boot at HYP_VA_EARLY.., vCPU pages below. Unmap: what was mapped as one piece. */
enum gz_err hyp_map_at(u64 va, struct pa_range range, u32 attr) __must_check;
void hyp_unmap_at(u64 va, u64 size);
/* Maps device registers for good; *va gets the address. */
enum gz_err hyp_map_mmio(struct pa_range range, u64 *va) __must_check;
#define HYP_VCPU_SLOTS 1024
/* Maps one host page that is shared with EL2 (state checked by the caller) at vCPU page slot n; unmap before un-sharing. */
enum gz_err hyp_map_vcpu_page(u32 slot, pa_t page, void **ptr) __must_check;
void hyp_unmap_vcpu_page(u32 slot);
/*
 * This CPU's fixmap slot n (0..FIXMAP_SLOTS-1): maps one page of any kind, unmap soon. Nothing else of this CPU uses
 * the slot meanwhile: interrupts are masked in EL2. Slot 0 is mem's.
 */
#define FIXMAP_SLOTS 4
void *fixmap_map(u32 slot, pa_t page, u32 attr);
void fixmap_unmap(u32 slot);
/* The same for one whole 2 MiB block of RAM, one window per CPU: one TLBI where pages would take 512. */
void *fixmap_map_block(pa_t block);
void fixmap_unmap_block(void);

#endif
