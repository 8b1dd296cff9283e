// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: cut the byte stream of the port into frames, and write frames.
 * Never: believe a length; a frame over WIRE_MAX ends the conversation.
 * Used by: main.c.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "wire.h"

#define HEAD	8u

static uint8_t buf[HEAD + WIRE_MAX + 1];
static size_t used;		/* bytes in buf */
static size_t taken;		/* bytes of the frame that wire_next gave out last */
static uint8_t covered;		/* the byte its closing NUL replaced */

static uint32_t word(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void drop_taken(void)
{
	if (!taken)
		return;
	buf[taken] = covered;
	used -= taken;
	memmove(buf, buf + taken, used);
	taken = 0;
}

int wire_fill(int fd)
{
	ssize_t n;

	drop_taken();
	if (used == HEAD + WIRE_MAX)
		return 1;
	n = read(fd, buf + used, HEAD + WIRE_MAX - used);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 1 : -1;
	used += (size_t)n;
	return n > 0;
}

int wire_next(struct wire_frame *f)
{
	drop_taken();
	if (used < HEAD)
		return 0;
	f->type = word(buf);
	f->len = word(buf + 4);
	if (f->len > WIRE_MAX)
		return -1;
	if (used < HEAD + f->len)
		return 0;
	f->data = buf + HEAD;
	taken = HEAD + f->len;
	covered = buf[taken];
	buf[taken] = 0;
	return 1;
}

static int write_all(int fd, const uint8_t *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EAGAIN) {
			struct pollfd pfd = {.fd = fd, .events = POLLOUT};

			poll(&pfd, 1, 100);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int wire_send(int fd, enum wire_type type, const void *data, size_t len)
{
	static uint8_t out[HEAD + WIRE_WINDOW_MAX];
	uint32_t head[2] = {type, (uint32_t)len};

	if (len > WIRE_WINDOW_MAX)
		return -1;
	memcpy(out, head, HEAD);
	if (len)
		memcpy(out + HEAD, data, len);
	return write_all(fd, out, HEAD + len);
}
