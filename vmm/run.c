// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: `gz run`: build a machine, wait until it ends, say with what.
 * Never: return with the terminal raw or a thread running.
 * Used by: main.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/sandbox.h"
#include "lib/term.h"
#include "machine.h"
#include "run.h"

#define FILES_MAX	1024		/* with a network card */

/* Nothing opened later may become standard input or output, where the keyboard and consoles look. */
static int fill_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	return fd < 0 ? -1 : close(fd);
}

/* Blocked in every thread and read here, so that an end by signal is an orderly one. */
static int block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	signal(SIGPIPE, SIG_IGN);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL))
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Wait for the end. Returns the signal that caused it, or 0. */
static int wait_for_end(struct machine *m, int signal_fd)
{
	struct pollfd p[2] = {
		{ .fd = m->stop_fd, .events = POLLIN }, { .fd = signal_fd, .events = POLLIN },
	};
	struct signalfd_siginfo info;

	while (poll(p, 2, -1) < 0 && errno == EINTR)
		;
	if (p[0].revents || read(signal_fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	gz_note("ended by signal %u (%s)", info.ssi_signo, strsignal((int)info.ssi_signo));
	machine_stop(m, GZ_STATUS_FAILED);
	machine_quiesce(m);
	return (int)info.ssi_signo;
}

/* Die of the signal that ended us, so that a shell sees what happened. */
static void die_of(int sig)
{
	sigset_t set;

	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	raise(sig);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* Each connection of a guest's is a file of ours with its buffers: it must not take all there are. */
static void limit_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur <= FILES_MAX)
		return;
	limit.rlim_cur = limit.rlim_max = FILES_MAX;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		gz_debug("the guest's connections are not limited: %s", strerror(errno));
}

/* Everything is open by now. A kernel without seccomp runs the VM all the same. */
static void enter_sandbox(const struct machine *m)
{
	struct sandbox_need need = { .net = m->cfg->net, .ioctl = m->hv.ops->run_ioctl,
				     .ioctl_count = m->hv.ops->run_ioctl_count };

	if (sandbox_enter(&need))
		gz_debug("the guest runs without a sandbox");
}

int gz_run(const struct config *cfg)
{
	struct machine *m = calloc(1, sizeof(*m));
	int signal_fd = fill_standard_files() ? -1 : block_signals(), sig = 0, status = GZ_STATUS_FAILED;

	if (!m || signal_fd < 0) {
		gz_err("cannot prepare to run: %s", strerror(errno));
		goto out;
	}
	if (machine_create(m, cfg))
		goto out;
	if (cfg->serial.end == END_STDIO || cfg->console.end == END_STDIO)
		term_raw();
	if (cfg->net)
		limit_files();
	enter_sandbox(m);
	if (vcpus_start(m) == 0) {
		sig = wait_for_end(m, signal_fd);
		vcpus_join(m);
		status = atomic_load(&m->status);
	}
	machine_destroy(m);
	term_restore();
	gz_debug("the VM ended with status %d", status);
out:
	if (signal_fd >= 0)
		close(signal_fd);
	free(m);
	if (sig)
		die_of(sig);
	return status;
}
