/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the device side of one split virtqueue.
 * Never: trust an index, an address, a length or a link of the guest's.
 * Used by: virtio/; spec: VIRTIO 1.2, "Split Virtqueues".
 */
#ifndef GZ_VIRTIO_QUEUE_H
#define GZ_VIRTIO_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "mem/gmem.h"

#define VQ_SIZE_MAX	256

struct vq {
	const struct gmem *mem;
	uint16_t size_max, size;
	bool ready;
	bool event_idx;			/* VIRTIO_F_EVENT_IDX was negotiated */
	uint64_t desc, driver, device;	/* guest addresses as the driver wrote them */
	uint8_t *desc_p, *avail_p, *used_p;
	uint16_t next_avail;		/* next entry of the available ring to take */
	uint16_t next_used;
	uint16_t signalled_used;	/* next_used when the driver was last interrupted */
	const char *broken;		/* why the queue stopped, or NULL */
};

/* One request: first what the device may read, then what it may write. */
struct vq_chain {
	uint16_t head;
	unsigned int out_count, in_count;
	size_t out_len, in_len;
	struct iovec iov[VQ_SIZE_MAX];	/* out_count entries, then in_count entries */
};

void vq_reset(struct vq *vq);

/* Check the rings the driver described and make the queue ready, or again. -1: it is not, vq->broken says why. */
int vq_enable(struct vq *vq);

/* Take the next request. 1: taken, 0: none, -1: nonsense, vq->broken says why. */
int vq_pop(struct vq *vq, struct vq_chain *chain);

/* Put the request just popped back: the next vq_pop() takes it again. */
void vq_unpop(struct vq *vq);

/* Return a request with WRITTEN bytes filled in. */
void vq_push(struct vq *vq, const struct vq_chain *chain, size_t written);

/* After pushing: must the driver be interrupted? */
bool vq_should_signal(struct vq *vq);

/* Ask the driver to notify of the next request. True: requests came meanwhile, look again. */
bool vq_want_notify(struct vq *vq);

/* Copy between a chain's readable or writable part, from OFFSET, and BUF; returns bytes done. */
size_t vq_copy_out(const struct vq_chain *chain, size_t offset, void *buf, size_t len);
size_t vq_copy_in(const struct vq_chain *chain, size_t offset, const void *buf, size_t len);

/* The part [OFFSET, OFFSET + LEN) of IOV as its own vector in PART; returns its entries. */
unsigned int iov_slice(const struct iovec *iov, unsigned int count, size_t offset, size_t len,
		       struct iovec *part);

#endif
