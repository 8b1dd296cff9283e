/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: read and write one system register by its name.
 * Never: logic; tests replace this directory by tests/host/shim/insn.
 * Used by: all of hyp/ as "insn/...".
 */
#ifndef INSN_SYSREG_H
#define INSN_SYSREG_H

#include "lib/types.h"

#define sysreg_read(name) \
	({ u64 v_; __asm__ volatile("mrs %0, " #name : "=r"(v_)); v_; })
#define sysreg_write(name, value) \
	do { u64 v_ = (value); __asm__ volatile("msr " #name ", %0" : : "r"(v_)); } while (0)

/* The same for a register whose encoding is a macro of arch/aarch64/regs.h. */
#define sysreg_read_s(macro)		sysreg_read_s_(macro)
#define sysreg_read_s_(name)		sysreg_read(name)
#define sysreg_write_s(macro, value)	sysreg_write_s_(macro, value)
#define sysreg_write_s_(name, value)	sysreg_write(name, value)

/* RNDR: false when the generator had nothing in time. Needs: the CPU has FEAT_RNG. */
static inline bool sysreg_rndr(u64 *out)
{
	u32 ok;

	__asm__ volatile("mrs %0, s3_3_c2_c4_0\n\tcset %w1, ne" : "=r"(*out), "=r"(ok) : : "cc");
	return ok;
}

#endif
