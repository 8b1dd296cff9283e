/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the law of memory ownership in its plainest form.
 * Never: clever: speed and locks are not its business.
 * Used by: own_model.h.
 */
#include "model/own_model.h"

#include <string.h>

#define PAGE 4096ull

static bool aligned(uint64_t x)
{
	return x % PAGE == 0;
}

/* The page of RAM at a physical page number, or NULL: MMIO and holes have no owner to change. */
static struct model_page *ram(struct model *m, uint64_t pfn)
{
	return pfn >= m->ram_pfn && pfn - m->ram_pfn < MODEL_PAGES ? &m->page[pfn - m->ram_pfn] : NULL;
}

static uint32_t *guest_page(struct model_vm *v, uint64_t gfn)
{
	return gfn >= MODEL_GPFN && gfn - MODEL_GPFN < MODEL_GPAGES ? &v->map[gfn - MODEL_GPFN] : NULL;
}

static bool gpa_range_ok(uint64_t gpa, uint64_t pages)
{
	uint64_t limit = (1ull << MODEL_GPA_BITS) / PAGE;

	return aligned(gpa) && pages != 0 && gpa / PAGE < limit && pages <= limit - gpa / PAGE;
}

void model_init(struct model *m, uint64_t ram_pfn, uint32_t el2_pages)
{
	memset(m, 0, sizeof(*m));
	m->ram_pfn = ram_pfn;
	for (uint32_t i = 0; i < MODEL_PAGES; i++)
		m->page[i].owner = i < el2_pages ? MODEL_EL2 : MODEL_HOST;
}

int model_create(struct model *m, uint16_t vm)
{
	memset(&m->vm[vm], 0, sizeof(m->vm[vm]));
	m->vm[vm].alive = true;
	return GZ_ST_OK;
}

#define WRONG_TIME	(-1000)		/* GZ_ESTATE; the border makes INVALID_ARGS of it */

static bool is_private(const struct model_vm *v)
{
	return v->protect && v->started;
}

static void take_back(struct model *m, uint32_t *entry)
{
	struct model_page *p = &m->page[*entry - 1];

	p->owner = MODEL_HOST;
	p->vm = 0;
	*entry = 0;
}

int model_destroy(struct model *m, uint16_t vm)
{
	struct model_vm *v = &m->vm[vm];

	for (uint32_t i = 0; i < MODEL_GPAGES; i++)
		if (v->map[i])
			take_back(m, &v->map[i]);
	v->alive = false;
	return GZ_ST_OK;
}

int model_purpose(struct model *m, uint16_t vm, uint64_t gpa, uint64_t bytes, uint32_t flags)
{
	struct model_vm *v = &m->vm[vm];

	if (!aligned(bytes) || !gpa_range_ok(gpa, bytes / PAGE))
		return GZ_ST_INVALID_ARGS;
	if (flags != 0 && flags != GZ_MEM_GUEST && flags != GZ_MEM_PROTECT_FW && flags != GZ_MEM_STATIC_SWIOTLB)
		return GZ_ST_INVALID_ARGS;
	if (is_private(v))
		return WRONG_TIME;
	v->purpose_waits = true;
	v->purpose = flags;
	v->purpose_gpa = gpa;
	v->purpose_bytes = bytes;
	return GZ_ST_OK;
}

static struct model_slot *slot_by_id(struct model_vm *v, uint32_t id)
{
	for (uint32_t i = 0; i < GZ_MAX_SLOTS; i++)
		if (v->slot[i].used && v->slot[i].id == id)
			return &v->slot[i];
	return NULL;
}

static struct model_slot *slot_free(struct model_vm *v)
{
	for (uint32_t i = 0; i < GZ_MAX_SLOTS; i++)
		if (!v->slot[i].used)
			return &v->slot[i];
	return NULL;
}

static bool in_slot(const struct model_slot *s, uint64_t gfn)
{
	return s->used && gfn >= s->gfn && gfn - s->gfn < s->pages;
}

static bool slot_holds(const struct model_slot *s, uint64_t gfn, uint64_t pages)
{
	return in_slot(s, gfn) && pages <= s->pages - (gfn - s->gfn);
}

static bool slot_empty(struct model_vm *v, const struct model_slot *s)
{
	for (uint32_t i = 0; i < MODEL_GPAGES; i++)
		if (v->map[i] && in_slot(s, MODEL_GPFN + i))
			return false;
	return true;
}

static bool other_slot_overlaps(const struct model_vm *v, const struct model_slot *but, uint64_t gfn, uint64_t pages)
{
	for (uint32_t i = 0; i < GZ_MAX_SLOTS; i++) {
		const struct model_slot *s = &v->slot[i];

		if (s->used && s != but && gfn < s->gfn + s->pages && s->gfn < gfn + pages)
			return true;
	}
	return false;
}

/* The first call of a slot registers it; a call inside it populates it. */
int model_register(struct model *m, uint16_t vm, uint32_t id, uint64_t gpa, uint64_t pages, bool *populate)
{
	struct model_vm *v = &m->vm[vm];
	struct model_slot *s = slot_by_id(v, id);
	uint64_t gfn = gpa / PAGE;

	*populate = false;
	if (!gpa_range_ok(gpa, pages))
		return GZ_ST_INVALID_ARGS;
	if (s && slot_holds(s, gfn, pages)) {
		*populate = true;
		return GZ_ST_OK;
	}
	if (is_private(v))
		return WRONG_TIME;
	if (other_slot_overlaps(v, s, gfn, pages))
		return GZ_ST_ALREADY_EXISTS;
	if (s && !slot_empty(v, s))
		return GZ_ST_ALREADY_EXISTS;
	if (!s)
		s = slot_free(v);
	if (!s)
		return GZ_ST_NO_MEMORY;
	*s = (struct model_slot){ .used = true, .id = id, .gfn = gfn, .pages = pages };
	if (v->purpose_waits && v->purpose_gpa == gpa && v->purpose_bytes == pages * PAGE) {
		v->purpose_waits = false;
		s->flags = v->purpose;
	}
	return GZ_ST_OK;
}

static bool in_one_slot(const struct model_vm *v, uint64_t gfn, uint64_t pages)
{
	for (uint32_t i = 0; i < GZ_MAX_SLOTS; i++)
		if (slot_holds(&v->slot[i], gfn, pages))
			return true;
	return false;
}

static bool swiotlb(const struct model_vm *v, uint64_t gfn)
{
	for (uint32_t i = 0; i < GZ_MAX_SLOTS; i++)
		if (in_slot(&v->slot[i], gfn))
			return v->slot[i].flags == GZ_MEM_STATIC_SWIOTLB;
	return false;
}

/* The pages must be the host's alone, or be this guest's already, at exactly these addresses. */
int model_share(struct model *m, uint16_t vm, uint64_t gpa, uint64_t pa, uint64_t bytes)
{
	struct model_vm *v = &m->vm[vm];
	uint64_t gfn = gpa / PAGE, pfn = pa / PAGE, pages = bytes / PAGE;
	bool clash = false, give = is_private(v) && !swiotlb(v, gfn);

	if (!aligned(gpa) || !aligned(pa) || !aligned(bytes) || pages == 0 || !in_one_slot(v, gfn, pages))
		return GZ_ST_INVALID_ARGS;
	for (uint64_t i = 0; i < pages; i++) {
		const struct model_page *p = ram(m, pfn + i);
		const uint32_t *g = guest_page(v, gfn + i);
		bool made = p && (give ? p->owner == MODEL_GUEST || p->owner == MODEL_GUEST_AND_HOST :
					 p->owner == MODEL_HOST_AND_GUEST);
		bool ours = made && p->vm == vm;
		bool here = p && g && *g == (uint32_t)(pfn + i - m->ram_pfn) + 1;

		if (!p || (p->owner != MODEL_HOST && !ours))
			return GZ_ST_ACCESS_DENIED;
		clash |= ours != here || (g && *g && !here);
	}
	if (clash)
		return GZ_ST_ALREADY_EXISTS;
	for (uint64_t i = 0; i < pages; i++) {
		struct model_page *p = ram(m, pfn + i);

		if (p->owner == MODEL_HOST)
			p->owner = give ? MODEL_GUEST : MODEL_HOST_AND_GUEST;
		p->vm = vm;
		*guest_page(v, gfn + i) = (uint32_t)(pfn + i - m->ram_pfn) + 1;
	}
	return GZ_ST_OK;
}

static int unmap(struct model *m, uint16_t vm, uint64_t gpa, uint64_t pages)
{
	struct model_vm *v = &m->vm[vm];

	for (uint32_t i = 0; i < MODEL_GPAGES; i++)
		if (v->map[i] && MODEL_GPFN + i >= gpa / PAGE && MODEL_GPFN + i - gpa / PAGE < pages)
			take_back(m, &v->map[i]);
	return GZ_ST_OK;
}

int model_unshare(struct model *m, uint16_t vm, uint64_t gpa, uint64_t pages)
{
	if (!gpa_range_ok(gpa, pages))
		return GZ_ST_INVALID_ARGS;
	return is_private(&m->vm[vm]) ? WRONG_TIME : unmap(m, vm, gpa, pages);
}

int model_protect(struct model *m, uint16_t vm)
{
	if (m->vm[vm].started)
		return WRONG_TIME;
	m->vm[vm].protect = true;
	return GZ_ST_OK;
}

int model_start(struct model *m, uint16_t vm)
{
	struct model_vm *v = &m->vm[vm];

	for (uint32_t i = 0; v->protect && !v->started && i < MODEL_GPAGES; i++)
		if (v->map[i] && !swiotlb(v, MODEL_GPFN + i))
			m->page[v->map[i] - 1].owner = MODEL_GUEST;
	v->started = true;
	return GZ_ST_OK;
}

int model_guest_share(struct model *m, uint16_t vm, uint64_t gpa, bool shared)
{
	struct model_vm *v = &m->vm[vm];
	const uint32_t *g = guest_page(v, gpa / PAGE);
	struct model_page *p;

	if (!aligned(gpa) || !in_one_slot(v, gpa / PAGE, 1))
		return GZ_ST_INVALID_ARGS;
	if (!g || !*g)
		return GZ_ST_FAULT;
	p = &m->page[*g - 1];
	if (p->owner != (shared ? MODEL_GUEST : MODEL_GUEST_AND_HOST))
		return GZ_ST_ACCESS_DENIED;
	p->owner = shared ? MODEL_GUEST_AND_HOST : MODEL_GUEST;
	return GZ_ST_OK;
}

int model_relinquish(struct model *m, uint16_t vm, uint64_t gpa)
{
	if (!in_one_slot(&m->vm[vm], gpa / PAGE, 1))
		return GZ_ST_INVALID_ARGS;
	return unmap(m, vm, gpa & ~(PAGE - 1), 1);
}

int model_remove_slot(struct model *m, uint16_t vm, uint32_t id)
{
	struct model_slot *s = slot_by_id(&m->vm[vm], id);

	if (is_private(&m->vm[vm]))
		return WRONG_TIME;
	if (!s)
		return GZ_ST_NOT_FOUND;
	model_unshare(m, vm, s->gfn * PAGE, s->pages);
	s->used = false;
	return GZ_ST_OK;
}

int model_pin(struct model *m, uint64_t pa)
{
	struct model_page *p = ram(m, pa / PAGE);

	if (!p || (p->owner != MODEL_HOST && p->owner != MODEL_HOST_AND_EL2))
		return GZ_ST_ACCESS_DENIED;
	if (p->pins == MODEL_PIN_MAX)
		return GZ_ST_NOT_READY;
	p->owner = MODEL_HOST_AND_EL2;
	p->pins++;
	return GZ_ST_OK;
}

bool model_pinned(const struct model *m, uint64_t pa)
{
	uint64_t pfn = pa / PAGE;

	return pfn >= m->ram_pfn && pfn - m->ram_pfn < MODEL_PAGES && m->page[pfn - m->ram_pfn].pins != 0;
}

void model_unpin(struct model *m, uint64_t pa)
{
	struct model_page *p = ram(m, pa / PAGE);

	if (--p->pins == 0)
		p->owner = MODEL_HOST;
}

int64_t model_backing(const struct model *m, uint16_t vm, uint64_t gpa)
{
	uint64_t gfn = gpa / PAGE;

	if (gfn < MODEL_GPFN || gfn - MODEL_GPFN >= MODEL_GPAGES)
		return -1;
	return (int64_t)m->vm[vm].map[gfn - MODEL_GPFN] - 1;
}

uint64_t model_donated_pages(const struct model *m, uint16_t vm)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < MODEL_GPAGES; i++)
		n += m->vm[vm].map[i] && m->page[m->vm[vm].map[i] - 1].owner == MODEL_GUEST;
	return n;
}

uint64_t model_shared_pages(const struct model *m, uint16_t vm)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < MODEL_GPAGES; i++)
		n += m->vm[vm].map[i] != 0;
	return n - model_donated_pages(m, vm);
}
