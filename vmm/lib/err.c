// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: messages, each in one write so that threads do not mix their lines.
 * Never: end the process or allocate memory.
 * Used by: everything in vmm/.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"

#define LINE_MAX_LEN	1536	/* two paths and a sentence */

int gz_verbose;

static pthread_mutex_t last_lock = PTHREAD_MUTEX_INITIALIZER;
static char last[LINE_MAX_LEN];

static void say(const char *fmt, va_list ap, int keep)
{
	char line[LINE_MAX_LEN] = "gz: ";
	int n = vsnprintf(line + 4, sizeof(line) - 5, fmt, ap);
	size_t len = 4 + (n < 0 ? 0 : (size_t)n);

	if (len > sizeof(line) - 2)
		len = sizeof(line) - 2;
	if (keep) {
		pthread_mutex_lock(&last_lock);
		memcpy(last, line + 4, len - 4);
		last[len - 4] = '\0';
		pthread_mutex_unlock(&last_lock);
	}
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0)
		return;		/* nobody listens: there is no second place to say it */
}

int gz_err(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, 1);
	va_end(ap);
	return -1;
}

void gz_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, 0);
	va_end(ap);
}

void gz_debug(const char *fmt, ...)
{
	va_list ap;

	if (!gz_verbose)
		return;
	va_start(ap, fmt);
	say(fmt, ap, 0);
	va_end(ap);
}

const char *gz_err_last(void)
{
	return last;
}
