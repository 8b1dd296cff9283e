/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/host/psci_relay.c hyp/host/smc_filter.c hyp/lib/percpu.c */
/*
 * Job: the host's firmware calls against a firmware that remembers what it was asked: what passes, what it is turned into.
 * Never: accept an entry address of the host in what the firmware saw.
 * Used by: make -C tests/host run.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "gz/guest_hvc.h"
#include "gz/hvc.h"
#include "host/host.h"
#include "lib/percpu.h"
#include "mem/host_s2.h"
#include "vm/vm.h"

#define TRAMPOLINE	0x40201000
#define ENTRY		0x50000000
#define HYP_MEMORY	0x7e000000
#define CPUS		4
#define SMCCC_1_1	0x10001
#define SMCCC_1_2	0x10002
#define SMCCC_1_5	0x10005

static struct {
	u64 x[18];			/* the last call */
	u32 calls, on_calls;
	s64 result;			/* of CPU_ON, CPU_SUSPEND, CPU_OFF */
	u64 smccc;			/* 0: none */
	s64 suspend_flags;
} fw;

static void firmware(u64 x[18])
{
	u64 id = x[0];

	memcpy(fw.x, x, sizeof(fw.x));
	fw.calls++;
	fw.on_calls += id == PSCI_CPU_ON_64;
	for (u32 i = 4; i < 18; i++)
		x[i] = 0xdead;		/* SMCCC 1.0 */
	if (id == PSCI_FEATURES)
		x[0] = (u64)(x[1] == SMCCC_VERSION_ID ? (fw.smccc ? 0 : -1) : x[1] == PSCI_CPU_SUSPEND_64 ? fw.suspend_flags : 0);
	else if (id == SMCCC_VERSION_ID)
		x[0] = fw.smccc;
	else if (id == PSCI_VERSION_ID)
		x[0] = 0x10001;
	else
		x[0] = (u64)fw.result;
}

bool host_s2_allows(ipa_t ipa, bool write, bool exec)
{
	assert_false(write);
	assert_true(exec);
	return ipa.v < HYP_MEMORY;
}

static u32 slices;		/* of scrubbing, still to do */
static bool called_off;

enum gz_err vm_end_protected_slice(u32 budget_pages)
{
	assert_in_range(budget_pages, 1, 512);
	called_off = false;
	if (slices == 0)
		return GZ_OK;
	slices--;
	return GZ_EAGAIN;
}

void guest_mem_no_more_protected(bool yes)
{
	called_off = !yes;
}

static struct host_frame f;

/* One SMC of the host on the current CPU. */
static s64 smc(u64 id, u64 a1, u64 a2, u64 a3)
{
	memset(&f, 0, sizeof(f));
	for (u32 i = 4; i < 31; i++)
		f.x[i] = 0x100 + i;
	f.x[0] = id;
	f.x[1] = a1;
	f.x[2] = a2;
	f.x[3] = a3;
	f.elr = 0x1000;
	host_smc(&f, 0x5e000000);
	assert_int_equal(f.elr, 0x1004);
	for (u32 i = 4; i < 31; i++)
		assert_int_equal(f.x[i], 0x100 + i);
	return (s32)f.x[0];
}

static void arrive(u32 cpu, u64 pc, u64 x0)
{
	u64 got_pc, got_x0;

	shim_cpu(cpu);
	psci_take_entry(&got_pc, &got_x0);
	assert_int_equal(got_pc, pc);
	assert_int_equal(got_x0, x0);
	shim_cpu(0);
}

static int setup(void **state)
{
	(void)state;
	shim_reset();
	memset(&fw, 0, sizeof(fw));
	slices = 0;
	fw.suspend_flags = -1;
	shim_smc_hook = firmware;
	cpu_count = CPUS;
	for (u32 i = 0; i < CPUS; i++) {
		percpu_table[i] = (struct percpu){ .id = i, .mpidr = i };
		shim_cpu(i);
		psci_cpu_off_self();	/* "returns": the slot is on again */
	}
	/* All but CPU 0 are off: switch them off for good by never returning from the fake. */
	shim_cpu(0);
	psci_relay_init(PA(TRAMPOLINE));
	return 0;
}

/* A CPU that really went: its slot stays off. The firmware hook leaves the call by longjmp. */
static jmp_buf gone;

static void firmware_off(u64 x[18])
{
	if (x[0] == PSCI_CPU_OFF)
		longjmp(gone, 1);
	firmware(x);
}

static void cpu_goes_off(u32 cpu)
{
	shim_cpu(cpu);
	shim_smc_hook = firmware_off;
	if (setjmp(gone) == 0)
		smc(PSCI_CPU_OFF, 0, 0, 0);
	shim_smc_hook = firmware;
	shim_cpu(0);
}

static void cpu_on__ok__trampoline_not_host_entry(void **state)
{
	(void)state;
	cpu_goes_off(2);
	assert_int_equal(smc(PSCI_CPU_ON_64, 2, ENTRY, 0x77), PSCI_SUCCESS);
	assert_int_equal(fw.x[0], PSCI_CPU_ON_64);
	assert_int_equal(fw.x[1], 2);
	assert_int_equal(fw.x[2], TRAMPOLINE);
	assert_int_equal(fw.x[3], 2);
	arrive(2, ENTRY, 0x77);
	assert_int_equal(percpu_table[2].online, 1);
}

static void cpu_on__smc32__upper_halves_dropped(void **state)
{
	(void)state;
	cpu_goes_off(1);
	assert_int_equal(smc(PSCI_CPU_ON_32, 0xffffffff00000001, 0xaaaaaaaa50000000, 0xbbbbbbbb00000001), PSCI_SUCCESS);
	arrive(1, ENTRY, 1);
}

static void cpu_on__bad_arguments__refused_without_firmware(void **state)
{
	u32 before;

	(void)state;
	cpu_goes_off(1);
	before = fw.calls;
	assert_int_equal(smc(PSCI_CPU_ON_64, 9, ENTRY, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(smc(PSCI_CPU_ON_64, 1 | BIT(24), ENTRY, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(smc(PSCI_CPU_ON_64, 1, HYP_MEMORY, 0), PSCI_INVALID_ADDRESS);
	assert_int_equal(smc(PSCI_CPU_ON_64, 1, ENTRY + 2, 0), PSCI_INVALID_ADDRESS);
	assert_int_equal(fw.calls, before);
}

static void cpu_on__twice__pending_then_already_on(void **state)
{
	(void)state;
	cpu_goes_off(3);
	assert_int_equal(smc(PSCI_CPU_ON_64, 3, ENTRY, 1), PSCI_SUCCESS);
	assert_int_equal(smc(PSCI_CPU_ON_64, 3, ENTRY + 4, 2), PSCI_ON_PENDING);
	arrive(3, ENTRY, 1);
	assert_int_equal(smc(PSCI_CPU_ON_64, 3, ENTRY + 4, 2), PSCI_ALREADY_ON);
	assert_int_equal(smc(PSCI_CPU_ON_64, 0, ENTRY, 2), PSCI_ALREADY_ON);
	assert_int_equal(fw.on_calls, 1);
}

static void cpu_on__firmware_refuses__may_be_asked_again(void **state)
{
	(void)state;
	cpu_goes_off(1);
	fw.result = PSCI_ALREADY_ON;	/* still on its way off */
	assert_int_equal(smc(PSCI_CPU_ON_64, 1, ENTRY, 0), PSCI_ALREADY_ON);
	fw.result = 0;
	assert_int_equal(smc(PSCI_CPU_ON_64, 1, ENTRY, 0), PSCI_SUCCESS);
}

static void *caller(void *arg)
{
	u64 x[18] = { PSCI_CPU_ON_64, 1, ENTRY + 16 * (u64)(uintptr_t)arg, (u64)(uintptr_t)arg };

	shim_cpu(2 + (u32)(uintptr_t)arg % 2);
	assert_true(psci_relay(x));
	return (void *)(uintptr_t)x[0];
}

static void cpu_on__two_callers_at_once__one_wins(void **state)
{
	(void)state;
	for (u32 round = 0; round < 300; round++) {
		pthread_t t[2];
		void *r[2];
		u64 pc, x0;
		u32 wins = 0;

		cpu_goes_off(1);
		for (u64 i = 0; i < 2; i++)
			pthread_create(&t[i], NULL, caller, (void *)(uintptr_t)i);
		for (u32 i = 0; i < 2; i++) {
			pthread_join(t[i], &r[i]);
			wins += r[i] == NULL;
		}
		assert_int_equal(wins, 1);
		shim_cpu(1);
		psci_take_entry(&pc, &x0);
		assert_int_equal(r[x0], NULL);
		assert_int_equal(pc, ENTRY + 16 * x0);
	}
}

static void cpu_off__firmware_denies__still_on(void **state)
{
	(void)state;
	fw.result = PSCI_DENIED;
	assert_int_equal(smc(PSCI_CPU_OFF, 0, 0, 0), PSCI_DENIED);
	assert_int_equal(percpu_table[0].online, 1);
	assert_int_equal(smc(PSCI_CPU_ON_64, 0, ENTRY, 0), PSCI_ALREADY_ON);
}

static void suspend__standby__our_entry_too(void **state)
{
	(void)state;
	assert_int_equal(smc(PSCI_CPU_SUSPEND_64, 0x3, ENTRY, 5), 0);
	assert_int_equal(fw.x[1], 3);
	assert_int_equal(fw.x[2], TRAMPOLINE);
	assert_int_equal(fw.x[3], 0);
	arrive(0, ENTRY, 5);	/* the firmware's idea of the state was another */
	assert_int_equal(smc(PSCI_CPU_SUSPEND_64, 0x3, HYP_MEMORY, 5), 0);	/* the entry is not looked at */
	assert_int_equal(fw.x[2], TRAMPOLINE);
}

static void suspend__powerdown__our_entry_and_host_resumes(void **state)
{
	(void)state;
	shim_cpu(1);
	assert_int_equal(smc(PSCI_CPU_SUSPEND_64, BIT(16) | 1, ENTRY, 5), 0);
	assert_int_equal(fw.x[2], TRAMPOLINE);
	assert_int_equal(fw.x[3], 1);
	arrive(1, ENTRY, 5);
	assert_int_equal(smc(PSCI_CPU_SUSPEND_64, BIT(16), HYP_MEMORY, 5), PSCI_INVALID_ADDRESS);
}

static void suspend__extended_format__bit_30_is_powerdown(void **state)
{
	(void)state;
	fw.suspend_flags = 2;
	psci_relay_init(PA(TRAMPOLINE));
	assert_int_equal(smc(PSCI_CPU_SUSPEND_32, BIT(16), HYP_MEMORY, 5), 0);
	assert_int_equal(smc(PSCI_CPU_SUSPEND_32, BIT(30), HYP_MEMORY, 5), PSCI_INVALID_ADDRESS);
	assert_int_equal(smc(PSCI_CPU_SUSPEND_32, BIT(30), ENTRY, 5), 0);
	assert_int_equal(fw.x[2], TRAMPOLINE);
}

static void suspend__system__our_entry(void **state)
{
	(void)state;
	assert_int_equal(smc(PSCI_SYSTEM_SUSPEND_64, ENTRY, 9, 0), 0);
	assert_int_equal(fw.x[0], PSCI_SYSTEM_SUSPEND_64);
	assert_int_equal(fw.x[1], TRAMPOLINE);
	assert_int_equal(fw.x[2], 0);
	arrive(0, ENTRY, 9);
}

static void system_end__guests_not_scrubbed__call_made_again(void **state)
{
	static const u32 ids[] = { PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET, PSCI_SYSTEM_RESET2_32, PSCI_SYSTEM_RESET2_64 };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(ids); i++) {
		u32 before = fw.calls;

		memset(&f, 0, sizeof(f));
		f.x[0] = ids[i];
		f.x[1] = 0x1111;
		f.elr = 0x1000;
		for (slices = 3; slices;) {
			host_smc(&f, 0x5e000000);
			assert_int_equal(f.elr, 0x1000);
			assert_int_equal(f.x[0], ids[i]);
			assert_int_equal(f.x[1], 0x1111);
		}
		assert_int_equal(fw.calls, before);
		fw.result = PSCI_DENIED;
		assert_int_equal(smc(ids[i], 0x1111, 2, 3), PSCI_DENIED);
		assert_int_equal(fw.calls, before + 1);
		assert_int_equal(fw.x[1], 0x1111);
		assert_true(called_off);
	}
	slices = 1;		/* no other call waits */
	assert_int_equal(smc(PSCI_VERSION_ID, 0, 0, 0), 0x10001);
	smc(PSCI_CPU_SUSPEND_64, 0x3, ENTRY, 5);
	assert_int_equal(slices, 1);
}

static void features__what_is_refused__is_not_listed(void **state)
{
	(void)state;
	assert_int_equal(smc(PSCI_FEATURES, SMCCC_VERSION_ID, 0, 0), 0);
	assert_int_equal(smc(PSCI_FEATURES, PSCI_CPU_ON_64, 0, 0), 0);
	assert_int_equal(smc(PSCI_FEATURES, PSCI_CPU_FREEZE, 0, 0), PSCI_NOT_SUPPORTED);
	assert_int_equal(smc(PSCI_FEATURES, PSCI_CPU_DEFAULT_SUSPEND_64, 0, 0), PSCI_NOT_SUPPORTED);
	assert_int_equal(smc(PSCI_FEATURES, PSCI_MEM_PROTECT, 0, 0), PSCI_NOT_SUPPORTED);
	assert_int_equal(smc(PSCI_FEATURES, PSCI_SYSTEM_RESET2_64, 0, 0), 0);
}

static void filter__smccc_version__between_1_1_and_1_2(void **state)
{
	static const struct { u64 firmware, told; } c[] = { { 0, SMCCC_1_1 }, { SMCCC_1_1, SMCCC_1_1 },
		{ SMCCC_1_2, SMCCC_1_2 }, { SMCCC_1_5, SMCCC_1_2 } };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(c); i++) {
		fw.smccc = c[i].firmware;
		host_smc_init();
		assert_int_equal(smc(SMCCC_VERSION_ID, 0, 0, 0), c[i].told);
	}
}

static void filter__unknown_ids__refused_without_firmware(void **state)
{
	/* SDEI, FF-A, a SiP and an OEM service, owner 59 by SMC, a yielding call, PSCI ids that are not relayed. */
	static const u32 ids[] = { 0xc4000020, 0x84000060, 0xc4000077, 0xc2000001, 0xc3000001, 0xfb001000, 0x32000000, 0,
		PSCI_MIGRATE_32, PSCI_CPU_FREEZE, PSCI_CPU_DEFAULT_SUSPEND_32, PSCI_MEM_PROTECT, 0x84000014, 0xc4000015,
		0x86000000, 0x8400ffff };
	u32 before = fw.calls;

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(ids); i++)
		assert_int_equal(smc(ids[i], 1, 2, 3), SMCCC_NOT_SUPPORTED);
	assert_int_equal(fw.calls, before);
	assert_int_equal(percpu_table[0].stat[GZ_STAT_HOST_SMC_REFUSED], ARRAY_SIZE(ids));
}

static void filter__uid__says_geniezone(void **state)
{
	u32 before = fw.calls;

	(void)state;
	assert_int_equal((u32)smc(VENDOR_HYP_UID_ID, 0, 0, 0), UID_GENIEZONE_W0);
	assert_int_equal(f.x[1], UID_GENIEZONE_W1);
	assert_int_equal(f.x[2], UID_GENIEZONE_W2);
	assert_int_equal(f.x[3], UID_GENIEZONE_W3);
	assert_int_equal(fw.calls, before);
}

static void filter__immediate__refused(void **state)
{
	(void)state;
	memset(&f, 0, sizeof(f));
	f.x[0] = PSCI_VERSION_ID;
	host_smc(&f, 0x5e000001);
	assert_int_equal((s32)f.x[0], SMCCC_NOT_SUPPORTED);
}

static void filter__workarounds_and_trng__forwarded(void **state)
{
	static const u32 ids[] = { SMCCC_ARCH_FEATURES_ID, SMCCC_ARCH_WORKAROUND_1, SMCCC_ARCH_WORKAROUND_3, TRNG_RND64,
		PSCI_VERSION_ID, PSCI_AFFINITY_INFO_64, PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(ids); i++) {
		smc(ids[i], 1, 2, 3);
		assert_int_equal(fw.x[0], ids[i]);
		assert_int_equal(fw.x[3], 3);
	}
	psci_system_off();
	assert_int_equal(fw.x[0], PSCI_SYSTEM_OFF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(cpu_on__ok__trampoline_not_host_entry, setup),
		cmocka_unit_test_setup(cpu_on__smc32__upper_halves_dropped, setup),
		cmocka_unit_test_setup(cpu_on__bad_arguments__refused_without_firmware, setup),
		cmocka_unit_test_setup(cpu_on__twice__pending_then_already_on, setup),
		cmocka_unit_test_setup(cpu_on__firmware_refuses__may_be_asked_again, setup),
		cmocka_unit_test_setup(cpu_on__two_callers_at_once__one_wins, setup),
		cmocka_unit_test_setup(cpu_off__firmware_denies__still_on, setup),
		cmocka_unit_test_setup(suspend__standby__our_entry_too, setup),
		cmocka_unit_test_setup(suspend__powerdown__our_entry_and_host_resumes, setup),
		cmocka_unit_test_setup(suspend__extended_format__bit_30_is_powerdown, setup),
		cmocka_unit_test_setup(suspend__system__our_entry, setup),
		cmocka_unit_test_setup(system_end__guests_not_scrubbed__call_made_again, setup),
		cmocka_unit_test_setup(features__what_is_refused__is_not_listed, setup),
		cmocka_unit_test_setup(filter__smccc_version__between_1_1_and_1_2, setup),
		cmocka_unit_test_setup(filter__unknown_ids__refused_without_firmware, setup),
		cmocka_unit_test_setup(filter__uid__says_geniezone, setup),
		cmocka_unit_test_setup(filter__immediate__refused, setup),
		cmocka_unit_test_setup(filter__workarounds_and_trng__forwarded, setup),
	};

	return cmocka_run_group_tests_name("psci_relay", tests, NULL, NULL);
}
