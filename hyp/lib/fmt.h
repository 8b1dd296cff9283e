/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the formatter behind log_printf(), panic() and fmt_str(): the subset named in log.h.
 * Never: write past the buffer; no floating point, no positional arguments.
 * Used by: lib/ only; others call fmt_str().
 */
#ifndef LIB_FMT_H
#define LIB_FMT_H

#include <stdarg.h>
#include "lib/types.h"

/* Returns the length without the NUL that it would have had; the buffer is always terminated when size > 0. */
int fmt_vstr(char *buf, size_t size, const char *fmt, va_list args);

#endif
