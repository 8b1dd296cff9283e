// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: recognise a kernel, place it, place the initrd.
 * Never: write outside guest memory or over another part.
 * Used by: machine.c.
 */
#include <endian.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "boot/kernel.h"
#include "layout.h"
#include "lib/err.h"

#define IMAGE_HEADER_LEN	64
#define IMAGE_MAGIC		"ARM\x64"
#define IMAGE_F_BIG_ENDIAN	1u

uint64_t boot_fdt_address(const struct gmem *mem)
{
	return (mem->base + mem->size - GZ_FDT_MAX) & ~(GZ_FDT_MAX - 1);
}

static uint64_t field64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static bool starts(const uint8_t *data, size_t len, const char *magic, size_t magic_len)
{
	return len >= magic_len && memcmp(data, magic, magic_len) == 0;
}

/* The file is no Image: say what it is instead, since people mix these up. */
static int say_no_image(const char *path, const uint8_t *data, size_t len)
{
	if (starts(data, len, "\x28\xb5\x2f\xfd", 4))
		return gz_err("kernel %s is packed with zstd, which this version cannot unpack:"
			      " `zstd -d` it first", path);
	if (starts(data, len, "\xfd" "7zXZ", 5))
		return gz_err("kernel %s is packed with xz: `xz -d` it first", path);
	if (len >= 8 && starts(data, len, "MZ", 2) && memcmp(data + 4, "zimg", 4) == 0)
		return gz_err("kernel %s is an EFI zboot image, which only firmware can start:"
			      " give the plain arm64 Image", path);
	if (starts(data, len, "\177ELF", 4))
		return gz_err("kernel %s is an ELF file: give the arm64 Image"
			      " (arch/arm64/boot/Image), or --flat for a bare binary", path);
	if (len >= 518 && memcmp(data + 514, "HdrS", 4) == 0)
		return gz_err("kernel %s is an x86 kernel: give an arm64 Image", path);
	return gz_err("kernel %s is no arm64 Image: give one, or say --flat FILE for a bare binary",
		      path);
}

static int place(const struct gmem *mem, uint64_t at, const uint8_t *data, size_t len)
{
	void *to = gmem_span(mem, at, len);

	if (!to)
		return -1;
	memcpy(to, data, len);
	return 0;
}

static int say_too_small(const char *what, const char *path, const struct gmem *mem)
{
	return gz_err("%s %s does not fit into %" PRIu64 " MiB of guest memory: give a larger --mem",
		      what, path, mem->size >> 20);
}

static int load_image(const struct gmem *mem, const char *path, const uint8_t *data, size_t len,
		      struct boot_image *img)
{
	uint64_t text_offset, image_size, limit = boot_fdt_address(mem) - mem->base;

	if (len < IMAGE_HEADER_LEN || memcmp(data + 56, IMAGE_MAGIC, 4))
		return say_no_image(path, data, len);
	text_offset = field64(data + 8);
	image_size = field64(data + 16);
	if (field64(data + 24) & IMAGE_F_BIG_ENDIAN)
		return gz_err("kernel %s is big-endian: build it little-endian", path);
	if (image_size == 0)
		text_offset = GZ_FLAT_OFFSET;	/* kernels before 3.17 say nothing */
	if (image_size < len)
		image_size = len;
	if (text_offset >= 2 * GZ_MIB || (text_offset & 0xfff))
		return gz_err("kernel %s is damaged: its header asks for offset 0x%" PRIx64, path,
			      text_offset);
	if (image_size > limit || text_offset > limit - image_size)
		return say_too_small("kernel", path, mem);
	img->entry = mem->base + text_offset;
	img->kernel_end = img->entry + image_size;
	return place(mem, img->entry, data, len);
}

static int load_flat(const struct gmem *mem, const char *path, const uint8_t *data, size_t len,
		     struct boot_image *img)
{
	uint64_t limit = boot_fdt_address(mem) - mem->base;

	if (len > limit - GZ_FLAT_OFFSET)
		return say_too_small("flat binary", path, mem);
	img->entry = mem->base + GZ_FLAT_OFFSET;
	img->kernel_end = img->entry + len;
	return place(mem, img->entry, data, len);
}

int boot_load_kernel(const struct gmem *mem, const char *path, bool flat, struct boot_image *img)
{
	uint8_t *file, *image;
	size_t file_len, image_len;
	int err;

	*img = (struct boot_image){ .fdt = boot_fdt_address(mem) };
	if (boot_read_file(flat ? "flat binary" : "kernel", path, &file, &file_len))
		return -1;
	if (flat) {
		err = load_flat(mem, path, file, file_len, img);
	} else if (starts(file, file_len, "\x1f\x8b", 2)) {
		err = boot_gunzip(path, file, file_len, &image, &image_len);
		if (!err) {
			err = load_image(mem, path, image, image_len, img);
			free(image);
		}
	} else {
		err = load_image(mem, path, file, file_len, img);
	}
	free(file);
	return err;
}

int boot_load_initrd(const struct gmem *mem, const char *path, struct boot_image *img)
{
	uint64_t at = (img->kernel_end + GZ_INITRD_ALIGN - 1) & ~(GZ_INITRD_ALIGN - 1);
	uint8_t *data;
	size_t len;
	int err;

	if (boot_read_file("initrd", path, &data, &len))
		return -1;
	if (at >= img->fdt || len > img->fdt - at) {
		err = say_too_small("initrd", path, mem);
	} else {
		img->initrd_start = at;
		img->initrd_end = at + len;
		err = place(mem, at, data, len);
	}
	free(data);
	return err;
}

int boot_load_firmware(const struct gmem *mem, const char *path)
{
	uint8_t *data;
	size_t len;
	int err = 0;

	if (boot_read_file("firmware", path, &data, &len))
		return -1;
	if (place(mem, mem->base, data, len))
		err = gz_err("firmware %s has %zu bytes: a guest has room for %" PRIu64 " MiB", path, len,
			     mem->size >> 20);
	free(data);
	return err;
}
