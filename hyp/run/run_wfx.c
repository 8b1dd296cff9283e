// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a vCPU with nothing to do: WFI, and one that is powered off.
 * Never: lose a wake-up: what is due is looked at after "idle" can be seen by those who make it due.
 * Called by: run.c.
 */
#include "run/run_int.h"

#include "arch/aarch64/esr.h"
#include "insn/atomic.h"
#include "insn/barrier.h"
#include "insn/cpu.h"
#include "insn/sysreg.h"

#define IDLE_MAX_S	30	/* the driver's conversion to ns overflows beyond */
#define OFF_WAIT_MS	10

u32 run_standby(struct run *r)
{
	if (vgic_has_due(&r->vm->vgic, &r->v->vgic))
		return RUN_RESUME;
	if (r->vm->idle_enabled) {
		r->v->wfi = true;
		return GZ_EXIT_IDLE;
	}
	/* This driver knows no idle: wait here. Its interrupts, the guest's timer and a kick all end it. */
	cpu_wfi();
	return RUN_RESUME;
}

u32 run_wfx(struct run *r)
{
	if (r->v->ctx.pstate & PSTATE_NRW)
		return inject_undef(r);
	skip_insn(r);
	return field_get(WFX_TI, r->esr) & 1 ? RUN_RESUME : run_standby(r);	/* WFE is a hint */
}

/* Off, and the host cannot be told to sleep: until an interrupt, CPU_ON (a kick), or a while. */
static u32 wait_off(struct run *r)
{
	struct vcpu *v = r->v;

	WRITE_ONCE(v->running_cpu, (s32)this_cpu()->id);
	atomic_fence();
	gic_world_enter(&r->w.gic);
	sysreg_write(cnthp_cval_el2, cpu_counter() + sysreg_read(cntfrq_el0) / 1000 * OFF_WAIT_MS);
	sysreg_write(cnthp_ctl_el2, 1);
	if (READ_ONCE(v->power) == POWER_OFF && !vm_is_dying(r->vm) && !cpu_irq_pending())
		cpu_wfi();
	sysreg_write(cnthp_ctl_el2, 0);
	isb();	/* the line is low before its interrupt is handed back */
	WRITE_ONCE(v->running_cpu, -1);
	gic_world_leave(&r->w.gic);
	return GZ_EXIT_IRQ;
}

static u64 cap(const struct vm *vm, u64 ticks)
{
	u64 freq = sysreg_read(cntfrq_el0);
	/* A driver that wakes first and latches after loses wake-ups: it may not sleep for long. */
	u64 most = vm->idle_latch_first ? freq * IDLE_MAX_S : freq / (1000000000ull / GZ_IDLE_CAP_NS);

	return MIN(ticks, most);
}

u32 run_idle(struct run *r)
{
	struct vcpu *v = r->v;
	u64 ticks = UINT64_MAX;
	u32 power;

	WRITE_ONCE(v->idle, 1);
	atomic_fence();	/* pairs with vm_notify(): either it finds us idle, or we find what it latched */
	power = READ_ONCE(v->power);
	if (vm_is_dying(r->vm) || (power != POWER_OFF && v->reset_pending))
		return GZ_EXIT_GZ;
	if (power == POWER_ON)
		ticks = vtimer_idle_ticks(&v->timer, &r->vm->vgic, &v->vgic);
	if (power == POWER_ON_PENDING || ticks == 0) {
		WRITE_ONCE(v->idle, 0);
		v->wfi = false;
		return RUN_RESUME;
	}
	if (!r->vm->idle_enabled) {
		WRITE_ONCE(v->idle, 0);
		return power == POWER_OFF ? wait_off(r) : GZ_EXIT_IRQ;
	}
	report_idle(v, cap(r->vm, ticks));
	return GZ_EXIT_IDLE;
}
