// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: attacks on a guest's page by vhost-net, where a thread of the kernel reads and writes what its memory table names.
 * Never: judge; see private_attacks.c, whose table names them.
 * Used by: private_attacks.c. Needs the module vhost_net; without it all say ENODEV.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/vhost.h>
#include <linux/virtio_ring.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "private_attacks_more.h"

#define PAGE		4096
#define PROTOCOL	0x88b5		/* for experiments */
#define HEAD		24u		/* virtio's header and Ethernet's */
#define PAYLOAD		64u
#define PAGE_GPA	0x000000ull	/* the target, as vhost sees it */
#define MINE_GPA	0x100000ull
#define WAIT_MS		400
#define RECEIVE		0
#define SEND		1

struct vnet {
	int fd, kick, wire[2];
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	uint8_t *mine;
};

int packet_pair(int fd[2])
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET };
	struct timeval limit = { .tv_usec = WAIT_MS * 1000 };
	struct ifreq ifr = { .ifr_name = "lo" };
	int i;

	for (i = 0; i < 2; i++) {
		fd[i] = socket(AF_PACKET, SOCK_RAW, 0);
		if (fd[i] < 0)
			return ENODEV;
		ifr.ifr_flags = IFF_UP;
		if (i == 0 && ioctl(fd[i], SIOCSIFFLAGS, &ifr))
			return ENODEV;
		a.sll_ifindex = (int)if_nametoindex("lo");
		a.sll_protocol = i ? htons(PROTOCOL) : 0;
		if (bind(fd[i], (void *)&a, sizeof(a)))
			return ENODEV;
		setsockopt(fd[i], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	}
	return 0;
}

static int table(struct vnet *v, const struct target *t)
{
	struct vhost_memory *m = calloc(1, sizeof(*m) + 2 * sizeof(m->regions[0]));

	m->nregions = 2;
	m->regions[0] = (struct vhost_memory_region){ PAGE_GPA, PAGE, (uintptr_t)t->page, 0 };
	m->regions[1] = (struct vhost_memory_region){ MINE_GPA, PAGE, (uintptr_t)v->mine, 0 };
	return ioctl(v->fd, VHOST_SET_MEM_TABLE, m) ? errno : 0;
}

/* A device whose memory table names the target and one page of ours. */
static int vnet_open(struct vnet *v, const struct target *t)
{
	v->fd = open("/dev/vhost-net", O_RDWR | O_CLOEXEC);
	if (v->fd < 0 || packet_pair(v->wire))
		return ENODEV;
	v->kick = eventfd(0, EFD_CLOEXEC);
	v->mine = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	v->desc = (void *)v->mine;
	v->avail = (void *)(v->mine + 0x400);
	v->used = (void *)(v->mine + 0x800);
	if (ioctl(v->fd, VHOST_SET_OWNER))
		return errno;
	return table(v, t);
}

static int vnet_features(struct vnet *v, uint64_t more)
{
	uint64_t features = 1ull << VHOST_NET_F_VIRTIO_NET_HDR | more;

	return ioctl(v->fd, VHOST_SET_FEATURES, &features) ? errno : 0;
}

/* One buffer of two parts, HEAD bytes of ours and PAYLOAD bytes at GPA; vhost gets a socket to work with. */
static int vnet_start(struct vnet *v, unsigned int queue, uint64_t gpa, void *used, int socket)
{
	uint16_t flag = queue == RECEIVE ? VRING_DESC_F_WRITE : 0;
	struct vhost_vring_state num = { queue, 4 }, base = { queue, 0 };
	struct vhost_vring_file kick = { queue, v->kick }, backend = { queue, socket };
	struct vhost_vring_addr addr = { .index = queue, .desc_user_addr = (uintptr_t)v->desc,
		.avail_user_addr = (uintptr_t)v->avail, .used_user_addr = (uintptr_t)used };

	v->desc[0] = (struct vring_desc){ MINE_GPA + 0xc00, HEAD, (uint16_t)(flag | VRING_DESC_F_NEXT), 1 };
	v->desc[1] = (struct vring_desc){ gpa, PAYLOAD, flag, 0 };
	v->avail->idx = 1;
	if (ioctl(v->fd, VHOST_SET_VRING_NUM, &num) || ioctl(v->fd, VHOST_SET_VRING_BASE, &base) ||
	    ioctl(v->fd, VHOST_SET_VRING_ADDR, &addr) || ioctl(v->fd, VHOST_SET_VRING_KICK, &kick) ||
	    ioctl(v->fd, VHOST_NET_SET_BACKEND, &backend))
		return errno;
	return write(v->kick, &(uint64_t){ 1 }, 8) == 8 ? 0 : errno;
}

int a_vhost_send(const struct target *t)
{
	uint8_t frame[256];
	struct vnet v;
	int err = vnet_open(&v, t);

	if (!err)
		err = vnet_features(&v, 0);
	if (err)
		return err;
	v.mine[0xc00 + 10 + 12] = PROTOCOL >> 8;
	v.mine[0xc00 + 10 + 13] = PROTOCOL & 0xff;
	err = vnet_start(&v, SEND, PAGE_GPA, v.used, v.wire[0]);
	if (err)
		return err;
	return recv(v.wire[1], frame, sizeof(frame), 0) >= 22 && !memcmp(frame + 14, &t->secret, 8) ? 0 : EPROTO;
}

/* vhost receives one frame; whether it says that it did. */
static bool frame_taken(struct vnet *v)
{
	uint8_t frame[14 + PAYLOAD] = { [12] = PROTOCOL >> 8, PROTOCOL & 0xff };
	int i;

	if (send(v->wire[0], frame, sizeof(frame), 0) != sizeof(frame))
		return false;
	for (i = 0; i < WAIT_MS; i++) {
		if (__atomic_load_n(&v->used->idx, __ATOMIC_ACQUIRE) == 1)
			return true;
		sleep_ms(1);
	}
	return false;
}

int a_vhost_receive(const struct target *t)
{
	struct vnet v;
	int err = vnet_open(&v, t);

	if (!err)
		err = vnet_features(&v, 0);
	if (!err)
		err = vnet_start(&v, RECEIVE, PAGE_GPA, v.used, v.wire[1]);
	if (err)
		return err;
	return frame_taken(&v) && *(volatile uint64_t *)t->page == 0 ? 0 : EPROTO;
}

/* What it writes into our page it marks in a log, which is the target: by a pin and the kernel's own mapping. */
int a_vhost_log(const struct target *t)
{
	uint64_t log = (uintptr_t)t->page;
	volatile uint8_t *byte = t->page + MINE_GPA / PAGE / 8;
	struct vnet v;
	int err = vnet_open(&v, t);

	if (!err && ioctl(v.fd, VHOST_SET_LOG_BASE, &log))
		err = errno;
	if (!err)
		err = vnet_features(&v, 1ull << VHOST_F_LOG_ALL);
	if (!err)
		err = vnet_start(&v, RECEIVE, MINE_GPA + 0xd00, v.used, v.wire[1]);
	if (err || !frame_taken(&v))
		return err ? err : EPROTO;
	sleep_ms(20);
	return *byte & 1 ? 0 : EPROTO;
}

/* The ring of used buffers is the target. */
int a_vhost_ring(const struct target *t)
{
	struct vnet v;
	int err = vnet_open(&v, t);

	if (!err)
		err = vnet_features(&v, 0);
	return err ? err : vnet_start(&v, RECEIVE, PAGE_GPA, t->page, v.wire[1]);
}
