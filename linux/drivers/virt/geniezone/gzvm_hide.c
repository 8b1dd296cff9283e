// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: makes pinned pages unreachable for this kernel and its user space, and reachable again.
 * Never: call a page hidden that anybody here can still load or store.
 * Used by: gzvm_private.c (first RUN), gzvm_mmu.c (faults, release). Locks: gzvm_mem.lock held.
 *
 * Linux does not survive its own access to a page that is not there. So a page is taken from user
 * space first, with what the kernel has for broken memory: the flag makes page faults, read, write,
 * splice and reclaim refuse it, and a reference count that is exactly the page cache's and ours
 * says that nobody got hold of it before. Documentation/virt/geniezone/memory.rst, "Hidden pages".
 */
#define pr_fmt(fmt) "gzvm: " fmt

#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/magic.h>
#include <linux/page-flags.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/smp.h>

#include "compat.h"
#include "gzvm_drv.h"

/* References of others that may be short: a read, a scan, a batch on its way to the LRU lists. */
#define GZVM_HIDE_TRIES		20

struct gzvm_view {
	struct address_space *mapping;
	pgoff_t index, nr;
};

/* Unmapping also empties this CPU's LRU batches, which hold references. */
static int gzvm_unmap_here(void *arg)
{
	struct gzvm_view *view = arg;

	unmap_mapping_pages(view->mapping, view->index, view->nr, false);
	return 0;
}

static bool gzvm_nobody_holds(struct folio *folio)
{
	/* Pairs with whoever takes a reference first and looks at the flag then. */
	smp_mb();
	return folio_ref_count(folio) == 1 + GUP_PIN_COUNTING_BIAS && !folio_mapped(folio);
}

static bool gzvm_may_hide(struct folio *folio)
{
	struct address_space *mapping = folio->mapping;

	/* A flag on one page of a large folio would not keep the others from mapping it. */
	return !folio_test_large(folio) && !folio_test_anon(folio) && mapping &&
	       mapping->host->i_sb->s_magic == TMPFS_MAGIC && gzvm_keeps_pages(mapping);
}

/*
 * One attempt; the folio's lock keeps faults and truncation out. @ahead: how many pages of the file
 * from here on go the same way next; they are unmapped at once, which is much cheaper than one by one.
 */
static int gzvm_try_hide(struct page *page, u64 ahead)
{
	struct folio *folio = page_folio(page);
	struct gzvm_view view;
	int cpu, ret = 0;

	folio_lock(folio);
	if (!gzvm_may_hide(folio))
		ret = -EINVAL;
	else if (PageHWPoison(page))
		ret = -EHWPOISON;
	if (ret)
		goto out;
	view = (struct gzvm_view){ folio->mapping, folio->index, ahead };
	SetPageHWPoison(page);
	if (ahead > 1 || folio_mapped(folio))
		gzvm_unmap_here(&view);
	if (gzvm_nobody_holds(folio))
		goto out;
	for_each_online_cpu(cpu)
		smp_call_on_cpu(cpu, gzvm_unmap_here, &view, false);
	if (gzvm_nobody_holds(folio))
		goto out;
	ClearPageHWPoison(page);
	ret = -EBUSY;
out:
	folio_unlock(folio);
	return ret;
}

static int gzvm_hide_page(struct page *page, u64 ahead)
{
	int tries, ret = -EBUSY;

	for (tries = 0; ret == -EBUSY && tries < GZVM_HIDE_TRIES; tries++) {
		if (tries)
			usleep_range(500, 1000);
		if (fatal_signal_pending(current))
			return -EINTR;
		ret = gzvm_try_hide(page, ahead);
	}
	return ret;
}

static void gzvm_say_not_hidden(const struct gzvm_slot *slot, u64 i, int err)
{
	if (err == -EINVAL)
		pr_warn_ratelimited("%s[%d]: guest page 0x%llx cannot become private: memory of a protected VM must be a shared mapping of a memfd with pages of 4 KiB" GZVM_NEEDS_SEALS "\n",
				    current->comm, task_pid_nr(current), slot->base_gfn + i);
	else if (err != -EINTR)
		pr_warn_ratelimited("%s[%d]: guest page 0x%llx cannot become private (%d): somebody else uses it, by I/O in flight, a pipe or another pin\n",
				    current->comm, task_pid_nr(current), slot->base_gfn + i, err);
}

/**
 * gzvm_slot_hide() - makes pinned pages unreachable for everybody but the guest
 * @slot: the slot; needs gzvm_mem.lock
 * @first: first page of the range inside the slot
 * @nr_pages: how many; those that are not pinned are left alone
 *
 * From then on user space gets SIGBUS, EFAULT or EIO for them.
 *
 * Return: 0; -EINVAL not the kind of memory that can be hidden; -EBUSY somebody holds a reference;
 * -EHWPOISON the page is broken; -EINTR. What was hidden stays so until the slot is let go.
 */
int gzvm_slot_hide(struct gzvm_slot *slot, u64 first, u64 nr_pages)
{
	u64 i, ahead = 0;
	int ret;

	for (i = first; i < first + nr_pages; i++) {
		if (!slot->pages[i] || test_bit(i, slot->hidden))
			continue;
		ahead = ahead ? 1 : first + nr_pages - i;
		ret = gzvm_hide_page(slot->pages[i], ahead);
		if (ret) {
			gzvm_say_not_hidden(slot, i, ret);
			return ret;
		}
		__set_bit(i, slot->hidden);
		cond_resched();
	}
	return 0;
}

/**
 * gzvm_slot_show() - ends the hiding of pages that are the host's again
 * @slot: the slot; needs gzvm_mem.lock or the last reference
 * @first: first page of the range inside the slot
 * @nr_pages: how many
 *
 * Needs: the hypervisor has given them back. They are zeroes then.
 */
void gzvm_slot_show(struct gzvm_slot *slot, u64 first, u64 nr_pages)
{
	u64 i;

	for (i = first; i < first + nr_pages; i++) {
		if (__test_and_clear_bit(i, slot->hidden))
			ClearPageHWPoison(slot->pages[i]);
	}
}
