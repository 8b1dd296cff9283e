/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a CPU that firmware just started at our trampoline, up to the host's entry; also waking from suspend.
 * Never: let the host run on a CPU whose control registers were not all written.
 * Called by: arch/aarch64/entry.S (stack, final tables and vectors are on), boot/init.c.
 */
#include "arch/aarch64/cpu.h"
#include "boot/boot.h"
#include "host/host.h"
#include "irq/gic.h"
#include "lib/check.h"
#include "lib/log.h"
#include "lib/percpu.h"
#include "insn/barrier.h"
#include "insn/tlbi.h"

void boot_cpu_setup(void)
{
	cpu_host_controls_load();
	cpu_host_el1_reset();
	tlbi_alle1();
	dsb_nsh();
	isb();
	/* The host runs without; only a guest could not be entered on this CPU. */
	if (gic_cpu_init())
		log_warn("CPU %u: no GICv3 redistributor frame of its own found, guests cannot run on it", this_cpu()->id);
}

void psci_secondary_check(void)
{
	const char *missing = cpu_features_missing();

	panic_check();
	if (!missing)
		return;
	log_error("CPU %u differs from the boot CPU in what EL2 relies on: %s; it stays off", this_cpu()->id, missing);
	psci_cpu_off_self();
	for (;;)
		cpu_wfi();
}

void psci_secondary_entry(void)
{
	u64 pc, x0;

	boot_cpu_setup();
	/* A CPU that only slept keeps its timers: the host counts on the one that woke it. */
	if (!psci_take_entry(&pc, &x0))
		cpu_host_timers_stop();
	host_enter(pc, x0);
}
