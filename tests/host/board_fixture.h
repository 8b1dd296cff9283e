/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a board built from its differences, read into struct machine.
 * Never: a sentence matched whole: the word that tells the cause is enough.
 * Used by: test_chosen.c, test_machine.c.
 */
#ifndef BOARD_FIXTURE_H
#define BOARD_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "host/fdt_build.h"
#include "plat/machine.h"

/* What the last board was read as, and why it was refused. */
extern struct machine m;
extern const char *why;

enum gz_err read_board(const struct virt *v);
void accept(struct virt v);
/* cause: a word of the sentence that says why. */
void refused(struct virt v, enum gz_err err, const char *cause);
void range_is(struct pa_range r, u64 base, u64 size);

#endif
