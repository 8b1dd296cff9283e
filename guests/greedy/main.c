// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a guest that writes every page of the RAM it was promised, so that the host must really have it.
 * Never: end well when a page does not keep what was written.
 * Used by: tests/system/bad-input.
 */
#include "lib/lib.h"

static u64 tree, base, size;

/* The device tree is RAM too, and not ours. */
static bool ours(u64 at)
{
	return at < (tree & ~0xfffull) || at >= tree + 0x200000;
}

TEST(ram__every_page_written__keeps_it)
{
	u64 from = ((u64)_image_end + 0xfff) & ~0xfffull;
	u32 bad = 0;

	EXPECT(fdt_find_named(tree, "memory", &base, &size));
	printf("taking %u MiB\n", (u32)(size >> 20));
	for (u64 at = from; at < base + size; at += 4096)
		if (ours(at))
			write64(at, at ^ 0x5555);
	for (u64 at = from; at < base + size; at += 4096)
		bad += ours(at) && read64(at) != (at ^ 0x5555);
	EXPECT_EQ(bad, 0);
}

void payload_main(u64 fdt)
{
	tree = fdt;
	RUN_TEST(ram__every_page_written__keeps_it);
	tests_report();
}
