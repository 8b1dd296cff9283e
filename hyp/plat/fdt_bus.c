/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: translate reg through the buses above a node (Devicetree Specification v0.4, "ranges").
 * Never: follow more levels than FDT_MAX_DEPTH, trust a cell count.
 * Called by: plat/fdt_machine.c, plat/fdt_chosen.c, boot/fdt_host.c.
 */
#include "plat/fdt_bus.h"

/* Devicetree Specification v0.4, "#address-cells and #size-cells": what a client assumes when they are missing. */
#define DEFAULT_ADDRESS_CELLS	2
#define DEFAULT_SIZE_CELLS	1

void fdt_bus_enter(struct fdt_bus *b, const struct fdt *f, const struct fdt_node *n)
{
	struct fdt_level *l = &b->level[n->depth];

	*l = (struct fdt_level){
		.address_cells = fdt_node_u32(f, n, "#address-cells", DEFAULT_ADDRESS_CELLS),
		.size_cells = fdt_node_u32(f, n, "#size-cells", DEFAULT_SIZE_CELLS),
	};
	l->translated = fdt_node_prop(f, n, "ranges", &l->ranges) || n->depth == 0;
	l->enabled = fdt_node_enabled(f, n) && (n->depth == 0 || b->level[n->depth - 1].enabled);
}

bool fdt_bus_enabled(const struct fdt_bus *b, const struct fdt_node *n)
{
	return b->level[n->depth].enabled;
}

/* One step up: bus is the node whose ranges applies, parent the one above it. */
static bool translate_step(const struct fdt_level *bus, const struct fdt_level *parent, u64 *address, u64 size)
{
	u64 cells = (u64)bus->address_cells + parent->address_cells + bus->size_cells;
	u64 child, up, window;
	u32 at;

	if (!bus->translated)
		return false;
	if (bus->ranges.len == 0)
		return true;
	if (cells > 6)
		return false;
	for (at = 0; at + 4 * cells <= bus->ranges.len; at += 4 * (u32)cells) {
		if (!fdt_cells(&bus->ranges, at, bus->address_cells, &child) ||
		    !fdt_cells(&bus->ranges, at + 4 * bus->address_cells, parent->address_cells, &up) ||
		    !fdt_cells(&bus->ranges, at + 4 * (bus->address_cells + parent->address_cells), bus->size_cells, &window))
			return false;
		if (*address < child || *address - child > window || size > window - (*address - child))
			continue;
		*address = *address - child + up;
		return true;
	}
	return false;
}

static u32 entry_bytes(const struct fdt_level *l)
{
	if (l->address_cells < 1 || l->address_cells > 2 || l->size_cells < 1 || l->size_cells > 2)
		return 0;
	return 4 * (l->address_cells + l->size_cells);
}

enum gz_err fdt_bus_reg(const struct fdt_bus *b, const struct fdt_node *n, const struct fdt_prop *reg, u32 i,
			struct pa_range *r)
{
	const struct fdt_level *l = n->depth ? &b->level[n->depth - 1] : NULL;
	u32 depth, bytes = l ? entry_bytes(l) : 0, at = i * bytes;
	u64 address, size;

	if (!bytes || i >= reg->len / bytes)
		return GZ_ENOENT;
	if (!fdt_cells(reg, at, l->address_cells, &address) ||
	    !fdt_cells(reg, at + 4 * l->address_cells, l->size_cells, &size))
		return GZ_ERANGE;
	for (depth = n->depth - 1; depth > 0; depth--)
		if (!translate_step(&b->level[depth], &b->level[depth - 1], &address, size))
			return GZ_ENOTSUP;
	if (address + size < address)
		return GZ_ERANGE;
	*r = (struct pa_range){ PA(address), size };
	return GZ_OK;
}
