// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the guest halves of el1host's tests.
 * Never: return to the suites.
 * Used by: probe/main.c when the test device asks for a role.
 */
#include "gz/guest_hvc.h"
#include "lib/regs.h"
#include "lib/testdev.h"
#include "probe/probe.h"
#include "probe/roles.h"

static u64 arg(void)
{
	return read64(TESTDEV_BASE + TESTDEV_ARG);
}

static __attribute__((noreturn)) void end(u64 code)
{
	write32(TESTDEV_BASE + TESTDEV_EXIT, (u32)code);
	for (;;)
		wfi();
}

/* Loads of every width and extension: the register must hold exactly what the bytes mean. */
static u32 echo_loads(u64 v)
{
	u64 at = TESTDEV_BASE + TESTDEV_ECHO, x;
	u32 bad = 0;

	write64(at, v);
#define LOAD(insn, want) \
	__asm__ volatile(insn : "=r"(x) : "r"(at) : "memory"); \
	bad += x != (u64)(want);
	LOAD("ldr %0, [%1]", v)
	LOAD("ldr %w0, [%1]", (u32)v)
	LOAD("ldrh %w0, [%1]", (u16)v)
	LOAD("ldrb %w0, [%1]", (u8)v)
	LOAD("ldrsw %0, [%1]", (s64)(s32)v)
	LOAD("ldrsh %0, [%1]", (s64)(int16_t)v)
	LOAD("ldrsh %w0, [%1]", (u32)(s32)(int16_t)v)
	LOAD("ldrsb %0, [%1]", (s64)(int8_t)v)
	LOAD("ldrsb %w0, [%1]", (u32)(s32)(int8_t)v)
#undef LOAD
	__asm__ volatile("ldr xzr, [%0]" : : "r"(at) : "memory");
	write8(at, (u8)v);
	bad += read64(at) != (u8)v;
	write16(at, (u16)v);
	bad += read64(at) != (u16)v;
	write32(at, (u32)v);
	bad += read64(at) != (u32)v;
	__asm__ volatile("str xzr, [%0]" : : "r"(at) : "memory");
	bad += read64(at) != 0;
	return bad;
}

static void role_echo(void)
{
	static const u64 values[] = { 0, ~0ull, 0x8182838485868788, 0x7172737475767778, 0x00000000ffffff80, 0x8000000000000000 };
	u32 bad = 0;

	for (u32 i = 0; i < ARRAY_SIZE(values); i++)
		bad += echo_loads(values[i]);
	end(bad);
}

static volatile u64 spi_taken;

static void count_spi(u32 intid)
{
	spi_taken += intid == 32;
}

/* Sleeps between interrupts; the host injects one, waits until it was counted (echo), and injects the next. */
static void role_wait_spi(void)
{
	u64 want = arg();

	gic_clean();
	gic_enable(32);
	irq_set_handler(count_spi);
	write64(TESTDEV_BASE + TESTDEV_ECHO, 0);
	for (u64 n = 1; n <= want; n++) {
		while (spi_taken < n) {
			wfi();
			irq_window();
		}
		write64(TESTDEV_BASE + TESTDEV_ECHO, spi_taken);
	}
	end(spi_taken != want);
}

static volatile u64 ticks;
static u64 period, next;

static void tick(u32 intid)
{
	if (intid != 27)
		return;
	ticks++;
	next += period;
	sysreg_write(cntv_cval_el0, next);
}

static void role_timer_wfi(void)
{
	u64 want = arg();

	gic_clean();
	gic_enable(27);
	irq_set_handler(tick);
	period = counter_freq() / 1000;
	next = counter() + period;
	sysreg_write(cntv_cval_el0, next);
	sysreg_write(cntv_ctl_el0, 1);
	irq_enable();
	while (ticks < want)
		wfi();
	irq_disable();
	end(0);
}

static void sgi_storm(void)
{
	gic_clean();
	gic_enable(1);
	irq_enable();
	for (;;)
		icc_write(ICC_SGI1R, 1ull << 24 | 0xff);
}

static void fault_loop(void)
{
	for (;;)
		__asm__ volatile("stp xzr, xzr, [%0]" : : "r"(0x0b000000ull) : "memory");
}

static void fault_skip(u64 unused)
{
	(void)unused;
	struct exc e;

	exc_expect(&e);
	fault_loop();
}

static void role_touch(void)
{
	u64 from = ((u64)_image_end + 4095) & ~4095ull, to = arg();
	u32 bad = 0;

	for (u64 at = from; at < to; at += 4096) {
		bad += read64(at) != 0;
		write64(at, at ^ 0x5555);
	}
	for (u64 at = from; at < to; at += 4096)
		bad += read64(at) != (at ^ 0x5555);
	end(bad);
}

static void role_leak(void)
{
	u64 seen[LEAK_NR], rounds = arg();
	u32 bad = 0;

	for (u64 i = 0; i < rounds; i++) {
		leak_fill(i + 12345, seen);
		leak_fp_fill(i + 12345);
		write64(TESTDEV_BASE + TESTDEV_ECHO, 0x5ec4e75ec4e75ec4);
		bad += leak_check(seen) + leak_fp_check(i + 12345);
	}
	sysreg_write(mdscr_el1, 0);
	end(bad);
}

/* Ids of every owner and both widths; the few that end or park the VM are left out. */
static void role_hvc(void)
{
	static const u32 skip[] = { PSCI_CPU_OFF, PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET, PSCI_CPU_SUSPEND_32, PSCI_CPU_SUSPEND_64,
		PSCI_SYSTEM_RESET2_32, PSCI_SYSTEM_RESET2_64, PSCI_CPU_ON_32, PSCI_CPU_ON_64 };
	u64 n = arg(), i, k;
	struct call c;

	for (i = 0; i < n; i++) {
		u32 id = (u32)(i % 64) << 24 | (u32)(i / 64 % 2) << 30 | 0x80000000u | (u32)(i / 128 * 37 % 0x2000);

		for (k = 0; k < ARRAY_SIZE(skip) && skip[k] != id; k++)
			;
		if (k < ARRAY_SIZE(skip))
			continue;
		c = (struct call){ { id, i * 4096, ~0ull, i, 1 } };
		hvc_call(&c);
	}
	end(0);
}

static void role_relinquish(void)
{
	u64 page = (((u64)_image_end + BIT(21) - 1) & ~(BIT(21) - 1)) + 0x5000;
	u64 rounds = arg();
	u32 bad = 0;

	for (u64 i = 0; i < rounds; i++) {
		write64(page, 0x1234 + i);
		bad += hvc(VENDOR_HYP_MEM_RELINQUISH, page, 0, 0) != 0;
		write64(page + 8, i);		/* faults, comes back */
		bad += read64(page + 8) != i;
	}
	end(bad);
}

static u64 secret_at(void)
{
	return ((u64)_image_end + BIT(21) - 1) & ~(BIT(21) - 1);
}

#define SECRET_RET	0xd65f03c0d65f03c0ull

static void secret_write(void)
{
	for (u64 at = 0; at < SECRET_PAGES * PAGE_SIZE; at += 8)
		write64(secret_at() + at, SECRET_WORD(at / PAGE_SIZE));
	write64(secret_at() + SECRET_CODE, SECRET_RET);
	code_sync((void *)(secret_at() + SECRET_CODE), 8);
}

static u32 secret_changed(void)
{
	u32 bad = 0;

	for (u64 at = 0; at < SECRET_PAGES * PAGE_SIZE; at += 8)
		bad += read64(secret_at() + at) != (at == SECRET_CODE ? SECRET_RET : SECRET_WORD(at / PAGE_SIZE));
	return bad;
}

static void step(u64 n)
{
	write64(TESTDEV_BASE + TESTDEV_ECHO, n);
}

static void role_secret(void)
{
	u64 page = secret_at();
	bool protected = arg();
	u32 bad = 0;

	secret_write();
	step(1);
	bad += secret_changed();
	bad += hvc(VENDOR_HYP_MEMINFO, 0, 0, 0) != (protected ? PAGE_SIZE : (u64)SMCCC_NOT_SUPPORTED);
	bad += hvc(VENDOR_HYP_MEM_SHARE, page, 0, 0) != (protected ? 0 : (u64)SMCCC_NOT_SUPPORTED);
	if (!protected)
		end(bad);
	bad += hvc(VENDOR_HYP_MEM_SHARE, page, 0, 0) != (u64)SMCCC_INVALID_PARAMETER;
	bad += hvc(VENDOR_HYP_MEM_SHARE, TESTDEV_BASE, 0, 0) != (u64)SMCCC_INVALID_PARAMETER;
	if (bad)
		end(bad);
	step(2);
	bad += read64(page + SECRET_REPLY) != 0x77;
	bad += hvc(VENDOR_HYP_MEM_UNSHARE, page, 1, 0) != 0;
	bad += hvc(VENDOR_HYP_MEM_UNSHARE, page, 1, 0) != (u64)SMCCC_INVALID_PARAMETER;
	step(3);
	bad += hvc(VENDOR_HYP_MEM_RELINQUISH, page + PAGE_SIZE, 0, 0) != 0;
	step(4);
	bad += hvc(VENDOR_HYP_MEM_SHARE, page + PAGE_SIZE, 0, 0) != 0;
	step(5);
	write64(page + SECRET_REPLY, SECRET_WORD(0));
	for (u64 i = 0; i < PAGE_SIZE; i += 8)
		write64(page + PAGE_SIZE + i, SECRET_WORD(1));
	end(bad + secret_changed());
}

static void role_secret_off(void)
{
	static const u64 ends[] = { PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET, PSCI_SYSTEM_RESET2_64 };
	u64 how = arg();

	secret_write();
	step(1);
	end(how < ARRAY_SIZE(ends) ? 1 + (u32)psci(ends[how], 0, 0, 0) : 1);
}

static void spot_load(void *unused) { (void)unused; read64(GUARD_SPOT); }
static void spot_store(void *unused) { (void)unused; write64(GUARD_SPOT, 0x5ec4e7); }

/* How many of the two went wrong: they must both abort, by an external abort at that address, or neither. */
static u32 spot(bool aborts)
{
	void (*const ops[])(void *) = { spot_load, spot_store };
	u32 bad = 0;

	for (u32 i = 0; i < ARRAY_SIZE(ops); i++) {
		struct exc e = { 0 };

		bad += exc_try(ops[i], NULL, &e) != aborts;
		bad += aborts && (e.far != GUARD_SPOT || (e.esr & 0x3f) != 0x10 || e.esr >> 26 != 0x25);
	}
	return bad;
}

static void role_guard(void)
{
	bool protected = arg();
	u64 ok = protected ? 0 : (u64)SMCCC_NOT_SUPPORTED, no = (u64)(protected ? SMCCC_INVALID_PARAMETER : SMCCC_NOT_SUPPORTED);
	u64 page = GUARD_SPOT & ~(PAGE_SIZE - 1);
	u32 bad = spot(false);

	step(1);
	bad += hvc(VENDOR_HYP_MMIO_GUARD_INFO, 0, 0, 0) != (protected ? PAGE_SIZE : (u64)SMCCC_NOT_SUPPORTED);
	bad += hvc(VENDOR_HYP_MMIO_GUARD_MAP, TESTDEV_BASE, 0, 0) != ok;
	bad += hvc(VENDOR_HYP_MMIO_GUARD_MAP, secret_at(), 0, 0) != no;
	bad += hvc(VENDOR_HYP_MMIO_GUARD_UNMAP, page, 0, 0) != no;
	bad += hvc(VENDOR_HYP_MMIO_GUARD_ENROLL, 0, 0, 0) != ok;
	bad += spot(protected);
	step(2);
	bad += hvc(VENDOR_HYP_MMIO_GUARD_MAP, page, 0, 0) != ok;
	bad += spot(false);
	step(3);
	bad += hvc(VENDOR_HYP_MMIO_GUARD_UNMAP, page, 0, 0) != ok;
	bad += spot(protected);
	step(4);
	bad += hvc(VENDOR_HYP_MMIO_RGUARD_MAP, page - 2 * PAGE_SIZE, 5, 0) != ok;
	bad += spot(false);
	step(5);
	bad += hvc(VENDOR_HYP_MMIO_RGUARD_UNMAP, page - PAGE_SIZE, 2, 0) != ok;
	bad += hvc(VENDOR_HYP_MMIO_RGUARD_UNMAP, page, 1, 0) != no;
	bad += hvc(VENDOR_HYP_MMIO_RGUARD_UNMAP, page + PAGE_SIZE, 2, 0) != ok;
	bad += hvc(VENDOR_HYP_MMIO_RGUARD_MAP, secret_at(), 1, 0) != no;
	bad += spot(protected);
	step(6);
	end(bad);
}

void role_run(u64 role)
{
	switch (role) {
	case ROLE_ECHO: role_echo(); break;
	case ROLE_SPIN: for (;;) cpu_relax();
	case ROLE_WFI: for (;;) wfi();
	case ROLE_SGI_STORM: sgi_storm(); break;
	case ROLE_FAULT_LOOP: fault_skip(0); break;
	case ROLE_WAIT_SPI: role_wait_spi(); break;
	case ROLE_OFF: psci(PSCI_SYSTEM_OFF, 0, 0, 0); break;
	case ROLE_RESET: psci(PSCI_SYSTEM_RESET, 0, 0, 0); break;
	case ROLE_RESET2: psci(PSCI_SYSTEM_RESET2_64, 0, 0, 0); break;
	case ROLE_TOUCH: role_touch(); break;
	case ROLE_LEAK: role_leak(); break;
	case ROLE_HVC: role_hvc(); break;
	case ROLE_RELINQUISH: role_relinquish(); break;
	case ROLE_SMP: suite_smp(); tests_report();
	case ROLE_TIMER_WFI: role_timer_wfi(); break;
	case ROLE_SECRET: role_secret(); break;
	case ROLE_SECRET_OFF: role_secret_off(); break;
	case ROLE_GUARD: role_guard(); break;
	case ROLE_STORM: role_storm(); break;
	case ROLE_PICK: role_pick(); break;
	case ROLE_QUIET: role_quiet(); break;
	case ROLE_MISUSE: role_misuse(); break;
	}
	end(0xbad);
}
