/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: down to EL0 and back; small position independent pieces that run there.
 * Never: anything that needs the image's own addresses: the pieces are copied into a user block.
 * Used by: lib/el0.c, tests.
 */
	.text
	/* u64 el0_enter(pc, arg, spsr, sp): back when EL0 executes SVC #0x77; the result is EL0's x0. */
	.globl el0_enter, el0_return
el0_enter:
	sub	sp, sp, #96
	stp	x19, x20, [sp, #0]
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	stp	x27, x28, [sp, #64]
	stp	x29, x30, [sp, #80]
	msr	elr_el1, x0
	msr	spsr_el1, x2
	msr	sp_el0, x3
	mov	x0, x1
	eret
el0_return:
	ldp	x19, x20, [sp, #0]
	ldp	x21, x22, [sp, #16]
	ldp	x23, x24, [sp, #32]
	ldp	x25, x26, [sp, #48]
	ldp	x27, x28, [sp, #64]
	ldp	x29, x30, [sp, #80]
	add	sp, sp, #96
	ret

	.macro	piece name
	.globl	\name, \name\()_end
	.balign	8
\name:
	.endm
	.macro	piece_end name
	svc	#0x77
\name\()_end:
	.endm

	piece	el0_nothing
	piece_end el0_nothing

	piece	el0_svc			/* x0 += 1 around an SVC of another number */
	add	x0, x0, #1
	svc	#5
	add	x0, x0, #1
	piece_end el0_svc

	piece	el0_undef
	.inst	0x00000000
	hvc	#0
	smc	#0
	mrs	x1, vbar_el1
	piece_end el0_undef

	piece	el0_load		/* x0 = address */
	ldr	w0, [x0]
	piece_end el0_load

	piece	el0_store
	str	w0, [x0]
	piece_end el0_store

	piece	el0_store_pair
	stp	x1, x1, [x0]
	piece_end el0_store_pair

	piece	el0_wait		/* until the flag at x0 is set */
1:	ldar	w1, [x0]
	cbz	w1, 1b
	piece_end el0_wait

	piece	el0_wfi
	wfi
	piece_end el0_wfi
