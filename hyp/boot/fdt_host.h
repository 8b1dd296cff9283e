/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: writes the host's device tree: a new blob from the machine's, with our changes.
 * Never: edit in place (U-Boot's tree has no slack).
 * Used by: boot/handoff.c; tests/host natively.
 */
#ifndef BOOT_FDT_HOST_H
#define BOOT_FDT_HOST_H

#include "boot/boot_layout.h"

/*
 * Copies src to dst (capacity bytes) with: /reserved-memory no-map children for image and pool; a hypervisor node
 * compatible "mediatek,geniezone", "mediatek,geniezone-hyp"; multiboot modules and gz.* arguments gone from /chosen;
 * bootargs, linux,initrd-start/end (2 cells) set; rng-seed and kaslr-seed replaced by seeds64 when not NULL.
 * GZ_ENOMEM too small, GZ_EINVAL malformed. *used gets the size.
 */
enum gz_err fdt_host_write(void *dst, u32 capacity, u32 *used, const void *src, u32 src_size,
			   const struct machine *m, const struct boot_layout *l, const u8 seeds[64]) __must_check;

#endif
