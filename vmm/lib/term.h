/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the user's terminal: raw while a guest has it, as it was on every way out.
 * Never: leave a terminal raw, also when a signal ends us.
 * Used by: run.c.
 */
#ifndef GZ_LIB_TERM_H
#define GZ_LIB_TERM_H

#include <stdbool.h>

/* False in the background of a terminal, where touching it would stop the process. */
bool term_is_ours(void);

/* Make stdin raw if it is a terminal. Restored at exit and on fatal signals. */
void term_raw(void);
void term_restore(void);		/* async-signal-safe */

/*
 * What a key means: Ctrl-A X quits, Ctrl-A Ctrl-A (or A) sends Ctrl-A.
 * Returns true and *OUT when the guest gets a byte; sets *QUIT when the user wants to leave.
 */
bool term_key(bool *escape, unsigned char key, unsigned char *out, bool *quit);

#endif
