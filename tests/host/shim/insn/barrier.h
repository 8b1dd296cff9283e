/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: barriers as log entries, for native tests: same names as hyp/arch/aarch64/insn/barrier.h.
 * Never: differ from it in a prototype.
 * Used by: hyp/ sources built for tests/host.
 */
#ifndef INSN_BARRIER_H
#define INSN_BARRIER_H

#include "shim.h"

#define isb()		shim_event(EV_ISB, 0)
#define dsb_sy()	shim_event(EV_DSB_ISH, 0)
#define dsb_ish()	shim_event(EV_DSB_ISH, 0)
#define dsb_ishst()	shim_event(EV_DSB_ISHST, 0)
#define dsb_nsh()	shim_event(EV_DSB_NSH, 0)
#define dmb_ish()	shim_event(EV_DMB, 0)
#define dmb_ishst()	shim_event(EV_DMB, 0)

#endif
