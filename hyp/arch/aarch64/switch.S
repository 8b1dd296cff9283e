/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: into the guest and back, again and again: general registers, PC, PSTATE; EL2's vectors while a guest runs.
 * Never: touch EL1 registers, look at a syndrome, leave a register of EL2 to a guest.
 * Calls: guest_trap() in run/run.c after each trap. EL2's own callee-saved registers are kept once for the whole stay.
 */
#include "arch/aarch64/gprs.h"
#include "arch/aarch64/ptrauth.h"
#include "asm_offsets.h"

/* On the stack: x29, x30, x19-x28, and what every round needs. */
#define S_CTX		96			/* then the word for guest_trap() */
#define S_DUE		112
#define S_X0_X1		128			/* the guest's, for a moment */
#define SAVED		144
#define TYPE_DUE	4			/* GUEST_DUE */

	.text
/* u32 guest_run(struct cpu_ctx *ctx, struct run *r, const u32 *due) */
	.global	guest_run
	.type	guest_run, %function
guest_run:
	hint	#25			/* paciasp: the address stays on the stack while guests run */
	stp	x29, x30, [sp, #-SAVED]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	stp	x0, x1, [sp, #S_CTX]
	str	x2, [sp, #S_DUE]
guest_next:
	ldr	x1, [sp, #S_DUE]
	ldr	w1, [x1]
	cbnz	w1, guest_due
guest_enter:
	ldr	x0, [sp, #S_CTX]
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
	stp	x0, x1, [sp, #S_X0_X1]
	ldr	x0, [sp, #S_CTX]
	mov	x1, #\type
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
/* x0 = context, x1 = type; the guest's x0, x1 are on the stack. */
guest_left:
	gprs	stp, x0, CTX_X, 2, 3, X4_TO_X29
	mrs	x3, elr_el2
	mrs	x4, spsr_el2
	stp	x30, x3, [x0, #CTX_X + 240]
	str	x4, [x0, #CTX_PC + 8]
	ptrauth_absent x3, 1f
	apia_save x0, CTX_APIA, x3, x4
	apia_el2 x3, x4
1:	ldp	x3, x4, [sp, #S_X0_X1]
	stp	x3, x4, [x0, #CTX_X]
	mov	x29, sp			/* a backtrace goes on at guest_run()'s caller */
	ldr	x0, [sp, #S_CTX + 8]
	bl	guest_trap
	cbz	w0, guest_next
guest_out:
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #SAVED
	hint	#29			/* autiasp */
	ret

/* Once, then the guest gets its turn even if more became due. */
guest_due:
	mov	x29, sp
	ldr	x0, [sp, #S_CTX + 8]
	mov	x1, #TYPE_DUE
	bl	guest_trap
	cbz	w0, guest_enter
	b	guest_out
