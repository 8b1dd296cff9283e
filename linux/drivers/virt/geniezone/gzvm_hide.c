// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: makes pinned pages unreachable for this kernel and its user space, and reachable again.
 * Never: call a page hidden that anybody here can still load or store.
 * Used by: gzvm_private.c (first RUN), gzvm_mmu.c (faults, release). Locks: gzvm_mem.lock held.
 *
 * Linux does not survive its own access to a page that is not there. So a page is taken from user
 * space first, with what the kernel has for broken memory: the flag makes page faults, read, write,
 * splice and reclaim refuse it, and a reference count that is exactly the page cache's and ours
 * says that nobody got hold of it before. Of a large folio the slot must have pinned every page,
 * since references count for all of it, and it goes as a whole, since a fault on one page may map
 * them all. Documentation/virt/geniezone/memory.rst, "Hidden pages".
 */
#define pr_fmt(fmt) "gzvm: " fmt

#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/hugetlb.h>
#include <linux/magic.h>
#include <linux/page-flags.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/smp.h>

#include "compat.h"
#include "gzvm_drv.h"

/* References of others that may be short: a read, a scan, a batch on its way to the LRU lists. */
#define GZVM_HIDE_TRIES		20

/**
 * struct gzvm_part - pages of one folio that go the same way
 * @folio: the folio, all of it pinned by the slot
 * @nr: how many
 * @first: the folio's first page inside the slot
 * @hva: where user space has that one
 * @ahead: pages of the file from the first of them on that are hidden next; unmapping them at once is cheaper
 */
struct gzvm_part {
	struct folio *folio;
	u64 nr;
	u64 first;
	unsigned long hva;
	u64 ahead;
};

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

/* References while nobody has the folio: the page cache's and one pin of the slot for each page. */
static long gzvm_refs_of_ours(struct folio *folio)
{
	if (!folio_test_large(folio))
		return 1 + GUP_PIN_COUNTING_BIAS;
	return gzvm_cache_refs(folio) + folio_nr_pages(folio);
}

static bool gzvm_nobody_holds(struct folio *folio)
{
	/* Pairs with whoever takes a reference first and looks at the flag then. */
	smp_mb();
	return folio_ref_count(folio) == gzvm_refs_of_ours(folio) && !folio_mapped(folio);
}

/* Nothing but the seal keeps a hole in a part of a huge page from being zeroed by the kernel. */
static bool gzvm_keeps_huge_pages(struct address_space *mapping)
{
#ifdef CONFIG_HUGETLBFS
	return READ_ONCE(HUGETLBFS_I(mapping->host)->seals) & F_SEAL_FUTURE_WRITE;
#else
	return false;
#endif
}

static bool gzvm_may_hide(struct folio *folio)
{
	struct address_space *mapping = folio->mapping;

	if (folio_test_anon(folio) || !mapping)
		return false;
	if (folio_test_hugetlb(folio))
		return gzvm_keeps_huge_pages(mapping);
	/* Shared anonymous memory. */
	if (folio_test_large(folio) && IS_PRIVATE(mapping->host))
		return false;
	return mapping->host->i_sb->s_magic == TMPFS_MAGIC && gzvm_keeps_pages(mapping);
}

static unsigned int *gzvm_seals_of(struct folio *folio)
{
#ifdef CONFIG_HUGETLBFS
	if (folio_test_hugetlb(folio))
		return &HUGETLBFS_I(folio->mapping->host)->seals;
#endif
	return &SHMEM_I(folio->mapping->host)->seals;
}

/*
 * Whether nobody can make a dma-buf of the file's pages any more. udmabuf takes them without a look
 * at their flags (of hugetlb on every kernel, of tmpfs from 6.11 on), for importers whose kernel
 * mapping of a hidden page would be fatal. It wants F_SEAL_SHRINK, and holds the inode's lock from that look on
 * until it has its references. So that seal goes, for good: whoever holds the file may cut it off, and user space
 * of hidden pages must live with SIGBUS anyway. Setting F_SEAL_WRITE, which udmabuf refuses, would say of
 * mappings there are that they cannot write. No waiting here: the folio is locked.
 */
static bool gzvm_keeps_dma_bufs_out(struct folio *folio)
{
	struct inode *inode = folio->mapping->host;
	unsigned int *seals = gzvm_seals_of(folio), now = READ_ONCE(*seals);

	if (!IS_ENABLED(CONFIG_UDMABUF) || GZVM_UDMABUF_LOOKS(folio) || now & F_SEAL_WRITE ||
	    (now & (F_SEAL_SEAL | F_SEAL_SHRINK)) == F_SEAL_SEAL)
		return true;
	if (!inode_trylock(inode))
		return false;
	WRITE_ONCE(*seals, (*seals & ~F_SEAL_SHRINK) | F_SEAL_SEAL);
	inode_unlock(inode);
	return true;
}

static bool gzvm_is_broken(struct folio *folio)
{
	long k, nr = folio_test_hugetlb(folio) ? 1 : folio_nr_pages(folio);

	for (k = 0; k < nr; k++) {
		if (PageHWPoison(folio_page(folio, k)))
			return true;
	}
	return false;
}

/* hugetlbfs looks at the first page, and knows no more of the others when they are "unreliable". */
static void gzvm_flag(struct folio *folio)
{
	long k;

	if (folio_test_hugetlb(folio)) {
		folio_set_hugetlb_raw_hwp_unreliable(folio);
		SetPageHWPoison(&folio->page);
		return;
	}
	if (folio_test_large(folio))
		folio_set_has_hwpoisoned(folio);
	for (k = 0; k < folio_nr_pages(folio); k++)
		SetPageHWPoison(folio_page(folio, k));
}

static void gzvm_unflag(struct folio *folio)
{
	long k;

	if (folio_test_hugetlb(folio)) {
		ClearPageHWPoison(&folio->page);
		folio_clear_hugetlb_raw_hwp_unreliable(folio);
		return;
	}
	for (k = 0; k < folio_nr_pages(folio); k++)
		ClearPageHWPoison(folio_page(folio, k));
	if (folio_test_large(folio))
		folio_clear_has_hwpoisoned(folio);
}

/* Flags the folio, when it is of the kind that can be hidden. It is locked. */
static int gzvm_begin_hiding(struct folio *folio)
{
	/* Pinned, and meanwhile out of its file: somebody made a hole there. */
	if (!folio->mapping)
		return -ESTALE;
	if (!gzvm_may_hide(folio))
		return -EINVAL;
	if (gzvm_is_broken(folio))
		return -EHWPOISON;
	if (!gzvm_keeps_dma_bufs_out(folio))
		return -EBUSY;
	gzvm_flag(folio);
	return 0;
}

/* One attempt; the folio's lock keeps faults and truncation out. */
static int gzvm_try_hide(const struct gzvm_part *part)
{
	struct folio *folio = part->folio;
	struct gzvm_view view;
	int cpu, ret;

	folio_lock(folio);
	ret = gzvm_begin_hiding(folio);
	if (ret)
		goto out;
	view = (struct gzvm_view){ folio->mapping, folio->index,
				   max_t(u64, part->ahead, folio_nr_pages(folio)) };
	if (part->ahead > 1 || folio_mapped(folio))
		gzvm_unmap_here(&view);
	if (gzvm_nobody_holds(folio))
		goto out;
	for_each_online_cpu(cpu)
		smp_call_on_cpu(cpu, gzvm_unmap_here, &view, false);
	if (gzvm_nobody_holds(folio))
		goto out;
	gzvm_unflag(folio);
	ret = -EBUSY;
out:
	folio_unlock(folio);
	return ret;
}

/*
 * Takes a page of hugetlbfs from the caller's address space at the slot's address. Nothing a module
 * may call does that for all address spaces, and this one wants to see the mark of a mapping of
 * devices; mmap_lock, held for writing, keeps everybody from seeing it.
 */
static int gzvm_unmap_huge(const struct gzvm_part *part)
{
	unsigned long size = folio_size(part->folio);
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	vma = find_vma(mm, part->hva);
	if (vma && vma->vm_start <= part->hva && is_vm_hugetlb_page(vma) &&
	    vma->vm_file->f_mapping == READ_ONCE(part->folio->mapping)) {
		gzvm_vm_flags_set(vma, VM_PFNMAP);
		zap_vma_ptes(vma, part->hva, size);
		gzvm_vm_flags_clear(vma, VM_PFNMAP);
	}
	mmap_write_unlock(mm);
	return 0;
}

/* One attempt. Unmapping takes locks that come before the folio's; the flag keeps faults out meanwhile. */
static int gzvm_try_hide_huge(const struct gzvm_part *part)
{
	struct folio *folio = part->folio;
	int ret;

	folio_lock(folio);
	ret = gzvm_begin_hiding(folio);
	folio_unlock(folio);
	if (ret)
		return ret;
	ret = gzvm_unmap_huge(part);
	folio_lock(folio);
	if (!ret && !gzvm_nobody_holds(folio))
		ret = -EBUSY;
	if (ret)
		gzvm_unflag(folio);
	folio_unlock(folio);
	return ret;
}

static int gzvm_hide_part(const struct gzvm_part *part)
{
	int tries, ret = -EBUSY;

	for (tries = 0; ret == -EBUSY && tries < GZVM_HIDE_TRIES; tries++) {
		if (tries)
			usleep_range(500, 1000);
		if (fatal_signal_pending(current))
			return -EINTR;
		if (folio_test_hugetlb(part->folio))
			ret = gzvm_try_hide_huge(part);
		else
			ret = gzvm_try_hide(part);
	}
	return ret;
}

/* Whether a page of the slot's range is hidden. */
static bool gzvm_any_hidden(const struct gzvm_slot *slot, u64 first, u64 nr)
{
	return find_next_bit(slot->hidden, first + nr, first) < first + nr;
}

/* The pages from @i on that lie in one folio and before @end, and are hidden like the first one. */
static struct gzvm_part gzvm_part_at(const struct gzvm_slot *slot, u64 i, u64 end)
{
	struct page *page = slot->pages[i];
	struct folio *folio = page_folio(page);
	u64 nr_folio = folio_nr_pages(folio), k = folio_page_idx(folio, page);

	end = min(end, i + nr_folio - k);
	if (test_bit(i, slot->hidden))
		end = find_next_zero_bit(slot->hidden, end, i);
	else
		end = find_next_bit(slot->hidden, end, i);
	return (struct gzvm_part){ .folio = folio, .nr = end - i, .first = i - k,
				   .hva = slot->hva + ((i - k) << PAGE_SHIFT) };
}

/* Pins what is not pinned of a folio; it must lie in the slot as a whole and in its order. */
static int gzvm_pin_folio(struct gzvm_slot *slot, const struct gzvm_part *part)
{
	u64 k, nr = folio_nr_pages(part->folio);
	int ret;

	if (part->first > slot->nr_pages || nr > slot->nr_pages - part->first)
		return -EINVAL;
	for (k = 0; k < nr; k++) {
		if (!slot->pages[part->first + k]) {
			ret = gzvm_slot_pin(slot, part->first + k, nr - k);
			if (ret)
				return ret;
		}
		if (slot->pages[part->first + k] != folio_page(part->folio, k))
			return -EINVAL;
	}
	return 0;
}

static int gzvm_slot_hide_part(struct gzvm_slot *slot, u64 i, struct gzvm_part *part)
{
	u64 nr = folio_nr_pages(part->folio);
	int ret = 0;

	if (nr > 1) {
		part->ahead = 0;
		ret = gzvm_pin_folio(slot, part);
		if (ret)
			return ret;
	}
	/* One hidden page of a folio hides all of it. */
	if (!gzvm_any_hidden(slot, part->first, nr))
		ret = gzvm_hide_part(part);
	if (!ret)
		bitmap_set(slot->hidden, i, part->nr);
	return ret;
}

static void gzvm_say_not_hidden(const struct gzvm_slot *slot, u64 i, int err)
{
	if (err == -EINVAL)
		pr_warn_ratelimited("%s[%d]: guest page 0x%llx cannot become private: memory of a protected VM must be a shared mapping of a memfd" GZVM_NEEDS_SEALS ", with each huge page inside one slot as a whole; hugetlb needs the seal F_SEAL_FUTURE_WRITE\n",
				    current->comm, task_pid_nr(current), slot->base_gfn + i);
	else if (err == -ESTALE)
		pr_warn_ratelimited("%s[%d]: guest page 0x%llx cannot become private: it is not in the memfd any more, a hole was made there\n",
				    current->comm, task_pid_nr(current), slot->base_gfn + i);
	else if (err != -EINTR)
		pr_warn_ratelimited("%s[%d]: guest page 0x%llx cannot become private (%d): somebody else uses it, by I/O in flight, a pipe, a dma-buf, another pin or, of hugetlb, another mapping\n",
				    current->comm, task_pid_nr(current), slot->base_gfn + i, err);
}

/**
 * gzvm_slot_hide() - makes pinned pages unreachable for everybody but the guest
 * @slot: the slot; needs gzvm_mem.lock
 * @first: first page of the range inside the slot
 * @nr_pages: how many; those that are not pinned are left alone
 *
 * From then on user space gets SIGBUS, EFAULT or EIO for them, and for the other pages of a large
 * folio, which get pinned too.
 *
 * Return: 0; -EINVAL not the kind of memory that can be hidden, or a large folio that is not in the
 * slot as a whole; -EBUSY somebody holds a reference; -ESTALE the file lost the page after it was
 * pinned; -EHWPOISON the page is broken; -EINTR. What was hidden stays so until the slot is let go.
 */
int gzvm_slot_hide(struct gzvm_slot *slot, u64 first, u64 nr_pages)
{
	u64 i = first, end = first + nr_pages, ahead = 0;
	struct gzvm_part part;
	int ret;

	while (i < end) {
		if (!slot->pages[i] || test_bit(i, slot->hidden)) {
			i++;
			continue;
		}
		part = gzvm_part_at(slot, i, end);
		part.ahead = ahead = ahead ? 1 : end - i;
		ret = gzvm_slot_hide_part(slot, i, &part);
		if (ret) {
			gzvm_say_not_hidden(slot, i, ret);
			return ret;
		}
		i += part.nr;
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
 * A large folio is reachable again when the last of its pages is shown.
 *
 * Needs: the hypervisor has given them back. They are zeroes then.
 */
void gzvm_slot_show(struct gzvm_slot *slot, u64 first, u64 nr_pages)
{
	u64 i, end = first + nr_pages;
	struct gzvm_part part;

	for (i = find_next_bit(slot->hidden, end, first); i < end;
	     i = find_next_bit(slot->hidden, end, i)) {
		part = gzvm_part_at(slot, i, end);
		bitmap_clear(slot->hidden, i, part.nr);
		if (!gzvm_any_hidden(slot, part.first, folio_nr_pages(part.folio)))
			gzvm_unflag(part.folio);
	}
}
