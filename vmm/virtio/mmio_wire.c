// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: doorbells and the interrupt of a virtio-mmio device: eventfds, or exits and ioctls
 *      where the back end offers none.
 * Never: let the two ways differ in what the device sees.
 * Used by: machine.c.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/err.h"
#include "virtio/mmio.h"

#define QUEUE_NOTIFY	0x50

static void on_bell(void *ctx, short revents)
{
	struct vmmio_bell *bell = ctx;
	uint64_t count;

	(void)revents;
	if (read(bell->fd, &count, sizeof(count)) < 0)
		return;		/* another wake-up already took it */
	virtio_notify(bell->mmio->dev, bell->queue);
}

void virtio_mmio_ring(struct virtio_mmio *m, uint32_t queue)
{
	uint64_t one = 1;

	if (queue < m->dev->queue_count && m->bell[queue].fd >= 0 &&
	    write(m->bell[queue].fd, &one, sizeof(one)) < 0)
		gz_debug("%s: doorbell already rung", m->dev->name);
}

static void raise_interrupt(void *ctx)
{
	struct virtio_mmio *m = ctx;
	uint64_t one = 1;

	if (m->irq_direct) {
		m->hv->ops->irq_line(m->hv, m->spi, true);
		m->hv->ops->irq_line(m->hv, m->spi, false);
		return;
	}
	if (write(m->irq_fd, &one, sizeof(one)) < 0)
		gz_debug("%s: interrupt: %s", m->dev->name, strerror(errno));
}

static void ring_again(void *ctx, unsigned int queue)
{
	virtio_mmio_ring(ctx, queue);
}

static int bell_attach(struct virtio_mmio *m, unsigned int queue)
{
	struct vmmio_bell *bell = &m->bell[queue];
	struct hv_doorbell wire = { .gpa = m->base + QUEUE_NOTIFY, .len = 4, .match = queue };

	bell->mmio = m;
	bell->queue = queue;
	bell->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (bell->fd < 0)
		return gz_err("%s: no eventfd: %s; raise the limit of open files", m->dev->name,
			      strerror(errno));
	wire.fd = bell->fd;
	if (m->hv->ops->ioeventfd(m->hv, &wire))
		m->slow_doorbells++;
	return loop_add(m->dev->loop, bell->fd, POLLIN, on_bell, bell) ? 0 : -1;
}

int virtio_mmio_attach(struct virtio_mmio *m, struct virtio_dev *dev, struct hv *hv,
		       uint64_t base, unsigned int spi)
{
	*m = (struct virtio_mmio){ .dev = dev, .hv = hv, .base = base, .spi = spi };
	for (unsigned int i = 0; i < VIRTIO_MAX_QUEUES; i++)
		m->bell[i].fd = -1;
	m->irq_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (m->irq_fd < 0)
		return gz_err("%s: no eventfd: %s; raise the limit of open files", dev->name,
			      strerror(errno));
	m->irq_direct = hv->ops->irqfd(hv, spi, m->irq_fd) != 0;
	dev->interrupt = raise_interrupt;
	dev->again = ring_again;
	dev->transport = m;
	for (unsigned int i = 0; i < dev->queue_count; i++)
		if (bell_attach(m, i))
			return -1;
	gz_debug("%s: virtio-mmio at 0x%llx, SPI %u, %s, %u of %u doorbells by eventfd", dev->name,
		 (unsigned long long)base, spi, m->irq_direct ? "interrupt by ioctl" : "irqfd",
		 dev->queue_count - m->slow_doorbells, dev->queue_count);
	return 0;
}

void virtio_mmio_detach(struct virtio_mmio *m)
{
	for (unsigned int i = 0; i < VIRTIO_MAX_QUEUES; i++)
		if (m->dev && m->bell[i].fd >= 0)
			close(m->bell[i].fd);
	if (m->dev && m->irq_fd >= 0)
		close(m->irq_fd);
	m->dev = NULL;
}
