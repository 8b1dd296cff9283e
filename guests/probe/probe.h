/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what the probe knows of its machine, and the list of its suites.
 * Never: an address of one particular VMM in a test.
 * Used by: guests/probe.
 */
#ifndef PROBE_H
#define PROBE_H

#include "lib/lib.h"

/*
 * The probe also runs without any hypervisor, on QEMU's own GIC and PSCI: that is how its expectations were checked.
 * gz: under GenieZone, so what only GenieZone promises holds too.
 */
struct platform {
	bool testdev;		/* started by el1host: interrupts can be injected from outside */
	bool gz;
	u64 gicd, gicr;
	u32 cpus, spis;
};
extern struct platform plat;

/* Interrupts taken by the boot CPU since record_start(), in order; ended by record_stop(). */
#define RECORD_MAX	1024
extern volatile u32 record_count;
extern u16 recorded[RECORD_MAX];
void record_start(void);
void record_stop(void);
/* Waits until n interrupts were recorded, or us microseconds. */
bool record_wait(u32 n, u64 us);
/* Every SPI disabled, inactive, not pending, priority 0x80, edge, routed here; the boot CPU's SGIs and PPIs likewise. */
void gic_clean(void);

/* The outside: SPI by its INTID. */
enum { INJECT_PRACTICAL, INJECT_PULSE, INJECT_LEVEL };
void inject(u32 intid, u32 level, u32 mode);

void suite_entry(void);
void suite_gic_regs(void);
void suite_gic_redist(void);
void suite_irq(void);
void suite_irq_level(void);
void suite_timer(void);
void suite_psci(void);
void suite_smccc(void);
void suite_vectors(void);
void suite_sysreg(void);
void suite_leak(void);
void suite_smp(void);

#endif
