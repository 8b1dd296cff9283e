// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: blocks lent to EL2's pool: out of the host's reach, of use to VMs, back as zeroes; what may not be lent.
 * Never: leave a block with EL2.
 * Used by: suites.c. SEC-05, 06, 34.
 */
#include "el1host/gzcall.h"
#include "el1host/suites.h"
#include "gz/guest_hvc.h"
#include "probe/roles.h"

#define BLOCKS	2u
#define SPREAD	3500u

static void op_load(void *a) { __asm__ volatile("ldr x9, [%0]" : : "r"(a) : "x9", "memory"); }
static void op_store(void *a) { __asm__ volatile("str xzr, [%0]" : : "r"(a) : "memory"); }

static u64 aborts_at(u64 pa)
{
	struct exc e;

	return exc_try(op_load, (void *)pa, &e) + exc_try(op_store, (void *)pa, &e);
}

static s32 give(u64 pa) { return gz(GZ_FN_EXT_POOL_GIVE, pa, 0, 0, 0).st; }

static void fill(u64 pa, u64 word)
{
	for (u64 at = pa; at < pa + GZ_BLOCK_SIZE; at += sizeof(u64))
		*(volatile u64 *)at = word;
}

static u64 words_not_zero(u64 pa)
{
	u64 n = 0;

	for (u64 at = pa; at < pa + GZ_BLOCK_SIZE; at += sizeof(u64))
		n += *(volatile u64 *)at != 0;
	return n;
}

static void destroy(u16 id)
{
	s32 st;

	do
		st = gz(GZ_FN_DESTROY_VM, id, GZ_DESTROY_BATCH_PAGES, 0, 0).st;
	while (st == GZ_ST_BUSY);
	EXPECT_EQ(st, 0);
}

TEST(lend__block__unreachable_then_back_as_zeroes)
{
	u64 block = host_alloc(GZ_BLOCK_SIZE, GZ_BLOCK_SIZE), total = gz_stat_read(GZ_STAT_POOL_TOTAL);
	struct holdings start = holdings();
	struct gz_ret r;

	fill(block, 0x5ec2e7);
	EXPECT_EQ(words_not_zero(block), GZ_BLOCK_SIZE / sizeof(u64));
	EXPECT_EQ(aborts_at(block), 0);
	EXPECT_EQ(give(block), 0);
	EXPECT_EQ(gz_stat_read(GZ_STAT_POOL_TOTAL), total + (GZ_BLOCK_SIZE / PAGE_SIZE) - 1);
	for (u64 at = block; at < block + GZ_BLOCK_SIZE; at += GZ_BLOCK_SIZE / 8)
		EXPECT_EQ(aborts_at(at), 2);
	EXPECT_EQ(aborts_at(block + GZ_BLOCK_SIZE - 8), 2);
	r = gz(GZ_FN_EXT_POOL_TAKE, 0, 0, 0, 0);
	EXPECT_EQ(r.st, 0);
	EXPECT_EQ(r.x1, block);
	EXPECT_EQ(words_not_zero(block), 0);
	EXPECT_EQ(gz(GZ_FN_EXT_POOL_TAKE, 0, 0, 0, 0).st, GZ_ST_NOT_FOUND);
	EXPECT_HOLDINGS(start);
}

TEST(lend__not_the_hosts_alone__refused)
{
	u64 block = host_alloc(2 * GZ_BLOCK_SIZE, GZ_BLOCK_SIZE), buf = host_alloc(GZ_MEMREGION_BUF_BYTES, PAGE_SIZE);
	struct gz_memregion *l = (struct gz_memregion *)buf;
	struct holdings start = holdings();
	u16 id = (u16)gz(GZ_FN_CREATE_VM, 0, 0, 0, 0).x1;

	for (u32 i = 0; i < forbidden_count; i++)
		EXPECT(give(forbidden[i].pa & ~(GZ_BLOCK_SIZE - 1)) < 0);
	for (u64 odd = 1; odd < GZ_BLOCK_SIZE; odd <<= 1)
		EXPECT_EQ(give(block + odd), GZ_ST_INVALID_ARGS);
	*l = (struct gz_memregion){ .slot = 0, .total_pages = 4, .gpa = 0 };
	EXPECT_EQ(gz(GZ_FN_MEMREGION_PURPOSE, id, 0, 4 * PAGE_SIZE, GZ_MEM_GUEST).st, 0);
	EXPECT_EQ(gz(GZ_FN_SET_MEMREGION, id, GZ_MEMREGION_BUF_BYTES, buf, 0).st, 0);
	EXPECT_EQ(gz5(GZ_FN_MAP_GUEST, id, 0, block / PAGE_SIZE + 511, 0, 1).st, 0);
	EXPECT_EQ(give(block), GZ_ST_ACCESS_DENIED);	/* its last page is a guest's */
	EXPECT_EQ(give(block + GZ_BLOCK_SIZE), 0);
	EXPECT_EQ(give(block + GZ_BLOCK_SIZE), GZ_ST_ACCESS_DENIED);
	EXPECT(gz5(GZ_FN_MAP_GUEST, id, 0, (block + GZ_BLOCK_SIZE) / PAGE_SIZE, 1, 1).st < 0);
	EXPECT(gz(GZ_FN_EXT_STATS, block + GZ_BLOCK_SIZE, 0, 0, 0).st < 0);	/* nor a buffer of a call */
	EXPECT_EQ(gz(GZ_FN_EXT_POOL_TAKE, 0, 0, 0, 0).x1, block + GZ_BLOCK_SIZE);
	destroy(id);
	EXPECT_EQ(give(block), 0);
	EXPECT_EQ(gz(GZ_FN_EXT_POOL_TAKE, 0, 0, 0, 0).x1, block);
	EXPECT_HOLDINGS(start);
}

static bool huge_slot(u16 id, u64 buf)
{
	struct gz_memregion *l = (struct gz_memregion *)buf;

	*l = (struct gz_memregion){ .slot = 0, .total_pages = 0x800000, .gpa = 0 };
	return gz(GZ_FN_MEMREGION_PURPOSE, id, 0, l->total_pages * PAGE_SIZE, GZ_MEM_GUEST).st == 0 &&
	       gz(GZ_FN_SET_MEMREGION, id, GZ_MEMREGION_BUF_BYTES, buf, 0).st == 0;
}

/* One page in each 2 MiB: each wants a table. Until EL2 says no. */
static u32 spread(u16 id, u64 pages, u32 n)
{
	while (n < SPREAD && gz5(GZ_FN_MAP_GUEST, id, 0, pages / PAGE_SIZE + n, n * 512ull, 1).st == 0)
		n++;
	return n;
}

static volatile u64 done_here, done_giving;

/* A CPU that was told to start may still be called off by the firmware: it is the second time that counts. */
static void off_once_done(volatile u64 *done)
{
	EXPECT(wait_for(done, 1, 50000000));
	while (psci(PSCI_AFFINITY_INFO_64, 1, 0, 0) != PSCI_AFFINITY_OFF)
		cpu_relax();
}

static void guest_here(u64 arg)
{
	(void)arg;
	gic_cpu_init();
	EXPECT_EQ(vm_role(ROLE_ECHO, 0), 0);
	done_here = 1;
}

TEST(lend__pool_empty__a_vm_goes_on_with_what_is_lent_and_all_comes_back)
{
	u64 blocks = host_alloc((BLOCKS + 1) * GZ_BLOCK_SIZE, GZ_BLOCK_SIZE), buf = host_alloc(GZ_MEMREGION_BUF_BYTES, PAGE_SIZE);
	u64 pages = host_alloc((u64)SPREAD * PAGE_SIZE, PAGE_SIZE);
	struct holdings start = holdings();
	u16 id = (u16)gz(GZ_FN_CREATE_VM, 0, 0, 0, 0).x1;
	u32 without, with, back = 0;

	EXPECT(huge_slot(id, buf));
	without = spread(id, pages, 0);
	EXPECT(without < SPREAD);
	EXPECT(gz_stat_read(GZ_STAT_POOL_FREE) < 4);		/* it is the pool that said no */
	for (u32 i = 0; i < BLOCKS; i++)
		EXPECT_EQ(give(blocks + i * GZ_BLOCK_SIZE), 0);
	with = spread(id, pages, without);
	printf("  %u tables, %u with %u blocks more\n", without, with, BLOCKS);
	EXPECT(with - without >= BLOCKS * (GZ_BLOCK_SIZE / PAGE_SIZE - 1) - 8);
	EXPECT_EQ(gz(GZ_FN_EXT_POOL_TAKE, 0, 0, 0, 0).st, GZ_ST_NOT_FOUND);	/* all in use */
	/* What the first guest on a CPU leaves behind for good is not in a block, whenever it comes. */
	EXPECT_EQ(give(blocks + BLOCKS * GZ_BLOCK_SIZE), 0);
	EXPECT_EQ(vm_role(ROLE_ECHO, 0), 0);
	if (cpu_count_fdt(host_fdt) > 1) {
		done_here = 0;
		EXPECT_EQ(cpu_start(1, guest_here, 0), 0);
		off_once_done(&done_here);
	}
	destroy(id);
	while (gz(GZ_FN_EXT_POOL_TAKE, 0, 0, 0, 0).st == 0)
		back++;
	EXPECT_EQ(back, BLOCKS + 1);
	for (u32 i = 0; i <= BLOCKS; i++)
		EXPECT_EQ(words_not_zero(blocks + i * GZ_BLOCK_SIZE), 0);
	EXPECT_HOLDINGS(start);
	EXPECT_EQ(vm_role(ROLE_ECHO, 0), 0);
}

/* Other CPUs give and take too: each block is with one of both at any time, and none is lost. */
static u64 lent_block[2], lent;	/* lent: blocks EL2 has */

static void give_and_take(u64 cpu)
{
	for (u32 i = 0; i < 200; i++) {
		struct gz_ret r;

		if (give(lent_block[cpu]) == 0)
			__atomic_fetch_add(&lent, 1, __ATOMIC_RELAXED);
		r = gz(GZ_FN_EXT_POOL_TAKE, 0, 0, 0, 0);
		if (r.st == 0)
			__atomic_fetch_sub(&lent, 1, __ATOMIC_RELAXED);
	}
	if (cpu)
		done_giving = 1;
}

TEST(lend__two_cpus_at_once__none_lost)
{
	struct holdings start = holdings();

	if (cpu_count_fdt(host_fdt) < 2)
		return;
	for (u32 i = 0; i < 2; i++)
		lent_block[i] = host_alloc(GZ_BLOCK_SIZE, GZ_BLOCK_SIZE);
	done_giving = 0;
	EXPECT_EQ(cpu_start(1, give_and_take, 1), 0);
	give_and_take(0);
	off_once_done(&done_giving);
	while (gz(GZ_FN_EXT_POOL_TAKE, 0, 0, 0, 0).st == 0)
		lent--;
	EXPECT_EQ(lent, 0);
	for (u32 i = 0; i < 2; i++)
		EXPECT_EQ(aborts_at(lent_block[i]), 0);
	EXPECT_HOLDINGS(start);
}

void suite_lend(void)
{
	RUN_TEST(lend__block__unreachable_then_back_as_zeroes);
	RUN_TEST(lend__not_the_hosts_alone__refused);
	RUN_TEST(lend__pool_empty__a_vm_goes_on_with_what_is_lent_and_all_comes_back);
	RUN_TEST(lend__two_cpus_at_once__none_lost);
}
