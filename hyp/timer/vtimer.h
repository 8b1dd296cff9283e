/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a vCPU's virtual timer (on the hardware CNTV, PPI 27) and physical timer (emulated, PPI 30), and the host's
 *      timers while a guest runs.
 * Never: let a host deadline pass unnoticed: CNTHP = min(host CNTV, guest CNTP).
 * Used by: run/. Arm ARM DDI 0487 "The Generic Timer in AArch64 state".
 */
#ifndef TIMER_VTIMER_H
#define TIMER_VTIMER_H

#include "irq/vgic.h"
#include "lib/types.h"

#define VTIMER_PPI	27
#define PTIMER_PPI	30

struct vtimer {
	u64 voff;		/* CNTVOFF_EL2 of the VM */
	u64 cntv_ctl, cntv_cval;
	u64 cntp_ctl, cntp_cval;	/* emulated; cval in physical counter ticks as the guest sees them */
	u64 lines_at;		/* counter when the lines were last made from the compare values */
	u64 host_deadline;	/* physical ticks, UINT64_MAX: none; valid between world_enter and world_leave */
	bool loaded;		/* between world_enter and world_leave */
};

struct vtimer_host { u64 cntv_ctl, cntv_cval, voff; };

void vtimer_init(struct vtimer *t, u64 voff);
/* Entry: saves and stops the host's CNTV, arms CNTHP, loads the guest's CNTV and CNTHCTL_EL2 (after vgic_load). */
void vtimer_world_enter(struct vtimer *t, struct vtimer_host *h);
/* Leave: the reverse, CNTHCTL_EL2 gives EL1 counter and timer again; guest state back into t. */
void vtimer_world_leave(struct vtimer *t, const struct vtimer_host *h);
/* PPI 27 fired while the guest ran: ISACTIVER, list register 0. */
void vtimer_guest_irq(struct vgic *g, struct vgic_cpu *c);
/* PPI 26 fired: true when it was the host's deadline (leave), false when the guest's CNTP (line raised, resume). */
bool vtimer_hyp_irq(struct vtimer *t, struct vgic *g, struct vgic_cpu *c, const struct vtimer_host *h);
/* At RUN before entry: expired timers raise their lines. */
void vtimer_update_lines(struct vtimer *t, struct vgic *g, struct vgic_cpu *c);
/* While loaded, before vgic_mmio_*: a guest that has PPI 27 disabled and stopped its timer must not see it pending. */
void vtimer_resample(struct vtimer *t, struct vgic *g, struct vgic_cpu *c);
/* Not loaded, for exit IDLE: 0: enter it again; else ticks to sleep, UINT64_MAX: no timer armed. Raises lines, so nothing is lost between. */
u64 vtimer_idle_ticks(struct vtimer *t, struct vgic *g, struct vgic_cpu *c);
/*
 * Emulated CNTP_{CTL,CVAL,TVAL}_EL0 and CNTPCT while trapped. reg: the ISS of the trap with Rt and direction zero,
 * as VTIMER_ISS builds it. False: not one of these.
 */
#define VTIMER_ISS(op0, op1, crn, crm, op2) \
	((u32)(op0) << 20 | (u32)(op2) << 17 | (u32)(op1) << 14 | (u32)(crn) << 10 | (u32)(crm) << 1)
#define ISS_CNTPCT_EL0		VTIMER_ISS(3, 3, 14, 0, 1)
#define ISS_CNTPCTSS_EL0	VTIMER_ISS(3, 3, 14, 0, 5)
#define ISS_CNTP_TVAL_EL0	VTIMER_ISS(3, 3, 14, 2, 0)
#define ISS_CNTP_CTL_EL0	VTIMER_ISS(3, 3, 14, 2, 1)
#define ISS_CNTP_CVAL_EL0	VTIMER_ISS(3, 3, 14, 2, 2)
bool vtimer_sysreg(struct vtimer *t, struct vgic *g, struct vgic_cpu *c, u32 reg, bool write, u64 *value);

#endif
