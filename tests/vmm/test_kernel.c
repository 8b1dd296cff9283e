// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: which kernel files are taken, where they go, and what is said of the others.
 * Never: a real kernel: headers are made here, byte by byte.
 * Used by: make -C tests/vmm run.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "boot/kernel.h"
#include "layout.h"
#include "lib/err.h"
#include "vmm/fake.h"

#define MEM_SIZE	(UINT64_C(64) << 20)

static struct gmem mem;
static struct boot_image img;
static char path[64];

static int setup(void **state)
{
	(void)state;
	strcpy(path, "/tmp/gz-test-kernel-XXXXXX");
	close(mkstemp(path));
	return gmem_create(&mem, GZ_RAM_BASE, MEM_SIZE);
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	gmem_destroy(&mem);
	return 0;
}

static void save(const void *data, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_int_equal(fwrite(data, 1, len, f), len);
	fclose(f);
}

/* An Image of LEN bytes whose header says the rest. */
static uint8_t *image(size_t len, uint64_t text_offset, uint64_t image_size, uint64_t flags)
{
	uint8_t *p = calloc(1, len);

	for (size_t i = 64; i < len; i++)
		p[i] = (uint8_t)(i * 7);
	memcpy(p + 8, &text_offset, 8);
	memcpy(p + 16, &image_size, 8);
	memcpy(p + 24, &flags, 8);
	memcpy(p + 56, "ARM\x64", 4);
	return p;
}

static void save_image(size_t len, uint64_t text_offset, uint64_t image_size, uint64_t flags)
{
	uint8_t *p = image(len, text_offset, image_size, flags);

	save(p, len);
	free(p);
}

static void refused(bool flat, const char *why)
{
	unsigned int files = fake_open_files();

	assert_int_equal(boot_load_kernel(&mem, path, flat, &img), -1);
	if (!strstr(gz_err_last(), why))
		fail_msg("\"%s\" does not say \"%s\"", gz_err_last(), why);
	assert_non_null(strstr(gz_err_last(), path));
	assert_int_equal(fake_open_files(), files);
}

static void kernel__image__at_its_offset(void **state)
{
	uint8_t *p = image(100000, 0, 300000, 0xa);

	(void)state;
	save(p, 100000);
	assert_int_equal(boot_load_kernel(&mem, path, false, &img), 0);
	assert_int_equal(img.entry, GZ_RAM_BASE);
	assert_int_equal(img.kernel_end, GZ_RAM_BASE + 300000);
	assert_int_equal(img.fdt, GZ_RAM_BASE + MEM_SIZE - GZ_FDT_MAX);
	assert_memory_equal(mem.host, p, 100000);
	free(p);
}

static void kernel__old_image__at_80000(void **state)
{
	(void)state;
	save_image(1000, 0, 0, 0);
	assert_int_equal(boot_load_kernel(&mem, path, false, &img), 0);
	assert_int_equal(img.entry, GZ_RAM_BASE + 0x80000);
}

static void kernel__text_offset__respected(void **state)
{
	(void)state;
	save_image(1000, 0x10000, 1000, 0);
	assert_int_equal(boot_load_kernel(&mem, path, false, &img), 0);
	assert_int_equal(img.entry, GZ_RAM_BASE + 0x10000);
}

static size_t gzip(const uint8_t *in, size_t len, uint8_t *out, size_t room)
{
	z_stream z = { .next_in = (uint8_t *)(uintptr_t)in, .avail_in = (unsigned int)len,
		       .next_out = out, .avail_out = (unsigned int)room };

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return room - z.avail_out;
}

static void kernel__gzip__unpacked(void **state)
{
	size_t len = 3 << 20, packed_len;
	uint8_t *p = image(len, 0, len, 0), *packed = malloc(len);

	(void)state;
	packed_len = gzip(p, len, packed, len);
	save(packed, packed_len);
	assert_int_equal(boot_load_kernel(&mem, path, false, &img), 0);
	assert_memory_equal(mem.host, p, len);
	save(packed, packed_len / 2);
	refused(false, "ends too early");
	packed[packed_len / 2] ^= 0xff;
	save(packed, packed_len);
	refused(false, "damaged gzip");
	free(packed);
	free(p);
}

static void kernel__gzip_of_no_image__refused(void **state)
{
	uint8_t packed[200];
	size_t n = gzip((const uint8_t *)"hello", 5, packed, sizeof(packed));

	(void)state;
	save(packed, n);
	refused(false, "no arm64 Image");
	save(packed, 10);
	refused(false, "ends too early");
}

static void kernel__other_formats__named(void **state)
{
	uint8_t x86[600] = { 0 };

	(void)state;
	save("just text, no kernel", 20);
	refused(false, "no arm64 Image");
	save("\x28\xb5\x2f\xfd rest", 9);
	refused(false, "zstd");
	save("\xfd" "7zXZ rest", 9);
	refused(false, "xz -d");
	save("\177ELF rest", 9);
	refused(false, "ELF");
	save("MZ\0\0zimg rest", 13);
	refused(false, "zboot");
	memcpy(x86 + 514, "HdrS", 4);
	save(x86, sizeof(x86));
	refused(false, "x86");
}

static void kernel__bad_headers__refused(void **state)
{
	(void)state;
	save_image(1000, 0, 1000, 1);
	refused(false, "big-endian");
	save_image(1000, 0x200000, 1000, 0);
	refused(false, "damaged");
	save_image(1000, 0x123, 1000, 0);
	refused(false, "damaged");
	save_image(1000, UINT64_MAX - 0xfff, 1000, 0);
	refused(false, "damaged");
	save_image(1000, 0, MEM_SIZE - GZ_FDT_MAX + 1, 0);
	refused(false, "larger --mem");
	save_image(1000, 0, UINT64_MAX, 0);
	refused(false, "larger --mem");
	save_image(1000, 0x1ff000, MEM_SIZE - GZ_FDT_MAX - 0x1ff000 + 1, 0);
	refused(false, "larger --mem");
}

static void kernel__bad_files__refused(void **state)
{
	(void)state;
	save("", 0);
	refused(false, "empty");
	unlink(path);
	refused(false, "No such file");
	refused(true, "No such file");
	strcpy(path, "/tmp");
	refused(false, "no regular file");
}

static void flat__anything__at_80000(void **state)
{
	(void)state;
	save("\1\2\3\4", 4);
	assert_int_equal(boot_load_kernel(&mem, path, true, &img), 0);
	assert_int_equal(img.entry, GZ_RAM_BASE + 0x80000);
	assert_memory_equal(mem.host + 0x80000, "\1\2\3\4", 4);
}

static void flat__too_large__refused(void **state)
{
	(void)state;
	save("x", 1);
	assert_int_equal(truncate(path, (off_t)(MEM_SIZE - GZ_FDT_MAX - 0x80000 + 1)), 0);
	refused(true, "larger --mem");
	assert_int_equal(truncate(path, (off_t)(MEM_SIZE - GZ_FDT_MAX - 0x80000)), 0);
	assert_int_equal(boot_load_kernel(&mem, path, true, &img), 0);
}

static void initrd__behind_kernel__16m_aligned(void **state)
{
	(void)state;
	save_image(1000, 0, 20 << 20, 0);
	assert_int_equal(boot_load_kernel(&mem, path, false, &img), 0);
	save("initrd", 6);
	assert_int_equal(boot_load_initrd(&mem, path, &img), 0);
	assert_int_equal(img.initrd_start, GZ_RAM_BASE + (32 << 20));
	assert_int_equal(img.initrd_end - img.initrd_start, 6);
	assert_memory_equal(mem.host + (32 << 20), "initrd", 6);
}

static void initrd__no_room__refused(void **state)
{
	(void)state;
	save_image(1000, 0, 1000, 0);
	assert_int_equal(boot_load_kernel(&mem, path, false, &img), 0);
	assert_int_equal(truncate(path, (off_t)(MEM_SIZE - GZ_FDT_MAX - (16 << 20) + 1)), 0);
	assert_int_equal(boot_load_initrd(&mem, path, &img), -1);
	assert_non_null(strstr(gz_err_last(), "larger --mem"));
	assert_int_equal(truncate(path, (off_t)(MEM_SIZE - GZ_FDT_MAX - (16 << 20))), 0);
	assert_int_equal(boot_load_initrd(&mem, path, &img), 0);
	img.kernel_end = img.fdt - 100;
	assert_int_equal(boot_load_initrd(&mem, path, &img), -1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(kernel__image__at_its_offset), T(kernel__old_image__at_80000),
		T(kernel__text_offset__respected), T(kernel__gzip__unpacked),
		T(kernel__gzip_of_no_image__refused), T(kernel__other_formats__named),
		T(kernel__bad_headers__refused), T(kernel__bad_files__refused),
		T(flat__anything__at_80000), T(flat__too_large__refused),
		T(initrd__behind_kernel__16m_aligned), T(initrd__no_room__refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
