// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: `gz run` on a real pseudo-terminal: keys reach the guest, every way out leaves it as it was.
 * Never: the terminal of whoever runs the tests.
 * Used by: make -C tests/vmm run.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "layout.h"
#include "lib/err.h"
#include "run.h"
#include "vmm/fake.h"

#define LSR_DATA	1

static int master;
static struct termios before;
static char kernel[64];
static bool deaf, on_virtio, unread, no_input;

enum { ASK, LOOK, ANSWER };

static void mmio(struct hv_exit *e, uint64_t reg, bool is_write)
{
	e->kind = HV_EXIT_MMIO;
	e->gpa = GZ_SERIAL_BASE + reg;
	e->len = 1;
	e->is_write = is_write;
}

/* Echo what is typed, each byte plus one; 'q' powers off, 'S' is a bug of ours. */
static void echo_guest(struct hv_exit *e, uint8_t *data, unsigned int step)
{
	static int state;

	if (step == 0) {
		data[0] = '>';
		mmio(e, 0, true);
		return;
	}
	if (state == ASK) {
		fake_sleep_ms(1);
		mmio(e, 5, false);
		state = LOOK;
	} else if (state == LOOK && (data[0] & LSR_DATA)) {
		mmio(e, 0, false);
		state = ANSWER;
	} else if (state == LOOK) {
		state = ASK;
	} else {
		state = ASK;
		if (data[0] == 'q') {
			e->kind = HV_EXIT_STOP;
			return;
		}
		if (data[0] == 'S')
			raise(SIGABRT);
		data[0]++;
		mmio(e, 0, true);
	}
}

/* Says that it is there and never reads its console, whichever it is. */
static void deaf_guest(struct hv_exit *e, uint8_t *data, unsigned int step)
{
	if (step == 0) {
		data[0] = '>';
		mmio(e, 0, true);
		return;
	}
	fake_sleep_ms(1);
	e->kind = HV_EXIT_AGAIN;
}

/* Talks all the time. */
static void chatty_guest(struct hv_exit *e, uint8_t *data, unsigned int step)
{
	data[0] = step ? 'x' : '>';
	mmio(e, 0, true);
}

/* Standard output becomes a pipe that is full and that nobody reads, ours to the end. */
static void unread_output(void)
{
	static const char block[4096];
	int fd[2];

	if (pipe2(fd, O_NONBLOCK))
		_exit(98);
	while (write(fd[1], block, sizeof(block)) > 0)
		;
	fcntl(fd[1], F_SETFL, 0);
	if (write(STDOUT_FILENO, ">", 1) != 1)
		_exit(97);
	dup2(fd[1], STDOUT_FILENO);
}

static void child(bool background)
{
	struct config cfg;

	config_default(&cfg);
	cfg.dev = "/dev/fake";
	cfg.kernel = kernel;
	cfg.flat = true;
	cfg.mem_mib = 32;
	if (on_virtio) {
		cfg.has_console = true;
		cfg.console.end = END_STDIO;
	}
	config_check(&cfg);
	if (background) {
		if (fork())
			_exit(wait(NULL) < 0);	/* the foreground is somebody else */
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGTERM);	/* what a shell's kill would do */
	}
	signal(SIGHUP, SIG_DFL);
	if (no_input)
		close(STDIN_FILENO);
	if (unread)
		unread_output();
	fake_hv.guest = unread ? chatty_guest : deaf ? deaf_guest : echo_guest;
	_exit(gz_run(&cfg));
}

static pid_t start(bool background)
{
	pid_t pid;
	int fd;

	strcpy(kernel, "/tmp/gz-test-term-XXXXXX");
	fd = mkstemp(kernel);
	assert_int_equal(ftruncate(fd, 64), 0);
	close(fd);
	memset(&fake_hv, 0, sizeof(fake_hv));
	pid = forkpty(&master, NULL, NULL, NULL);
	if (pid == 0) {
		child(background);
		_exit(99);
	}
	return pid;
}

static bool is_raw(void)
{
	struct termios now;

	assert_int_equal(tcgetattr(master, &now), 0);
	return !(now.c_lflag & (ICANON | ECHO | ISIG));
}

/* Wait until the guest has printed C. */
static void expect(char c)
{
	struct pollfd p = { .fd = master, .events = POLLIN };
	char got = 0;

	while (poll(&p, 1, 5000) == 1 && read(master, &got, 1) == 1)
		if (got == c)
			return;
	fail_msg("the guest did not print '%c'", c);
}

static void type(const char *keys)
{
	assert_int_equal(write(master, keys, strlen(keys)), strlen(keys));
}

/* Keep reading so that the child never blocks on its output; returns its wait status. */
static int end_of(pid_t pid)
{
	struct pollfd p = { .fd = master, .events = POLLIN };
	int status = 0;
	char sink[256];

	for (unsigned int i = 0; i < 1000; i++) {
		if (poll(&p, 1, 10) == 1 && read(master, sink, sizeof(sink)) < 0)
			fake_sleep_ms(5);
		if (waitpid(pid, &status, WNOHANG) == pid)
			break;
	}
	unlink(kernel);
	return status;
}

static void started(pid_t *pid)
{
	*pid = start(false);
	tcgetattr(master, &before);
	expect('>');
	for (unsigned int i = 0; i < 1000 && !is_raw(); i++)
		fake_sleep_ms(1);
	assert_true(is_raw());
}

static void restored(void)
{
	struct termios now;

	assert_int_equal(tcgetattr(master, &now), 0);
	assert_int_equal(now.c_lflag & (ICANON | ECHO | ISIG), ICANON | ECHO | ISIG);
	assert_int_equal(now.c_iflag & ICRNL, ICRNL);
	close(master);
}

static void terminal__keys__reach_guest(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	started(&pid);
	type("a");
	expect('b');
	type("\003");			/* Ctrl-C is a key like any other */
	expect('\004');
	type("\001a");			/* Ctrl-A A sends Ctrl-A */
	expect('\002');
	type("q");
	status = end_of(pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	restored();
}

static void terminal__a_paste__arrives_whole(void **state)
{
	char keys[2001];
	pid_t pid;

	(void)state;
	started(&pid);
	memset(keys, 'k', sizeof(keys) - 2);
	keys[sizeof(keys) - 2] = 'y';
	keys[sizeof(keys) - 1] = '\0';
	type(keys);
	expect('z');
	type("q");
	assert_int_equal(end_of(pid), 0);
	restored();
}

static void terminal__ctrl_a_x__ends_with_0(void **state)
{
	pid_t pid;

	(void)state;
	started(&pid);
	type("\001x");
	assert_int_equal(end_of(pid), 0);
	restored();
}

/* More than a FIFO, then more than all that is kept: the quit key behind it is seen. */
static void terminal__guest_never_reads__ctrl_a_x_still_ends_it(void **state)
{
	static const size_t typed[] = { 0, 200, 5000, 80000 };
	char keys[1000];
	pid_t pid;

	(void)state;
	memset(keys, 'k', sizeof(keys));
	deaf = true;
	for (unsigned int i = 0; i < 8; i++) {
		on_virtio = i & 1;
		started(&pid);
		for (size_t done = 0; done < typed[i / 2]; done += 200)
			assert_int_equal(write(master, keys, 200), 200);
		type("\001x");
		assert_int_equal(end_of(pid), 0);
		restored();
	}
	deaf = on_virtio = false;
}

/* A vCPU sits in a write for ever: keys and signals get through all the same. */
static void terminal__output_unread__ctrl_a_x_and_signals_end_it(void **state)
{
	pid_t pid;

	(void)state;
	unread = true;
	for (unsigned int i = 0; i < 2; i++) {
		started(&pid);
		fake_sleep_ms(50);
		type("kkkk");
		fake_sleep_ms(50);
		if (i)
			kill(pid, SIGTERM);
		else
			type("\001x");
		assert_int_equal(end_of(pid) & 0x7f, i ? SIGTERM : 0);
		restored();
	}
	unread = false;
}

static void terminal__signals__restored(void **state)
{
	static const int sig[] = { SIGTERM, SIGINT, SIGQUIT };
	int status;
	pid_t pid;

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		started(&pid);
		kill(pid, sig[i]);
		status = end_of(pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), sig[i]);
		restored();
	}
}

/* gz run ... <&-: no file that gz opens later may become its standard input. */
static void terminal__no_standard_input__signals_end_it(void **state)
{
	int status, left = 0;
	pid_t pid;

	(void)state;
	no_input = true;
	for (unsigned int i = 0; i < 20; i++) {
		pid = start(false);
		expect('>');
		kill(pid, SIGTERM);
		status = end_of(pid);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGTERM) {
			left++;
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
			close(master);
			break;
		}
		close(master);
	}
	no_input = false;
	assert_int_equal(left, 0);
}

static void terminal__bug_of_ours__restored(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	started(&pid);
	type("S");
	status = end_of(pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	restored();
}

static void terminal__background__left_alone(void **state)
{
	pid_t pid = start(true), group = 0;

	(void)state;
	expect('>');
	fake_sleep_ms(50);
	assert_false(is_raw());
	assert_int_equal(ioctl(master, TIOCGPGRP, &group), 0);
	assert_int_equal(group, pid);
	type("\003");			/* the foreground process gets its Ctrl-C */
	end_of(pid);
	close(master);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terminal__keys__reach_guest),
		cmocka_unit_test(terminal__a_paste__arrives_whole),
		cmocka_unit_test(terminal__ctrl_a_x__ends_with_0),
		cmocka_unit_test(terminal__guest_never_reads__ctrl_a_x_still_ends_it),
		cmocka_unit_test(terminal__output_unread__ctrl_a_x_and_signals_end_it),
		cmocka_unit_test(terminal__signals__restored),
		cmocka_unit_test(terminal__no_standard_input__signals_end_it),
		cmocka_unit_test(terminal__bug_of_ours__restored),
		cmocka_unit_test(terminal__background__left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
