/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the state of one reading of a tree into a struct machine, shared by the two files that do it.
 * Never: outlive machine_from_fdt.
 * Used by: plat/fdt_machine.c, plat/fdt_chosen.c.
 */
#ifndef PLAT_FDT_SCAN_H
#define PLAT_FDT_SCAN_H

#include "plat/fdt_bus.h"
#include "plat/machine.h"

struct fdt_scan {
	struct fdt f;
	struct fdt_bus bus;
	struct machine *m;
	struct fdt_node stdout_node;	/* the console of /chosen stdout-path */
	bool stdout_found;		/* it exists */
	bool initrd_is_module;
	bool psci_seen, gic_seen;		/* one we cannot use exists: a better sentence */
	bool spin_table, cpu_without_method;
	enum gz_err err;		/* the first refusal; the scan goes on so that the report is whole */
	const char *why;
};

static inline void fdt_scan_refuse(struct fdt_scan *s, enum gz_err err, const char *why)
{
	if (s->err)
		return;
	s->err = err;
	s->why = why;
}

/* Before the scan: which node is the console; it may stand before /chosen. */
void fdt_chosen_console(struct fdt_scan *s);
/* /chosen itself: arguments, initrd, seeds. */
void fdt_chosen(struct fdt_scan *s, const struct fdt_node *n);
/* A child of /chosen: boot modules. */
void fdt_chosen_child(struct fdt_scan *s, const struct fdt_node *n);
/* After the scan: what only the command line gives (gz.fw=). */
void fdt_chosen_options(struct fdt_scan *s);

#endif
