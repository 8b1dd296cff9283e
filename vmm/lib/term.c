// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: raw mode and its undoing.
 * Never: change a file that is no terminal.
 * Used by: run.c and stdio.c.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "lib/term.h"

#define CTRL_A	1

static struct termios saved;
static volatile sig_atomic_t is_raw;

void term_restore(void)
{
	if (!is_raw)
		return;
	is_raw = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &saved);
}

/* A bug of ours must not cost the user the terminal: restore, then die of the same signal. */
static void on_fatal(int sig)
{
	term_restore();
	signal(sig, SIG_DFL);
	raise(sig);
}

bool term_is_ours(void)
{
	pid_t front = isatty(STDIN_FILENO) ? tcgetpgrp(STDIN_FILENO) : -1;

	return front < 0 || front == getpgrp();
}

void term_raw(void)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
	struct sigaction sa = { .sa_handler = on_fatal };
	struct termios raw;

	if (!isatty(STDIN_FILENO) || !term_is_ours() || tcgetattr(STDIN_FILENO, &saved))
		return;
	for (unsigned int i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		sigaction(fatal[i], &sa, NULL);
	atexit(term_restore);
	raw = saved;
	/* Output processing stays: our own messages end in plain newlines. */
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_iflag &= ~(tcflag_t)(ICRNL | IXON | INLCR | IGNCR);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	is_raw = 1;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

bool term_key(bool *escape, unsigned char key, unsigned char *out, bool *quit)
{
	if (!*escape && key == CTRL_A) {
		*escape = true;
		return false;
	}
	*out = key;
	if (!*escape)
		return true;
	*escape = false;
	if (key == 'x' || key == 'X') {
		*quit = true;
		return false;
	}
	if (key == 'a' || key == 'A' || key == CTRL_A)
		*out = CTRL_A;
	return true;
}
