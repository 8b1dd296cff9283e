/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the device tree a guest gets.
 * Never: name a device the machine does not have.
 * Used by: machine.c; spec: Devicetree Specification and the kernel's bindings.
 */
#ifndef GZ_BOOT_FDT_H
#define GZ_BOOT_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FDT_SEED_LEN	64
#define FDT_VIRTIO_MAX	32

struct fdt_virtio {
	uint64_t base, size;
	unsigned int spi;
};

struct fdt_plan {
	unsigned int cpu_count;
	uint64_t ram_base, ram_size;
	uint64_t pool_base, pool_size;		/* of it, all that devices reach; size 0: no pool */
	uint64_t gicd, gicr;			/* gicr: frame of vCPU 0 */
	const char *cmdline;
	uint64_t initrd_start, initrd_end;
	bool serial, pvpanic;
	struct fdt_virtio virtio[FDT_VIRTIO_MAX];
	unsigned int virtio_count;
	uint8_t seed[FDT_SEED_LEN];		/* for the guest's random pool */
	uint64_t kaslr_seed;
};

/* Write the tree into BUF of LEN bytes. Returns its size, or -1 after saying why. */
int fdt_build(const struct fdt_plan *plan, void *buf, size_t len);

#endif
