/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: one live stage-2 table under the break-before-make checker.
 * Never: an expectation but that all memory comes back.
 * Used by: test_pgtable.c, test_pgtable_unmap.c.
 */
#ifndef PGTABLE_FIXTURE_H
#define PGTABLE_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "mem_fixture.h"

#include "mm/layout.h"
#include "mm/pgtable_int.h"

#define RWX	(PG_R | PG_W | PG_X)
#define GB	BIT(30)
#define TOP	BIT(40)

extern struct pgtable t;
extern struct pool_quota quota;

void start(u8 bits, u32 pool);
int setup(void **state);
int teardown(void **state);
enum gz_err map(u64 addr, u64 pa, u64 size);
void expect_leaf(u64 addr, u64 pa, u64 size);

#endif
