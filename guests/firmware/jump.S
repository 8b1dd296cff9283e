/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: leaves the firmware: MMU and caches off, x0 the device tree, every other register 0.
 * Never: return.
 * Used by: guests/firmware/main.c.
 */
	.text
	/* x0: where to, x1: device tree. The image is clean to memory first, for the payload may look at it uncached. */
	.globl jump_bare
jump_bare:
	msr	tpidr_el1, x0
	mov	x0, x1
	adrp	x2, _image_start
	adrp	x3, _image_end
1:	dc	civac, x2
	add	x2, x2, #16
	cmp	x2, x3
	b.lo	1b
	dsb	sy
	ldr	x2, =0x30d00800
	msr	sctlr_el1, x2
	isb
	ic	iallu
	tlbi	vmalle1
	dsb	sy
	isb
	msr	ttbr0_el1, xzr
	msr	vbar_el1, xzr
	mov	sp, x1
	mrs	x30, tpidr_el1
	.irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29
	mov	x\n, #0
	.endr
	br	x30
