/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the vector registers as memory, in assembly.
 * Never: used outside fpsimd.c: run/ has context.h.
 * Used by: fpsimd.c.
 */
#ifndef ARCH_FPSIMD_H
#define ARCH_FPSIMD_H

#include "lib/types.h"

/* Bytes of a vector register at the length in force (ZCR_EL2 at its largest). */
u32 sve_vl(void);
/* area: 32 * vl + 17 * vl / 8 + 16 bytes. vl as above. */
void sve_save(void *area, u64 vl);
void sve_restore(const void *area, u64 vl);

#endif
