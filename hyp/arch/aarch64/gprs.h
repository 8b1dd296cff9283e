/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: pairs of general registers to and from an array of 64-bit slots, for the assembly files.
 * Never: touch the base register before the last pair that needs it: callers name their pairs.
 * Used by: vectors.S, switch.S, smccc.S.
 */
#ifndef ARCH_GPRS_H
#define ARCH_GPRS_H

#ifdef __ASSEMBLER__

#define X4_TO_X17	4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17
#define X18_TO_X29	18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
#define X4_TO_X29	X4_TO_X17, X18_TO_X29

	/* op: stp or ldp; array: offset of x0's slot. */
	.macro	gprs op, base, array, n, m, rest:vararg
	\op	x\n, x\m, [\base, #\array + 8 * \n]
	.ifnb	\rest
	gprs	\op, \base, \array, \rest
	.endif
	.endm

#endif
#endif
