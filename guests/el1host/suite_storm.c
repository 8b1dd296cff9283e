// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a guest's secret is nowhere the host can look: killed in each state of its life, and under a storm of sharing on all CPUs.
 * Never: an attack that was not seen to work on an unprotected VM in the same code.
 * Used by: suites.c. SEC-05, SEC-10, SEC-12, SEC-13. tests/system/payloads also runs it without EL2's scrub, and it must find.
 */
#include "el1host/gzcall.h"
#include "el1host/suites.h"
#include "gz/guest_hvc.h"
#include "probe/roles.h"

#define BLOCK		(2ull << 20)
#define STATES		7u	/* created; sealed at most; steps 1 to 5 of ROLE_SECRET */

static struct test_vm vm;
static volatile u64 stop, gone[MAX_CPUS];
static struct { u64 secret, public, loads_refused, stores_refused, stores; } seen;

static void op_load(void *a) { u64 *v = a; __asm__ volatile("ldr %0, [%1]" : "+r"(v[1]) : "r"(v[0]) : "memory"); }
static void op_store(void *a) { u64 *v = a; __asm__ volatile("str %0, [%1]" : : "r"(v[1]), "r"(v[0]) : "memory"); }

/* Words of a secret in the RAM of a VM that is gone; reads may be refused nowhere by now. */
static u64 scan(u64 mask, u64 word)
{
	u64 found = 0;

	for (u64 at = vm.ram_pa; at < vm.ram_pa + VM_RAM_SIZE; at += 8)
		found += (read64(at) & mask) == word;
	return found;
}

/* Looks at pages 2 and up, which ROLE_SECRET never shares, as soon as each slice is done. */
static u64 destroy_and_look(void)
{
	u64 found = 0;
	s32 st;

	do {
		st = gz(GZ_FN_DESTROY_VM, vm.id, GZ_DESTROY_BATCH_PAGES, 0, 0).st;
		for (u32 p = 2; p < SECRET_PAGES; p++) {
			u64 v[2] = { vm.ram_pa + BLOCK + p * PAGE_SIZE + 8, 0 };

			found += exc_try(op_load, v, NULL) == 0 && v[1] == SECRET_WORD(p);
		}
	} while (st == GZ_ST_BUSY);
	EXPECT_EQ(st, 0);
	return found;
}

static void run_to_step(u64 step)
{
	for (u32 i = 0; i < 100000 && !vm.exited && vm.echo != step; i++)
		vm_run_once(&vm, 0);
	EXPECT_EQ(vm.echo, step);
}

/* Create, run, kill; gives the words of the secret that were left. */
static u64 cycle(u32 n, bool protect)
{
	struct holdings start = holdings();
	u32 state = n % STATES;
	enum vm_how how = (enum vm_how)(n / STATES % 3);
	u64 found;

	if (state > 4 && how == VM_POPULATE)
		how = VM_BLOCKS;	/* what was relinquished is wanted again: by a fault */
	EXPECT(vm_make_role(&vm, 1, how, ROLE_SECRET, protect));
	if (protect)
		EXPECT(vm_protect(&vm));
	if (state == 1)
		vm_run_once(&vm, 0);
	if (state > 1)
		run_to_step(protect ? state - 1 : 1);
	found = destroy_and_look();
	found += scan(~0xffffull, SECRET_WORD(0));
	vm_destroy(&vm);		/* gone already: only its memory is noted as free */
	EXPECT_HOLDINGS(start);
	return found;
}

TEST(cycles__unprotected__pattern_found)
{
	for (u32 n = 2; n < STATES; n++)
		EXPECT(cycle(n, false) >= (SECRET_PAGES - 1) * (PAGE_SIZE / 8));
}

TEST(cycles__protected__no_byte_of_the_pattern_left)
{
	u64 found = 0, n, rounds = rounds_or(3 * STATES);

	for (n = 0; n < rounds; n++)
		found += cycle((u32)n, true);
	printf("  %lu cycles, %lu words of the pattern found\n", n, found);
	EXPECT_EQ(found, 0);
}

/* CPU k runs vCPUs k - 1, k - 1 + runners, ...; each round of the guest exits, so all of them get on. */
static void run_some(u64 cpu)
{
	u32 runners = cpu_count_fdt(host_fdt) - 1;

	gic_cpu_init();
	while (!stop && !vm.exited)
		for (u32 v = (u32)cpu - 1; v < STORM_VCPUS && !stop; v += runners)
			vm_run_once(&vm, v);
	gone[cpu] = 1;
}

/* Any word of a page read and an odd one written, whoever has the page at this moment. */
static void attack(u64 page, u32 n)
{
	u64 load[2] = { page + n * STORM_STRIDE % PAGE_SIZE, 0 }, store[2] = { page + (2 * n + 1) * STORM_STRIDE % PAGE_SIZE, 0xbadbad };

	if (exc_try(op_load, load, NULL))
		seen.loads_refused++;
	else if (load[1] == STORM_SECRET)
		seen.secret++;
	else if (load[1] == STORM_PUBLIC)
		seen.public++;
	if (exc_try(op_store, store, NULL))
		seen.stores_refused++;
	else
		seen.stores++;
}

/* Calls that would take a page back or give it to somebody else: none may work, or work on what is not the host's. */
static void reclaim(const struct test_vm *other, u32 n)
{
	u64 off = BLOCK + n % STORM_PAGES * PAGE_SIZE;

	EXPECT(gz(GZ_FN_EXT_UNMAP_PAGES, vm.id, (VM_RAM_BASE + off) >> 12, 1, 0).st != 0);
	EXPECT(gz(GZ_FN_EXT_UNMAP_SLOT, vm.id, 0, 0, 0).st != 0);
	if (n % STORM_PAGES < STORM_VCPUS * STORM_OWN && vm.how == VM_BLOCKS)
		EXPECT(gz5(GZ_FN_MAP_GUEST, other->id, 0, (vm.ram_pa + off) >> 12, VM_RAM_BASE >> 12, 1).st != 0);
}

static void start_runners(void)
{
	u32 cpus = cpu_count_fdt(host_fdt);

	stop = 0;
	for (u32 i = 1; i < cpus && i < MAX_CPUS; i++) {
		gone[i] = 0;
		EXPECT_EQ(cpu_start(i, run_some, i), 0);
	}
}

static void end_runners(void)
{
	u32 cpus = cpu_count_fdt(host_fdt);

	stop = 1;
	for (u32 i = 1; i < cpus && i < MAX_CPUS; i++) {
		EXPECT(wait_for(&gone[i], 1, 20000000));
		while (psci(PSCI_AFFINITY_INFO_64, i, 0, 0) != PSCI_AFFINITY_OFF)
			cpu_relax();
	}
}

/* Killed while its vCPUs run elsewhere. */
static void kill_running(void)
{
	s32 st;

	do
		st = gz(GZ_FN_DESTROY_VM, vm.id, GZ_DESTROY_BATCH_PAGES, 0, 0).st;
	while (st == GZ_ST_BUSY || st == GZ_ST_NOT_READY);
	EXPECT_EQ(st, 0);
}

static u64 storm(enum vm_how how, bool protect, u32 turns)
{
	struct holdings start = holdings();
	struct test_vm other;
	u64 left;

	EXPECT(vm_make(&other, 1, VM_PAGES));
	EXPECT(vm_make_role(&vm, STORM_VCPUS, how, ROLE_STORM, protect));
	if (protect)
		EXPECT(vm_protect(&vm));
	start_runners();
	for (u32 n = 0; n < 200000 && vm.exits[GZ_EXIT_MMIO & 15] < 200; n++)
		delay_us(10);
	for (u32 n = 0; n < turns; n++) {
		for (u32 p = 0; p < STORM_PAGES; p++)
			attack(vm.ram_pa + BLOCK + p * PAGE_SIZE, n);
		if (protect)
			reclaim(&other, n);
	}
	EXPECT(!vm.exited);
	kill_running();
	left = scan(~0ull, STORM_SECRET);
	end_runners();
	vm_destroy(&vm);
	EXPECT_EQ(vm_destroy(&other), 0);
	EXPECT_HOLDINGS(start);
	return left;
}

TEST(storm__unprotected__host_sees_the_secret)
{
	memset(&seen, 0, sizeof(seen));
	EXPECT(storm(VM_PAGES, false, 200) > 0);
	EXPECT(seen.secret > 0 && seen.stores > 0);
	EXPECT_EQ(seen.loads_refused + seen.stores_refused, 0);
}

TEST(storm__protected__host_sees_what_is_shared_alone)
{
	u64 left = 0, rounds = rounds_or(3);

	memset(&seen, 0, sizeof(seen));
	for (u64 n = 0; n < rounds; n++)
		left += storm(n % 2 ? VM_BLOCKS : VM_PAGES, true, 100 + 50 * (n % 5));
	printf("  %lu kills; shared words read %lu, refused loads %lu, stores %lu; secrets seen %lu, left %lu\n", rounds, seen.public,
	       seen.loads_refused, seen.stores_refused, seen.secret, left);
	EXPECT(seen.public > 0 && seen.loads_refused > 0 && seen.stores_refused > 0);
	EXPECT_EQ(seen.secret, 0);
	EXPECT_EQ(left, 0);
}

void suite_cycles(void)
{
	RUN_TEST(cycles__unprotected__pattern_found);
	RUN_TEST(cycles__protected__no_byte_of_the_pattern_left);
}

void suite_storm(void)
{
	if (cpu_count_fdt(host_fdt) < 2)
		return;
	RUN_TEST(storm__unprotected__host_sees_the_secret);
	RUN_TEST(storm__protected__host_sees_what_is_shared_alone);
}
