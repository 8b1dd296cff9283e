// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: PSCI 1.1 with what QEMU's own lacks: power-down CPU_SUSPEND, SYSTEM_SUSPEND, SYSTEM_RESET2.
 * Never: keep a register of a CPU that lost its power; answer a call it does not know but by NOT_SUPPORTED, aloud.
 * Used by: entry.S, for each SMC. PSCI (DEN 0022).
 */
#include "el3/el3.h"
#include "gz/guest_hvc.h"

#define POWERDOWN	BIT(16)
#define ISR_PENDING	(BIT(6) | BIT(7) | BIT(8))

enum power { OFF = 0, PENDING, ON };

static struct { volatile u32 power; u64 pc, x0; } cpus[EL3_CPUS];
static volatile u32 lock, powerdowns;

static void take(void)
{
	while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
		cpu_relax();
}

static void release(void)
{
	__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
}

void el3_cpu_is_on(void)
{
	cpus[el3_cpu()].power = ON;
}

void el3_wait_for_work(void)
{
	u32 me = el3_cpu();

	while (__atomic_load_n(&cpus[me].power, __ATOMIC_ACQUIRE) != PENDING)
		__asm__ volatile("wfe");
	cpus[me].power = ON;
	el3_enter(cpus[me].pc, cpus[me].x0);
}

static s64 cpu_on(u64 mpidr, u64 pc, u64 x0)
{
	s64 ret = PSCI_ALREADY_ON;

	if (mpidr >= EL3_CPUS)
		return PSCI_INVALID_PARAMETERS;
	take();
	if (cpus[mpidr].power == PENDING)
		ret = PSCI_ON_PENDING;
	if (cpus[mpidr].power == OFF) {
		cpus[mpidr].pc = pc;
		cpus[mpidr].x0 = x0;
		__atomic_store_n(&cpus[mpidr].power, PENDING, __ATOMIC_RELEASE);
		__asm__ volatile("sev");
		ret = PSCI_SUCCESS;
	}
	release();
	return ret;
}

__attribute__((noreturn)) static void cpu_off(void)
{
	el3_forget();
	el3_gic_forget();
	__atomic_store_n(&cpus[el3_cpu()].power, OFF, __ATOMIC_RELEASE);
	el3_wait_for_work();
}

static s64 affinity_info(u64 mpidr)
{
	static const s32 says[] = { PSCI_AFFINITY_OFF, PSCI_AFFINITY_ON_PENDING, PSCI_AFFINITY_ON };

	return mpidr < EL3_CPUS ? says[cpus[mpidr].power] : PSCI_INVALID_PARAMETERS;
}

/* Everything is gone but the timers and the redistributor, which have a supply of their own. */
__attribute__((noreturn)) static void power_down(u64 pc, u64 x0)
{
	__atomic_fetch_add(&powerdowns, 1, __ATOMIC_RELAXED);
	el3_forget();
	while (!(sysreg_read(isr_el1) & ISR_PENDING))
		wfi();
	el3_gic_forget();
	el3_enter(pc, x0);
}

static s64 cpu_suspend(u64 state, u64 pc, u64 x0)
{
	if (state & POWERDOWN)
		power_down(pc, x0);
	while (!(sysreg_read(isr_el1) & ISR_PENDING))
		wfi();
	return PSCI_SUCCESS;
}

static s64 system_suspend(u64 pc, u64 x0)
{
	for (u32 n = 0; n < EL3_CPUS; n++)
		if (n != el3_cpu() && cpus[n].power != OFF)
			return PSCI_DENIED;
	el3_say("SYSTEM_SUSPEND, entry", pc);
	power_down(pc, x0);
}

static s64 features(u32 id)
{
	switch (id) {
	case SMCCC_VERSION_ID:
	case PSCI_VERSION_ID:
	case PSCI_CPU_SUSPEND_32:
	case PSCI_CPU_SUSPEND_64:
	case PSCI_CPU_OFF:
	case PSCI_CPU_ON_32:
	case PSCI_CPU_ON_64:
	case PSCI_AFFINITY_INFO_32:
	case PSCI_AFFINITY_INFO_64:
	case PSCI_MIGRATE_INFO_TYPE:
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
	case PSCI_SYSTEM_RESET2_32:
	case PSCI_SYSTEM_RESET2_64:
	case PSCI_SYSTEM_SUSPEND_32:
	case PSCI_SYSTEM_SUSPEND_64:
	case PSCI_FEATURES:
		return PSCI_SUCCESS;
	default:
		return PSCI_NOT_SUPPORTED;
	}
}

static void end_of_run(const char *how, u64 value)
{
	el3_say("powered down CPUs, times", powerdowns);
	el3_say(how, value);
	el3_exit(0);
}

static void system_reset2(const struct el3_frame *f)
{
	el3_say("SYSTEM_RESET2, type", f->x[1]);
	end_of_run("SYSTEM_RESET2, cookie", f->x[2]);
}

static s64 call(struct el3_frame *f)
{
	switch ((u32)f->x[0]) {
	case PSCI_VERSION_ID:
		return PSCI_VERSION_1_1;
	case SMCCC_VERSION_ID:
		return SMCCC_VERSION_1_1;
	case PSCI_FEATURES:
		return features((u32)f->x[1]);
	case PSCI_CPU_ON_64:
		return cpu_on(f->x[1], f->x[2], f->x[3]);
	case PSCI_CPU_OFF:
		cpu_off();
	case PSCI_CPU_SUSPEND_64:
		return cpu_suspend(f->x[1], f->x[2], f->x[3]);
	case PSCI_AFFINITY_INFO_32:
	case PSCI_AFFINITY_INFO_64:
		return affinity_info(f->x[1]);
	case PSCI_MIGRATE_INFO_TYPE:
		return PSCI_MIGRATE_NOT_PRESENT;
	case PSCI_SYSTEM_SUSPEND_64:
		return system_suspend(f->x[1], f->x[2]);
	case PSCI_SYSTEM_OFF:
		end_of_run("SYSTEM_OFF", 0);
		break;
	case PSCI_SYSTEM_RESET:
		end_of_run("SYSTEM_RESET", 0);
		break;
	case PSCI_SYSTEM_RESET2_32:
	case PSCI_SYSTEM_RESET2_64:
		system_reset2(f);
		break;
	case TRNG_VERSION_ID:
	case SMCCC_ARCH_FEATURES_ID:
		return PSCI_NOT_SUPPORTED;
	}
	el3_say("unknown call", f->x[0]);
	return PSCI_NOT_SUPPORTED;
}

void el3_smc(struct el3_frame *f)
{
	f->x[0] = (u64)call(f);
}
