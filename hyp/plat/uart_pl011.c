/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: PL011 transmit (ARM DDI 0183 "Programmers Model").
 * Never: wait for ever.
 * Called by: plat/uart.c.
 */
#include "plat/uart.h"
#include "insn/mmio.h"

#define UARTDR		0x000
#define UARTFR		0x018
#define UARTCR		0x030
#define FR_TXFF		BIT(5)
#define CR_UARTEN	BIT(0)
#define CR_TXE		BIT(8)

/* Firmware normally did this, with the baud rate; an emulator may not have. */
void pl011_enable(u64 va)
{
	u32 cr = mmio_read32(va + UARTCR);

	if ((cr & (CR_UARTEN | CR_TXE)) != (CR_UARTEN | CR_TXE))
		mmio_write32(va + UARTCR, cr | CR_UARTEN | CR_TXE);
}

bool pl011_putc(u64 va, char c)
{
	for (u32 i = 0; i < UART_POLLS; i++) {
		if (!(mmio_read32(va + UARTFR) & FR_TXFF)) {
			mmio_write32(va + UARTDR, (u8)c);
			return true;
		}
	}
	return false;
}
