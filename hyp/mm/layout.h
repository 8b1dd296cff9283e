/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: EL2's own virtual address map (one TTBR0_EL2, 48 bits, 4 KiB granule) and the one linear offset.
 * Never: a mapping of guest or host memory here; mm/fixmap.h and mm/hyp_map.h make those, briefly.
 * Used by: mm, boot, arch/aarch64/entry.S, hyp.lds.
 */
#ifndef MM_LAYOUT_H
#define MM_LAYOUT_H

#define HYP_VA_BITS		48
#define HYP_VA_IMAGE		0x800000000000	/* link address; the image keeps its 2 MiB offset */
#define HYP_VA_LINEAR		0x810000000000	/* pool carve-out: VA = this + (pa - pool base); blocks added to it likewise, */
#define HYP_VA_LINEAR_LOW	0x800040000000	/* those below the carve-out from here on */
#define HYP_VA_STACKS		0x820000000000	/* per CPU: guard page, stack, guard page */
#define HYP_VA_FIXMAP		0x830000000000	/* per CPU: FIXMAP_SLOTS pages */
#define HYP_VA_VCPU		0x840000000000	/* run and hwstate pages of live vCPUs */
#define HYP_VA_MMIO		0x850000000000	/* device registers EL2 uses */
#define HYP_VA_EARLY		0x860000000000	/* boot only: device tree, modules; gone before the host runs */

#define HYP_STACK_PAGES		4
#define HYP_STACK_STRIDE	0x8000		/* guard page, stack, the rest unmapped up to the next CPU's */

#ifndef __ASSEMBLER__
#include "lib/addr.h"

/* Set once at boot (or by a test): VA of a pool page = pa + linear_offset. */
extern u64 linear_offset;

/* Needs: pa inside the pool. */
static inline void *pa_to_ptr(pa_t pa) { return (void *)(uintptr_t)(pa.v + linear_offset); }
/* First address above the stack of a CPU. */
static inline u64 hyp_stack_top(u32 cpu)
{
	return HYP_VA_STACKS + (u64)cpu * HYP_STACK_STRIDE + (1 + HYP_STACK_PAGES) * PAGE_SIZE;
}
static inline pa_t ptr_to_pa(const void *p) { return PA((u64)(uintptr_t)p - linear_offset); }
#endif

#endif
