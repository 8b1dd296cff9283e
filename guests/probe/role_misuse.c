// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a protected guest that calls for sharing, taking back, the MMIO guard and the firmware with every wrong argument.
 * Never: count a refusal of another kind than the documented one as right.
 * Used by: roles.c. SEC-26, SEC-28, SEC-29.
 */
#include "gz/guest_hvc.h"
#include "lib/testdev.h"
#include "probe/probe.h"
#include "probe/roles.h"

#define INVALID		((u64)SMCCC_INVALID_PARAMETER)
#define GUARD_QUOTA	300u		/* more table pages than a guest's guard may have */

static u32 bad;

static void expect(u32 line, u64 got, u64 want)
{
	if (got == want)
		return;
	printf("  role_misuse.c:%u: %lx, want %lx\n", line, got, want);
	bad++;
}
#define EXPECT_IS(got, want) expect(__LINE__, (got), (want))

static u64 page_of_ours(void)
{
	return ((u64)_image_start & ~(BIT(21) - 1)) + BIT(21);
}

/* Addresses that are no page of this guest's memory. */
static void foreign(u64 fn)
{
	const u64 wrong[] = { 0, 0x1000, TESTDEV_BASE, plat.gicd, plat.gicr, ((u64)_image_start & ~(BIT(30) - 1)) + BIT(30), 1ull << 40,
			      (1ull << 40) - PAGE_SIZE, 1ull << 48, 1ull << 63, ~0xfffull, ~0ull, page_of_ours() + 1, page_of_ours() + 0x800 };

	for (u32 i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_IS(hvc(fn, wrong[i], 0, 0), INVALID);
		EXPECT_IS(hvc(fn, wrong[i], 1, 0), INVALID);
		EXPECT_IS(hvc(fn, wrong[i], ~0ull, 0), INVALID);
	}
	EXPECT_IS(hvc(fn, page_of_ours(), 0, 1), INVALID);
	EXPECT_IS(hvc(fn, page_of_ours(), 1, ~0ull), INVALID);
}

static u64 counted(u64 fn, u64 page, u64 count)
{
	struct call c = { { fn, page, count } };

	hvc_call(&c);
	return c.x[0] ? 0 : c.x[1];
}

static void sharing(void)
{
	u64 page = page_of_ours();

	for (u32 i = 0; i < 64; i++)
		write64(page + i * PAGE_SIZE, i);
	foreign(VENDOR_HYP_MEM_SHARE);
	foreign(VENDOR_HYP_MEM_UNSHARE);
	EXPECT_IS(hvc(VENDOR_HYP_MEM_UNSHARE, page, 0, 0), INVALID);	/* never shared */
	EXPECT_IS(hvc(VENDOR_HYP_MEM_SHARE, page, 0, 0), 0);
	EXPECT_IS(hvc(VENDOR_HYP_MEM_SHARE, page, 0, 0), INVALID);	/* twice */
	EXPECT_IS(hvc(VENDOR_HYP_MEM_UNSHARE, page, 0, 0), 0);
	EXPECT_IS(hvc(VENDOR_HYP_MEM_UNSHARE, page, 0, 0), INVALID);
	/* A count larger than a call does: some, never more than it says; one shared page among them ends it. */
	EXPECT_IS(counted(VENDOR_HYP_MEM_SHARE, page, ~0ull), 32);
	EXPECT_IS(hvc(VENDOR_HYP_MEM_UNSHARE, page + 32 * PAGE_SIZE, 0, 0), INVALID);
	EXPECT_IS(counted(VENDOR_HYP_MEM_UNSHARE, page, 1ull << 63), 32);
	EXPECT_IS(hvc(VENDOR_HYP_MEM_SHARE, page + 3 * PAGE_SIZE, 0, 0), 0);
	EXPECT_IS(counted(VENDOR_HYP_MEM_SHARE, page, 8), 3);
	EXPECT_IS(counted(VENDOR_HYP_MEM_UNSHARE, page, 8), 4);
	for (u32 i = 0; i < 64; i++)
		EXPECT_IS(read64(page + i * PAGE_SIZE), i);
}

static void guard(void)
{
	u64 far = 0x10000000, n = 0;

	EXPECT_IS(hvc(VENDOR_HYP_MMIO_GUARD_MAP, TESTDEV_BASE, 0, 0), 0);
	EXPECT_IS(hvc(VENDOR_HYP_MMIO_GUARD_ENROLL, 0, 0, 0), 0);
	EXPECT_IS(hvc(VENDOR_HYP_MMIO_GUARD_ENROLL, 0, 0, 0), 0);
	EXPECT_IS(hvc(VENDOR_HYP_MMIO_GUARD_MAP, page_of_ours(), 0, 0), INVALID);
	EXPECT_IS(hvc(VENDOR_HYP_MMIO_GUARD_MAP, (u64)_image_start, 0, 0), INVALID);
	EXPECT_IS(hvc(VENDOR_HYP_MMIO_GUARD_MAP, 1ull << 40, 0, 0), INVALID);
	EXPECT_IS(hvc(VENDOR_HYP_MMIO_GUARD_MAP, ~0xfffull, 0, 0), INVALID);
	EXPECT_IS(hvc(VENDOR_HYP_MMIO_GUARD_UNMAP, far, 0, 0), INVALID);
	/* One page in each gigabyte and more until its quota is used up. */
	while (n < GUARD_QUOTA * 512ull && hvc(VENDOR_HYP_MMIO_GUARD_MAP, (1ull << 33) + n * BIT(21) * 16, 0, 0) == 0)
		n++;
	EXPECT_IS(n > 10 && n < GUARD_QUOTA * 512ull, 1);
	EXPECT_IS(hvc(VENDOR_HYP_MMIO_GUARD_UNMAP, 1ull << 33, 0, 0), 0);
	EXPECT_IS(hvc(VENDOR_HYP_MMIO_GUARD_UNMAP, 1ull << 33, 0, 0), INVALID);
}

static u64 by_smc(u64 id)
{
	struct call c = { { id, page_of_ours(), PAGE_SIZE, 1 } };

	/* An SMC of a guest never reaches the firmware. */
	smc_call(&c);
	return c.x[0];
}

/* Firmware framework (memory share, lend, donate, reclaim among them), software delegated exceptions, PSCI. */
static void firmware(void)
{
	for (u32 id = 0; id < 0x100; id++) {
		EXPECT_IS(by_smc(0x84000000u + id), (u64)SMCCC_NOT_SUPPORTED);
		EXPECT_IS(by_smc(0xc4000000u + id), (u64)SMCCC_NOT_SUPPORTED);
		if (id < 0x60)
			continue;
		EXPECT_IS((u32)hvc(0x84000000u + id, page_of_ours(), PAGE_SIZE, 1), (u32)SMCCC_NOT_SUPPORTED);
		EXPECT_IS((u32)hvc(0xc4000000u + id, page_of_ours(), PAGE_SIZE, 1), (u32)SMCCC_NOT_SUPPORTED);
	}
}

void role_misuse(void)
{
	sharing();
	firmware();
	guard();
	write32(TESTDEV_BASE + TESTDEV_EXIT, bad);
}
