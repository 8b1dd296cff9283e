// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the guest's half of what is measured from outside: touching memory, ringing a doorbell, taking an interrupt.
 * Never: print: a console would be an exit in the middle.
 * Used by: main.c when tools/benchlib/vm.c started us.
 */
#include "bench/bench.h"
#include "bench/bench_lib.h"

#include "gz/guest_hvc.h"

static struct bench_box *box = (void *)BENCH_BOX;

static u64 now(void)
{
	isb();
	return box->physical ? sysreg_read(cntpct_el0) : sysreg_read(cntvct_el0);
}

static void role_touch(void)
{
	u64 t = now();

	if (!box->unmarked)
		BENCH_MARK_BEGIN();
	for (u64 i = 0; i < box->pages; i++)
		write64(BENCH_TOUCH + i * PAGE_SIZE, i);
	BENCH_MARK_END();
	box->touch_ticks = now() - t;
}

static void wait_turn(u32 round)
{
	while (__atomic_load_n(&box->turn, __ATOMIC_ACQUIRE) < round)
		cpu_relax();
}

static void role_kick(void)
{
	for (u32 i = 0; i < BENCH_ROUNDS; i++) {
		wait_turn(i + 1);
		box->at[i] = now();
		BENCH_MARK_BEGIN();
		write32(BENCH_BELL, 1);
		__atomic_store_n(&box->done, i + 1, __ATOMIC_RELEASE);
	}
}

static void on_irq(u32 intid)
{
	u64 t = now();

	if (intid != 32 + BENCH_SPI)
		return;
	BENCH_MARK_END();
	box->at[box->done % BENCH_ROUNDS] = t;
	__atomic_store_n(&box->done, box->done + 1, __ATOMIC_RELEASE);
}

static void role_irq(u64 fdt, bool idle)
{
	u64 gicd, rd, size;

	if (!fdt_find_reg(fdt, "arm,gic-v3", &gicd, &size) || !fdt_find_reg2(fdt, "arm,gic-v3", &rd))
		return;
	gic_init(gicd, rd);
	irq_set_handler(on_irq);
	gic_set_edge(32 + BENCH_SPI, true);
	write32(gicd + 0x80 + (32 + BENCH_SPI) / 32 * 4, ~0u);		/* group 1 */
	gic_set_priority(32 + BENCH_SPI, 0x80);
	gic_route(32 + BENCH_SPI, 0);
	gic_enable(32 + BENCH_SPI);
	__atomic_store_n(&box->turn, 1, __ATOMIC_RELEASE);		/* ready */
	irq_enable();
	while (box->done < BENCH_ROUNDS) {
		if (!idle) {
			cpu_relax();
			continue;
		}
		irq_disable();
		if (box->done < BENCH_ROUNDS)
			wfi();
		irq_enable();
	}
	irq_disable();
}

/* One page, which was touched before: given to the host to see, and taken back. */
static void role_share(void)
{
	write64(BENCH_TOUCH, 1);
	for (u32 i = 0; i < BENCH_ROUNDS; i++) {
		u64 t = now();

		BENCH_MARK_BEGIN();
		if (hvc(VENDOR_HYP_MEM_SHARE, BENCH_TOUCH, 0, 0) || hvc(VENDOR_HYP_MEM_UNSHARE, BENCH_TOUCH, 0, 0))
			return;
		BENCH_MARK_END();
		box->at[i] = now() - t;
		box->done = i + 1;
	}
}

/* Pages that were touched before, given back for good one by one. */
static void role_relinquish(void)
{
	for (u32 i = 0; i < BENCH_ROUNDS; i++)
		write64(BENCH_TOUCH + i * PAGE_SIZE, 1);
	for (u32 i = 0; i < BENCH_ROUNDS; i++) {
		u64 t = now();

		BENCH_MARK_BEGIN();
		if (hvc(VENDOR_HYP_MEM_RELINQUISH, BENCH_TOUCH + i * PAGE_SIZE, 0, 0))
			return;
		BENCH_MARK_END();
		box->at[i] = now() - t;
		box->done = i + 1;
	}
}

void bench_role(u64 fdt)
{
	u64 pool, size;

	if (fdt_find_reg(fdt, "restricted-dma-pool", &pool, &size))
		box = (void *)pool;
	BENCH_MARK_END();
	box->started = now();
	if (box->closed && hvc(VENDOR_HYP_MEM_SHARE, (u64)box, 0, 0))
		finish(1);
	if (box->role == ROLE_SHARE)
		role_share();
	else if (box->role == ROLE_RELINQUISH)
		role_relinquish();
	else if (box->role == ROLE_TOUCH)
		role_touch();
	else if (box->role == ROLE_KICK)
		role_kick();
	else if (box->role == ROLE_IRQ_RUNNING || box->role == ROLE_IRQ_IDLE)
		role_irq(fdt, box->role == ROLE_IRQ_IDLE);
	finish(0);
}
