/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: where console bytes of the guest go, watched for the kernel's last words.
 * Never: fail the guest because its console goes nowhere.
 * Used by: dev/serial.c, virtio/console.c.
 */
#ifndef GZ_DEV_OUTLET_H
#define GZ_DEV_OUTLET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outlet {
	int fd;				/* -1: nowhere */
	unsigned int matched;		/* bytes of the panic message seen so far */
	atomic_bool *panic_seen;	/* shared by all consoles of a VM */
	atomic_bool *stopping;		/* a stuck reader must not keep a VM alive */
};

/* Watch LEN bytes for "Kernel panic - not syncing" without writing them. */
void outlet_watch(struct outlet *out, const uint8_t *bytes, size_t len);

/* Watch and write; waits for a slow reader unless the VM is stopping. */
void outlet_write(struct outlet *out, const uint8_t *bytes, size_t len);

#endif
