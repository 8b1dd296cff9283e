/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a buddy allocator over the carve-out, and one over each block the host added; one state byte per page at its start.
 * Never: keep a virtual address, nor trust a caller's page without its state byte.
 * Used by: mm, mem, vm, boot.
 */
#include "mm/page_pool.h"

#include "lib/check.h"
#include "lib/spinlock.h"
#include "lib/string.h"
#include "mm/layout.h"

/* State byte: order in the low bits; 0 is the tail of a bigger piece. */
#define ST_FREE		0x80
#define ST_USED		0x40
#define NONE		UINT32_MAX

struct free_node { u32 next, prev; };

u64 linear_offset;

/* Pages that lie together; a slot with pages == 0 is free. */
struct part {
	pa_t base;			/* of index 0: rounded down, so that alignment by index is alignment by address */
	pa_t states;
	u32 pages;			/* indices there are */
	u32 first;			/* lowest that can be given out: rounding and state bytes are below */
	u32 free_pages;
	u32 total;
	u32 head[POOL_MAX_ORDER + 1];
};

static struct {
	struct spinlock lock;
	u32 free_pages;
	u32 total;
	struct part part[1 + POOL_ADDED_MAX];	/* the carve-out is the first */
} pool;

static struct free_node *node_of(const struct part *p, u32 index)
{
	return pa_to_ptr(pa_add(p->base, (u64)index * PAGE_SIZE));
}

static u8 *state_of(const struct part *p, u32 index)
{
	return (u8 *)pa_to_ptr(p->states) + index;
}

static void list_add(struct part *p, u32 index, u32 order)
{
	struct free_node *n = node_of(p, index);

	*n = (struct free_node){ .next = p->head[order], .prev = NONE };
	if (n->next != NONE)
		node_of(p, n->next)->prev = index;
	p->head[order] = index;
	*state_of(p, index) = (u8)(ST_FREE | order);
}

static void list_del(struct part *p, u32 index, u32 order)
{
	struct free_node *n = node_of(p, index);

	if (n->prev != NONE)
		node_of(p, n->prev)->next = n->next;
	else
		p->head[order] = n->next;
	if (n->next != NONE)
		node_of(p, n->next)->prev = n->prev;
	*state_of(p, index) = 0;
}

static void count_free(struct part *p, u32 more)
{
	p->free_pages += more;
	WRITE_ONCE(pool.free_pages, pool.free_pages + more);
}

static void free_locked(struct part *p, u32 index, u32 order)
{
	count_free(p, 1u << order);
	*state_of(p, index) = 0;
	for (; order < POOL_MAX_ORDER; order++) {
		u32 buddy = index ^ (1u << order);

		if (buddy >= p->pages || *state_of(p, buddy) != (ST_FREE | order))
			break;
		list_del(p, buddy, order);
		index &= ~(1u << order);
	}
	list_add(p, index, order);
}

static void part_init(struct part *p, struct pa_range range)
{
	p->base = PA(ALIGN_DOWN(range.base.v, PAGE_SIZE << POOL_MAX_ORDER));
	p->states = range.base;
	p->pages = (u32)((pa_range_end(range) - p->base.v) >> PAGE_SHIFT);
	p->first = (u32)((range.base.v - p->base.v + ALIGN_UP((u64)p->pages, PAGE_SIZE)) >> PAGE_SHIFT);
	p->free_pages = 0;
	for (u32 order = 0; order <= POOL_MAX_ORDER; order++)
		p->head[order] = NONE;
	memset(pa_to_ptr(p->states), ST_USED, p->pages);
	/* Backwards, so that low pages are used first. */
	for (u32 i = p->pages; i-- > p->first;)
		free_locked(p, i, 0);
	p->total = p->free_pages;
	WRITE_ONCE(pool.total, pool.total + p->total);
}

void page_pool_init(struct pa_range range)
{
	CHECK(IS_ALIGNED(range.base.v | range.size, PAGE_SIZE) && range.size >= 2 * PAGE_SIZE);
	memset(&pool, 0, sizeof(pool));
	pool.lock = (struct spinlock)SPINLOCK_INIT;
	part_init(&pool.part[0], range);
}

/* Adding and removing is for one at a time, so what this says holds until the caller adds. */
static struct part *free_part(void)
{
	for (u32 i = 1; i <= POOL_ADDED_MAX; i++)
		if (READ_ONCE(pool.part[i].pages) == 0)
			return &pool.part[i];
	return NULL;
}

bool page_pool_is_full(void)
{
	return free_part() == NULL;
}

void page_pool_add(struct pa_range block)
{
	struct part *p = free_part();

	CHECK(p != NULL);
	spin_lock(&pool.lock);
	part_init(p, block);
	spin_unlock(&pool.lock);
}

bool page_pool_remove(pa_t *block)
{
	bool found = false;

	spin_lock(&pool.lock);
	for (u32 i = 1; i <= POOL_ADDED_MAX && !found; i++) {
		struct part *p = &pool.part[i];

		found = p->pages && p->free_pages == p->total;
		if (!found)
			continue;
		*block = p->base;
		count_free(p, -p->total);
		WRITE_ONCE(pool.total, pool.total - p->total);
		p->pages = 0;
	}
	spin_unlock(&pool.lock);
	return found;
}

static enum gz_err alloc_from(struct part *p, u32 order, u32 *index)
{
	u32 from = order;

	if (p->pages == 0)
		return GZ_ENOMEM;
	while (from <= POOL_MAX_ORDER && p->head[from] == NONE)
		from++;
	if (from > POOL_MAX_ORDER)
		return GZ_ENOMEM;
	*index = p->head[from];
	list_del(p, *index, from);
	while (from > order) {
		from--;
		list_add(p, *index + (1u << from), from);
	}
	*state_of(p, *index) = (u8)(ST_USED | order);
	count_free(p, -(1u << order));
	return GZ_OK;
}

/* The carve-out first, so that what the host added can go back to it. */
static enum gz_err alloc_locked(u32 order, pa_t *out)
{
	u32 index = 0;

	for (u32 i = 0; i <= POOL_ADDED_MAX; i++) {
		if (alloc_from(&pool.part[i], order, &index))
			continue;
		*out = pa_add(pool.part[i].base, (u64)index * PAGE_SIZE);
		return GZ_OK;
	}
	return GZ_ENOMEM;
}

/* The part that gave out this page; *index is the page's in it. */
static struct part *part_of(pa_t page, u32 *index)
{
	struct part *p = pool.part;
	u64 at = UINT64_MAX;

	for (; p <= &pool.part[POOL_ADDED_MAX]; p++) {
		at = (page.v - p->base.v) >> PAGE_SHIFT;
		if (page.v >= p->base.v && at < p->pages)
			break;
	}
	CHECK(p <= &pool.part[POOL_ADDED_MAX] && at >= p->first);
	*index = (u32)at;
	return p;
}

static bool quota_has(const struct pool_quota *q, u32 pages)
{
	return !q || !q->limit || (q->used <= q->limit && q->limit - q->used >= pages);
}

enum gz_err page_pool_alloc_order(struct pool_quota *q, u32 order, pa_t *out)
{
	enum gz_err err = GZ_ENOMEM;

	CHECK(order <= POOL_MAX_ORDER);
	spin_lock(&pool.lock);
	if (quota_has(q, 1u << order))
		err = alloc_locked(order, out);
	if (!err && q)
		q->used += 1u << order;
	spin_unlock(&pool.lock);
	if (err)
		return err;
	memset(pa_to_ptr(*out), 0, PAGE_SIZE << order);
	return GZ_OK;
}

enum gz_err page_pool_alloc(struct pool_quota *q, pa_t *out)
{
	return page_pool_alloc_order(q, 0, out);
}

void page_pool_free_order(struct pool_quota *q, u32 order, pa_t page)
{
	struct part *p;
	u32 index;

	spin_lock(&pool.lock);
	p = part_of(page, &index);
	CHECK(*state_of(p, index) == (ST_USED | order));
	free_locked(p, index, order);
	if (q) {
		CHECK(q->used >= 1u << order);
		q->used -= 1u << order;
	}
	spin_unlock(&pool.lock);
}

void page_pool_free(struct pool_quota *q, pa_t page)
{
	page_pool_free_order(q, 0, page);
}

enum gz_err page_pool_take(struct pool_quota *q, u32 count, struct pool_list *list)
{
	*list = (struct pool_list){ 0 };
	for (u32 i = 0; i < count; i++) {
		pa_t page;

		if (page_pool_alloc(q, &page)) {
			page_pool_give_back(q, list);
			return GZ_ENOMEM;
		}
		pool_list_push(list, page);
	}
	return GZ_OK;
}

void pool_list_push(struct pool_list *list, pa_t page)
{
	*(u64 *)pa_to_ptr(page) = list->head.v;
	list->head = page;
	list->count++;
}

pa_t pool_list_pop(struct pool_list *list)
{
	pa_t page = list->head;
	u64 *link = pa_to_ptr(page);

	CHECK(list->count != 0);
	list->head = PA(*link);
	list->count--;
	*link = 0;
	return page;
}

void page_pool_give_back(struct pool_quota *q, struct pool_list *list)
{
	while (list->count)
		page_pool_free(q, pool_list_pop(list));
}

u64 page_pool_total(void)
{
	return READ_ONCE(pool.total);
}

u64 page_pool_free_pages(void)
{
	return READ_ONCE(pool.free_pages);
}
