// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: walk a split virtqueue whose every byte the guest may change at any moment.
 * Never: read a shared field twice, loop longer than the queue is, or leave guest RAM.
 * Used by: every virtio device.
 */
#include <endian.h>
#include <string.h>

#include "virtio/queue.h"

#define DESC_F_NEXT		1
#define DESC_F_WRITE		2
#define DESC_F_INDIRECT		4
#define AVAIL_F_NO_INTERRUPT	1

#define DESC_LEN		16
#define RING_HEADER		4	/* flags, idx */

struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, next;
};

/* The driver's rings are aligned, vq_enable() saw to it: these are single-copy atomic. */
static uint16_t load16(const uint8_t *p)
{
	return le16toh(__atomic_load_n((const uint16_t *)(const void *)p, __ATOMIC_ACQUIRE));
}

static void store16(uint8_t *p, uint16_t v)
{
	__atomic_store_n((uint16_t *)(void *)p, htole16(v), __ATOMIC_RELEASE);
}

static int vq_break(struct vq *vq, const char *why)
{
	if (!vq->broken)
		vq->broken = why;
	return -1;
}

void vq_reset(struct vq *vq)
{
	const struct gmem *mem = vq->mem;
	uint16_t max = vq->size_max;

	*vq = (struct vq){ .mem = mem, .size_max = max, .size = max };
}

int vq_enable(struct vq *vq)
{
	uint64_t n = vq->size;

	vq->ready = false;
	if (n == 0 || n > vq->size_max || (n & (n - 1)))
		return vq_break(vq, "a queue size that is no power of two within the limit");
	if ((vq->desc & 15) || (vq->driver & 1) || (vq->device & 3))
		return vq_break(vq, "a misaligned queue");
	vq->desc_p = gmem_span(vq->mem, vq->desc, n * DESC_LEN);
	vq->avail_p = gmem_span(vq->mem, vq->driver, RING_HEADER + 2 * n + 2);
	vq->used_p = gmem_span(vq->mem, vq->device, RING_HEADER + 8 * n + 2);
	if (!vq->desc_p || !vq->avail_p || !vq->used_p)
		return vq_break(vq, "a queue outside guest memory");
	vq->ready = true;
	return 0;
}

/* One copy of descriptor INDEX: the guest may rewrite it while we look. */
static struct desc desc_read(const struct vq *vq, uint16_t index)
{
	uint8_t raw[DESC_LEN];
	struct desc d;

	memcpy(raw, vq->desc_p + (size_t)index * DESC_LEN, DESC_LEN);
	memcpy(&d.addr, raw, 8);
	memcpy(&d.len, raw + 8, 4);
	memcpy(&d.flags, raw + 12, 2);
	memcpy(&d.next, raw + 14, 2);
	return (struct desc){ le64toh(d.addr), le32toh(d.len), le16toh(d.flags), le16toh(d.next) };
}

static int chain_add(struct vq *vq, struct vq_chain *c, const struct desc *d)
{
	void *p = gmem_span(vq->mem, d->addr, d->len);

	if (d->flags & DESC_F_INDIRECT)
		return vq_break(vq, "an indirect descriptor, which was not offered");
	if (!p)
		return vq_break(vq, "a buffer that is empty or outside guest memory");
	if (d->len > vq->mem->size - (c->out_len + c->in_len))
		return vq_break(vq, "a request longer than guest memory");
	if (!(d->flags & DESC_F_WRITE) && c->in_count)
		return vq_break(vq, "a readable buffer after a writable one");
	c->iov[c->out_count + c->in_count] = (struct iovec){ p, d->len };
	if (d->flags & DESC_F_WRITE) {
		c->in_count++;
		c->in_len += d->len;
	} else {
		c->out_count++;
		c->out_len += d->len;
	}
	return 0;
}

static int chain_walk(struct vq *vq, struct vq_chain *c)
{
	uint16_t index = c->head;

	/* The budget: a chain longer than the queue has a loop in it. */
	for (unsigned int left = vq->size; left; left--) {
		struct desc d;

		if (index >= vq->size)
			return vq_break(vq, "a descriptor index beyond the queue");
		d = desc_read(vq, index);
		if (chain_add(vq, c, &d))
			return -1;
		if (!(d.flags & DESC_F_NEXT))
			return 1;
		index = d.next;
	}
	return vq_break(vq, "a descriptor chain with a loop");
}

int vq_pop(struct vq *vq, struct vq_chain *c)
{
	uint16_t pending;

	if (vq->broken)
		return -1;
	if (!vq->ready)
		return 0;
	/* Acquire: pairs with the driver's barrier between the ring entry and idx. */
	pending = (uint16_t)(load16(vq->avail_p + 2) - vq->next_avail);
	if (!pending)
		return 0;
	if (pending > vq->size)
		return vq_break(vq, "more requests than the queue has entries");
	c->head = load16(vq->avail_p + RING_HEADER + 2 * (size_t)(vq->next_avail % vq->size));
	c->out_count = c->in_count = 0;
	c->out_len = c->in_len = 0;
	vq->next_avail++;
	return chain_walk(vq, c);
}

void vq_unpop(struct vq *vq)
{
	vq->next_avail--;
}

void vq_push(struct vq *vq, const struct vq_chain *c, size_t written)
{
	uint8_t *entry = vq->used_p + RING_HEADER + 8 * (size_t)(vq->next_used % vq->size);
	uint32_t id = htole32(c->head), len = htole32((uint32_t)written);

	memcpy(entry, &id, 4);
	memcpy(entry + 4, &len, 4);
	/* Release: the driver sees the entry and the data before the new index. */
	store16(vq->used_p + 2, ++vq->next_used);
}

bool vq_should_signal(struct vq *vq)
{
	uint16_t old = vq->signalled_used, new = vq->next_used, event;

	if (!vq->ready || vq->broken)
		return false;
	/* The index store must be visible before the driver's wish is read (store, then load). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (old == new)
		return false;
	vq->signalled_used = new;
	if (!vq->event_idx)
		return !(load16(vq->avail_p) & AVAIL_F_NO_INTERRUPT);
	event = load16(vq->avail_p + RING_HEADER + 2 * (size_t)vq->size);
	return (uint16_t)(new - event - 1) < (uint16_t)(new - old);
}

bool vq_want_notify(struct vq *vq)
{
	if (!vq->ready || vq->broken)
		return false;
	if (vq->event_idx)
		store16(vq->used_p + RING_HEADER + 8 * (size_t)vq->size, vq->next_avail);
	/* Our wish must be visible before the index is read again, or a request is slept through. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return load16(vq->avail_p + 2) != vq->next_avail;
}

/* Where a copy stands in an iovec. */
struct cursor {
	const struct iovec *iov;
	unsigned int count;
	size_t offset;
};

/* The next piece of at most WANT bytes in one buffer; 0 at the end. */
static size_t cursor_take(struct cursor *c, size_t want, uint8_t **piece)
{
	size_t take;

	while (c->count && c->offset >= c->iov->iov_len) {
		c->offset -= c->iov->iov_len;
		c->iov++;
		c->count--;
	}
	if (!c->count || !want)
		return 0;
	take = c->iov->iov_len - c->offset;
	take = take < want ? take : want;
	*piece = (uint8_t *)c->iov->iov_base + c->offset;
	c->offset += take;
	return take;
}

unsigned int iov_slice(const struct iovec *iov, unsigned int count, size_t offset, size_t len,
		       struct iovec *part)
{
	struct cursor c = { iov, count, offset };
	unsigned int n = 0;
	uint8_t *piece;
	size_t take;

	while ((take = cursor_take(&c, len, &piece))) {
		part[n++] = (struct iovec){ piece, take };
		len -= take;
	}
	return n;
}

size_t vq_copy_out(const struct vq_chain *chain, size_t offset, void *buf, size_t len)
{
	struct cursor c = { chain->iov, chain->out_count, offset };
	size_t take, done = 0;
	uint8_t *piece;

	while ((take = cursor_take(&c, len - done, &piece))) {
		memcpy((uint8_t *)buf + done, piece, take);
		done += take;
	}
	return done;
}

size_t vq_copy_in(const struct vq_chain *chain, size_t offset, const void *buf, size_t len)
{
	struct cursor c = { chain->iov + chain->out_count, chain->in_count, offset };
	size_t take, done = 0;
	uint8_t *piece;

	while ((take = cursor_take(&c, len - done, &piece))) {
		memcpy(piece, (const uint8_t *)buf + done, take);
		done += take;
	}
	return done;
}
