// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: attacks on a guest's page by single instructions, by calls that move or advise memory, by sockets and probes.
 * Never: judge; see private_attacks.c, whose table names them.
 * Used by: private_attacks.c.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/udmabuf.h>
#include <linux/userfaultfd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "kinds.h"
#include "private_attacks_more.h"

#define PAGE		4096
#define BLOCK		(2ul << 20)
#define HAS_LSE		(1ul << 8)	/* AT_HWCAP */
#define MPOL_BIND	2
#define MPOL_MOVE_ALL	(1 << 2)
#define TRACING		"/sys/kernel/tracing/"

static int load(const struct target *t)
{
	return *(volatile uint64_t *)t->page == t->secret ? 0 : EPROTO;
}

/* One vector load, 8 bytes of it before the page and 8 in it. */
int a_border(const struct target *t)
{
	uint64_t high;

	__asm__ volatile("ldr q0, [%1]\n\tmov %0, v0.d[1]" : "=r"(high) : "r"(t->page - 8) : "v0", "memory");
	return high == t->secret ? 0 : EPROTO;
}

int a_exclusive(const struct target *t)
{
	uint64_t low, high;

	__asm__ volatile("ldaxp %0, %1, [%2]\n\tclrex" : "=&r"(low), "=&r"(high) : "r"(t->page) : "memory");
	return low == t->secret && high == t->secret + 8 ? 0 : EPROTO;
}

int a_swap(const struct target *t)
{
	uint64_t old;

	if (!(getauxval(AT_HWCAP) & HAS_LSE))
		return ENODEV;
	__asm__ volatile(".arch_extension lse\n\tswpal %2, %0, [%1]" : "=&r"(old) : "r"(t->page), "r"(7ul) : "memory");
	return old == t->secret ? 0 : EPROTO;
}

/* Cache maintenance and a prefetch, which say nothing themselves. */
int a_cache_load(const struct target *t)
{
	__asm__ volatile("prfm pldl1keep, [%0]\n\tdc cvac, %0\n\tdc cvau, %0\n\tdc civac, %0\n\tdsb ish\n\t"
			 "ic ivau, %0\n\tdsb ish\n\tisb" : : "r"(t->page) : "memory");
	return load(t);
}

int a_advise_load(const struct target *t)
{
	static const int advice[] = { MADV_FREE, MADV_WILLNEED, MADV_DONTNEED, MADV_SEQUENTIAL, MADV_HUGEPAGE };
	unsigned int i;

	for (i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
		madvise(t->page, PAGE, advice[i]);
	return load(t);
}

int a_migrate_load(const struct target *t)
{
	unsigned long node = 1;
	void *page = t->page;
	int to = 0, status;

	syscall(SYS_mbind, page, PAGE, MPOL_BIND, &node, 8, MPOL_MOVE_ALL);
	syscall(SYS_move_pages, 0, 1, &page, &to, &status, MPOL_MOVE_ALL);
	syscall(SYS_migrate_pages, t->owner, 8, &node, &node);
	return load(t);
}

int a_lock_load(const struct target *t)
{
	mlock(t->page, PAGE);
	munlock(t->page, PAGE);
	mprotect(t->page, PAGE, PROT_NONE);
	mprotect(t->page, PAGE, PROT_READ);
	return load(t);
}

int a_process_madvise(const struct target *t)
{
	struct iovec his = { t->page, PAGE };
	int pidfd = (int)syscall(SYS_pidfd_open, t->owner, 0);

	syscall(SYS_process_madvise, pidfd, &his, 1, MADV_COLD, 0);
	syscall(SYS_process_madvise, pidfd, &his, 1, MADV_PAGEOUT, 0);
	return load(t);
}

int a_sendfile(const struct target *t)
{
	int sink = memfd_create("sink", MFD_CLOEXEC);
	off_t at = t->offset;
	uint64_t v = 0;
	long n = sendfile(sink, t->memfd, &at, 8);

	if (n <= 0)
		return n ? errno : EPROTO;
	return pread(sink, &v, 8, 0) == 8 && v == t->secret ? 0 : EPROTO;
}

int a_packet(const struct target *t)
{
	uint8_t head[14] = { [12] = 0x88, 0xb5 }, frame[256];
	struct iovec io[2] = { { head, sizeof(head) }, { t->page, 64 } };
	struct msghdr msg = { .msg_iov = io, .msg_iovlen = 2 };
	int fd[2], err = packet_pair(fd);

	if (err)
		return err;
	if (sendmsg(fd[0], &msg, 0) < 0)
		return errno;
	return recv(fd[1], frame, sizeof(frame), 0) >= 22 && !memcmp(frame + 14, &t->secret, 8) ? 0 : EPROTO;
}

/* The kernel pins the page until the other side has read. */
int a_zerocopy(const struct target *t)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int on = 1, l = socket(AF_INET, SOCK_STREAM, 0), s = socket(AF_INET, SOCK_STREAM, 0), peer, fd[2];
	socklen_t len = sizeof(a);
	uint64_t v = 0;

	if (packet_pair(fd))	/* brings the loopback device up */
		return ENODEV;
	if (bind(l, (void *)&a, len) || listen(l, 1) || getsockname(l, (void *)&a, &len) || connect(s, (void *)&a, len) ||
	    setsockopt(s, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on)))
		return ENODEV;
	peer = accept(l, NULL, NULL);
	if (send(s, t->page, PAGE, MSG_ZEROCOPY) < 0)
		return errno;
	return recv(peer, &v, 8, MSG_WAITALL) == 8 && v == t->secret ? 0 : EPROTO;
}

/* A userfaultfd maps what the file's page cache holds, without a fault. */
int a_continue(const struct target *t)
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_MINOR_SHMEM };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	struct uffdio_register reg = { .range = { (uintptr_t)t->page, PAGE }, .mode = UFFDIO_REGISTER_MODE_MINOR };
	struct uffdio_continue map = { .range = { (uintptr_t)t->page, PAGE } };

	madvise(t->page, PAGE, MADV_DONTNEED);
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg))
		return ENODEV;
	if (ioctl(fd, UFFDIO_CONTINUE, &map))
		return errno;
	return load(t);
}

static int tell(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	long n = fd < 0 ? -1 : write(fd, text, strlen(text));

	close(fd);
	return n < 0 ? ENODEV : 0;
}

/*
 * A probe on open() reads what the caller's pointer shows at; it takes no faults, so the first open() maps the page.
 * As a string: of a number that it cannot read a probe leaves in its record what the buffer held before.
 */
int a_kprobe(const struct target *t)
{
	static char said[65536];
	char want[32];
	long n;
	int fd, err;

	/* What a probe saw of another VM must not be taken for this one's. */
	close(open(TRACING "trace", O_WRONLY | O_TRUNC | O_CLOEXEC));
	if (tell(TRACING "kprobe_events", "p:gzpeek do_sys_openat2 v=+u0(%x1):ustring\n") ||
	    tell(TRACING "events/kprobes/gzpeek/enable", "1"))
		return ENODEV;
	fd = open((const char *)t->page, O_RDONLY | O_CLOEXEC);
	fd = open((const char *)t->page, O_RDONLY | O_CLOEXEC);
	err = fd < 0 ? errno : 0;
	tell(TRACING "events/kprobes/gzpeek/enable", "0");
	fd = open(TRACING "trace", O_RDONLY | O_CLOEXEC);
	n = read(fd, said, sizeof(said) - 1);
	if (n < 0)
		return ENODEV;
	tell(TRACING "kprobe_events", "-:gzpeek\n");
	snprintf(want, sizeof(want), "v=\"%.8s\"", (const char *)&t->secret);
	return memmem(said, (size_t)n, want, strlen(want)) ? 0 : err ? err : EPROTO;
}

/* A dma-buf made of the page. Kernels before 6.11 look at the page first. */
int dma_buf_of(const struct target *t)
{
	uint64_t size = ram_kind == RAM_HUGETLB ? BLOCK : PAGE;
	struct udmabuf_create c = { .memfd = (uint32_t)t->memfd, .flags = UDMABUF_FLAGS_CLOEXEC,
				    .offset = (uint64_t)t->offset & ~(size - 1), .size = size };
	int dev = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), fd;

	if (dev < 0) {
		errno = ENODEV;
		return -1;
	}
	/* It wants memory that does not shrink; a memfd may say that from the start. */
	fcntl(t->memfd, F_ADD_SEALS, F_SEAL_SHRINK);
	fd = ioctl(dev, UDMABUF_CREATE, &c);
	close(dev);
	return fd;
}

int a_udmabuf(const struct target *t)
{
	uint64_t in = ram_kind == RAM_HUGETLB ? (uint64_t)t->offset & (BLOCK - 1) : 0;
	int fd = dma_buf_of(t);
	uint8_t *p;

	if (fd < 0)
		return errno;
	p = mmap(NULL, in + PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return errno;
	return *(volatile uint64_t *)(p + in) == t->secret ? 0 : EPROTO;
}

/* The kernel maintains caches by its own addresses of the page; and the page changes through the mapping. */
int a_udmabuf_sync(const struct target *t)
{
	struct dma_buf_sync sync = { .flags = DMA_BUF_SYNC_RW | DMA_BUF_SYNC_START };
	uint64_t in = ram_kind == RAM_HUGETLB ? (uint64_t)t->offset & (BLOCK - 1) : 0;
	int fd = dma_buf_of(t);
	uint8_t *p;

	if (fd < 0 || ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync))
		return errno;
	p = mmap(NULL, in + PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return errno;
	*(volatile uint64_t *)(p + in) = 8;
	sync.flags = DMA_BUF_SYNC_RW | DMA_BUF_SYNC_END;
	return ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync) ? errno : 0;
}
