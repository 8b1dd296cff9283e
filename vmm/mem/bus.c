// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: find the device of an address and pass the access on.
 * Never: fail because of what a guest does.
 * Used by: machine.c and vcpu.c.
 */
#include <inttypes.h>
#include <string.h>

#include "lib/err.h"
#include "mem/bus.h"

#define UNKNOWN_REPORTED	16	/* lines per VM: a guest must not fill a log */

int bus_add(struct bus *bus, const struct bus_range *new)
{
	for (unsigned int i = 0; i < bus->range_count; i++) {
		const struct bus_range *old = &bus->range[i];

		if (new->base < old->base + old->size && old->base < new->base + new->size)
			return gz_err("%s at 0x%" PRIx64 " lies over %s at 0x%" PRIx64
				      ": choose another address", new->name, new->base,
				      old->name, old->base);
	}
	if (bus->range_count == BUS_MAX)
		return gz_err("too many devices: at most %d fit", BUS_MAX);
	bus->range[bus->range_count++] = *new;
	return 0;
}

static const struct bus_range *bus_find(const struct bus *bus, uint64_t gpa, unsigned int len)
{
	for (unsigned int i = 0; i < bus->range_count; i++) {
		const struct bus_range *r = &bus->range[i];

		if (gpa >= r->base && gpa - r->base < r->size)
			return len <= r->size - (gpa - r->base) ? r : NULL;
	}
	return NULL;
}

void bus_access(struct bus *bus, uint64_t gpa, uint8_t *data, unsigned int len, bool is_write)
{
	const struct bus_range *r = bus_find(bus, gpa, len);

	if (r && r->ops) {
		if (is_write)
			r->ops->write(r->ctx, gpa - r->base, data, len);
		else
			r->ops->read(r->ctx, gpa - r->base, data, len);
		return;
	}
	if (!is_write)
		memset(data, 0, len);
	if (atomic_fetch_add(&bus->unknown_count, 1) < UNKNOWN_REPORTED)
		gz_debug("guest %s %u bytes at 0x%" PRIx64 ": no device there, %s",
			 is_write ? "writes" : "reads", len, gpa,
			 is_write ? "ignored" : "reads as zero");
}

uint64_t bus_get(const uint8_t *data, unsigned int len)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < len && i < 8; i++)
		v |= (uint64_t)data[i] << (8 * i);
	return v;
}

void bus_put(uint8_t *data, unsigned int len, uint64_t value)
{
	for (unsigned int i = 0; i < len; i++)
		data[i] = i < 8 ? (uint8_t)(value >> (8 * i)) : 0;
}
