// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: several vCPUs at once: SGIs by list and by IRM, SPIs by route, wake from WFI, memory and TLB between them.
 * Never: a vCPU left on.
 * Used by: probe/main.c.
 */
#include "gz/guest_hvc.h"
#include "probe/probe.h"

static volatile u64 ready[MAX_CPUS], leave, sleep_in_wfi;
static volatile u64 hits[MAX_CPUS][64];

static void note(u32 intid)
{
	if (intid < 64)
		hits[cpu_id()][intid]++;
}

static void worker(u64 arg)
{
	u32 me = cpu_id();

	(void)arg;
	gic_cpu_init();
	write32(gic_rd_base() + 0x10100, 0xffff);	/* all SGIs */
	irq_enable();
	ready[me] = 1;
	while (!leave) {
		if (sleep_in_wfi)
			wfi();
		else
			cpu_relax();
	}
	irq_disable();
	ready[me] = 0;
}

static u64 others(void)
{
	return (BIT(plat.cpus) - 1) & ~1ull;
}

static void start_all(bool wfi_loop)
{
	leave = 0;
	sleep_in_wfi = wfi_loop;
	memset((void *)hits, 0, sizeof(hits));
	gic_clean();
	irq_set_handler(note);
	for (u32 i = 0; i < 16; i++)
		gic_enable(i);
	for (u32 i = 1; i < plat.cpus; i++) {
		ready[i] = 0;
		EXPECT_EQ(cpu_start(i, worker, 0), 0);
	}
	for (u32 i = 1; i < plat.cpus; i++)
		EXPECT(wait_for(&ready[i], 1, 5000000));
}

static void stop_all(void)
{
	leave = 1;
	for (u32 i = 1; i < plat.cpus; i++)
		gic_send_sgi(15, i);
	for (u32 i = 1; i < plat.cpus; i++)
		while (psci(PSCI_AFFINITY_INFO_64, i, 0, 0) != PSCI_AFFINITY_OFF)
			cpu_relax();
	irq_disable();
	irq_set_handler(NULL);
	gic_clean();
}

TEST(sgi_list__to_each_and_to_all__only_those)
{
	start_all(false);
	for (u32 i = 1; i < plat.cpus; i++) {
		gic_send_sgi(1, i);
		EXPECT(wait_for(&hits[i][1], 1, 3000000));
	}
	dsb_sy();
	icc_write(ICC_SGI1R, 2ull << 24 | others());
	isb();
	for (u32 i = 1; i < plat.cpus; i++) {
		EXPECT(wait_for(&hits[i][2], 1, 3000000));
		EXPECT_EQ(hits[i][1], 1);
	}
	EXPECT_EQ(hits[0][1] + hits[0][2], 0);
	stop_all();
}

TEST(sgi_irm__all_but_self)
{
	start_all(false);
	irq_enable();
	dsb_sy();
	icc_write(ICC_SGI1R, 3ull << 24 | ICC_SGI1R_IRM);
	isb();
	for (u32 i = 1; i < plat.cpus; i++)
		EXPECT(wait_for(&hits[i][3], 1, 3000000));
	delay_us(1000);
	EXPECT_EQ(hits[0][3], 0);
	stop_all();
}

TEST(sgi_bad_targets__nobody)
{
	start_all(false);
	dsb_sy();
	icc_write(ICC_SGI1R, 4ull << 24 | 0xff00);		/* no such Aff0 */
	icc_write(ICC_SGI1R, 4ull << 24 | 1ull << 16 | 0xff);	/* Aff1 = 1 */
	if (plat.gz)	/* a range selector QEMU's model ignores */
		icc_write(ICC_SGI1R, 4ull << 24 | 1ull << 44 | 0xff);
	isb();
	delay_us(3000);
	for (u32 i = 0; i < plat.cpus; i++)
		EXPECT_EQ(hits[i][4], 0);
	stop_all();
}

TEST(spi_route__to_each_cpu__arrives_there)
{
	start_all(false);
	irq_enable();
	for (u32 i = 0; i < plat.cpus; i++) {
		gic_route(40 + i, i);
		gic_enable(40 + i);
		gic_pend(40 + i);
		EXPECT(wait_for(&hits[i][40 + i], 1, 3000000));
	}
	for (u32 i = 0; i < plat.cpus; i++)
		for (u32 k = 0; k < plat.cpus; k++)
			EXPECT_EQ(hits[i][40 + k], i == k);
	stop_all();
}

TEST(spi_rerouted__while_pending__moves)
{
	if (plat.cpus < 2)
		return;
	start_all(false);
	gic_route(50, 0);		/* here, where interrupts are masked */
	gic_enable(50);
	gic_pend(50);
	delay_us(500);
	gic_route(50, 1);
	EXPECT(wait_for(&hits[1][50], 1, 3000000));
	/* What sits in another vCPU's list registers is seen as of its last exit. */
	for (u32 i = 0; i < 1000 && gic_pending(50); i++)
		delay_us(1000);
	EXPECT(!gic_pending(50));
	stop_all();
}

/* Sleepers are woken by each of 200 SGIs, one at a time: none is lost on the way into WFI. */
TEST(wfi__sgi_to_sleeper__never_lost)
{
	u32 lost = 0;

	if (plat.cpus < 2)
		return;
	start_all(true);
	for (u64 n = 1; n <= 200; n++) {
		gic_send_sgi(6, 1);
		if (!wait_for(&hits[1][6], n, 3000000)) {
			printf("  n %lu hits %lu pending %x active %x\n", n, hits[1][6], read32(plat.gicr + 0x30200), read32(plat.gicr + 0x30300));
			u64 t = counter();
			wait_for(&hits[1][6], n, 20000000);
			printf("  after %lu us: hits %lu\n", (counter() - t) * 1000000 / counter_freq(), hits[1][6]);
			lost++;
			break;
		}
	}
	EXPECT_EQ(lost, 0);
	stop_all();
}

/* Ping-pong: each side sleeps until the other one's SGI. */
static volatile u64 pings, pongs;

static void ping_pong(u32 intid)
{
	if (intid != 7)
		return;
	if (cpu_id() == 0) {
		pongs++;
	} else {
		pings++;
		gic_send_sgi(7, 0);
	}
}

TEST(wfi__ping_pong__completes)
{
	u64 end;

	if (plat.cpus < 2)
		return;
	start_all(true);
	pings = pongs = 0;
	irq_set_handler(ping_pong);
	end = counter() + 10 * counter_freq();
	for (u64 n = 1; n <= 200 && counter() < end; n++) {
		gic_send_sgi(7, 1);
		while (pongs < n && counter() < end) {
			wfi();
			irq_window();
		}
	}
	EXPECT_EQ(pings, 200);
	EXPECT_EQ(pongs, 200);
	irq_set_handler(note);
	stop_all();
}

/* All of them hammer one counter and one lock: memory is one memory. */
static volatile u64 sum, taken, inside, torn;

static void hammer(u64 arg)
{
	(void)arg;
	for (u32 i = 0; i < 2000; i++) {
		__atomic_fetch_add(&sum, 1, __ATOMIC_RELAXED);
		while (__atomic_exchange_n(&taken, 1, __ATOMIC_ACQUIRE))
			cpu_relax();
		torn += inside != 0;
		inside = 1;
		inside = 0;
		__atomic_store_n(&taken, 0, __ATOMIC_RELEASE);
	}
}

TEST(memory__atomics_of_all_vcpus__add_up)
{
	sum = torn = 0;
	for (u32 i = 1; i < plat.cpus; i++)
		EXPECT_EQ(cpu_start(i, hammer, 0), 0);
	hammer(0);
	EXPECT(wait_for(&sum, 2000 * plat.cpus, 20000000));
	for (u32 i = 1; i < plat.cpus; i++)
		while (psci(PSCI_AFFINITY_INFO_64, i, 0, 0) != PSCI_AFFINITY_OFF)
			cpu_relax();
	EXPECT_EQ(sum, 2000 * plat.cpus);
	EXPECT_EQ(torn, 0);
}

void suite_smp(void)
{
	RUN_TEST(sgi_list__to_each_and_to_all__only_those);
	RUN_TEST(sgi_irm__all_but_self);
	RUN_TEST(sgi_bad_targets__nobody);
	RUN_TEST(spi_route__to_each_cpu__arrives_there);
	RUN_TEST(spi_rerouted__while_pending__moves);
	RUN_TEST(wfi__sgi_to_sleeper__never_lost);
	RUN_TEST(wfi__ping_pong__completes);
	RUN_TEST(memory__atomics_of_all_vcpus__add_up);
}
