// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: the exits that need the host's memory or clock but not user space.
 * Never: claim to have handled what it did not; the guest would come back for ever.
 * Used by: gzvm_run.c.
 */
#define pr_fmt(fmt) "gzvm: " fmt

#include <linux/clocksource_ids.h>
#include <linux/ktime.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include <gz/guest_hvc.h>

#include "gzvm_drv.h"

#define GZVM_PTP_VIRTUAL	0
#define GZVM_PTP_PHYSICAL	1

static bool gzvm_handle_page_fault(struct gzvm_vcpu *vcpu)
{
	struct gzvm_vcpu_run *run = vcpu->run;
	u64 gpa = run->exception.fault_gpa;
	int ret = gzvm_map_fault(vcpu->vm, gpa >> PAGE_SHIFT);

	/* -EINTR: the thread is being killed; its run loop stops before the next entry. */
	if (!ret || ret == -EINTR)
		return true;
	if (ret == -ENOENT)
		pr_warn_ratelimited("VM %u vCPU %u: access to 0x%llx, which no slot holds any more\n",
				    vcpu->vm->id, vcpu->id, gpa);
	else
		pr_warn_ratelimited("VM %u vCPU %u: no page for guest address 0x%llx (%d): user memory must stay mapped and writable while a slot uses it\n",
				    vcpu->vm->id, vcpu->id, gpa, ret);
	run->exception.error_code = (u32)-ret;
	return false;
}

/**
 * gzvm_handle_exception() - answers an EXCEPTION exit
 * @vcpu: whose
 *
 * Return: true when the guest can go on, false when user space must see the exit.
 */
bool gzvm_handle_exception(struct gzvm_vcpu *vcpu)
{
	struct gzvm_vcpu_run *run = vcpu->run;

	if (memchr_inv(run->exception.reserved, 0, sizeof(run->exception.reserved)))
		return false;
	if (run->exception.exception != GZVM_EXCEPTION_PAGE_FAULT)
		return false;
	return gzvm_handle_page_fault(vcpu);
}

static void gzvm_ptp(struct gzvm_vcpu *vcpu)
{
	u64 *args = vcpu->run->hypercall.args;
	struct system_time_snapshot snap;
	u64 cycles, ns, which = args[1];

	ktime_get_snapshot(&snap);
	memset(args, 0, 4 * sizeof(args[0]));
	if (snap.cs_id != CSID_ARM_ARCH_COUNTER || which > GZVM_PTP_PHYSICAL) {
		args[0] = (u64)SMCCC_NOT_SUPPORTED;
		return;
	}
	cycles = snap.cycles;
	if (which == GZVM_PTP_VIRTUAL)
		cycles -= READ_ONCE(vcpu->hw->vtimer_offset);
	ns = ktime_to_ns(snap.real);
	args[0] = upper_32_bits(ns);
	args[1] = lower_32_bits(ns);
	args[2] = upper_32_bits(cycles);
	args[3] = lower_32_bits(cycles);
}

/**
 * gzvm_handle_hypercall() - answers a HYPERCALL exit
 * @vcpu: whose
 *
 * Return: true when it was one of the kernel's, false for user space.
 */
bool gzvm_handle_hypercall(struct gzvm_vcpu *vcpu)
{
	u64 *args = vcpu->run->hypercall.args;

	if (gzvm_is_view_call(args[0])) {
		/* Else gzvm_must_tell() has done it, and what is there by now is another call's. */
		if (!vcpu->vm->mem.tell_user)
			gzvm_change_view(vcpu);
	} else if (args[0] == VENDOR_HYP_PTP_ID) {
		gzvm_ptp(vcpu);
	} else {
		return false;
	}
	return true;
}
