/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a guest with timers entered and left as RUN does.
 * Never: a real clock; shim_counter is CNTPCT.
 * Used by: test_vtimer.c, test_vtimer_cntp.c.
 */
#ifndef VTIMER_FIXTURE_H
#define VTIMER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "host/gic_model.h"
#include "irq/gic.h"
#include "irq/ich.h"
#include "timer/vtimer.h"

#define VOFF		UINT64_C(1000)
#define PHYS27		(1u << 27)
#define NEVER		UINT64_MAX

extern struct vtimer vt;
extern struct vtimer_host host;
extern struct gic_host_state hg;
extern struct vgic_cpu *vc;

int setup(void **state);
void enter(void);
void leave(void);
u32 run_irqs(bool *out);
u32 irqs(void);
void guest_cntv(u64 ctl, u64 cval);

#endif
