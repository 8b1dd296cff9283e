// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the register page of one virtio-mmio device (version 2).
 * Never: accept a step of the initialisation out of order, or change a live queue.
 * Used by: the bus, from vCPU threads.
 */
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "virtio/mmio.h"

#define MAGIC_VALUE	0x74726976u	/* "virt" */
#define VERSION		2u
#define VENDOR		0x5a47u		/* "GZ" */

enum reg {
	REG_MAGIC = 0x000, REG_VERSION = 0x004, REG_DEVICE_ID = 0x008, REG_VENDOR_ID = 0x00c,
	REG_DEVICE_FEATURES = 0x010, REG_DEVICE_FEATURES_SEL = 0x014,
	REG_DRIVER_FEATURES = 0x020, REG_DRIVER_FEATURES_SEL = 0x024,
	REG_QUEUE_SEL = 0x030, REG_QUEUE_NUM_MAX = 0x034, REG_QUEUE_NUM = 0x038,
	REG_QUEUE_READY = 0x044, REG_QUEUE_NOTIFY = 0x050, REG_ISR = 0x060, REG_ISR_ACK = 0x064,
	REG_STATUS = 0x070, REG_DESC_LOW = 0x080, REG_DESC_HIGH = 0x084, REG_DRIVER_LOW = 0x090,
	REG_DRIVER_HIGH = 0x094, REG_DEVICE_LOW = 0x0a0, REG_DEVICE_HIGH = 0x0a4,
	REG_GENERATION = 0x0fc, REG_CONFIG = 0x100,
};

static struct vq *selected(struct virtio_mmio *m)
{
	return m->queue_sel < m->dev->queue_count ? &m->dev->vq[m->queue_sel] : NULL;
}

static void device_reset(struct virtio_mmio *m)
{
	struct virtio_dev *dev = m->dev;

	if (dev->ops->reset)
		dev->ops->reset(dev);
	for (unsigned int i = 0; i < dev->queue_count; i++)
		vq_reset(&dev->vq[i]);
	dev->status = 0;
	dev->isr = 0;
	dev->accepted = 0;
	m->driver_features = 0;
	m->device_sel = m->driver_sel = m->queue_sel = 0;
}

/* FEATURES_OK: we keep the bit only if we can live with what the driver chose. */
static bool features_accept(struct virtio_mmio *m)
{
	struct virtio_dev *dev = m->dev;

	if ((m->driver_features & ~dev->offered) || !(m->driver_features & VIRTIO_F_VERSION_1))
		return false;
	dev->accepted = m->driver_features;
	for (unsigned int i = 0; i < dev->queue_count; i++)
		dev->vq[i].event_idx = dev->accepted & VIRTIO_F_EVENT_IDX;
	return true;
}

static void write_status(struct virtio_mmio *m, uint32_t value)
{
	struct virtio_dev *dev = m->dev;
	uint32_t old = dev->status, added;

	if (value == 0) {
		device_reset(m);
		return;
	}
	/* The driver only ever adds bits; NEEDS_RESET is ours. */
	added = value & ~old & ~VIRTIO_S_NEEDS_RESET & 0xff;
	if ((added & VIRTIO_S_FEATURES_OK) && !features_accept(m))
		added &= ~VIRTIO_S_FEATURES_OK;
	if ((added & VIRTIO_S_DRIVER_OK) && !((old | added) & VIRTIO_S_FEATURES_OK)) {
		added &= ~VIRTIO_S_DRIVER_OK;
		virtio_break(dev, "DRIVER_OK before its features were agreed");
	}
	dev->status |= added;
	if ((added & VIRTIO_S_DRIVER_OK) && dev->ops->driver_ok && virtio_running(dev))
		dev->ops->driver_ok(dev);
}

static void write_queue_ready(struct virtio_mmio *m, uint32_t value)
{
	struct vq *vq = selected(m);

	if (!vq)
		return;
	if (!(value & 1)) {
		vq->ready = false;
		return;
	}
	if (!vq->ready && vq_enable(vq))
		virtio_break(m->dev, vq->broken);
}

static void set_low(uint64_t *field, uint32_t value)
{
	*field = (*field & ~UINT64_C(0xffffffff)) | value;
}

static void set_high(uint64_t *field, uint32_t value)
{
	*field = (*field & 0xffffffff) | (uint64_t)value << 32;
}

/* Registers of the selected queue; a live queue does not change under the device. */
static void write_queue(struct virtio_mmio *m, uint64_t offset, uint32_t value)
{
	struct vq *vq = selected(m);

	if (!vq || vq->ready)
		return;
	switch (offset) {
	case REG_QUEUE_NUM:
		vq->size = value <= UINT16_MAX ? (uint16_t)value : 0;
		break;
	case REG_DESC_LOW:
		set_low(&vq->desc, value);
		break;
	case REG_DESC_HIGH:
		set_high(&vq->desc, value);
		break;
	case REG_DRIVER_LOW:
		set_low(&vq->driver, value);
		break;
	case REG_DRIVER_HIGH:
		set_high(&vq->driver, value);
		break;
	case REG_DEVICE_LOW:
		set_low(&vq->device, value);
		break;
	case REG_DEVICE_HIGH:
		set_high(&vq->device, value);
		break;
	default:
		break;
	}
}

static void write_driver_features(struct virtio_mmio *m, uint32_t value)
{
	if (m->dev->status & VIRTIO_S_FEATURES_OK)
		return;
	if (m->driver_sel == 0)
		set_low(&m->driver_features, value);
	else if (m->driver_sel == 1)
		set_high(&m->driver_features, value);
}

static void write_reg(struct virtio_mmio *m, uint64_t offset, uint32_t value)
{
	switch (offset) {
	case REG_DEVICE_FEATURES_SEL:
		m->device_sel = value;
		break;
	case REG_DRIVER_FEATURES:
		write_driver_features(m, value);
		break;
	case REG_DRIVER_FEATURES_SEL:
		m->driver_sel = value;
		break;
	case REG_QUEUE_SEL:
		m->queue_sel = value;
		break;
	case REG_QUEUE_READY:
		write_queue_ready(m, value);
		break;
	case REG_ISR_ACK:
		m->dev->isr &= ~value;
		break;
	case REG_STATUS:
		write_status(m, value);
		break;
	default:
		write_queue(m, offset, value);
	}
}

static uint32_t read_reg(struct virtio_mmio *m, uint64_t offset)
{
	struct virtio_dev *dev = m->dev;
	struct vq *vq = selected(m);

	switch (offset) {
	case REG_MAGIC:
		return MAGIC_VALUE;
	case REG_VERSION:
		return VERSION;
	case REG_DEVICE_ID:
		return dev->id;
	case REG_VENDOR_ID:
		return VENDOR;
	case REG_DEVICE_FEATURES:
		return m->device_sel > 1 ? 0 : (uint32_t)(dev->offered >> (32 * m->device_sel));
	case REG_QUEUE_NUM_MAX:
		return vq ? vq->size_max : 0;
	case REG_QUEUE_READY:
		return vq && vq->ready;
	case REG_ISR:
		return dev->isr;
	case REG_STATUS:
		return dev->status;
	case REG_GENERATION:
		return dev->generation;
	default:
		return 0;
	}
}

static void mmio_write(void *ctx, uint64_t offset, const uint8_t *data, unsigned int len)
{
	struct virtio_mmio *m = ctx;

	if (len != 4 || (offset & 3) || offset >= REG_CONFIG)
		return;		/* no device here has a writable configuration field */
	if (offset == REG_QUEUE_NOTIFY) {
		virtio_mmio_ring(m, (uint32_t)bus_get(data, len));
		return;
	}
	virtio_hold(m->dev);
	write_reg(m, offset, (uint32_t)bus_get(data, len));
	pthread_mutex_unlock(&m->dev->lock);
}

static void mmio_read(void *ctx, uint64_t offset, uint8_t *data, unsigned int len)
{
	struct virtio_mmio *m = ctx;
	struct virtio_dev *dev = m->dev;

	memset(data, 0, len);
	virtio_hold(dev);
	if (offset < REG_CONFIG) {
		if (len == 4 && !(offset & 3))
			bus_put(data, len, read_reg(m, offset));
	} else if (offset - REG_CONFIG < dev->config_len) {
		uint64_t left = dev->config_len - (offset - REG_CONFIG);

		memcpy(data, dev->config + (offset - REG_CONFIG), len < left ? len : left);
	}
	pthread_mutex_unlock(&dev->lock);
}

const struct bus_ops virtio_mmio_ops = { .read = mmio_read, .write = mmio_write };
