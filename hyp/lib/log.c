/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the log ring, echoed on the console until the host owns the UART.
 * Never: wait for a reader: old lines are overwritten.
 * Called by: all of hyp/; log_read() by the host's EXT_LOG_READ.
 */
#include "lib/log.h"
#include "lib/fmt.h"
#include "lib/percpu.h"
#include "lib/spinlock.h"
#include "lib/string.h"
#include "insn/sysreg.h"

#define RING_BYTES	(32u * 1024)
#define LINE_BYTES	200

static struct spinlock log_lock = SPINLOCK_INIT;
static char ring[RING_BYTES];
static u64 ring_head;			/* bytes ever written */
static enum log_level max_level = LOG_INFO;
static log_sink_fn console, last_sink;

static const char *const level_mark[] = { "error: ", "warning: ", "", "" };

void log_set_level(enum log_level level) { max_level = level; }
void log_console_on(log_sink_fn sink) { console = last_sink = sink; }
void log_console_off(void) { console = NULL; }
log_sink_fn log_last_sink(void) { return last_sink; }

static void ring_write(const char *text, u32 len)
{
	for (u32 i = 0; i < len; i++)
		ring[(ring_head + i) % RING_BYTES] = text[i];
	ring_head += len;
}

/* "[cpu seconds.micros] "; before the CPU is known there is no number. */
static u32 stamp(char *buf, u32 size)
{
	u64 freq = sysreg_read(cntfrq_el0), now = cpu_counter();
	const struct percpu *cpu = this_cpu();

	freq = freq ? freq : 1;
	return (u32)fmt_str(buf, size, "[%u %lu.%06lu] ", cpu ? cpu->id : 0, now / freq, now % freq * 1000000 / freq);
}

void log_printf(enum log_level level, const char *fmt, ...)
{
	char line[LINE_BYTES];
	u32 start, len;
	va_list args;

	if (level > max_level)
		return;
	start = stamp(line, sizeof(line));
	va_start(args, fmt);
	len = start + (u32)fmt_str(line + start, sizeof(line) - start, "%s", level_mark[level]);
	len += (u32)fmt_vstr(line + len, sizeof(line) - len, fmt, args);
	va_end(args);
	len = MIN(len, LINE_BYTES - 2u);
	line[len++] = '\n';
	spin_lock(&log_lock);
	ring_write(line, len);
	if (console) {
		console("gz: ", 4);
		console(line + start, len - start);
	}
	spin_unlock(&log_lock);
}

u32 log_read(u64 *cursor, char *buf, u32 len)
{
	u32 n;

	spin_lock(&log_lock);
	if (*cursor > ring_head)
		*cursor = ring_head;
	if (ring_head - *cursor > RING_BYTES)
		*cursor = ring_head - RING_BYTES;
	n = (u32)MIN((u64)len, ring_head - *cursor);
	for (u32 i = 0; i < n; i++)
		buf[i] = ring[(*cursor + i) % RING_BYTES];
	*cursor += n;
	spin_unlock(&log_lock);
	return n;
}

void log_tail(log_sink_fn sink, u32 bytes)
{
	u64 head = READ_ONCE(ring_head);
	u64 at = head > bytes ? head - bytes : 0;

	/* From the start of a line. */
	while (at && at < head && ring[(at - 1) % RING_BYTES] != '\n')
		at++;
	for (; at < head; at++)
		sink(&ring[at % RING_BYTES], 1);
}
