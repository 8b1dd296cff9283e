// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the poll loop behind devices.
 * Never: call back with its lock held, since callbacks change what is watched.
 * Used by: dev/, virtio/.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/kick.h"
#include "lib/loop.h"

#define LOOP_MAX	96
#define JOIN_WAIT_NS	(5 * 1000 * 1000)

struct loop_src {
	struct loop *loop;
	int fd;
	short events;
	uint64_t resume_ms;
	loop_fn fn;
	void *ctx;
};

struct loop {
	pthread_t thread;
	pthread_mutex_t lock;		/* src[], src_count, events, resume_ms */
	struct loop_src src[LOOP_MAX];
	unsigned int src_count;
	const struct loop_hook *hook;
	int wake_fd;
	atomic_bool stopping;		/* also read by callbacks in the midst of their work */
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void loop_wake(struct loop *loop)
{
	uint64_t one = 1;

	if (write(loop->wake_fd, &one, sizeof(one)) < 0)
		return;		/* the counter is full, so it is readable already */
}

/* Fill P and WHICH with what to wait for; returns the count, *TIMEOUT in ms or -1. */
static unsigned int loop_gather(struct loop *loop, struct pollfd *p, unsigned int *which,
				int *timeout)
{
	uint64_t now = now_ms();
	unsigned int n = 0;

	*timeout = -1;
	p[n++] = (struct pollfd){ .fd = loop->wake_fd, .events = POLLIN };
	for (unsigned int i = 0; i < loop->src_count; i++) {
		struct loop_src *s = &loop->src[i];

		if (!s->events)
			continue;
		if (s->resume_ms > now) {
			int left = (int)(s->resume_ms - now);

			*timeout = *timeout < 0 || left < *timeout ? left : *timeout;
			continue;
		}
		which[n] = i;
		p[n++] = (struct pollfd){ .fd = s->fd, .events = s->events };
	}
	return n;
}

/* What one turn of the loop waits for: sources first, then the hook's. */
struct turn {
	struct pollfd p[LOOP_MAX + 1 + LOOP_HOOK_FDS];
	unsigned int which[LOOP_MAX + 1];
	unsigned int own, hooked;
	int timeout;
	const struct loop_hook *hook;
};

static bool turn_begin(struct loop *loop, struct turn *t)
{
	bool stopping = atomic_load(&loop->stopping);

	pthread_mutex_lock(&loop->lock);
	t->own = loop_gather(loop, t->p, t->which, &t->timeout);
	t->hook = loop->hook;
	pthread_mutex_unlock(&loop->lock);
	t->hooked = 0;
	if (t->hook && !stopping)
		t->hooked = t->hook->fill(t->hook->ctx, t->p + t->own, LOOP_HOOK_FDS, &t->timeout);
	return !stopping;
}

static void turn_end(struct loop *loop, struct turn *t)
{
	uint64_t drained;

	if (t->p[0].revents && read(loop->wake_fd, &drained, sizeof(drained)) < 0)
		gz_debug("event loop: %s", strerror(errno));
	for (unsigned int i = 1; i < t->own; i++) {
		struct loop_src *s = &loop->src[t->which[i]];

		if (t->p[i].revents)
			s->fn(s->ctx, t->p[i].revents);
	}
	if (t->hook)
		t->hook->done(t->hook->ctx, t->p + t->own, t->hooked);
}

static void *loop_main(void *arg)
{
	struct loop *loop = arg;
	struct turn t;

	while (turn_begin(loop, &t)) {
		if (poll(t.p, t.own + t.hooked, t.timeout) >= 0)
			turn_end(loop, &t);
	}
	return NULL;
}

struct loop *loop_start(const char *name)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop) {
		gz_err("out of memory for the %s thread", name);
		return NULL;
	}
	kick_install();
	pthread_mutex_init(&loop->lock, NULL);
	loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->wake_fd < 0 || pthread_create(&loop->thread, NULL, loop_main, loop)) {
		gz_err("cannot start the %s thread: %s", name, strerror(errno));
		if (loop->wake_fd >= 0)
			close(loop->wake_fd);
		free(loop);
		return NULL;
	}
	pthread_setname_np(loop->thread, name);
	return loop;
}

void loop_ask_stop(struct loop *loop)
{
	if (!loop)
		return;
	atomic_store(&loop->stopping, true);
	loop_wake(loop);
	pthread_kill(loop->thread, KICK_SIGNAL);
}

bool loop_stopping(const struct loop *loop)
{
	return !loop || atomic_load(&loop->stopping);
}

void loop_stop(struct loop *loop)
{
	struct timespec wait = { .tv_nsec = JOIN_WAIT_NS };

	if (!loop)
		return;
	loop_ask_stop(loop);
	/* A callback may sit in a write to a terminal nobody reads: the first kick can come too early. */
	while (pthread_tryjoin_np(loop->thread, NULL)) {
		pthread_kill(loop->thread, KICK_SIGNAL);
		nanosleep(&wait, NULL);
	}
	close(loop->wake_fd);
	pthread_mutex_destroy(&loop->lock);
	free(loop);
}

struct loop_src *loop_add(struct loop *loop, int fd, short events, loop_fn fn, void *ctx)
{
	struct loop_src *s = NULL;

	pthread_mutex_lock(&loop->lock);
	if (loop->src_count < LOOP_MAX) {
		s = &loop->src[loop->src_count++];
		*s = (struct loop_src){ .loop = loop, .fd = fd, .events = events,
					.fn = fn, .ctx = ctx };
	}
	pthread_mutex_unlock(&loop->lock);
	if (!s)
		gz_err("too many files to watch: at most %d", LOOP_MAX);
	else
		loop_wake(loop);
	return s;
}

void loop_want(struct loop_src *src, short events)
{
	bool changed;

	pthread_mutex_lock(&src->loop->lock);
	changed = src->events != events;
	src->events = events;
	pthread_mutex_unlock(&src->loop->lock);
	if (changed)
		loop_wake(src->loop);
}

void loop_pause(struct loop_src *src, unsigned int ms)
{
	pthread_mutex_lock(&src->loop->lock);
	src->resume_ms = now_ms() + ms;
	pthread_mutex_unlock(&src->loop->lock);
	loop_wake(src->loop);
}

void loop_set_hook(struct loop *loop, const struct loop_hook *hook)
{
	pthread_mutex_lock(&loop->lock);
	loop->hook = hook;
	pthread_mutex_unlock(&loop->lock);
	loop_wake(loop);
}
