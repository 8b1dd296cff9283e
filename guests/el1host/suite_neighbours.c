// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a CPU of the host uses memory beside pages that become guests' and come back.
 * Never: one CPU: it spins, so it is a suite of its own.
 * Used by: suites.c.
 */
#include "el1host/gzcall.h"
#include "el1host/suites.h"
#include "gz/guest_hvc.h"
#include "probe/roles.h"

#define BLOCK		(2ull << 20)

static struct test_vm vm;
static volatile u64 stop, rounds, wrong;

static void neighbour(u64 page)
{
	for (u64 n = 1; !stop; n++) {
		for (u64 at = page; at < page + PAGE_SIZE; at += 64) {
			write64(at, n);
			wrong += read64(at) != n;
		}
		rounds = n;
	}
}

static void give_and_take(u64 block)
{
	EXPECT(vm_make_role(&vm, 1, VM_PAGES, ROLE_SPIN, 0));
	EXPECT_EQ(gz(GZ_FN_ENABLE_CAP, vm.id, GZ_CAP_PROTECTED_VM, GZ_PVM_SET_PROTECTED, 0).st, 0);
	for (u32 k = 1; k < 20; k++) {
		u64 off = k * PAGE_SIZE;

		if (k == 10)
			vm_run_once(&vm, 0);		/* half of them sealed, half donated */
		EXPECT_EQ(gz5(GZ_FN_MAP_GUEST, vm.id, 0, (block + off) >> 12, (VM_RAM_BASE + BLOCK + off) >> 12, 1).st, 0);
	}
	EXPECT_EQ(vm_destroy(&vm), 0);
}

/* The host's block is split and merged under the feet of a CPU that uses its first page: it never notices. */
TEST(neighbours__while_blocks_split_and_merge__undisturbed)
{
	u64 block = host_alloc(BLOCK, BLOCK), aborts = gz_stat_read(GZ_STAT_HOST_ABORTS), seen;

	if (cpu_count_fdt(host_fdt) < 2)
		return;
	stop = rounds = wrong = 0;
	EXPECT_EQ(cpu_start(1, neighbour, block), 0);
	EXPECT(wait_for(&rounds, 1, 20000000));
	for (u32 i = 0; i < 50; i++) {
		seen = rounds;
		give_and_take(block);
		EXPECT(wait_for(&rounds, seen + 1, 20000000));
	}
	stop = 1;
	while (psci(PSCI_AFFINITY_INFO_64, 1, 0, 0) != PSCI_AFFINITY_OFF)
		cpu_relax();
	EXPECT_EQ(wrong, 0);
	EXPECT_EQ(gz_stat_read(GZ_STAT_HOST_ABORTS), aborts);
}

void suite_neighbours(void)
{
	RUN_TEST(neighbours__while_blocks_split_and_merge__undisturbed);
}
