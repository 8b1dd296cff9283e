// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the list of system calls a running VM uses, enforced by seccomp.
 * Never: allow a new program, a new process or executable memory; a file only to read, and only with a network card.
 * Used by: run.c.
 */
#define _GNU_SOURCE
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asm/ioctls.h>

#include "lib/err.h"
#include "lib/sandbox.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define WORD		0xffffffffu	/* the kernel looks at the low half of an int */

static const int plain[] = {
	/* bytes in and out of files that are open */
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64),
	SCMP_SYS(pwrite64), SCMP_SYS(preadv), SCMP_SYS(pwritev), SCMP_SYS(lseek),
	SCMP_SYS(fdatasync), SCMP_SYS(fsync), SCMP_SYS(ppoll), SCMP_SYS(poll), SCMP_SYS(close),
	SCMP_SYS(fstat),
	/* threads, memory, time */
	SCMP_SYS(futex), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
	SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(getrandom), SCMP_SYS(exit), SCMP_SYS(exit_group),
	/* signals and the end */
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall), SCMP_SYS(getpid), SCMP_SYS(gettid),
};

/* With a network card. Which sockets can be made is in allow_net(). */
static const int net_plain[] = {
	SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(setsockopt), SCMP_SYS(getsockopt),
	SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg),
	SCMP_SYS(shutdown), SCMP_SYS(newfstatat),
};

/* No library makes these by surprise: whoever does has taken over the process. */
static const int deadly[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(bpf), SCMP_SYS(init_module), SCMP_SYS(finit_module),
	SCMP_SYS(delete_module), SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(mount),
	SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(setns), SCMP_SYS(unshare),
	SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup), SCMP_SYS(keyctl),
	SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setresuid), SCMP_SYS(setresgid), SCMP_SYS(capset),
	SCMP_SYS(reboot),
};

/* Looking at the terminal and giving it back; not TIOCSTI, which types for the user. */
static const unsigned long terminal[] = { TCGETS, TCSETS, TCGETS2, TCSETS2 };
static const unsigned long net_ioctl[] = { FIONREAD, FIONBIO };
static const unsigned long net_fcntl[] = { F_GETFD, F_SETFD, F_GETFL, F_SETFL };

static int add_list(scmp_filter_ctx ctx, uint32_t action, const int *call, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (seccomp_rule_add(ctx, action, call[i], 0))
			return -1;
	return 0;
}

/* CALL with one of COUNT values as its second argument. */
static int add_requests(scmp_filter_ctx ctx, int call, const unsigned long *value, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 1,
				     SCMP_A1(SCMP_CMP_MASKED_EQ, WORD, value[i] & WORD)))
			return -1;
	return 0;
}

/* Calls that are fine with some arguments only. */
static int allow_some(scmp_filter_ctx ctx)
{
	int err = 0;

	err |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	err |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	err |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	err |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
				SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME, 0));
	err |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				SCMP_A0(SCMP_CMP_MASKED_EQ, WORD, (uint32_t)getpid()));
	/* Its flags are behind a pointer; "not there" makes the C library use clone. */
	err |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	err |= add_requests(ctx, SCMP_SYS(ioctl), terminal, COUNT(terminal));
	return err;
}

/* What libslirp makes for a guest's connections, and its look at resolv.conf now and then. */
static int allow_net(scmp_filter_ctx ctx)
{
	static const int type[] = { SOCK_STREAM, SOCK_DGRAM };
	const uint32_t type_mask = WORD & ~(uint32_t)(SOCK_NONBLOCK | SOCK_CLOEXEC);
	int err = add_list(ctx, SCMP_ACT_ALLOW, net_plain, COUNT(net_plain));

	for (unsigned int i = 0; i < COUNT(type); i++)
		/* The usual protocol or ICMP: not MPTCP or SCTP, whose modules a socket would load. */
		err |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 3,
					SCMP_A0(SCMP_CMP_MASKED_EQ, WORD, AF_INET),
					SCMP_A1(SCMP_CMP_MASKED_EQ, type_mask, (uint32_t)type[i]),
					SCMP_A2(SCMP_CMP_MASKED_EQ, WORD & ~(uint32_t)IPPROTO_ICMP, 0));
	err |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY));
	err |= add_requests(ctx, SCMP_SYS(fcntl), net_fcntl, COUNT(net_fcntl));
	err |= add_requests(ctx, SCMP_SYS(ioctl), net_ioctl, COUNT(net_ioctl));
	return err;
}

static int build(scmp_filter_ctx ctx, const struct sandbox_need *need)
{
	int err = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);

	/* Every exit of a guest passes the filter with an ioctl: it is asked for first. */
	err |= seccomp_syscall_priority(ctx, SCMP_SYS(ioctl), UINT8_MAX);
	/* The device threads run already: all of them at once, or none. */
	err |= add_list(ctx, SCMP_ACT_ALLOW, plain, COUNT(plain));
	err |= add_list(ctx, SCMP_ACT_KILL_PROCESS, deadly, COUNT(deadly));
	err |= allow_some(ctx);
	err |= add_requests(ctx, SCMP_SYS(ioctl), need->ioctl, need->ioctl_count);
	return err || (need->net && allow_net(ctx));
}

static int say_none(const char *why)
{
	return gz_err("no sandbox: %s; a guest that breaks out of gz could do all that you can, use a"
		      " kernel with CONFIG_SECCOMP_FILTER", why);
}

int sandbox_enter(const struct sandbox_need *need)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err;

	if (!ctx)
		return say_none("libseccomp has no memory");
	if (build(ctx, need))
		err = say_none("libseccomp refuses the list of system calls");
	else if ((err = seccomp_load(ctx)))
		err = say_none(strerror(err < 0 ? -err : EBUSY));
	else
		gz_debug("sandbox: %zu system calls and some forms of others are left%s",
			 COUNT(plain), need->net ? ", and IPv4 sockets" : "");
	seccomp_release(ctx);
	return err;
}
