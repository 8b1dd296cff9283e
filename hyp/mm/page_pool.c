/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: buddy allocator over the carve-out; one state byte per page at its start.
 * Never: keep a virtual address, nor trust a caller's page without its state byte.
 * Used by: mm, vm, boot.
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

static struct {
	struct spinlock lock;
	pa_t base;			/* of index 0: rounded down, so that alignment by index is alignment by address */
	pa_t states;
	u32 pages;			/* indices there are */
	u32 first;			/* lowest that can be given out: rounding and state bytes are below */
	u32 free_pages;
	u32 total;
	u32 head[POOL_MAX_ORDER + 1];
} pool;

static struct free_node *node_of(u32 index)
{
	return pa_to_ptr(pa_add(pool.base, (u64)index * PAGE_SIZE));
}

static u8 *state_of(u32 index)
{
	return (u8 *)pa_to_ptr(pool.states) + index;
}

static void list_add(u32 index, u32 order)
{
	struct free_node *n = node_of(index);

	*n = (struct free_node){ .next = pool.head[order], .prev = NONE };
	if (n->next != NONE)
		node_of(n->next)->prev = index;
	pool.head[order] = index;
	*state_of(index) = (u8)(ST_FREE | order);
}

static void list_del(u32 index, u32 order)
{
	struct free_node *n = node_of(index);

	if (n->prev != NONE)
		node_of(n->prev)->next = n->next;
	else
		pool.head[order] = n->next;
	if (n->next != NONE)
		node_of(n->next)->prev = n->prev;
	*state_of(index) = 0;
}

static void free_locked(u32 index, u32 order)
{
	pool.free_pages += 1u << order;
	*state_of(index) = 0;
	for (; order < POOL_MAX_ORDER; order++) {
		u32 buddy = index ^ (1u << order);

		if (buddy >= pool.pages || *state_of(buddy) != (ST_FREE | order))
			break;
		list_del(buddy, order);
		index &= ~(1u << order);
	}
	list_add(index, order);
}

void page_pool_init(struct pa_range range)
{
	CHECK(IS_ALIGNED(range.base.v | range.size, PAGE_SIZE) && range.size >= 2 * PAGE_SIZE);
	pool.lock = (struct spinlock)SPINLOCK_INIT;
	pool.base = PA(ALIGN_DOWN(range.base.v, PAGE_SIZE << POOL_MAX_ORDER));
	pool.states = range.base;
	pool.pages = (u32)((pa_range_end(range) - pool.base.v) >> PAGE_SHIFT);
	pool.first = (u32)((range.base.v - pool.base.v + ALIGN_UP((u64)pool.pages, PAGE_SIZE)) >> PAGE_SHIFT);
	pool.free_pages = 0;
	for (u32 order = 0; order <= POOL_MAX_ORDER; order++)
		pool.head[order] = NONE;
	memset(pa_to_ptr(pool.states), ST_USED, pool.pages);
	/* Backwards, so that low pages are used first. */
	for (u32 i = pool.pages; i-- > pool.first;)
		free_locked(i, 0);
	pool.total = pool.free_pages;
}

static enum gz_err alloc_locked(u32 order, u32 *index)
{
	u32 from = order;

	while (from <= POOL_MAX_ORDER && pool.head[from] == NONE)
		from++;
	if (from > POOL_MAX_ORDER)
		return GZ_ENOMEM;
	*index = pool.head[from];
	list_del(*index, from);
	while (from > order) {
		from--;
		list_add(*index + (1u << from), from);
	}
	*state_of(*index) = (u8)(ST_USED | order);
	pool.free_pages -= 1u << order;
	return GZ_OK;
}

static bool quota_has(const struct pool_quota *q, u32 pages)
{
	return !q || !q->limit || (q->used <= q->limit && q->limit - q->used >= pages);
}

enum gz_err page_pool_alloc_order(struct pool_quota *q, u32 order, pa_t *out)
{
	enum gz_err err = GZ_ENOMEM;
	u32 index = 0;

	CHECK(order <= POOL_MAX_ORDER);
	spin_lock(&pool.lock);
	if (quota_has(q, 1u << order))
		err = alloc_locked(order, &index);
	if (!err && q)
		q->used += 1u << order;
	spin_unlock(&pool.lock);
	if (err)
		return err;
	*out = pa_add(pool.base, (u64)index * PAGE_SIZE);
	memset(pa_to_ptr(*out), 0, PAGE_SIZE << order);
	return GZ_OK;
}

enum gz_err page_pool_alloc(struct pool_quota *q, pa_t *out)
{
	return page_pool_alloc_order(q, 0, out);
}

void page_pool_free_order(struct pool_quota *q, u32 order, pa_t page)
{
	u64 index = (page.v - pool.base.v) >> PAGE_SHIFT;

	CHECK(page.v >= pool.base.v && index < pool.pages && index >= pool.first);
	spin_lock(&pool.lock);
	CHECK(*state_of((u32)index) == (ST_USED | order));
	free_locked((u32)index, order);
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
	return pool.total;
}

u64 page_pool_free_pages(void)
{
	return READ_ONCE(pool.free_pages);
}
