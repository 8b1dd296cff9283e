// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: guests with something to hide, while the host races, lies and looks at each exit.
 * Never: end by itself where the host is to kill it.
 * Used by: roles.c.
 */
#include "gz/guest_hvc.h"
#include "lib/testdev.h"
#include "probe/probe.h"
#include "probe/roles.h"

static u64 storm_base(void)
{
	return ((u64)_image_start & ~(BIT(21) - 1)) + BIT(21);
}

static void fill(u64 page, u64 word)
{
	for (u64 at = page; at < page + PAGE_SIZE; at += STORM_STRIDE)
		write64(at, word);
}

static u32 differ(u64 page, u64 word)
{
	u32 bad = 0;

	for (u64 at = page; at < page + PAGE_SIZE; at += STORM_STRIDE)
		bad += read64(at) != word;
	return bad;
}

/* Private, shared, private again: what it hides in between stays as it is. */
static u32 share_once(u64 page)
{
	u32 bad;

	fill(page, STORM_PUBLIC);
	hvc(VENDOR_HYP_MEM_SHARE, page, 0, 0);
	write64(TESTDEV_BASE + TESTDEV_ECHO, page);
	hvc(VENDOR_HYP_MEM_UNSHARE, page, 0, 0);
	fill(page, STORM_SECRET);
	bad = differ(page, STORM_SECRET);
	write64(TESTDEV_BASE + TESTDEV_ECHO, page);
	return bad + differ(page, STORM_SECRET);
}

static void storm(u64 cpu)
{
	u64 own = storm_base() + cpu * STORM_OWN * PAGE_SIZE;
	u64 common = storm_base() + STORM_VCPUS * STORM_OWN * PAGE_SIZE;
	bool strict = read64(TESTDEV_BASE + TESTDEV_ARG);

	for (u64 n = cpu;; n++) {
		u64 page = common + n * 7 / 4 % STORM_COMMON * PAGE_SIZE;

		if (share_once(own + n % STORM_OWN * PAGE_SIZE) && strict)
			write32(TESTDEV_BASE + TESTDEV_EXIT, 1);
		if (n % 2)
			hvc(VENDOR_HYP_MEM_RELINQUISH, page, 0, 0);
		fill(page, STORM_SECRET);
	}
}

void role_storm(void)
{
	for (u32 i = 1; i < plat.cpus && i < STORM_VCPUS; i++)
		cpu_start(i, storm, i);
	storm(0);
}

void role_pick(void)
{
	for (;;) {
		u64 v = read64(TESTDEV_BASE + TESTDEV_ECHO);

		/* The first answer is the host's old one. */
		if (v && v != PICK_A && v != PICK_B)
			psci(PSCI_SYSTEM_RESET, 0, 0, 0);
	}
}

/* quiet.S: one instruction each, x0 and x1 as given, every other register QUIET_WORD(number). */
void quiet_strb(u64 at, u64 unused), quiet_strh(u64 at, u64 unused), quiet_strw(u64 at, u64 unused), quiet_strx(u64 at, u64 unused);
void quiet_ldrb(u64 at, u64 unused), quiet_ldrh(u64 at, u64 unused), quiet_ldrw(u64 at, u64 unused), quiet_ldrx(u64 at, u64 unused);
void quiet_hvc(u64 id, u64 arg), quiet_wfi(u64 unused0, u64 unused1);

void role_quiet(void)
{
	static void (*const mmio[])(u64, u64) = { quiet_strb, quiet_strh, quiet_strw, quiet_strx,
						  quiet_ldrb, quiet_ldrh, quiet_ldrw, quiet_ldrx };
	u64 page = storm_base() + 3 * PAGE_SIZE;

	for (u32 i = 0; i < ARRAY_SIZE(mmio); i++)
		mmio[i](TESTDEV_BASE + TESTDEV_ECHO, 0);
	quiet_strx(page + 0x568, 0);
	quiet_hvc(VENDOR_HYP_MEM_RELINQUISH, page);
	quiet_ldrx(page + 0x128, 0);
	quiet_hvc(VENDOR_HYP_PTP_ID, 0);
	gic_clean();
	gic_enable(27);
	sysreg_write(cntv_cval_el0, counter() + counter_freq() / 20);
	sysreg_write(cntv_ctl_el0, 1);
	isb();
	quiet_wfi(0, 0);
	sysreg_write(cntv_ctl_el0, 0);
	write32(TESTDEV_BASE + TESTDEV_EXIT, 0);
}
