// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: PSCI 1.1 for guests (ARM DEN 0022): vCPUs on and off, system off and reset.
 * Never: act on a vCPU other than by its power state: it takes it up itself at its next entry.
 * Called by: run_hvc.c.
 */
#include "run/run_int.h"

#include "insn/atomic.h"

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

/* Apart, for its slot on the stack would cost every call a canary. */
static __noinline s64 cpu_on(struct run *r, u64 mpidr, u64 pc, u64 x0)
{
	struct vcpu *t = target_of(r->vm, mpidr);
	struct mem_slot slot;
	s64 ret;

	if (!t)
		return PSCI_INVALID_PARAMETERS;
	if (!IS_ALIGNED(pc, 4) || !guest_mem_slot_of(&r->vm->mem, IPA(pc), &slot))
		return PSCI_INVALID_ADDRESS;
	ret = LOCKED(&r->vm->power_lock, cpu_on_locked(r->vm, t, pc, x0));
	if (ret == PSCI_SUCCESS)
		r->exit = run_wake(r, (u32)BIT(t->index));
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

static s64 cpu_off(struct run *r)
{
	spin_lock(&r->vm->power_lock);
	WRITE_ONCE(r->v->power, POWER_OFF);
	spin_unlock(&r->vm->power_lock);
	r->exit = GZ_EXIT_IDLE;
	return PSCI_SUCCESS;
}

/* Does not come back to this guest. */
static s64 system_event(struct run *r, u32 type)
{
	vm_park(r->vm);
	r->exit = report_event(r->v, type);
	return PSCI_INTERNAL_FAILURE;
}

/* Numbers that follow each other are ranges: 0 VERSION to 4 AFFINITY_INFO, 8 SYSTEM_OFF to 10 FEATURES. */
static s64 features(u32 fn)
{
	switch (fn) {
	case PSCI_VERSION_ID ... PSCI_AFFINITY_INFO_32:
	case PSCI_CPU_SUSPEND_64:
	case PSCI_CPU_ON_64 ... PSCI_AFFINITY_INFO_64:
	case PSCI_MIGRATE_INFO_TYPE:
	case PSCI_SYSTEM_OFF ... PSCI_FEATURES:
	case PSCI_SYSTEM_RESET2_32:
	case PSCI_SYSTEM_RESET2_64:
	case SMCCC_VERSION_ID:
		return PSCI_SUCCESS;
	default:
		return PSCI_NOT_SUPPORTED;
	}
}

/* Every state is a standby: it ends like WFI, with success. */
static s64 cpu_suspend(struct run *r)
{
	r->exit = run_standby(r);
	return PSCI_SUCCESS;
}

/* Argument n of the call; those of a 32-bit call have 32 bits. */
static u64 arg(const struct run *r, u32 fn, u32 n)
{
	u64 x = r->v->ctx.x[n];

	return fn & SMC64 ? x : (u32)x;
}

static s64 call(struct run *r, u32 fn)
{
	switch (fn) {
	case PSCI_VERSION_ID:
		return PSCI_VERSION_1_1;
	case PSCI_FEATURES:
		return features((u32)arg(r, fn, 1));
	case PSCI_MIGRATE_INFO_TYPE:
		return PSCI_MIGRATE_NOT_PRESENT;
	case PSCI_CPU_ON_32:
	case PSCI_CPU_ON_64:
		return cpu_on(r, arg(r, fn, 1), arg(r, fn, 2), arg(r, fn, 3));
	case PSCI_AFFINITY_INFO_32:
	case PSCI_AFFINITY_INFO_64:
		return affinity_info(r, arg(r, fn, 1), arg(r, fn, 2));
	case PSCI_CPU_SUSPEND_32:
	case PSCI_CPU_SUSPEND_64:
		return cpu_suspend(r);
	case PSCI_CPU_OFF:
		return cpu_off(r);
	case PSCI_SYSTEM_OFF:
		return system_event(r, GZ_EVENT_SHUTDOWN);
	case PSCI_SYSTEM_RESET2_32:
	case PSCI_SYSTEM_RESET2_64:
		if ((u32)arg(r, fn, 1) != RESET2_WARM)
			return PSCI_INVALID_PARAMETERS;
		/* fallthrough */
	case PSCI_SYSTEM_RESET:
		return system_event(r, GZ_EVENT_RESET);
	default:
		return PSCI_NOT_SUPPORTED;
	}
}

u32 run_psci(struct run *r, u32 fn)
{
	u64 *x = r->v->ctx.x;

	r->exit = RUN_RESUME;
	x[0] = (u64)call(r, fn);
	x[1] = x[2] = x[3] = 0;
	return r->exit;
}
