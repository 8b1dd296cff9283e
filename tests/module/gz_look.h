/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Job: what the test module does for a program: numbers of /dev/gz_look's ioctls.
 * Never: include anything.
 * Used by: gz_look.c, tests/clients.
 */
#ifndef GZ_LOOK_H
#define GZ_LOOK_H

struct gz_look_hold {
	int fd;			/* a file in memory */
	unsigned int first;	/* its first page that is wanted */
	unsigned int count;
};

/* A word of memory is looked for: its value less the base is at least from and below end. */
struct gz_look_scan {
	unsigned long long base, from, end;
	unsigned long long found;	/* result: how many words */
};

#define GZ_LOOK_MAX	4096
#define GZ_LOOK_HOLD	_IOW('L', 0, struct gz_look_hold)	/* takes a reference on each page; what was held is let go */
#define GZ_LOOK_SCAN	_IOWR('L', 1, struct gz_look_scan)	/* reads every held page through the kernel's linear map */
#define GZ_LOOK_DROP	_IO('L', 2)
#define GZ_LOOK_LOAD	_IO('L', 3)	/* from the first held page: whoever calls this on a page that is not there dies */
#define GZ_LOOK_STORE	_IO('L', 4)
#define GZ_LOOK_CAREFUL	_IO('L', 5)	/* the kernel's own careful read: an error */

#endif
