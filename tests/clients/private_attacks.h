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
	pid_t owner;
	bool is_private;
};

struct attack {
	const char *name;
	int (*run)(const struct target *t);
	bool writes;		/* gets a page of its own: others read theirs */
};

extern const struct attack attacks[];
extern const unsigned int attack_count;

#endif
