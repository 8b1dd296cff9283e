/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: EL2 signs its return addresses with key IA, which host and guest use too: macros that change hands.
 * Never: leave EL2's key in the CPU when EL1 runs: EL1 can read it.
 * Used by: entry.S, vectors.S, switch.S.
 */
#ifndef ARCH_PTRAUTH_H
#define ARCH_PTRAUTH_H

#ifdef __ASSEMBLER__

/* APIAKeyLo_EL1, APIAKeyHi_EL1: the assembler's base architecture has no names for them. */
#define APIA_LO		s3_0_c2_c1_0
#define APIA_HI		s3_0_c2_c1_1

	/* To skip on a CPU without pointer authentication. */
	.macro	ptrauth_absent tmp, skip
	adrp	\tmp, el2_key
	ldr	\tmp, [\tmp, #:lo12:el2_key]
	cbz	\tmp, \skip
	.endm

	.macro	apia_save base, offset, lo, hi
	mrs	\lo, APIA_LO
	mrs	\hi, APIA_HI
	str	\lo, [\base, #\offset]
	str	\hi, [\base, #\offset + 8]
	.endm

	/* An ERET or ISB has to follow. */
	.macro	apia_load base, offset, lo, hi
	ldr	\lo, [\base, #\offset]
	ldr	\hi, [\base, #\offset + 8]
	msr	APIA_LO, \lo
	msr	APIA_HI, \hi
	.endm

	/* Before C runs. */
	.macro	apia_el2 lo, hi
	adrp	\lo, el2_key
	add	\lo, \lo, :lo12:el2_key
	ldp	\lo, \hi, [\lo, #8]
	msr	APIA_LO, \lo
	msr	APIA_HI, \hi
	isb				/* the next signed return address takes the new key */
	.endm

#endif
#endif
