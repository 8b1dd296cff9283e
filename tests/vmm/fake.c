// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: guest memory and a hand-written virtio driver for the native tests.
 * Never: include virtio/queue.c's layout helpers: a mistake there must not hide here.
 * Used by: tests/vmm/test_*.c.
 */
#include <dirent.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "vmm/fake.h"

#define WAIT_MS		5000

struct gmem fake_mem;

int fake_mem_setup(void **state)
{
	(void)state;
	return gmem_create(&fake_mem, FAKE_BASE, FAKE_SIZE);
}

int fake_mem_teardown(void **state)
{
	(void)state;
	gmem_destroy(&fake_mem);
	return 0;
}

uint8_t *fake_at(uint64_t gpa)
{
	assert_true(gpa >= FAKE_BASE && gpa < FAKE_BASE + FAKE_SIZE);
	return fake_mem.host + (gpa - FAKE_BASE);
}

static void put16(uint64_t gpa, uint16_t v)
{
	__atomic_store_n((uint16_t *)(void *)fake_at(gpa), v, __ATOMIC_RELEASE);
}

static uint16_t get16(uint64_t gpa)
{
	return __atomic_load_n((uint16_t *)(void *)fake_at(gpa), __ATOMIC_ACQUIRE);
}

struct drv_queue drv_queue_at(unsigned int q, uint16_t size)
{
	uint64_t base = FAKE_BASE + 0x4000 * (uint64_t)q;

	memset(fake_at(base), 0, 0x4000);
	return (struct drv_queue){ base, base + 0x1000, base + 0x2000, size, 0, 0 };
}

void drv_desc(const struct drv_queue *dq, uint16_t i, struct drv_buf buf, uint16_t flags,
	      uint16_t next)
{
	uint8_t *p = fake_at(dq->desc + 16 * (uint64_t)i);

	memcpy(p, &buf.addr, 8);
	memcpy(p + 8, &buf.len, 4);
	memcpy(p + 12, &flags, 2);
	memcpy(p + 14, &next, 2);
}

void drv_offer(struct drv_queue *dq, uint16_t head)
{
	put16(dq->avail + 4 + 2 * (uint64_t)(dq->avail_idx % dq->size), head);
	put16(dq->avail + 2, ++dq->avail_idx);
}

uint16_t drv_add(struct drv_queue *dq, const struct drv_buf *buf, unsigned int count)
{
	uint16_t head = dq->next_desc;

	for (unsigned int i = 0; i < count; i++) {
		uint16_t at = dq->next_desc;
		uint16_t flags = (uint16_t)((i + 1 < count ? F_NEXT : 0) | (buf[i].is_write ? F_WRITE : 0));

		dq->next_desc = (uint16_t)((at + 1) % dq->size);
		drv_desc(dq, at, buf[i], flags, dq->next_desc);
	}
	drv_offer(dq, head);
	return head;
}

uint16_t drv_used_idx(const struct drv_queue *dq)
{
	return get16(dq->used + 2);
}

uint32_t drv_used(const struct drv_queue *dq, uint16_t i, uint32_t *len)
{
	uint8_t *p = fake_at(dq->used + 4 + 8 * (uint64_t)(i % dq->size));
	uint32_t id;

	memcpy(&id, p, 4);
	if (len)
		memcpy(len, p + 4, 4);
	return id;
}

void drv_attach(struct drv *d, struct virtio_dev *dev)
{
	assert_non_null(dev);
	memset(d, 0, sizeof(*d));
	d->dev = dev;
	d->hv = (struct hv){ .ops = &hv_fake_ops, .dev_fd = -1, .vm_fd = -1, .gic_fd = -1 };
	assert_int_equal(virtio_mmio_attach(&d->mmio, dev, &d->hv, 0x02000000, 5), 0);
}

void drv_detach(struct drv *d)
{
	d->dev->ops->destroy(d->dev);
	virtio_mmio_detach(&d->mmio);
}

uint32_t drv_read(struct drv *d, uint64_t offset)
{
	uint8_t data[8] = { 0 };

	virtio_mmio_ops.read(&d->mmio, offset, data, 4);
	return (uint32_t)bus_get(data, 4);
}

void drv_write(struct drv *d, uint64_t offset, uint32_t value)
{
	uint8_t data[8];

	bus_put(data, 4, value);
	virtio_mmio_ops.write(&d->mmio, offset, data, 4);
}

static void start_queue(struct drv *d, unsigned int i, uint16_t size)
{
	struct drv_queue *q = &d->q[i];

	*q = drv_queue_at(i, size);
	drv_write(d, 0x030, i);
	drv_write(d, 0x038, size);
	drv_write(d, 0x080, (uint32_t)q->desc);
	drv_write(d, 0x084, (uint32_t)(q->desc >> 32));
	drv_write(d, 0x090, (uint32_t)q->avail);
	drv_write(d, 0x094, (uint32_t)(q->avail >> 32));
	drv_write(d, 0x0a0, (uint32_t)q->used);
	drv_write(d, 0x0a4, (uint32_t)(q->used >> 32));
	drv_write(d, 0x044, 1);
	assert_int_equal(drv_read(d, 0x044), 1);
}

void drv_start(struct drv *d, uint64_t features, uint16_t size)
{
	features |= VIRTIO_F_VERSION_1;
	drv_write(d, 0x070, 0);
	drv_write(d, 0x070, 1);
	drv_write(d, 0x070, 3);
	drv_write(d, 0x024, 0);
	drv_write(d, 0x020, (uint32_t)features);
	drv_write(d, 0x024, 1);
	drv_write(d, 0x020, (uint32_t)(features >> 32));
	drv_write(d, 0x070, 0xb);
	assert_int_equal(drv_read(d, 0x070), 0xb);
	for (unsigned int i = 0; i < d->dev->queue_count; i++)
		start_queue(d, i, size);
	drv_write(d, 0x070, 0xf);
	assert_int_equal(drv_read(d, 0x070), 0xf);
}

void drv_kick(struct drv *d, unsigned int queue)
{
	drv_write(d, 0x050, queue);
}

void fake_sleep_ms(unsigned int ms)
{
	struct timespec ts = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&ts, NULL);
}

void drv_wait(struct drv *d, unsigned int queue, uint16_t count)
{
	for (unsigned int i = 0; i < WAIT_MS; i++) {
		if ((int16_t)(drv_used_idx(&d->q[queue]) - count) >= 0)
			return;
		fake_sleep_ms(1);
	}
	fail_msg("queue %u: %u used entries, %u awaited", queue, drv_used_idx(&d->q[queue]), count);
}

void drv_wait_broken(struct drv *d)
{
	for (unsigned int i = 0; i < WAIT_MS; i++) {
		if (drv_read(d, 0x070) & 64)
			return;
		fake_sleep_ms(1);
	}
	fail_msg("the device did not ask for a reset");
}

unsigned int fake_open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}
