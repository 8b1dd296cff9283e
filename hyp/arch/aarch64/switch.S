/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: into the guest and back: general registers, PC, PSTATE; EL2's vectors while a guest runs.
 * Never: touch EL1 registers, look at a syndrome, leave a register of EL2 to a guest.
 * Calls: nothing; guest_enter() returns to run/run.c when the guest traps.
 */
#include "arch/aarch64/gprs.h"
#include "arch/aarch64/ptrauth.h"
#include "asm_offsets.h"

#define SAVED	112			/* x19-x30, the context, padding */

	.text
/* u64 guest_enter(struct cpu_ctx *ctx) */
	.global	guest_enter
	.type	guest_enter, %function
guest_enter:
	hint	#34			/* bti c */
	stp	x29, x30, [sp, #-SAVED]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	str	x0, [sp, #96]
	ptrauth_absent x1, 1f
	apia_load x0, CTX_APIA, x1, x2
1:	ldp	x1, x2, [x0, #CTX_PC]
	msr	elr_el2, x1
	msr	spsr_el2, x2
	ldr	x30, [x0, #CTX_X + 240]
	gprs	ldp, x0, CTX_X, 2, 3, X4_TO_X29
	ldp	x0, x1, [x0, #CTX_X]
	eret
	/* Nothing behind an ERET is to be executed, not even speculatively. */
	dsb	nsh
	isb

	.macro	slot_guest type
	.balign	128
	stp	x0, x1, [sp, #-16]!
	ldr	x0, [sp, #16 + 96]
	stp	x2, x3, [x0, #CTX_X + 16]
	mov	x2, #\type
	b	guest_left
	.endm

	.macro	slot_el2 label
	.balign	128
	b	\label
	.endm

	.balign	2048
	.global	hyp_vectors_guest
hyp_vectors_guest:
	slot_el2 el2_bad_sync
	slot_el2 el2_bad_irq
	slot_el2 el2_bad_fiq
	slot_el2 el2_bad_serror
	slot_el2 el2_bad_sync
	slot_el2 el2_bad_irq
	slot_el2 el2_bad_fiq
	slot_el2 el2_bad_serror
	slot_guest 0
	slot_guest 1
	slot_guest 2
	slot_guest 3
	/* An AArch32 EL0 under an AArch64 EL1 arrives above; these are for an AArch32 EL1, which HCR_EL2.RW rules out. */
	slot_guest 0
	slot_guest 1
	slot_guest 2
	slot_guest 3

	.balign	128
/* x0 = context, x2 = type; the guest's x0, x1 are on the stack. */
guest_left:
	gprs	stp, x0, CTX_X, X4_TO_X29
	mrs	x3, elr_el2
	mrs	x4, spsr_el2
	stp	x30, x3, [x0, #CTX_X + 240]
	str	x4, [x0, #CTX_PC + 8]
	ptrauth_absent x3, 1f
	apia_save x0, CTX_APIA, x3, x4
	apia_el2 x3, x4
1:	ldp	x3, x4, [sp], #16
	stp	x3, x4, [x0, #CTX_X]
	mov	x0, x2
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #SAVED
	ret
