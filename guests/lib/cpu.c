// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: first C code of each CPU, starting others by PSCI, delays.
 * Never: more than MAX_CPUS CPUs.
 * Used by: entry.S, payloads.
 */
#include "gz/guest_hvc.h"
#include "lib/lib.h"

bool conduit_smc;
volatile u32 cpu_online;
static struct { void (*fn)(u64); u64 arg; } jobs[MAX_CPUS];
extern char secondary_entry[];

void primary_main(u64 fdt);
void secondary_main(u64 cpu);

u32 cpu_id(void)
{
	return (u32)(sysreg_read(mpidr_el1) & (MAX_CPUS - 1));
}

u64 hvc(u64 id, u64 a1, u64 a2, u64 a3)
{
	struct call c = { { id, a1, a2, a3 } };

	hvc_call(&c);
	return c.x[0];
}

u64 psci(u64 id, u64 a1, u64 a2, u64 a3)
{
	struct call c = { { id, a1, a2, a3 } };

	if (conduit_smc)
		smc_call(&c);
	else
		hvc_call(&c);
	return c.x[0];
}

void primary_main(u64 fdt)
{
	mmu_on();
	console_init(fdt);
	__atomic_fetch_or(&cpu_online, 1u << cpu_id(), __ATOMIC_ACQ_REL);
	payload_main(fdt);
	finish(1);
}

void secondary_main(u64 cpu)
{
	mmu_on();
	__atomic_fetch_or(&cpu_online, 1u << cpu, __ATOMIC_ACQ_REL);
	jobs[cpu].fn(jobs[cpu].arg);
	__atomic_fetch_and(&cpu_online, ~(1u << cpu), __ATOMIC_ACQ_REL);
	psci(PSCI_CPU_OFF, 0, 0, 0);
	for (;;)
		wfi();
}

void cpu_job(u32 cpu, void (*fn)(u64), u64 arg)
{
	jobs[cpu].fn = fn;
	jobs[cpu].arg = arg;
	/* Read with the MMU off on the other side. */
	__asm__ volatile("dc civac, %0\n\tdsb sy" : : "r"(&jobs[cpu]) : "memory");
}

s64 cpu_start(u32 cpu, void (*fn)(u64), u64 arg)
{
	cpu_job(cpu, fn, arg);
	return (s64)psci(PSCI_CPU_ON_64, cpu, (u64)secondary_entry, cpu);
}

void delay_us(u64 us)
{
	u64 end = counter() + us * counter_freq() / 1000000;

	while (counter() < end)
		cpu_relax();
}

bool wait_for(volatile u64 *p, u64 want, u64 us)
{
	u64 end = counter() + us * counter_freq() / 1000000;

	while (*p < want)
		if (counter() > end)
			return *p >= want;
	return true;
}
