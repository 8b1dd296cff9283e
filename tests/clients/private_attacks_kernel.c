// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: attacks on a guest's page in which the kernel does the work later or elsewhere: io_uring, core dumps, kcore.
 * Never: judge; see private_attacks.c, whose table names them.
 * Used by: private_attacks.c.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "private_attacks_more.h"

#define PAGE	4096

struct ring {
	int fd;
	struct io_uring_params p;
	uint8_t *sq, *cq;
	struct io_uring_sqe *sqe;
};

static int ring_make(struct ring *r)
{
	memset(r, 0, sizeof(*r));
	r->fd = (int)syscall(SYS_io_uring_setup, 4, &r->p);
	if (r->fd < 0)
		return errno;
	r->sq = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, IORING_OFF_SQ_RING);
	r->cq = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, IORING_OFF_CQ_RING);
	r->sqe = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, IORING_OFF_SQES);
	return r->sq == MAP_FAILED || r->cq == MAP_FAILED || r->sqe == MAP_FAILED ? errno : 0;
}

/* One request, by a worker of the kernel; its result. */
static int ring_do(struct ring *r, uint8_t op, int fd, void *buf)
{
	struct io_uring_cqe *cqe = (struct io_uring_cqe *)(void *)(r->cq + r->p.cq_off.cqes);

	*r->sqe = (struct io_uring_sqe){ .opcode = op, .fd = fd, .flags = IOSQE_ASYNC, .addr = (uintptr_t)buf, .len = 8 };
	((uint32_t *)(void *)(r->sq + r->p.sq_off.array))[0] = 0;
	__atomic_fetch_add((uint32_t *)(void *)(r->sq + r->p.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, r->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return -errno;
	return cqe->res;
}

static int from_file(const struct target *t, int fd)
{
	uint64_t v = 0;

	return pread(fd, &v, sizeof(v), 0) == sizeof(v) && v == t->secret ? 0 : EPROTO;
}

int a_uring_write(const struct target *t)
{
	int fd = memfd_create("sink", MFD_CLOEXEC), err;
	struct ring r;

	err = ring_make(&r);
	if (err)
		return err;
	err = ring_do(&r, IORING_OP_WRITE, fd, t->page);
	return err < 0 ? -err : from_file(t, fd);
}

int a_uring_read(const struct target *t)
{
	int fd = memfd_create("source", MFD_CLOEXEC), err;
	struct ring r;

	err = ring_make(&r);
	if (err || pwrite(fd, "attack!!", 8, 0) != 8)
		return err ? err : errno;
	err = ring_do(&r, IORING_OP_READ, fd, t->page);
	return err < 0 ? -err : err == 8 ? 0 : EPROTO;
}

/* The kernel pins a registered buffer. */
int a_uring_fixed(const struct target *t)
{
	int fd = memfd_create("sink", MFD_CLOEXEC), err;
	struct iovec buf = { t->page, PAGE };
	struct ring r;

	err = ring_make(&r);
	if (err)
		return err;
	if (syscall(SYS_io_uring_register, r.fd, IORING_REGISTER_BUFFERS, &buf, 1))
		return errno;
	err = ring_do(&r, IORING_OP_WRITE_FIXED, fd, t->page);
	return err < 0 ? -err : from_file(t, fd);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(ENODEV);
	close(fd);
}

/* The word that lies FROM bytes into this part of a core file. */
static int in_segment(const struct target *t, int fd, const Elf64_Phdr *ph, uint64_t from)
{
	uint64_t v = 0;

	if (from >= ph->p_filesz)
		return ENODATA;
	if (pread(fd, &v, sizeof(v), (off_t)(ph->p_offset + from)) != sizeof(v))
		return errno ? errno : EIO;
	return v == t->secret ? 0 : EPROTO;
}

/*
 * The word at an address (virtual, or physical when PHYS) in an ELF core file. A physical address may be in several parts:
 * what the kernel's image used for its start is RAM by now and in the linear map, but gone from the image's own mapping.
 */
static int in_core(const struct target *t, const char *path, uint64_t addr, bool phys)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), i, err = ENODATA;
	Elf64_Ehdr eh;
	Elf64_Phdr ph;

	if (fd < 0 || pread(fd, &eh, sizeof(eh), 0) != sizeof(eh))
		return ENODEV;
	for (i = 0; i < eh.e_phnum && err; i++) {
		if (pread(fd, &ph, sizeof(ph), (off_t)(eh.e_phoff + (uint64_t)i * sizeof(ph))) != sizeof(ph))
			return EIO;
		uint64_t from = phys ? ph.p_paddr : ph.p_vaddr;

		if (ph.p_type == PT_LOAD && addr >= from && addr - from < ph.p_memsz)
			err = in_segment(t, fd, &ph, addr - from);
	}
	return err;
}

uint64_t kernel_address(uint64_t pa)
{
	int fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC), i;
	uint64_t lowest = 0;
	Elf64_Ehdr eh;
	Elf64_Phdr ph;

	if (fd < 0 || pread(fd, &eh, sizeof(eh), 0) != sizeof(eh))
		return 0;
	for (i = 0; i < eh.e_phnum; i++) {
		if (pread(fd, &ph, sizeof(ph), (off_t)(eh.e_phoff + (uint64_t)i * sizeof(ph))) != sizeof(ph))
			break;
		uint64_t at = ph.p_vaddr + (pa - ph.p_paddr);

		if (ph.p_type == PT_LOAD && pa >= ph.p_paddr && pa - ph.p_paddr < ph.p_memsz && (!lowest || at < lowest))
			lowest = at;
	}
	close(fd);
	return lowest;
}

int a_core_dump(const struct target *t)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	int status, ret;
	pid_t pid;

	put("/proc/sys/kernel/core_pattern", "/tmp/gz-core");
	pid = fork();
	if (pid == 0) {
		put("/proc/self/coredump_filter", "0x7f");
		setrlimit(RLIMIT_CORE, &all);
		abort();
	}
	waitpid(pid, &status, 0);
	ret = WCOREDUMP(status) ? in_core(t, "/tmp/gz-core", (uintptr_t)t->page, false) : ENODEV;
	unlink("/tmp/gz-core");
	return ret;
}

int a_kcore(const struct target *t)
{
	return in_core(t, "/proc/kcore", t->pa, true);
}

/* Compaction moves pages by copying them. */
int a_compaction(const struct target *t)
{
	put("/proc/sys/vm/drop_caches", "3");
	put("/proc/sys/vm/compact_memory", "1");
	return *(volatile uint64_t *)t->page == t->secret ? 0 : EPROTO;
}

int a_collapse(const struct target *t)
{
	uint8_t *block = (uint8_t *)((uintptr_t)t->page & ~(uintptr_t)((2ul << 20) - 1));

	madvise(block, 2ul << 20, 25 /* MADV_COLLAPSE */);
	return *(volatile uint64_t *)t->page == t->secret ? 0 : EPROTO;
}

int a_populate(const struct target *t)
{
	if (madvise(t->page, PAGE, 22 /* MADV_POPULATE_READ */))
		return errno;
	return *(volatile uint64_t *)t->page == t->secret ? 0 : EPROTO;
}

/* Same-page merging reads what it compares; a private copy of the file is what it may merge. */
int a_merge(const struct target *t)
{
	uint64_t *p = map_target(t, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	put("/sys/kernel/mm/ksm/run", "1");
	if (p == MAP_FAILED || madvise(p, PAGE, MADV_MERGEABLE))
		return errno;
	((volatile uint64_t *)p)[1] = 1;
	usleep(100000);
	put("/sys/kernel/mm/ksm/run", "0");
	return *(volatile uint64_t *)p == t->secret ? 0 : EPROTO;
}

int a_fork_load(const struct target *t)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(*(volatile uint64_t *)t->page == t->secret ? 0 : EPROTO);
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? EFAULT : WEXITSTATUS(status);
}
