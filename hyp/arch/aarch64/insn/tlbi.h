/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: TLB maintenance (Arm ARM DDI 0487, "TLB maintenance instructions").
 * Never: logic; tests replace this directory by tests/host/shim/insn.
 * Used by: all of hyp/ as "insn/...".
 */
#ifndef INSN_TLBI_H
#define INSN_TLBI_H

#include "lib/types.h"

/* Stage 2 of the VMID in VTTBR_EL2, one IPA (argument: IPA >> 12), inner shareable. */
static inline void tlbi_ipas2e1is(u64 ipa_pfn) { __asm__ volatile("tlbi ipas2e1is, %0" : : "r"(ipa_pfn) : "memory"); }
/* Stage 1 of the current VMID: combined entries outlive ipas2e1is, this drops them. */
static inline void tlbi_vmalle1is(void) { __asm__ volatile("tlbi vmalle1is" : : : "memory"); }
static inline void tlbi_vmalls12e1is(void) { __asm__ volatile("tlbi vmalls12e1is" : : : "memory"); }
static inline void tlbi_vmalle1(void) { __asm__ volatile("tlbi vmalle1" : : : "memory"); }
static inline void tlbi_alle1is(void) { __asm__ volatile("tlbi alle1is" : : : "memory"); }
static inline void tlbi_alle1(void) { __asm__ volatile("tlbi alle1" : : : "memory"); }
/* EL2's own stage 1: one VA (argument: VA >> 12), and everything. */
static inline void tlbi_vae2is(u64 va_pfn) { __asm__ volatile("tlbi vae2is, %0" : : "r"(va_pfn) : "memory"); }
static inline void tlbi_alle2is(void) { __asm__ volatile("tlbi alle2is" : : : "memory"); }
static inline void tlbi_alle2(void) { __asm__ volatile("tlbi alle2" : : : "memory"); }

#endif
