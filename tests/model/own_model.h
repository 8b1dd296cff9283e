/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: executable specification of memory ownership: what each call answers and what it leaves, page by page.
 * Never: share a line or a header with hyp/; it includes abi/ only. One page at a time, no blocks, no TLB, no slices.
 * Used by: tests/host/test_own_random.c, which drives it and the real code with the same calls.
 */
#ifndef OWN_MODEL_H
#define OWN_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "gz/hvc.h"

#define MODEL_PAGES	8192	/* pages of RAM */
#define MODEL_VMS	3	/* ids 1..MODEL_VMS */
#define MODEL_GPAGES	4096	/* guest pages that a test maps, from MODEL_GPFN on */
#define MODEL_GPFN	0x80000u
#define MODEL_GPA_BITS	40
#define MODEL_PIN_MAX	4095

/* Who may touch a page of RAM. */
enum model_owner { MODEL_EL2, MODEL_HOST, MODEL_HOST_AND_EL2, MODEL_HOST_AND_GUEST, MODEL_GUEST, MODEL_GUEST_AND_HOST };

struct model_page { enum model_owner owner; uint16_t vm; uint16_t pins; };
struct model_slot { bool used; uint32_t id, flags; uint64_t gfn, pages; };

struct model_vm {
	bool alive, dying;
	bool protect, started;		/* both: private */
	struct model_slot slot[GZ_MAX_SLOTS];
	uint32_t map[MODEL_GPAGES];	/* 0: none, else page of RAM + 1 */
	bool purpose_waits;
	uint32_t purpose;
	uint64_t purpose_gpa, purpose_bytes;
};

struct model {
	uint64_t ram_pfn;		/* of page 0 */
	struct model_page page[MODEL_PAGES];
	struct model_vm vm[MODEL_VMS + 1];
};

/* All RAM is the host's but the first el2_pages. */
void model_init(struct model *m, uint64_t ram_pfn, uint32_t el2_pages);
/* Each answers a status code of abi/gz/hvc.h; when it is not GZ_ST_OK nothing has changed. */
int model_create(struct model *m, uint16_t vm);
int model_destroy(struct model *m, uint16_t vm);
int model_purpose(struct model *m, uint16_t vm, uint64_t gpa, uint64_t bytes, uint32_t flags);
int model_register(struct model *m, uint16_t vm, uint32_t slot, uint64_t gpa, uint64_t pages, bool *populate);
int model_share(struct model *m, uint16_t vm, uint64_t gpa, uint64_t pa, uint64_t bytes);
int model_unshare(struct model *m, uint16_t vm, uint64_t gpa, uint64_t pages);
int model_relinquish(struct model *m, uint16_t vm, uint64_t gpa);
/* ENABLE_CAP SET_PROTECTED_VM; the first RUN; MEM_SHARE and MEM_UNSHARE of one page (GZ_ST_FAULT: nothing there). */
int model_protect(struct model *m, uint16_t vm);
int model_start(struct model *m, uint16_t vm);
int model_guest_share(struct model *m, uint16_t vm, uint64_t gpa, bool shared);
int model_remove_slot(struct model *m, uint16_t vm, uint32_t slot);
int model_pin(struct model *m, uint64_t pa);
/* Needs: the page is pinned. */
void model_unpin(struct model *m, uint64_t pa);
/* What host page (number in RAM) backs a guest page; -1: none. */
int64_t model_backing(const struct model *m, uint16_t vm, uint64_t gpa);
/* Mapped pages that the host also sees, or that only the guest sees. */
uint64_t model_shared_pages(const struct model *m, uint16_t vm);
uint64_t model_donated_pages(const struct model *m, uint16_t vm);
bool model_pinned(const struct model *m, uint64_t pa);

#endif
