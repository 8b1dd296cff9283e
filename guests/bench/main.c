// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: what a trap costs, seen from inside a guest: counter ticks per operation.
 * Never: a figure in time: with -icount shift=0 and a 1 GHz counter one tick is one executed instruction.
 * Used by: tools/bench, which runs it as a guest of gz under Debian, on gz.bin or on KVM.
 */
#include "gz/guest_hvc.h"
#include "lib/lib.h"

#define ROUNDS	256
#define TOUCH_PAGES	512

static u64 gicd, uart;

static u64 empty(u32 n)
{
	u64 t = counter();

	for (u32 i = 0; i < n; i++)
		__asm__ volatile("" : : : "memory");
	return counter() - t;
}

static void report(const char *name, u64 ticks, u32 n)
{
	u64 base = empty(n);

	ticks = ticks > base ? ticks - base : 0;
	printf("bench %s %lu\n", name, (ticks + n / 2) / n);
}

static void bench_hvc(const char *name, u64 id)
{
	register u64 x0 __asm__("x0");
	register u64 x1 __asm__("x1");
	register u64 x2 __asm__("x2");
	register u64 x3 __asm__("x3");
	u64 t = counter();

	for (u32 i = 0; i < ROUNDS; i++) {
		x0 = id;
		x1 = x2 = x3 = 0;
		__asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory", "x4", "x5", "x6",
				 "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17");
	}
	report(name, counter() - t, ROUNDS);
}

static void bench_read32(const char *name, u64 addr)
{
	u64 t = counter();

	for (u32 i = 0; i < ROUNDS; i++)
		read32(addr);
	report(name, counter() - t, ROUNDS);
}

static void bench_read8(const char *name, u64 addr)
{
	u64 t = counter();

	for (u32 i = 0; i < ROUNDS; i++)
		read8(addr);
	report(name, counter() - t, ROUNDS);
}

/* Each write changes one interrupt, as drivers do: 0x100 and 0x180 on are GICD_ISENABLER and GICD_ICENABLER. */
static void bench_enable(const char *name, u64 set)
{
	u64 t = counter();

	for (u32 i = 0; i < ROUNDS; i++)
		write32(set + (i & 1) * 0x80, 1);
	report(name, counter() - t, ROUNDS);
}

static void bench_timer(void)
{
	u64 far_away = counter() + counter_freq() * 1000, t;

	t = counter();
	for (u32 i = 0; i < ROUNDS; i++)
		sysreg_write(cntv_cval_el0, far_away);
	report("timer_program", counter() - t, ROUNDS);
}

static void bench_touch(void)
{
	u64 at = ((u64)_image_end + (4ull << 20)) & ~((2ull << 20) - 1), t;

	t = counter();
	for (u32 i = 0; i < TOUCH_PAGES; i++)
		write64(at + i * PAGE_SIZE, i);
	report("first_touch_per_4k", counter() - t, TOUCH_PAGES);
}

static volatile u64 fired_at;

static void on_irq(u32 intid)
{
	if (intid == 27) {
		fired_at = counter();
		sysreg_write(cntv_ctl_el0, 0);
		isb();
	}
}

static void bench_timer_irq(void)
{
	u64 sum = 0;

	irq_set_handler(on_irq);
	gic_set_priority(27, 0x80);
	gic_enable(27);
	irq_enable();
	for (u32 i = 0; i < 32; i++) {
		u64 due = counter() + 50000;

		fired_at = 0;
		sysreg_write(cntv_cval_el0, due);
		sysreg_write(cntv_ctl_el0, 1);
		while (!fired_at)
			;
		sum += fired_at - due;
	}
	irq_disable();
	report("timer_to_handler", sum, 32);
}

void payload_main(u64 fdt)
{
	u64 size, rd = 0;

	conduit_smc = false;
	printf("bench counter_hz %lu\n", counter_freq());
	bench_hvc("hypercall", 0x86000042);
	bench_hvc("psci_version", PSCI_VERSION_ID);
	bench_timer();
	if (fdt_find_reg(fdt, "ns16550a", &uart, &size))
		bench_read8("mmio_read_user", uart + 7);
	bench_touch();
	if (fdt_find_reg(fdt, "arm,gic-v3", &gicd, &size) && fdt_find_reg2(fdt, "arm,gic-v3", &rd)) {
		gic_init(gicd, rd);
		bench_read32("vgic_read", gicd + 8);
		bench_enable("vgic_write", gicd + 0x100 + 4);
		bench_timer_irq();
	}
	printf("bench end\n");
	finish(0);
}
