// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: lists of host pages into a guest, in slices: SET_MEMREGION, MAP_GUEST, MAP_GUEST_BLOCK.
 * Never: keep a list or trust it twice: each slice reads its entries once, and mem/ checks every page of them.
 * Called by: hvc/hvc_mem.c. Rules: abi section "Memory population".
 */
#include "vm/vm_int.h"

#include "gz/memregion.h"
#include "mem/pin.h"

#define SLICE_PAGES	512	/* mapped before the host may take its interrupts again */
#define CHUNK		64	/* entries read at a time */

#define PATIENCE	4096	/* times another caller waits for a call that goes no further */

struct population {
	pa_t list;
	struct gz_memregion head;
};

static bool same_call(const struct vm_fill *f, const struct population *p)
{
	return f->active && f->key.list == p->list.v && f->key.gpa == p->head.gpa && f->key.pages == p->head.total_pages;
}

static bool undo_slice(struct vm *vm, struct vm_fill *f) NEEDS(f->lock);

/*
 * One call at a time: false while another's is under way, wait for it. One that its caller left is undone, and would
 * begin anew. Callers of one VM that repeat the same call share its progress.
 */
static bool fill_begin(struct vm *vm, struct vm_fill *f, const struct population *p) NEEDS(f->lock)
{
	if (f->active && !same_call(f, p)) {
		if (++f->waits < PATIENCE)
			return false;
		f->failed = f->failed ? f->failed : GZ_EAGAIN;
		f->active = !undo_slice(vm, f);
		return false;
	}
	f->waits = 0;
	if (f->active)
		return true;
	f->key = (struct fill_key){ p->list.v, p->head.gpa, p->head.total_pages };
	f->entry = 0;
	f->entry_page = f->done = 0;
	f->fresh = true;
	f->failed = GZ_OK;
	f->active = true;
	return true;
}

/* Out of the two pages of the buffer; an entry may lie across their border. */
static enum gz_err buffer_read(pa_t buf, u64 at, void *dst, u32 len)
{
	u32 first = (u32)MIN((u64)len, PAGE_SIZE - at % PAGE_SIZE);
	enum gz_err err = host_page_read(pa_add(buf, at), dst, first);

	if (!err && first < len)
		err = host_page_read(pa_add(buf, at + first), (u8 *)dst + first, len - first);
	return err;
}

/* Maps what is left of one range, at most budget pages; *used gets how many. */
static enum gz_err fill_range(struct vm *vm, struct vm_fill *f, ipa_t base, struct pa_range range, u64 *used)
{
	u64 left = range.size / PAGE_SIZE - f->entry_page;
	u64 pages = MIN(left, SLICE_PAGES);
	struct pa_range part = { pa_add(range.base, f->entry_page * PAGE_SIZE), pages * PAGE_SIZE };
	u64 fresh;
	enum gz_err err = host_share_guest(&vm->mem, ipa_add(base, f->done * PAGE_SIZE), part, &fresh);

	if (err)
		return err;
	f->fresh &= fresh == pages;
	f->done += pages;
	f->entry_page += pages;
	*used += pages;
	if (pages == left) {
		f->entry++;
		f->entry_page = 0;
	}
	return GZ_OK;
}

/* One chunk of constituents from f->entry on. */
static enum gz_err populate_chunk(struct vm *vm, struct vm_fill *f, const struct population *p, u64 *used)
{
	struct gz_mem_constituent list[CHUNK / 2];
	u32 first = f->entry, count = MIN(p->head.constituent_count - first, (u32)ARRAY_SIZE(list));
	u64 at = sizeof(p->head) + (u64)first * sizeof(list[0]);
	enum gz_err err;

	err = buffer_read(p->list, at, list, count * (u32)sizeof(list[0]));
	while (!err && f->entry < first + count && *used < SLICE_PAGES) {
		const struct gz_mem_constituent *c = &list[f->entry - first];
		struct pa_range range;

		if (!IS_ALIGNED(c->base_pa, PAGE_SIZE) || c->page_count > p->head.total_pages - f->done + f->entry_page ||
		    f->entry_page >= c->page_count || !pa_range_make(&range, PA(c->base_pa), (u64)c->page_count * PAGE_SIZE))
			return GZ_EINVAL;
		err = fill_range(vm, f, IPA(p->head.gpa), range, used);
	}
	return err;
}

static enum gz_err populate_slice(struct vm *vm, struct vm_fill *f, const struct population *p)
{
	u64 used = 0;
	enum gz_err err = GZ_OK;

	while (!err && f->entry < p->head.constituent_count && used < SLICE_PAGES)
		err = populate_chunk(vm, f, p, &used);
	if (!err && f->entry < p->head.constituent_count)
		return GZ_EAGAIN;
	if (!err && f->done != p->head.total_pages)
		err = GZ_EINVAL;
	return err;
}

/* A failing call leaves nothing changed: from the end, in slices too. True: that was the last. */
static bool undo_slice(struct vm *vm, struct vm_fill *f)
{
	u64 pages = MIN(f->done, SLICE_PAGES);

	if (!f->fresh || pages == 0 ||
	    host_unshare_guest(&vm->mem, IPA(f->key.gpa + (f->done - pages) * PAGE_SIZE), pages))
		return true;
	f->done -= pages;
	return f->done == 0;
}

static enum gz_err populate_locked(struct vm *vm, struct vm_fill *f, const struct population *p) NEEDS(f->lock)
{
	enum gz_err err;

	if (!fill_begin(vm, f, p))
		return GZ_EAGAIN;
	if (!f->failed) {
		err = populate_slice(vm, f, p);
		f->active = err != GZ_OK;
		if (!err || err == GZ_EAGAIN)
			return err;
		f->failed = err;
	}
	f->active = !undo_slice(vm, f);
	return f->active ? GZ_EAGAIN : f->failed;
}

/* Is this the next slice of the call that is under way? Then its header was registered by the first. */
static bool under_way(struct vm *vm, const struct population *p)
{
	return LOCKED(&vm->fill.lock, same_call(&vm->fill, p));
}

enum gz_err vm_set_memregion(struct vm *vm, pa_t list, u64 bytes)
{
	struct population p = { .list = list };
	bool fill = true;
	enum gz_err err;

	if (!IS_ALIGNED(list.v, PAGE_SIZE) || bytes < sizeof(p.head) || bytes > GZ_MEMREGION_BUF_BYTES)
		return GZ_EINVAL;
	err = host_page_read(list, &p.head, sizeof(p.head));
	if (err)
		return err;
	if (vm_range_hits_gic(vm, IPA(p.head.gpa), p.head.total_pages << PAGE_SHIFT))
		return GZ_EEXIST;
	if (!under_way(vm, &p))
		err = guest_mem_register(&vm->mem, p.head.slot, IPA(p.head.gpa), p.head.total_pages, &fill);
	if (err || !fill)	/* registration: published drivers leave the rest of the buffer unset */
		return err;
	if (p.head.constituent_count == 0 ||
	    p.head.constituent_count > (bytes - sizeof(p.head)) / sizeof(struct gz_mem_constituent))
		return GZ_EINVAL;
	return LOCKED(&vm->fill.lock, populate_locked(vm, &vm->fill, &p));
}

/* The pages are named by slot, so that a driver and EL2 that disagree find out. */
static enum gz_err check_slot(struct vm *vm, u64 slot, u64 gfn, u64 count)
{
	struct mem_slot s;
	u64 page;

	if (gfn > MASK(GUEST_IPA_BITS - 1, 0) >> PAGE_SHIFT || !guest_mem_slot_of(&vm->mem, IPA(gfn << PAGE_SHIFT), &s))
		return GZ_EINVAL;
	page = gfn - (s.base.v >> PAGE_SHIFT);
	return s.id == slot && count <= s.pages - page ? GZ_OK : GZ_EINVAL;
}

static enum gz_err map_run(struct vm *vm, u64 gfn, u64 pfn, u64 count, u64 *fresh)
{
	struct pa_range range;

	if (pfn > UINT64_MAX >> PAGE_SHIFT || !pa_range_make(&range, PA(pfn << PAGE_SHIFT), count << PAGE_SHIFT))
		return GZ_EINVAL;
	return host_share_guest(&vm->mem, IPA(gfn << PAGE_SHIFT), range, fresh);
}

enum gz_err vm_map_pages(struct vm *vm, u64 slot, u64 gfn, u64 pfn, u64 count)
{
	u64 fresh;
	enum gz_err err;

	if (count == 0 || count > PAGES_PER_BLOCK)
		return GZ_EINVAL;
	err = check_slot(vm, slot, gfn, count);
	return err ? err : map_run(vm, gfn, pfn, count, &fresh);
}

/* Neighbouring entries with neighbouring pages are one range, so that a whole block becomes a block mapping. */
struct pfn_run {
	u64 gfn, pfn, count;
	u64 first;				/* gfn of the call */
	u64 fresh[PAGES_PER_BLOCK / 64];	/* pages this call mapped, from first on */
};

static enum gz_err run_flush(struct vm *vm, struct pfn_run *r)
{
	u64 fresh = 0;
	enum gz_err err = r->count ? map_run(vm, r->gfn, r->pfn, r->count, &fresh) : GZ_OK;

	for (u64 i = r->gfn - r->first; fresh == r->count && !err && i < r->gfn - r->first + r->count; i++)
		r->fresh[i / 64] |= BIT(i % 64);
	r->gfn += r->count;
	r->count = 0;
	return err;
}

static enum gz_err run_add(struct vm *vm, struct pfn_run *r, u64 pfn)
{
	enum gz_err err = GZ_OK;

	if (r->count && pfn != r->pfn + r->count)
		err = run_flush(vm, r);
	if (!r->count)
		r->pfn = pfn;
	r->count++;
	return err;
}

static void run_undo(struct vm *vm, const struct pfn_run *r)
{
	for (u64 i = 0; i < PAGES_PER_BLOCK; i++)
		if ((r->fresh[i / 64] & BIT(i % 64)) &&
		    host_unshare_guest(&vm->mem, IPA((r->first + i) << PAGE_SHIFT), 1))
			return;		/* no table to split a block with: the rest stays mapped */
}

/* One call is at most 512 pages, one slice: to map the same pages again is success, so there is nothing to remember. */
enum gz_err vm_map_block(struct vm *vm, u64 slot, u64 gfn, u64 count)
{
	struct pfn_run r = { .gfn = gfn, .first = gfn };
	u64 list[CHUNK];
	enum gz_err err;

	if (count == 0)
		count = PAGES_PER_BLOCK;	/* what the first generation with this call meant by 0 */
	if (!vm->block_buf.v)
		return GZ_ESTATE;
	if (count > PAGES_PER_BLOCK)
		return GZ_EINVAL;
	err = check_slot(vm, slot, gfn, count);
	for (u64 i = 0; !err && i < count; i++) {
		if (i % CHUNK == 0)
			err = host_page_read(pa_add(vm->block_buf, i * sizeof(u64)), list, MIN(CHUNK, count - i) * sizeof(u64));
		if (!err)
			err = run_add(vm, &r, list[i % CHUNK]);
	}
	if (!err)
		err = run_flush(vm, &r);
	if (err)
		run_undo(vm, &r);
	return err;
}
