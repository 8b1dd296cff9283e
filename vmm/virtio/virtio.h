/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what a virtio device is to its transport, and the transport to its device.
 * Never: let a device that met nonsense go on: it stops, says why, waits for a reset.
 * Used by: virtio/ and machine.c; spec: VIRTIO 1.2.
 */
#ifndef GZ_VIRTIO_VIRTIO_H
#define GZ_VIRTIO_VIRTIO_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/loop.h"
#include "mem/bus.h"
#include "virtio/queue.h"

#define VIRTIO_MAX_QUEUES	36
#define VIRTIO_CONFIG_MAX	64

enum { VIRTIO_ID_NET = 1, VIRTIO_ID_BLOCK = 2, VIRTIO_ID_CONSOLE = 3, VIRTIO_ID_RNG = 4 };

#define VIRTIO_S_ACKNOWLEDGE	1u
#define VIRTIO_S_DRIVER		2u
#define VIRTIO_S_DRIVER_OK	4u
#define VIRTIO_S_FEATURES_OK	8u
#define VIRTIO_S_NEEDS_RESET	64u
#define VIRTIO_S_FAILED		128u

#define VIRTIO_F_EVENT_IDX		(UINT64_C(1) << 29)
#define VIRTIO_F_VERSION_1		(UINT64_C(1) << 32)
#define VIRTIO_F_ACCESS_PLATFORM	(UINT64_C(1) << 33)

struct virtio_dev;

/* Each is called with dev->lock held; only notify and destroy must be there. */
struct virtio_ops {
	void (*notify)(struct virtio_dev *dev, unsigned int queue);	/* in the loop's thread */
	void (*driver_ok)(struct virtio_dev *dev);
	void (*reset)(struct virtio_dev *dev);		/* forget every request */
	void (*destroy)(struct virtio_dev *dev);	/* stop its thread, free it; unlocked */
};

struct virtio_dev {
	const char *name;		/* in messages and in the log */
	uint32_t id;
	const struct virtio_ops *ops;
	void *priv;
	struct loop *loop;		/* whose thread runs notify() */
	uint64_t offered, accepted;
	uint8_t config[VIRTIO_CONFIG_MAX];
	unsigned int config_len;
	unsigned int queue_count;
	struct vq vq[VIRTIO_MAX_QUEUES];

	pthread_mutex_t gate;		/* held while waiting for lock, so that the device's thread takes turns with others */
	pthread_mutex_t lock;		/* everything here, and the device's own state */
	uint32_t status;
	uint32_t isr;
	uint32_t generation;
	unsigned int note_count;	/* messages so far: a guest must not fill a log */
	uint64_t notify_count[VIRTIO_MAX_QUEUES];
	void (*interrupt)(void *ctx);	/* pulse the line */
	void (*again)(void *ctx, unsigned int queue);	/* ring a doorbell ourselves */
	void *transport;		/* ctx of both */
};

/* Make a device of QUEUES queues over MEM. dev->offered and config are the device's to fill. */
void virtio_init(struct virtio_dev *dev, const struct gmem *mem, unsigned int queues);

/* After pushing to a queue: interrupt the driver if it wants that. */
void virtio_signal(struct virtio_dev *dev, struct vq *vq);

/* gz_note() with the device's name in front, a limited number of times per device. */
void virtio_note(struct virtio_dev *dev, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The device met nonsense: stop it until the guest resets it, and say why. */
void virtio_break(struct virtio_dev *dev, const char *why);

/* The guest took memory back: a queue whose rings are no longer there stops. Caller: dev->lock. */
void virtio_memory_went(struct virtio_dev *dev);

/* vq_pop() that breaks the device on nonsense. True when a request was taken. */
bool virtio_pop(struct virtio_dev *dev, unsigned int queue, struct vq_chain *chain);

/*
 * One visit to a queue: calls WORK for each request until there is none or it returns false, having
 * put the request back or broken the device. A visit is bounded: what a driver adds meanwhile waits
 * for the next one, so that other work of the thread, and who waits for dev->lock, get their turn.
 * False: WORK said so.
 */
typedef bool (*virtio_work)(void *ctx, const struct vq_chain *c);
bool virtio_serve(struct virtio_dev *dev, unsigned int queue, virtio_work work, void *ctx);

/* Come back to QUEUE when the loop has seen to its other work. */
void virtio_again(struct virtio_dev *dev, unsigned int queue);

/* Stop the device between two visits to its queues, and let it go on: after the one it is at, not after many. */
void virtio_hold(struct virtio_dev *dev);
void virtio_let_go(struct virtio_dev *dev);

/* Queue QUEUE has work: what an eventfd's callback does. */
void virtio_notify(struct virtio_dev *dev, unsigned int queue);

/* May requests be served? No longer once the VM ends. */
static inline bool virtio_running(const struct virtio_dev *dev)
{
	return (dev->status & (VIRTIO_S_DRIVER_OK | VIRTIO_S_NEEDS_RESET)) == VIRTIO_S_DRIVER_OK &&
	       !loop_stopping(dev->loop);
}

#endif
