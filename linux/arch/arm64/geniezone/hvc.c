// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: the one place that issues HVC to the hypervisor, and the one translator status -> errno.
 * Never: decide anything; a second HVC instruction elsewhere would escape the tracepoints.
 * Used by: vm.c, vcpu.c, vgic.c; gzvm_arch_identify() by gzvm_main.c.
 */
#include <linux/arm-smccc.h>
#include <linux/errno.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#include <asm/arch_timer.h>
#include <gz/guest_hvc.h>

#include "gzvm_arch.h"
#include "trace.h"

/* Longer waits say nothing more: the vCPU just looks again. */
#define GZVM_MAX_WAIT_SECONDS	30

static int gzvm_errno_of_status(s32 status)
{
	switch (status) {
	case GZ_ST_OK:
		return 0;
	case GZ_ST_NO_MEMORY:
		return -ENOMEM;
	case GZ_ST_NOT_SUPPORTED:
	case GZ_ST_NOT_IMPLEMENTED:
		return -EOPNOTSUPP;
	case GZ_ST_BUSY:
		return -EAGAIN;
	case GZ_ST_FAULT:
		return -EFAULT;
	case GZ_ST_ALREADY_EXISTS:
		return -EEXIST;
	case GZ_ST_ACCESS_DENIED:
		return -EACCES;
	default:
		return -EINVAL;
	}
}

/**
 * gzvm_hvc() - one host call
 * @fn: which
 * @args: arguments in, results and raw status out
 *
 * Context: any; the hypervisor returns at the latest when the host has an interrupt to take.
 * Return: 0 or the errno that stands for the status.
 */
int gzvm_hvc(enum gz_hvc_fn fn, struct gzvm_hvc_args *args)
{
	struct arm_smccc_1_2_regs *regs = (struct arm_smccc_1_2_regs *)args;

	static_assert(offsetof(struct gzvm_hvc_args, status) == sizeof(*regs));
	static_assert(offsetof(struct gzvm_hvc_args, arg) ==
		      offsetof(struct arm_smccc_1_2_regs, a1));
	args->id = GZ_HVC_ID(fn);
	trace_mtk_hypcall_enter(args->id);
	arm_smccc_1_2_hvc(regs, regs);
	args->status = (s32)regs->a0;
	trace_mtk_hypcall_leave(GZ_HVC_ID(fn), args->status == GZ_ST_NOT_SUPPORTED);
	return gzvm_errno_of_status(args->status);
}

/**
 * gzvm_arch_identify() - is GenieZone below us, asked in a way every machine survives
 *
 * The vendor UID call is part of SMCCC 1.1, so firmware that announces 1.1 answers it. PROBE is
 * never tried on an unknown machine: what it would do there is anybody's guess.
 *
 * Return: true when the UID is GenieZone's.
 */
bool gzvm_arch_identify(void)
{
	struct arm_smccc_res res;

	/* By the conduit the firmware names, which is SMC where the hypervisor relays PSCI. */
	if (arm_smccc_1_1_invoke(VENDOR_HYP_UID_ID, &res) == SMCCC_CONDUIT_NONE)
		return false;
	return (u32)res.a0 == UID_GENIEZONE_W0 && (u32)res.a1 == UID_GENIEZONE_W1 &&
	       (u32)res.a2 == UID_GENIEZONE_W2 && (u32)res.a3 == UID_GENIEZONE_W3;
}

/**
 * gzvm_arch_ticks_to_ns() - counter ticks as nanoseconds
 * @ticks: ticks of the system counter
 *
 * Return: nanoseconds, at most %GZVM_MAX_WAIT_SECONDS worth.
 */
u64 gzvm_arch_ticks_to_ns(u64 ticks)
{
	u32 freq = arch_timer_get_cntfrq();
	u64 most = (u64)freq * GZVM_MAX_WAIT_SECONDS;

	if (!freq)
		return NSEC_PER_MSEC;
	return mul_u64_u32_div(min(ticks, most), NSEC_PER_SEC, freq);
}
