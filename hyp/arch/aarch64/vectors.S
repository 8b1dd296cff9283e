/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: EL2's exception vectors while the host runs: its traps into a host_frame and C, EL2's own exceptions into the panic report.
 * Never: keep anything of the host outside the frame; hyp_vectors_guest is in switch.S.
 * Calls: host_trap(), el2_exception().
 */
#include "arch/aarch64/gprs.h"
#include "arch/aarch64/ptrauth.h"
#include "asm_offsets.h"

	.macro	slot_host type
	.balign	128
	sub	sp, sp, #FRAME_SIZE
	stp	x0, x1, [sp, #FRAME_X]
	mov	x1, #\type
	b	host_common
	.endm

	.macro	slot_bad label
	.balign	128
	b	\label
	.endm

	.text
	.balign	2048
	.global	hyp_vectors_host
hyp_vectors_host:
	slot_bad el2_bad_sync
	slot_bad el2_bad_irq
	slot_bad el2_bad_fiq
	slot_bad el2_bad_serror
	slot_bad el2_bad_sync
	slot_bad el2_bad_irq
	slot_bad el2_bad_fiq
	slot_bad el2_bad_serror
	slot_host 0
	slot_host 1
	slot_host 2
	slot_host 3
	/* "Lower EL using AArch32" means EL1, which HCR_EL2.RW rules out; treated alike all the same. */
	slot_host 0
	slot_host 1
	slot_host 2
	slot_host 3

	.balign	128
host_common:
	gprs	stp, sp, FRAME_X, 2, 3, X4_TO_X29
	mrs	x2, elr_el2
	mrs	x3, spsr_el2
	stp	x30, x2, [sp, #FRAME_X + 240]
	str	x3, [sp, #FRAME_ELR + 8]
	ptrauth_absent x2, 1f
	apia_save sp, FRAME_APIA, x2, x3
	apia_el2 x2, x3
1:	mov	x0, sp
	mov	x29, xzr		/* backtraces end here */
	bl	host_trap
	ptrauth_absent x2, 2f
	apia_load sp, FRAME_APIA, x2, x3
2:	ldr	x3, [sp, #FRAME_ELR + 8]
	ldp	x30, x2, [sp, #FRAME_X + 240]
	msr	elr_el2, x2
	msr	spsr_el2, x3
	gprs	ldp, sp, FRAME_X, 2, 3, X4_TO_X29
	ldp	x0, x1, [sp, #FRAME_X]
	add	sp, sp, #FRAME_SIZE
	eret
	/* Nothing behind an ERET is to be executed, not even speculatively. */
	dsb	nsh
	isb

/*
 * EL2's own exceptions. The stack may be the cause, so a panic stack is used; the first CPU gets it, later ones (and a
 * second exception of the first) wait for ever. EL1's registers are free as scratch: nobody returns to it.
 */
	.macro	el2_bad label, type
	.global	\label
\label:
	msr	tpidr_el1, x0
	msr	tpidr_el0, x1
	mov	x0, #\type
	b	el2_bad_common
	.endm

	el2_bad	el2_bad_sync, 0
	el2_bad	el2_bad_irq, 1
	el2_bad	el2_bad_fiq, 2
	el2_bad	el2_bad_serror, 3

el2_bad_common:
	msr	elr_el1, x0
	msr	sp_el0, x2
	adrp	x0, panic_stack_claim
	add	x0, x0, :lo12:panic_stack_claim
1:	ldaxr	w1, [x0]
	cbnz	w1, 3f
	mov	w1, #1
	stxr	w2, w1, [x0]
	cbnz	w2, 1b
	mov	x1, sp
	adrp	x0, panic_stack_top
	mov	sp, x0
	sub	sp, sp, #FRAME_SIZE
	gprs	stp, sp, FRAME_X, 2, 3, X4_TO_X29
	mrs	x2, elr_el2
	mrs	x3, spsr_el2
	stp	x30, x2, [sp, #FRAME_X + 240]
	str	x3, [sp, #FRAME_ELR + 8]
	mrs	x4, tpidr_el1
	mrs	x5, tpidr_el0
	stp	x4, x5, [sp, #FRAME_X]
	mrs	x4, sp_el0
	str	x4, [sp, #FRAME_X + 16]
	mov	x2, x1			/* the stack pointer of the moment */
	mrs	x1, elr_el1
	mov	x0, sp
	bl	el2_exception
3:	wfi
	b	3b

	.section .bss.panic_stack, "aw", %nobits
	.balign 4096
	.skip	8192
panic_stack_top:
	.global panic_stack_claim
panic_stack_claim:
	.skip	4
