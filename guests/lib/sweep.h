/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: every encoding of the system instruction space at this exception level: read, written back, executed.
 * Never: return how a single one behaved, only how many were refused as exceptions.
 * Used by: probe and el1host.
 */
#ifndef GUESTS_SWEEP_H
#define GUESTS_SWEEP_H

#include "lib/lib.h"

#define SWEEP_NR	0x8000	/* op0 2 and 3 */

u32 sweep_reads(void);
u32 sweep_write_back(void);
/* op0 1; with_result: SYSL. */
u32 sweep_instructions(bool with_result);
u32 sweep_reads_el0(void);
/* MRS of op0 << 14 | op1 << 11 | CRn << 7 | CRm << 3 | op2 (op0 without its upper bit), count of them: exceptions. */
u32 sweep_list(const u16 *encodings, u32 count, struct exc *e);
#define SYSREG(op0, op1, crn, crm, op2) ((u16)(((op0) & 1) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2)))

#endif
