// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: switches CNTV between host and guest, emulates the guest's CNTP, keeps CNTHP at the next deadline of either.
 * Never: touch the host's CNTP, which stays live, or add ticks without regard to wrap-around.
 * Called by: run/. Arm ARM DDI 0487, "The Generic Timer in AArch64 state".
 */
#include "timer/vtimer.h"

#include "insn/barrier.h"
#include "insn/cpu.h"
#include "insn/sysreg.h"
#include "irq/gic.h"

#define CTL_ENABLE		BIT(0)
#define CTL_IMASK		BIT(1)
#define CTL_ISTATUS		BIT(2)
#define CTL_WRITABLE		(CTL_ENABLE | CTL_IMASK)

#define CNTHCTL_EL1PCTEN	BIT(0)	/* E2H = 0: EL1 reads the physical counter itself */
#define CNTHCTL_EL1PCEN		BIT(1)	/* and has the physical timer itself */

#define NEVER			UINT64_MAX

void vtimer_init(struct vtimer *t, u64 voff)
{
	*t = (struct vtimer){ .voff = voff, .host_deadline = NEVER };
}

static bool armed(u64 ctl)
{
	return (ctl & CTL_WRITABLE) == CTL_ENABLE;
}

static bool cntv_line(const struct vtimer *t, u64 now)
{
	return armed(t->cntv_ctl) && now - t->voff >= t->cntv_cval;
}

static bool cntp_line(const struct vtimer *t, u64 now)
{
	return armed(t->cntp_ctl) && now >= t->cntp_cval;
}

/* Ticks to the condition counter >= cval; NEVER when not armed or past already. */
static u64 ticks_left(u64 ctl, u64 cval, u64 counter)
{
	return armed(ctl) && cval > counter ? cval - counter : NEVER;
}

static u64 ticks_future(const struct vtimer *t, u64 now)
{
	return MIN(ticks_left(t->cntv_ctl, t->cntv_cval, now - t->voff),
		   ticks_left(t->cntp_ctl, t->cntp_cval, now));
}

/* A guest timer that expired has its line in the vGIC already; CNTHP is for what is to come. */
static void hyp_timer_arm(const struct vtimer *t, u64 now)
{
	u64 deadline = t->host_deadline;

	if (armed(t->cntp_ctl) && t->cntp_cval > now)
		deadline = MIN(deadline, t->cntp_cval);
	if (deadline == NEVER) {
		sysreg_write(cnthp_ctl_el2, 0);
		return;
	}
	sysreg_write(cnthp_cval_el2, deadline);
	sysreg_write(cnthp_ctl_el2, CTL_ENABLE);
}

void vtimer_world_enter(struct vtimer *t, struct vtimer_host *h)
{
	h->cntv_ctl = sysreg_read(cntv_ctl_el0);
	h->cntv_cval = sysreg_read(cntv_cval_el0);
	h->voff = sysreg_read(cntvoff_el2);
	sysreg_write(cntv_ctl_el0, 0);
	isb();	/* the line is low before offset and compare value change */
	/* Masked or off: no deadline. Due already: the guest leaves at once, which is right. */
	t->host_deadline = armed(h->cntv_ctl) ? h->cntv_cval + h->voff : NEVER;
	t->loaded = true;
	/* As of when the lines were made: what expired since then has no line yet, so CNTHP fires for it at once. */
	hyp_timer_arm(t, t->lines_at);
	sysreg_write(cnthctl_el2, CNTHCTL_EL1PCTEN);
	sysreg_write(cntvoff_el2, t->voff);
	sysreg_write(cntv_cval_el0, t->cntv_cval);
	isb();	/* compare value and offset are in place before the timer runs */
	sysreg_write(cntv_ctl_el0, t->cntv_ctl);
}

void vtimer_world_leave(struct vtimer *t, const struct vtimer_host *h)
{
	sysreg_write(cnthp_ctl_el2, 0);
	t->cntv_ctl = sysreg_read(cntv_ctl_el0) & CTL_WRITABLE;
	t->cntv_cval = sysreg_read(cntv_cval_el0);
	sysreg_write(cntv_ctl_el0, 0);
	isb();	/* the guest's line is low before PPI 27 is deactivated and the host's timer runs */
	t->loaded = false;
	sysreg_write(cnthctl_el2, CNTHCTL_EL1PCTEN | CNTHCTL_EL1PCEN);
	sysreg_write(cntvoff_el2, h->voff);
	sysreg_write(cntv_cval_el0, h->cntv_cval);
	isb();
	sysreg_write(cntv_ctl_el0, h->cntv_ctl & CTL_WRITABLE);
}

void vtimer_guest_irq(struct vgic *g, struct vgic_cpu *c)
{
	gic_vtimer_set_active();
	vgic_timer_fired(g, c);
}

bool vtimer_hyp_irq(struct vtimer *t, struct vgic *g, struct vgic_cpu *c, const struct vtimer_host *h)
{
	u64 now = cpu_counter();

	if (armed(h->cntv_ctl) && now >= t->host_deadline)
		return true;
	vgic_set_ppi(g, c, PTIMER_PPI, cntp_line(t, now));
	hyp_timer_arm(t, now);
	return false;
}

static void lines_at(struct vtimer *t, struct vgic *g, struct vgic_cpu *c, u64 now)
{
	t->lines_at = now;
	vgic_set_ppi(g, c, VTIMER_PPI, cntv_line(t, now));
	vgic_set_ppi(g, c, PTIMER_PPI, cntp_line(t, now));
}

void vtimer_update_lines(struct vtimer *t, struct vgic *g, struct vgic_cpu *c)
{
	lines_at(t, g, c, cpu_counter());
}

void vtimer_resample(struct vtimer *t, struct vgic *g, struct vgic_cpu *c)
{
	u64 ctl;

	if (!t->loaded || !READ_ONCE(c->priv[VTIMER_PPI].line))
		return;
	ctl = sysreg_read(cntv_ctl_el0);
	if (armed(ctl) && (ctl & CTL_ISTATUS))
		return;
	vgic_set_ppi(g, c, VTIMER_PPI, false);
	/* No list register holds it, so no EOI will let PPI 27 fire again. */
	if (!c->timer_live)
		gic_vtimer_clear_active();
}

u64 vtimer_idle_ticks(struct vtimer *t, struct vgic *g, struct vgic_cpu *c)
{
	u64 now = cpu_counter();

	/* One reading of the counter for both: what expires after it is in ticks_future, what did before is a line. */
	lines_at(t, g, c, now);
	return vgic_has_due(g, c) ? 0 : ticks_future(t, now);
}

static u64 cntp_read(const struct vtimer *t, u32 reg, u64 now)
{
	switch (reg) {
	case ISS_CNTP_CTL_EL0:
		return t->cntp_ctl | ((t->cntp_ctl & CTL_ENABLE) && now >= t->cntp_cval ? CTL_ISTATUS : 0);
	case ISS_CNTP_CVAL_EL0:
		return t->cntp_cval;
	case ISS_CNTP_TVAL_EL0:
		return (u32)(t->cntp_cval - now);
	default:
		return now;
	}
}

static void cntp_write(struct vtimer *t, u32 reg, u64 now, u64 value)
{
	if (reg == ISS_CNTP_CTL_EL0)
		t->cntp_ctl = value & CTL_WRITABLE;
	else if (reg == ISS_CNTP_CVAL_EL0)
		t->cntp_cval = value;
	else
		t->cntp_cval = now + (u64)(s64)(s32)(u32)value;
}

bool vtimer_sysreg(struct vtimer *t, struct vgic *g, struct vgic_cpu *c, u32 reg, bool write, u64 *value)
{
	bool timer = reg == ISS_CNTP_CTL_EL0 || reg == ISS_CNTP_CVAL_EL0 || reg == ISS_CNTP_TVAL_EL0;
	bool counter = reg == ISS_CNTPCT_EL0 || reg == ISS_CNTPCTSS_EL0;
	u64 now;

	if (!timer && !(counter && !write))
		return false;
	now = cpu_counter();
	if (!write) {
		*value = cntp_read(t, reg, now);
		return true;
	}
	cntp_write(t, reg, now, *value);
	vgic_set_ppi(g, c, PTIMER_PPI, cntp_line(t, now));
	if (t->loaded)
		hyp_timer_arm(t, now);
	return true;
}
