/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what the host's traps mean: HVC, SMC (PSCI relay and filter), stage-2 aborts, everything else.
 * Never: let the host bring EL2 down; unknown things answer with an error or an exception at EL1.
 * Used by: arch/aarch64/vectors.S (host_trap), boot.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include "arch/aarch64/context.h"
#include "lib/addr.h"

/* Called by vectors.S for every exception from the host's EL1/EL0. type: 0 sync, 1 IRQ, 2 FIQ, 3 SError. */
void host_trap(struct host_frame *f, u64 type);

/* host_abort.c: stage-2 abort of the host. */
void host_abort(struct host_frame *f, u64 esr);
/* smc_filter.c: a trapped SMC (ELR not yet advanced by the hardware: the function does it). */
void host_smc(struct host_frame *f);
/* psci_relay.c: true when it was a PSCI id and x0..x3 hold the answer. */
bool psci_relay(u64 x[18]);
/* Boot: PSCI conduit of the machine; smc must be usable. */
void psci_relay_init(bool conduit_smc);
/* PSCI entry of a secondary CPU in C, MMU and stack are up; returns into the host's entry. Never returns. */
__noreturn void psci_secondary_entry(void);
/* Enters the host at EL1h, MMU off, DAIF masked. Never returns. vectors.S / entry.S. */
__noreturn void host_enter(u64 pc, u64 x0);

#endif
