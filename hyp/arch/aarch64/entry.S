/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: from firmware, MMU off, into C at the link address: the boot CPU by the arm64 Image header, the others by PSCI.
 * Never: a decision C could make. Only the trampoline page and what it calls run at a physical address.
 * Called by: firmware; host_enter() by boot/ and host/psci_relay.c.
 */
#include "arch/aarch64/regs.h"
#include "arch/aarch64/ptrauth.h"
#include "asm_offsets.h"

/* Documentation/arch/arm64/booting: "Call the kernel image". */
	.section .text.head, "ax"
	.global _head
_head:
	b	primary_entry
	nop
	.quad	0			/* text_offset */
	.quad	__image_size
	.quad	0xa			/* little endian, 4 KiB pages, anywhere in memory */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

/* x0 = device tree. Keeps x20 = it, x21 = exception level, x22 = load address. */
primary_entry:
	mov	x20, x0
	mrs	x21, CurrentEL
	lsr	x21, x21, #2
	adr	x22, _head
	msr	daifset, #0xf
	cmp	x21, #2
	b.ne	1f
	bl	el2_quiet
	/* What a loader left in the caches for data and bss must not surface later. */
1:	adrp	x0, __data_start
	adrp	x1, __image_end
	bl	clean_inval_range
	adrp	x0, __bss_start
	adrp	x1, __bss_end
2:	stp	xzr, xzr, [x0], #16
	cmp	x0, x1
	b.lo	2b
	adrp	x0, boot_stack_top
	mov	sp, x0
	mov	x29, xzr
	mov	x0, x22
	mov	x1, x21
	bl	boot_tables_build
	/* The stores above went around the caches: drop lines fetched meanwhile. */
	adrp	x0, __data_start
	adrp	x1, __image_end
	bl	clean_inval_range
	mov	x11, x21
	ldr	x10, =primary_high
	b	mmu_on

primary_high:
	bti	j
	adrp	x0, boot_stack_top
	mov	sp, x0
	mov	x29, xzr
	mov	x30, xzr
	cmp	x21, #2
	b.ne	3f
	adrp	x0, hyp_vectors_host
	add	x0, x0, :lo12:hyp_vectors_host
	msr	vbar_el2, x0
	msr	tpidr_el2, xzr
	isb
3:	mov	x0, x20
	mov	x1, x21
	bl	boot_main
	b	.

/* x0..x1: cleans and invalidates the data caches to the point of coherency. Clobbers x0-x3. */
clean_inval_range:
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4
	mov	x3, #4
	lsl	x3, x3, x2
	sub	x2, x3, #1
	bic	x0, x0, x2
4:	dc	civac, x0
	add	x0, x0, x3
	cmp	x0, x1
	b.lo	4b
	dsb	sy
	ret

	.section .text.idmap, "ax"
/* E2H = 0 and the MMU off before anything reads or writes a register whose layout depends on them. */
el2_quiet:
	mov	x0, #(1 << 31)
	msr	hcr_el2, x0
	isb
	ldr	x0, =SCTLR_EL2_RES1
	msr	sctlr_el2, x0
	isb
	ret

/* PSCI CPU_ON, or waking from suspend: x0 = CPU number (our context id), EL2, MMU off. */
	.global secondary_entry
secondary_entry:
	mov	x19, x0
	msr	daifset, #0xf
	bl	el2_quiet
	mov	x11, #2
	ldr	x10, =secondary_high
	/* falls through */

	.macro	mmu_on_at el, tlbi_all
	msr	mair_el\el, x3
	msr	tcr_el\el, x2
	msr	ttbr0_el\el, x1
	isb
	tlbi	\tlbi_all
	dsb	nsh
	ic	iallu
	dsb	nsh
	isb
	msr	sctlr_el\el, x4
	isb
	br	x10
	.endm

/* x10 = where to go on, x11 = exception level. */
mmu_on:
	adrp	x9, mmu_setup
	add	x9, x9, :lo12:mmu_setup
	ldp	x1, x2, [x9, #MMU_TTBR]
	ldp	x3, x4, [x9, #MMU_MAIR]
	cbz	x1, .			/* boot_tables_build() could not: an image that large does not link */
	cmp	x11, #2
	b.lo	1f
	b.hi	3f
	mmu_on_at 2, alle2
1:	mmu_on_at 1, vmalle1
3:	mmu_on_at 3, alle3
	.ltorg

	.text
/* From the boot tables, which map the image just as the final ones do, to those; then a stack and C. */
secondary_high:
	bti	j
	adrp	x9, mmu_setup
	add	x9, x9, :lo12:mmu_setup
	ldr	x0, [x9, #MMU_FINAL_TTBR]
	msr	ttbr0_el2, x0
	isb
	tlbi	alle2
	dsb	nsh
	isb
	adrp	x1, percpu_table
	add	x1, x1, :lo12:percpu_table
	mov	x2, #PERCPU_SIZE
	madd	x1, x19, x2, x1
	msr	tpidr_el2, x1
	ldr	x2, [x1, #PERCPU_STACK_TOP]
	mov	sp, x2
	adrp	x0, hyp_vectors_host
	add	x0, x0, :lo12:hyp_vectors_host
	msr	vbar_el2, x0
	isb
	mov	x29, xzr
	mov	x30, xzr
	bl	psci_secondary_check	/* the CPU may lack the key: until here any will do */
	ptrauth_absent x0, 1f
	apia_el2 x0, x1
1:	mov	x30, xzr
	bl	psci_secondary_entry
	b	.

/* __noreturn void host_enter(u64 pc, u64 x0); leaves nothing of EL2 in a register, its stack empty. */
	.global host_enter
	.type host_enter, %function
host_enter:
	bti	c
	msr	elr_el2, x0
	mov	x2, #PSTATE_EL1H_MASKED
	msr	spsr_el2, x2
	ptrauth_absent x2, 1f
	msr	APIA_LO, xzr
	msr	APIA_HI, xzr
1:	mov	x0, x1
	mrs	x1, tpidr_el2
	ldr	x1, [x1, #PERCPU_STACK_TOP]
	mov	sp, x1
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	mov	x\n, xzr
	.endr
	eret
	dsb	nsh
	isb

	.section .bss.boot_stack, "aw", %nobits
	.balign 4096
	.skip	16384
boot_stack_top:
