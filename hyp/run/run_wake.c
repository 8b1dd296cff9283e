// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: other vCPUs that became due by what this one did: kick the running, have the host wake the sleeping.
 * Never: wait for either.
 * Called by: run.c and the handlers.
 */
#include "run/run_int.h"

/* Those whose host threads sleep: only an exit IPI wakes them. The others come by themselves. */
static u32 sleeping(struct vm *vm, u32 mask)
{
	u32 idle = 0;

	for (; mask; mask &= mask - 1) {
		u32 i = (u32)__builtin_ctz(mask);

		if (READ_ONCE(vm->vcpu[i]->idle))
			idle |= (u32)BIT(i);
	}
	return idle;
}

u32 run_wake(struct run *r, u32 mask)
{
	u32 rest;

	mask &= ~(u32)BIT(r->v->index);
	if (!mask)
		return RUN_RESUME;
	rest = sleeping(r->vm, vm_notify(r->vm, mask));
	if (!rest || !r->vm->idle_enabled)
		return RUN_RESUME;
	r->v->wake_mask = rest;
	return GZ_EXIT_IPI;
}

/* The exit is decided already. One that only says "come again" may as well be an IPI; else the next RUN says it. */
u32 run_wake_left(struct run *r, u32 mask, u32 exit)
{
	u32 had = r->v->wake_mask;

	if (run_wake(r, mask) == RUN_RESUME)
		return exit;
	r->v->wake_mask |= had;
	if (exit == GZ_EXIT_IRQ || exit == GZ_EXIT_GZ || exit == GZ_EXIT_IDLE || exit == GZ_EXIT_IPI)
		return GZ_EXIT_IPI;
	r->v->wake_late |= r->v->wake_mask;
	r->v->wake_mask = 0;
	return exit;
}
