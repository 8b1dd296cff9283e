/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: address translation instructions; the result is in PAR_EL1, which the caller saves and restores.
 * Never: logic; tests replace this directory by tests/host/shim/insn.
 * Used by: host/host_abort.c, run/ as "insn/...".
 */
#ifndef INSN_AT_H
#define INSN_AT_H

#include "lib/types.h"
#include "insn/barrier.h"

/* Stage 1 of EL1, as a read at EL1 would translate. */
static inline void at_s1e1r(u64 va) { __asm__ volatile("at s1e1r, %0" : : "r"(va) : "memory"); isb(); }

#endif
