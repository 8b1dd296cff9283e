// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: virtio-net: frames between the guest's queues and a backend.
 * Never: give the backend a frame longer than Ethernet's, or keep frames without limit.
 * Used by: machine_devices.c, net/slirp.c; spec: VIRTIO 1.2, "Network Device".
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "virtio/devices.h"

#define F_MAC		(UINT64_C(1) << 5)
#define F_STATUS	(UINT64_C(1) << 16)

enum { Q_RX, Q_TX };

#define HEADER_LEN	12		/* struct virtio_net_hdr with num_buffers */
#define FRAME_MIN	14
#define FRAME_MAX	2048
#define KEPT_MAX	128		/* frames waiting for a buffer of the guest's */
#define CONFIG_LEN	8
#define LINK_UP		1

struct frame {
	uint16_t len;
	uint8_t bytes[FRAME_MAX];
};

struct net {
	struct virtio_dev dev;
	struct net_backend *be;
	struct frame kept[KEPT_MAX];
	unsigned int kept_head, kept_count;
	uint64_t dropped_count;
};

static bool deliver(struct net *net, const uint8_t *frame, size_t len)
{
	static const uint8_t header[HEADER_LEN] = { [10] = 1 };	/* one buffer */
	struct vq *vq = &net->dev.vq[Q_RX];
	struct vq_chain c;

	if (!virtio_pop(&net->dev, Q_RX, &c))
		return false;
	if (c.in_len < HEADER_LEN + len) {
		virtio_break(&net->dev, "a receive buffer too small for a frame");
		return false;
	}
	vq_copy_in(&c, 0, header, HEADER_LEN);
	vq_copy_in(&c, HEADER_LEN, frame, len);
	vq_push(vq, &c, HEADER_LEN + len);
	return true;
}

static void deliver_kept(struct net *net)
{
	struct vq *vq = &net->dev.vq[Q_RX];

	do {
		while (net->kept_count) {
			struct frame *f = &net->kept[net->kept_head];

			if (!deliver(net, f->bytes, f->len))
				break;
			net->kept_head = (net->kept_head + 1) % KEPT_MAX;
			net->kept_count--;
		}
	} while (net->kept_count && virtio_running(&net->dev) && vq_want_notify(vq));
	virtio_signal(&net->dev, vq);
}

void net_receive_locked(struct virtio_dev *dev, const uint8_t *frame, size_t len)
{
	struct net *net = dev->priv;
	struct frame *f;

	if (!virtio_running(dev) || len < FRAME_MIN || len > FRAME_MAX ||
	    net->kept_count == KEPT_MAX) {
		net->dropped_count++;
		return;
	}
	f = &net->kept[(net->kept_head + net->kept_count++) % KEPT_MAX];
	f->len = (uint16_t)len;
	memcpy(f->bytes, frame, len);
	deliver_kept(net);
}

static void transmit(struct net *net, const struct vq_chain *c)
{
	uint8_t frame[FRAME_MAX];
	size_t len = c->out_len > HEADER_LEN ? c->out_len - HEADER_LEN : 0;

	if (len < FRAME_MIN || len > FRAME_MAX || !net->be) {
		net->dropped_count++;
		return;
	}
	vq_copy_out(c, HEADER_LEN, frame, len);
	net->be->send(net->be, frame, len);
}

static bool serve_tx(void *ctx, const struct vq_chain *c)
{
	struct net *net = ctx;

	transmit(net, c);
	vq_push(&net->dev.vq[Q_TX], c, 0);
	return true;
}

static void net_notify(struct virtio_dev *dev, unsigned int queue)
{
	if (queue == Q_RX)
		deliver_kept(dev->priv);
	else
		virtio_serve(dev, queue, serve_tx, dev->priv);
}

static void net_reset(struct virtio_dev *dev)
{
	struct net *net = dev->priv;

	net->kept_count = 0;
}

static void net_destroy(struct virtio_dev *dev)
{
	struct net *net = dev->priv;

	loop_stop(dev->loop);
	dev->loop = NULL;		/* what the backend still sends goes nowhere */
	if (net->be)
		net->be->destroy(net->be);
	free(net);
}

static const struct virtio_ops net_ops = { .notify = net_notify, .reset = net_reset,
					   .destroy = net_destroy };

struct virtio_dev *net_create(const struct gmem *mem)
{
	static const uint8_t mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };
	struct net *net = calloc(1, sizeof(*net));
	uint16_t status = htole16(LINK_UP);

	if (!net) {
		gz_err("out of memory for the network card");
		return NULL;
	}
	net->dev = (struct virtio_dev){ .name = "net", .id = VIRTIO_ID_NET, .ops = &net_ops,
					.priv = net, .offered = F_MAC | F_STATUS };
	memcpy(net->dev.config, mac, sizeof(mac));
	memcpy(net->dev.config + 6, &status, 2);
	net->dev.config_len = CONFIG_LEN;
	virtio_init(&net->dev, mem, 2);
	net->dev.loop = loop_start("net");
	if (net->dev.loop)
		return &net->dev;
	free(net);
	return NULL;
}

void net_attach(struct virtio_dev *dev, struct net_backend *be)
{
	struct net *net = dev->priv;

	pthread_mutex_lock(&dev->lock);
	net->be = be;
	pthread_mutex_unlock(&dev->lock);
}
