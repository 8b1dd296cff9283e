// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: two questions to a flattened device tree that the loader built (trusted here: tests only).
 * Never: used by the hypervisor, whose reader is hyp/plat/fdt.c.
 * Used by: console.c, payloads. Devicetree Specification, "Flattened Devicetree (DTB) Format".
 */
#include "lib/lib.h"

static u32 be32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

static bool list_has(const char *list, u32 len, const char *want)
{
	for (u32 at = 0; at < len; at += strlen(list + at) + 1)
		if (strcmp(list + at, want) == 0)
			return true;
	return false;
}

struct walk { const u8 *p, *strings; int depth; const char *node; };

/* Next property: name, value, len; updates node and depth on the way. False at the end. */
static bool next_prop(struct walk *w, const char **name, const u8 **val, u32 *len)
{
	for (;;) {
		u32 token = be32(w->p);

		w->p += 4;
		if (token == 1) {
			w->node = (const char *)w->p;
			w->depth++;
			w->p += (strlen(w->node) + 4) & ~3ull;
		} else if (token == 2) {
			w->depth--;
			w->node = "";
		} else if (token == 3) {
			*len = be32(w->p);
			*name = (const char *)w->strings + be32(w->p + 4);
			*val = w->p + 8;
			w->p += 8 + ((*len + 3) & ~3u);
			return true;
		} else if (token == 9) {
			return false;
		}
	}
}

static struct walk walk_start(u64 fdt)
{
	const u8 *b = (const u8 *)fdt;

	return (struct walk){ b + be32(b + 8), b + be32(b + 12), 0, "" };
}

/* reg may stand before or after compatible in its node: both are remembered until the node's name changes. */
static const u8 *find_reg(u64 fdt, const char *compatible, u32 *reg_len)
{
	const char *name, *node = NULL;
	const u8 *val, *reg = NULL;
	bool match = false;
	struct walk w;
	u32 len;

	if (!fdt)
		return NULL;
	w = walk_start(fdt);
	while (next_prop(&w, &name, &val, &len)) {
		if (w.node != node) {
			node = w.node;
			reg = NULL;
			match = false;
		}
		if (strcmp(name, "compatible") == 0)
			match = list_has((const char *)val, len, compatible);
		if (strcmp(name, "reg") == 0 && len >= 16) {
			reg = val;
			*reg_len = len;
		}
		if (match && reg)
			return reg;
	}
	return NULL;
}

static u64 be64(const u8 *p)
{
	return (u64)be32(p) << 32 | be32(p + 4);
}

bool fdt_find_reg(u64 fdt, const char *compatible, u64 *base, u64 *size)
{
	u32 len;
	const u8 *reg = find_reg(fdt, compatible, &len);

	if (!reg)
		return false;
	*base = be64(reg);
	*size = be64(reg + 8);
	return true;
}

bool fdt_find_reg2(u64 fdt, const char *compatible, u64 *base)
{
	u32 len;
	const u8 *reg = find_reg(fdt, compatible, &len);

	if (!reg || len < 32)
		return false;
	*base = be64(reg + 16);
	return true;
}

static bool starts_with(const char *s, const char *prefix)
{
	while (*prefix && *s == *prefix)
		s++, prefix++;
	return !*prefix;
}

bool fdt_find_named(u64 fdt, const char *prefix, u64 *base, u64 *size)
{
	const char *name;
	const u8 *val;
	struct walk w;
	u32 len;

	if (!fdt)
		return false;
	w = walk_start(fdt);
	while (next_prop(&w, &name, &val, &len)) {
		if (strcmp(name, "reg") || len < 16 || !starts_with(w.node, prefix))
			continue;
		*base = be64(val);
		*size = be64(val + 8);
		return true;
	}
	return false;
}

const char *fdt_chosen(u64 fdt, const char *prop, u32 *len)
{
	const char *name;
	const u8 *val;
	struct walk w;

	if (!fdt)
		return NULL;
	w = walk_start(fdt);
	while (next_prop(&w, &name, &val, len))
		if (w.depth == 2 && strcmp(w.node, "chosen") == 0 && strcmp(name, prop) == 0)
			return (const char *)val;
	return NULL;
}

u32 cpu_count_fdt(u64 fdt)
{
	const char *name;
	const u8 *val;
	struct walk w;
	u32 len, n = 0;

	if (!fdt)
		return 1;
	w = walk_start(fdt);
	while (next_prop(&w, &name, &val, &len))
		if (strcmp(name, "device_type") == 0 && strcmp((const char *)val, "cpu") == 0)
			n++;
	return n ? n : 1;
}
