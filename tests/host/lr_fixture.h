/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a virtual GIC with two vCPUs over the model of the physical one.
 * Never: an expectation of its own.
 * Used by: test_vgic_lr.c, test_vgic_lr_changes.c.
 */
#ifndef LR_FIXTURE_H
#define LR_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "host/gic_model.h"
#include "irq/ich.h"

#define ISPENDR(n)	(0x200 + (32 + (n)) / 32 * 4)
#define ICPENDR(n)	(0x280 + (32 + (n)) / 32 * 4)
#define ISACTIVER(n)	(0x300 + (32 + (n)) / 32 * 4)
#define ICACTIVER(n)	(0x380 + (32 + (n)) / 32 * 4)
#define ISENABLER(n)	(0x100 + (32 + (n)) / 32 * 4)
#define ICENABLER(n)	(0x180 + (32 + (n)) / 32 * 4)
#define SPI_BIT(n)	BIT((n) % 32)

int setup(void **state);
void pulse(u32 spi);
u32 take(u32 n);

#endif
