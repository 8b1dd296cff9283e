// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: lends the hypervisor memory for the tables of VMs, before they can need it, and takes it back after them.
 * Never: touch what is lent, or fail a VM because it could not be lent: the hypervisor may have enough.
 * Used by: gzvm_memslot.c (slots), gzvm_private.c (first RUN), gzvm_main.c. Locks: gzvm_pool.lock, the innermost; no
 * memory is allocated under it, for whoever is over a cgroup's limit may wait long, and the reboot notifier takes it.
 */
#define pr_fmt(fmt) "gzvm: " fmt

#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/page-flags.h>
#include <linux/sched/signal.h>

#include "gzvm_drv.h"

#define GZVM_POOL_ORDER		(ilog2(GZVM_BLOCK_PAGES))
/* One page of a block is the hypervisor's book-keeping. */
#define GZVM_POOL_GAIN		(GZVM_BLOCK_PAGES - 1)
/* It takes no more. */
#define GZVM_POOL_BLOCKS	64
/* Tables that one VM may have; objects that come with a slot: vCPUs, roots; the devices of a protected guest. */
#define GZVM_POOL_QUOTA		4096ULL
#define GZVM_POOL_OBJECTS	16
#define GZVM_POOL_GUARD		257

/**
 * struct gzvm_pool - what the hypervisor has, and what slots may make it need
 * @lock: guards all below
 * @closed: the machine goes down: nothing is lent any more
 * @own: pages it had free before anything was lent
 * @blocks: how many are lent
 * @pfn: first pages of them, 0 where there is none
 * @tables: page tables that all slots need when their memory comes page by page
 * @private: pages that leave this kernel's table: each may break up another block of it
 */
static struct {
	struct mutex lock;
	bool closed;
	u64 own;
	u64 blocks;
	unsigned long pfn[GZVM_POOL_BLOCKS];
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
static u64 gzvm_pool_tables(u64 pages, u64 private)
{
	u64 last = DIV_ROUND_UP(pages, GZVM_BLOCK_PAGES) + 1;
	u64 sum = private ? GZVM_POOL_GUARD : 0;

	if (pages)
		sum += min(last + DIV_ROUND_UP(last, GZVM_BLOCK_PAGES), GZVM_POOL_QUOTA) + GZVM_POOL_OBJECTS;
	return sum;
}

/* Without the flag of hidden pages nothing would keep this kernel's readers of all memory off a lent block. */
static bool gzvm_pool_works(void)
{
	return IS_ENABLED(CONFIG_MEMORY_FAILURE) && gzvm_has_ext(GZ_EXT_POOL);
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

static int gzvm_pool_give(struct page *block)
{
	int i, ret;

	for (i = 0; i < GZVM_POOL_BLOCKS && gzvm_pool.pfn[i]; i++)
		;
	if (i == GZVM_POOL_BLOCKS)
		return -EBUSY;
	gzvm_pool_flag(block, true);
	ret = gzvm_arch_pool_give(page_to_phys(block));
	if (ret) {
		gzvm_pool_flag(block, false);
		return ret;
	}
	gzvm_pool.pfn[i] = page_to_pfn(block);
	gzvm_pool.blocks++;
	return 0;
}

/* 1: lent; 0: nobody needs it; else errno. A cgroup's limit holds for the tables of its VMs. */
static int gzvm_pool_lend(void)
{
	struct page *block = alloc_pages(GFP_KERNEL_ACCOUNT | __GFP_NOWARN, GZVM_POOL_ORDER);
	int ret = 0;

	if (!block)
		return -ENOMEM;
	mutex_lock(&gzvm_pool.lock);
	if (!gzvm_pool.closed && gzvm_pool_short_of(gzvm_pool.blocks))
		ret = gzvm_pool_give(block) ?: 1;
	mutex_unlock(&gzvm_pool.lock);
	if (ret != 1)
		__free_pages(block, GZVM_POOL_ORDER);
	return ret;
}

/* Takes a block back. One that another kernel lent, before a kexec, is not this one's to free. */
static int gzvm_pool_take(void)
{
	phys_addr_t pa;
	int i, ret = gzvm_arch_pool_take(&pa);

	if (ret)
		return ret;
	for (i = 0; i < GZVM_POOL_BLOCKS; i++) {
		if (!gzvm_pool.pfn[i] || gzvm_pool.pfn[i] != PHYS_PFN(pa))
			continue;
		gzvm_pool_flag(pfn_to_page(PHYS_PFN(pa)), false);
		__free_pages(pfn_to_page(PHYS_PFN(pa)), GZVM_POOL_ORDER);
		gzvm_pool.pfn[i] = 0;
		gzvm_pool.blocks--;
	}
	return 0;
}

static u64 gzvm_pool_count(u64 pages, u64 private)
{
	u64 before = gzvm_pool_need();

	gzvm_pool.tables += gzvm_pool_tables(pages, private);
	gzvm_pool.private += private;
	return gzvm_pool_need() - before;
}

/**
 * gzvm_pool_add() - a slot comes: the hypervisor gets what it may need for it
 * @pages: its pages, for a guest's tables
 * @private: how many of a slot's pages leave this kernel
 *
 * Nobody lends more than his own slot adds.
 *
 * Context: may sleep.
 */
void gzvm_pool_add(u64 pages, u64 private)
{
	u64 most, n;
	int ret = 1;

	if (!gzvm_pool_works())
		return;
	mutex_lock(&gzvm_pool.lock);
	most = DIV_ROUND_UP(gzvm_pool_count(pages, private), GZVM_POOL_GAIN);
	if (gzvm_pool.closed || !gzvm_pool_short_of(gzvm_pool.blocks))
		most = 0;
	mutex_unlock(&gzvm_pool.lock);
	for (n = 0; n < most && ret == 1 && !fatal_signal_pending(current); n++)
		ret = gzvm_pool_lend();
	if (ret < 0)
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
	if (!gzvm_pool_works())
		return;
	mutex_lock(&gzvm_pool.lock);
	gzvm_pool.tables -= gzvm_pool_tables(pages, private);
	gzvm_pool.private -= private;
	while (gzvm_pool.blocks && !gzvm_pool_short_of(gzvm_pool.blocks - 1) && !gzvm_pool_take())
		;
	mutex_unlock(&gzvm_pool.lock);
}

/**
 * gzvm_pool_close() - takes back all the hypervisor can spare, and lends nothing any more
 *
 * Whoever owns this memory next does not know of the hypervisor: another kernel after kexec, or this one without the
 * driver. What is still used then stays flagged and taken.
 */
void gzvm_pool_close(void)
{
	if (!gzvm_pool_works())
		return;
	mutex_lock(&gzvm_pool.lock);
	gzvm_pool.closed = true;
	while (gzvm_pool.blocks && !gzvm_pool_take())
		;
	mutex_unlock(&gzvm_pool.lock);
}

/**
 * gzvm_pool_open() - asks the hypervisor what it has
 *
 * Return: 0; -ENOMEM.
 */
int gzvm_pool_open(void)
{
	u64 *stats;

	if (!gzvm_pool_works())
		return 0;
	stats = (u64 *)get_zeroed_page(GFP_KERNEL);
	if (!stats)
		return -ENOMEM;
	/* What a kernel before this one could not take back: that memory is nobody's. */
	while (!gzvm_pool_take())
		;
	if (!gzvm_arch_stats(stats))
		gzvm_pool.own = stats[GZ_STAT_POOL_FREE];
	free_page((unsigned long)stats);
	return 0;
}
