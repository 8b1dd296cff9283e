/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a virtual GIC with two vCPUs over the model of the physical one.
 * Never: an expectation of its own.
 * Used by: test_vgic_lr.c, test_vgic_lr_changes.c.
 */
#include "host/lr_fixture.h"

int setup(void **state)
{
	(void)state;
	gm_init(GM_LRS);
	gm_vm(2);
	return 0;
}

void pulse(u32 spi) { gm_inject(spi, 1, GZ_IRQ_MODE_PULSE); }

u32 take(u32 n)
{
	gm_settle(n);
	return gm_ack();
}
