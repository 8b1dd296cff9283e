/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: system registers in an array keyed by name, for native tests: same names as hyp/arch/aarch64/insn/sysreg.h.
 * Never: differ from it in a prototype.
 * Used by: hyp/ sources built for tests/host.
 */
#ifndef INSN_SYSREG_H
#define INSN_SYSREG_H

#include "shim.h"

#define sysreg_read(name)		shim_sysreg_read(#name)
#define sysreg_write(name, value)	shim_sysreg_write(#name, (value))

#endif
