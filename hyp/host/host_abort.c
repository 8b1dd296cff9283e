/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a host access that stage 2 refused: let it try again if it may now, else tell the host in a way it can survive.
 * Never: a translation fault (Linux would retry for ever), a log line per abort.
 * Called by: host/host_trap.c. Arm ARM (DDI 0487) "ISS encoding for an exception from a Data Abort".
 */
#include "host/host.h"
#include "arch/aarch64/inject.h"
#include "arch/aarch64/esr.h"
#include "gz/hvc.h"
#include "lib/log.h"
#include "lib/percpu.h"
#include "mem/host_s2.h"
#include "insn/sysreg.h"

#define INSN_BYTES		4
#define FSC_LEVEL		MASK(1, 0)

/*
 * EL0: an external abort is a SIGBUS. EL1: Linux has no recovery from an external abort in the kernel, but its alignment
 * handler reaches the fixups of copy_from_user() and friends. Fetches and table walks know no alignment fault.
 */
static u64 abort_syndrome(u64 esr, bool el0)
{
	bool fetch = esr >> ESR_EC_SHIFT == EC_IABT_LOW;
	u64 ec = fetch ? (el0 ? EC_IABT_LOW : EC_IABT_CUR) : (el0 ? EC_DABT_LOW : EC_DABT_CUR);
	u64 fsc = FSC_EXTERNAL;

	if (esr & ABT_S1PTW)
		fsc = FSC_EXTERNAL_WALK | field_get(FSC_LEVEL, esr);
	else if (!el0 && !fetch)
		fsc = FSC_ALIGNMENT;
	return ec << ESR_EC_SHIFT | ESR_IL | (fetch ? 0 : esr & ABT_WNR) | fsc;
}

static void count_and_log(const struct host_frame *f, ipa_t ipa, bool write, bool el0)
{
	u64 n = ++this_cpu()->stat[GZ_STAT_HOST_ABORTS];

	/* Powers of two only: a hostile host must not own the log. */
	if ((n & (n - 1)) == 0)
		log_warn("host %s refused at %lx (pc %lx, EL%u), %lu on this CPU: memory that is not the host's",
			 write ? "write" : "access", ipa.v, f->elr, el0 ? 0u : 1u, n);
}

void host_abort(struct host_frame *f, u64 esr)
{
	bool fetch = esr >> ESR_EC_SHIFT == EC_IABT_LOW;
	bool write = !fetch && (esr & ABT_WNR) && !(esr & ABT_S1PTW);
	bool el0 = (f->spsr & PSTATE_NRW) || (f->spsr & PSTATE_MODE) == PSTATE_EL0T;
	u64 far = sysreg_read(far_el2), kind = field_get(FSC_TYPE, esr);
	/*
	 * HPFAR_EL2 is not written for a permission fault outside a stage-1 walk, and to ask the host's stage 1 by AT would be
	 * to take at EL2 the external abort of a table the host has moved meanwhile. No permission ever changes: it is refused.
	 */
	bool known = kind == FSC_TYPE_TRANSLATION || (kind == FSC_TYPE_PERMISSION && (esr & ABT_S1PTW));
	ipa_t ipa = IPA(known ? field_get(HPFAR_FIPA, sysreg_read(hpfar_el2)) << PAGE_SHIFT : 0);

	/* The others, access flag, address size, external abort: the host's error whatever it is. */
	if (known && host_s2_allows(ipa, write, fetch && !(esr & ABT_S1PTW)))
		return;
	count_and_log(f, ipa, write, el0);
	/* Linux has no fixup where its kernel maintains caches, and to maintain nothing harms nobody. */
	if (!fetch && !el0 && (esr & DABT_CM) && !(esr & ABT_S1PTW)) {
		f->elr += INSN_BYTES;
		return;
	}
	el1_inject(&f->elr, &f->spsr, abort_syndrome(esr, el0), !(esr & ABT_FNV), far, 0);
}
