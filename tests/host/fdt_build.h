/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: device trees for tests, written with libfdt so that reader and writer have nothing in common.
 * Never: use hyp/plat/fdt.h.
 * Used by: tests/host/test_fdt.c, test_machine.c, test_boot_layout.c, test_fdt_host.c.
 */
#ifndef FDT_BUILD_H
#define FDT_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#define TREE_MAX	65536

/* One tree at a time, in a buffer of this file. */
void tree_begin(void);
void tree_reserve(uint64_t base, uint64_t size);	/* directly after tree_begin */
void tree_node(const char *name);
void tree_end_node(void);
void tree_string(const char *name, const char *value);
void tree_data(const char *name, const void *data, int len);
void tree_cells(const char *name, int count, ...);	/* count numbers of 32 bits, as unsigned int */
void tree_empty(const char *name);
/* Finished blob in memory of its exact size, to be freed. */
void *tree_finish(uint32_t *size);

/* A board like QEMU's virt; zero is the plain one: 1 GiB at 1 GiB, two CPUs, GICv3, PSCI by smc, PL011. */
struct virt {
	int address_cells, size_cells;		/* 0: two */
	void (*memory)(void);			/* replaces the memory node */
	void (*gic)(void);			/* replaces the GIC node */
	void (*psci)(void);			/* replaces the PSCI node */
	void (*cpus)(void);			/* replaces the children of /cpus */
	void (*chosen)(void);			/* inside /chosen */
	void (*reserve)(void);			/* memreserve entries */
	void (*extra)(void);			/* inside the root, last */
	bool no_chosen;
};
void *tree_virt(const struct virt *v, uint32_t *size);

/* name's value is base and size in the cells of the current virt board's root. */
void tree_reg(uint64_t base, uint64_t size);
/* A multiboot module of /chosen, with 2 + 2 cells as QEMU writes it. bootargs may be NULL. */
void tree_module(const char *kind, uint64_t base, uint64_t size, const char *bootargs);

#endif
