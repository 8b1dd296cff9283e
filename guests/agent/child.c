// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: start the command with its own session, on three pipes or on a terminal of its own.
 * Never: leave a descriptor of the agent open in the command.
 * Used by: main.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "child.h"

struct ends {
	int mine[3], its[3];
};

static int open_pipes(struct ends *e)
{
	for (int i = 0; i < 3; i++) {
		int fd[2];

		if (pipe2(fd, O_CLOEXEC))
			return errno;
		e->mine[i] = fd[i == 0];
		e->its[i] = fd[i != 0];
	}
	return 0;
}

static int open_terminal(struct ends *e, const struct child_request *req)
{
	struct winsize size = {.ws_row = (unsigned short)req->rows, .ws_col = (unsigned short)req->columns};
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;

	if (master < 0 || grantpt(master) || unlockpt(master))
		return errno;
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return errno;
	if (size.ws_row && size.ws_col)
		ioctl(master, TIOCSWINSZ, &size);
	e->mine[0] = e->mine[1] = master;
	e->mine[2] = -1;
	e->its[0] = e->its[1] = e->its[2] = slave;
	return 0;
}

static void exec_argv(char **argv)
{
	char bash[] = "-bash", sh[] = "-sh";
	char *login[] = {bash, NULL}, *plain[] = {sh, NULL};

	if (argv[0]) {
		execvp(argv[0], argv);
		return;
	}
	execv("/bin/bash", login);
	execv("/bin/sh", plain);
}

static void run_child(const struct ends *e, const struct child_request *req, int report)
{
	sigset_t none;
	int err;

	setsid();
	if (req->tty)
		ioctl(e->its[0], TIOCSCTTY, 0);
	for (int i = 0; i < 3; i++)
		dup2(e->its[i], i);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* A shell starts background jobs with SIGINT ignored, and ours is one. */
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	exec_argv(req->argv);
	err = errno;
	if (write(report, &err, sizeof(err)) < 0)
		_exit(125);
	_exit(127);
}

int child_start(struct child *c, const struct child_request *req)
{
	struct ends e;
	int err, report[2];

	err = req->tty ? open_terminal(&e, req) : open_pipes(&e);
	if (!err && pipe2(report, O_CLOEXEC))
		err = errno;
	if (err)
		return err;
	c->pid = fork();
	if (c->pid < 0)
		return errno;
	if (c->pid == 0)
		run_child(&e, req, report[1]);
	close(report[1]);
	for (int i = 0; i < (req->tty ? 1 : 3); i++)
		close(e.its[i]);
	/* The pipe ends without a byte when exec closed it: then the command runs. */
	if (read(report[0], &err, sizeof(err)) == (ssize_t)sizeof(err))
		waitpid(c->pid, NULL, 0);
	else
		err = 0;
	close(report[0]);
	fcntl(e.mine[0], F_SETFL, O_NONBLOCK);
	c->in = e.mine[0];
	c->out[0] = e.mine[1];
	c->out[1] = e.mine[2];
	return err;
}

void child_resize(const struct child *c, uint32_t rows, uint32_t columns)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};

	if (c->in >= 0)
		ioctl(c->in, TIOCSWINSZ, &size);
}
