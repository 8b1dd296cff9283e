/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: address translation, for native tests: a test sets PAR_EL1 (write hook of "at_s1"), same names as the real at.h.
 * Never: differ from it in a prototype.
 * Used by: hyp/ sources built for tests/host.
 */
#ifndef INSN_AT_H
#define INSN_AT_H

#include "shim.h"

static inline void at_s1e1r(u64 va) { shim_sysreg_write("at_s1e1r", va); }
static inline void at_s1e0r(u64 va) { shim_sysreg_write("at_s1e0r", va); }

#endif
