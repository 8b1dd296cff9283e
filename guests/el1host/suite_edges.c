// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the edges of protection: a guest that misuses its calls, firmware calls that name private pages, VMIDs used again.
 * Never: a refusal without the proof that the guest lives on unharmed.
 * Used by: suites.c. SEC-13, SEC-26, SEC-28, SEC-29.
 */
#include "el1host/gzcall.h"
#include "el1host/suites.h"
#include "gz/guest_hvc.h"
#include "probe/roles.h"

#define BLOCK		(2ull << 20)

static struct test_vm vm;

TEST(guest__misuses_its_calls__each_refused_and_no_page_lost)
{
	for (u32 how = VM_POPULATE; how <= VM_BLOCKS; how++) {
		struct holdings start = holdings();

		EXPECT(vm_make_role(&vm, 1, (enum vm_how)how, ROLE_MISUSE, 1));
		EXPECT(vm_protect(&vm));
		EXPECT(vm_run_all(&vm, 1000000));
		EXPECT_EQ(vm.exit_code, 0);
		EXPECT_EQ(vm_destroy(&vm), 0);
		EXPECT_HOLDINGS(start);
	}
}

static void op_load(void *a) { u64 *v = a; __asm__ volatile("ldr %0, [%1]" : "+r"(v[1]) : "r"(v[0]) : "memory"); }

/* Memory share, lend, donate, reclaim and all their neighbours, with a private page in each argument. */
TEST(host_smc__framework_calls_with_private_pages__not_supported)
{
	u64 pa;

	EXPECT(vm_make_role(&vm, 1, VM_BLOCKS, ROLE_SECRET, 1));
	EXPECT(vm_protect(&vm));
	for (u32 i = 0; i < 100000 && vm.echo != 1; i++)
		vm_run_once(&vm, 0);
	pa = vm.ram_pa + BLOCK;
	for (u32 id = 0x20; id < 0x100; id++) {
		struct call c = { { 0x84000000u + id, pa, pa, pa, pa, pa, pa, pa } };
		struct call d = { { 0xc4000000u + id, pa, pa, pa, pa, pa, pa, pa } };
		u64 v[2] = { pa, 0 };

		if (id >= 0x50 && id < 0x60)		/* random numbers: the firmware's answer */
			continue;
		smc_call(&c);
		smc_call(&d);
		EXPECT_EQ((s32)c.x[0], -1);
		EXPECT_EQ((s32)d.x[0], -1);
		EXPECT_EQ(exc_try(op_load, v, NULL), 1);
	}
	for (u32 i = 0; i < 100000 && vm.echo != 2; i++)
		vm_run_once(&vm, 0);
	EXPECT_EQ(vm.echo, 2);				/* it found its pages unharmed */
	EXPECT_EQ(vm_destroy(&vm), 0);
}

/*
 * VMs one after the other (rounds=300: more than there are VMIDs of 8 bits), two alive at a time so that neighbours have other RAM: each reads zeros in
 * its own, where a translation or a page of an earlier VM with its VMID would show that one's pattern.
 */
TEST(vmids__used_again__no_translation_left)
{
	static struct test_vm pair[2];
	struct holdings start = holdings();
	u64 n, rounds = rounds_or(24);

	EXPECT(vm_make_role(&pair[0], 1, VM_BLOCKS, ROLE_TOUCH, VM_RAM_BASE + BLOCK + 8 * PAGE_SIZE));
	for (n = 1; n <= rounds; n++) {
		struct test_vm *now = &pair[(n - 1) % 2], *next = &pair[n % 2];

		EXPECT(vm_make_role(next, 1, (enum vm_how)(n % 3), ROLE_TOUCH, VM_RAM_BASE + BLOCK + 8 * PAGE_SIZE));
		if (n % 2)
			EXPECT(vm_protect(next));
		EXPECT(vm_run_all(now, 100000));
		EXPECT_EQ(now->exit_code, 0);
		EXPECT_EQ(vm_destroy(now), 0);
	}
	EXPECT_EQ(vm_destroy(&pair[rounds % 2]), 0);
	EXPECT_HOLDINGS(start);
}

void suite_edges(void)
{
	RUN_TEST(guest__misuses_its_calls__each_refused_and_no_page_lost);
	RUN_TEST(host_smc__framework_calls_with_private_pages__not_supported);
	RUN_TEST(vmids__used_again__no_translation_left);
}
