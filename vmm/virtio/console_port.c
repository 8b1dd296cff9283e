// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: move bytes between a port's queues and its file, with back-pressure both ways.
 * Never: block the device's thread: files are asked first whether they are ready.
 * Used by: virtio/console.c and the device's loop.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "virtio/console_port.h"

#define WRITE_MAX	4096		/* a pipe that polls writable takes this much */
#define VISIT_MAX	(64 * 1024)
#define RETRY_MS	100

static void want_input(struct port *port, bool on)
{
	if (port->in)
		loop_want(port->in, on ? POLLIN : 0);
}

static void host_closed(struct port *port)
{
	want_input(port, false);
	if (!port->host_open)
		return;
	port->host_open = false;
	if (port->closed)
		port->closed(port);
}

/* Nothing more from the file, now or for ever. */
static void input_ended(struct port *port)
{
	switch (port->eof) {
	case EOF_FINAL:
		want_input(port, false);
		port->in = NULL;
		break;
	case EOF_RETRY:
		loop_pause(port->in, RETRY_MS);
		break;
	case EOF_CLOSE:
		host_closed(port);
		break;
	}
}

/* A buffer of the guest's with room in it: reading 0 bytes would look like the file's end. */
static bool pop_rx(struct port *port, struct vq_chain *c)
{
	if (!virtio_pop(port->dev, port->rx_queue, c))
		return false;
	if (c->in_len)
		return true;
	virtio_break(port->dev, "a receive buffer that cannot be written");
	return false;
}

/* Keys go to the guest as it gives buffers; lib/keys.c holds the rest. */
static void feed_keys(struct port *port)
{
	struct virtio_dev *dev = port->dev;
	struct vq *vq = &dev->vq[port->rx_queue];
	uint8_t buf[WRITE_MAX];
	struct vq_chain c;

	if (!port->guest_open)
		return;
	do {
		while (keys_waiting(port->keys) && pop_rx(port, &c)) {
			size_t n = c.in_len < sizeof(buf) ? c.in_len : sizeof(buf);

			n = keys_take(port->keys, buf, n);
			vq_push(vq, &c, vq_copy_in(&c, 0, buf, n));
		}
	} while (keys_waiting(port->keys) && virtio_running(dev) && vq_want_notify(vq));
	virtio_signal(dev, vq);
}

static void keys_arrived(void *ctx)
{
	struct port *port = ctx;

	virtio_hold(port->dev);
	if (port->keys)		/* else port_watch() is about to look */
		feed_keys(port);
	pthread_mutex_unlock(&port->dev->lock);
}

static void on_input(void *ctx, short revents)
{
	struct port *port = ctx;
	struct virtio_dev *dev = port->dev;
	struct vq *vq = &dev->vq[port->rx_queue];
	uint8_t buf[WRITE_MAX];
	struct vq_chain c;
	ssize_t n;

	(void)revents;
	virtio_hold(dev);
	if (!port->guest_open || !pop_rx(port, &c)) {
		want_input(port, false);	/* until the guest opens or gives buffers */
		if (virtio_running(dev) && vq_want_notify(vq))
			want_input(port, port->guest_open);
		goto out;
	}
	/* Does not block: the loop calls this when poll() saw input, and nobody else reads the file. */
	/* NOLINTNEXTLINE(clang-analyzer-unix.BlockInCriticalSection) */
	n = read(port->in_fd, buf, c.in_len < sizeof(buf) ? c.in_len : sizeof(buf));
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		input_ended(port);
	if (n > 0) {
		vq_push(vq, &c, vq_copy_in(&c, 0, buf, (size_t)n));
		virtio_signal(dev, vq);
	} else {
		vq_unpop(vq);
	}
out:
	pthread_mutex_unlock(&dev->lock);
}

/* Write what the file takes of request C, at most VISIT_MAX; true when all of it is gone. */
static bool write_some(struct port *port, const struct vq_chain *c)
{
	size_t limit = port->tx_done + VISIT_MAX;
	uint8_t buf[WRITE_MAX];

	port->out_gone = false;
	while (port->tx_done < c->out_len) {
		struct pollfd p = { .fd = port->out_fd, .events = POLLOUT };
		size_t len = vq_copy_out(c, port->tx_done, buf, sizeof(buf));
		ssize_t n;

		/* A long request must not keep the thread from the quit key or the end of the VM. */
		if (port->tx_done >= limit || loop_stopping(port->dev->loop))
			return false;
		if (port->out_fd >= 0 && port->host_open) {
			if (poll(&p, 1, 0) == 0)
				return false;
			n = write(port->out_fd, buf, len);
			if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
				port->out_gone = p.revents & POLLHUP;
				return false;
			}
			if (n < 0) {
				host_closed(port);
				continue;	/* nobody reads: the guest must not hang on it */
			}
			len = (size_t)n;
		}
		if (port->watch)
			outlet_watch(port->watch, buf, len);
		port->tx_done += len;
	}
	return true;
}

static bool serve_tx(void *ctx, const struct vq_chain *c)
{
	struct port *port = ctx;
	struct vq *vq = &port->dev->vq[port->tx_queue];

	if (!write_some(port, c)) {
		vq_unpop(vq);
		return false;
	}
	port->tx_done = 0;
	vq_push(vq, c, 0);
	return true;
}

void port_tx(struct port *port)
{
	bool blocked = !virtio_serve(port->dev, port->tx_queue, serve_tx, port);

	if (!port->out) {
		if (blocked)
			virtio_again(port->dev, port->tx_queue);
		return;
	}
	if (blocked && port->out_gone)
		loop_pause(port->out, RETRY_MS);	/* it polls as ready and takes nothing */
	loop_want(port->out, blocked ? POLLOUT : 0);
}

static void on_output(void *ctx, short revents)
{
	struct port *port = ctx;

	(void)revents;
	virtio_hold(port->dev);
	port_tx(port);
	pthread_mutex_unlock(&port->dev->lock);
}

static int watch_keys(struct port *port)
{
	struct keys_user user = { keys_arrived, port, port->plan->quit, port->plan->quit_ctx };
	struct keys *k = keys_open(port->dev->loop, port->in_fd, &user);

	if (!k)
		return -1;
	virtio_hold(port->dev);
	port->keys = k;
	feed_keys(port);
	pthread_mutex_unlock(&port->dev->lock);
	return 0;
}

int port_watch(struct port *port)
{
	if (port->on_stdio && watch_keys(port))
		return -1;
	if (port->in_fd >= 0 && !port->on_stdio) {
		port->in = loop_add(port->dev->loop, port->in_fd, 0, on_input, port);
		if (!port->in)
			return -1;
	}
	if (port->out_fd >= 0) {
		port->out = loop_add(port->dev->loop, port->out_fd, 0, on_output, port);
		if (!port->out)
			return -1;
	}
	return 0;
}

void port_rx_ready(struct port *port)
{
	if (port->keys)
		feed_keys(port);
	else
		want_input(port, port->guest_open && port->host_open);
}

void port_guest_open(struct port *port, bool open)
{
	port->guest_open = open;
	port_rx_ready(port);
}

void port_reset(struct port *port)
{
	port->guest_open = false;
	port->tx_done = 0;
	want_input(port, false);
	if (port->out)
		loop_want(port->out, 0);
}
