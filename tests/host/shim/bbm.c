/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the automaton: valid -> invalid -> DSB -> TLBI -> DSB -> clean, per entry of a table that a CPU may walk.
 * Never: accept a TLBI of another VMID, of this CPU only, or one by IPA for entries that combine both stages.
 * Used by: bbm.h.
 */
#include "bbm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm/layout.h"
#include "shim.h"

#define PAGES	8192u
#define DIRTY	65536u
#define ENTRIES	512
#define VALID	1u
#define TABLE	2u
#define ADDR	MASK(47, 12)
#define SOFTWARE MASK(58, 55)
#define VMID(v)	((u16)((v) >> 48))

/* What is known of one page of a watched table. */
struct page { u64 at; u64 base; u64 doomed_by; enum pg_kind kind; u16 vmid; u8 level; bool retired, stopped, flushed; };

/*
 * Phases of an entry made invalid. By IPA it takes two TLBIs: stage 2 entries first, then what combines both stages.
 */
enum phase { P_STORED, P_SEEN, P_IPA_SENT, P_IPA_DONE, P_ALL_SENT };
struct dirty { u64 slot, base, size; u64 child; struct page of; enum phase phase; const void *thread; };

static struct page pages[PAGES];
static struct dirty dirty[DIRTY];
static u32 dirty_count, violations, stops;
static char first[256];
static _Thread_local char thread_id;

static void violation(const char *what, u64 slot, u64 ia)
{
	if (violations++ == 0)
		snprintf(first, sizeof(first), "break-before-make: %s (entry %#llx for address %#llx)", what,
			 (unsigned long long)slot, (unsigned long long)ia);
}

static struct page *page_of(u64 at, bool make)
{
	at &= ~(PAGE_SIZE - 1);
	for (u32 i = 0, h = (u32)(at >> PAGE_SHIFT) * 2654435761u; i < PAGES; i++) {
		struct page *p = &pages[(h + i) % PAGES];

		if (p->at == at)
			return p;
		if (!p->at && !make)
			return NULL;
		if (!p->at) {
			p->at = at;
			return p;
		}
	}
	abort();
}

/*
 * A table was unlinked by clearing slot: it and all below are walkable until that is clean. Noted at once, because
 * their words may become links of a free list (invalid entries) meanwhile.
 */
static void doom(u64 at, u8 level, u64 slot)
{
	const u64 *table = (const u64 *)(uintptr_t)at;
	struct page *p = page_of(at, false);

	if (!p || p->retired)
		return;
	p->doomed_by = slot;
	for (u32 i = 0; level < 3 && i < ENTRIES; i++)
		if ((table[i] & (VALID | TABLE)) == (VALID | TABLE))
			doom((u64)(uintptr_t)pa_to_ptr(PA(table[i] & ADDR)), level + 1, slot);
}

/* A slot of the hash stays taken (linear probing); retired marks it as no table of ours. */
static void retire_doomed(u64 slot)
{
	for (u32 i = 0; i < PAGES; i++) {
		if (pages[i].doomed_by != slot)
			continue;
		pages[i].doomed_by = 0;
		pages[i].retired = true;
	}
}

static u64 span(u8 level)
{
	return BIT(12 + 9 * (3 - level));
}

static void watch(u64 at, struct page like)
{
	const u64 *table = (const u64 *)(uintptr_t)at;
	struct page *p = page_of(at, true);

	like.at = at;
	like.retired = false;
	*p = like;
	for (u32 i = 0; like.level < 3 && i < ENTRIES; i++) {
		struct page child = like;

		if ((table[i] & (VALID | TABLE)) != (VALID | TABLE))
			continue;
		child.level++;
		child.base = like.base + i * span(like.level);
		watch((u64)(uintptr_t)pa_to_ptr(PA(table[i] & ADDR)), child);
	}
}

static bool tlbi_covers(const struct shim_event *e, const struct dirty *d)
{
	u64 ia = e->arg << PAGE_SHIFT;

	return ia >= d->base && ia - d->base < d->size;
}

static void on_dsb(bool full)
{
	for (u32 i = 0; i < dirty_count; i++) {
		struct dirty *d = &dirty[i];

		if (d->thread != &thread_id)
			continue;
		if (d->phase == P_STORED) {
			d->phase = P_SEEN;
		} else if (full && d->phase == P_IPA_SENT) {
			d->phase = P_IPA_DONE;
		} else if (full && d->phase == P_ALL_SENT) {
			if (d->child)
				retire_doomed(d->slot);
			*d = dirty[--dirty_count];
			i--;
		}
	}
}

static void tlbi_one(const struct shim_event *e, struct dirty *d)
{
	bool mine = d->of.vmid == VMID(e->vttbr) && d->of.kind == PG_STAGE2;

	switch (e->ev) {
	case EV_TLBI_IPAS2E1IS:
		if (mine && d->phase == P_SEEN && !d->child && tlbi_covers(e, d))
			d->phase = P_IPA_SENT;
		break;
	case EV_TLBI_VMALLE1IS:
		if (mine && d->phase == P_IPA_DONE)
			d->phase = P_ALL_SENT;
		break;
	case EV_TLBI_VMALLS12E1IS:
	case EV_TLBI_ALLE1IS:
		if ((mine || (e->ev == EV_TLBI_ALLE1IS && d->of.kind == PG_STAGE2)) && d->phase >= P_SEEN)
			d->phase = P_ALL_SENT;
		break;
	case EV_TLBI_VAE2IS:
		if (d->of.kind == PG_HYP && d->phase == P_SEEN && !d->child && tlbi_covers(e, d))
			d->phase = P_ALL_SENT;
		break;
	case EV_TLBI_ALLE2IS:
		if (d->of.kind == PG_HYP && d->phase == P_SEEN)
			d->phase = P_ALL_SENT;
		break;
	default:
		break;
	}
}

static void on_tlbi(const struct shim_event *e)
{
	for (u32 i = 0; i < dirty_count; i++)
		if (dirty[i].thread == &thread_id)
			tlbi_one(e, &dirty[i]);
	if (e->ev != EV_TLBI_VMALLS12E1IS && e->ev != EV_TLBI_ALLE1IS)
		return;
	for (u32 i = 0; stops && i < PAGES; i++)
		if (pages[i].at && pages[i].stopped && pages[i].vmid == VMID(e->vttbr))
			pages[i].flushed = true;
}

static void make_dirty(const struct shim_event *e, const struct page *p, u64 old, u64 ia)
{
	bool table = p->level < 3 && (old & TABLE);
	struct dirty d = { .slot = e->arg, .base = ia, .size = span(p->level), .of = *p, .thread = &thread_id };

	if (dirty_count == DIRTY)
		abort();
	if (table) {
		d.child = (u64)(uintptr_t)pa_to_ptr(PA(old & ADDR));
		doom(d.child, p->level + 1, e->arg);
	}
	dirty[dirty_count++] = d;
}

static void on_live_store(const struct shim_event *e, const struct page *p, u64 ia)
{
	u64 old = *(const u64 *)(uintptr_t)e->arg, new = e->value;

	if ((old & VALID) && (new & VALID)) {
		if ((old ^ new) & ~SOFTWARE)
			violation("valid entry replaced by another without break", e->arg, ia);
		return;
	}
	if (old & VALID) {
		make_dirty(e, p, old, ia);
		return;
	}
	if (!(new & VALID))
		return;
	for (u32 i = 0; i < dirty_count; i++)
		if (dirty[i].slot == e->arg)
			violation("made valid before its old TLB entries went", e->arg, ia);
	if (p->level < 3 && (new & TABLE)) {
		struct page child = *p;

		child.level++;
		child.base = ia;
		watch((u64)(uintptr_t)pa_to_ptr(PA(new & ADDR)), child);
	}
}

static void on_store(const struct shim_event *e)
{
	struct page *p = page_of(e->arg, false);
	u64 ia;

	if (!p || p->retired)
		return;
	ia = p->base + (e->arg % PAGE_SIZE) / 8 * span(p->level);
	if (p->stopped && !p->flushed)
		violation("table of a stopped guest changed before a TLBI of its VMID", e->arg, ia);
	else if (p->stopped)
		return;
	else if (e->ev == EV_PTE_PRIVATE)
		violation("table that CPUs walk changed as if it were private", e->arg, ia);
	else
		on_live_store(e, p, ia);
}

static void hook(const struct shim_event *e)
{
	if (e->ev == EV_PTE_LIVE || e->ev == EV_PTE_PRIVATE)
		on_store(e);
	else if (e->ev == EV_DSB_ISH || e->ev == EV_DSB_ISHST)
		on_dsb(e->ev == EV_DSB_ISH);
	else if (e->ev >= EV_TLBI_IPAS2E1IS && e->ev <= EV_TLBI_ALLE2)
		on_tlbi(e);
}

void bbm_start(void)
{
	memset(pages, 0, sizeof(pages));
	dirty_count = violations = stops = 0;
	first[0] = 0;
	shim_event_hook = hook;
}

void bbm_live(const struct pgtable *t)
{
	for (u32 i = 0; i < t->root_pages; i++) {
		struct page root = { .kind = t->kind, .vmid = t->vmid, .level = t->start_level,
				     .base = i * ENTRIES * span(t->start_level) };

		watch((u64)(uintptr_t)pa_to_ptr(pa_add(t->root, i * PAGE_SIZE)), root);
	}
}

void bbm_stop(const struct pgtable *t)
{
	stops++;
	for (u32 i = 0; i < PAGES; i++)
		if (pages[i].at && pages[i].kind == t->kind && pages[i].vmid == t->vmid)
			pages[i].stopped = true;
}

u32 bbm_unclean(void) { return dirty_count; }
u32 bbm_violations(void) { return violations; }
const char *bbm_first(void) { return first; }
