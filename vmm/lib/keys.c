// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: read standard input as it comes, take out the escape keys, keep the rest for the guest.
 * Never: keep without limit, or read a pipe faster than the guest empties the buffer.
 * Used by: machine_devices.c (serial port), virtio/console_port.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/keys.h"
#include "lib/term.h"

#define READ_MAX	1024

struct keys {
	struct keys_user user;
	int fd;
	bool tty, escape, lost;		/* only the loop's thread */
	struct loop_src *src;
	pthread_mutex_t lock;		/* what follows; taken inside a device's lock */
	bool ended;
	size_t head, count;
	uint8_t bytes[KEYS_MAX];
};

/* A terminal is read even when the buffer is full: the next key may be the one that quits. */
static void listen_if_room(struct keys *k)
{
	loop_want(k->src, !k->ended && (k->tty || k->count < KEYS_MAX) ? POLLIN : 0);
}

static void put(struct keys *k, uint8_t byte)
{
	if (k->count < KEYS_MAX) {
		k->bytes[(k->head + k->count++) % KEYS_MAX] = byte;
		return;
	}
	if (!k->lost)
		gz_note("the guest does not read its keyboard: what is typed now is lost (Ctrl-A X ends"
			" the VM)");
	k->lost = true;
}

static size_t room(struct keys *k)
{
	size_t n;

	pthread_mutex_lock(&k->lock);
	n = k->tty ? READ_MAX : KEYS_MAX - k->count;
	pthread_mutex_unlock(&k->lock);
	return n < READ_MAX ? n : READ_MAX;
}

static void on_readable(void *ctx, short revents)
{
	struct keys *k = ctx;
	uint8_t in[READ_MAX], key;
	bool quit = false;
	ssize_t n = read(k->fd, in, room(k));

	(void)revents;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	pthread_mutex_lock(&k->lock);
	k->ended = n <= 0;
	for (ssize_t i = 0; i < n && !quit; i++) {
		key = in[i];
		if (!k->tty || term_key(&k->escape, in[i], &key, &quit))
			put(k, key);
	}
	listen_if_room(k);
	pthread_mutex_unlock(&k->lock);
	if (quit)
		k->user.quit(k->user.quit_ctx);
	else if (n > 0)
		k->user.arrived(k->user.ctx);
}

struct keys *keys_open(struct loop *loop, int fd, const struct keys_user *user)
{
	struct keys *k = calloc(1, sizeof(*k));

	if (!k) {
		gz_err("out of memory for the keyboard");
		return NULL;
	}
	pthread_mutex_init(&k->lock, NULL);
	k->user = *user;
	k->fd = fd;
	k->tty = isatty(fd);
	/* Listening starts only when k->src is there for the callback. */
	k->src = loop_add(loop, fd, 0, on_readable, k);
	if (!k->src) {
		keys_close(k);
		return NULL;
	}
	loop_want(k->src, POLLIN);
	return k;
}

void keys_close(struct keys *k)
{
	if (!k)
		return;
	pthread_mutex_destroy(&k->lock);
	free(k);
}

size_t keys_take(struct keys *k, uint8_t *to, size_t max)
{
	size_t n;

	pthread_mutex_lock(&k->lock);
	n = k->count < max ? k->count : max;
	for (size_t i = 0; i < n; i++)
		to[i] = k->bytes[(k->head + i) % KEYS_MAX];
	k->head = (k->head + n) % KEYS_MAX;
	k->count -= n;
	listen_if_room(k);
	pthread_mutex_unlock(&k->lock);
	return n;
}

bool keys_waiting(struct keys *k)
{
	bool waiting;

	pthread_mutex_lock(&k->lock);
	waiting = k->count;
	pthread_mutex_unlock(&k->lock);
	return waiting;
}
