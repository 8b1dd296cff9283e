// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: make the kick signal interrupt and do nothing else.
 * Never: restart the call it interrupts.
 * Used by: vcpu.c, lib/loop.c.
 */
#define _GNU_SOURCE
#include "lib/kick.h"

static void on_kick(int sig)
{
	(void)sig;
}

void kick_install(void)
{
	struct sigaction sa = { .sa_handler = on_kick };	/* no SA_RESTART: EINTR wanted */

	sigaction(KICK_SIGNAL, &sa, NULL);
}
