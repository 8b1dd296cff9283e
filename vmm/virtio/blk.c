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

struct blk {
	struct virtio_dev dev;
	char name[16];
	char serial[ID_LEN];
	int fd;
	bool read_only;
	uint64_t sectors;
	struct iovec part[VQ_SIZE_MAX];
};

struct header {
	uint32_t type, reserved;
	uint64_t sector;
};

/* preadv or pwritev until all of LEN bytes moved; a short file is an error. */
static int transfer(struct blk *b, bool is_write, struct iovec *iov, unsigned int count, off_t at)
{
	while (count) {
		ssize_t n = is_write ? pwritev(b->fd, iov, (int)count, at)
				     : preadv(b->fd, iov, (int)count, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			virtio_note(&b->dev, "%s at byte %lld failed: %s",
				    is_write ? "write" : "read", (long long)at,
				    n ? strerror(errno) : "the file ends here, it shrank");
			return -1;
		}
		at += n;
		while (count && (size_t)n >= iov->iov_len) {
			n -= (ssize_t)iov->iov_len;
			iov++;
			count--;
		}
		if (count) {
			iov->iov_base = (uint8_t *)iov->iov_base + n;
			iov->iov_len -= (size_t)n;
		}
	}
	return 0;
}

/* Sectors asked for must exist; computed without a sum that could wrap. */
static bool inside(const struct blk *b, uint64_t sector, size_t len)
{
	return len && len % SECTOR == 0 && sector < b->sectors &&
	       len / SECTOR <= b->sectors - sector;
}

static uint8_t do_read(struct blk *b, const struct vq_chain *c, uint64_t sector, size_t *written)
{
	size_t len = c->in_len - 1;
	unsigned int n;

	if (!inside(b, sector, len))
		return S_IOERR;
	n = iov_slice(c->iov + c->out_count, c->in_count, 0, len, b->part);
	if (transfer(b, false, b->part, n, (off_t)(sector * SECTOR)))
		return S_IOERR;
	*written = len;
	return S_OK;
}

static uint8_t do_write(struct blk *b, const struct vq_chain *c, uint64_t sector)
{
	size_t len = c->out_len - HEADER_LEN;
	unsigned int n;

	if (b->read_only || !inside(b, sector, len))
		return S_IOERR;
	n = iov_slice(c->iov, c->out_count, HEADER_LEN, len, b->part);
	return transfer(b, true, b->part, n, (off_t)(sector * SECTOR)) ? S_IOERR : S_OK;
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

static void blk_notify(struct virtio_dev *dev, unsigned int queue)
{
	struct blk *b = dev->priv;
	struct vq *vq = &dev->vq[queue];
	struct vq_chain c;

	do {
		while (virtio_pop(dev, queue, &c)) {
			size_t written = 0;
			uint8_t status;

			if (c.out_len < HEADER_LEN || c.in_len < 1) {
				virtio_break(dev, "a request without header or status byte");
				return;
			}
			status = perform(b, &c, &written);
			vq_copy_in(&c, c.in_len - 1, &status, 1);
			/* The length must cover the status byte, which is the last. */
			vq_push(vq, &c, written == c.in_len - 1 ? c.in_len : written + 1);
			virtio_signal(dev, vq);
		}
	} while (virtio_running(dev) && vq_want_notify(vq));
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
