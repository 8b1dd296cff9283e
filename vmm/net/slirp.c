// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: libslirp behind a virtio-net device, on the device's own loop.
 * Never: enter libslirp without dev->lock: it knows no threads.
 * Used by: machine_devices.c.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <libslirp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/err.h"
#include "net/guard.h"
#include "net/user.h"

#define TIMERS_MAX	4

struct timer {
	SlirpTimerCb cb;
	void *cb_opaque;
	int64_t expires_ms;		/* -1: not set */
};

struct user_net {
	struct net_backend be;
	struct virtio_dev *dev;
	Slirp *slirp;
	bool loopback;			/* services of 127.0.0.1 are open to the guest */
	struct loop_hook hook;
	struct timer timer[TIMERS_MAX];
	/* Only during fill() and done(): */
	struct pollfd *fill;
	const struct pollfd *polled;
	unsigned int room, count;
};

static int64_t clock_ns(void *opaque)
{
	struct timespec ts;

	(void)opaque;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static ssize_t send_packet(const void *buf, size_t len, void *opaque)
{
	struct user_net *un = opaque;

	net_receive_locked(un->dev, buf, len);
	return (ssize_t)len;
}

static void guest_error(const char *msg, void *opaque)
{
	(void)opaque;
	gz_debug("net: %s", msg);
}

static void *timer_new(SlirpTimerCb cb, void *cb_opaque, void *opaque)
{
	struct user_net *un = opaque;

	for (unsigned int i = 0; i < TIMERS_MAX; i++) {
		struct timer *t = &un->timer[i];

		if (!t->cb) {
			*t = (struct timer){ cb, cb_opaque, -1 };
			return t;
		}
	}
	return NULL;
}

static void timer_free(void *timer, void *opaque)
{
	(void)opaque;
	if (timer)
		*(struct timer *)timer = (struct timer){ .expires_ms = -1 };
}

static void timer_mod(void *timer, int64_t expires_ms, void *opaque)
{
	(void)opaque;
	if (timer)
		((struct timer *)timer)->expires_ms = expires_ms;
}

/* The set of descriptors is gathered anew before every poll. */
static void poll_fd_changed(int fd, void *opaque)
{
	(void)fd;
	(void)opaque;
}

/* slirp runs on the loop's thread, which polls again anyway. */
static void notify(void *opaque)
{
	(void)opaque;
}

static const SlirpCb callbacks = {
	.send_packet = send_packet, .guest_error = guest_error, .clock_get_ns = clock_ns,
	.timer_new = timer_new, .timer_free = timer_free, .timer_mod = timer_mod,
	.register_poll_fd = poll_fd_changed, .unregister_poll_fd = poll_fd_changed,
	.notify = notify,
};

static int add_poll(int fd, int events, void *opaque)
{
	struct user_net *un = opaque;
	short e = 0;

	if (un->count == un->room)
		return -1;
	if (events & SLIRP_POLL_IN)
		e |= POLLIN;
	if (events & SLIRP_POLL_OUT)
		e |= POLLOUT;
	if (events & SLIRP_POLL_PRI)
		e |= POLLPRI;
	un->fill[un->count] = (struct pollfd){ .fd = fd, .events = e };
	return (int)un->count++;
}

static int get_revents(int index, void *opaque)
{
	struct user_net *un = opaque;
	short e;
	int r = 0;

	if (index < 0 || (unsigned int)index >= un->count)
		return 0;
	e = un->polled[index].revents;
	r |= e & POLLIN ? SLIRP_POLL_IN : 0;
	r |= e & POLLOUT ? SLIRP_POLL_OUT : 0;
	r |= e & POLLPRI ? SLIRP_POLL_PRI : 0;
	r |= e & POLLERR ? SLIRP_POLL_ERR : 0;
	r |= e & POLLHUP ? SLIRP_POLL_HUP : 0;
	return r;
}

static unsigned int hook_fill(void *ctx, struct pollfd *p, unsigned int room, int *timeout_ms)
{
	struct user_net *un = ctx;
	uint32_t timeout = *timeout_ms < 0 ? UINT32_MAX : (uint32_t)*timeout_ms;

	virtio_hold(un->dev);
	un->fill = p;
	un->room = room;
	un->count = 0;
	slirp_pollfds_fill(un->slirp, &timeout, add_poll, un);
	for (unsigned int i = 0; i < TIMERS_MAX; i++) {
		int64_t left = un->timer[i].expires_ms - clock_ns(NULL) / 1000000;

		if (un->timer[i].cb && un->timer[i].expires_ms >= 0 && left < (int64_t)timeout)
			timeout = left > 0 ? (uint32_t)left : 0;
	}
	pthread_mutex_unlock(&un->dev->lock);
	*timeout_ms = timeout > INT32_MAX ? -1 : (int)timeout;
	return un->count;
}

static void hook_done(void *ctx, const struct pollfd *p, unsigned int count)
{
	struct user_net *un = ctx;
	int64_t now = clock_ns(NULL) / 1000000;

	(void)count;
	virtio_hold(un->dev);
	un->polled = p;
	slirp_pollfds_poll(un->slirp, 0, get_revents, un);
	for (unsigned int i = 0; i < TIMERS_MAX; i++) {
		struct timer *t = &un->timer[i];

		if (t->cb && t->expires_ms >= 0 && t->expires_ms <= now) {
			t->expires_ms = -1;
			t->cb(t->cb_opaque);
		}
	}
	pthread_mutex_unlock(&un->dev->lock);
}

static void user_send(struct net_backend *be, const uint8_t *frame, size_t len)
{
	struct user_net *un = (struct user_net *)be;

	if (!un->loopback && !guard_allows(frame, len))
		return;
	slirp_input(un->slirp, frame, (int)len);
}

static void user_destroy(struct net_backend *be)
{
	struct user_net *un = (struct user_net *)be;

	slirp_cleanup(un->slirp);
	free(un);
}

static int forward(struct user_net *un, const struct config_fwd *f)
{
	struct in_addr host = { .s_addr = htonl(INADDR_LOOPBACK) };
	struct in_addr guest = { .s_addr = inet_addr("10.0.2.15") };

	if (slirp_add_hostfwd(un->slirp, f->udp, host, f->host_port, guest, f->guest_port) == 0)
		return 0;
	return gz_err("cannot listen on port %u for hostfwd: %s; choose another port", f->host_port,
		      strerror(errno));
}

static Slirp *user_slirp(struct user_net *un)
{
	SlirpConfig cfg = {
		.version = 1, .in_enabled = true,
		.vnetwork.s_addr = inet_addr("10.0.2.0"), .vnetmask.s_addr = inet_addr("255.255.255.0"),
		.vhost.s_addr = inet_addr("10.0.2.2"), .vdhcp_start.s_addr = inet_addr("10.0.2.15"),
		.vnameserver.s_addr = htonl(GUARD_DNS), .vhostname = "guest",
		.disable_host_loopback = !un->loopback,
	};

	return slirp_new(&cfg, &callbacks, un);
}

int net_user_attach(struct virtio_dev *dev, const struct config *cfg)
{
	struct user_net *un = calloc(1, sizeof(*un));

	if (!un)
		return gz_err("out of memory for user-mode networking");
	un->be = (struct net_backend){ user_send, user_destroy };
	un->dev = dev;
	un->loopback = cfg->net_loopback;
	un->slirp = user_slirp(un);
	if (!un->slirp) {
		free(un);
		return gz_err("libslirp cannot start user-mode networking");
	}
	for (unsigned int i = 0; i < cfg->fwd_count; i++) {
		if (forward(un, &cfg->fwd[i])) {
			user_destroy(&un->be);
			return -1;
		}
	}
	un->hook = (struct loop_hook){ hook_fill, hook_done, un };
	net_attach(dev, &un->be);
	loop_set_hook(dev->loop, &un->hook);
	return 0;
}
