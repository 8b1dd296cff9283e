/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/boot/boot_layout.c */
/*
 * Job: where kernel, pool and tree go: nothing overlaps, everything is in RAM, every misplaced module has its sentence.
 * Never: a fixed address where the property is what counts.
 * Used by: make -C tests/host run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "boot/boot_layout.h"

#define MIB	(UINT64_C(1) << 20)
#define GIB	(UINT64_C(1) << 30)

static struct machine m;
static struct pa_range image, tree;
static struct image_header header;
static u64 pool_bytes;
static struct boot_layout l;
static const char *why;

static struct pa_range range(u64 base, u64 size) { return (struct pa_range){ PA(base), size }; }

/* QEMU virt with 1 GiB: gz.bin at +2 MiB, initrd and tree at +128 MiB, kernel at +256 MiB. */
static int plain(void **state)
{
	(void)state;
	memset(&m, 0, sizeof(m));
	m.ram_count = 1;
	m.ram[0] = range(GIB, GIB);
	m.kernel = range(0x50000000, 30 * MIB);
	m.initrd = range(0x48000000, 4 * MIB + 123);
	image = range(0x40200000, 0x73000);
	tree = range(0x48600000, MIB);
	header = (struct image_header){ .image_size = 34 * MIB, .flags = 0xa, .magic = 0x644d5241 };
	pool_bytes = 64 * MIB;
	return 0;
}

static enum gz_err plan(void)
{
	return boot_layout_plan(&l, &m, image, tree, &header, pool_bytes, &why);
}

static bool in_ram(struct pa_range r)
{
	for (u32 i = 0; i < m.ram_count; i++)
		if (pa_range_contains(m.ram[i], r))
			return true;
	return false;
}

/* What must hold of every accepted plan. */
static void plan_is_sound(void)
{
	const struct pa_range placed[] = { l.image, l.pool, l.kernel, l.host_fdt, tree, m.initrd, m.firmware };
	u32 i, j;

	assert_null(why);
	for (i = 0; i < ARRAY_SIZE(placed); i++) {
		if (placed[i].size == 0)
			continue;
		assert_true(in_ram(placed[i]));
		for (j = 0; j < i; j++)
			assert_true(placed[j].size == 0 || !pa_range_overlaps(placed[i], placed[j]));
		for (j = 0; j < m.reserved_count && i < 4; j++)
			assert_false(pa_range_overlaps(placed[i], m.reserved[j]));
	}
	assert_true(pa_range_contains(l.image, image));
	assert_true(IS_ALIGNED(l.image.base.v | l.image.size | l.pool.base.v | l.pool.size, BLOCK_SIZE));
	assert_in_range(l.pool.size, pool_bytes, pool_bytes + BLOCK_SIZE - 1);
	assert_int_equal(l.kernel.size, header.image_size);
	assert_true(IS_ALIGNED(l.kernel.base.v - header.text_offset, BLOCK_SIZE));
	assert_int_equal(l.kernel_moves, l.kernel.base.v != m.kernel.base.v);
	assert_true(IS_ALIGNED(l.host_fdt.base.v, BLOCK_SIZE));
	assert_in_range(l.host_fdt.size, tree.size + 4096, BLOCK_SIZE);
	if (l.kernel_moves)
		assert_false(pa_range_overlaps(l.kernel, m.kernel) || pa_range_overlaps(l.pool, m.kernel) ||
			     pa_range_overlaps(l.host_fdt, m.kernel));
}

static void accepted(bool moves)
{
	enum gz_err err = plan();

	if (err)
		print_error("refused: %s\n", why);
	assert_int_equal(err, GZ_OK);
	plan_is_sound();
	assert_int_equal(l.kernel_moves, moves);
}

static void refused(enum gz_err err, const char *cause)
{
	assert_int_equal(plan(), err);
	assert_non_null(why);
	if (!strstr(why, cause))
		print_error("\"%s\" does not say \"%s\"\n", why, cause);
	assert_non_null(strstr(why, cause));
}

static void layout__plain__kernel_stays_pool_at_top(void **state)
{
	(void)state;
	accepted(false);
	assert_int_equal(pa_range_end(l.pool), 2 * GIB);
	assert_int_equal(l.image.base.v, 0x40200000);
	assert_int_equal(l.image.size, BLOCK_SIZE);
	assert_memory_equal(&l.initrd, &m.initrd, sizeof(m.initrd));
}

static void layout__kernel_misaligned_or_blocked__moves(void **state)
{
	(void)state;
	m.kernel.base.v += 0x1000;
	accepted(true);
	plain(state);
	header.text_offset = 0x80000;
	accepted(true);
	m.kernel.base.v += 0x80000;
	accepted(false);
	plain(state);
	m.initrd = range(m.kernel.base.v + 32 * MIB, MIB);	/* behind the file, inside its bss */
	accepted(true);
	plain(state);
	m.reserved[m.reserved_count++] = range(m.kernel.base.v + MIB, 4096);
	accepted(true);
	plain(state);
	m.kernel.base.v = 2 * GIB - 32 * MIB;			/* the file fits, the bss does not */
	accepted(true);
}

static void layout__everything_full__pool_in_holes(void **state)
{
	(void)state;
	m.ram_count = 3;
	m.ram[0] = range(GIB, 512 * MIB);
	m.ram[1] = range(3 * GIB, 8 * MIB);
	m.ram[2] = range(3 * GIB + 16 * MIB + 4096, 65 * MIB);	/* 64 MiB, but not on blocks */
	accepted(false);
	assert_true(pa_range_contains(m.ram[0], l.pool));
	pool_bytes = 8 * MIB - 5;
	m.ram[2].size = 4096;
	accepted(false);
	assert_int_equal(l.pool.base.v, 3 * GIB);
	m.reserved[m.reserved_count++] = range(3 * GIB + 4 * MIB, 1);
	accepted(false);
	assert_true(pa_range_contains(m.ram[0], l.pool));
}

static void layout__firmware_module__kept_clear(void **state)
{
	(void)state;
	m.firmware = range(2 * GIB - 3 * MIB, MIB);
	accepted(false);
	assert_int_equal(pa_range_end(l.pool), 2 * GIB - 4 * MIB);
	m.firmware = range(0x60000000, 4 * MIB);	/* the largest */
	accepted(false);
}

static void layout__no_room__enomem(void **state)
{
	(void)state;
	pool_bytes = GIB;
	refused(GZ_ENOMEM, "EL2's pool");
	plain(state);
	header.image_size = GIB;
	refused(GZ_ENOMEM, "host kernel");
	plain(state);
	pool_bytes = 0;
	refused(GZ_EINVAL, "gz.pool");
	pool_bytes = ~UINT64_C(0);
	refused(GZ_EINVAL, "gz.pool");
}

static void layout__initrd_far_away__kernel_follows_or_refused(void **state)
{
	(void)state;
	m.ram[0].size = 256 * GIB;
	m.initrd.base.v = 200 * GIB;
	refused(GZ_ENOMEM, "32 GiB");
	m.initrd.base.v = 20 * GIB;
	accepted(false);
}

static void layout__bad_kernel__sentence(void **state)
{
	(void)state;
	m.kernel.size = 0;
	refused(GZ_EINVAL, "no host kernel");
	assert_int_equal(boot_layout_plan(&l, &m, image, tree, NULL, pool_bytes, &why), GZ_EINVAL);
	plain(state);
	m.kernel.size = 63;
	refused(GZ_EINVAL, "shorter");
	plain(state);
	header.magic = 0;
	refused(GZ_EINVAL, "no arm64 Image");
	header.code0 = 0x00088b1f;
	refused(GZ_EINVAL, "gzip");
	header.code0 = 0x5a4d;
	header.code1 = 0x676d697a;
	refused(GZ_EINVAL, "zboot");
	plain(state);
	header.image_size = 0;
	refused(GZ_EINVAL, "3.17");
	plain(state);
	header.flags |= 1;
	refused(GZ_EINVAL, "big-endian");
	plain(state);
	header.image_size = m.kernel.size - 1;
	refused(GZ_EINVAL, "cannot be true");
	header.image_size = ~UINT64_C(0);
	refused(GZ_ENOMEM, "host kernel");
	header.text_offset = BLOCK_SIZE;
	refused(GZ_EINVAL, "cannot be true");
	header.text_offset = 4096;
	refused(GZ_EINVAL, "cannot be true");
}

static void layout__misplaced_parts__sentence(void **state)
{
	static const struct { struct pa_range *part; struct pa_range at; enum gz_err err; const char *cause; } bad[] = {
		{ &image, { { 0x3ff00000 }, 0x200000 }, GZ_EINVAL, "EL2's image is not" },
		{ &tree, { { 0x40210000 }, 0x1000 }, GZ_EEXIST, "device tree" },
		{ &tree, { { 0x08000000 }, 0x1000 }, GZ_EINVAL, "device tree is not" },
		{ &tree, { { 0x60000000 }, 2 * MIB }, GZ_ERANGE, "2 MiB" },
		{ &m.kernel, { { 0x80000000 }, MIB }, GZ_EINVAL, "kernel module is not" },
		{ &m.kernel, { { 0x48600000 }, MIB }, GZ_EEXIST, "kernel module overlaps" },
		{ &m.kernel, { { 0x403ff000 }, MIB }, GZ_EEXIST, "kernel module overlaps" },
		{ &m.initrd, { { 0x7ff00000 }, MIB + 1 }, GZ_EINVAL, "initrd is not" },
		{ &m.initrd, { { 0x50000000 }, MIB }, GZ_EEXIST, "initrd overlaps" },
		{ &m.firmware, { { 0 }, MIB }, GZ_EINVAL, "firmware (gz.fw) is not" },
		{ &m.firmware, { { 0x48000000 }, MIB }, GZ_EEXIST, "firmware (gz.fw) overlaps" },
		{ &m.firmware, { { 0x60000800 }, MIB }, GZ_EINVAL, "firmware (gz.fw) is not whole pages" },
		{ &m.firmware, { { 0x60000000 }, MIB + 1 }, GZ_EINVAL, "firmware (gz.fw) is not whole pages" },
		{ &m.firmware, { { 0x60000000 }, 4 * MIB + 4096 }, GZ_ERANGE, "larger than the 4 MiB" },
	};

	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		plain(state);
		*bad[i].part = bad[i].at;
		refused(bad[i].err, bad[i].cause);
	}
	plain(state);
	m.reserved[m.reserved_count++] = range(0x40300000, 1);
	refused(GZ_EEXIST, "reserves");
}

static struct pa_range somewhere(u64 max_size)
{
	u64 size = 1 + (u64)random() % max_size;

	return range(GIB + ((u64)random() << 12) % (GIB - size), size);
}

static void layout__random_obstacles__sound_or_refused(void **state)
{
	u32 good = 0;

	srandom(3);
	for (u32 round = 0; round < 20000; round++) {
		plain(state);
		m.kernel = somewhere(40 * MIB);
		m.initrd = somewhere(100 * MIB);
		tree = somewhere(MIB);
		header.image_size = m.kernel.size + (u64)random() % (20 * MIB);
		header.text_offset = random() % 4 ? 0 : 0x80000;
		pool_bytes = 1 + (u64)random() % (200 * MIB);
		for (m.reserved_count = 0; m.reserved_count < (u32)random() % MACHINE_MAX_RESERVED; m.reserved_count++)
			m.reserved[m.reserved_count] = somewhere(MIB);
		if (random() % 8 == 0) {
			m.reserved_count = MACHINE_MAX_RESERVED;
			m.reserved[MACHINE_MAX_RESERVED - 1] = range(GIB + 512 * MIB, ~UINT64_C(0) - 2 * GIB);
		}
		if (plan()) {
			assert_non_null(why);
			continue;
		}
		plan_is_sound();
		good++;
	}
	assert_true(good > 1000);
}

static void layout__ram_at_zero_reserved_whole__refused(void **state)
{
	(void)state;
	m.ram[0] = range(0, 2 * GIB);
	m.reserved[m.reserved_count++] = range(0, ~UINT64_C(0));
	refused(GZ_EEXIST, "reserves");
	m.reserved[0] = range(0x41000000, ~UINT64_C(0) - 0x41000000);
	m.ram[0] = range(0x40200000, GIB);
	refused(GZ_ENOMEM, "host kernel");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(layout__plain__kernel_stays_pool_at_top, plain),
		cmocka_unit_test_setup(layout__kernel_misaligned_or_blocked__moves, plain),
		cmocka_unit_test_setup(layout__everything_full__pool_in_holes, plain),
		cmocka_unit_test_setup(layout__firmware_module__kept_clear, plain),
		cmocka_unit_test_setup(layout__no_room__enomem, plain),
		cmocka_unit_test_setup(layout__initrd_far_away__kernel_follows_or_refused, plain),
		cmocka_unit_test_setup(layout__bad_kernel__sentence, plain),
		cmocka_unit_test_setup(layout__misplaced_parts__sentence, plain),
		cmocka_unit_test_setup(layout__random_obstacles__sound_or_refused, plain),
		cmocka_unit_test_setup(layout__ram_at_zero_reserved_whole__refused, plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
