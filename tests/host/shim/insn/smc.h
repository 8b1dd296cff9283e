/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: SMC through a hook, for native tests: same names as hyp/arch/aarch64/insn/smc.h.
 * Never: differ from it in a prototype.
 * Used by: hyp/ sources built for tests/host.
 */
#ifndef INSN_SMC_H
#define INSN_SMC_H

#include "shim.h"

static inline void smc_call(u64 x[18]) { shim_smc(x); }

#endif
