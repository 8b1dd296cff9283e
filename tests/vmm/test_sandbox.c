// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the real system call filter: what a running VM does works, what an attacker would do fails or kills.
 * Never: enter it in the test's own process: each case is a child that only makes system calls.
 * Used by: make -C tests/vmm run.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hv/hv.h"
#include "lib/err.h"
#include "lib/sandbox.h"
#include "uapi/linux/gzvm.h"
#include "vmm/fake.h"

#define NO_SANDBOX	200

/* In a child inside the sandbox: the errno FN ends with as its exit status. */
static int inside(bool net, int (*fn)(void))
{
	struct sandbox_need need = { .net = net, .ioctl = hv_gzvm_ops.run_ioctl,
				     .ioctl_count = hv_gzvm_ops.run_ioctl_count };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (sandbox_enter(&need))
			_exit(NO_SANDBOX);
		errno = 0;
		_exit(fn() < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void gives(int want, bool net, int (*fn)(void))
{
	int status = inside(net, fn);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), want);
}

static void kills(int (*fn)(void))
{
	int status = inside(true, fn);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

static int call_run(void) { return ioctl(-1, GZVM_RUN, 0); }
static int call_irq(void) { return ioctl(-1, GZVM_IRQ_LINE, 0); }
static int call_high_bits(void) { return (int)syscall(SYS_ioctl, -1, GZVM_RUN | 1ul << 40, 0); }
static int call_create_vm(void) { return ioctl(-1, GZVM_CREATE_VM, 0); }
static int call_tiocsti(void) { return ioctl(0, TIOCSTI, "x"); }
static int call_fionread(void) { return ioctl(-1, FIONREAD, 0); }
static int call_unix(void) { return socket(AF_UNIX, SOCK_STREAM, 0); }
static int call_netlink(void) { return socket(AF_NETLINK, SOCK_RAW, 0); }
static int call_packet(void) { return socket(AF_PACKET, SOCK_RAW, 0); }
static int call_inet_raw(void) { return socket(AF_INET, SOCK_RAW, 1); }
static int call_inet6(void) { return socket(AF_INET6, SOCK_STREAM, 0); }
static int call_vsock(void) { return socket(AF_VSOCK, SOCK_STREAM, 0); }
static int call_tcp(void) { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }
static int call_sctp(void) { return socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP); }
static int call_ping(void) { int fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP); return fd < 0 && errno == EACCES ? 0 : fd; }
static int call_udp(void) { return socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0); }
static int call_open(void) { return open("/dev/null", O_RDONLY); }
static int call_open_write(void) { return open("/dev/null", O_WRONLY); }
static int call_create(void) { return open("/tmp/gz-test-sandbox", O_RDONLY | O_CREAT, 0600); }
static int call_unlink(void) { return unlink("/nonexistent"); }
static int call_kill(void) { return kill(getppid(), 0); }
static int call_tgkill_other(void) { return (int)syscall(SYS_tgkill, getppid(), getppid(), 0); }
static int call_tgkill_self(void) { return (int)syscall(SYS_tgkill, getpid(), gettid(), 0); }
static int call_fork(void) { return (int)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); }
static int call_dumpable(void) { return prctl(PR_SET_DUMPABLE, 1); }
static int call_exec(void) { return execl("/bin/true", "true", NULL); }
static int call_ptrace(void) { return (int)ptrace(PTRACE_TRACEME, 0, 0, 0); }
static int call_unshare(void) { return unshare(CLONE_NEWUSER); }
static int call_setuid(void) { return (int)syscall(SYS_setuid, 0); }

static int call_mmap_exec(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	       MAP_FAILED ? -1 : 0;
}

static void *nothing(void *arg)
{
	pthread_setname_np(pthread_self(), "vcpu0");
	return arg;
}

/* What vcpus_start() and vcpus_join() do. */
static int call_thread(void)
{
	pthread_t t;

	errno = pthread_create(&t, NULL, nothing, NULL);
	if (errno)
		return -1;
	pthread_kill(t, 0);
	return pthread_join(t, NULL) ? -1 : 0;
}

static void sandbox__what_a_vm_does__works(void **state)
{
	(void)state;
	gives(EBADF, false, call_run);
	gives(EBADF, false, call_irq);
	gives(0, false, call_thread);
	gives(0, false, call_tgkill_self);
}

static void sandbox__sockets__ipv4_with_a_network_card_only(void **state)
{
	(void)state;
	gives(0, true, call_tcp);
	gives(0, true, call_udp);
	gives(0, true, call_ping);
	gives(EPERM, true, call_sctp);
	gives(EBADF, true, call_fionread);
	gives(0, true, call_open);
	gives(EPERM, false, call_tcp);
	gives(EPERM, false, call_udp);
	gives(EPERM, false, call_fionread);
	gives(EPERM, false, call_open);
}

static void sandbox__other_arguments__refused(void **state)
{
	static int (*const call[])(void) = {
		call_create_vm, call_tiocsti, call_unix, call_netlink, call_packet, call_inet_raw,
		call_inet6, call_vsock, call_open_write, call_create, call_unlink, call_kill,
		call_tgkill_other, call_fork, call_dumpable, call_mmap_exec,
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(call) / sizeof(call[0]); i++)
		gives(EPERM, true, call[i]);
	gives(EBADF, false, call_high_bits);	/* the kernel drops them too: the same request */
}

static void sandbox__an_attackers_calls__kill(void **state)
{
	(void)state;
	kills(call_exec);
	kills(call_ptrace);
	kills(call_unshare);
	kills(call_setuid);
}

/* A kernel that installs no filter, as far as a process can be made to believe so. */
static int no_seccomp(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);

	seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(seccomp), 0);
	seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1,
			 SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP, 0));
	return seccomp_load(ctx);
}

static void sandbox__cannot_be_installed__said_so(void **state)
{
	struct sandbox_need need = { .net = false };
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(no_seccomp() ? 1 : sandbox_enter(&need) == 0 ? 2 :
		      strstr(gz_err_last(), "no sandbox: ") ? 0 : 3);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sandbox__what_a_vm_does__works),
		cmocka_unit_test(sandbox__sockets__ipv4_with_a_network_card_only),
		cmocka_unit_test(sandbox__other_arguments__refused),
		cmocka_unit_test(sandbox__an_attackers_calls__kill),
		cmocka_unit_test(sandbox__cannot_be_installed__said_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
