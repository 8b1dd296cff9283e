// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: lends the hypervisor memory for the tables of VMs, before they can need it, and takes it back after them.
 * Never: touch what is lent, or fail a VM because it could not be lent: the hypervisor may have enough.
 * Used by: gzvm_memslot.c (slots), gzvm_private.c (first RUN), gzvm_main.c. Locks: gzvm_pool.lock, the innermost.
 */
#define pr_fmt(fmt) "gzvm: " fmt

#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/page-flags.h>

#include "gzvm_drv.h"

#define GZVM_POOL_ORDER		(ilog2(GZVM_BLOCK_PAGES))
/* One page of a block is the hypervisor's book-keeping. */
#define GZVM_POOL_GAIN		(GZVM_BLOCK_PAGES - 1)

/**
 * struct gzvm_pool - what the hypervisor has, and what slots may make it need
 * @lock: guards all below
 * @own: pages it had free before anything was lent
 * @blocks: how many are lent
 * @tables: page tables that all slots need when their memory comes page by page
 * @private: pages that leave this kernel's table: each may break up another block of it
 */
static struct {
	struct mutex lock;
	u64 own;
	u64 blocks;
	u64 tables;
	u64 private;
} gzvm_pool = { .lock = __MUTEX_INITIALIZER(gzvm_pool.lock) };

/* Pages the hypervisor may need. It lets this kernel's table have two thirds of what there is. */
static u64 gzvm_pool_need(void)
{
	u64 host = min_t(u64, gzvm_pool.private, DIV_ROUND_UP(totalram_pages(), GZVM_BLOCK_PAGES));

	return max(gzvm_pool.tables + host, host + host / 2);
}

/* Tables of the last and the second level, when a guest's range begins and ends somewhere. */
static u64 gzvm_pool_tables(u64 pages)
{
	u64 last = pages ? DIV_ROUND_UP(pages, GZVM_BLOCK_PAGES) + 1 : 0;

	return last + DIV_ROUND_UP(last, GZVM_BLOCK_PAGES);
}

static bool gzvm_pool_short_of(u64 blocks)
{
	return gzvm_pool_need() > gzvm_pool.own + blocks * GZVM_POOL_GAIN;
}

/* What reads memory without being asked, as /proc/kcore does, passes over such pages. */
static void gzvm_pool_flag(struct page *block, bool lent)
{
	unsigned long k;

	for (k = 0; k < GZVM_BLOCK_PAGES; k++) {
		if (lent)
			SetPageHWPoison(block + k);
		else
			ClearPageHWPoison(block + k);
	}
}

/* A cgroup's limit holds for its VMs' tables too. */
static int gzvm_pool_lend(void)
{
	struct page *block = alloc_pages(GFP_KERNEL_ACCOUNT | __GFP_NOWARN, GZVM_POOL_ORDER);
	int ret;

	if (!block)
		return -ENOMEM;
	gzvm_pool_flag(block, true);
	ret = gzvm_arch_pool_give(page_to_phys(block));
	if (!ret) {
		gzvm_pool.blocks++;
		return 0;
	}
	gzvm_pool_flag(block, false);
	__free_pages(block, GZVM_POOL_ORDER);
	return ret;
}

static int gzvm_pool_take(void)
{
	struct page *block;
	phys_addr_t pa;
	int ret = gzvm_arch_pool_take(&pa);

	if (ret)
		return ret;
	block = pfn_to_page(PHYS_PFN(pa));
	gzvm_pool_flag(block, false);
	__free_pages(block, GZVM_POOL_ORDER);
	gzvm_pool.blocks--;
	return 0;
}

/**
 * gzvm_pool_add() - a slot comes: the hypervisor gets what it may need for it
 * @pages: its pages, for a guest's tables
 * @private: how many of a slot's pages leave this kernel
 *
 * Context: may sleep.
 */
void gzvm_pool_add(u64 pages, u64 private)
{
	int ret = 0;

	if (!gzvm_has_ext(GZ_EXT_POOL))
		return;
	mutex_lock(&gzvm_pool.lock);
	gzvm_pool.tables += gzvm_pool_tables(pages);
	gzvm_pool.private += private;
	while (!ret && gzvm_pool_short_of(gzvm_pool.blocks))
		ret = gzvm_pool_lend();
	mutex_unlock(&gzvm_pool.lock);
	if (ret)
		pr_info_ratelimited("the hypervisor got no more memory for tables (%d): should VMs fail with ENOMEM, free memory or start it with a larger gz.pool=\n",
				    ret);
}

/**
 * gzvm_pool_sub() - a slot is gone, in the hypervisor too
 * @pages: as it was added
 * @private: as it was added
 *
 * Context: may sleep.
 */
void gzvm_pool_sub(u64 pages, u64 private)
{
	if (!gzvm_has_ext(GZ_EXT_POOL))
		return;
	mutex_lock(&gzvm_pool.lock);
	gzvm_pool.tables -= gzvm_pool_tables(pages);
	gzvm_pool.private -= private;
	while (gzvm_pool.blocks && !gzvm_pool_short_of(gzvm_pool.blocks - 1) && !gzvm_pool_take())
		;
	mutex_unlock(&gzvm_pool.lock);
}

/**
 * gzvm_pool_return() - takes back all the hypervisor can spare
 *
 * Whoever owns this memory next does not know of the hypervisor: another kernel after kexec, or this one without the
 * driver. What is still used then stays flagged and taken.
 */
void gzvm_pool_return(void)
{
	if (!gzvm_has_ext(GZ_EXT_POOL))
		return;
	mutex_lock(&gzvm_pool.lock);
	while (gzvm_pool.blocks && !gzvm_pool_take())
		;
	mutex_unlock(&gzvm_pool.lock);
}

/**
 * gzvm_pool_init() - asks the hypervisor what it has
 *
 * Return: 0; -ENOMEM.
 */
int gzvm_pool_init(void)
{
	u64 *stats;

	if (!gzvm_has_ext(GZ_EXT_POOL))
		return 0;
	stats = (u64 *)get_zeroed_page(GFP_KERNEL);
	if (!stats)
		return -ENOMEM;
	if (!gzvm_arch_stats(stats))
		gzvm_pool.own = stats[GZ_STAT_POOL_FREE];
	free_page((unsigned long)stats);
	return 0;
}
