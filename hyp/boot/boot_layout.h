/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: pure arithmetic of boot: where the pool, the host kernel and its new device tree go, and that nothing overlaps.
 * Never: touch hardware; tests/host runs it natively.
 * Used by: boot/init.c, boot/handoff.c.
 */
#ifndef BOOT_BOOT_LAYOUT_H
#define BOOT_BOOT_LAYOUT_H

#include "plat/machine.h"

struct boot_layout {
	struct pa_range image;		/* gz.bin, whole 2 MiB blocks: EL2's */
	struct pa_range pool;		/* records and pages, whole 2 MiB blocks: EL2's; need not touch image */
	struct pa_range kernel;		/* where the host kernel will be (image_size), 2 MiB aligned + text_offset */
	bool kernel_moves;
	struct pa_range host_fdt;	/* where the new tree goes */
	struct pa_range initrd;
};

/* Header of an arm64 Linux Image at the start of the kernel module (Documentation/arch/arm64/booting). */
struct image_header { u32 code0, code1; u64 text_offset, image_size, flags, res2, res3, res4; u32 magic, res5; };

/* pool_bytes: wanted pool size, fdt: range of the incoming tree. GZ_ENOMEM no room, GZ_EEXIST overlaps, GZ_EINVAL no Image; *why says it. */
enum gz_err boot_layout_plan(struct boot_layout *l, const struct machine *m, struct pa_range image,
			     struct pa_range fdt, const struct image_header *kernel, u64 pool_bytes,
			     const char **why) __must_check;

#endif
