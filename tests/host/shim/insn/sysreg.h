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
#define sysreg_read_s(macro)		sysreg_read_s_(macro)
#define sysreg_read_s_(name)		sysreg_read(name)
#define sysreg_write_s(macro, value)	sysreg_write_s_(macro, value)
#define sysreg_write_s_(name, value)	sysreg_write(name, value)

/* The register "rndr" is what comes out; 0 means nothing in time. */
static inline bool sysreg_rndr(u64 *out)
{
	*out = shim_sysreg_read("rndr");
	return *out != 0;
}

#endif
