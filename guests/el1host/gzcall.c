// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the host calls, a page source, counters.
 * Never: interpret a result.
 * Used by: vm.c, tests.
 */
#include "el1host/gzcall.h"

static u64 alloc_next;

struct gz_ret gz_raw(struct call *c)
{
	hvc_call(c);
	return (struct gz_ret){ (s32)c->x[0], c->x[1], c->x[2], c->x[3] };
}

struct gz_ret gz5(u32 fn, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct call c = { { GZ_HVC_ID(fn), a1, a2, a3, a4, a5 } };

	return gz_raw(&c);
}

struct gz_ret gz(u32 fn, u64 a1, u64 a2, u64 a3, u64 a4)
{
	return gz5(fn, a1, a2, a3, a4, 0);
}

u64 host_alloc(u64 bytes, u64 align)
{
	u64 at;

	if (!alloc_next)
		/* Behind the block that lib/el0.c uses. */
		alloc_next = (((u64)_image_end + (2ull << 20) - 1) & ~((2ull << 20) - 1)) + (2ull << 20);
	at = (alloc_next + align - 1) & ~(align - 1);
	alloc_next = at + ((bytes + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1));
	memset((void *)at, 0, bytes);
	return at;
}

u64 gz_stat_read(enum gz_stat index)
{
	static u64 page;

	if (!page)
		page = host_alloc(PAGE_SIZE, PAGE_SIZE);
	if (gz(GZ_FN_EXT_STATS, page, 0, 0, 0).st)
		return 0;
	return ((volatile u64 *)page)[index];
}
