/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: one console out of the known register sets: PL011 (ARM DDI 0183), and what is like a 16550 (ns16550, DesignWare, MediaTek).
 * Never: hold a lock: log.c does, and a panic must not; wait for ever.
 * Called by: boot/init.c, log and panic as their sink.
 */
#include "plat/uart.h"
#include "insn/mmio.h"

#define PL011_FR	0x018
#define FR_TXFF		BIT(5)
#define PL011_CR	0x030
#define CR_ON		(BIT(0) | BIT(8))	/* UARTEN, TXE */
#define LSR		5
#define LSR_THRE	BIT(5)

/* Kinds differ in where the status is and what it says when a byte may go to the first register. */
static struct uart {
	enum uart_kind kind;
	u64 va, status;
	u32 mask, ready;
	bool wide;	/* 32-bit registers; the classic ones, spaced by one byte, have 8 */
} uart;

void uart_init(enum uart_kind kind, u64 va, u32 reg_shift)
{
	if (kind != UART_PL011) {
		uart = (struct uart){ kind, va, va + ((u64)LSR << reg_shift), LSR_THRE, LSR_THRE, reg_shift == 2 };
		return;
	}
	uart = (struct uart){ kind, va, va + PL011_FR, FR_TXFF, 0, true };
	/* Firmware normally did this, with the baud rate; an emulator may not have. */
	if ((mmio_read32(va + PL011_CR) & CR_ON) != CR_ON)
		mmio_write32(va + PL011_CR, mmio_read32(va + PL011_CR) | CR_ON);
}

/* A byte is lost when the transmitter never becomes free. */
static void put(char c)
{
	for (u32 i = 0; i < UART_POLLS; i++) {
		u32 status = uart.wide ? mmio_read32(uart.status) : mmio_read8(uart.status);

		if ((status & uart.mask) != uart.ready)
			continue;
		if (uart.wide)
			mmio_write32(uart.va, (u8)c);
		else
			mmio_write8(uart.va, (u8)c);
		return;
	}
}

void uart_write(const char *text, u32 len)
{
	for (u32 i = 0; i < len && uart.kind != UART_NONE; i++) {
		if (text[i] == '\n')
			put('\r');
		put(text[i]);
	}
}
