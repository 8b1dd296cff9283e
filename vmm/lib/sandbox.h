/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: give up, before the guest runs, every system call that running it does not need.
 * Never: be the reason a VM does not start: without seccomp it runs all the same, and says so.
 * Used by: run.c.
 */
#ifndef GZ_LIB_SANDBOX_H
#define GZ_LIB_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

struct sandbox_need {
	bool net;			/* IPv4 sockets of user-mode networking, and its resolv.conf */
	const unsigned long *ioctl;	/* the back end's requests while a guest runs */
	size_t ioctl_count;
};

/*
 * For this thread, those it makes from now on, and the device threads already there. A call outside
 * NEED fails with EPERM; one that only an attacker makes kills the process. 0, or -1 after saying why.
 */
int sandbox_enter(const struct sandbox_need *need);

#endif
