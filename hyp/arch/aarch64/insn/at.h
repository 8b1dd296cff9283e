/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: stage 1 address translation by the CPU; the result is in PAR_EL1.
 * Never: logic; tests replace this directory by tests/host/shim/insn.
 * Used by: run/run_abort.c.
 */
#ifndef INSN_AT_H
#define INSN_AT_H

#include "lib/types.h"

static inline void at_s1e1r(u64 va) { __asm__ volatile("at s1e1r, %0\n\tisb" : : "r"(va) : "memory"); }
static inline void at_s1e0r(u64 va) { __asm__ volatile("at s1e0r, %0\n\tisb" : : "r"(va) : "memory"); }

#endif
