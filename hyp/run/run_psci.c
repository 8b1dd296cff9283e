// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: PSCI 1.1 for guests (ARM DEN 0022): vCPUs on and off, system off and reset.
 * Never: act on a vCPU other than by its power state: it takes it up itself at its next entry.
 * Called by: run_hvc.c.
 */
#include "run/run_int.h"

#include "insn/atomic.h"

#define PSCI_FIRST	0x84000000u
#define PSCI_COUNT	0x20u
#define SMC64		0x40000000u
#define RESET2_WARM	0	/* SYSTEM_WARM_RESET, the one architectural type */
#define MPIDR_AFFINITY	(MASK(39, 32) | MASK(23, 0))

/* MPIDR of vCPU n: affinity 0 is n, the others are zero. */
static struct vcpu *target_of(struct vm *vm, u64 mpidr)
{
	struct vcpu *t;

	if ((mpidr & ~MPIDR_AFFINITY) || mpidr >= GZ_MAX_VCPUS)
		return NULL;
	t = READ_ONCE(vm->vcpu[mpidr]);
	return t && READ_ONCE(t->state) != VCPU_OFF ? t : NULL;
}

static s64 cpu_on_locked(struct vm *vm, struct vcpu *t, u64 pc, u64 x0) NEEDS(vm->power_lock)
{
	if (vm->system_event_sent)
		return PSCI_DENIED;
	switch (t->power) {
	case POWER_ON:
		return PSCI_ALREADY_ON;
	case POWER_ON_PENDING:
		return PSCI_ON_PENDING;
	default:
		t->on_pc = pc;
		t->on_x0 = x0;
		WRITE_ONCE(t->power, POWER_ON_PENDING);
		return PSCI_SUCCESS;
	}
}

static s64 cpu_on(struct run *r, u64 mpidr, u64 pc, u64 x0, u32 *exit)
{
	struct vcpu *t = target_of(r->vm, mpidr);
	struct mem_slot slot;
	s64 ret;

	if (!t)
		return PSCI_INVALID_PARAMETERS;
	if (!guest_mem_slot_of(&r->vm->mem, IPA(pc), &slot))
		return PSCI_INVALID_ADDRESS;
	spin_lock(&r->vm->power_lock);
	ret = cpu_on_locked(r->vm, t, pc, x0);
	spin_unlock(&r->vm->power_lock);
	if (ret == PSCI_SUCCESS)
		*exit = run_wake(r, (u32)BIT(t->index));
	return ret;
}

static s64 affinity_info(struct run *r, u64 mpidr, u64 level)
{
	struct vcpu *t = target_of(r->vm, mpidr);

	if (!t || level != 0)	/* from PSCI 1.0 on only level 0 is asked of us */
		return PSCI_INVALID_PARAMETERS;
	switch (READ_ONCE(t->power)) {
	case POWER_ON:
		return PSCI_AFFINITY_ON;
	case POWER_ON_PENDING:
		return PSCI_AFFINITY_ON_PENDING;
	default:
		return PSCI_AFFINITY_OFF;
	}
}

static u32 cpu_off(struct run *r)
{
	spin_lock(&r->vm->power_lock);
	WRITE_ONCE(r->v->power, POWER_OFF);
	spin_unlock(&r->vm->power_lock);
	return GZ_EXIT_IDLE;
}

static u32 system_event(struct run *r, u32 type)
{
	power_park_all(r);
	return report_event(r->v, type);
}

static s64 features(u32 fn)
{
	switch (fn) {
	case PSCI_VERSION_ID:
	case PSCI_CPU_SUSPEND_32:
	case PSCI_CPU_SUSPEND_64:
	case PSCI_CPU_OFF:
	case PSCI_CPU_ON_32:
	case PSCI_CPU_ON_64:
	case PSCI_AFFINITY_INFO_32:
	case PSCI_AFFINITY_INFO_64:
	case PSCI_MIGRATE_INFO_TYPE:
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
	case PSCI_SYSTEM_RESET2_32:
	case PSCI_SYSTEM_RESET2_64:
	case PSCI_FEATURES:
	case SMCCC_VERSION_ID:
		return PSCI_SUCCESS;
	default:
		return PSCI_NOT_SUPPORTED;
	}
}

/* Every state is a standby: it ends like WFI, with success. */
static s64 cpu_suspend(struct run *r, u32 *exit)
{
	*exit = run_standby(r);
	return PSCI_SUCCESS;
}

/* Calls that return a value; the others end the vCPU's run. */
static s64 call(struct run *r, u32 fn, const u64 *arg, u32 *exit)
{
	switch (fn) {
	case PSCI_VERSION_ID:
		return PSCI_VERSION_1_1;
	case PSCI_FEATURES:
		return features((u32)arg[0]);
	case PSCI_MIGRATE_INFO_TYPE:
		return PSCI_MIGRATE_NOT_PRESENT;
	case PSCI_CPU_ON_32:
	case PSCI_CPU_ON_64:
		return cpu_on(r, arg[0], arg[1], arg[2], exit);
	case PSCI_AFFINITY_INFO_32:
	case PSCI_AFFINITY_INFO_64:
		return affinity_info(r, arg[0], arg[1]);
	case PSCI_CPU_SUSPEND_32:
	case PSCI_CPU_SUSPEND_64:
		return cpu_suspend(r, exit);
	case PSCI_CPU_OFF:
		*exit = cpu_off(r);
		return PSCI_SUCCESS;
	case PSCI_SYSTEM_OFF:
		*exit = system_event(r, GZ_EVENT_SHUTDOWN);
		return PSCI_INTERNAL_FAILURE;
	case PSCI_SYSTEM_RESET2_32:
	case PSCI_SYSTEM_RESET2_64:
		if ((u32)arg[0] != RESET2_WARM)
			return PSCI_INVALID_PARAMETERS;
		/* fallthrough */
	case PSCI_SYSTEM_RESET:
		*exit = system_event(r, GZ_EVENT_RESET);
		return PSCI_INTERNAL_FAILURE;
	default:
		return PSCI_NOT_SUPPORTED;
	}
}

bool run_psci(struct run *r, u32 fn, u32 *exit)
{
	u64 *x = r->v->ctx.x, arg[3];

	if ((fn & ~SMC64) - PSCI_FIRST >= PSCI_COUNT)
		return false;
	for (u32 i = 0; i < 3; i++)
		arg[i] = fn & SMC64 ? x[i + 1] : (u32)x[i + 1];
	x[0] = (u64)call(r, fn, arg, exit);
	x[1] = x[2] = x[3] = 0;
	return true;
}
