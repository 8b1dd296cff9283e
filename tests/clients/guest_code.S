/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the guests of the driver's tests; position independent, run at EL1 with the MMU off.
 * Never: be run by the host; client.c copies the blob into guest memory.
 * Used by: the tests, by entry point. x0 to x3 are set by SET_ONE_REG.
 */
	.section .rodata
	.balign	4096
	.global	guest_blob
guest_blob:

	.macro	entry name
	.global	\name
	.balign	16
\name:
	.endm

	/* Turns the machine off; ends in a SYSTEM_EVENT exit. */
entry guest_off
	mov	w0, #0x0008
	movk	w0, #0x8400, lsl #16
	hvc	#0
	b	.

	/* x0 = MMIO address: reads and writes of every size and sign. */
entry guest_mmio
	mov	x10, x0
	ldr	x1, [x10]
	str	x1, [x10, #8]
	ldr	w2, [x10, #16]
	str	x2, [x10, #24]
	ldrsb	x3, [x10, #32]
	str	x3, [x10, #40]
	ldrh	w4, [x10, #48]
	strh	w4, [x10, #56]
	ldrb	w5, [x10, #64]
	strb	w5, [x10, #72]
	str	wzr, [x10, #80]
	b	guest_off

	/* x0 = MMIO address, x1 = count: writes 1, 2, .. count. */
entry guest_counter
	mov	x10, x0
	mov	x2, #0
1:	add	x2, x2, #1
	str	x2, [x10]
	cmp	x2, x1
	b.ne	1b
	b	guest_off

entry guest_wfi
1:	wfi
	b	1b

entry guest_spin
	b	.

	/* x0 = first address, x1 = end, x2 = stride: writes each address into itself. */
entry guest_touch
1:	str	x0, [x0]
	add	x0, x0, x2
	cmp	x0, x1
	b.lo	1b
	b	guest_off

	/* x0 = address: reads it, reports the value at MMIO x1. */
entry guest_load
	ldr	x2, [x0]
	str	x2, [x1]
	b	guest_off

	/*
	 * x0 = first address, x1 = end, x2 = report: writes address + seed into every word, reports,
	 * reports how many words are not as written, then turns off.
	 */
entry guest_secret
	movz	x5, #0x5ec4
	movk	x5, #0x17ed, lsl #48
	mov	x4, x0
1:	add	x6, x4, x5
	str	x6, [x4], #8
	cmp	x4, x1
	b.lo	1b
	str	xzr, [x2]
	mov	x7, #0
2:	add	x6, x0, x5
	ldr	x8, [x0], #8
	cmp	x6, x8
	cinc	x7, x7, ne
	cmp	x0, x1
	b.lo	2b
	str	x7, [x2, #8]
	b	guest_off

	/* x0..x2 = hypercall, x3 = MMIO address: reports x0..x3 of the result. */
entry guest_call
	mov	x10, x3
	mov	x3, #0
	hvc	#0
	str	x0, [x10]
	str	x1, [x10, #8]
	str	x2, [x10, #16]
	str	x3, [x10, #24]
	b	guest_off

	/* x0 = doorbell, x1 = value, x2 = report: writes 1, 2, 4, 8 bytes of x1, then reports. */
entry guest_doorbell
	mov	x10, x0
	strb	w1, [x10]
	strh	w1, [x10]
	str	w1, [x10]
	str	x1, [x10]
	str	x1, [x2]
	b	guest_off

	/* x0 = distributor, x1 = own redistributor, x2 = report, x3 = GICD_ICFGR word of all SPIs. */
entry guest_irq
	mov	x10, x0
	mov	x11, x1
	mov	x12, x2
	mov	x13, x3
	bl	gic_on
	adr	x4, vectors
	msr	vbar_el1, x4
	isb
	mov	x4, #0xfff
	str	x4, [x12]
	msr	daifclr, #2
1:	wfi
	b	1b

	/* x0 = ticks until the virtual timer fires, x1 = report, x2, x3 = GIC: idles, then reports. */
entry guest_idle_timer
	mov	x14, x0
	mov	x12, x1
	mov	x10, x2
	mov	x11, x3
	mov	x13, #0
	bl	gic_on
	mrs	x2, cntvct_el0
	add	x2, x2, x14
	msr	cntv_cval_el0, x2
	mov	x3, #1
	msr	cntv_ctl_el0, x3
	isb
1:	wfi					/* wakes for a masked interrupt too */
	mrs	x3, cntv_ctl_el0
	tbz	x3, #2, 1b
	mrs	x3, cntvct_el0
	sub	x3, x3, x2
	str	x3, [x12]
	b	guest_off

gic_on:
	ldr	w4, [x11, #0x14]		/* GICR_WAKER */
	bic	w4, w4, #2
	str	w4, [x11, #0x14]
1:	ldr	w4, [x11, #0x14]
	tbnz	w4, #2, 1b
	mov	w4, #0x12			/* GICD_CTLR: ARE, EnableGrp1 */
	str	w4, [x10]
	mov	w5, #-1
	add	x7, x11, #0x10, lsl #12		/* GICR: SGIs and PPIs */
	str	w5, [x7, #0x80]
	str	w5, [x7, #0x100]
	mov	x6, #4
2:	add	x7, x10, #0x80			/* GICD_IGROUPR */
	str	w5, [x7, x6]
	add	x7, x10, #0x100			/* GICD_ISENABLER */
	str	w5, [x7, x6]
	add	x6, x6, #4
	cmp	x6, #36
	b.ne	2b
	mov	x6, #8
3:	add	x7, x10, #0xc00			/* GICD_ICFGR */
	str	w13, [x7, x6]
	add	x6, x6, #4
	cmp	x6, #72
	b.ne	3b
	mov	x4, #7
	msr	S3_0_C12_C12_5, x4		/* ICC_SRE_EL1 */
	isb
	mov	x4, #0xff
	msr	S3_0_C4_C6_0, x4		/* ICC_PMR_EL1 */
	mov	x4, #1
	msr	S3_0_C12_C12_7, x4		/* ICC_IGRPEN1_EL1 */
	isb
	ret

	/* x0 = report: starts vCPU 1, which reports its context; then idles. */
entry guest_smp
	mov	x12, x0
	mov	x3, x0
	mov	w0, #0x0003
	movk	w0, #0xc400, lsl #16
	mov	x1, #1
	adr	x2, second
	hvc	#0
	str	x0, [x12]
1:	wfi
	b	1b
second:
	mrs	x1, mpidr_el1
	and	x1, x1, #0xff
	str	x1, [x0, #8]
	b	guest_off

	/*
	 * x0 = words: page of vCPU 0, page of vCPU 1, report, one word of progress of each vCPU.
	 * Rounds: both pages are there, vCPU 1 gives its page up, then at once vCPU 0 gives up the other
	 * one, a bit later each time, while vCPU 1 touches its own again. Each reports the round.
	 */
entry guest_balloon
	mov	x20, x0
	mov	x3, x0
	mov	w0, #0x0003
	movk	w0, #0xc400, lsl #16
	mov	x1, #1
	adr	x2, balloon_second
	hvc	#0
	ldr	x21, [x20]
	ldr	x22, [x20, #16]
	mov	x23, #0
	mov	x24, #0
1:	add	x24, x24, #1
	str	x24, [x21, #8]
	mov	x10, #0
	bl	meet
	bl	meet
	and	x4, x24, #63
	lsl	x4, x4, #9
2:	cbz	x4, 3f
	sub	x4, x4, #1
	b	2b
3:	bl	relinquish
	str	x24, [x22]
	b	1b
balloon_second:
	mov	x20, x0
	ldr	x21, [x20, #8]
	ldr	x22, [x20, #16]
	mov	x23, #0
	mov	x24, #0
1:	add	x24, x24, #1
	mov	x10, #8
	bl	meet
	bl	relinquish
	mov	x10, #8
	bl	meet
	str	x24, [x21, #8]
	str	x24, [x22, #8]
	b	1b
relinquish:
	mov	w0, #0x0009
	movk	w0, #0xc600, lsl #16
	mov	x1, x21
	mov	x2, #0
	hvc	#0
	ret
meet:						/* x10 = 8 * own number */
	add	x23, x23, #1
	add	x4, x20, #24
	dmb	sy
	str	x23, [x4, x10]
	eor	x5, x10, #8
1:	ldr	x6, [x4, x5]
	cmp	x6, x23
	b.lo	1b
	dmb	sy
	ret

	/*
	 * x0 = MMIO address: reads four words there, does what they say, writes the result behind them, and again.
	 * 0: loads from the second. 1: stores the third there. Else: a hypercall.
	 */
entry guest_obey
	mov	x20, x0
1:	ldr	x0, [x20]
	ldr	x1, [x20, #8]
	ldr	x2, [x20, #16]
	ldr	x3, [x20, #24]
	cbz	x0, 2f
	cmp	x0, #1
	b.eq	3f
	hvc	#0
	str	x0, [x20, #32]
	b	1b
2:	ldr	x0, [x1]
	str	x0, [x20, #32]
	b	1b
3:	str	x2, [x1]
	str	x2, [x20, #32]
	b	1b

	/*
	 * x0 = pages, x1 = MMIO address, x2 = vCPUs, all started here. For ever, each: shares a page of its own four, takes it
	 * back and, if it got it, writes a secret into it, else gives it up; gives up a page of four that all write secrets to; shares, takes
	 * back or gives up pages of four that all treat so. Each result is a word at the MMIO address: share, take back, words
	 * of the secret that changed, give up, the others' page.
	 */
entry guest_storm
	adr	x9, storm_words
	stp	x0, x1, [x9]
	mov	x19, x2
	mov	x22, #1
1:	cmp	x22, x19
	b.hs	2f
	movz	w0, #0x0003
	movk	w0, #0xc400, lsl #16
	mov	x1, x22
	adr	x2, storm_second
	mov	x3, x22
	hvc	#0
	add	x22, x22, #1
	b	1b
2:	mov	x0, #0
storm_second:
	mov	x22, x0
	adr	x9, storm_words
	ldp	x20, x21, [x9]
	movz	x26, #0xbeef			/* made here, so that no image holds it */
	movk	x26, #0xc4e7, lsl #16
	movk	x26, #0xe75e, lsl #32
	movk	x26, #0x5ec4, lsl #48
	mov	x27, #0x0bec			/* in place of a secret where others may see it */
	mov	x23, x22
1:	add	x23, x23, #1
	and	x4, x23, #3
	add	x4, x4, x22, lsl #2
	add	x24, x20, x4, lsl #12
	mov	x5, x27
	bl	storm_fill
	mov	w0, #3
	mov	x2, #0
	bl	storm_call
	str	x0, [x21]
	mov	w0, #4
	mov	x2, #0
	bl	storm_call
	str	x0, [x21, #8]
	cmn	x0, #3				/* somebody uses it, so it stays shared: away with it */
	b.ne	2f
	mov	w0, #9
	mov	x2, #0
	bl	storm_call
	str	x0, [x21, #24]
	b	3f
2:	mov	x5, x26
	bl	storm_fill
	bl	storm_differ
	str	x0, [x21, #16]
	bl	storm_differ
	str	x0, [x21, #16]
3:	add	x4, x22, x23, lsr #1
	and	x4, x4, #3
	add	x4, x4, #16
	add	x24, x20, x4, lsl #12
	tbz	x23, #0, 4f
	mov	w0, #9
	mov	x2, #0
	bl	storm_call
	str	x0, [x21, #24]
4:	mov	x5, x26
	bl	storm_fill
	and	x4, x23, #3
	cmp	x4, #3				/* of two pages the last one is the fourth */
	cset	x5, eq
	sub	x4, x4, x5
	add	x4, x4, #20
	add	x24, x20, x4, lsl #12
	mov	x5, x27
	bl	storm_fill
	add	x6, x22, x23, lsr #2
	and	x6, x6, #3
	mov	w0, #3
	mov	x2, #2
	cbz	x6, 5f
	mov	w0, #4
	tbnz	x6, #0, 5f
	mov	w0, #9
	mov	x2, #0
5:	bl	storm_call
	str	x0, [x21, #32]
	b	1b
storm_call:					/* w0 = last byte of the call, x24 = page, x2 */
	movk	w0, #0xc600, lsl #16
	mov	x1, x24
	mov	x3, #0
	hvc	#0
	ret
storm_fill:					/* x24 = page, x5 = word of each 512 bytes */
	add	x7, x24, #4096
	mov	x6, x24
1:	str	x5, [x6]
	add	x6, x6, #512
	cmp	x6, x7
	b.lo	1b
	ret
storm_differ:					/* x0 = how many are not as written */
	add	x7, x24, #4096
	mov	x6, x24
	mov	x0, #0
1:	ldr	x8, [x6]
	add	x6, x6, #512
	cmp	x8, x5
	cinc	x0, x0, ne
	cmp	x6, x7
	b.lo	1b
	ret
	.balign	16
storm_words:
	.quad	0, 0

	.balign	2048
vectors:
	.rept	5
	.balign	128
	mov	x9, #0xdead
	str	x9, [x12]
	b	.
	.endr
	.balign	128				/* 0x280: IRQ from this level, own stack pointer */
	mrs	x9, S3_0_C12_C12_0		/* ICC_IAR1_EL1 */
	str	x9, [x12]
	msr	S3_0_C12_C12_1, x9		/* ICC_EOIR1_EL1 */
	eret
	.rept	10
	.balign	128
	mov	x9, #0xdead
	str	x9, [x12]
	b	.
	.endr

	.balign	4096
	.global	guest_blob_end
guest_blob_end:
	.section .note.GNU-stack, "", %progbits
