// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: what EL2 counts, what EL2 owns, and which status codes exist.
 * Never: trust a counter alone: tests also use what they say is free.
 * Used by: every suite.
 */
#include "el1host/gzcall.h"

struct forbidden forbidden[16];
u32 forbidden_count;
u64 el2_image, el2_pool;

struct holdings holdings(void)
{
	return (struct holdings){ gz_stat_read(GZ_STAT_VMS), gz_stat_read(GZ_STAT_VCPUS), gz_stat_read(GZ_STAT_POOL_FREE),
				  gz_stat_read(GZ_STAT_PAGES_SHARED_GUEST), gz_stat_read(GZ_STAT_PAGES_SHARED_HYP),
				  gz_stat_read(GZ_STAT_PAGES_DONATED) };
}

bool status_known(s32 st)
{
	static const s32 known[] = { GZ_ST_OK, GZ_ST_GENERIC, GZ_ST_NOT_FOUND, GZ_ST_NOT_READY, GZ_ST_NO_MEMORY,
		GZ_ST_INVALID_ARGS, GZ_ST_ALREADY_EXISTS, GZ_ST_NOT_SUPPORTED, GZ_ST_NOT_IMPLEMENTED, GZ_ST_BUSY,
		GZ_ST_OUT_OF_RANGE, GZ_ST_FAULT, GZ_ST_ACCESS_DENIED };

	for (u32 i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i] == st)
			return true;
	return false;
}

static void forbid(const char *what, u64 pa)
{
	if (forbidden_count < ARRAY_SIZE(forbidden))
		forbidden[forbidden_count++] = (struct forbidden){ what, pa };
}

void forbidden_find(u64 fdt)
{
	u64 base, size, ram = 0, ram_size = 0;

	if (fdt_find_named(fdt, "geniezone-image", &el2_image, &size)) {
		forbid("EL2 image", el2_image);
		forbid("EL2 image, last page", el2_image + size - PAGE_SIZE);
	}
	if (fdt_find_named(fdt, "geniezone-pool", &el2_pool, &size)) {
		forbid("EL2 pool", el2_pool);
		forbid("EL2 pool, last page", el2_pool + size - PAGE_SIZE);
	}
	if (fdt_find_named(fdt, "geniezone-firmware", &base, &size)) {
		forbid("firmware", base);
		forbid("firmware, last page", base + size - PAGE_SIZE);
	}
	if (fdt_find_reg(fdt, "arm,gic-v3", &base, &size))
		forbid("GIC distributor", base);
	if (fdt_find_reg2(fdt, "arm,gic-v3", &base))
		forbid("GIC redistributor", base);
	if (fdt_find_reg(fdt, "arm,pl011", &base, &size))
		forbid("UART", base);
	if (fdt_find_reg(fdt, "arm,smmu-v3", &base, &size))
		forbid("SMMU", base);
	fdt_find_named(fdt, "memory@", &ram, &ram_size);
	forbid("hole below RAM", 0x20000000);
	forbid("address 0", 0);
	forbid("behind RAM", ram + ram_size);
	forbid("above the physical address size", 1ull << 52);
	forbid("top of the address space", ~0ull << 12);
	forbid("negative", 1ull << 63);
}
