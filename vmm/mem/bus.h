/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: which device answers a guest access that is not to RAM.
 * Never: change after the first vCPU runs, so that a lookup needs no lock.
 * Used by: machine.c fills it, vcpu.c asks it.
 */
#ifndef GZ_MEM_BUS_H
#define GZ_MEM_BUS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define BUS_MAX		40

/* An access of LEN (1 to 8) bytes at OFFSET; DATA holds guest bytes in little-endian order. */
struct bus_ops {
	void (*read)(void *ctx, uint64_t offset, uint8_t *data, unsigned int len);
	void (*write)(void *ctx, uint64_t offset, const uint8_t *data, unsigned int len);
};

struct bus_range {
	const char *name;
	uint64_t base, size;
	const struct bus_ops *ops;	/* NULL: reserved, handled by the hypervisor */
	void *ctx;
};

struct bus {
	struct bus_range range[BUS_MAX];
	unsigned int range_count;
	atomic_uint unknown_count;
};

/* Returns 0, or -1 after saying which two ranges overlap. */
int bus_add(struct bus *bus, const struct bus_range *range);

/* One guest access. Addresses nobody claims read as zero and ignore writes. */
void bus_access(struct bus *bus, uint64_t gpa, uint8_t *data, unsigned int len, bool is_write);

/* Little-endian helpers for devices: up to 8 bytes. */
uint64_t bus_get(const uint8_t *data, unsigned int len);
void bus_put(uint8_t *data, unsigned int len, uint64_t value);

#endif
