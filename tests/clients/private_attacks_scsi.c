// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: an attack on a guest's page by vhost-scsi: the kernel pins it and writes it to a disk.
 * Never: judge; see private_attacks.c, whose table names it.
 * Used by: private_attacks.c. Needs the modules vhost_scsi and target_core_file; without them it says ENODEV.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/vhost.h>
#include <linux/virtio_ring.h>
#include <linux/virtio_scsi.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "private_attacks_more.h"

#define PAGE		4096
#define PAGE_GPA	0x000000ull	/* the target, as vhost sees it */
#define MINE_GPA	0x100000ull
#define CONFIG		"/tmp/scsi-config"
#define CORE		CONFIG "/target/core/fileio_0"
#define WWPN		"naa.6001405000000001"
#define PORT		CONFIG "/target/vhost/" WWPN "/tpgt_1"
#define DISK		"/tmp/scsi-disk"
#define REQUESTS	2		/* the first may be answered with news about the disk */
#define QUEUE		2
#define WAIT_MS		400

struct mine {
	struct vring_desc desc[8];
	struct vring_avail avail;
	uint16_t avail_ring[8];
	_Alignas(8) uint8_t used[128];
	struct virtio_scsi_cmd_req req;
	struct virtio_scsi_cmd_resp resp[REQUESTS];
};

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	long n = fd < 0 ? -1 : write(fd, text, strlen(text));

	close(fd);
	return n < 0;
}

/* A disk that is a file, as a target for vhost; stays for the next attack. */
static int make_target(void)
{
	static const char *const folder[] = { CONFIG "/target/core", CORE, CORE "/disk", CONFIG "/target/vhost",
		CONFIG "/target/vhost/" WWPN, PORT, PORT "/lun/lun_0" };
	unsigned int i;

	mkdir(CONFIG, 0700);
	if (access(CONFIG "/target", F_OK) && mount("none", CONFIG, "configfs", 0, NULL))
		return ENODEV;
	if (access(PORT "/lun/lun_0/disk", F_OK) == 0)
		return 0;
	for (i = 0; i < sizeof(folder) / sizeof(folder[0]); i++) {
		mkdir(folder[i], 0700);
		if (i == 2 && (put(CORE "/disk/control", "fd_dev_name=" DISK ",fd_dev_size=1048576\n") ||
			       put(CORE "/disk/enable", "1\n")))
			return ENODEV;
	}
	if (symlink(CORE "/disk", PORT "/lun/lun_0/disk"))
		return ENODEV;
	return put(PORT "/nexus", "naa.6001405000000002\n") ? ENODEV : 0;
}

/* Requests to write the page to the disk's first blocks. */
static void fill(struct mine *m)
{
	static const uint8_t lun[8] = { 1, 1, 0x40 }, write10[10] = { 0x2a, [8] = PAGE / 512 };
	uint16_t i;

	memcpy(m->req.lun, lun, sizeof(lun));
	memcpy(m->req.cdb, write10, sizeof(write10));
	for (i = 0; i < REQUESTS; i++) {
		uint16_t d = (uint16_t)(3 * i);

		m->desc[d] = (struct vring_desc){ MINE_GPA + offsetof(struct mine, req), sizeof(m->req),
						  VRING_DESC_F_NEXT, (uint16_t)(d + 1) };
		m->desc[d + 1] = (struct vring_desc){ PAGE_GPA, PAGE, VRING_DESC_F_NEXT, (uint16_t)(d + 2) };
		m->desc[d + 2] = (struct vring_desc){ MINE_GPA + offsetof(struct mine, resp[i]), sizeof(m->resp[i]),
						      VRING_DESC_F_WRITE, 0 };
		m->avail_ring[i] = d;
	}
	__atomic_store_n(&m->avail.idx, REQUESTS, __ATOMIC_RELEASE);
}

static int start(int fd, const struct target *t, struct mine *m)
{
	struct vhost_memory *mem = calloc(1, sizeof(*mem) + 2 * sizeof(mem->regions[0]));
	struct vhost_scsi_target target = { .abi_version = VHOST_SCSI_ABI_VERSION, .vhost_wwpn = WWPN, .vhost_tpgt = 1 };
	struct vhost_vring_state num = { QUEUE, 8 }, base = { QUEUE, 0 };
	struct vhost_vring_file kick = { QUEUE, eventfd(0, EFD_CLOEXEC) };
	struct vhost_vring_addr addr = { .index = QUEUE, .desc_user_addr = (uintptr_t)m->desc,
		.avail_user_addr = (uintptr_t)&m->avail, .used_user_addr = (uintptr_t)m->used };
	uint64_t features = 1ull << 32 /* VIRTIO_F_VERSION_1 */;

	mem->nregions = 2;
	mem->regions[0] = (struct vhost_memory_region){ PAGE_GPA, PAGE, (uintptr_t)t->page, 0 };
	mem->regions[1] = (struct vhost_memory_region){ MINE_GPA, PAGE, (uintptr_t)m, 0 };
	if (ioctl(fd, VHOST_SET_OWNER) || ioctl(fd, VHOST_SET_FEATURES, &features) ||
	    ioctl(fd, VHOST_SET_MEM_TABLE, mem) || ioctl(fd, VHOST_SET_VRING_NUM, &num) ||
	    ioctl(fd, VHOST_SET_VRING_BASE, &base) || ioctl(fd, VHOST_SET_VRING_ADDR, &addr) ||
	    ioctl(fd, VHOST_SET_VRING_KICK, &kick) || ioctl(fd, VHOST_SCSI_SET_ENDPOINT, &target))
		return errno;
	return write(kick.fd, &(uint64_t){ 1 }, 8) == 8 ? 0 : errno;
}

static bool on_disk(uint64_t secret)
{
	int fd = open(DISK, O_RDONLY | O_CLOEXEC);
	uint64_t word = 0;
	bool found = pread(fd, &word, 8, 0) == 8 && word == secret;

	close(fd);
	return found;
}

/* What was there is overwritten first: the disk is that of the attacks before, too. */
int a_vhost_scsi(const struct target *t)
{
	struct mine *m = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int i, err = make_target(), fd = open("/dev/vhost-scsi", O_RDWR | O_CLOEXEC);

	if (err || fd < 0 || put(DISK, "nothing!"))
		return ENODEV;
	fill(m);
	err = start(fd, t, m);
	for (i = 0; !err && i < WAIT_MS; i++) {
		if (on_disk(t->secret))
			return 0;
		sleep_ms(1);
	}
	return err ? err : EPROTO;
}
