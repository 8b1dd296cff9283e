/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: how each virtio device is made; all end by dev->ops->destroy().
 * Never: show a device's inside.
 * Used by: machine_devices.c and tests/vmm/.
 */
#ifndef GZ_VIRTIO_DEVICES_H
#define GZ_VIRTIO_DEVICES_H

#include <stdatomic.h>

#include "config.h"
#include "dev/outlet.h"
#include "virtio/virtio.h"

/* Each returns NULL after saying why. */

/* A disk over the file or block device of CFG; INDEX is its number in messages. */
struct virtio_dev *blk_create(const struct gmem *mem, const struct config_disk *cfg,
			      unsigned int index);

/* Random numbers of the host, on LOOP's thread. */
struct virtio_dev *rng_create(const struct gmem *mem, struct loop *loop);

struct console_plan {
	const struct config_console *console;	/* NULL: none */
	const struct config_vport *vport;
	unsigned int vport_count;
	struct outlet watch;			/* for the console's text; fd is not used */
	void (*quit)(void *ctx);		/* the user pressed Ctrl-A X */
	void *quit_ctx;
};

struct virtio_dev *console_create(const struct gmem *mem, const struct console_plan *plan);

/* What carries the packets of a network card. Calls come with the device's lock held. */
struct net_backend {
	void (*send)(struct net_backend *be, const uint8_t *frame, size_t len);
	void (*destroy)(struct net_backend *be);
};

/* A network card with its own loop, which carries nothing until it has a backend. */
struct virtio_dev *net_create(const struct gmem *mem);

/* Once, before the guest runs. The device destroys BE with itself. */
void net_attach(struct virtio_dev *dev, struct net_backend *be);

/* A frame for the guest; kept for a while when it has no buffer. Caller: dev->lock. */
void net_receive_locked(struct virtio_dev *dev, const uint8_t *frame, size_t len);

#endif
