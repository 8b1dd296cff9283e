/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what libfdt reads in a tree, for comparison with what hyp/ reads or wrote.
 * Never: code of hyp/.
 * Used by: tests/host/test_fdt_host.c, fdt_boards.c.
 */
#ifndef FDT_ORACLE_H
#define FDT_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

/* 0 when libfdt finds no fault in the whole blob (fdt_check_full). */
int oracle_check(const void *blob, uint32_t size);
uint32_t oracle_total(const void *blob);
bool oracle_has(const void *blob, const char *path);
/* Length of a property, -1 when node or property is absent. */
int oracle_len(const void *blob, const char *path, const char *name);
const void *oracle_bytes(const void *blob, const char *path, const char *name);
uint32_t oracle_u32(const void *blob, const char *path, const char *name);
uint64_t oracle_u64(const void *blob, const char *path, const char *name);
bool oracle_reg(const void *blob, const char *path, int address_cells, int size_cells, uint64_t got[2]);
bool oracle_reserved(const void *blob, int n, uint64_t base, uint64_t size);
/* Children of the root with this name. */
int oracle_count(const void *blob, const char *name);
/* 0 when the node has the same properties in both and the same number of children, all the same. */
int oracle_same(const void *a, const void *b, const char *path);
/* Some node, enabled with its parents, has this compatible string. */
bool oracle_enabled_compatible(const void *blob, const char *compatible);
/* Some node with this compatible has this string property. */
bool oracle_compatible_string(const void *blob, const char *compatible, const char *name, const char *value);
/* Bytes all enabled memory nodes of the root describe. */
uint64_t oracle_memory_bytes(const void *blob);
/* Nodes of /cpus with device_type cpu that have not failed; method: only those with this enable-method. */
int oracle_cpus(const void *blob, const char *method);
/* A copy to be freed in which a boot loader has filled in 1 GiB of memory. */
void *oracle_with_memory(const void *blob, uint32_t *size);
const char *oracle_root_string(const void *blob, const char *name);

#endif
