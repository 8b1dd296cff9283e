// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a guest's HVC: SMCCC, identity, PTP, relinquish; PSCI and TRNG are next door.
 * Never: leave an old value in x1..x3 of an answer, or show the host a call it is not for.
 * Called by: run.c. SMCCC: ARM DEN 0028.
 */
#include "run/run_int.h"

#define SMC64			0x40000000u	/* the 64-bit form of a function id */
#define STANDARD_SERVICE	0x84000000u
#define PSCI_COUNT		0x20u
#define TRNG_FIRST		0x50u
#define TRNG_COUNT		0x10u

static u32 answer(struct run *r, u64 x0)
{
	answer4(r->v->ctx.x, x0, 0, 0, 0);
	return RUN_RESUME;
}

/* Firmware workarounds are not ours to give: a guest then takes its own measures. */
static u64 arch_features(u32 fn)
{
	bool known = fn == SMCCC_VERSION_ID || fn == SMCCC_ARCH_FEATURES_ID;

	return known ? 0 : (u64)(s64)SMCCC_NOT_SUPPORTED;
}

/* The driver reads the clock and answers in x0..x3. Like relinquish() apart, so that the short calls need no stack frame. */
static __noinline u32 ptp(struct run *r)
{
	/* Time of the host's making is none that a protected VM wants. */
	if (r->v->ctx.x[1] > 1 || guest_mem_private(&r->vm->mem))
		return answer(r, (u64)(s64)SMCCC_NOT_SUPPORTED);
	return report_hypercall(r->v, REPLY_HYPERCALL);
}

/* The page is the host's again before the exit; the driver unpins it and writes no result. */
static __noinline u32 relinquish(struct run *r)
{
	u64 ipa = r->v->ctx.x[1];
	u32 exit;

	if (!IS_ALIGNED(ipa, PAGE_SIZE) || guest_relinquish_host(&r->vm->mem, IPA(ipa)))
		return answer(r, (u64)(s64)SMCCC_INVALID_PARAMETER);
	exit = report_hypercall(r->v, REPLY_NOTHING);
	(void)answer(r, 0);
	return exit;
}

static u32 other_call(struct run *r, u32 fn)
{
	switch (fn) {
	case SMCCC_VERSION_ID:
		return answer(r, SMCCC_VERSION_1_1);
	case SMCCC_ARCH_FEATURES_ID:
		return answer(r, arch_features((u32)r->v->ctx.x[1]));
	case VENDOR_HYP_UID_ID:
		answer4(r->v->ctx.x, UID_KVM_W0, UID_KVM_W1, UID_KVM_W2, UID_KVM_W3);
		return RUN_RESUME;
	case VENDOR_HYP_FEATURES_ID:
		return answer(r, guest_mem_private(&r->vm->mem) ? VENDOR_FEATURES_PROTECTED : VENDOR_FEATURES_UNPROTECTED);
	case VENDOR_HYP_PTP_ID:
		return ptp(r);
	case VENDOR_HYP_MEM_RELINQUISH:
		return relinquish(r);
	default:
		return run_private_call(r, fn);
	}
}

u32 run_hvc(struct run *r)
{
	u32 fn = (u32)r->v->ctx.x[0], standard = (fn & ~SMC64) - STANDARD_SERVICE;

	if (standard < PSCI_COUNT)
		return run_psci(r, fn);
	if (standard - TRNG_FIRST < TRNG_COUNT)
		return run_trng(&r->v->ctx, fn);
	return other_call(r, fn);
}
