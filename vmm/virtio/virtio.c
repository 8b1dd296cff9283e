// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the part of a virtio device that is the same for all of them.
 * Never: end the process because of a guest.
 * Used by: virtio/mmio.c and each device.
 */
#include <stdarg.h>
#include <stdio.h>

#include "lib/err.h"
#include "virtio/virtio.h"

#define ISR_QUEUE	1u
#define ISR_CONFIG	2u
#define NOTES_MAX	16

void virtio_init(struct virtio_dev *dev, const struct gmem *mem, unsigned int queues)
{
	pthread_mutex_init(&dev->gate, NULL);
	pthread_mutex_init(&dev->lock, NULL);
	dev->queue_count = queues;
	dev->offered |= VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | VIRTIO_F_ACCESS_PLATFORM;
	for (unsigned int i = 0; i < queues; i++) {
		dev->vq[i].mem = mem;
		dev->vq[i].size_max = VQ_SIZE_MAX;
		vq_reset(&dev->vq[i]);
	}
}

static void interrupt(struct virtio_dev *dev, uint32_t cause)
{
	dev->isr |= cause;
	if (dev->interrupt)
		dev->interrupt(dev->transport);
}

void virtio_signal(struct virtio_dev *dev, struct vq *vq)
{
	if (vq_should_signal(vq))
		interrupt(dev, ISR_QUEUE);
}

void virtio_note(struct virtio_dev *dev, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (dev->note_count++ >= NOTES_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	gz_note("%s: %s%s", dev->name, text, dev->note_count == NOTES_MAX ? " (no more of these)" : "");
}

void virtio_break(struct virtio_dev *dev, const char *why)
{
	if (dev->status & VIRTIO_S_NEEDS_RESET)
		return;
	virtio_note(dev, "the guest's driver gave %s: device stopped until the guest resets it", why);
	dev->status |= VIRTIO_S_NEEDS_RESET;
	if (dev->status & VIRTIO_S_DRIVER_OK)
		interrupt(dev, ISR_CONFIG);
}

void virtio_memory_went(struct virtio_dev *dev)
{
	for (unsigned int i = 0; i < dev->queue_count; i++)
		if (dev->vq[i].ready && vq_enable(&dev->vq[i]))
			virtio_break(dev, "a queue in memory that it took back");
}

bool virtio_pop(struct virtio_dev *dev, unsigned int queue, struct vq_chain *chain)
{
	int got;

	if (!virtio_running(dev))
		return false;
	got = vq_pop(&dev->vq[queue], chain);
	if (got < 0)
		virtio_break(dev, dev->vq[queue].broken);
	return got > 0;
}

void virtio_again(struct virtio_dev *dev, unsigned int queue)
{
	if (dev->again)
		dev->again(dev->transport, queue);
}

bool virtio_serve(struct virtio_dev *dev, unsigned int queue, virtio_work work, void *ctx)
{
	struct vq *vq = &dev->vq[queue];
	unsigned int left = VQ_SIZE_MAX;
	bool willing = true;
	struct vq_chain c;

	do {
		while (left && willing && virtio_pop(dev, queue, &c)) {
			left--;
			willing = work(ctx, &c);
		}
	} while (left && willing && virtio_running(dev) && vq_want_notify(vq));
	virtio_signal(dev, vq);
	if (!left && willing)
		virtio_again(dev, queue);
	return willing;
}

/* A busy thread that lets go of a mutex has it again before who waits for it wakes up. */
void virtio_hold(struct virtio_dev *dev)
{
	pthread_mutex_lock(&dev->gate);
	pthread_mutex_lock(&dev->lock);
	pthread_mutex_unlock(&dev->gate);
}

void virtio_let_go(struct virtio_dev *dev)
{
	pthread_mutex_unlock(&dev->lock);
}

void virtio_notify(struct virtio_dev *dev, unsigned int queue)
{
	virtio_hold(dev);
	if (queue < dev->queue_count && virtio_running(dev) && dev->vq[queue].ready) {
		dev->notify_count[queue]++;
		dev->ops->notify(dev, queue);
	}
	virtio_let_go(dev);
}
