/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: polled output on the machine's UART, during boot and in a panic.
 * Never: wait for ever, change baud rate or interrupts: the host owns it after boot.
 * Used by: boot (start), lib/log and lib/panic through a sink.
 */
#ifndef PLAT_UART_H
#define PLAT_UART_H

#include "plat/machine.h"

/* va: where the registers are mapped now; call again after they moved. Nothing is printed for UART_NONE. */
void uart_init(enum uart_kind kind, u64 va, u32 reg_shift);
/* A log sink: text with \n turned into \r\n. */
void uart_write(const char *text, u32 len);

/* How often a byte asks for room before it is given up. */
#define UART_POLLS 1000000u

#endif
