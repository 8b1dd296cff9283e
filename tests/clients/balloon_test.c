// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: one vCPU gives pages up while another one's block faults map everything around them.
 * Never: judge while a vCPU runs: books of driver and hypervisor agree only when both stand still.
 * Used by: gzvm_abi_test; finds the race with real threads only (thread=multi).
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "client.h"

#define PAGE		4096ull
#define BLOCK		0x200000ull
#define BLOCK_GPA	0x100000000ull
#define WORDS_GPA	(RAM_GPA + 0x80000)
#define GIVEN_0		37u		/* page of the block that vCPU 0 gives up, again and again */
#define GIVEN_1		411u
#define LONGEST_MS	1000u

struct pair {
	struct vm vm;
	uint8_t *block;
	pthread_barrier_t barrier;
	uint64_t until;
	uint64_t rounds;
	uint64_t reachable;		/* rounds after which a guest reached a page that is not pinned */
	uint64_t stale;			/* pages whose last write did not arrive */
	bool stop;
};

static uint64_t word(const struct pair *p, uint64_t page, unsigned int i)
{
	uint64_t value;

	memcpy(&value, p->block + page * PAGE + 8 * i, sizeof(value));
	return value;
}

/* Both vCPUs are out of RUN. */
static void judge(struct pair *p)
{
	p->rounds++;
	p->reachable += hyp_stat("pages_shared_guest") > pages_pinned();
	p->stale += word(p, GIVEN_0, 1) != p->rounds;
	p->stale += word(p, GIVEN_1, 1) != p->rounds;
	p->stop = now_ms() > p->until;
}

static void run_rounds(struct pair *p, int i)
{
	bool stop;

	do {
		expect_mmio(&p->vm, i, MMIO_GPA + 8 * (uint64_t)i, true, 8);
		pthread_barrier_wait(&p->barrier);
		if (i == 0)
			judge(p);
		pthread_barrier_wait(&p->barrier);
		stop = p->stop;
		pthread_barrier_wait(&p->barrier);
	} while (!stop);
}

static void *second_main(void *arg)
{
	run_rounds(arg, 1);
	return NULL;
}

static void fill(struct pair *p)
{
	const uint64_t words[3] = { BLOCK_GPA + GIVEN_0 * PAGE, BLOCK_GPA + GIVEN_1 * PAGE, MMIO_GPA };
	uint64_t i;

	memcpy(p->vm.ram + (WORDS_GPA - RAM_GPA), words, sizeof(words));
	for (i = 0; i < BLOCK / PAGE; i++)
		memcpy(p->block + i * PAGE, &i, sizeof(i));
}

static uint64_t patterns_lost(const struct pair *p)
{
	uint64_t i, lost = 0;

	for (i = 0; i < BLOCK / PAGE; i++)
		lost += word(p, i, 0) != i;
	return lost;
}

static void race(int advice)
{
	const uint64_t x[4] = { WORDS_GPA };
	uint8_t *all = mmap(NULL, 2 * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct pair p = { .until = now_ms() + LONGEST_MS };
	pthread_t second;

	if (all == MAP_FAILED)
		abort();
	p.block = (uint8_t *)(((uintptr_t)all + BLOCK - 1) & ~(BLOCK - 1));
	madvise(p.block, BLOCK, advice);
	pthread_barrier_init(&p.barrier, NULL, 2);
	vm_make(&p.vm, 2, guest_balloon, x);
	fill(&p);
	EXPECT_OK(vm_slot(p.vm.fd, 1, BLOCK_GPA, BLOCK, p.block));
	EXPECT_EQ(pthread_create(&second, NULL, second_main, &p), 0);
	run_rounds(&p, 0);
	pthread_join(second, NULL);
	printf("  %llu rounds\n", (unsigned long long)p.rounds);
	EXPECT(p.rounds > 0);
	EXPECT_EQ(p.reachable, 0);
	EXPECT_EQ(p.stale, 0);
	EXPECT_EQ(patterns_lost(&p), 0);
	vm_end(&p.vm);
	pthread_barrier_destroy(&p.barrier);
	munmap(all, 2 * BLOCK);
}

TEST(life__relinquish_against_block_faults__small_pages)
{
	race(MADV_NOHUGEPAGE);
}

TEST(life__relinquish_against_block_faults__huge_pages)
{
	race(MADV_HUGEPAGE);
}
