/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: physical and intermediate physical addresses as types that do not mix; page arithmetic.
 * Never: an identity cast elsewhere: conversions have their names here.
 * Used by: all of hyp/.
 */
#ifndef LIB_ADDR_H
#define LIB_ADDR_H

#include "lib/types.h"

#define PAGE_SHIFT		12
#define PAGE_SIZE		(UINT64_C(1) << PAGE_SHIFT)
#define BLOCK_SHIFT		21
#define BLOCK_SIZE		(UINT64_C(1) << BLOCK_SHIFT)
#define PAGES_PER_BLOCK		(BLOCK_SIZE / PAGE_SIZE)

typedef struct { u64 v; } pa_t;		/* physical address */
typedef struct { u64 v; } ipa_t;	/* intermediate physical address of one guest or the host */

#define PA(x)	((pa_t){ (x) })
#define IPA(x)	((ipa_t){ (x) })

static inline pa_t pa_add(pa_t a, u64 n) { return PA(a.v + n); }
static inline ipa_t ipa_add(ipa_t a, u64 n) { return IPA(a.v + n); }
static inline pa_t pa_page(pa_t a) { return PA(ALIGN_DOWN(a.v, PAGE_SIZE)); }
static inline ipa_t ipa_page(ipa_t a) { return IPA(ALIGN_DOWN(a.v, PAGE_SIZE)); }
/* The host's stage 2 is the identity: this is the only place that may say so. */
static inline pa_t pa_of_host_ipa(ipa_t h) { return PA(h.v); }

/* Half-open [base, base + size). Built by pa_range_make only, so it never wraps. */
struct pa_range { pa_t base; u64 size; };

/* False when size is 0 or base + size wraps. */
static inline bool pa_range_make(struct pa_range *r, pa_t base, u64 size)
{
	if (size == 0 || base.v + size < base.v)
		return false;
	*r = (struct pa_range){ base, size };
	return true;
}

static inline u64 pa_range_end(struct pa_range r) { return r.base.v + r.size; }

static inline bool pa_range_contains(struct pa_range outer, struct pa_range inner)
{
	return inner.base.v >= outer.base.v && pa_range_end(inner) <= pa_range_end(outer);
}

static inline bool pa_range_overlaps(struct pa_range a, struct pa_range b)
{
	return a.base.v < pa_range_end(b) && b.base.v < pa_range_end(a);
}

#endif
