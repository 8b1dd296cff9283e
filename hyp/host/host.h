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
/* Undefined instruction exception at EL1 for the instruction at ELR. */
void host_undef(struct host_frame *f);

/* host_abort.c: stage-2 abort of the host. */
void host_abort(struct host_frame *f, u64 esr);
/* smc_filter.c: a trapped SMC (ELR not yet advanced by the hardware: the function does it). */
void host_smc(struct host_frame *f, u64 esr);
/* Boot: asks the firmware for its SMCCC version, through the relay's PSCI_FEATURES. */
void host_smc_init(void);
/* One SMC with up to three arguments; x0 of the answer. */
u64 firmware_call(u64 id, u64 a1, u64 a2, u64 a3);

/*
 * psci_relay.c: a call that ends the machine, while memory of protected guests has yet to be scrubbed; one slice of that is done.
 * The host makes the call again.
 */
bool psci_too_early(u64 id);
/* True when it was a PSCI id and x0..x3 hold the answer. */
bool psci_relay(u64 x[18]);
/* Boot: trampoline is where firmware shall start a CPU (context id: CPU number). The calling CPU counts as on. */
void psci_relay_init(pa_t trampoline);
/*
 * A CPU that arrived by CPU_ON or woke from a power-down suspend: where the host wanted it. It counts as on from here.
 * True: it woke, and never was off for the host.
 */
bool psci_take_entry(u64 *pc, u64 *x0);
/* Powers this CPU off again; returns when firmware refuses. */
void psci_cpu_off_self(void);
/* SYSTEM_OFF; returns when firmware has none. */
void psci_system_off(void);

/* entry.S: PSCI entry of a CPU with its MMU off. Only its address is used. */
void secondary_entry(void);
/* boot/secondary.c: the same CPU in C, MMU and stack are up. */
__noreturn void psci_secondary_entry(void);
/* Before it, and before a register is written that not every CPU has: returns only on a CPU that is like the boot CPU. */
void psci_secondary_check(void);
/* Enters the host at EL1h, MMU off, DAIF masked; this CPU's stack is empty afterwards. entry.S. */
__noreturn void host_enter(u64 pc, u64 x0);

#endif
