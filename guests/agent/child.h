/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: start the one command that the agent runs, on pipes or on a terminal.
 * Never: read or write the port.
 * Used by: main.c.
 */
#ifndef AGENT_CHILD_H
#define AGENT_CHILD_H

#include <stdint.h>
#include <sys/types.h>

struct child {
	pid_t pid;		/* also its process group */
	int in;			/* we write its stdin here; -1 when closed */
	int out[2];		/* we read stdout and stderr here; with a terminal out[0] == in */
};

struct child_request {
	char **argv;		/* NULL-ended; an empty list means a login shell */
	int tty;
	uint32_t rows, columns;
};

/* 0, or the errno of what failed (of the exec, too: then nothing runs). */
int child_start(struct child *c, const struct child_request *req);

/* Tells the terminal of the command its size. */
void child_resize(const struct child *c, uint32_t rows, uint32_t columns);

#endif
