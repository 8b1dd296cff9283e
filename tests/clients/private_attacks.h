/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the list of attacks of user space on a guest's page.
 * Never: change an attack between the VM where it must work and the one where it must not.
 * Used by: private_test.c; private_attacks.c fills it.
 */
#ifndef PRIVATE_ATTACKS_H
#define PRIVATE_ATTACKS_H

#include <stdio.h>

#include "client.h"

struct target {
	uint8_t *page;		/* in this process and in owner */
	uint64_t secret;	/* the guest's first word there */
	int memfd;
	off_t offset;
	uint64_t pa;		/* of the page, as it was before the guest started */
	pid_t owner;
	bool is_private;
};

struct attack {
	const char *name;
	int (*run)(const struct target *t);
	bool writes;		/* gets a page of its own: others read theirs */
	int on_hugetlb;		/* errno of a kernel that offers no such thing for hugetlb, or 0 */
	bool by_alias;		/* uses the kernel's own address of the page, where EL2 refuses it */
};

/* A new mapping of the 2 MiB of the memfd around the page; where the page is in it, or MAP_FAILED. */
void *map_target(const struct target *t, int prot, int flags);

/* private_attacks_kernel.c */
int a_uring_write(const struct target *t);
int a_uring_read(const struct target *t);
int a_uring_fixed(const struct target *t);
int a_core_dump(const struct target *t);
int a_kcore(const struct target *t);
int a_compaction(const struct target *t);
int a_collapse(const struct target *t);
int a_populate(const struct target *t);
int a_merge(const struct target *t);
int a_fork_load(const struct target *t);

int attack_demo(void);		/* the table for people; an exit status */

extern const struct attack attacks[];
extern const unsigned int attack_count;

#endif
