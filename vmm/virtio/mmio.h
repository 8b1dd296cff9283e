/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the MMIO transport: registers of one virtio device, its doorbells and its interrupt.
 * Never: run device work on a vCPU's thread.
 * Used by: machine.c; spec: VIRTIO 1.2, "Virtio Over MMIO".
 */
#ifndef GZ_VIRTIO_MMIO_H
#define GZ_VIRTIO_MMIO_H

#include "hv/hv.h"
#include "virtio/virtio.h"

struct virtio_mmio {
	struct virtio_dev *dev;
	struct hv *hv;
	uint64_t base;
	unsigned int spi;
	int irq_fd;			/* eventfd behind the interrupt */
	bool irq_direct;		/* no irqfd: raise it by ioctl */
	unsigned int slow_doorbells;	/* queues whose notify comes as an exit */
	struct vmmio_bell {
		struct virtio_mmio *mmio;
		unsigned int queue;
		int fd;
	} bell[VIRTIO_MAX_QUEUES];
	uint32_t device_sel, driver_sel, queue_sel;
	uint64_t driver_features;
};

extern const struct bus_ops virtio_mmio_ops;

/* Wire DEV to guest address BASE and interrupt SPI. 0, or -1 after saying why. */
int virtio_mmio_attach(struct virtio_mmio *m, struct virtio_dev *dev, struct hv *hv,
		       uint64_t base, unsigned int spi);

/* Ring QUEUE's doorbell as the kernel would: device work stays off a vCPU's thread. */
void virtio_mmio_ring(struct virtio_mmio *m, uint32_t queue);

/* Close what attach opened. The device's loop must have stopped. */
void virtio_mmio_detach(struct virtio_mmio *m);

#endif
