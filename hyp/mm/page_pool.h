/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: EL2's only allocator: whole pages out of the carve-out and of blocks the host added, with a quota per user.
 * Never: a general heap; exhaustion is GZ_ENOMEM for the caller, never a panic.
 * Used by: mm (tables), mem/lend.c (blocks), vm (objects), boot.
 */
#ifndef MM_PAGE_POOL_H
#define MM_PAGE_POOL_H

#include "lib/addr.h"
#include "lib/err.h"

#define POOL_MAX_ORDER	4
#define POOL_ADDED_MAX	64

/* What one user of the pool has and may have, in pages. limit 0 = no limit. Changed under the pool lock. */
struct pool_quota { u32 used; u32 limit; };

/* Pages taken all or none; linked through their first word, which is zero again after the pop. */
struct pool_list { pa_t head; u32 count; };

/* range: page aligned, mapped in the linear window. Nothing kept is an address: linear_offset may change later. */
void page_pool_init(struct pa_range range);
/* POOL_ADDED_MAX blocks are there. This and the next two: one caller at a time. */
bool page_pool_is_full(void);
/* More pages: one block of BLOCK_SIZE, aligned to it and mapped like the first range. Needs: not full. */
void page_pool_add(struct pa_range block);
/* An added block of which no page is in use is the pool's no more; false when there is none. Its pages hold what they held. */
bool page_pool_remove(pa_t *block);
/* One zeroed page; GZ_ENOMEM when the pool or the quota is used up. q may be NULL. Takes the pool lock. */
enum gz_err page_pool_alloc(struct pool_quota *q, pa_t *out) __must_check;
/* The order of a piece that holds this many bytes. */
static inline u32 pool_order(u64 bytes)
{
	u32 order = 0;

	while ((PAGE_SIZE << order) < bytes)
		order++;
	return order;
}
/* 2^order zeroed pages, naturally aligned (order <= POOL_MAX_ORDER: concatenated roots, big objects). */
enum gz_err page_pool_alloc_order(struct pool_quota *q, u32 order, pa_t *out) __must_check;
void page_pool_free(struct pool_quota *q, pa_t page);
void page_pool_free_order(struct pool_quota *q, u32 order, pa_t page);
/* count zeroed pages or none at all (GZ_ENOMEM). */
enum gz_err page_pool_take(struct pool_quota *q, u32 count, struct pool_list *list) __must_check;
pa_t pool_list_pop(struct pool_list *list);
/* Puts a page on a list; the page's first word becomes the link. */
void pool_list_push(struct pool_list *list, pa_t page);
/* Frees what is left on the list. */
void page_pool_give_back(struct pool_quota *q, struct pool_list *list);
u64 page_pool_total(void);
u64 page_pool_free_pages(void);

#endif
