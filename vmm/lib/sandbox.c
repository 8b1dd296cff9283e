// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the list of system calls a running VM uses, enforced by seccomp.
 * Never: allow a new program, a new process, executable memory or opening a file to write.
 * Used by: run.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "lib/err.h"
#include "lib/sandbox.h"

static const int plain[] = {
	/* bytes in and out */
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64),
	SCMP_SYS(pwrite64), SCMP_SYS(preadv), SCMP_SYS(pwritev), SCMP_SYS(lseek),
	SCMP_SYS(fdatasync), SCMP_SYS(fsync), SCMP_SYS(ppoll), SCMP_SYS(pselect6), SCMP_SYS(ioctl),
	SCMP_SYS(fcntl), SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(eventfd2),
	/* threads, memory, time */
	SCMP_SYS(futex), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
	SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(getrandom), SCMP_SYS(exit), SCMP_SYS(exit_group),
	/* signals and the end */
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(tgkill),
	SCMP_SYS(restart_syscall), SCMP_SYS(getpid), SCMP_SYS(gettid),
	/* user-mode networking */
	SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept),
	SCMP_SYS(accept4), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(setsockopt),
	SCMP_SYS(getsockopt), SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg),
	SCMP_SYS(recvmsg), SCMP_SYS(shutdown),
};

static int allow_plain(scmp_filter_ctx ctx)
{
	for (unsigned int i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, plain[i], 0))
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
	/* libslirp looks at resolv.conf now and then. */
	err |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC,
					O_RDONLY));
	err |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	err |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
				SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME, 0));
	/* Its flags are behind a pointer; "not there" makes the C library use clone. */
	err |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return err;
}

void sandbox_enter(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err;

	if (!ctx) {
		gz_debug("no sandbox: libseccomp has no memory");
		return;
	}
	/* The device threads run already: all of them at once, or none. */
	err = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (err || allow_plain(ctx) || allow_some(ctx))
		gz_debug("no sandbox: libseccomp refuses the list");
	else if ((err = seccomp_load(ctx)))
		gz_debug("no sandbox: %s", strerror(-err));
	else
		gz_debug("sandbox: %zu system calls and parts of 5 others are left",
			 sizeof(plain) / sizeof(plain[0]));
	seccomp_release(ctx);
}
