/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: EL2's log: a ring in EL2 memory, echoed on the UART until the host is entered.
 * Never: guest data of a protected VM, nor a lock above it in the ladder.
 * Used by: all of hyp/. LOG_ERROR is for defects of the hypervisor, never for a misbehaving party.
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include "lib/types.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* %s %d %u %x %lx %lu %llx %llu %% with width and 0 flag; each line is stamped with CPU and counter. */
void log_printf(enum log_level level, const char *fmt, ...) __printf(2, 3);
/* Where lines are echoed from now on, until log_console_off(). */
typedef void (*log_sink_fn)(const char *text, u32 len);
void log_console_on(log_sink_fn sink);
/* The last sink there was, for a panic; NULL when there never was one. */
log_sink_fn log_last_sink(void);
/* Panic only, no lock: the last bytes of the ring, from the start of a line. */
void log_tail(log_sink_fn sink, u32 bytes);
/* Lines above this level are dropped; gz.log= on the command line sets it. */
void log_set_level(enum log_level level);
/* After the hand-over the UART is the host's: ring only. */
void log_console_off(void);
/* Copies ring bytes from *cursor on (moved up when overwritten); returns bytes copied, advances *cursor. */
u32 log_read(u64 *cursor, char *buf, u32 len);
/* snprintf subset, as log_printf. */
int fmt_str(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

#define log_error(...)	log_printf(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)	log_printf(LOG_WARN, __VA_ARGS__)
#define log_info(...)	log_printf(LOG_INFO, __VA_ARGS__)
#define log_debug(...)	log_printf(LOG_DEBUG, __VA_ARGS__)

#endif
