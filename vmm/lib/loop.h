/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a thread that waits for file descriptors and calls back; poll(2), so any file works.
 * Never: free a source while the loop runs.
 * Used by: every device that does I/O; each callback runs in the loop's own thread.
 */
#ifndef GZ_LIB_LOOP_H
#define GZ_LIB_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define LOOP_HOOK_FDS	1024	/* as many files as run.c leaves: what is not polled is dead */

struct loop;
struct loop_src;

typedef void (*loop_fn)(void *ctx, short revents);

/* For a library with a poll interface of its own; both run in the loop's thread. */
struct loop_hook {
	/* Add up to ROOM entries at P, lower *TIMEOUT_MS (-1: none); returns entries added. */
	unsigned int (*fill)(void *ctx, struct pollfd *p, unsigned int room, int *timeout_ms);
	/* After every poll: the same entries with their revents. */
	void (*done)(void *ctx, const struct pollfd *p, unsigned int count);
	void *ctx;
};

/* Returns a running loop, or NULL after saying why. */
struct loop *loop_start(const char *name);

/*
 * Stop and join the thread, interrupting the call it is in, and free every source. Safe on NULL.
 * Closes no source's fd.
 */
void loop_stop(struct loop *loop);

/* The same without waiting: callbacks see loop_stopping() and come home. Any thread. */
void loop_ask_stop(struct loop *loop);

/* For long work in a callback: must it end now? True for NULL, a loop that is gone. */
bool loop_stopping(const struct loop *loop);

/* Watch FD for poll events EVENTS (0: not yet). NULL after saying why. Any thread. */
struct loop_src *loop_add(struct loop *loop, int fd, short events, loop_fn fn, void *ctx);

/* Change what is watched; 0 also hides hang-ups. Any thread. */
void loop_want(struct loop_src *src, short events);

/* Do not look at SRC for MS milliseconds: a peer that is gone for now must not spin the loop. */
void loop_pause(struct loop_src *src, unsigned int ms);

/* Call HOOK around every poll. Once per loop; HOOK must outlive it. */
void loop_set_hook(struct loop *loop, const struct loop_hook *hook);

#endif
