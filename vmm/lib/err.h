/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the one way gz speaks to a person: one line, cause then remedy.
 * Never: end the process; whoever called decides what a failure means.
 * Used by: everything in vmm/ and its native tests.
 */
#ifndef GZ_LIB_ERR_H
#define GZ_LIB_ERR_H

#define PRINTF_LIKE(f, a)	__attribute__((format(printf, f, a)))

/* Exit status of `gz run`; the first five are crosvm's. */
enum gz_status {
	GZ_STATUS_STOP = 0,
	GZ_STATUS_FAILED = 1,		/* the machine could not give what was asked */
	GZ_STATUS_RESET = 32,
	GZ_STATUS_CRASH = 33,
	GZ_STATUS_PANIC = 34,
	GZ_STATUS_USAGE = 35,
};

extern int gz_verbose;

/* Print "gz: ..." on stderr and return -1, so that a caller can `return gz_err(...)`. */
int gz_err(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Print "gz: ..." on stderr: a fact a user should see although nothing failed. */
void gz_note(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Print "gz: ..." only with -v. */
void gz_debug(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* The text of the last gz_err() of any thread, for tests. */
const char *gz_err_last(void);

#endif
