/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: TLB maintenance as log entries, for native tests: same names as hyp/arch/aarch64/insn/tlbi.h.
 * Never: differ from it in a prototype.
 * Used by: hyp/ sources built for tests/host.
 */
#ifndef INSN_TLBI_H
#define INSN_TLBI_H

#include "shim.h"

static inline void tlbi_ipas2e1is(u64 ipa_pfn) { shim_event(EV_TLBI_IPAS2E1IS, ipa_pfn); }
static inline void tlbi_vmalle1is(void) { shim_event(EV_TLBI_VMALLE1IS, 0); }
static inline void tlbi_vmalls12e1is(void) { shim_event(EV_TLBI_VMALLS12E1IS, 0); }
static inline void tlbi_vmalle1(void) { shim_event(EV_TLBI_VMALLE1, 0); }
static inline void tlbi_alle1is(void) { shim_event(EV_TLBI_ALLE1IS, 0); }
static inline void tlbi_alle1(void) { shim_event(EV_TLBI_ALLE1, 0); }
static inline void tlbi_vae2is(u64 va_pfn) { shim_event(EV_TLBI_VAE2IS, va_pfn); }
static inline void tlbi_vae2(u64 va_pfn) { shim_event(EV_TLBI_VAE2, va_pfn); }
static inline void tlbi_alle2is(void) { shim_event(EV_TLBI_ALLE2IS, 0); }
static inline void tlbi_alle2(void) { shim_event(EV_TLBI_ALLE2, 0); }

#endif
