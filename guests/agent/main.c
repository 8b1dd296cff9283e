// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: run one command for a client at the other end of a port: gz-agent PORT
 * Never: run a second one, or outlive the client's interest: when the client goes, the command goes.
 * Used by: the init scripts of host and guest (tools/initramfs).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "wire.h"

#define DRAIN_MAX	(256u << 10)

enum { P_PORT, P_OUT, P_ERR, P_IN, P_COUNT };

static int port;
static struct child child = {.in = -1, .out = {-1, -1}};
static uint8_t input[WIRE_WINDOW_MAX];	/* stdin that the command has not taken yet */
static size_t input_len;
static int input_ended, on_tty;
static volatile sig_atomic_t child_ended;

static void on_sigchld(int sig)
{
	(void)sig;
	child_ended = 1;
}

static void complain(const char *what, const char *why)
{
	char line[256];
	int n = snprintf(line, sizeof(line), "gz-agent: cannot run '%.100s': %s\n", what, why);

	wire_send(port, WIRE_STDERR, line, (size_t)n);
}

/* One past the NUL that ends the word at p, or NULL when there is none before end. */
static char *after_word(char *p, const char *end)
{
	char *nul = p < end ? memchr(p, 0, (size_t)(end - p)) : NULL;

	return nul ? nul + 1 : NULL;
}

/* Splits START into argv and sets the environment. NULL when it is malformed. */
static char **parse_start(const struct wire_frame *f, struct wire_start *s)
{
	char *p = (char *)f->data + sizeof(*s), *end = (char *)f->data + f->len;
	char **argv;

	if (f->len < sizeof(*s))
		return NULL;
	memcpy(s, f->data, sizeof(*s));
	if (s->argc > f->len || s->envc > f->len)
		return NULL;
	argv = calloc(s->argc + 1u, sizeof(*argv));
	for (uint32_t i = 0; argv && i < s->argc; i++) {
		argv[i] = p;
		p = after_word(p, end);
		if (!p)
			return NULL;
	}
	for (uint32_t i = 0; argv && i < s->envc; i++) {
		char *name = p;

		p = after_word(p, end);
		if (!p || putenv(strdup(name)))
			return NULL;
	}
	return argv;
}

/* 0 when the command runs, else the exit status to report. */
static int start(const struct wire_frame *f)
{
	struct wire_start s;
	char **argv = parse_start(f, &s);
	struct child_request req = {.argv = argv};
	int err;

	if (!argv) {
		complain("?", "the client's START frame is malformed");
		return 125;
	}
	req.tty = on_tty = !!(s.flags & WIRE_TTY);
	req.rows = s.rows;
	req.columns = s.columns;
	err = child_start(&child, &req);
	if (err)
		complain(argv[0] ? argv[0] : "sh", strerror(err));
	free(argv);
	return err == 0 ? 0 : err == ENOENT ? 127 : 126;
}

static void close_input(void)
{
	static const char eot = 4;

	if (on_tty) {
		if (child.in >= 0 && write(child.in, &eot, 1) < 0)
			return;
	} else if (child.in >= 0) {
		close(child.in);
		child.in = -1;
	}
}

static void give_credit(size_t n)
{
	uint32_t word = (uint32_t)n;

	input_len -= n;
	memmove(input, input + n, input_len);
	wire_send(port, WIRE_CREDIT, &word, sizeof(word));
	if (input_ended && input_len == 0)
		close_input();
}

static void feed_input(void)
{
	ssize_t n = write(child.in, input, input_len);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {		/* the command closed its stdin: the rest is dropped */
		if (!on_tty) {
			close(child.in);
			child.in = -1;
		}
		n = (ssize_t)input_len;
	}
	give_credit((size_t)n);
}

static int take_input(const struct wire_frame *f)
{
	if (f->len > sizeof(input) - input_len)
		return -1;	/* past the window: the client broke the protocol */
	memcpy(input + input_len, f->data, f->len);
	input_len += f->len;
	if (child.in < 0)
		give_credit(input_len);
	return 0;
}

static int handle(const struct wire_frame *f)
{
	uint32_t w[2] = {0, 0};

	memcpy(w, f->data, f->len < sizeof(w) ? f->len : sizeof(w));
	switch (f->type) {
	case WIRE_STDIN:
		return take_input(f);
	case WIRE_STDIN_END:
		input_ended = 1;
		if (input_len == 0)
			close_input();
		return 0;
	case WIRE_WINDOW:
		child_resize(&child, w[0], w[1]);
		return 0;
	case WIRE_SIGNAL:
		if (w[0] > 0 && w[0] < 64)
			kill(-child.pid, (int)w[0]);
		return 0;
	default:
		return -1;
	}
}

static int handle_frames(void)
{
	struct wire_frame f;
	int r;

	while ((r = wire_next(&f)) > 0)
		if (handle(&f))
			return -1;
	return r;
}

static int handle_port(void)
{
	return wire_fill(port) > 0 ? handle_frames() : -1;
}

/* Passes on one piece of output; its length, 0 when there was none (now or for ever). */
static size_t pass_output(int which)
{
	static uint8_t piece[16384];
	struct pollfd p = {.fd = child.out[which], .events = POLLIN};
	ssize_t n;

	if (p.fd < 0 || poll(&p, 1, 0) <= 0)
		return 0;
	n = read(p.fd, piece, sizeof(piece));
	if (n <= 0) {
		if (n == 0 || errno == EIO)
			child.out[which] = -1;
		return 0;
	}
	wire_send(port, which ? WIRE_STDERR : WIRE_STDOUT, piece, (size_t)n);
	return (size_t)n;
}

/* What the command left in its pipes: at most their size, as a daemon may go on writing. */
static void drain_output(int which)
{
	size_t n, total = 0;

	while (total < DRAIN_MAX && (n = pass_output(which)) > 0)
		total += n;
}

static void poll_once(struct pollfd *p, const sigset_t *unblocked)
{
	p[P_PORT] = (struct pollfd){.fd = port, .events = POLLIN};
	p[P_OUT] = (struct pollfd){.fd = child.out[0], .events = POLLIN};
	p[P_ERR] = (struct pollfd){.fd = child.out[1], .events = POLLIN};
	p[P_IN] = (struct pollfd){.fd = input_len ? child.in : -1, .events = POLLOUT};
	/* SIGCHLD is blocked but here, so that the command's end cannot slip in between. */
	if (child_ended || ppoll(p, P_COUNT, NULL, unblocked) < 0)
		for (int i = 0; i < P_COUNT; i++)
			p[i].revents = 0;
}

/* Serves until the command has ended; its exit status as a shell gives it. */
static int serve(const sigset_t *unblocked)
{
	struct pollfd p[P_COUNT];
	int status = 0;

	/* Some may have come together with START; a broken one shows again at the port. */
	if (handle_frames())
		kill(-child.pid, SIGKILL);
	while (!child_ended || waitpid(child.pid, &status, WNOHANG) != child.pid) {
		child_ended = 0;
		poll_once(p, unblocked);
		if (p[P_PORT].revents && handle_port()) {
			kill(-child.pid, SIGKILL);
			waitpid(child.pid, &status, 0);
			break;
		}
		for (int i = 0; i < 2; i++)
			if (p[P_OUT + i].revents)
				pass_output(i);
		if (p[P_IN].revents && child.in >= 0)
			feed_input();
	}
	drain_output(0);
	drain_output(1);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Opens the port and waits for a client's START. */
static int await_client(const char *path, struct wire_frame *f)
{
	uint32_t hello[2] = {WIRE_VERSION, WIRE_WINDOW_MAX};
	int r;

	/* "fd:N" is a stream that the caller opened, such as a socket. */
	port = strncmp(path, "fd:", 3) ? open(path, O_RDWR | O_CLOEXEC) : fcntl(atoi(path + 3), F_DUPFD_CLOEXEC, 3);
	if (port < 0 || wire_send(port, WIRE_HELLO, hello, sizeof(hello))) {
		fprintf(stderr, "gz-agent: cannot use %s: %s\n", path, strerror(errno));
		return -1;
	}
	while ((r = wire_next(f)) == 0) {
		r = wire_fill(port);
		if (r < 0)
			break;
		if (r == 0)
			usleep(20000);
	}
	return r > 0 && f->type == WIRE_START ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct sigaction sa = {.sa_handler = on_sigchld};
	struct wire_frame f;
	sigset_t chld, before;
	uint32_t status;

	if (argc != 2) {
		fputs("usage: gz-agent PORT|fd:N\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, &before);
	sigaction(SIGCHLD, &sa, NULL);
	sigdelset(&before, SIGCHLD);
	if (await_client(argv[1], &f))
		return 1;
	status = (uint32_t)start(&f);
	if (status == 0)
		status = (uint32_t)serve(&before);
	sync();
	return wire_send(port, WIRE_EXIT, &status, sizeof(status)) ? 1 : 0;
}
