/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a firmware call that may come back at another address, with nothing but x0 kept.
 * Never: rely on a register or the MMU behind it.
 * Used by: suspend/main.c.
 */
	.text
/* u64 sleep_call(u64 save[16], u64 id, u64 a1, u64 a2, u64 a3): x0 of the call, or ~0 >> 1 when it came back at sleep_entry. */
	.globl	sleep_call
sleep_call:
	stp	x19, x20, [x0, #0]
	stp	x21, x22, [x0, #16]
	stp	x23, x24, [x0, #32]
	stp	x25, x26, [x0, #48]
	stp	x27, x28, [x0, #64]
	stp	x29, x30, [x0, #80]
	mov	x5, sp
	str	x5, [x0, #96]
	dc	civac, x0
	add	x5, x0, #64
	dc	civac, x5
	dsb	sy
	mov	x0, x1
	mov	x1, x2
	mov	x2, x3
	mov	x3, x4
	smc	#0
	ret

/* x0 = context = the save area. The level and the MMU as found go to its words 13 and 14. */
	.globl	sleep_entry
sleep_entry:
	mrs	x1, CurrentEL
	mrs	x2, sctlr_el1
	stp	x1, x2, [x0, #104]
	ldp	x19, x20, [x0, #0]
	ldp	x21, x22, [x0, #16]
	ldp	x23, x24, [x0, #32]
	ldp	x25, x26, [x0, #48]
	ldp	x27, x28, [x0, #64]
	ldp	x29, x30, [x0, #80]
	ldr	x5, [x0, #96]
	mov	sp, x5
	adrp	x1, vectors
	add	x1, x1, :lo12:vectors
	msr	vbar_el1, x1
	mov	x1, #(3 << 20)
	msr	cpacr_el1, x1
	isb
	mov	x0, #-1
	lsr	x0, x0, #1
	ret
