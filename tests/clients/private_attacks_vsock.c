// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: attacks on a guest's page by vhost-vsock: a packet whose payload, or a ring of used buffers that, is the page.
 * Never: judge; see private_attacks.c, whose table names them.
 * Used by: private_attacks.c. Needs the module vhost_vsock; without it all say ENODEV.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/vhost.h>
#include <linux/virtio_ring.h>
#include <linux/virtio_vsock.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <linux/vm_sockets.h>	/* needs sys/socket.h */

#include "private_attacks_more.h"

#define PAGE		4096
#define PAGE_GPA	0x000000ull	/* the target, as vhost sees it */
#define MINE_GPA	0x100000ull
#define PAYLOAD		64u
#define GUEST_CID	77u
#define GUEST_PORT	1000u
#define HOST_PORT	(2000u + (unsigned int)getpid())	/* one before may not be quite closed */
#define WAIT_MS		400
#define RECEIVE		0
#define SEND		1
#define RINGS		2

struct ring {
	struct vring_desc desc[4];
	struct vring_avail avail;
	uint16_t avail_ring[8];
	_Alignas(8) uint8_t used[128];
};

struct vsock {
	int fd, kick, listener;
	struct ring *ring;		/* of both queues, in our page */
	struct virtio_vsock_hdr *head;	/* of two packets, behind them */
};

static int listen_at(void)
{
	struct sockaddr_vm a = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = HOST_PORT };
	struct timeval limit = { .tv_usec = WAIT_MS * 1000 };
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (void *)&a, sizeof(a)) || listen(fd, 1))
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

static int vsock_open(struct vsock *v, const struct target *t)
{
	struct vhost_memory *m = calloc(1, sizeof(*m) + 2 * sizeof(m->regions[0]));
	uint64_t features = 1ull << 32 /* VIRTIO_F_VERSION_1 */, cid = GUEST_CID;

	v->fd = open("/dev/vhost-vsock", O_RDWR | O_CLOEXEC);
	v->listener = listen_at();
	if (v->fd < 0 || v->listener < 0)
		return ENODEV;
	v->kick = eventfd(0, EFD_CLOEXEC);
	v->ring = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	v->head = (void *)(v->ring + RINGS);
	m->nregions = 2;
	m->regions[0] = (struct vhost_memory_region){ PAGE_GPA, PAGE, (uintptr_t)t->page, 0 };
	m->regions[1] = (struct vhost_memory_region){ MINE_GPA, PAGE, (uintptr_t)v->ring, 0 };
	if (ioctl(v->fd, VHOST_SET_OWNER) || ioctl(v->fd, VHOST_SET_FEATURES, &features) ||
	    ioctl(v->fd, VHOST_SET_MEM_TABLE, m) || ioctl(v->fd, VHOST_VSOCK_SET_GUEST_CID, &cid))
		return errno;
	return 0;
}

static int queue(struct vsock *v, unsigned int i, void *used)
{
	struct ring *r = &v->ring[i];
	struct vhost_vring_state num = { i, 4 }, base = { i, 0 };
	struct vhost_vring_file kick = { i, v->kick };
	struct vhost_vring_addr addr = { .index = i, .desc_user_addr = (uintptr_t)r->desc,
		.avail_user_addr = (uintptr_t)&r->avail, .used_user_addr = (uintptr_t)used };

	if (ioctl(v->fd, VHOST_SET_VRING_NUM, &num) || ioctl(v->fd, VHOST_SET_VRING_BASE, &base) ||
	    ioctl(v->fd, VHOST_SET_VRING_ADDR, &addr) || (i == SEND && ioctl(v->fd, VHOST_SET_VRING_KICK, &kick)))
		return errno;
	return 0;
}

/* Packets: one that asks for a connection, one with PAYLOAD bytes of the target. */
static void fill(struct vsock *v)
{
	const struct virtio_vsock_hdr h = { .src_cid = GUEST_CID, .dst_cid = VMADDR_CID_HOST, .src_port = GUEST_PORT,
		.dst_port = HOST_PORT, .type = VIRTIO_VSOCK_TYPE_STREAM, .buf_alloc = 65536 };
	uint64_t at = MINE_GPA + (uint64_t)((uint8_t *)v->head - (uint8_t *)v->ring);
	struct ring *r = &v->ring[SEND];

	v->head[0] = v->head[1] = h;
	v->head[0].op = VIRTIO_VSOCK_OP_REQUEST;
	v->head[1].op = VIRTIO_VSOCK_OP_RW;
	v->head[1].len = PAYLOAD;
	r->desc[0] = (struct vring_desc){ at, sizeof(h), 0, 0 };
	r->desc[1] = (struct vring_desc){ at + sizeof(h), sizeof(h), VRING_DESC_F_NEXT, 2 };
	r->desc[2] = (struct vring_desc){ PAGE_GPA, PAYLOAD, 0, 0 };
	r->avail_ring[0] = 0;
	r->avail_ring[1] = 1;
	__atomic_store_n(&r->avail.idx, 2, __ATOMIC_RELEASE);
}

static int start(struct vsock *v, void *used)
{
	int on = 1, err = queue(v, RECEIVE, v->ring[RECEIVE].used);

	if (!err)
		err = queue(v, SEND, used);
	fill(v);
	if (err || ioctl(v->fd, VHOST_VSOCK_SET_RUNNING, &on))
		return err ? err : errno;
	return write(v->kick, &(uint64_t){ 1 }, 8) == 8 ? 0 : errno;
}

int a_vsock_send(const struct target *t)
{
	struct timeval limit = { .tv_usec = WAIT_MS * 1000 };
	uint64_t word = 0;
	struct vsock v;
	int peer, err = vsock_open(&v, t);

	if (!err)
		err = start(&v, v.ring[SEND].used);
	if (err)
		return err;
	peer = accept(v.listener, NULL, NULL);
	if (peer < 0)
		return EPROTO;
	setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return recv(peer, &word, 8, MSG_WAITALL) == 8 && word == t->secret ? 0 : EPROTO;
}

/* The kernel writes there how many packets it has taken; it counts on from what it finds. */
int a_vsock_ring(const struct target *t)
{
	uint16_t want = (uint16_t)((t->secret >> 16) + 2);
	struct vsock v;
	int i, err = vsock_open(&v, t);

	if (!err)
		err = start(&v, t->page);
	for (i = 0; !err && i < WAIT_MS; i++) {
		if (((volatile uint16_t *)(void *)t->page)[1] == want)
			return 0;
		sleep_ms(1);
	}
	return err ? err : EPROTO;
}
