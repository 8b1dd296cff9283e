/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the SMC instruction with the whole SMCCC 1.2 register set.
 * Never: look at what passes.
 * Called by: host/, boot/ as smc_call().
 */

/* void smc_call(u64 x[18]) */
	.text
	.global smc_call
	.type smc_call, %function
smc_call:
	bti	c
	stp	x29, x30, [sp, #-48]!
	mov	x29, sp
	stp	x18, x19, [sp, #16]
	str	x0, [sp, #32]
	mov	x19, x0
	ldp	x0, x1, [x19]
	ldp	x2, x3, [x19, #16]
	ldp	x4, x5, [x19, #32]
	ldp	x6, x7, [x19, #48]
	ldp	x8, x9, [x19, #64]
	ldp	x10, x11, [x19, #80]
	ldp	x12, x13, [x19, #96]
	ldp	x14, x15, [x19, #112]
	ldp	x16, x17, [x19, #128]
	smc	#0
	ldr	x19, [sp, #32]
	stp	x0, x1, [x19]
	stp	x2, x3, [x19, #16]
	stp	x4, x5, [x19, #32]
	stp	x6, x7, [x19, #48]
	stp	x8, x9, [x19, #64]
	stp	x10, x11, [x19, #80]
	stp	x12, x13, [x19, #96]
	stp	x14, x15, [x19, #112]
	stp	x16, x17, [x19, #128]
	ldp	x18, x19, [sp, #16]
	ldp	x29, x30, [sp], #48
	ret
