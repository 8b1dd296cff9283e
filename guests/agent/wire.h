/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the frames that gz-agent and its client (tools/gzpy/channel.py) exchange over one byte stream.
 * Never: let a length of the peer decide anything before it was checked against WIRE_MAX.
 * Used by: guests/agent.
 *
 * A frame is two little-endian words, type and length, then that many bytes. The agent speaks
 * first (HELLO), the client answers START, stdin flows against CREDIT, and EXIT ends it.
 */
#ifndef AGENT_WIRE_H
#define AGENT_WIRE_H

#include <stddef.h>
#include <stdint.h>

enum wire_type {
	WIRE_HELLO = 1,		/* agent: u32 protocol version, u32 stdin window */
	WIRE_START = 2,		/* client: struct wire_start and its strings */
	WIRE_STDIN = 3,		/* client: bytes */
	WIRE_STDIN_END = 4,	/* client: no more input */
	WIRE_STDOUT = 5,	/* agent: bytes */
	WIRE_STDERR = 6,	/* agent: bytes */
	WIRE_EXIT = 7,		/* agent: u32 status, the last frame */
	WIRE_CREDIT = 8,	/* agent: u32 bytes of stdin that left the window */
	WIRE_WINDOW = 9,	/* client: u32 rows, u32 columns */
	WIRE_SIGNAL = 10,	/* client: u32 signal for the command's group */
};

#define WIRE_VERSION	1
#define WIRE_MAX	(1u << 20)	/* longest payload, START with a long argv */
#define WIRE_WINDOW_MAX	(64u << 10)	/* stdin bytes on the way at once */
#define WIRE_TTY	1u		/* wire_start.flags: run the command on a terminal */

/* Followed by argc words and then envc "NAME=VALUE", each ended by a NUL byte. */
struct wire_start {
	uint32_t flags, rows, columns, argc, envc;
};

struct wire_frame {
	uint32_t type, len;
	uint8_t *data;		/* len bytes and one NUL more */
};

/* Takes what the port has into the reader. 1: go on, 0: nobody is connected, -1: broken. */
int wire_fill(int fd);

/* Takes the next whole frame out of the reader; it is valid until the next call.
 * 1: *f is set, 0: not there yet, -1: the peer broke the protocol. */
int wire_next(struct wire_frame *f);

/* Writes one frame, waiting as long as the peer needs. 0, or -1 when the port is gone. */
int wire_send(int fd, enum wire_type type, const void *data, size_t len);

#endif
