/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: one instruction that exits, with a known word in each register it is not about.
 * Never: use the stack while the registers are filled.
 * Used by: roles_private.c. The words: QUIET_WORD(n) of roles.h.
 */
	.macro	quiet name, insn:vararg
	.globl	quiet_\name
quiet_\name:
	stp	x29, x30, [sp, #-96]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	movz	x2, #0xe702
	movk	x2, #0x5ec4, lsl #16
	movk	x2, #0x5ec4, lsl #32
	movk	x2, #0xc0de, lsl #48
	.irp	n, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	add	x\n, x2, #(\n - 2)
	.endr
	\insn
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #96
	ret
	.endm

	.text
	quiet	strb, strb w5, [x0]
	quiet	strh, strh w5, [x0]
	quiet	strw, str w5, [x0]
	quiet	strx, str x5, [x0]
	quiet	ldrb, ldrb w5, [x0]
	quiet	ldrh, ldrh w5, [x0]
	quiet	ldrw, ldr w5, [x0]
	quiet	ldrx, ldr x5, [x0]
	quiet	hvc, hvc #0
	quiet	wfi, wfi
