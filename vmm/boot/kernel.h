/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: put kernel and initrd into guest memory and say where they are.
 * Never: believe a header's numbers before they fit into memory.
 * Used by: machine.c; spec: the kernel's Documentation/arch/arm64/booting.rst.
 */
#ifndef GZ_BOOT_KERNEL_H
#define GZ_BOOT_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mem/gmem.h"

struct boot_image {
	uint64_t entry;
	uint64_t kernel_end;			/* first byte after kernel and its bss */
	uint64_t initrd_start, initrd_end;	/* equal: none */
	uint64_t fdt;				/* where the device tree goes */
};

/* The FDT's place: the last 2 MiB block that is wholly inside RAM. */
uint64_t boot_fdt_address(const struct gmem *mem);

/*
 * Load the kernel at PATH: an arm64 Image or a gzip of one; with FLAT any file, at RAM base
 * + 0x80000. Fills entry, kernel_end and fdt. 0, or -1 after saying why.
 */
int boot_load_kernel(const struct gmem *mem, const char *path, bool flat, struct boot_image *img);

/* Load firmware at the start of its own memory. */
int boot_load_firmware(const struct gmem *mem, const char *path);

/* Load an initrd behind the kernel, below the FDT. Call after boot_load_kernel(). */
int boot_load_initrd(const struct gmem *mem, const char *path, struct boot_image *img);

/* Read a whole file; *DATA is the caller's to free. WHAT names its part in messages. */
int boot_read_file(const char *what, const char *path, uint8_t **data, size_t *len);

/* Unpack gzip data IN to a new buffer of at most MAX bytes. -1 after saying why. */
int boot_gunzip(const char *path, const uint8_t *in, size_t in_len, uint8_t **out, size_t *out_len);

#endif
