/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the test device el1host models for a guest it runs: an MMIO page outside every memory slot.
 * Never: present under gz, which has a UART.
 * Used by: lib/console.c (guest side), el1host (device side).
 */
#ifndef GUESTS_TESTDEV_H
#define GUESTS_TESTDEV_H

#define TESTDEV_BASE	0x0a000000ull
#define TESTDEV_PUTC	0x00	/* write32: one character */
#define TESTDEV_EXIT	0x08	/* write32: guest is done, value = exit code */
#define TESTDEV_ECHO	0x10	/* read or write of 1, 2, 4, 8 bytes: reads back what was written last */
#define TESTDEV_IRQ	0x20	/* write32: host injects SPI n with IRQ_LINE; bits 31:30 mode, bit 29 level */
#define TESTDEV_SELECT	0x28	/* read64: which test the host wants */
#define TESTDEV_ARG	0x30	/* read64: its argument */
#define TESTDEV_GICD	0x38	/* read64: base of the distributor */
#define TESTDEV_GICR	0x40	/* read64: base of the redistributors */
#define TESTDEV_AVOID	0x48	/* read64: AVOID_*, what the machine below everybody cannot do */

#define AVOID_LAST_CVAL	1ull	/* a timer due at the end of time, where CNTVOFF_EL2 is not 0 (QEMU before 8.2) */

#endif
