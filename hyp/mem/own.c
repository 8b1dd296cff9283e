/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: where the page records are, and how many pages are in which state.
 * Never: decide whether a move is legal (own_check.c).
 * Used by: mem, boot, hvc (counters).
 */
#include "mem/audit.h"
#include "mem/own.h"

#include "lib/check.h"
#include "mem/own_record.h"
#include "mm/layout.h"

static_assert(OWN_NONE == 0, "zeroed memory grants nothing");
static_assert(OWN_STATES <= 16, "a state fits its field");

struct spinlock host_lock;

static struct own_bank banks[OWN_MAX_BANKS];
static u32 bank_count;
static u64 state_count[OWN_STATES];

u64 own_records_bytes(const struct pa_range *ram, u32 count)
{
	u64 bytes = 0;

	for (u32 i = 0; i < count; i++)
		bytes += (ram[i].size >> PAGE_SHIFT) * sizeof(u32);
	return ALIGN_UP(bytes, PAGE_SIZE);
}

void own_init(const struct pa_range *ram, u32 count, void *records)
{
	pa_t next = ptr_to_pa(records);

	CHECK(count <= OWN_MAX_BANKS);
	for (u32 i = 0; i < OWN_STATES; i++)
		state_count[i] = 0;
	for (u32 i = 0; i < count; i++) {
		u64 pages = ram[i].size >> PAGE_SHIFT;

		CHECK(IS_ALIGNED(ram[i].base.v | ram[i].size, PAGE_SIZE));
		banks[i].range = ram[i];
		banks[i].records = next;
		next = pa_add(next, pages * sizeof(u32));
		state_count[OWN_NONE] += pages;
	}
	bank_count = count;
}

/* Callers bring ranges made of a host's bare numbers: nothing here may wrap. */
const struct own_bank *own_bank_of(struct pa_range range)
{
	for (u32 i = 0; i < bank_count; i++) {
		u64 offset = range.base.v - banks[i].range.base.v;

		if (range.base.v >= banks[i].range.base.v && offset < banks[i].range.size &&
		    range.size <= banks[i].range.size - offset)
			return &banks[i];
	}
	return NULL;
}

u32 *own_records(struct pa_range range)
{
	const struct own_bank *bank = own_bank_of(range);

	return bank ? own_record(bank, range.base) : NULL;
}

void own_counted(u64 pages, u32 from, u32 to)
{
	enum own_state was = rec_state(from), is = rec_state(to);

	if (pages == 0)
		return;
	WRITE_ONCE(state_count[was], state_count[was] - pages);
	WRITE_ONCE(state_count[is], state_count[is] + pages);
}

static void boot_moved(struct pa_range range, u32 from, u32 to) NEEDS(host_lock)
{
	if (range.size == 0)
		return;
	own_counted(range.size >> PAGE_SHIFT, from, to);
	audit_add(range, audit_what(GZ_AUDIT_BOOT, 0, rec_state(from), rec_state(to)));
}

/* Two records a store: a machine has a record for each 4 KiB. */
static void records_fill(u32 *rec, u64 pages, u32 to)
{
	u64 both = to | (u64)to << 32;

	for (; pages && !IS_ALIGNED((uintptr_t)rec, sizeof(both)); pages--)
		*rec++ = to;
	for (; pages >= 8; pages -= 8, rec += 8) {
		u64 *pair = (u64 *)rec;

		pair[0] = both;
		pair[1] = both;
		pair[2] = both;
		pair[3] = both;
	}
	while (pages--)
		*rec++ = to;
}

void own_boot_assign_all(enum own_state state)
{
	u32 to = rec_make(state, 0, 0);

	spin_lock(&host_lock);
	for (u32 i = 0; i < bank_count; i++) {
		CHECK(rec_state(*own_records(banks[i].range)) == OWN_NONE);
		records_fill(pa_to_ptr(banks[i].records), banks[i].range.size >> PAGE_SHIFT, to);
		boot_moved(banks[i].range, 0, to);
	}
	spin_unlock(&host_lock);
}

void own_boot_assign(struct pa_range range, enum own_state state)
{
	u32 *rec = own_records(range), from = 0, to = rec_make(state, 0, 0);
	struct pa_range run = { range.base, 0 };

	CHECK(rec && IS_ALIGNED(range.base.v | range.size, PAGE_SIZE));
	spin_lock(&host_lock);
	for (u64 at = 0; at < range.size; at += PAGE_SIZE, rec++, run.size += PAGE_SIZE) {
		if (*rec != from) {
			boot_moved(run, from, to);
			run = (struct pa_range){ pa_add(range.base, at), 0 };
			from = *rec;
		}
		*rec = to;
	}
	boot_moved(run, from, to);
	spin_unlock(&host_lock);
}

bool own_is_ram(struct pa_range range)
{
	return own_records(range) != NULL;
}

enum own_state own_state_of(pa_t page)
{
	struct pa_range range;
	const u32 *rec = pa_range_make(&range, pa_page(page), PAGE_SIZE) ? own_records(range) : NULL;

	return rec ? rec_state(READ_ONCE(*rec)) : OWN_NONE;
}

bool own_has(struct pa_range range, u64 states)
{
	const u32 *rec = own_records(range);

	for (u64 i = range.size >> PAGE_SHIFT; rec && i > 0; i--)
		if (BIT(rec_state(READ_ONCE(rec[i - 1]))) & states)
			return true;
	return !rec;
}

u64 own_count(enum own_state state)
{
	return READ_ONCE(state_count[state]);
}
