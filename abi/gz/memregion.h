/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause */
/*
 * Job: the list of host page ranges of SET_MEMREGION, in a buffer of two host pages.
 * Never: include anything (the includer provides uint32_t, uint64_t), nor be read twice by EL2.
 * Used by: hyp/hvc, linux/arch/arm64/geniezone, guests/el1host, tests.
 */
#ifndef GZ_MEMREGION_H
#define GZ_MEMREGION_H

struct gz_mem_constituent {
	uint64_t base_pa;
	uint32_t page_count;
	uint32_t reserved;		/* ignored: published drivers leave it unset */
};

struct gz_memregion {
	uint32_t slot;
	uint32_t constituent_count;
	uint64_t total_pages;
	uint64_t gpa;
	struct gz_mem_constituent constituents[];
};

#define GZ_MEMREGION_BUF_BYTES		8192
#define GZ_MEMREGION_MAX_CONSTITUENTS	510

/* CREATE_DEVICE x2: same layout as struct gzvm_create_device. */
struct gz_create_device {
	uint32_t dev_type;
	uint32_t id;
	uint64_t flags;
	uint64_t dev_addr;
	uint64_t dev_reg_size;
	uint64_t attr_addr;
	uint64_t attr_size;
};

#define GZ_DEV_VGIC_DIST	0
#define GZ_DEV_VGIC_REDIST	1
#define GZ_VGIC_DIST_SIZE	0x10000u
#define GZ_VGIC_REDIST_STRIDE	0x20000u	/* per vCPU, whatever dev_reg_size says */

#endif
