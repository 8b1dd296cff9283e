/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: 16550-like transmit: ns16550, DesignWare and MediaTek UARTs differ only in register spacing.
 * Never: wait for ever.
 * Called by: plat/uart.c.
 */
#include "plat/uart.h"
#include "insn/mmio.h"

#define THR		0
#define LSR		5
#define LSR_THRE	BIT(5)

bool uart8250_putc(u64 va, u32 reg_shift, char c)
{
	/* Registers spaced by four bytes are 32 bits wide, the classic ones 8. */
	bool wide = reg_shift == 2;

	for (u32 i = 0; i < UART_POLLS; i++) {
		u64 lsr = va + ((u64)LSR << reg_shift);
		u32 status = wide ? mmio_read32(lsr) : mmio_read8(lsr);

		if (!(status & LSR_THRE))
			continue;
		if (wide)
			mmio_write32(va + THR, (u8)c);
		else
			mmio_write8(va + THR, (u8)c);
		return true;
	}
	return false;
}
