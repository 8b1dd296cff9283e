// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: each CPU at EL3 until it is ready for the normal world: control registers, interrupts given away, UART.
 * Never: a service of its own: psci.c has those.
 * Used by: entry.S. Runs on QEMU's virt machine only; its RAM comes zeroed.
 */
#include "el3/el3.h"

#define UART		0x09000000ull
#define UART_FR		0x18
#define UART_TXFULL	BIT(5)
#define GICD		0x08000000ull
#define GICR		0x080a0000ull
#define GICR_STRIDE	0x20000ull
#define START		0x40180000ull	/* where tests/system/tree_boot.py puts the program that starts EL2 */

static volatile u32 gicd_ready;

u32 el3_cpu(void)
{
	return (u32)(sysreg_read(mpidr_el1) & 0xff);
}

static void put(char c)
{
	while (read32(UART + UART_FR) & UART_TXFULL)
		;
	write32(UART, (u8)c);
}

void el3_say(const char *text, u64 value)
{
	const char *head = "el3: ";

	while (*head)
		put(*head++);
	while (*text)
		put(*text++);
	put(' ');
	for (int shift = 60; shift >= 0; shift -= 4)
		put("0123456789abcdef"[value >> shift & 15]);
	put('\r');
	put('\n');
}

void el3_unexpected(u64 vector)
{
	el3_say("unexpected exception, vector", vector);
	el3_say("ESR_EL3", sysreg_read(esr_el3));
	el3_say("ELR_EL3", sysreg_read(elr_el3));
	el3_exit(99);
}

/* With two security states all interrupts start as secure ones, and CPUs asleep. */
static void give_interrupts_away(void)
{
	u64 rd = GICR + el3_cpu() * GICR_STRIDE;

	if (el3_cpu() == 0) {
		write32(GICD, BIT(4) | BIT(5));		/* affinity routing, both states */
		for (u32 n = 1; n < 9; n++)
			write32(GICD + 0x80 + 4 * n, ~0u);
		gicd_ready = 1;
	}
	while (!gicd_ready)
		cpu_relax();
	write32(rd + 0x14, read32(rd + 0x14) & ~2u);	/* GICR_WAKER */
	while (read32(rd + 0x14) & 4)
		cpu_relax();
	write32(rd + 0x10080, ~(u32)BIT(SECURE_SGI));
}

static void cpu_interface(void)
{
	sysreg_write(S3_6_C12_C12_5, 0xf);		/* ICC_SRE_EL3 */
	isb();
	sysreg_write(S3_0_C12_C12_6, 0);		/* ICC_IGRPEN0 */
	sysreg_write(S3_0_C4_C6_0, 0xff);		/* ICC_PMR: below 0x80 the normal world could not change it */
	isb();
}

void el3_gic_forget(void)
{
	sysreg_write(S3_0_C12_C12_7, 0);		/* ICC_IGRPEN1 of the normal world */
	sysreg_write(S3_0_C12_C12_4, 2);		/* ICC_CTLR: EOImode 1 */
	sysreg_write(S3_0_C12_C12_3, 7);		/* ICC_BPR1 */
	sysreg_write(S3_4_C12_C9_5, 0);			/* ICC_SRE_EL2 */
	sysreg_write(S3_4_C12_C11_0, 0xfe);		/* ICH_HCR: maintenance on, the interface off */
	sysreg_write(S3_4_C12_C11_7, 0xff000003);	/* ICH_VMCR */
	for (u32 n = 0; n < 2; n++)
		sysreg_write(S3_4_C12_C12_0, BIT(62) | BIT(60) | 1022);	/* ICH_LR0 */
	cpu_interface();
}

void el3_main(void)
{
	/* NS, RES1, HCE, RW, ST, PAuth, MTE, FGT, ECV, HCX, EnTP2: what a CPU lacks stays zero. */
	sysreg_write(scr_el3, BIT(0) | 3 << 4 | BIT(8) | BIT(10) | BIT(11) | BIT(16) | BIT(17) | BIT(26) | BIT(27) |
		     BIT(28) | BIT(38) | BIT(41));
	sysreg_write(cptr_el3, BIT(8) | BIT(12));
	sysreg_write(mdcr_el3, 0);
	isb();
	give_interrupts_away();
	cpu_interface();
	if (el3_cpu())
		el3_wait_for_work();
	el3_cpu_is_on();
	el3_say("firmware runs at level", sysreg_read(currentel) >> 2);
	el3_enter(START, 0);
}
