// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a host that loses its CPUs' power: CPU_SUSPEND, SYSTEM_SUSPEND and RESET2 through the hypervisor's relay.
 * Never: run without firmware that has these calls (guests/el3); believe a wake-up without looking at EL2's work.
 * Used by: tests/system/el3. Words of the command line: hidden=HEX, an address EL2 keeps; reset2. PSCI (DEN 0022).
 */
#include "gz/guest_hvc.h"
#include "gz/hvc.h"
#include "lib/lib.h"

#define TIMER_PPI	27
#define POWERDOWN	BIT(16)
#define WOKEN		(~UINT64_C(0) >> 1)
#define ROUNDS		25
#define SIP_CALL	0xc2000001u	/* no firmware gets to see it */

u64 sleep_call(u64 save[16], u64 id, u64 a1, u64 a2, u64 a3);
extern char sleep_entry[];

static u64 save[MAX_CPUS][16] __attribute__((aligned(128)));
static u64 hidden;
static volatile u64 finished, woken[MAX_CPUS];

/* A deadline that wakes this CPU; interrupts stay masked. */
static void alarm_us(u64 us)
{
	gic_enable(TIMER_PPI);
	sysreg_write(cntv_tval_el0, us * counter_freq() / 1000000);
	sysreg_write(cntv_ctl_el0, 1);
	isb();
}

static void alarm_off(void)
{
	sysreg_write(cntv_ctl_el0, 2);
	isb();
}

/* What C needs again after a power-down. */
static void rebuild(void)
{
	mmu_on();
	gic_cpu_init();
}

static u64 power_down(u64 id)
{
	u64 *s = save[cpu_id()], ret;

	if (id == PSCI_CPU_SUSPEND_64)
		ret = sleep_call(s, id, POWERDOWN, (u64)sleep_entry, (u64)s);
	else
		ret = sleep_call(s, id, (u64)sleep_entry, (u64)s, 0);
	if (ret == WOKEN)
		rebuild();
	return ret;
}

static void read_hidden(void *unused)
{
	(void)unused;
	read32(hidden);
}

/* Everything EL2 has to have written again on this CPU. */
static void el2_is_there(void)
{
	struct call c = { { GZ_HVC_ID(GZ_FN_PROBE), 16 } };
	struct exc e;

	EXPECT_EQ(save[cpu_id()][13] >> 2, 1);		/* entered at EL1 */
	EXPECT_EQ(save[cpu_id()][14] & 1, 0);		/* with the MMU off */
	hvc_call(&c);
	EXPECT_EQ(c.x[0], 0);
	EXPECT_EQ(c.x[1], GZ_VERSION_MAJOR);
	EXPECT_EQ(psci(SIP_CALL, 0, 0, 0), (u64)SMCCC_NOT_SUPPORTED);
	EXPECT_EQ(exc_try(read_hidden, NULL, &e), 1);
	EXPECT_EQ(sysreg_read(cntpct_el0) - sysreg_read(cntvct_el0) + 1000000 < 2000000, 1);
	EXPECT_EQ(cpu_id() < MAX_CPUS, 1);
	__asm__ volatile(".arch_extension fp\n\tfmov d0, xzr" : : : "memory");
}

TEST(features__firmware_has_it__host_may)
{
	static const u32 ids[] = { PSCI_CPU_SUSPEND_64, PSCI_SYSTEM_SUSPEND_64, PSCI_SYSTEM_RESET2_64, PSCI_SYSTEM_RESET2_32 };

	for (u32 i = 0; i < ARRAY_SIZE(ids); i++)
		EXPECT_EQ(psci(PSCI_FEATURES, ids[i], 0, 0), 0);
	EXPECT_EQ(psci(PSCI_FEATURES, SIP_CALL, 0, 0), (u64)PSCI_NOT_SUPPORTED);
}

TEST(cpu_suspend__standby__returns)
{
	alarm_us(2000);
	EXPECT_EQ(psci(PSCI_CPU_SUSPEND_64, 0, 0, 0), 0);
	alarm_off();
}

TEST(suspend__entry_not_the_hosts__refused)
{
	static const u64 ids[] = { PSCI_CPU_SUSPEND_64, PSCI_SYSTEM_SUSPEND_64 };
	const u64 bad[] = { hidden, (u64)sleep_entry + 2, UINT64_C(1) << 50, 0x08000000 };

	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(psci(ids[0], POWERDOWN, bad[i], 0), (u64)PSCI_INVALID_ADDRESS);
		EXPECT_EQ(psci(ids[1], bad[i], 0, 0), (u64)PSCI_INVALID_ADDRESS);
	}
}

TEST(cpu_suspend__power_down__back_behind_stage_2)
{
	u64 mpidr = sysreg_read(mpidr_el1), midr = sysreg_read(midr_el1);

	for (u32 i = 0; i < ROUNDS; i++) {
		alarm_us(1000);
		EXPECT_EQ(power_down(PSCI_CPU_SUSPEND_64), WOKEN);
		alarm_off();
		el2_is_there();
	}
	EXPECT_EQ(sysreg_read(mpidr_el1), mpidr);
	EXPECT_EQ(sysreg_read(midr_el1), midr);
}

static void stop_alarm(u32 intid)
{
	if (intid == TIMER_PPI)
		alarm_off();
}

TEST(cpu_suspend__interrupt__taken_after_wake_up)
{
	u64 before = irq_count[0][TIMER_PPI];

	irq_set_handler(stop_alarm);
	alarm_us(1000);
	EXPECT_EQ(power_down(PSCI_CPU_SUSPEND_64), WOKEN);
	irq_enable();
	isb();
	EXPECT(wait_for(&irq_count[0][TIMER_PPI], before + 1, 100000));
	irq_disable();
	alarm_off();
	irq_set_handler(NULL);
}

static void other_cpu(u64 unused)
{
	u32 me = cpu_id();

	(void)unused;
	gic_cpu_init();
	for (u32 i = 0; i < ROUNDS; i++) {
		alarm_us(300 + 100 * me);
		if (power_down(PSCI_CPU_SUSPEND_64) == WOKEN && (save[me][13] >> 2) == 1)
			woken[me]++;
		alarm_off();
	}
	__atomic_fetch_add(&finished, 1, __ATOMIC_RELEASE);
}

static bool is_off(u32 cpu)
{
	u64 end = counter() + counter_freq();

	while (psci(PSCI_AFFINITY_INFO_64, cpu, 0, 0) != PSCI_AFFINITY_OFF)
		if (counter() > end)
			return false;
	return true;
}

TEST(cpu_suspend__four_cpus_at_once__each_wakes)
{
	for (u32 cpu = 1; cpu < 4; cpu++)
		EXPECT_EQ(cpu_start(cpu, other_cpu, 0), PSCI_SUCCESS);
	other_cpu(0);
	EXPECT(wait_for(&finished, 4, 20000000));
	for (u32 cpu = 0; cpu < 4; cpu++)
		EXPECT_EQ(woken[cpu], ROUNDS);
	for (u32 cpu = 1; cpu < 4; cpu++)
		EXPECT(is_off(cpu));
}

static volatile u64 stop_waiting;

static void waiting_cpu(u64 unused)
{
	(void)unused;
	while (!stop_waiting)
		cpu_relax();
}

TEST(system_suspend__other_cpu_on__denied)
{
	EXPECT_EQ(cpu_start(1, waiting_cpu, 0), PSCI_SUCCESS);
	EXPECT_EQ(power_down(PSCI_SYSTEM_SUSPEND_64), (u64)PSCI_DENIED);
	stop_waiting = 1;
	EXPECT(is_off(1));
}

TEST(system_suspend__alone__back_behind_stage_2)
{
	for (u32 i = 0; i < 3; i++) {
		alarm_us(2000);
		EXPECT_EQ(power_down(PSCI_SYSTEM_SUSPEND_64), WOKEN);
		alarm_off();
		el2_is_there();
	}
}

TEST(cpu_on__after_system_suspend__starts)
{
	finished = 0;
	EXPECT_EQ(cpu_start(2, other_cpu, 0), PSCI_SUCCESS);
	EXPECT(wait_for(&finished, 1, 20000000));
	EXPECT(is_off(2));
}

static const char *word(const char *line, const char *name)
{
	size_t n = strlen(name);

	for (; line && *line; line++)
		if (memcmp(line, name, n) == 0)
			return line + n;
	return NULL;
}

static u64 hex(const char *s)
{
	u64 v = 0;

	for (; s && *s; s++) {
		if (*s >= '0' && *s <= '9')
			v = v << 4 | (u64)(*s - '0');
		else if (*s >= 'a' && *s <= 'f')
			v = v << 4 | (u64)(*s - 'a' + 10);
		else
			break;
	}
	return v;
}

void payload_main(u64 fdt)
{
	u64 gicd, gicr, size;
	u32 len;
	const char *line = fdt_chosen(fdt, "bootargs", &len);

	conduit_smc = true;
	hidden = hex(word(line, "hidden="));
	if (!hidden || !fdt_find_reg(fdt, "arm,gic-v3", &gicd, &size) || !fdt_find_reg2(fdt, "arm,gic-v3", &gicr)) {
		printf("suspend: no hidden=HEX, or no GICv3\n");
		finish(2);
	}
	if (word(line, "reset2")) {
		printf("suspend: RESET2\n");
		psci(PSCI_SYSTEM_RESET2_64, 0x80000001, UINT64_C(0x1122334455667788), 0);
	}
	gic_init(gicd, gicr);
	RUN_TEST(features__firmware_has_it__host_may);
	RUN_TEST(cpu_suspend__standby__returns);
	RUN_TEST(suspend__entry_not_the_hosts__refused);
	RUN_TEST(cpu_suspend__power_down__back_behind_stage_2);
	RUN_TEST(cpu_suspend__interrupt__taken_after_wake_up);
	RUN_TEST(cpu_suspend__four_cpus_at_once__each_wakes);
	RUN_TEST(system_suspend__other_cpu_on__denied);
	RUN_TEST(system_suspend__alone__back_behind_stage_2);
	RUN_TEST(cpu_on__after_system_suspend__starts);
	tests_report();
}
