// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: what a trap costs, seen from inside a guest: counter ticks per operation.
 * Never: a figure in time: with -icount shift=0 and a 1 GHz counter one tick is one executed instruction.
 * Used by: tools/bench, which runs it as a guest of gz under Debian, on gz.bin or on KVM.
 */
#include "bench/bench.h"
#include "bench/bench_lib.h"
#include "gz/guest_hvc.h"

/* What EL2 and KVM both answer: SMCCC, PSCI, TRNG, the vendor's UID. */
static const u32 answered[] = {
	0x80000000, 0x80000001, 0x84000000, 0x8400000a, 0xc4000004, 0x84000006, 0x84000050, 0x84000051, 0x8600ff01,
};

static u64 samples[ROUNDS];
static char only[32];

static void sort(u64 *s, u32 n)
{
	for (u32 i = 1; i < n; i++) {
		u64 v = s[i];
		u32 k = i;

		for (; k && s[k - 1] > v; k--)
			s[k] = s[k - 1];
		s[k] = v;
	}
}

static u64 counter_cost(void)
{
	u64 t = counter();

	return counter() - t;
}

void bench_report(const char *name, u64 *sample, u32 n)
{
	u32 keep = n > 1 ? n - (n + 31) / 32 : n;
	u64 sum = 0, cost = counter_cost() * keep;

	sort(sample, n);
	for (u32 i = 0; i < keep; i++)
		sum += sample[i];
	sum = sum > cost ? sum - cost : 0;
	printf("bench %s %lu\n", name, (sum + keep / 2) / keep);
}

bool bench_wanted(const char *name)
{
	return !only[0] || strcmp(only, name) == 0;
}

void bench_row(const char *name, void (*op)(u64), u64 arg)
{
	if (!bench_wanted(name))
		return;
	for (u32 i = 0; i < ROUNDS; i++) {
		u64 t = counter();

		BENCH_MARK_BEGIN();
		op(arg);
		BENCH_MARK_END();
		samples[i] = counter() - t;
	}
	bench_report(name, samples, ROUNDS);
}

static void op_hvc(u64 id)
{
	register u64 x0 __asm__("x0") = id;
	register u64 x1 __asm__("x1") = 0;
	register u64 x2 __asm__("x2") = 0;
	register u64 x3 __asm__("x3") = 0;

	__asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory", "x4", "x5", "x6",
			 "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17");
}

/* One of all, drawn: no order a fast path could be made for. */
static void op_hvc_drawn(u64 unused)
{
	static u64 seed = 1;

	(void)unused;
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	op_hvc(answered[(seed >> 33) % ARRAY_SIZE(answered)]);
}

static void op_read8(u64 addr)
{
	read8(addr);
}

static void op_read32(u64 addr)
{
	read32(addr);
}

static void op_write8(u64 addr)
{
	write8(addr, 0x55);
}

/* Enables and disables, in turn, an SPI that no device has: 0x80 behind GICD_ISENABLER is GICD_ICENABLER. */
static void op_enable(u64 set)
{
	static u32 turn;

	write32(set + (turn++ & 1) * 0x80, 1u << 31);
}

static void op_priority(u64 addr)
{
	write8(addr, 0x80);
}

static void op_timer(u64 far_away)
{
	sysreg_write(cntv_cval_el0, far_away);
}

static void op_touch(u64 unused)
{
	static u64 at;

	(void)unused;
	if (!at)
		at = ((u64)_image_end + (4ull << 20)) & ~((2ull << 20) - 1);
	/* Two blocks' worth in all: one sample is 4 pages. */
	for (u32 i = 0; i < 4; i++, at += PAGE_SIZE)
		write64(at, i);
}

/* The mean counts here, faults included: a sample of 4 pages is either dear or free. */
static void bench_touch(void)
{
	u64 t = counter();

	if (!bench_wanted("first_touch"))
		return;
	BENCH_MARK_BEGIN();
	for (u32 i = 0; i < ROUNDS; i++)
		op_touch(0);
	BENCH_MARK_END();
	printf("bench first_touch %lu\n", (counter() - t) / (4 * ROUNDS));
}

static void bench_gic(u64 fdt)
{
	u64 gicd, rd, size;

	if (!fdt_find_reg(fdt, "arm,gic-v3", &gicd, &size) || !fdt_find_reg2(fdt, "arm,gic-v3", &rd))
		return;
	gic_init(gicd, rd);
	bench_row("vgic_read", op_read32, gicd + 8);
	bench_row("vgic_write", op_enable, gicd + 0x100 + 4);
	bench_row("vgic_write_priority", op_priority, gicd + 0x400 + 63);
	bench_irqs(cpu_count_fdt(fdt));
}

void payload_main(u64 fdt)
{
	const char *words;
	u64 size, uart;
	u32 len;

	conduit_smc = false;
	words = fdt_chosen(fdt, "bootargs", &len);
	for (u32 i = 0; words && i + 10 < len; i++) {
		if (memcmp(words + i, "bench=role", 10) == 0)
			bench_role(fdt);
		if (memcmp(words + i, "only=", 5) == 0)
			for (u32 k = 0; k < sizeof(only) - 1 && words[i + 5 + k] > ' '; k++)
				only[k] = words[i + 5 + k];
	}
	printf("bench counter_hz %lu\n", counter_freq());
	bench_row("hypercall", op_hvc_drawn, 0);
	bench_row("psci_version", op_hvc, PSCI_VERSION_ID);
	bench_row("timer_program", op_timer, counter() + counter_freq() * 1000);
	if (fdt_find_reg(fdt, "ns16550a", &uart, &size)) {
		bench_row("mmio_read_user", op_read8, uart + 7);
		bench_row("mmio_write_user", op_write8, uart + 7);
	}
	bench_touch();
	bench_gic(fdt);
	printf("bench end\n");
	finish(0);
}
