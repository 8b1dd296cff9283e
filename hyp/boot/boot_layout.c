/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: choose places for the host kernel, the pool and the host's tree among what already lies in RAM.
 * Never: move EL2's image or the initrd; accept an overlap that a loader made by mistake.
 * Called by: boot/init.c; tests/host natively.
 */
#include "boot/boot_layout.h"

#define IMAGE_MAGIC		0x644d5241	/* "ARM\x64" */
#define IMAGE_BIG_ENDIAN	BIT(0)
#define GZIP_MAGIC		0x8b1f
#define PE_MAGIC		0x5a4d		/* "MZ" */
#define ZBOOT_MAGIC		0x676d697a	/* "zimg" */
/* Documentation/arch/arm64/booting.rst, "Setup the device tree": at most 2 MiB, so it never crosses a block here. */
#define HOST_FDT_MAX		BLOCK_SIZE
#define HOST_FDT_GROWTH		(16 * PAGE_SIZE)
/* "Call the kernel image": initrd and kernel inside one 32 GiB window. */
#define INITRD_WINDOW		(UINT64_C(32) << 30)
#define FIRMWARE_MAX		(UINT64_C(4) << 20)

#define MAX_OBSTACLES		(MACHINE_MAX_RESERVED + 8)

struct plan {
	struct pa_range obstacle[MAX_OBSTACLES];
	u32 count;
	const struct machine *m;
	const char **why;
};

static enum gz_err refuse(struct plan *p, enum gz_err err, const char *why)
{
	*p->why = why;
	return err;
}

static void keep_clear(struct plan *p, struct pa_range r)
{
	if (r.size)
		p->obstacle[p->count++] = r;
}

static bool in_ram(const struct machine *m, struct pa_range r)
{
	for (u32 i = 0; i < m->ram_count; i++)
		if (pa_range_contains(m->ram[i], r))
			return true;
	return false;
}

/* The obstacle that overlaps r, NULL when r is free. */
static const struct pa_range *blocked_by(const struct plan *p, struct pa_range r)
{
	for (u32 i = 0; i < p->count; i++)
		if (pa_range_overlaps(p->obstacle[i], r))
			return &p->obstacle[i];
	return NULL;
}

/* Lowest free place of size bytes at a block boundary + offset. */
static bool find_low(const struct plan *p, u64 size, u64 offset, struct pa_range *found)
{
	for (u32 i = 0; i < p->m->ram_count; i++) {
		struct pa_range bank = p->m->ram[i];
		u64 base = ALIGN_UP(bank.base.v, BLOCK_SIZE);

		for (;;) {
			const struct pa_range *block;
			u64 next;

			if (base < bank.base.v || !pa_range_make(found, PA(base + offset), size) ||
			    found->base.v < base || !pa_range_contains(bank, *found))
				break;
			block = blocked_by(p, *found);
			if (!block)
				return true;
			/* Each step passes an obstacle for good, so this ends; one at the top of the space wraps. */
			next = ALIGN_UP(pa_range_end(*block) - MIN(offset, pa_range_end(*block)), BLOCK_SIZE);
			if (next <= base)
				break;
			base = next;
		}
	}
	return false;
}

/* Highest free place: the pool is EL2's for ever, and hosts want their low memory for 32-bit devices. */
static bool find_high(const struct plan *p, u64 size, struct pa_range *found)
{
	for (u32 i = p->m->ram_count; i-- > 0;) {
		struct pa_range bank = p->m->ram[i];
		u64 end = ALIGN_DOWN(pa_range_end(bank), BLOCK_SIZE);

		while (end >= size && end - size >= bank.base.v) {
			const struct pa_range *block;

			*found = (struct pa_range){ PA(end - size), size };
			block = blocked_by(p, *found);
			if (!block)
				return true;
			end = ALIGN_DOWN(block->base.v, BLOCK_SIZE);
		}
	}
	return false;
}

static enum gz_err check_header(struct plan *p, const struct image_header *k)
{
	u64 size = p->m->kernel.size;

	if (size == 0)
		return refuse(p, GZ_EINVAL, "no host kernel: /chosen has no multiboot,kernel module (QEMU: -device guest-loader,addr=0x50000000,kernel=FILE)");
	if (size < sizeof(*k) || !k)
		return refuse(p, GZ_EINVAL, "host kernel: the module is shorter than an Image header");
	const struct { bool bad; const char *why; } rules[] = {
		{ (k->code0 & 0xffff) == GZIP_MAGIC, "host kernel: it is gzip-compressed: unpack it, EL2 takes a raw Image" },
		{ (k->code0 & 0xffff) == PE_MAGIC && k->code1 == ZBOOT_MAGIC, "host kernel: it is an EFI zboot file: EL2 takes a raw Image" },
		{ k->magic != IMAGE_MAGIC, "host kernel: the module is no arm64 Image (no ARM64 magic at byte 56)" },
		{ k->image_size == 0, "host kernel: image_size is 0 in its header: Linux 3.17 or later is needed" },
		{ k->flags & IMAGE_BIG_ENDIAN, "host kernel: it is big-endian" },
		{ k->image_size < size || k->text_offset >= BLOCK_SIZE || k->image_size + k->text_offset < k->image_size,
		  "host kernel: image_size or text_offset in its header cannot be true" },
	};

	for (u32 i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].bad)
			return refuse(p, GZ_EINVAL, rules[i].why);
	return GZ_OK;
}

/* What the loader put where: nothing of it may lie on anything else of it. */
static enum gz_err check_loaded(struct plan *p, struct pa_range image, struct pa_range fdt)
{
	const struct { struct pa_range r; const char *outside, *overlap; } part[] = {
		{ image, "EL2's image is not inside RAM: load gz.bin into memory that the device tree describes",
		  "EL2's image overlaps the device tree: load them further apart" },
		{ fdt, "the device tree is not inside RAM", "the device tree overlaps a boot module: load them further apart" },
		{ p->m->kernel, "host kernel module is not inside RAM", "host kernel module overlaps EL2's image, the device tree or another module: load it elsewhere" },
		{ p->m->initrd, "initrd is not inside RAM", "initrd overlaps EL2's image, the device tree or another module: load it elsewhere" },
		{ p->m->firmware, "firmware (gz.fw) is not inside RAM", "firmware (gz.fw) overlaps EL2's image, the device tree or another module: load it elsewhere" },
	};
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(part); i++) {
		if (part[i].r.size == 0)
			continue;
		if (!in_ram(p->m, part[i].r))
			return refuse(p, GZ_EINVAL, part[i].outside);
		for (j = 0; j < i; j++)
			if (part[j].r.size && pa_range_overlaps(part[i].r, part[j].r))
				return refuse(p, GZ_EEXIST, part[MAX(i, 1)].overlap);
	}
	for (i = 0; i < p->m->reserved_count; i++)
		if (pa_range_overlaps(image, p->m->reserved[i]))
			return refuse(p, GZ_EEXIST, "EL2's image lies on memory the device tree reserves: load gz.bin elsewhere");
	return GZ_OK;
}

/* Guests get it by whole pages, and clients leave 4 MiB for it (abi section "Protected VM"). */
static enum gz_err check_firmware(struct plan *p)
{
	struct pa_range r = p->m->firmware;

	if (!IS_ALIGNED(r.base.v | r.size, PAGE_SIZE))
		return refuse(p, GZ_EINVAL, "firmware (gz.fw) is not whole pages: pad it to a multiple of 4 KiB (tools/pack-firmware does) and load it at one");
	if (r.size > FIRMWARE_MAX)
		return refuse(p, GZ_ERANGE, "firmware (gz.fw) is larger than the 4 MiB that guests have for it: make it smaller");
	return GZ_OK;
}

static bool initrd_reachable(const struct machine *m, struct pa_range kernel)
{
	u64 low = MIN(kernel.base.v, m->initrd.base.v);

	return m->initrd.size == 0 || MAX(pa_range_end(kernel), pa_range_end(m->initrd)) - low <= INITRD_WINDOW;
}

/* Where it lies if it may run there, else copied to the lowest free place. */
static enum gz_err place_kernel(struct plan *p, struct boot_layout *l, const struct image_header *k)
{
	struct pa_range module = p->m->kernel;

	if (IS_ALIGNED(module.base.v - k->text_offset, BLOCK_SIZE) &&
	    pa_range_make(&l->kernel, module.base, k->image_size) && in_ram(p->m, l->kernel) &&
	    !blocked_by(p, l->kernel) && initrd_reachable(p->m, l->kernel)) {
		keep_clear(p, l->kernel);
		return GZ_OK;
	}
	l->kernel_moves = true;
	keep_clear(p, module);
	if (!find_low(p, k->image_size, k->text_offset, &l->kernel))
		return refuse(p, GZ_ENOMEM, "no room for the host kernel: no free 2 MiB aligned range of its image_size in RAM; give the machine more memory or load the modules elsewhere");
	if (!initrd_reachable(p->m, l->kernel))
		return refuse(p, GZ_ENOMEM, "no room for the host kernel within 32 GiB of its initrd: load the initrd lower");
	keep_clear(p, l->kernel);
	return GZ_OK;
}

static enum gz_err place_rest(struct plan *p, struct boot_layout *l, u64 pool_bytes, u64 fdt_size)
{
	u64 pool = ALIGN_UP(pool_bytes, BLOCK_SIZE);
	u64 tree = ALIGN_UP(fdt_size + HOST_FDT_GROWTH, PAGE_SIZE);

	if (fdt_size > HOST_FDT_MAX - HOST_FDT_GROWTH)
		return refuse(p, GZ_ERANGE, "device tree: larger than the 2 MiB an arm64 kernel accepts");
	if (pool_bytes == 0 || pool < pool_bytes)
		return refuse(p, GZ_EINVAL, "gz.pool= is no size");
	if (!find_high(p, pool, &l->pool))
		return refuse(p, GZ_ENOMEM, "no room for EL2's pool: no free range of that size in RAM; lower gz.pool= or give the machine more memory");
	keep_clear(p, l->pool);
	if (!find_low(p, tree, 0, &l->host_fdt))
		return refuse(p, GZ_ENOMEM, "no room for the host's device tree: give the machine more memory");
	return GZ_OK;
}

enum gz_err boot_layout_plan(struct boot_layout *l, const struct machine *m, struct pa_range image,
			     struct pa_range fdt, const struct image_header *kernel, u64 pool_bytes,
			     const char **why)
{
	struct plan p = { .m = m, .why = why };
	u64 image_base = ALIGN_DOWN(image.base.v, BLOCK_SIZE);
	enum gz_err err;
	u32 i;

	*why = NULL;
	*l = (struct boot_layout){ .initrd = m->initrd };
	if (!pa_range_make(&l->image, PA(image_base), ALIGN_UP(pa_range_end(image), BLOCK_SIZE) - image_base))
		return refuse(&p, GZ_EINVAL, "EL2's image is no range");
	err = check_loaded(&p, l->image, fdt);	/* first: a module under another one has a header that says nothing */
	if (!err)
		err = check_firmware(&p);
	if (!err)
		err = check_header(&p, kernel);
	if (err)
		return err;
	keep_clear(&p, l->image);
	keep_clear(&p, fdt);
	keep_clear(&p, m->initrd);
	keep_clear(&p, m->firmware);
	for (i = 0; i < m->reserved_count; i++)
		keep_clear(&p, m->reserved[i]);
	err = place_kernel(&p, l, kernel);
	return err ? err : place_rest(&p, l, pool_bytes, fdt.size);
}
