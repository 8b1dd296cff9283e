// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: power states at RUN: a CPU_ON taken up, a parked VM started again, a vCPU that is off.
 * Never: enter a vCPU whose power is not ON.
 * Called by: run.c, run_psci.c.
 */
#include "run/run_int.h"

/* PSCI CPU_ON by another vCPU: this one takes its entry point. */
static u32 take_cpu_on(struct run *r)
{
	struct vcpu *v = r->v;
	u64 pc, x0;
	bool on;

	spin_lock(&r->vm->power_lock);
	on = v->power == POWER_ON_PENDING;
	pc = v->on_pc;
	x0 = v->on_x0;
	if (on)
		WRITE_ONCE(v->power, POWER_ON);
	spin_unlock(&r->vm->power_lock);
	if (!on)
		return GZ_EXIT_IDLE;
	vcpu_reset(v, pc, x0);
	return RUN_RESUME;
}

static bool others_running(const struct vm *vm)
{
	for (u32 i = 0; i < GZ_MAX_VCPUS; i++) {
		const struct vcpu *v = READ_ONCE(vm->vcpu[i]);

		if (v && READ_ONCE(v->running_cpu) >= 0)
			return true;
	}
	return false;
}

/* vCPU 0 of a parked VM got its registers anew: the machine starts from its power-on state. */
static u32 take_reset(struct run *r)
{
	struct vcpu *v = r->v;

	if (!v->pc_set)
		return GZ_EXIT_IDLE;
	if (others_running(r->vm)) {	/* parked, but on their way out still */
		(void)vm_notify(r->vm, (u32)MASK(GZ_MAX_VCPUS - 1, 0) & ~(u32)BIT(v->index));
		return GZ_EXIT_GZ;
	}
	vgic_reset(&r->vm->vgic);
	v->reset_pending = false;
	spin_lock(&r->vm->power_lock);
	WRITE_ONCE(r->vm->system_event_sent, false);
	WRITE_ONCE(v->power, POWER_ON);
	spin_unlock(&r->vm->power_lock);
	return RUN_RESUME;
}

u32 run_power(struct run *r)
{
	struct vcpu *v = r->v;

	if (v->reset_pending)
		return take_reset(r);
	switch (READ_ONCE(v->power)) {
	case POWER_ON:
		return RUN_RESUME;
	case POWER_ON_PENDING:
		return take_cpu_on(r);
	default:
		return GZ_EXIT_IDLE;
	}
}
