/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what tests need to run on each kind of guest memory.
 * Never: leave the kernel's settings changed behind on_huge_kinds().
 * Used by: client.c, private_test.c, private_huge_test.c; kinds.c has the code.
 */
#ifndef KINDS_H
#define KINDS_H

#include "client.h"

enum ram_kind { RAM_SMALL, RAM_THP, RAM_HUGETLB, RAM_KINDS };

struct pool {
	long all, free, reserved, surplus;
};

extern enum ram_kind ram_kind;		/* what vm_make() makes RAM of */

const char *ram_kind_name(void);
int ram_memfd(void);
void ram_advise(void *ram, size_t size);
uint64_t pa_of(void *page);		/* writes to it, so that it exists */
uint64_t pa_now(void *page);		/* leaves it as it is */
bool page_is_dirty(void *page);
void expect_kind(uint64_t pa);		/* that the page there is of the kind in use */
long pool_count(const char *name);
struct pool pool_now(void);
void expect_pool(struct pool before);	/* of huge pages: nothing lost, nothing gained */
void use_kind(enum ram_kind kind);
/* The test on transparent huge pages, then on hugetlb; afterwards the pool must be as it was. */
void on_huge_kinds(void (*test)(void));

#endif
