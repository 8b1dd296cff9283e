/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: one console out of the known register sets.
 * Never: hold a lock: log.c does, and a panic must not.
 * Called by: boot/init.c, log and panic as their sink.
 */
#include "plat/uart.h"

static enum uart_kind uart_kind;
static u64 uart_va;
static u32 uart_shift;

void uart_init(enum uart_kind kind, u64 va, u32 reg_shift)
{
	uart_va = va;
	uart_shift = reg_shift;
	uart_kind = kind;
	if (kind == UART_PL011)
		pl011_enable(va);
}

static void put(char c)
{
	if (uart_kind == UART_PL011)
		pl011_putc(uart_va, c);
	else if (uart_kind == UART_8250)
		uart8250_putc(uart_va, uart_shift, c);
}

void uart_write(const char *text, u32 len)
{
	for (u32 i = 0; i < len; i++) {
		if (text[i] == '\n')
			put('\r');
		put(text[i]);
	}
}
