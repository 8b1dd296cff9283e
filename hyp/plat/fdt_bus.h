/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: reg properties as physical ranges: cell counts of each parent and the ranges of every bus on the way up.
 * Never: an address whose translation is unknown.
 * Used by: plat/fdt_machine.c, plat/fdt_chosen.c, boot/fdt_host.c.
 */
#ifndef PLAT_FDT_BUS_H
#define PLAT_FDT_BUS_H

#include "plat/fdt.h"

/* What a node says about its children, one level per depth on the path to the current node. */
struct fdt_level {
	u32 address_cells, size_cells;
	struct fdt_prop ranges;		/* empty: the children's addresses are the parent's */
	bool translated;		/* ranges exists, or this is the root */
	bool enabled;			/* this node and all above */
};

struct fdt_bus { struct fdt_level level[FDT_MAX_DEPTH + 1]; };

/* Call once for every node, in document order. */
void fdt_bus_enter(struct fdt_bus *b, const struct fdt *f, const struct fdt_node *n);
/* The node and all its parents are enabled. Needs: fdt_bus_enter of it was the last one of its depth. */
bool fdt_bus_enabled(const struct fdt_bus *b, const struct fdt_node *n);
/* Entry i as the CPU sees it; GZ_ENOENT behind the last, GZ_ERANGE wraps or odd cells, GZ_ENOTSUP no way up. Size 0 is given back as such. */
enum gz_err fdt_bus_reg(const struct fdt_bus *b, const struct fdt_node *n, const struct fdt_prop *reg, u32 i,
			struct pa_range *r) __must_check;

#endif
