/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: FP/SIMD and SVE registers to memory and back.
 * Never: decide when; the traps must be off already.
 * Called by: fpsimd.c, run/run_fp.c.
 */
	.arch	armv8.2-a+sve
	.text

	.macro	func name
	.global	\name
	.type	\name, %function
\name:
	hint	#34			/* bti c */
	.endm

	.macro	each_q_pair op
	\op	q0, q1, [x0, #32 * 0]
	\op	q2, q3, [x0, #32 * 1]
	\op	q4, q5, [x0, #32 * 2]
	\op	q6, q7, [x0, #32 * 3]
	\op	q8, q9, [x0, #32 * 4]
	\op	q10, q11, [x0, #32 * 5]
	\op	q12, q13, [x0, #32 * 6]
	\op	q14, q15, [x0, #32 * 7]
	\op	q16, q17, [x0, #32 * 8]
	\op	q18, q19, [x0, #32 * 9]
	\op	q20, q21, [x0, #32 * 10]
	\op	q22, q23, [x0, #32 * 11]
	\op	q24, q25, [x0, #32 * 12]
	\op	q26, q27, [x0, #32 * 13]
	\op	q28, q29, [x0, #32 * 14]
	\op	q30, q31, [x0, #32 * 15]
	.endm

/* void fp_save(struct fp_state *s) */
func fp_save
	each_q_pair stp
	mrs	x1, fpsr
	mrs	x2, fpcr
	add	x0, x0, #512
	stp	x1, x2, [x0]
	ret

/* void fp_restore(const struct fp_state *s); the upper part of wider registers becomes zero. */
func fp_restore
	each_q_pair ldp
	add	x0, x0, #512
	ldp	x1, x2, [x0]
	msr	fpsr, x1
	msr	fpcr, x2
	ret

/* u32 sve_vl(void) */
func sve_vl
	rdvl	x0, #1
	ret

	.macro	each_z op
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\op	z\n, [x0, #\n, mul vl]
	.endr
	.endm

	.macro	each_p op
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	\op	p\n, [x3, #\n, mul vl]
	.endr
	.endm

/* void sve_save(void *area, u64 vl); order: FPSR, FPCR, Z0-Z31, P0-P15, FFR. */
func sve_save
	mrs	x2, fpsr
	mrs	x3, fpcr
	stp	x2, x3, [x0], #16
	each_z	str
	add	x3, x0, x1, lsl #5
	each_p	str
	rdffr	p0.b
	str	p0, [x3, #16, mul vl]
	ldr	p0, [x3]
	ret

/* void sve_restore(const void *area, u64 vl) */
func sve_restore
	ldp	x2, x3, [x0], #16
	msr	fpsr, x2
	msr	fpcr, x3
	each_z	ldr
	add	x3, x0, x1, lsl #5
	ldr	p0, [x3, #16, mul vl]
	wrffr	p0.b
	each_p	ldr
	ret
