// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: what interrupts cost: timer to handler, end of interrupt, SGIs between two vCPUs.
 * Never: count the time a vCPU is meant to sleep.
 * Used by: main.c.
 */
#include "bench/bench.h"
#include "bench/bench_lib.h"

#define TIMES		16u
#define VTIMER		27u
#define SGI		5u
#define SETTLE_US	1000u		/* a halted vCPU's host thread has gone to sleep by then */

static volatile u64 fired_at, eoi_ticks, received;
static volatile u32 stop, sleepy;

static void on_irq(u32 intid)
{
	u64 now = counter();

	if (intid == SGI) {
		received++;
		icc_write(ICC_EOIR1, intid);
		return;
	}
	if (intid == VTIMER)
		sysreg_write(cntv_ctl_el0, 0);
	isb();
	eoi_ticks = counter();
	icc_write(ICC_EOIR1, intid);
	eoi_ticks = counter() - eoi_ticks;
	if (intid == VTIMER)
		fired_at = now;
}

static void timer_rows(const char *name, bool idle, u64 *eoi)
{
	u64 sample[TIMES];

	for (u32 i = 0; i < TIMES; i++) {
		u64 due = counter() + (idle ? SETTLE_US * 1000ull : 50000);

		fired_at = 0;
		sysreg_write(cntv_cval_el0, due);
		sysreg_write(cntv_ctl_el0, 1);
		while (!fired_at) {
			if (!idle)
				continue;
			/* Masked between look and sleep: an interrupt that is pending wakes WFI all the same. */
			irq_disable();
			if (!fired_at)
				wfi();
			irq_enable();
		}
		sample[i] = fired_at - due;
		eoi[i] = eoi_ticks;
	}
	bench_report(name, sample, TIMES);
}

static void other_cpu(u64 unused)
{
	(void)unused;
	gic_cpu_init();
	gic_enable(SGI);
	irq_enable();
	while (!stop) {
		if (!sleepy) {
			cpu_relax();
			continue;
		}
		irq_disable();
		if (sleepy && !stop)
			wfi();
		irq_enable();
	}
}

static void sgi_rows(const char *name)
{
	u64 sample[TIMES];

	for (u32 i = 0; i < TIMES; i++) {
		u64 seen = received, t;

		delay_us(sleepy ? SETTLE_US : 20);
		t = counter();
		BENCH_MARK_BEGIN();
		gic_send_sgi(SGI, 1);
		while (received == seen)
			cpu_relax();
		BENCH_MARK_END();
		sample[i] = counter() - t;
	}
	bench_report(name, sample, TIMES);
}

void bench_irqs(u32 cpus)
{
	u64 eoi[TIMES];

	irq_auto_eoi = false;
	irq_set_handler(on_irq);
	gic_set_priority(VTIMER, 0x80);
	gic_enable(VTIMER);
	irq_enable();
	if (bench_wanted("timer_to_handler")) {
		timer_rows("timer_to_handler", false, eoi);
		bench_report("eoi", eoi, TIMES);
	}
	if (bench_wanted("timer_to_handler_idle"))
		timer_rows("timer_to_handler_idle", true, eoi);
	if (cpus < 2 || cpu_start(1, other_cpu, 0))
		return;
	delay_us(2000);
	if (bench_wanted("sgi_running"))
		sgi_rows("sgi_running");
	sleepy = 1;
	gic_send_sgi(SGI, 1);
	if (bench_wanted("sgi_idle"))
		sgi_rows("sgi_idle");
	stop = 1;
	gic_send_sgi(SGI, 1);
	delay_us(2000);
	irq_disable();
}
