// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: QEMU's pvpanic register: a guest kernel with the driver reports its panic here.
 * Never: stop the VM by itself; it only tells the machine.
 * Used by: machine.c; spec: QEMU's docs/specs/pvpanic.
 */
#include "dev/pvpanic.h"

#define EVENT_PANICKED		1u
#define EVENT_CRASH_LOADED	2u

static void pvpanic_read(void *ctx, uint64_t offset, uint8_t *data, unsigned int len)
{
	(void)ctx;
	bus_put(data, len, offset == 0 ? EVENT_PANICKED | EVENT_CRASH_LOADED : 0);
}

static void pvpanic_write(void *ctx, uint64_t offset, const uint8_t *data, unsigned int len)
{
	struct pvpanic *p = ctx;

	if (offset == 0 && (bus_get(data, len) & EVENT_PANICKED))
		p->panicked(p->ctx);
}

const struct bus_ops pvpanic_ops = { .read = pvpanic_read, .write = pvpanic_write };
