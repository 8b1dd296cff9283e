/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the SMC instruction with the whole SMCCC 1.2 register set.
 * Never: look at what passes.
 * Called by: host/, boot/ as smc_call().
 */
#include "arch/aarch64/gprs.h"

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
	gprs	ldp, x19, 0, 0, 1, 2, 3, X4_TO_X17
	smc	#0
	ldr	x19, [sp, #32]
	gprs	stp, x19, 0, 0, 1, 2, 3, X4_TO_X17
	ldp	x18, x19, [sp, #16]
	ldp	x29, x30, [sp], #48
	ret
