/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what a CPU does beside registers, for native tests: same names as hyp/arch/aarch64/insn/cpu.h.
 * Never: differ from it in a prototype.
 * Used by: hyp/ sources built for tests/host.
 */
#ifndef INSN_CPU_H
#define INSN_CPU_H

#include <sched.h>
#include "shim.h"

static inline u64 cpu_tpidr_read(void) { return shim_tpidr; }
static inline void cpu_relax(void) { sched_yield(); }
static inline void cpu_wfi(void) { shim_event(EV_WFI, 0); }
static inline void cpu_wfe(void) { shim_event(EV_WFE, 0); }
static inline u64 cpu_counter(void) { return shim_counter_read(); }
static inline bool cpu_irq_pending(void) { return shim_irq_pending; }

#endif
