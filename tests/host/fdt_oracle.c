/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: questions about a tree, answered by libfdt.
 * Never: code of hyp/.
 * Called by: tests/host/test_fdt_host.c, fdt_boards.c.
 */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "host/fdt_oracle.h"

int oracle_check(const void *blob, uint32_t size)
{
	return fdt_check_full(blob, size);
}

uint32_t oracle_total(const void *blob)
{
	return fdt_totalsize(blob);
}

bool oracle_has(const void *blob, const char *path)
{
	return fdt_path_offset(blob, path) >= 0;
}

const void *oracle_bytes(const void *blob, const char *path, const char *name)
{
	int node = fdt_path_offset(blob, path);

	return node < 0 ? NULL : fdt_getprop(blob, node, name, NULL);
}

int oracle_len(const void *blob, const char *path, const char *name)
{
	int node = fdt_path_offset(blob, path), len;

	if (node < 0 || !fdt_getprop(blob, node, name, &len))
		return -1;
	return len;
}

uint32_t oracle_u32(const void *blob, const char *path, const char *name)
{
	const fdt32_t *p = oracle_bytes(blob, path, name);

	return p ? fdt32_to_cpu(*p) : 0;
}

uint64_t oracle_u64(const void *blob, const char *path, const char *name)
{
	const void *p = oracle_bytes(blob, path, name);

	return p ? fdt64_ld(p) : 0;
}

static uint64_t read_cells(const fdt32_t *p, int cells)
{
	return cells == 1 ? fdt32_ld(p) : fdt64_ld((const fdt64_t *)p);
}

bool oracle_reg(const void *blob, const char *path, int address_cells, int size_cells, uint64_t got[2])
{
	const fdt32_t *p = oracle_bytes(blob, path, "reg");

	if (!p || oracle_len(blob, path, "reg") != 4 * (address_cells + size_cells))
		return false;
	got[0] = read_cells(p, address_cells);
	got[1] = read_cells(p + address_cells, size_cells);
	return true;
}

bool oracle_reserved(const void *blob, int n, uint64_t base, uint64_t size)
{
	uint64_t b, s;

	return n < fdt_num_mem_rsv(blob) && fdt_get_mem_rsv(blob, n, &b, &s) == 0 && b == base && s == size;
}

int oracle_count(const void *blob, const char *name)
{
	int node, count = 0;

	fdt_for_each_subnode(node, blob, 0)
		count += strcmp(fdt_get_name(blob, node, NULL), name) == 0;
	return count;
}

static int same_node(const void *a, int na, const void *b, int nb)
{
	int p, ca, cb, len, other;

	fdt_for_each_property_offset(p, a, na) {
		const char *name;
		const void *va = fdt_getprop_by_offset(a, p, &name, &len);
		const void *vb = fdt_getprop(b, nb, name, &other);

		if (!vb || len != other || memcmp(va, vb, len))
			return -1;
	}
	ca = fdt_first_subnode(a, na);
	cb = fdt_first_subnode(b, nb);
	while (ca >= 0 && cb >= 0) {
		if (strcmp(fdt_get_name(a, ca, NULL), fdt_get_name(b, cb, NULL)) || same_node(a, ca, b, cb))
			return -1;
		ca = fdt_next_subnode(a, ca);
		cb = fdt_next_subnode(b, cb);
	}
	return ca < 0 && cb < 0 ? 0 : -1;
}

int oracle_same(const void *a, const void *b, const char *path)
{
	int na = fdt_path_offset(a, path), nb = fdt_path_offset(b, path);

	return na >= 0 && nb >= 0 ? same_node(a, na, b, nb) : -1;
}

static bool enabled_up(const void *blob, int node)
{
	const char *status;

	for (; node >= 0; node = fdt_parent_offset(blob, node)) {
		status = fdt_getprop(blob, node, "status", NULL);
		if (status && strcmp(status, "okay") && strcmp(status, "ok"))
			return false;
	}
	return true;
}

bool oracle_enabled_compatible(const void *blob, const char *compatible)
{
	int node = fdt_node_offset_by_compatible(blob, -1, compatible);

	while (node >= 0 && !enabled_up(blob, node))
		node = fdt_node_offset_by_compatible(blob, node, compatible);
	return node >= 0;
}

bool oracle_compatible_string(const void *blob, const char *compatible, const char *name, const char *value)
{
	int node = -1;

	while ((node = fdt_node_offset_by_compatible(blob, node, compatible)) >= 0) {
		const char *s = fdt_getprop(blob, node, name, NULL);

		if (s && strcmp(s, value) == 0 && enabled_up(blob, node))
			return true;
	}
	return false;
}

struct bank { uint64_t base, end; };

static int by_base(const void *a, const void *b)
{
	const struct bank *x = a, *y = b;

	return x->base < y->base ? -1 : x->base > y->base;
}

/* Bytes of the union: one board's banks overlap. */
static uint64_t union_bytes(struct bank *bank, int count)
{
	uint64_t sum = 0, end = 0;

	qsort(bank, count, sizeof(*bank), by_base);
	for (int i = 0; i < count; i++) {
		uint64_t from = bank[i].base > end ? bank[i].base : end;

		if (bank[i].end > from)
			sum += bank[i].end - from;
		end = bank[i].end > end ? bank[i].end : end;
	}
	return sum;
}

uint64_t oracle_memory_bytes(const void *blob)
{
	int node, len, ac = fdt_address_cells(blob, 0), sc = fdt_size_cells(blob, 0), count = 0;
	struct bank bank[64];

	fdt_for_each_subnode(node, blob, 0) {
		const char *type = fdt_getprop(blob, node, "device_type", NULL);
		const fdt32_t *reg = fdt_getprop(blob, node, "reg", &len);

		if (!type || strcmp(type, "memory") || !reg || !enabled_up(blob, node))
			continue;
		for (; len >= 4 * (ac + sc) && count < 64; len -= 4 * (ac + sc), reg += ac + sc, count++) {
			bank[count].base = read_cells(reg, ac);
			bank[count].end = bank[count].base + read_cells(reg + ac, sc);
		}
	}
	return union_bytes(bank, count);
}

const char *oracle_root_string(const void *blob, const char *name)
{
	const char *s = fdt_getprop(blob, 0, name, NULL);

	return s ? s : "";
}

int oracle_cpus(const void *blob, const char *method)
{
	int node, count = 0;

	fdt_for_each_subnode(node, blob, fdt_path_offset(blob, "/cpus")) {
		const char *type = fdt_getprop(blob, node, "device_type", NULL);
		const char *status = fdt_getprop(blob, node, "status", NULL);
		const char *enable = fdt_getprop(blob, node, "enable-method", NULL);

		if (!type || strcmp(type, "cpu") || (status && strncmp(status, "fail", 4) == 0))
			continue;
		count += !method || (enable && strcmp(enable, method) == 0);
	}
	return count;
}

void *oracle_with_memory(const void *blob, uint32_t *size)
{
	int ac = fdt_address_cells(blob, 0), sc = fdt_size_cells(blob, 0), node;
	uint32_t bytes = *size + 4096;
	void *copy = malloc(bytes);
	fdt32_t reg[4];

	if (fdt_open_into(blob, copy, (int)bytes))
		abort();
	node = fdt_add_subnode(copy, 0, "memory@filled");
	/* Where no device is: high, or for 32-bit boards the upper half. */
	reg[0] = cpu_to_fdt32(ac == 2 ? 0x40 : 0x80000000);
	reg[1] = reg[2] = 0;
	reg[ac + sc - 1] = cpu_to_fdt32(0x40000000);
	if (node < 0 || fdt_setprop_string(copy, node, "device_type", "memory") ||
	    fdt_setprop(copy, node, "reg", reg, 4 * (ac + sc)))
		abort();
	*size = fdt_totalsize(copy);
	return copy;
}
