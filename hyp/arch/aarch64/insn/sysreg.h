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

#endif
