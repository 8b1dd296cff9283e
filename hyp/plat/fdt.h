/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a bounded reader of flattened device trees (Devicetree Specification v0.4) - no allocation, no trust.
 * Never: read outside [blob, blob + size), recurse, or loop without a bound.
 * Used by: boot/, plat/fdt_*.c. The blob must not change while it is read: nobody else runs yet.
 */
#ifndef PLAT_FDT_H
#define PLAT_FDT_H

#include "lib/addr.h"
#include "lib/err.h"

#define FDT_MAX_DEPTH		24	/* the root is depth 0; real trees end at 9 */

struct fdt { const u8 *blob; u32 size; u32 struct_off, struct_size, strings_off, strings_size, rsvmap_off; };

enum fdt_tag { FDT_TAG_BEGIN = 1, FDT_TAG_END = 2, FDT_TAG_PROP = 3, FDT_TAG_NOP = 4, FDT_TAG_STOP = 9, FDT_TAG_BAD = 0 };

/* One token of the structure block. name and data point into the blob and are inside it; names end in NUL. */
struct fdt_token { enum fdt_tag tag; const char *name; const u8 *data; u32 len; };

/* A node: off of its BEGIN token, props where its properties start. All zero: before the root. */
struct fdt_node { u32 off, props, depth; const char *name; };
struct fdt_prop { const u8 *data; u32 len; };

/*
 * Checks header, reservation map and every token: GZ_EINVAL bad magic, version, offsets or structure;
 * GZ_ERANGE total size over max. max: bytes that may be read at blob.
 */
enum gz_err fdt_open(struct fdt *f, const void *blob, u32 max) __must_check;

/*
 * A tree that fdt_open() refused, opened as far as its parts lie within max, to find a console to say so: nodes may be
 * deeper than FDT_MAX_DEPTH, and end anywhere. No reservation map.
 */
void fdt_open_damaged(struct fdt *f, const void *blob, u32 max);

/* Total size out of a header of at least 40 bytes, 0 when it is none: how much to map before fdt_open. */
u32 fdt_total_size(const void *header);

/* The token at *off (from the start of the structure block); moves *off behind it. FDT_TAG_BAD is final. */
struct fdt_token fdt_token(const struct fdt *f, u32 *off);

/* Entry n of the reservation map; false behind the last one. */
bool fdt_reserved(const struct fdt *f, u32 n, u64 *base, u64 *size);

/* The next node in document order, any depth; start with a zeroed node. False at the end. */
bool fdt_node_next(const struct fdt *f, struct fdt_node *n);
/* Absolute path ("/soc/serial@1000", unit address optional), len bytes, no NUL needed. */
bool fdt_find_path(const struct fdt *f, const char *path, u32 len, struct fdt_node *n);

bool fdt_node_prop(const struct fdt *f, const struct fdt_node *n, const char *name, struct fdt_prop *p);
/* A property of one cell; otherwise when it is absent or of another size. */
u32 fdt_node_u32(const struct fdt *f, const struct fdt_node *n, const char *name, u32 otherwise);
/* A property that holds one NUL-terminated string; NULL when absent or unterminated. */
const char *fdt_node_string(const struct fdt *f, const struct fdt_node *n, const char *name);
/* One of the strings of list (compatible) equals s. */
bool fdt_list_has(const struct fdt_prop *list, const char *s);
/* compatible names one of the strings given. */
#define fdt_node_compatible(f, n, ...)	fdt_node_is_any(f, n, (const char *const[]){ __VA_ARGS__, NULL })
bool fdt_node_is_any(const struct fdt *f, const struct fdt_node *n, const char *const *names);
/* status absent, "okay" or "ok". */
bool fdt_node_enabled(const struct fdt *f, const struct fdt_node *n);

/* A number of 1 or 2 cells at byte offset at; false when the property is too short or cells is neither. */
bool fdt_cells(const struct fdt_prop *p, u32 at, u32 cells, u64 *value);

static inline u32 fdt_be32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

static inline u64 fdt_be64(const u8 *p)
{
	return (u64)fdt_be32(p) << 32 | fdt_be32(p + 4);
}

#endif
