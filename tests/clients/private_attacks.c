// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: every way by which user space may try to read or write a page of a guest.
 * Never: judge; the table in private_test.c says what must work and what must not.
 * Used by: private_test.c. Each attack runs in a process of its own, which a signal may end.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "private_attacks_more.h"

#define PAGE	4096
#define BLOCK	(2l << 20)

/* Results: 0 the secret was seen or the page changed; else an errno, or EPROTO for something else seen. */
static int seen(const struct target *t, uint64_t value)
{
	return value == t->secret ? 0 : EPROTO;
}

static int from(long result)
{
	return result < 0 ? errno : result == 0 ? EPROTO : 0;
}

static int a_load(const struct target *t)
{
	return seen(t, *(volatile uint64_t *)t->page);
}

static int a_store(const struct target *t)
{
	*(volatile uint64_t *)t->page = 1;
	return 0;
}

static int a_atomic(const struct target *t)
{
	return seen(t, __atomic_fetch_add((uint64_t *)t->page, 1, __ATOMIC_SEQ_CST));
}

static int a_zero_line(const struct target *t)
{
	__asm__ volatile("dc zva, %0" : : "r"(t->page) : "memory");
	return 0;
}

static int a_exec(const struct target *t)
{
	if (mprotect(t->page, PAGE, PROT_READ | PROT_EXEC))
		return errno;
	((void (*)(void))(void *)t->page)();
	return 0;
}

static int a_pread(const struct target *t)
{
	uint64_t v = 0;
	long n = pread(t->memfd, &v, sizeof(v), t->offset);

	return n == sizeof(v) ? seen(t, v) : from(n);
}

static int a_pwrite(const struct target *t)
{
	return from(pwrite(t->memfd, "attack!!", 8, t->offset));
}

static int a_vm_readv(const struct target *t)
{
	uint64_t v = 0;
	struct iovec mine = { &v, sizeof(v) }, his = { t->page, sizeof(v) };
	long n = process_vm_readv(t->owner, &mine, 1, &his, 1, 0);

	return n == sizeof(v) ? seen(t, v) : from(n);
}

static int a_vm_writev(const struct target *t)
{
	uint64_t v = 2;
	struct iovec mine = { &v, sizeof(v) }, his = { t->page, sizeof(v) };

	return from(process_vm_writev(t->owner, &mine, 1, &his, 1, 0));
}

static int proc_mem(const struct target *t)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", t->owner);
	return open(path, O_RDWR | O_CLOEXEC);
}

static int a_mem_read(const struct target *t)
{
	uint64_t v = 0;
	long n = pread(proc_mem(t), &v, sizeof(v), (off_t)(uintptr_t)t->page);

	return n == sizeof(v) ? seen(t, v) : from(n);
}

static int a_mem_write(const struct target *t)
{
	return from(pwrite(proc_mem(t), "attack!!", 8, (off_t)(uintptr_t)t->page));
}

static int traced(const struct target *t, int (*then)(const struct target *))
{
	int ret, status;

	if (ptrace(PTRACE_SEIZE, t->owner, 0, 0) || ptrace(PTRACE_INTERRUPT, t->owner, 0, 0))
		return errno;
	waitpid(t->owner, &status, __WALL);
	ret = then(t);
	ptrace(PTRACE_DETACH, t->owner, 0, 0);
	return ret;
}

static int peek(const struct target *t)
{
	long v;

	errno = 0;
	v = ptrace(PTRACE_PEEKDATA, t->owner, t->page, 0);
	return errno ? errno : seen(t, (uint64_t)v);
}

static int poke(const struct target *t)
{
	return ptrace(PTRACE_POKEDATA, t->owner, t->page, 3) ? errno : 0;
}

static int a_peek(const struct target *t)
{
	return traced(t, peek);
}

static int a_poke(const struct target *t)
{
	return traced(t, poke);
}

void *map_target(const struct target *t, int prot, int flags)
{
	off_t in = t->offset & (BLOCK - 1);
	uint8_t *p = mmap(NULL, BLOCK, prot, flags, t->memfd, t->offset - in);

	return p == MAP_FAILED ? MAP_FAILED : p + in;
}

static int a_map_again(const struct target *t)
{
	uint64_t *p = map_target(t, PROT_READ, MAP_SHARED | MAP_POPULATE);

	return p == MAP_FAILED ? errno : seen(t, *(volatile uint64_t *)p);
}

static int a_private_copy(const struct target *t)
{
	uint64_t *p = map_target(t, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	if (p == MAP_FAILED)
		return errno;
	((volatile uint64_t *)p)[1] = 4;
	return seen(t, *(volatile uint64_t *)p);
}

/* What comes out of the other end of FD[0] after the kernel put the page in at FD[1]. */
static int out_of(const struct target *t, int in, int out, long put)
{
	uint64_t v = 0;

	close(out);
	if (put <= 0)
		return from(put);
	return read(in, &v, sizeof(v)) == sizeof(v) ? seen(t, v) : EPROTO;
}

static int a_pipe_write(const struct target *t)
{
	int fd[2];

	if (pipe(fd))
		return errno;
	return out_of(t, fd[0], fd[1], write(fd[1], t->page, 8));
}

static int a_vmsplice(const struct target *t)
{
	struct iovec io = { t->page, 8 };
	int fd[2];

	if (pipe(fd))
		return errno;
	return out_of(t, fd[0], fd[1], vmsplice(fd[1], &io, 1, 0));
}

static int a_splice(const struct target *t)
{
	loff_t at = t->offset;
	int fd[2];

	if (pipe(fd))
		return errno;
	return out_of(t, fd[0], fd[1], splice(t->memfd, &at, fd[1], NULL, 8, 0));
}

static int a_socket(const struct target *t)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
		return errno;
	return out_of(t, fd[0], fd[1], send(fd[1], t->page, 8, 0));
}

static int a_read_into(const struct target *t)
{
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	return from(read(fd, t->page, 8));
}

static int a_getrandom(const struct target *t)
{
	return from(getrandom(t->page, 8, 0));
}

static int a_direct(const struct target *t)
{
	int fd = open("/dev/ram0", O_RDWR | O_DIRECT | O_CLOEXEC);

	return fd < 0 ? ENODEV : from(pwrite(fd, t->page, PAGE, 0));
}

static int a_futex(const struct target *t)
{
	long n = syscall(SYS_futex, t->page, FUTEX_WAKE_OP, 0, 0, t->page, FUTEX_OP(FUTEX_OP_SET, 5, 0, 0));

	return n < 0 ? errno : 0;
}

static int a_pageout_load(const struct target *t)
{
	madvise(t->page, PAGE, MADV_COLD);
	madvise(t->page, PAGE, MADV_PAGEOUT);
	return a_load(t);
}

static int a_remap_load(const struct target *t)
{
	void *p = mremap(t->page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (uintptr_t)t->page - (1ul << 32));

	return p == MAP_FAILED ? errno : seen(t, *(volatile uint64_t *)p);
}

/* The kernel zeroes the part of a page that a hole covers. */
static int a_punch_part(const struct target *t)
{
	return fallocate(t->memfd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, t->offset + 64, 64) ? errno :
	       t->is_private ? EPROTO : 0;
}

const struct attack attacks[] = {
	{ "load", a_load, false, 0, false }, { "store", a_store, true, 0, false }, { "atomic add", a_atomic, true, 0, false },
	{ "dc zva", a_zero_line, true, 0, false }, { "execute", a_exec, false, EINVAL, false },
	{ "pread of the memfd", a_pread, false, 0, false }, { "pwrite of the memfd", a_pwrite, true, EINVAL, false },
	{ "process_vm_readv", a_vm_readv, false, 0, false }, { "process_vm_writev", a_vm_writev, true, 0, false },
	{ "/proc/PID/mem read", a_mem_read, false, 0, false }, { "/proc/PID/mem write", a_mem_write, true, 0, false },
	{ "ptrace peek", a_peek, false, 0, false }, { "ptrace poke", a_poke, true, 0, false },
	{ "a new mapping", a_map_again, false, 0, false }, { "a private copy", a_private_copy, false, 0, false },
	{ "write to a pipe", a_pipe_write, false, 0, false }, { "vmsplice", a_vmsplice, false, 0, false },
	{ "splice of the memfd", a_splice, false, EINVAL, false }, { "send to a socket", a_socket, false, 0, false },
	{ "read from a device", a_read_into, true, 0, false }, { "getrandom", a_getrandom, true, 0, false },
	{ "O_DIRECT write", a_direct, false, 0, false }, { "futex operation", a_futex, true, 0, false },
	{ "page out, then load", a_pageout_load, false, 0, false }, { "move, then load", a_remap_load, false, EINVAL, false },
	{ "a hole in a page", a_punch_part, true, 0, false },
	{ "io_uring write of it", a_uring_write, false, 0, false }, { "io_uring read into it", a_uring_read, true, 0, false },
	{ "io_uring fixed buffer", a_uring_fixed, false, 0, false },
	{ "core dump", a_core_dump, false, 0, false }, { "/proc/kcore", a_kcore, false, 0, false },
	{ "compaction, then load", a_compaction, false, 0, false }, { "collapse, then load", a_collapse, false, 0, false },
	{ "populate, then load", a_populate, false, 0, false }, { "same-page merging", a_merge, false, 0, false },
	{ "fork, then load", a_fork_load, false, 0, false },
	{ "across the border", a_border, false, 0, false },
	{ "load exclusive pair", a_exclusive, false, 0, false },
	{ "atomic swap", a_swap, true, 0, false },
	{ "cache lines, then load", a_cache_load, false, 0, false },
	{ "advise, then load", a_advise_load, false, 0, false },
	{ "migrate, then load", a_migrate_load, false, 0, false },
	{ "lock, protect, then load", a_lock_load, false, 0, false },
	{ "advised by another", a_process_madvise, false, 0, false },
	{ "sendfile of the memfd", a_sendfile, false, EINVAL, false },
	{ "send as a packet", a_packet, false, 0, false },
	{ "send without a copy", a_zerocopy, false, 0, false },
	{ "userfaultfd continue", a_continue, false, 0, false },
	{ "kprobe reads it", a_kprobe, false, 0, false },
	{ "vhost sends it", a_vhost_send, false, 0, false },
	{ "vhost receives into it", a_vhost_receive, true, 0, false },
	{ "vhost logs into it", a_vhost_log, true, 0, false },
	{ "vhost ring in it", a_vhost_ring, true, 0, false },
	{ "vhost-vsock sends it", a_vsock_send, false, 0, false },
	{ "vhost-vsock ring in it", a_vsock_ring, true, 0, false },
	{ "vhost-scsi writes it out", a_vhost_scsi, false, 0, false },
	{ "BPF reads user memory", a_bpf_user, false, 0, false },
	{ "BPF reads kernel memory", a_bpf_kernel, false, 0, true },
	{ "perf copies a stack", a_perf_stack, false, 0, false },
	{ "uprobe in it", a_uprobe, false, EIO, false },
	{ "udmabuf, mapped", a_udmabuf, false, 0, false },
	{ "udmabuf, synchronized", a_udmabuf_sync, true, 0, false },
};

const unsigned int attack_count = sizeof(attacks) / sizeof(attacks[0]);
