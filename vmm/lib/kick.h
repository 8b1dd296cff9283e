/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the signal that takes a thread of ours out of a system call.
 * Never: carry a meaning: whoever is kicked looks at a flag that was set before.
 * Used by: vcpu.c, lib/loop.c.
 */
#ifndef GZ_LIB_KICK_H
#define GZ_LIB_KICK_H

#include <signal.h>

#define KICK_SIGNAL	SIGUSR1

/* Before the first kick; any number of times. */
void kick_install(void);

#endif
