/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the bounded device tree reader: header, tokens, nodes, properties, cells.
 * Never: an address or a length out of the blob used before it was compared with what is left.
 * Called by: boot/ and plat/fdt_*.c.
 */
#include "plat/fdt.h"
#include "lib/string.h"

#define FDT_MAGIC	0xd00dfeed
#define FDT_HEADER	40
#define FDT_VERSION	17	/* the only one written since 2007; readers of 16 exist, trees do not */

enum { HDR_MAGIC = 0, HDR_SIZE = 4, HDR_STRUCT = 8, HDR_STRINGS = 12, HDR_RSVMAP = 16, HDR_VERSION = 20,
       HDR_COMPAT = 24, HDR_STRINGS_SIZE = 32, HDR_STRUCT_SIZE = 36 };

u32 fdt_total_size(const void *header)
{
	const u8 *h = header;

	return fdt_be32(h + HDR_MAGIC) == FDT_MAGIC ? fdt_be32(h + HDR_SIZE) : 0;
}

static bool part_inside(const struct fdt *f, u32 off, u32 size)
{
	return off >= FDT_HEADER && off <= f->size && size <= f->size - off;
}

/* Bytes of a string with its NUL inside the next max bytes, 0 when there is no NUL. */
static u32 string_bytes(const u8 *s, u32 max)
{
	size_t n = strnlen((const char *)s, max);

	return n < max ? (u32)n + 1 : 0;
}

/* Name (offset into the strings block) and value of a property whose tag was read. */
static struct fdt_token token_prop(const struct fdt *f, u32 *off)
{
	const struct fdt_token bad = { .tag = FDT_TAG_BAD };
	u32 at = *off, left = f->struct_size - at, name_off, len;

	if (left < 8)
		return bad;
	len = fdt_be32(f->blob + f->struct_off + at);
	name_off = fdt_be32(f->blob + f->struct_off + at + 4);
	if (len > left - 8 || name_off >= f->strings_size)
		return bad;
	if (!string_bytes(f->blob + f->strings_off + name_off, f->strings_size - name_off))
		return bad;
	*off = at + 8 + len;
	return (struct fdt_token){ FDT_TAG_PROP, (const char *)f->blob + f->strings_off + name_off,
				   f->blob + f->struct_off + at + 8, len };
}

static struct fdt_token token_begin(const struct fdt *f, u32 *off)
{
	const u8 *name = f->blob + f->struct_off + *off;
	u32 bytes = string_bytes(name, f->struct_size - *off);

	*off += bytes;
	return (struct fdt_token){ bytes ? FDT_TAG_BEGIN : FDT_TAG_BAD, (const char *)name, NULL, 0 };
}

struct fdt_token fdt_token(const struct fdt *f, u32 *off)
{
	struct fdt_token t = { .tag = FDT_TAG_BAD };
	u32 at = *off;

	/* struct_size and every offset are multiples of 4, so at + 4 cannot pass the end unseen. */
	if (at >= f->struct_size || !IS_ALIGNED(at, 4) || f->struct_size - at < 4)
		return t;
	t.tag = (enum fdt_tag)fdt_be32(f->blob + f->struct_off + at);
	at += 4;
	if (t.tag == FDT_TAG_BEGIN)
		t = token_begin(f, &at);
	else if (t.tag == FDT_TAG_PROP)
		t = token_prop(f, &at);
	else if (t.tag != FDT_TAG_END && t.tag != FDT_TAG_NOP && t.tag != FDT_TAG_STOP)
		t.tag = FDT_TAG_BAD;
	*off = ALIGN_UP(at, 4);
	return t;
}

/* One walk over everything: exactly one root, properties before children, depth bounded, STOP at the end. */
static bool structure_ok(const struct fdt *f)
{
	u32 off = 0, depth = 0;
	bool seen_root = false, after_child = false;

	for (;;) {
		struct fdt_token t = fdt_token(f, &off);

		switch (t.tag) {
		case FDT_TAG_BEGIN:
			if (depth > FDT_MAX_DEPTH || (depth == 0 && seen_root))
				return false;
			seen_root = true;
			after_child = false;
			depth++;
			break;
		case FDT_TAG_END:
			if (depth == 0)
				return false;
			after_child = true;
			depth--;
			break;
		case FDT_TAG_PROP:
			if (depth == 0 || after_child)
				return false;
			break;
		case FDT_TAG_NOP:
			break;
		case FDT_TAG_STOP:
			return depth == 0 && seen_root;
		default:
			return false;
		}
	}
}

bool fdt_reserved(const struct fdt *f, u32 n, u64 *base, u64 *size)
{
	u32 left = f->size - f->rsvmap_off;
	const u8 *e;

	if (n >= left / 16)
		return false;
	e = f->blob + f->rsvmap_off + 16 * n;
	*base = fdt_be64(e);
	*size = fdt_be64(e + 8);
	return *base || *size;
}

static bool reserve_map_ok(const struct fdt *f)
{
	u64 base, size;
	u32 n = 0;

	while (fdt_reserved(f, n, &base, &size))
		n++;
	/* It must have ended by its zero entry, not by the end of the blob. */
	return n < (f->size - f->rsvmap_off) / 16;
}

enum gz_err fdt_open(struct fdt *f, const void *blob, u32 max)
{
	const u8 *h = blob;

	if (max < FDT_HEADER || fdt_be32(h + HDR_MAGIC) != FDT_MAGIC)
		return GZ_EINVAL;
	*f = (struct fdt){ .blob = h, .size = fdt_be32(h + HDR_SIZE) };
	if (f->size > max)
		return GZ_ERANGE;
	if (f->size < FDT_HEADER || fdt_be32(h + HDR_VERSION) < FDT_VERSION || fdt_be32(h + HDR_COMPAT) > FDT_VERSION)
		return GZ_EINVAL;
	f->struct_off = fdt_be32(h + HDR_STRUCT);
	f->struct_size = fdt_be32(h + HDR_STRUCT_SIZE);
	f->strings_off = fdt_be32(h + HDR_STRINGS);
	f->strings_size = fdt_be32(h + HDR_STRINGS_SIZE);
	f->rsvmap_off = fdt_be32(h + HDR_RSVMAP);
	if (!part_inside(f, f->struct_off, f->struct_size) || !part_inside(f, f->strings_off, f->strings_size) ||
	    !part_inside(f, f->rsvmap_off, 16) || !IS_ALIGNED(f->struct_size, 4))
		return GZ_EINVAL;
	return reserve_map_ok(f) && structure_ok(f) ? GZ_OK : GZ_EINVAL;
}

static u32 bytes_inside(u32 off, u32 size, u32 max)
{
	return off < max ? MIN(size, max - off) : 0;
}

void fdt_open_damaged(struct fdt *f, const void *blob, u32 max)
{
	const u8 *h = blob;

	*f = (struct fdt){ .blob = h };
	if (max < FDT_HEADER || fdt_be32(h + HDR_MAGIC) != FDT_MAGIC)
		return;
	f->size = max;
	f->struct_off = fdt_be32(h + HDR_STRUCT);
	f->struct_size = ALIGN_DOWN(bytes_inside(f->struct_off, fdt_be32(h + HDR_STRUCT_SIZE), max), 4);
	f->strings_off = fdt_be32(h + HDR_STRINGS);
	f->strings_size = bytes_inside(f->strings_off, fdt_be32(h + HDR_STRINGS_SIZE), max);
}

bool fdt_node_next(const struct fdt *f, struct fdt_node *n)
{
	u32 off = n->props, depth = n->depth;
	bool inside = n->props != 0;

	for (;;) {
		u32 start = off;
		struct fdt_token t = fdt_token(f, &off);

		if (t.tag == FDT_TAG_BEGIN) {
			*n = (struct fdt_node){ start, off, inside ? depth + 1 : depth, t.name };
			return true;
		}
		if (t.tag == FDT_TAG_END && inside && depth > 0)
			depth--;
		else if (t.tag != FDT_TAG_PROP && t.tag != FDT_TAG_NOP)
			return false;
	}
}

bool fdt_node_prop(const struct fdt *f, const struct fdt_node *n, const char *name, struct fdt_prop *p)
{
	u32 off = n->props;

	for (;;) {
		struct fdt_token t = fdt_token(f, &off);

		if (t.tag == FDT_TAG_NOP)
			continue;
		if (t.tag != FDT_TAG_PROP)
			return false;
		if (strcmp(t.name, name) == 0) {
			*p = (struct fdt_prop){ t.data, t.len };
			return true;
		}
	}
}

u32 fdt_node_u32(const struct fdt *f, const struct fdt_node *n, const char *name, u32 otherwise)
{
	struct fdt_prop p;

	return fdt_node_prop(f, n, name, &p) && p.len == 4 ? fdt_be32(p.data) : otherwise;
}

const char *fdt_node_string(const struct fdt *f, const struct fdt_node *n, const char *name)
{
	struct fdt_prop p;

	if (!fdt_node_prop(f, n, name, &p) || p.len == 0 || p.data[p.len - 1])
		return NULL;
	return (const char *)p.data;
}

bool fdt_list_has(const struct fdt_prop *list, const char *s)
{
	u32 at = 0, bytes;

	while (at < list->len) {
		bytes = string_bytes(list->data + at, list->len - at);
		if (!bytes)
			return false;
		if (strcmp((const char *)list->data + at, s) == 0)
			return true;
		at += bytes;
	}
	return false;
}

bool fdt_node_is_any(const struct fdt *f, const struct fdt_node *n, const char *const *names)
{
	struct fdt_prop p;

	if (!fdt_node_prop(f, n, "compatible", &p))
		return false;
	for (; *names; names++)
		if (fdt_list_has(&p, *names))
			return true;
	return false;
}

bool fdt_node_enabled(const struct fdt *f, const struct fdt_node *n)
{
	struct fdt_prop p;

	return !fdt_node_prop(f, n, "status", &p) || fdt_list_has(&p, "okay") || fdt_list_has(&p, "ok");
}

bool fdt_cells(const struct fdt_prop *p, u32 at, u32 cells, u64 *value)
{
	if (cells < 1 || cells > 2 || at > p->len || p->len - at < 4 * cells)
		return false;
	*value = cells == 1 ? fdt_be32(p->data + at) : fdt_be64(p->data + at);
	return true;
}

/* name is "serial@1000"; want is "serial@1000" or, without unit address, "serial". */
static bool name_matches(const char *name, const char *want, u32 len)
{
	if (strncmp(name, want, len))
		return false;
	return name[len] == '\0' || name[len] == '@';
}

bool fdt_find_path(const struct fdt *f, const char *path, u32 len, struct fdt_node *n)
{
	u32 at = 0, end, matched = 0;	/* components of path that n's ancestors match */

	*n = (struct fdt_node){ 0 };
	if (len == 0 || path[0] != '/' || !fdt_node_next(f, n))
		return false;
	while (at < len && path[at] == '/')
		at++;
	while (at < len) {
		for (end = at; end < len && path[end] != '/'; end++)
			;
		do {
			if (!fdt_node_next(f, n) || n->depth <= matched)
				return false;
		} while (n->depth != matched + 1 || !name_matches(n->name, path + at, end - at));
		matched++;
		for (at = end; at < len && path[at] == '/'; at++)
			;
	}
	return true;
}
