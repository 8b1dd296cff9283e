/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the one function that makes EL1 take an exception, for host and guest.
 * Never: anything but what the pseudo-code AArch64.TakeException of the Arm ARM (DDI 0487) does to EL1.
 * Used by: host/host_abort.c, run/run_inject.c.
 */
#ifndef ARCH_INJECT_H
#define ARCH_INJECT_H

#include "lib/types.h"

/*
 * Writes ESR_EL1, FAR_EL1 (when far_valid), ELR_EL1 = *pc, SPSR_EL1 = *pstate on the hardware and returns the vector
 * in *pc and the new PSTATE in *pstate (EL1h, DAIF, PAN by SCTLR.SPAN, SSBS by SCTLR.DSSBS, TCO = 1, BTYPE = 0, IL = 0).
 * type: 0 synchronous, 0x180 SError offset. The EL1 registers on the CPU are those of the victim.
 */
void el1_inject(u64 *pc, u64 *pstate, u64 esr, bool far_valid, u64 far, u32 vector_type);

#endif
