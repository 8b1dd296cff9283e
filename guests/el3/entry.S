/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: reset of every CPU at EL3, SMC in and out, entry of EL2, and what a power-down destroys.
 * Never: run with the MMU on, or take an interrupt.
 * Used by: QEMU's reset, through -bios; el3's C.
 */
	.section .head, "ax"
	.globl _start
_start:
	msr	daifset, #0xf
	ldr	x1, =0x30c50830			/* RES1 bits: MMU and caches off */
	msr	sctlr_el3, x1
	adr	x1, el3_vectors
	msr	vbar_el3, x1
	isb
	bl	own_stack
	bl	el3_main

own_stack:
	mrs	x1, mpidr_el1
	and	x1, x1, #0xff
	add	x1, x1, #1
	ldr	x2, =el3_stacks
	add	x1, x2, x1, lsl #12
	mov	sp, x1
	ret

	.macro	wrong number
	.balign	0x80
	mov	x0, #\number
	b	unexpected
	.endm

	.balign	2048
el3_vectors:
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7
	wrong	\n
	.endr
	.balign	0x80				/* a lower exception level in AArch64, synchronous */
	sub	sp, sp, #256
	stp	x0, x1, [sp]
	mrs	x0, esr_el3
	lsr	x0, x0, #26
	cmp	x0, #0x17			/* SMC */
	b.eq	smc
	mov	x0, #8
	b	unexpected
	.irp	n, 9, 10, 11, 12, 13, 14, 15
	wrong	\n
	.endr

unexpected:
	bl	el3_unexpected

smc:
	.irp	n, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28
	str	x\n, [sp, #8 * \n]
	.endr
	.irp	n, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29
	str	x\n, [sp, #8 * \n]
	.endr
	str	x30, [sp, #240]
	mov	x0, sp
	bl	el3_smc
	.irp	n, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28
	ldr	x\n, [sp, #8 * \n]
	.endr
	.irp	n, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29
	ldr	x\n, [sp, #8 * \n]
	.endr
	ldr	x30, [sp, #240]
	ldp	x0, x1, [sp]
	add	sp, sp, #256
	eret

	.text
	.globl el3_enter
el3_enter:
	msr	elr_el3, x0
	mov	x2, #0x3c9			/* EL2h, all masked */
	msr	spsr_el3, x2
	mov	x19, x1
	bl	own_stack
	mov	x0, x19
	/* PSCI promises nothing about the other registers. */
	ldr	x1, =0xdeadbeefdeadbeef
	.irp	n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	mov	x\n, x1
	.endr
	eret

	.globl el3_exit
el3_exit:
	sub	sp, sp, #16
	ldr	x2, =0x20026			/* semihosting: ADP_Stopped_ApplicationExit */
	stp	x2, x0, [sp]
	mov	x1, sp
	mov	x0, #0x18
	hlt	#0xf000
1:	wfi
	b	1b

/* Every value is wrong on purpose: whoever wakes must write what it relies on. The interrupt controller is el3_gic_forget's. */
	.globl el3_forget
el3_forget:
	ldr	x0, =0xdeadbeefdead0000
	ldr	x1, =0x488000000		/* HCR_EL2: E2H, TGE, RW */
	msr	hcr_el2, x1
	isb
	.irp	r, vbar_el2, ttbr0_el2, mair_el2, tpidr_el2, sp_el2, elr_el2, vttbr_el2, cntvoff_el2, hstr_el2, \
		   vpidr_el2, vmpidr_el2, far_el2, esr_el2, vbar_el1, ttbr0_el1, ttbr1_el1, mair_el1, tpidr_el1, \
		   tpidr_el0, tpidrro_el0, sp_el1, sp_el0, elr_el1, far_el1, esr_el1, contextidr_el1
	msr	\r, x0
	.endr
	.irp	r, tcr_el2, vtcr_el2, spsr_el2, cnthctl_el2, cpacr_el1, tcr_el1, spsr_el1, cntkctl_el1, mdscr_el1
	msr	\r, xzr
	.endr
	mov	x1, #0x3ff
	orr	x1, x1, #0x80000000		/* TCPAC and the FP trap */
	msr	cptr_el2, x1
	ldr	x1, =0x30c50830
	msr	sctlr_el2, x1
	ldr	x1, =0x30d00800
	msr	sctlr_el1, x1
	isb
	tlbi	alle2
	tlbi	alle1
	dsb	nsh
	isb
	ret

	.bss
	.balign	4096
el3_stacks:
	.space	8 * 4096
