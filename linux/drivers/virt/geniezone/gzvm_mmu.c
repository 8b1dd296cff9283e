// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: pins user pages and maps them into the guest: on a fault, in blocks, or all at once.
 * Never: map a page that is not pinned, or replace a pinned page behind the guest's back.
 * Used by: gzvm_exception.c (faults), gzvm_memslot.c (population). Locks: gzvm_mem.lock held from
 * look-up to map call, so two vCPUs that fault on one page agree on it.
 */
#define pr_fmt(fmt) "gzvm: " fmt

#include <linux/bitmap.h>
#include <linux/magic.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>

#include "gzvm_drv.h"

/* One population call: the hypervisor refuses long ones, and a signal shall not wait long. */
#define GZVM_POPULATE_PAGES	8192

/* What a fault maps at least, where the slot has it. */
#define GZVM_AROUND_PAGES	16ULL

/**
 * gzvm_slot_of_gfn() - the slot a guest page lies in
 * @mem: memory of the VM, locked
 * @gfn: guest page
 *
 * Return: the slot or NULL.
 */
struct gzvm_slot *gzvm_slot_of_gfn(struct gzvm_mem *mem, u64 gfn)
{
	struct gzvm_slot *slot;
	int i;

	for (i = 0; i < GZ_MAX_SLOTS; i++) {
		slot = mem->slots[i];
		if (slot && gfn >= slot->base_gfn && gfn - slot->base_gfn < slot->nr_pages)
			return slot;
	}
	return NULL;
}

/* Length of the run of pages from @first on that are not pinned yet. */
static u64 gzvm_slot_hole(const struct gzvm_slot *slot, u64 first, u64 end)
{
	u64 i = first;

	while (i < end && !slot->pages[i])
		i++;
	return i - first;
}

/* Length of the run of pinned pages from @first on, as far as one call should let go. */
static u64 gzvm_slot_pinned_run(const struct gzvm_slot *slot, u64 first)
{
	u64 end = min_t(u64, first + GZVM_BLOCK_PAGES, slot->nr_pages);
	u64 i = first;

	while (i < end && slot->pages[i])
		i++;
	return i - first;
}

/* Pins one run of pages that are not pinned; how many came, or errno. */
static long gzvm_slot_pin_run(struct gzvm_slot *slot, u64 first, u64 nr_pages)
{
	unsigned long hva = slot->hva + (first << PAGE_SHIFT);
	long got = pin_user_pages_fast(hva, min_t(u64, nr_pages, GZVM_POPULATE_PAGES),
				       FOLL_WRITE | FOLL_LONGTERM, &slot->pages[first]);
	u64 good = max(got, 0L);

	/* A failing call may leave pages it has let go of behind its result. */
	memset(&slot->pages[first + good], 0, (nr_pages - good) * sizeof(*slot->pages));
	slot->nr_pinned += good;
	return got ? got : -EFAULT;
}

/**
 * gzvm_slot_pin() - pins what is not pinned of a range
 * @slot: the slot; needs gzvm_mem.lock
 * @first: first page of the range inside the slot
 * @nr_pages: how many
 *
 * Pages that are pinned already stay as they are: the guest may have seen them.
 *
 * Return: 0 when all of the range is pinned, else errno; what was pinned stays.
 */
int gzvm_slot_pin(struct gzvm_slot *slot, u64 first, u64 nr_pages)
{
	u64 end = first + nr_pages, hole;
	long got;

	while (first < end) {
		hole = gzvm_slot_hole(slot, first, end);
		if (!hole) {
			first++;
			continue;
		}
		got = gzvm_slot_pin_run(slot, first, hole);
		if (got < 0)
			return (int)got;
		first += got;
	}
	return 0;
}

/*
 * Anonymous memory and tmpfs have nobody to tell, and the bit is all there is: it needs neither the
 * folio's lock nor its mapping.
 */
static void gzvm_mark_dirty(struct folio *folio)
{
	if (folio_test_dirty(folio))
		return;
	if (folio_test_swapbacked(folio))
		folio_set_dirty(folio);
	else
		set_page_dirty_lock(&folio->page);
}

/* Lets go of a run of pinned pages, marked dirty: a guest writes without telling anybody. */
static void gzvm_unpin_run(struct page **pages, u64 nr)
{
	u64 i = 0, nr_folio;
	struct folio *folio;

	while (i < nr) {
		folio = page_folio(pages[i]);
		nr_folio = folio_nr_pages(folio);
		gzvm_mark_dirty(folio);
		do
			i++;
		while (i < nr && folio_page_idx(folio, pages[i]) < nr_folio);
	}
	unpin_user_pages(pages, nr);
}

/**
 * gzvm_slot_unpin() - lets go of every page of a slot
 * @slot: a slot the guest cannot reach any more
 */
void gzvm_slot_unpin(struct gzvm_slot *slot)
{
	u64 i = 0, nr;

	while (slot->nr_pinned && i < slot->nr_pages) {
		i += gzvm_slot_hole(slot, i, slot->nr_pages);
		nr = gzvm_slot_pinned_run(slot, i);
		gzvm_slot_show(slot, i, nr);
		gzvm_unpin_run(&slot->pages[i], nr);
		memset(&slot->pages[i], 0, nr * sizeof(*slot->pages));
		slot->nr_pinned -= nr;
		i += nr;
		cond_resched();
	}
}

/* Describes pages [first, first + nr) in as few ranges as possible; how many pages fitted. */
static u64 gzvm_region_fill(struct gz_memregion *region, const struct gzvm_slot *slot,
			    u64 first, u64 nr_pages)
{
	struct gz_mem_constituent *last = NULL;
	u32 count = 0;
	u64 i, pa;

	for (i = 0; i < nr_pages; i++) {
		pa = page_to_phys(slot->pages[first + i]);
		if (last && pa == last->base_pa + ((u64)last->page_count << PAGE_SHIFT)) {
			last->page_count++;
			continue;
		}
		if (count == GZ_MEMREGION_MAX_CONSTITUENTS)
			break;
		last = &region->constituents[count++];
		*last = (struct gz_mem_constituent){ .base_pa = pa, .page_count = 1 };
	}
	region->slot = slot->id;
	region->constituent_count = count;
	region->total_pages = i;
	region->gpa = (slot->base_gfn + first) << PAGE_SHIFT;
	return i;
}

static int gzvm_slot_populate_with(struct gzvm *vm, struct gzvm_slot *slot,
				   struct gz_memregion *region)
{
	u64 at = 0, nr, done;
	int ret;

	while (at < slot->nr_pages) {
		nr = min_t(u64, slot->nr_pages - at, GZVM_POPULATE_PAGES);
		ret = gzvm_slot_pin(slot, at, nr);
		if (ret)
			return ret;
		/* What did not fit is pinned and comes first in the next round. */
		done = gzvm_region_fill(region, slot, at, nr);
		ret = gzvm_arch_set_memregion(vm->id, region);
		if (ret)
			return ret;
		at += done;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/**
 * gzvm_slot_populate() - gives the guest all pages of a slot
 * @vm: the VM; needs gzvm_mem.lock
 * @slot: a registered slot
 *
 * Return: 0 or errno; what was mapped stays mapped.
 */
int gzvm_slot_populate(struct gzvm *vm, struct gzvm_slot *slot)
{
	struct gz_memregion *region;
	int ret;

	region = alloc_pages_exact(GZ_MEMREGION_BUF_BYTES, GFP_KERNEL | __GFP_ZERO);
	if (!region)
		return -ENOMEM;
	ret = gzvm_slot_populate_with(vm, slot, region);
	free_pages_exact(region, GZ_MEMREGION_BUF_BYTES);
	return ret;
}

/* Pins pages for the guest; a protected one gets them only when nobody else can reach them. */
static int gzvm_slot_take(struct gzvm *vm, struct gzvm_slot *slot, u64 first, u64 nr_pages)
{
	int ret = gzvm_slot_pin(slot, first, nr_pages);

	if (ret || !gzvm_slot_is_private(&vm->mem, slot))
		return ret;
	return gzvm_slot_hide(slot, first, nr_pages);
}

/*
 * A folio that left its file is neither hidden nor, but for what is shared, the guest's: all pins of it go, or what the
 * file has there by now could not come as a whole. -EINVAL: it was in no file, and comes again.
 */
static int gzvm_slot_bring_anew(struct gzvm_slot *slot, u64 i)
{
	struct page *old = slot->pages[i];
	struct folio *folio = page_folio(old);
	u64 k = folio_page_idx(folio, old);
	u64 j = i - min(i, k), end = min(slot->nr_pages, i - k + folio_nr_pages(folio));
	int ret;

	for (; j < end; j++) {
		if (!slot->pages[j] || page_folio(slot->pages[j]) != folio || test_bit(j, slot->shared))
			continue;
		if (j != i)
			unpin_user_page(slot->pages[j]);
		slot->pages[j] = NULL;
		slot->nr_pinned--;
	}
	ret = gzvm_slot_pin(slot, i, 1);
	if (!ret && slot->pages[i] == old)
		ret = -EINVAL;
	unpin_user_page(old);
	return ret;
}

static int gzvm_map_page(struct gzvm *vm, struct gzvm_slot *slot, u64 gfn)
{
	u64 i = gfn - slot->base_gfn;
	int ret;

	/*
	 * Shared, so it is there; or given up, and that exit is still on its way: then it is given anew,
	 * but not before user space that wants to know does. The guest tries again until then.
	 */
	if (test_bit(i, slot->shared)) {
		if (vm->mem.tell_user || !gzvm_page_is_away(vm, gfn))
			return 0;
		__clear_bit(i, slot->shared);
	}
	ret = gzvm_slot_take(vm, slot, i, 1);
	if (ret == -ESTALE)
		return gzvm_slot_bring_anew(slot, i);
	if (ret)
		return ret;
	return gzvm_arch_map_guest(vm->id, slot->id, page_to_pfn(slot->pages[i]), gfn);
}

/* Maps the pinned pages [gfn, end) in steps the hypervisor can take. */
static int gzvm_send_block(struct gzvm *vm, struct gzvm_slot *slot, u64 gfn, u64 end)
{
	u64 i, nr;
	int ret;

	for (; gfn < end; gfn += nr) {
		nr = min_t(u64, end - gfn, gzvm_drv.map_batch);
		for (i = 0; i < nr; i++)
			vm->mem.block_pfns[i] =
				page_to_pfn(slot->pages[gfn - slot->base_gfn + i]);
		ret = gzvm_arch_map_guest_block(vm->id, slot->id, gfn, nr);
		if (ret)
			return ret;
	}
	return 0;
}

/* How many pages right before @i are pinned, as far as one fault reaches. */
static u64 gzvm_slot_pinned_before(const struct gzvm_slot *slot, u64 i)
{
	u64 nr = 0;

	while (nr < min_t(u64, i, GZVM_BLOCK_PAGES) && slot->pages[i - nr - 1])
		nr++;
	return nr;
}

/*
 * Pins pages around @i inside [*first, *end) and cuts the range to them: few, so that a guest that
 * touches one page does not cost 512; as many again when the guest goes on where it stopped, up or
 * down; but all of a folio, which user space has as a whole, and which is to become one mapping.
 */
static int gzvm_slot_pin_around(struct gzvm_slot *slot, u64 i, u64 *first, u64 *end)
{
	u64 from = max(*first, round_down(i, GZVM_AROUND_PAGES));
	u64 to = min(*end, round_down(i, GZVM_AROUND_PAGES) + GZVM_AROUND_PAGES), k;
	u64 before = gzvm_slot_pinned_before(slot, from), after = gzvm_slot_pinned_run(slot, to);
	struct folio *folio;
	int ret;

	if (before >= after)
		to = min(*end, max(to, from + before));
	else
		from = max(*first, min(from, to - min(to, after)));
	ret = gzvm_slot_pin(slot, from, to - from);
	if (ret)
		return ret;
	folio = page_folio(slot->pages[i]);
	k = folio_page_idx(folio, slot->pages[i]);
	*first = max(*first, min(from, i - min(i, k)));
	*end = min(*end, max(to, i - k + folio_nr_pages(folio)));
	return gzvm_slot_pin(slot, *first, *end - *first);
}

/* Maps pages around @gfn: of the aligned 2 MiB that it is in, cut to the slot. */
static int gzvm_map_block(struct gzvm *vm, struct gzvm_slot *slot, u64 gfn)
{
	u64 head = round_down(gfn, GZVM_BLOCK_PAGES);
	u64 first = max(head, slot->base_gfn) - slot->base_gfn;
	u64 end = min_t(u64, head + GZVM_BLOCK_PAGES - slot->base_gfn, slot->nr_pages);
	int ret;

	/*
	 * A neighbour that cannot be had is no reason to refuse the page the guest wants. One that is
	 * shared must not be given: the guest may just have given it up, and Linux still reaches it.
	 */
	ret = gzvm_slot_pin_around(slot, gfn - slot->base_gfn, &first, &end);
	if (!ret && find_next_bit(slot->shared, end, first) < end)
		ret = -EBUSY;
	if (!ret && gzvm_slot_is_private(&vm->mem, slot))
		ret = gzvm_slot_hide(slot, first, end - first);
	if (ret)
		return gzvm_map_page(vm, slot, gfn);
	return gzvm_send_block(vm, slot, slot->base_gfn + first, slot->base_gfn + end);
}

/**
 * gzvm_map_fault() - answers a guest's access to memory it does not have yet
 * @vm: the VM
 * @gfn: the page
 *
 * Return: 0 when the guest may try again, -ENOENT when no slot holds the page, else why the page
 * could not be had.
 */
int gzvm_map_fault(struct gzvm *vm, u64 gfn)
{
	struct gzvm_slot *slot;
	int ret = mutex_lock_killable(&vm->mem.lock);

	if (ret)
		return ret;
	slot = gzvm_slot_of_gfn(&vm->mem, gfn);
	if (!slot)
		ret = -ENOENT;
	else if (vm->mem.paging == GZVM_PAGING_BLOCK)
		ret = gzvm_map_block(vm, slot, gfn);
	else
		ret = gzvm_map_page(vm, slot, gfn);
	mutex_unlock(&vm->mem.lock);
	return ret;
}

/*
 * The hypervisor unmapped the page before the exit, but another vCPU's block fault may have mapped
 * it again until mem.lock was taken. Only a page that is out of the guest's reach under this lock
 * may be unpinned.
 */
static bool gzvm_page_is_gone(struct gzvm *vm, u64 gfn)
{
	if (vm->mem.protect)
		return gzvm_page_is_away(vm, gfn);
	return gzvm_has_ext(GZ_EXT_UNMAP_PAGES) && !gzvm_arch_unmap_pages(vm->id, gfn, 1);
}

/*
 * The file behind a pinned page of a private slot, and where in it; NULL: none, or it let go of the page.
 * The folio's lock keeps the file.
 */
static struct inode *gzvm_file_of(struct page *page, loff_t *pos)
{
	struct folio *folio = page_folio(page);
	struct inode *inode = NULL;

	folio_lock(folio);
	if (!folio_test_anon(folio) && folio->mapping &&
	    folio->mapping->host->i_sb->s_magic == TMPFS_MAGIC) {
		inode = igrab(folio->mapping->host);
		*pos = folio_pos(folio);
	}
	folio_unlock(folio);
	return inode;
}

/*
 * Unpins a page that nobody but Linux has now. Of a private slot the file loses it too, else the
 * memory would stay taken. The page is zeroes, which is what a hole reads as, so user space cannot
 * tell, and no seal speaks against it (F_SEAL_WRITE and a writable mapping exclude each other).
 */
static void gzvm_let_go(struct gzvm *vm, struct gzvm_slot *slot, struct page *page)
{
	struct inode *inode = NULL;
	loff_t pos;

	if (gzvm_slot_is_private(&vm->mem, slot))
		inode = gzvm_file_of(page, &pos);
	gzvm_unpin_run(&page, 1);
	if (!inode)
		return;
	shmem_truncate_range(inode, pos, pos + PAGE_SIZE - 1);
	iput(inode);
}

/**
 * gzvm_relinquish() - takes back a page the guest gave up
 * @vm: the VM
 * @gfn: the page; the hypervisor has unmapped it
 * @settled: user space, if it wants to know, does
 *
 * With a hypervisor that cannot unmap single pages, or when the thread is killed, the pin stays until
 * the slot or the VM ends.
 *
 * Return: false when user space may be using the page, which is shared, and must know first.
 */
bool gzvm_relinquish(struct gzvm *vm, u64 gfn, bool settled)
{
	struct gzvm_slot *slot;
	struct page **page;
	bool used;
	u64 i;

	if (mutex_lock_killable(&vm->mem.lock))
		return true;
	slot = gzvm_slot_of_gfn(&vm->mem, gfn);
	i = slot ? gfn - slot->base_gfn : 0;
	page = slot ? &slot->pages[i] : NULL;
	used = page && vm->mem.tell_user && !settled && test_bit(i, slot->shared);
	if (used)
		goto out;
	if (page && vm->mem.protect && gzvm_page_is_away(vm, gfn))
		__clear_bit(i, slot->shared);
	/* A private huge page stays whole: its pins are counted together. */
	if (page && *page && !(vm->mem.protect && PageCompound(*page)) && gzvm_page_is_gone(vm, gfn)) {
		gzvm_slot_show(slot, i, 1);
		gzvm_let_go(vm, slot, *page);
		*page = NULL;
		slot->nr_pinned--;
	}
out:
	mutex_unlock(&vm->mem.lock);
	return !used;
}
