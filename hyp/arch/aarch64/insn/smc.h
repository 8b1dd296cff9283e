/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the SMC instruction, SMCCC 1.2 register set (ARM DEN 0028).
 * Never: logic; tests replace this directory by tests/host/shim/insn.
 * Used by: all of hyp/ as "insn/...".
 */
#ifndef INSN_SMC_H
#define INSN_SMC_H

#include "lib/types.h"

/* x[0..17] in and out. arch/aarch64/smccc.S. */
void smc_call(u64 x[18]);

#endif
