// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: virtio-rng: random bytes from the host's kernel.
 * Never: block, or give a guest more per request than a fixed amount.
 * Used by: machine_devices.c; spec: VIRTIO 1.2, "Entropy Device".
 */
#include <stdlib.h>
#include <sys/random.h>

#include "lib/err.h"
#include "virtio/devices.h"

#define RNG_CHUNK	256		/* getrandom() gives this much without short reads */
#define RNG_REQUEST_MAX	4096

struct rng {
	struct virtio_dev dev;
};

static size_t fill(const struct vq_chain *chain)
{
	uint8_t bytes[RNG_CHUNK];
	size_t done = 0;

	while (done < chain->in_len && done < RNG_REQUEST_MAX) {
		ssize_t n = getrandom(bytes, sizeof(bytes), 0);

		if (n <= 0)
			break;
		done += vq_copy_in(chain, done, bytes, (size_t)n);
	}
	return done;
}

static bool serve(void *ctx, const struct vq_chain *chain)
{
	struct rng *rng = ctx;

	vq_push(&rng->dev.vq[0], chain, fill(chain));
	return true;
}

static void rng_notify(struct virtio_dev *dev, unsigned int queue)
{
	virtio_serve(dev, queue, serve, dev->priv);
}

static void rng_destroy(struct virtio_dev *dev)
{
	free(dev->priv);
}

static const struct virtio_ops rng_ops = { .notify = rng_notify, .destroy = rng_destroy };

struct virtio_dev *rng_create(const struct gmem *mem, struct loop *loop)
{
	struct rng *rng = calloc(1, sizeof(*rng));

	if (!rng) {
		gz_err("out of memory for the random number device");
		return NULL;
	}
	rng->dev = (struct virtio_dev){ .name = "rng", .id = VIRTIO_ID_RNG, .ops = &rng_ops,
					.priv = rng, .loop = loop };
	virtio_init(&rng->dev, mem, 1);
	return &rng->dev;
}
