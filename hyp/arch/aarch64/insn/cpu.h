/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what a CPU does beside registers: wait, identify, look at pending interrupts.
 * Never: logic; tests replace this directory by tests/host/shim/insn.
 * Used by: all of hyp/ as "insn/...".
 */
#ifndef INSN_CPU_H
#define INSN_CPU_H

#include "lib/types.h"

static inline u64 cpu_tpidr_read(void) { u64 v; __asm__("mrs %0, tpidr_el2" : "=r"(v)); return v; }
static inline void cpu_relax(void) { __asm__ volatile("yield" : : : "memory"); }
static inline void cpu_wfi(void) { __asm__ volatile("dsb sy\n\twfi" : : : "memory"); }
static inline u64 cpu_counter(void) { u64 v; __asm__ volatile("isb\n\tmrs %0, cntpct_el0" : "=r"(v)); return v; }
/* A physical interrupt waits for this CPU, masked or not (ISR_EL1 A, I, F). */
static inline bool cpu_irq_pending(void) { u64 v; __asm__ volatile("mrs %0, isr_el1" : "=r"(v)); return (v & 0x1c0) != 0; }

#endif
