// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: write console output and notice a guest kernel's panic in it.
 * Never: hold up the end of a VM.
 * Used by: the consoles, from vCPU threads and device loops.
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "dev/outlet.h"

static const char panic_text[] = "Kernel panic - not syncing";

void outlet_watch(struct outlet *out, const uint8_t *bytes, size_t len)
{
	/* 'K' occurs only at the start of the text, so a mismatch restarts at 0 or 1. */
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == (uint8_t)panic_text[out->matched])
			out->matched++;
		else
			out->matched = bytes[i] == (uint8_t)panic_text[0];
		if (!panic_text[out->matched]) {
			out->matched = 0;
			if (out->panic_seen)
				atomic_store(out->panic_seen, true);
		}
	}
}

void outlet_write(struct outlet *out, const uint8_t *bytes, size_t len)
{
	outlet_watch(out, bytes, len);
	while (len && out->fd >= 0) {
		ssize_t n = write(out->fd, bytes, len);
		struct pollfd p = { .fd = out->fd, .events = POLLOUT };

		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
			continue;
		}
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			out->fd = -1;		/* the reader is gone: so is the console */
			return;
		}
		if (out->stopping && atomic_load(out->stopping))
			return;
		poll(&p, 1, 100);
	}
}
