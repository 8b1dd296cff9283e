// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: one RUN: checks before, the loop of guest and traps, the exit afterwards.
 * Never: wait for another CPU, or let a guest's trap end anything but this RUN.
 * Called by: hvc/hvc_vcpu.c.
 */
#include "run/run_int.h"

#include "arch/aarch64/cpu.h"
#include "arch/aarch64/esr.h"
#include "insn/atomic.h"
#include "insn/sysreg.h"
#include "lib/log.h"

/*
 * Kicks have a lower number than the host's timer and devices, so as long as other vCPUs send them fast enough no other
 * interrupt would be looked at: now and then the host gets its turn.
 */
#define KICKS_MAX	64

static u32 handle_sync(struct run *r)
{
	u64 esr = sysreg_read(esr_el2), ec = field_get(ESR_EC, esr);

	r->esr = esr;
	/* The most frequent first, each one comparison. */
	if (ec == EC_HVC64)
		return run_hvc(r);
	if (ec == EC_DABT_LOW)
		return run_abort(r, false);
	switch (ec) {
	case EC_SYSREG:
		return run_sysreg(r);
	case EC_IABT_LOW:
		return run_abort(r, true);
	case EC_WFX:
		return run_wfx(r);
	case EC_FP:
		return run_fp_trap(r);
	case EC_SMC64:
		/* Nothing of the firmware is for a guest; unlike HVC, a trapped SMC has not stepped the PC. */
		reg_write(r->v, 0, (u64)(s64)SMCCC_NOT_SUPPORTED);
		skip_insn(r);
		return RUN_RESUME;
	default:
		return inject_undef(r);
	}
}

static __noinline u32 refill(struct run *r)
{
	return run_wake(r, vgic_refill(&r->vm->vgic, &r->v->vgic));
}

static __noinline u32 handle_irq(struct run *r)
{
	struct vcpu *v = r->v;

	switch (gic_guest_irq()) {
	case GIC_EV_NONE:
		return RUN_RESUME;
	case GIC_EV_KICK:
		/* It may also mean: leave, the VM is dying or was parked. */
		if (vm_is_dying(r->vm) || READ_ONCE(v->power) != POWER_ON)
			return GZ_EXIT_GZ;
		if (++r->kicks == KICKS_MAX)
			return GZ_EXIT_IRQ;
		return refill(r);
	case GIC_EV_MAINTENANCE:
		return refill(r);
	case GIC_EV_VTIMER:
		vtimer_guest_irq(&r->vm->vgic, &v->vgic);
		return RUN_RESUME;
	case GIC_EV_HYP_TIMER:
		return vtimer_hyp_irq(&v->timer, &r->vm->vgic, &v->vgic, &r->w.timer) ? GZ_EXIT_IRQ : RUN_RESUME;
	default:
		return GZ_EXIT_IRQ;
	}
}

static __noinline u32 handle_serror(struct run *r)
{
	u64 esr = sysreg_read(esr_el2);

	log_warn("vm %u vcpu %u: SError while it ran, ESR 0x%lx: passed to the host", r->vm->id, r->v->index, esr);
	r->serror = true;
	r->esr = esr;
	return GZ_EXIT_IRQ;
}

/* Its handlers are apart, so that it needs no stack frame on the way to them. */
u32 guest_trap(struct run *r, enum guest_exit type)
{
	if (type == GUEST_EXIT_SYNC)
		return handle_sync(r);
	if (type == GUEST_EXIT_IRQ)
		return handle_irq(r);
	if (type == GUEST_DUE)
		return refill(r);
	return type == GUEST_EXIT_FIQ ? GZ_EXIT_IRQ : handle_serror(r);
}

static u32 guest_loop(struct run *r)
{
	struct vcpu *v = r->v;

	/* Set before running_cpu was, so no kick tells of it. */
	if (vm_is_dying(r->vm) || READ_ONCE(v->power) != POWER_ON)
		return GZ_EXIT_GZ;
	return guest_run(&v->ctx, r, &v->vgic.due_flag);
}

/*
 * The guest's first code runs on vCPU 0, and starts the others: they find a VM that is sealed and cleaned. Without a PC
 * nothing is sealed, for registers cannot be written any more after that.
 */
static u32 prepare_boot(struct run *r)
{
	struct vcpu *v = r->v;
	enum gz_err err;

	if (!v->ever_ran && !v->pc_set && !r->vm->mem.firmware)
		return report_fail(v, GZ_FAIL_NO_ENTRY);
	err = vm_seal(r->vm);
	if (err && err != GZ_EAGAIN)
		return report_fail(v, err == GZ_ENOMEM ? GZ_FAIL_NO_MEMORY :
				      err == GZ_ENOENT ? GZ_FAIL_NO_FIRMWARE_SLOT : GZ_FAIL_PAGE_BUSY);
	if (err || !run_clean_first(r))
		return GZ_EXIT_GZ;
	if (!v->ever_ran) {
		if (r->vm->mem.firmware)	/* fixed, as the registers are, since the seal began */
			vcpu_enter_firmware(v);
		WRITE_ONCE(v->power, POWER_ON);
	}
	return RUN_RESUME;
}

/* What the first RUN of a VM and of a vCPU needs. 0: ready. */
static u32 prepare_first(struct run *r)
{
	struct vcpu *v = r->v;
	enum gz_err err = vcpu_share_pages(v);
	u32 exit;

	if (err)
		return report_fail(v, err == GZ_ENOMEM ? GZ_FAIL_NO_MEMORY : GZ_FAIL_RUN_PAGES);
	if (vm_make_runnable(r->vm))
		return report_fail(v, GZ_FAIL_GIC_LAYOUT);
	exit = v->index == 0 ? prepare_boot(r) : RUN_RESUME;
	if (!exit)
		v->ever_ran = true;
	return exit;
}

static u32 prepare(struct run *r)
{
	struct vcpu *v = r->v;
	u32 exit;

	if (vm_is_dying(r->vm))
		return report_fail(v, GZ_FAIL_VM_DEAD);
	if (!this_cpu()->gicr_rd)	/* boot/secondary.c said so */
		return report_fail(v, GZ_FAIL_GIC_LAYOUT);
	if (!gic_host_idle_priority())
		return report_fail(v, GZ_FAIL_IN_INTERRUPT);
	if (!v->ever_ran) {
		exit = prepare_first(r);
		if (exit)
			return exit;
	}
	exit = run_resume(v);
	if (!exit && v->wake_late) {
		v->wake_mask = v->wake_late;
		v->wake_late = 0;
		exit = GZ_EXIT_IPI;
	}
	return exit;
}

static u32 run_once(struct run *r)
{
	u32 exit = run_power(r), wake;

	if (exit)
		return exit;
	r->kicks = 0;
	world_enter(r);
	exit = guest_loop(r);
	wake = world_leave(r);
	if (r->serror)
		cpu_host_vserror(r->esr);
	if (wake)
		exit = run_wake_left(r, wake, exit);
	return exit;
}

u32 vcpu_run(struct vcpu *v)
{
	struct run r;
	u32 exit;

	r.v = v;
	r.vm = v->vm;
	r.serror = false;
	v->wake_mask = 0;
	v->reset_mask = 0;
	WRITE_ONCE(v->idle, 0);
	stat_inc(GZ_STAT_RUNS);
	exit = prepare(&r);
	if (!exit && v->wfi)
		exit = run_idle(&r);
	while (!exit) {
		exit = run_once(&r);
		if (exit == GZ_EXIT_IDLE)
			exit = run_idle(&r);
	}
	run_publish(v, exit);
	r.vm->last_returned[this_cpu()->id].vcpu = v->index;
	/* A refusal is no exit: INFORM_EXIT is about the one before. */
	v->exit_seq += exit != GZ_EXIT_FAIL_ENTRY;
	r.vm->last_returned[this_cpu()->id].seq = v->exit_seq;
	return exit;
}

u32 run_fail_reason_of(enum gz_err err)
{
	(void)err;
	stat_inc(GZ_STAT_EXIT_OTHER);
	return GZ_EXIT_FAIL_ENTRY;
}

/* Only a note: the vCPU may be running elsewhere by now, and then the number is no longer that of its last exit. */
void run_inform_exit(struct vm *vm)
{
	u32 index = vm->last_returned[this_cpu()->id].vcpu;

	if (index < GZ_MAX_VCPUS)
		WRITE_ONCE(vm->vcpu[index]->undelivered, vm->last_returned[this_cpu()->id].seq);
}
