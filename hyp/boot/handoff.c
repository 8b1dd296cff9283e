/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: put kernel and device tree where the host expects them, give it the console, enter it.
 * Never: leave a mapping of host memory behind, or anything only in a cache that the host reads with its MMU off.
 * Called by: boot/init.c, last.
 */
#include "boot/boot.h"
#include "boot/boot_tables.h"
#include "boot/fdt_host.h"
#include "host/host.h"
#include "lib/check.h"
#include "lib/drbg.h"
#include "lib/log.h"
#include "lib/percpu.h"
#include "lib/string.h"
#include "mm/hyp_map.h"
#include "mm/layout.h"
#include "mm/pgtable.h"
#include "insn/barrier.h"
#include "insn/cache.h"
#include "insn/sysreg.h"

/* Two windows, far enough apart for any module. */
#define WINDOW_FROM	HYP_VA_EARLY
#define WINDOW_TO	(HYP_VA_EARLY + (UINT64_C(64) << 30))
#define CTR_DMINLINE	MASK(19, 16)
#define SEED_BYTES	64

static void clean_to_poc(const void *start, u64 size)
{
	u64 line = UINT64_C(4) << field_get(CTR_DMINLINE, sysreg_read(ctr_el0));
	u64 at = ALIGN_DOWN((u64)(uintptr_t)start, line), end = (u64)(uintptr_t)start + size;

	for (; at < end; at += line)
		cache_clean_line((const void *)at);
	dsb_sy();
}

static struct pa_range whole_pages(struct pa_range r)
{
	pa_t base = pa_page(r.base);

	return (struct pa_range){ base, ALIGN_UP(pa_range_end(r), PAGE_SIZE) - base.v };
}

/* Maps the pages of r for a moment; returns where r itself is. */
static void *window_open(u64 va, struct pa_range r, u32 attr)
{
	if (hyp_map_at(va, whole_pages(r), attr))
		boot_fail("the page pool is too small to prepare the host: give more with gz.pool=");
	return (void *)(va + r.base.v % PAGE_SIZE);
}

static void window_close(u64 va, struct pa_range r)
{
	hyp_unmap_at(va, whole_pages(r).size);
}

static void move_kernel(const struct boot *b)
{
	struct pa_range from = b->machine.kernel, to = { b->layout.kernel.base, from.size };
	void *dst, *src;

	if (!b->layout.kernel_moves)
		return;
	src = window_open(WINDOW_FROM, from, PG_R);
	dst = window_open(WINDOW_TO, to, PG_R | PG_W);
	memcpy(dst, src, from.size);
	clean_to_poc(dst, from.size);
	icache_inval_all_is();
	dsb_sy();
	isb();
	window_close(WINDOW_TO, to);
	window_close(WINDOW_FROM, from);
}

static void write_host_tree(const struct boot *b)
{
	const struct boot_layout *l = &b->layout;
	u8 seeds[SEED_BYTES];
	bool seeded = drbg_read(seeds, sizeof(seeds));
	u32 used = 0;
	void *dst, *src;
	enum gz_err err;

	src = window_open(WINDOW_FROM, b->fdt, PG_R);
	dst = window_open(WINDOW_TO, l->host_fdt, PG_R | PG_W);
	err = fdt_host_write(dst, (u32)l->host_fdt.size, &used, src, (u32)b->fdt.size, &b->machine, l,
			     seeded ? seeds : NULL);
	if (err)
		boot_fail("the host's device tree could not be written (error %d)", (int)err);
	clean_to_poc(dst, used);
	window_close(WINDOW_TO, l->host_fdt);
	window_close(WINDOW_FROM, b->fdt);
	memset(seeds, 0, sizeof(seeds));
}

void boot_enter_host(struct boot *b)
{
	pa_t kernel = b->layout.kernel.base, tree = b->layout.host_fdt.base;

	move_kernel(b);
	write_host_tree(b);
	/* CPUs that start later read this with their MMU off. */
	clean_to_poc(&mmu_setup, sizeof(mmu_setup));
	memset(b, 0, sizeof(*b));
	log_console_off();
	WRITE_ONCE(this_cpu()->online, 1);
	host_enter(kernel.v, tree.v);
}
