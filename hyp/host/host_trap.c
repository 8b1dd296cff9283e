/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: sort the host's traps: calls to EL2, firmware calls, stage-2 aborts; the rest is undefined at EL1.
 * Never: refuse to return to the host.
 * Called by: vectors.S.
 */
#include "host/host.h"
#include "arch/aarch64/cpu.h"
#include "arch/aarch64/esr.h"
#include "arch/aarch64/inject.h"
#include "gz/guest_hvc.h"
#include "gz/hvc.h"
#include "hvc/dispatch.h"
#include "lib/check.h"
#include "lib/log.h"
#include "lib/percpu.h"
#include "insn/sysreg.h"

/* SMC Calling Convention (DEN 0028) "Function Identifier": fast call bit, owner field. */
#define SMCCC_FAST		BIT(31)
#define SMCCC_OWNER		MASK(29, 24)
#define OWNER_GENIEZONE		59
#define INSN_BYTES		4

void host_undef(struct host_frame *f)
{
	el1_inject(&f->elr, &f->spsr, (u64)EC_UNKNOWN << ESR_EC_SHIFT | ESR_IL, false, 0, 0);
}

static void host_hvc(struct host_frame *f)
{
	u64 id = (u32)f->x[0];

	if ((id & SMCCC_FAST) && field_get(SMCCC_OWNER, id) == OWNER_GENIEZONE) {
		/* The host takes its interrupt, then executes the HVC again. */
		if (hvc_dispatch(f->x) == HVC_RESTART)
			f->elr -= INSN_BYTES;
		return;
	}
	if (id == VENDOR_HYP_UID_ID)
		answer4(f->x, UID_GENIEZONE_W0, UID_GENIEZONE_W1, UID_GENIEZONE_W2, UID_GENIEZONE_W3);
	else if (id == SMCCC_VERSION_ID)
		answer4(f->x, SMCCC_VERSION_1_2, 0, 0, 0);
	else
		answer4(f->x, (u64)SMCCC_NOT_SUPPORTED, 0, 0, 0);
}

static void host_sysreg(struct host_frame *f, u64 esr)
{
	u32 rt = (u32)field_get(SYSREG_RT, esr);
	u64 value;

	if (!cpu_host_id_read(esr & ESR_ISS, &value)) {
		host_undef(f);
		return;
	}
	if (rt < ARRAY_SIZE(f->x))
		f->x[rt] = value;
	f->elr += INSN_BYTES;
}

static void host_sync(struct host_frame *f)
{
	u64 esr = sysreg_read(esr_el2);

	switch (field_get(ESR_EC, esr)) {
	case EC_HVC64:
		host_hvc(f);
		break;
	case EC_SMC64:
		host_smc(f, esr);
		break;
	case EC_IABT_LOW:
	case EC_DABT_LOW:
		host_abort(f, esr);
		break;
	case EC_SYSREG:
		host_sysreg(f, esr);
		break;
	default:
		host_undef(f);
		break;
	}
}

void host_trap(struct host_frame *f, u64 type)
{
	static bool said;

	panic_check();
	longest_call_begin();
	if (type == 0) {
		host_sync(f);
	} else if (type == 3) {
		cpu_host_vserror(sysreg_read(esr_el2) & ESR_ISS);
	} else if (!said) {
		said = true;
		log_error("an interrupt of the host came to EL2 (HCR_EL2 %lx)", sysreg_read(hcr_el2));
	}
}
