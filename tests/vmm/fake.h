/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what the VMM's native tests share: guest memory, a driver that may lie, a fake hypervisor.
 * Never: use the code under test to judge it: the driver writes rings by hand.
 * Used by: tests/vmm/test_*.c.
 */
#ifndef TESTS_VMM_FAKE_H
#define TESTS_VMM_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hv/hv.h"
#include "mem/gmem.h"
#include "virtio/mmio.h"

#define FAKE_BASE	UINT64_C(0x80000000)
#define FAKE_SIZE	(UINT64_C(4) << 20)
#define FAKE_DATA	(FAKE_BASE + 0x200000)	/* free for buffers */

#define F_NEXT		1
#define F_WRITE		2
#define F_INDIRECT	4

/* Mapped by fake_mem_setup(), a cmocka setup function. */
extern struct gmem fake_mem;
int fake_mem_setup(void **state);
int fake_mem_teardown(void **state);

/* The driver's half of one queue, written byte by byte. */
struct drv_queue {
	uint64_t desc, avail, used;
	uint16_t size, avail_idx, next_desc;
};

struct drv_buf {
	uint64_t addr;
	uint32_t len;
	bool is_write;
};

/* Where queue Q of SIZE entries lives; clears it. */
struct drv_queue drv_queue_at(unsigned int q, uint16_t size);
void drv_desc(const struct drv_queue *dq, uint16_t i, struct drv_buf buf, uint16_t flags,
	      uint16_t next);
/* Make HEAD available without looking at it. */
void drv_offer(struct drv_queue *dq, uint16_t head);
/* A well-formed chain of COUNT buffers, made available; returns its head. */
uint16_t drv_add(struct drv_queue *dq, const struct drv_buf *buf, unsigned int count);
uint16_t drv_used_idx(const struct drv_queue *dq);
/* Entry I (counted from the start) of the used ring: the id, and the length into *LEN. */
uint32_t drv_used(const struct drv_queue *dq, uint16_t i, uint32_t *len);

/* A device behind its registers, as a guest sees it. */
struct drv {
	struct virtio_dev *dev;
	struct virtio_mmio mmio;
	struct hv hv;
	struct drv_queue q[VIRTIO_MAX_QUEUES];
};

void drv_attach(struct drv *d, struct virtio_dev *dev);
void drv_detach(struct drv *d);		/* destroys the device too */
uint32_t drv_read(struct drv *d, uint64_t offset);
void drv_write(struct drv *d, uint64_t offset, uint32_t value);
/* The whole initialisation, accepting FEATURES of what is offered, with queues of SIZE. */
void drv_start(struct drv *d, uint64_t features, uint16_t size);
void drv_kick(struct drv *d, unsigned int queue);
/* Wait until queue QUEUE has at least COUNT used entries; fails the test after some seconds. */
void drv_wait(struct drv *d, unsigned int queue, uint16_t count);
/* Wait until the device asks for a reset. */
void drv_wait_broken(struct drv *d);

uint8_t *fake_at(uint64_t gpa);
void fake_sleep_ms(unsigned int ms);
unsigned int fake_open_files(void);

/* The fake hypervisor: what it was told, and what it answers. */
struct fake_hv {
	unsigned int irq_raised[64];
	bool no_irqfd, no_ioeventfd;
	int fail_create_vm, fail_memory, fail_gic, fail_vcpu, fail_seal;
	uint64_t entry, fdt, ram_gpa, ram_size, shared_gpa, shared_size;
	uint8_t *ram;
	unsigned int vcpu_count, open_vms, open_vcpus;
	/* "/dev/fake-shares" protects, and tells of what its guest shares. */
	bool told_before_protect, protected_vm, fail_settle;
	unsigned int settled;
	struct hv_view view;
	/* The guest: called for each run of vCPU 0 with the number of the call. */
	void (*guest)(struct hv_exit *e, uint8_t *data, unsigned int step);
};

extern struct fake_hv fake_hv;
extern const struct hv_ops hv_fake_ops;

#endif
