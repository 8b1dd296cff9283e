// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: virtio-blk over a raw file or block device, served by its own thread.
 * Never: touch the file outside its size when opened, or acknowledge a flush that failed.
 * Used by: machine_devices.c; spec: VIRTIO 1.2, "Block Device".
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "virtio/blk_file.h"
#include "virtio/devices.h"

#define F_SEG_MAX	(UINT64_C(1) << 2)
#define F_RO		(UINT64_C(1) << 5)
#define F_BLK_SIZE	(UINT64_C(1) << 6)
#define F_FLUSH		(UINT64_C(1) << 9)

enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_GET_ID = 8 };
enum { S_OK = 0, S_IOERR = 1, S_UNSUPP = 2 };

#define SECTOR		512
#define HEADER_LEN	16
#define ID_LEN		20
#define CONFIG_LEN	24
#define SEG_MAX		(VQ_SIZE_MAX - 2)
#define CHUNK		(1u << 20)	/* after each, a request gives way to the end of the VM */
#define VISIT_MAX	(8u << 20)	/* bytes before others get dev->lock */

struct blk {
	struct virtio_dev dev;
	char name[16];
	char serial[ID_LEN];
	int fd;
	bool read_only;
	uint64_t sectors;
	size_t moved;			/* bytes since the thread last let go of dev->lock */
	struct iovec part[VQ_SIZE_MAX];
};

struct header {
	uint32_t type, reserved;
	uint64_t sector;
};

/* A part of a request's memory. */
struct span {
	const struct iovec *iov;
	unsigned int count;
	size_t offset, len;
};

static ssize_t move_some(struct blk *b, bool is_write, const struct span *s, size_t done, off_t at)
{
	size_t left = s->len - done;
	unsigned int n = iov_slice(s->iov, s->count, s->offset + done, left < CHUNK ? left : CHUNK,
				   b->part);

	return is_write ? pwritev(b->fd, b->part, (int)n, at) : preadv(b->fd, b->part, (int)n, at);
}

/* Until all of S moved; a short file is an error, the end of the VM too. */
static int transfer(struct blk *b, bool is_write, const struct span *s, off_t at)
{
	size_t done = 0;

	while (done < s->len && !loop_stopping(b->dev.loop)) {
		ssize_t n = move_some(b, is_write, s, done, at + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			virtio_note(&b->dev, "%s at byte %lld failed: %s",
				    is_write ? "write" : "read", (long long)at + (long long)done,
				    n ? strerror(errno) : "the file ends here, it shrank");
			return -1;
		}
		done += (size_t)n;
	}
	b->moved += done;
	return done < s->len ? -1 : 0;
}

/* Sectors asked for must exist; computed without a sum that could wrap. */
static bool inside(const struct blk *b, uint64_t sector, size_t len)
{
	return len && len % SECTOR == 0 && sector < b->sectors &&
	       len / SECTOR <= b->sectors - sector;
}

static uint8_t do_read(struct blk *b, const struct vq_chain *c, uint64_t sector, size_t *written)
{
	struct span s = { c->iov + c->out_count, c->in_count, 0, c->in_len - 1 };

	if (!inside(b, sector, s.len) || transfer(b, false, &s, (off_t)(sector * SECTOR)))
		return S_IOERR;
	*written = s.len;
	return S_OK;
}

static uint8_t do_write(struct blk *b, const struct vq_chain *c, uint64_t sector)
{
	struct span s = { c->iov, c->out_count, HEADER_LEN, c->out_len - HEADER_LEN };

	if (b->read_only || !inside(b, sector, s.len))
		return S_IOERR;
	return transfer(b, true, &s, (off_t)(sector * SECTOR)) ? S_IOERR : S_OK;
}

static uint8_t do_flush(struct blk *b)
{
	if (b->read_only || fdatasync(b->fd) == 0)
		return S_OK;
	virtio_note(&b->dev, "flush failed: %s", strerror(errno));
	return S_IOERR;
}

static uint8_t perform(struct blk *b, const struct vq_chain *c, size_t *written)
{
	struct header h;

	vq_copy_out(c, 0, &h, sizeof(h));
	switch (le32toh(h.type)) {
	case T_IN:
		return do_read(b, c, le64toh(h.sector), written);
	case T_OUT:
		return do_write(b, c, le64toh(h.sector));
	case T_FLUSH:
		return do_flush(b);
	case T_GET_ID:
		*written = vq_copy_in(c, 0, b->serial, c->in_len - 1 < ID_LEN ? c->in_len - 1 : ID_LEN);
		return S_OK;
	default:
		return S_UNSUPP;
	}
}

static bool serve(void *ctx, const struct vq_chain *c)
{
	struct blk *b = ctx;
	struct virtio_dev *dev = &b->dev;
	struct vq *vq = &dev->vq[0];
	size_t written = 0;
	uint8_t status;

	if (c->out_len < HEADER_LEN || c->in_len < 1) {
		virtio_break(dev, "a request without header or status byte");
		return false;
	}
	status = perform(b, c, &written);
	if (loop_stopping(dev->loop))
		return false;		/* perhaps half done: a guest must not take it for an answer */
	vq_copy_in(c, c->in_len - 1, &status, 1);
	/* The length must cover the status byte, which is the last. */
	vq_push(vq, c, written == c->in_len - 1 ? c->in_len : written + 1);
	virtio_signal(dev, vq);
	return b->moved < VISIT_MAX;
}

static void blk_notify(struct virtio_dev *dev, unsigned int queue)
{
	struct blk *b = dev->priv;

	b->moved = 0;
	if (!virtio_serve(dev, queue, serve, b) && b->moved >= VISIT_MAX)
		virtio_again(dev, queue);
}

static void blk_destroy(struct virtio_dev *dev)
{
	struct blk *b = dev->priv;

	loop_stop(dev->loop);
	close(b->fd);
	free(b);
}

static const struct virtio_ops blk_ops = { .notify = blk_notify, .destroy = blk_destroy };

static void fill_config(struct blk *b)
{
	uint64_t capacity = htole64(b->sectors);
	uint32_t seg_max = htole32(SEG_MAX), blk_size = htole32(SECTOR);

	memcpy(b->dev.config, &capacity, 8);
	memcpy(b->dev.config + 12, &seg_max, 4);
	memcpy(b->dev.config + 20, &blk_size, 4);
	b->dev.config_len = CONFIG_LEN;
}

struct virtio_dev *blk_create(const struct gmem *mem, const struct config_disk *cfg,
			      unsigned int index)
{
	struct blk *b = calloc(1, sizeof(*b));

	if (!b) {
		gz_err("out of memory for disk %s", cfg->path);
		return NULL;
	}
	snprintf(b->name, sizeof(b->name), "disk%u", index);
	snprintf(b->serial, sizeof(b->serial), "gz-disk%u", index);
	b->read_only = cfg->read_only;
	b->fd = blk_file_open(cfg->path, cfg->read_only, &b->sectors);
	b->dev = (struct virtio_dev){ .name = b->name, .id = VIRTIO_ID_BLOCK, .ops = &blk_ops,
				      .priv = b };
	b->dev.offered = F_SEG_MAX | F_BLK_SIZE | F_FLUSH | (cfg->read_only ? F_RO : 0);
	if (b->fd >= 0)
		b->dev.loop = loop_start(b->name);
	if (!b->dev.loop) {
		if (b->fd >= 0)
			close(b->fd);
		free(b);
		return NULL;
	}
	virtio_init(&b->dev, mem, 1);
	fill_config(b);
	gz_debug("%s: %s, %" PRIu64 " sectors%s", b->name, cfg->path, b->sectors,
		 b->read_only ? ", read-only" : "");
	return &b->dev;
}
