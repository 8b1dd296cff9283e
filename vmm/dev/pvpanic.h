/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the interface of the pvpanic device.
 * Never: hold state of the guest.
 * Used by: machine.c.
 */
#ifndef GZ_DEV_PVPANIC_H
#define GZ_DEV_PVPANIC_H

#include "mem/bus.h"

struct pvpanic {
	void (*panicked)(void *ctx);	/* any vCPU thread, possibly several times */
	void *ctx;
};

extern const struct bus_ops pvpanic_ops;

#endif
