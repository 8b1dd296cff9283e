/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: EL2's only allocator: whole pages out of one carve-out, with a quota per user.
 * Never: a general heap; exhaustion is GZ_ENOMEM for the caller, never a panic.
 * Used by: mm (tables), vm (objects), boot.
 */
#ifndef MM_PAGE_POOL_H
#define MM_PAGE_POOL_H

#include "lib/addr.h"
#include "lib/err.h"

/* What one user of the pool has and may have, in pages. limit 0 = no limit. */
struct pool_quota { u32 used; u32 limit; };

/* range: page aligned, mapped in the linear window. */
void page_pool_init(struct pa_range range);
/* One zeroed page; GZ_ENOMEM when the pool or the quota is used up. Takes the pool lock. */
enum gz_err page_pool_alloc(struct pool_quota *q, pa_t *out) __must_check;
/* 2^order zeroed pages, naturally aligned (order <= 4: concatenated roots, big objects). */
enum gz_err page_pool_alloc_order(struct pool_quota *q, u32 order, pa_t *out) __must_check;
void page_pool_free(struct pool_quota *q, pa_t page);
void page_pool_free_order(struct pool_quota *q, u32 order, pa_t page);
u64 page_pool_total(void);
u64 page_pool_free_pages(void);

#endif
