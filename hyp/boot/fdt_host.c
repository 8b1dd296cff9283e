/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: copy the machine's tree token by token into the host's, changing what boot/fdt_host.h lists.
 * Never: keep slack or free space from the source, write behind the capacity.
 * Called by: boot/handoff.c; tests/host natively, checked by another reader.
 */
#include "boot/fdt_host.h"
#include "lib/string.h"
#include "plat/fdt_bus.h"

#define FDT_MAGIC	0xd00dfeed
#define HEADER_SIZE	40
#define BOOT_CPU_AT	28

/* Names of the properties we write, appended to the source's strings block. */
enum name { N_BOOTARGS, N_INITRD_START, N_INITRD_END, N_RNG_SEED, N_KASLR_SEED, N_COMPATIBLE, N_REG, N_NO_MAP,
	    N_ADDRESS_CELLS, N_SIZE_CELLS, N_RANGES, NAMES };
static const char *const names[NAMES] = {
	[N_BOOTARGS] = "bootargs", [N_INITRD_START] = "linux,initrd-start", [N_INITRD_END] = "linux,initrd-end",
	[N_RNG_SEED] = "rng-seed", [N_KASLR_SEED] = "kaslr-seed", [N_COMPATIBLE] = "compatible", [N_REG] = "reg",
	[N_NO_MAP] = "no-map", [N_ADDRESS_CELLS] = "#address-cells", [N_SIZE_CELLS] = "#size-cells", [N_RANGES] = "ranges",
};

/* What a node is, seen from its properties and children. */
enum place { P_OTHER, P_ROOT, P_CHOSEN, P_RESERVED, P_DROPPED };

struct writer {
	u8 *dst;
	u32 capacity, used;
	bool full;
	struct fdt f;
	const struct machine *m;
	const struct boot_layout *l;
	const u8 *seeds;
	u32 address_cells, size_cells;	/* of the root, and so of /reserved-memory */
	bool chosen_seen, reserved_seen;
	enum gz_err err;
};

static void put(struct writer *w, const void *data, u32 len)
{
	if (w->full || len > w->capacity - w->used) {
		w->full = true;
		return;
	}
	if (len)
		memcpy(w->dst + w->used, data, len);
	w->used += len;
}

static void put_be32(struct writer *w, u32 v)
{
	const u8 b[4] = { (u8)(v >> 24), (u8)(v >> 16), (u8)(v >> 8), (u8)v };

	put(w, b, 4);
}

static void put_pad(struct writer *w, u32 alignment)
{
	static const u8 zero[8];

	put(w, zero, (u32)(ALIGN_UP(w->used, alignment) - w->used));
}

static void begin_node(struct writer *w, const char *name)
{
	put_be32(w, FDT_TAG_BEGIN);
	put(w, name, (u32)strlen(name) + 1);
	put_pad(w, 4);
}

static void put_prop(struct writer *w, u32 name_off, const void *data, u32 len)
{
	put_be32(w, FDT_TAG_PROP);
	put_be32(w, len);
	put_be32(w, name_off);
	put(w, data, len);
	put_pad(w, 4);
}

static void prop(struct writer *w, enum name name, const void *data, u32 len)
{
	u32 off = w->f.strings_size;

	for (u32 i = 0; i < name; i++)
		off += (u32)strlen(names[i]) + 1;
	put_prop(w, off, data, len);
}

/* A number as 1 or 2 big-endian cells at p; returns the bytes written. */
static u32 cells(u8 *p, u32 count, u64 value)
{
	for (u32 i = 0; i < 4 * count; i++)
		p[i] = (u8)(value >> (8 * (4 * count - 1 - i)));
	return 4 * count;
}

static void prop_number(struct writer *w, enum name name, u32 count, u64 value)
{
	u8 data[8];

	prop(w, name, data, cells(data, count, value));
}

/* "name@hexaddress" as the specification wants it: lower case, no leading zeros. */
static void unit_name(char *buf, const char *name, u64 address)
{
	u32 n = (u32)strlen(name), shift = 60;

	memcpy(buf, name, n);
	buf[n++] = '@';
	while (shift && !(address >> shift))
		shift -= 4;
	for (;; shift -= 4) {
		buf[n++] = "0123456789abcdef"[(address >> shift) & 0xf];
		if (shift == 0)
			break;
	}
	buf[n] = '\0';
}

/* Linux takes it out of its linear map, so not even speculation goes there. */
static void reserved_child(struct writer *w, const char *name, struct pa_range r)
{
	char unit[48];
	u8 reg[16];
	u32 n;

	if ((w->address_cells == 1 && pa_range_end(r) > BIT(32)) || (w->size_cells == 1 && r.size >= BIT(32)))
		w->err = GZ_EINVAL;
	unit_name(unit, name, r.base.v);
	begin_node(w, unit);
	n = cells(reg, w->address_cells, r.base.v);
	n += cells(reg + n, w->size_cells, r.size);
	prop(w, N_REG, reg, n);
	prop(w, N_NO_MAP, NULL, 0);
	put_be32(w, FDT_TAG_END);
}

static void reserved_children(struct writer *w)
{
	reserved_child(w, "geniezone-image", w->l->image);
	reserved_child(w, "geniezone-pool", w->l->pool);
	if (w->m->firmware.size)
		reserved_child(w, "geniezone-firmware", w->m->firmware);
}

static void chosen_props(struct writer *w)
{
	const struct machine *m = w->m;

	if (m->bootargs[0])
		prop(w, N_BOOTARGS, m->bootargs, (u32)strlen(m->bootargs) + 1);
	if (w->l->initrd.size) {
		prop_number(w, N_INITRD_START, 2, w->l->initrd.base.v);
		prop_number(w, N_INITRD_END, 2, pa_range_end(w->l->initrd));
	}
	if (w->seeds) {
		prop(w, N_KASLR_SEED, w->seeds, 8);
		prop(w, N_RNG_SEED, w->seeds + 8, 56);
	}
}

/* Before the root ends: what the source did not have, and the node the driver binds to. */
static void last_nodes(struct writer *w)
{
	static const char compatible[] = "mediatek,geniezone\0mediatek,geniezone-hyp";

	if (!w->chosen_seen) {
		begin_node(w, "chosen");
		chosen_props(w);
		put_be32(w, FDT_TAG_END);
	}
	if (!w->reserved_seen) {
		begin_node(w, "reserved-memory");
		prop_number(w, N_ADDRESS_CELLS, 1, w->address_cells);
		prop_number(w, N_SIZE_CELLS, 1, w->size_cells);
		prop(w, N_RANGES, NULL, 0);
		reserved_children(w);
		put_be32(w, FDT_TAG_END);
	}
	begin_node(w, "hypervisor");
	prop(w, N_COMPATIBLE, compatible, sizeof(compatible));
	put_be32(w, FDT_TAG_END);
}

static bool drop_node(const struct fdt *f, const struct fdt_node *n, enum place parent)
{
	if (parent == P_DROPPED)
		return true;
	if (parent == P_CHOSEN)
		return fdt_node_compatible(f, n, "multiboot,module", "multiboot,kernel", "multiboot,ramdisk", "gz,firmware");
	return parent == P_ROOT && (strcmp(n->name, "hypervisor") == 0 ||
				    fdt_node_compatible(f, n, "mediatek,geniezone", "mediatek,geniezone-hyp"));
}

/* Of what stays: chosen_props() writes these anew. */
static bool drop_prop(enum place here, const char *name)
{
	for (u32 i = N_BOOTARGS; here == P_CHOSEN && i <= N_KASLR_SEED; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return here == P_DROPPED;
}

/* Linux ignores a /reserved-memory whose cells differ from the root's or that has no ranges: then EL2 would be its RAM. */
static void check_reserved(struct writer *w, const struct fdt_node *n)
{
	struct fdt_prop ranges;

	if (fdt_node_u32(&w->f, n, "#address-cells", 0) != w->address_cells ||
	    fdt_node_u32(&w->f, n, "#size-cells", 0) != w->size_cells || !fdt_node_prop(&w->f, n, "ranges", &ranges))
		w->err = GZ_EINVAL;
	w->reserved_seen = true;
}

static enum place enter_node(struct writer *w, const struct fdt_node *n, enum place parent)
{
	if (drop_node(&w->f, n, parent))
		return P_DROPPED;
	begin_node(w, n->name);
	if (n->depth == 0)
		return P_ROOT;
	if (n->depth == 1 && strcmp(n->name, "chosen") == 0) {
		w->chosen_seen = true;
		chosen_props(w);
		return P_CHOSEN;
	}
	if (n->depth == 1 && strcmp(n->name, "reserved-memory") == 0) {
		check_reserved(w, n);
		return P_RESERVED;
	}
	return P_OTHER;
}

static void leave_node(struct writer *w, enum place here)
{
	if (here == P_DROPPED)
		return;
	if (here == P_RESERVED)
		reserved_children(w);
	if (here == P_ROOT)
		last_nodes(w);
	put_be32(w, FDT_TAG_END);
}

/* The whole structure block, which fdt_open() has checked; place[d] is what the open node of depth d - 1 is. */
static void copy_structure(struct writer *w)
{
	enum place place[FDT_MAX_DEPTH + 2] = { P_OTHER };
	struct fdt_token t;
	u32 off = 0, open = 0;

	do {
		u32 start = off;

		t = fdt_token(&w->f, &off);
		if (t.tag == FDT_TAG_BEGIN) {
			struct fdt_node n = { start, off, open, t.name };

			open++;
			place[open] = enter_node(w, &n, place[open - 1]);
		} else if (t.tag == FDT_TAG_PROP && !drop_prop(place[open], t.name)) {
			put_prop(w, (u32)((const u8 *)t.name - w->f.blob - w->f.strings_off), t.data, t.len);
		} else if (t.tag == FDT_TAG_END) {
			leave_node(w, place[open--]);
		}
	} while (t.tag != FDT_TAG_STOP && t.tag != FDT_TAG_BAD);
	if (t.tag == FDT_TAG_BAD)
		w->err = GZ_EINVAL;
	put_be32(w, FDT_TAG_STOP);
}

static void copy_reservations(struct writer *w)
{
	static const u8 end[16];
	u64 base, size;

	for (u32 i = 0; fdt_reserved(&w->f, i, &base, &size); i++)
		put(w, w->f.blob + w->f.rsvmap_off + 16 * i, 16);
	put(w, end, sizeof(end));
}

static void copy_strings(struct writer *w)
{
	put(w, w->f.blob + w->f.strings_off, w->f.strings_size);
	for (u32 i = 0; i < NAMES; i++)
		put(w, names[i], (u32)strlen(names[i]) + 1);
}

enum gz_err fdt_host_write(void *dst, u32 capacity, u32 *used, const void *src, u32 src_size,
			   const struct machine *m, const struct boot_layout *l, const u8 seeds[64])
{
	struct writer w = { .dst = dst, .capacity = capacity, .m = m, .l = l, .seeds = seeds };
	u32 struct_off, strings_off, header[10];
	struct fdt_node root = { 0 };
	static const u8 space[HEADER_SIZE];
	enum gz_err err = fdt_open(&w.f, src, src_size);

	if (err || !fdt_node_next(&w.f, &root))
		return GZ_EINVAL;
	w.address_cells = fdt_node_u32(&w.f, &root, "#address-cells", 2);
	w.size_cells = fdt_node_u32(&w.f, &root, "#size-cells", 1);
	if (w.address_cells < 1 || w.address_cells > 2 || w.size_cells < 1 || w.size_cells > 2)
		return GZ_EINVAL;
	put(&w, space, HEADER_SIZE);
	copy_reservations(&w);
	struct_off = w.used;
	copy_structure(&w);
	strings_off = w.used;
	copy_strings(&w);
	put_pad(&w, 8);
	if (w.err || w.full)
		return w.err ? w.err : GZ_ENOMEM;
	*used = w.used;
	memcpy(header, (u32[]){ FDT_MAGIC, w.used, struct_off, strings_off, HEADER_SIZE, 17, 16,
				fdt_be32(w.f.blob + BOOT_CPU_AT), w.used - strings_off, strings_off - struct_off },
	       sizeof(header));
	for (w.used = 0; w.used < HEADER_SIZE;)
		put_be32(&w, header[w.used / 4]);
	return GZ_OK;
}
