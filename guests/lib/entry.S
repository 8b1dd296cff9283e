/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: arm64 Image header, self-relocation, stacks, first C call; entry of further CPUs.
 * Never: assume an address: the image runs wherever it was put.
 * Used by: the boot loader (gz.bin, gz run, el1host), PSCI CPU_ON.
 */
	.section .head, "ax"
	.globl _start
_start:
	b	primary
	.long	0
	.quad	0				/* text_offset */
	.quad	_image_size			/* image_size */
	.quad	0xa				/* flags: little endian, 4 KiB pages, anywhere */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

	.text
primary:
	msr	tpidr_el1, x30			/* the only register that nobody needs yet */
	adrp	x30, entry_regs
	add	x30, x30, :lo12:entry_regs
	stp	x0, x1, [x30]
	stp	x2, x3, [x30, #16]
	stp	x4, x5, [x30, #32]
	stp	x6, x7, [x30, #48]
	stp	x8, x9, [x30, #64]
	stp	x10, x11, [x30, #80]
	stp	x12, x13, [x30, #96]
	stp	x14, x15, [x30, #112]
	stp	x16, x17, [x30, #128]
	stp	x18, x19, [x30, #144]
	stp	x20, x21, [x30, #160]
	stp	x22, x23, [x30, #176]
	stp	x24, x25, [x30, #192]
	stp	x26, x27, [x30, #208]
	stp	x28, x29, [x30, #224]
	mrs	x1, tpidr_el1
	mov	x2, sp
	stp	x1, x2, [x30, #240]
	mrs	x1, sctlr_el1
	mrs	x2, daif
	stp	x1, x2, [x30, #256]
	mov	x19, x0
	adrp	x1, _bss_start
	add	x1, x1, :lo12:_bss_start
	adrp	x2, _bss_end
	add	x2, x2, :lo12:_bss_end
1:	cmp	x1, x2
	b.hs	2f
	stp	xzr, xzr, [x1], #16
	b	1b
	/* R_AARCH64_RELATIVE only: offset, info, addend */
2:	adr	x4, _start
	adrp	x1, _rela_start
	add	x1, x1, :lo12:_rela_start
	adrp	x2, _rela_end
	add	x2, x2, :lo12:_rela_end
3:	cmp	x1, x2
	b.hs	4f
	ldp	x5, x6, [x1], #16
	ldr	x7, [x1], #8
	cmp	w6, #1027
	b.ne	3b
	add	x7, x7, x4
	str	x7, [x4, x5]
	b	3b
4:	mov	x0, #0
	bl	cpu_setup
	mov	x0, x19
	bl	primary_main
5:	wfi
	b	5b

	/* PSCI entry of another CPU: x0 = its number */
	.globl secondary_entry
secondary_entry:
	mov	x19, x0
	bl	cpu_setup
	mov	x0, x19
	bl	secondary_main
6:	wfi
	b	6b

	/* x0 = CPU number: stack, vectors, FP on */
cpu_setup:
	adrp	x1, cpu_stacks
	add	x1, x1, :lo12:cpu_stacks
	add	x2, x0, #1
	add	x1, x1, x2, lsl #14
	mov	sp, x1
	adrp	x1, vectors
	add	x1, x1, :lo12:vectors
	msr	vbar_el1, x1
	mov	x1, #(3 << 20)
	msr	cpacr_el1, x1
	isb
	ret

	.globl hvc_call
hvc_call:
	stp	x29, x30, [sp, #-32]!
	str	x0, [sp, #16]
	mov	x18, x0
	bl	load_call
	hvc	#0
	b	store_call
	.globl smc_call
smc_call:
	stp	x29, x30, [sp, #-32]!
	str	x0, [sp, #16]
	mov	x18, x0
	bl	load_call
	smc	#0
store_call:
	ldr	x18, [sp, #16]
	stp	x0, x1, [x18, #0]
	stp	x2, x3, [x18, #16]
	stp	x4, x5, [x18, #32]
	stp	x6, x7, [x18, #48]
	stp	x8, x9, [x18, #64]
	stp	x10, x11, [x18, #80]
	stp	x12, x13, [x18, #96]
	stp	x14, x15, [x18, #112]
	stp	x16, x17, [x18, #128]
	ldp	x29, x30, [sp], #32
	ret
load_call:
	ldp	x0, x1, [x18, #0]
	ldp	x2, x3, [x18, #16]
	ldp	x4, x5, [x18, #32]
	ldp	x6, x7, [x18, #48]
	ldp	x8, x9, [x18, #64]
	ldp	x10, x11, [x18, #80]
	ldp	x12, x13, [x18, #96]
	ldp	x14, x15, [x18, #112]
	ldp	x16, x17, [x18, #128]
	ret

	.data
	.balign	16
	.globl entry_regs
entry_regs:
	.space	34 * 8

	.bss
	.balign	4096
cpu_stacks:
	.space	8 * 0x4000
