/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: which firmware calls the host may make: PSCI through the relay, SMCCC architecture calls, TRNG. All else: not supported.
 * Never: pass an id that is not in the table; change x4..x17.
 * Called by: host/host_trap.c. SMC Calling Convention (DEN 0028), TRNG (DEN 0098).
 */
#include "host/host.h"
#include "gz/guest_hvc.h"
#include "gz/hvc.h"
#include "lib/log.h"
#include "lib/percpu.h"
#include "lib/string.h"
#include "insn/smc.h"

#define SMCCC_ARCH_SOC_ID	0x80000002u
#define SMCCC_ARCH_WORKAROUND_4	0x80000004u
#define ESR_IMM16		MASK(15, 0)
#define INSN_BYTES		4

static const u32 forwarded[] = {
	SMCCC_ARCH_FEATURES_ID, SMCCC_ARCH_SOC_ID,
	SMCCC_ARCH_WORKAROUND_1, SMCCC_ARCH_WORKAROUND_2, SMCCC_ARCH_WORKAROUND_3, SMCCC_ARCH_WORKAROUND_4,
	TRNG_VERSION_ID, TRNG_FEATURES_ID, TRNG_GET_UUID_ID, TRNG_RND32, TRNG_RND64,
};

static u64 smccc_version = SMCCC_VERSION_1_1;

u64 firmware_call(u64 id, u64 a1, u64 a2, u64 a3)
{
	u64 x[18] = { id, a1, a2, a3 };

	smc_call(x);
	return x[0];
}

void host_smc_init(void)
{
	s32 v;

	/* Only a firmware that lists it may be asked: older ones give the id another meaning. */
	if ((s32)firmware_call(PSCI_FEATURES, SMCCC_VERSION_ID, 0, 0) != PSCI_SUCCESS)
		return;
	v = (s32)firmware_call(SMCCC_VERSION_ID, 0, 0, 0);
	if (v > SMCCC_VERSION_1_1)
		smccc_version = MIN((u64)v, (u64)SMCCC_VERSION_1_2);
}

static void refuse(u64 x[18])
{
	u64 n = ++this_cpu()->stat[GZ_STAT_HOST_SMC_REFUSED];

	if ((n & (n - 1)) == 0)
		log_info("firmware call %x of the host refused, %lu on this CPU", (u32)x[0], n);
	x[0] = (u64)SMCCC_NOT_SUPPORTED;
}

void host_smc(struct host_frame *f, u64 esr)
{
	u64 x[18];

	/* The host takes its interrupts, then executes the SMC again. */
	if (!(esr & ESR_IMM16) && psci_too_early(f->x[0]))
		return;
	memcpy(x, f->x, sizeof(x));
	f->elr += INSN_BYTES;
	if (esr & ESR_IMM16)
		refuse(x);
	else if ((u32)x[0] == SMCCC_VERSION_ID)
		x[0] = smccc_version;
	else if ((u32)x[0] == VENDOR_HYP_UID_ID)	/* a driver without a node asks by PSCI's conduit, which may be SMC */
		answer4(x, UID_GENIEZONE_W0, UID_GENIEZONE_W1, UID_GENIEZONE_W2, UID_GENIEZONE_W3);
	else if (LISTED(forwarded, (u32)x[0]))
		smc_call(x);
	else if (!psci_relay(x))
		refuse(x);
	/* SMCCC 1.0 firmware may change x4..x17: the host was told 1.1, so it keeps its own. */
	memcpy(f->x, x, 4 * sizeof(x[0]));
}
