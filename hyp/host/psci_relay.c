/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the host's PSCI calls to the firmware, with our entry point in place of the host's, so that no CPU ever runs outside stage 2.
 * Never: pass an entry address of the host to the firmware; start a CPU for two callers at once.
 * Called by: host/smc_filter.c, boot/. PSCI (DEN 0022).
 */
#include "host/host.h"
#include "gz/guest_hvc.h"
#include "gz/hvc.h"
#include "lib/log.h"
#include "lib/percpu.h"
#include "mem/host_s2.h"
#include "vm/vm.h"
#include "insn/atomic.h"
#include "insn/smc.h"

#define MPIDR_AFFINITY		(MASK(39, 32) | MASK(23, 0))
#define SUSPEND_EXTENDED	BIT(1)	/* PSCI_FEATURES(CPU_SUSPEND): format of power_state */
#define POWERDOWN		BIT(16)
#define POWERDOWN_EXTENDED	BIT(30)
#define SMC64			BIT(30)

enum cpu_power { CPU_OFF = 0, CPU_ON_PENDING, CPU_ON };

/* One per physical CPU. pc and x0 belong to whoever moved the state to CPU_ON_PENDING, or to the CPU itself while on. */
static struct { u32 power; u64 pc, x0; } slots[MAX_CPUS];
static u64 trampoline_pa;
static u64 powerdown_bit = POWERDOWN;

void psci_relay_init(pa_t trampoline)
{
	s64 flags = (s32)firmware_call(PSCI_FEATURES, PSCI_CPU_SUSPEND_64, 0, 0);

	trampoline_pa = trampoline.v;
	if (flags >= 0 && (flags & (s64)SUSPEND_EXTENDED))
		powerdown_bit = POWERDOWN_EXTENDED;
	slots[this_cpu()->id].power = CPU_ON;
}

bool psci_take_entry(u64 *pc, u64 *x0)
{
	u32 id = this_cpu()->id;
	/* Pairs with the release in cpu_on(): the caller's pc and x0 are complete. */
	bool woke = atomic_load_acquire_u32(&slots[id].power) == CPU_ON;

	*pc = slots[id].pc;
	*x0 = slots[id].x0;
	WRITE_ONCE(this_cpu()->online, 1);
	atomic_store_release_u32(&slots[id].power, CPU_ON);
	return woke;
}

static bool entry_is_hosts(u64 pc)
{
	return (pc & 3) == 0 && host_s2_allows(IPA(pc), false, true);
}

static s64 cpu_on(u64 mpidr, u64 pc, u64 x0)
{
	const struct percpu *target = percpu_by_mpidr(mpidr);
	s64 ret;

	if (!target || (mpidr & ~MPIDR_AFFINITY))
		return PSCI_INVALID_PARAMETERS;
	if (!entry_is_hosts(pc))
		return PSCI_INVALID_ADDRESS;
	if (!atomic_cas_u32(&slots[target->id].power, CPU_OFF, CPU_ON_PENDING))
		return READ_ONCE(slots[target->id].power) == CPU_ON_PENDING ? PSCI_ON_PENDING : PSCI_ALREADY_ON;
	slots[target->id].pc = pc;
	slots[target->id].x0 = x0;
	atomic_store_release_u32(&slots[target->id].power, CPU_ON_PENDING);
	ret = (s32)firmware_call(PSCI_CPU_ON_64, mpidr, trampoline_pa, target->id);
	/* A CPU still on its way off answers ALREADY_ON; the host asks again. */
	if (ret != PSCI_SUCCESS)
		(void)atomic_cas_u32(&slots[target->id].power, CPU_ON_PENDING, CPU_OFF);
	return ret;
}

void psci_cpu_off_self(void)
{
	u32 id = this_cpu()->id;

	WRITE_ONCE(this_cpu()->online, 0);
	atomic_store_release_u32(&slots[id].power, CPU_OFF);
	firmware_call(PSCI_CPU_OFF, 0, 0, 0);
	WRITE_ONCE(this_cpu()->online, 1);
	atomic_store_release_u32(&slots[id].power, CPU_ON);
}

static s64 cpu_off(void)
{
	psci_cpu_off_self();
	return PSCI_DENIED;	/* success does not return */
}

/*
 * A call that may lose this CPU's state: firmware wakes it at our entry. Returning means it slept lightly, or not at all.
 * Our entry goes along with a standby state too, as nobody but the firmware knows which states those really are; of the
 * host's entry, which is often 0 then, nothing is asked.
 */
static s64 sleep_at(u64 id, u64 state, u64 pc, u64 x0)
{
	u32 cpu = this_cpu()->id;
	bool system = id == PSCI_SYSTEM_SUSPEND_64;

	if ((system || (state & powerdown_bit)) && !entry_is_hosts(pc))
		return PSCI_INVALID_ADDRESS;
	slots[cpu].pc = pc;
	slots[cpu].x0 = x0;
	if (system)
		return (s32)firmware_call(id, trampoline_pa, cpu, 0);
	return (s32)firmware_call(id, state, trampoline_pa, cpu);
}

/* Passed on as they are: nothing in them says where a CPU goes on. */
static const u32 plain[] = {
	PSCI_VERSION_ID, PSCI_AFFINITY_INFO_32, PSCI_AFFINITY_INFO_64, PSCI_MIGRATE_INFO_TYPE, PSCI_SYSTEM_OFF,
	PSCI_SYSTEM_RESET, PSCI_SYSTEM_RESET2_32, PSCI_SYSTEM_RESET2_64, PSCI_NODE_HW_STATE_32, PSCI_NODE_HW_STATE_64,
	PSCI_SET_SUSPEND_MODE, PSCI_STAT_RESIDENCY_32, PSCI_STAT_RESIDENCY_32 | SMC64, PSCI_STAT_COUNT_32,
	PSCI_STAT_COUNT_32 | SMC64,
};

static const u32 relayed[] = {
	PSCI_CPU_ON_32, PSCI_CPU_ON_64, PSCI_CPU_OFF, PSCI_CPU_SUSPEND_32, PSCI_CPU_SUSPEND_64, PSCI_SYSTEM_SUSPEND_32,
	PSCI_SYSTEM_SUSPEND_64, PSCI_FEATURES,
};

static s64 features(u64 id)
{
	if (id == SMCCC_VERSION_ID || id == PSCI_FEATURES)
		return PSCI_SUCCESS;
	if (!LISTED(plain, id) && !LISTED(relayed, id))
		return PSCI_NOT_SUPPORTED;
	return (s32)firmware_call(PSCI_FEATURES, id, 0, 0);
}

/* Memory survives a reset, and often a short time without power. */
static const u32 ending[] = { PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET, PSCI_SYSTEM_RESET2_32, PSCI_SYSTEM_RESET2_64 };

bool psci_too_early(u64 id)
{
	return LISTED(ending, (u32)id) && vm_end_protected_slice(GZ_DESTROY_BATCH_PAGES) == GZ_EAGAIN;
}

bool psci_relay(u64 x[18])
{
	u64 id = (u32)x[0];
	u64 mask = id & SMC64 ? UINT64_MAX : UINT32_MAX;	/* SMC32 arguments are 32 bits */
	u64 a1 = x[1] & mask, a2 = x[2] & mask, a3 = x[3] & mask;
	s64 ret;

	if (LISTED(plain, id)) {
		if (id == PSCI_SYSTEM_OFF || id == PSCI_SYSTEM_RESET)
			log_info("the host asks for power %s", id == PSCI_SYSTEM_OFF ? "off" : "reset");
		smc_call(x);
		if (LISTED(ending, id))		/* the firmware refused */
			guest_mem_no_more_protected(false);
		return true;
	}
	switch (id | SMC64) {
	case PSCI_CPU_ON_64:
		ret = cpu_on(a1, a2, a3);
		break;
	case PSCI_CPU_OFF | SMC64:
		ret = cpu_off();
		break;
	case PSCI_CPU_SUSPEND_64:
		ret = sleep_at(PSCI_CPU_SUSPEND_64, a1 & UINT32_MAX, a2, a3);
		break;
	case PSCI_SYSTEM_SUSPEND_64:
		ret = sleep_at(PSCI_SYSTEM_SUSPEND_64, 0, a1, a2);
		break;
	case PSCI_FEATURES | SMC64:
		ret = features(a1 & UINT32_MAX);
		break;
	default:
		return false;
	}
	x[0] = (u64)ret;
	return true;
}

void psci_system_off(void)
{
	firmware_call(PSCI_SYSTEM_OFF, 0, 0, 0);
}
