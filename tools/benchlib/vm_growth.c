// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: how the work grows: creation, first touch and teardown with a VM's memory; creation and EL2's memory with the number of VMs.
 * Never: divide by what it grows with: the table shows whether it does.
 * Used by: vm_rows.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm.h"

#define STATS		"/sys/kernel/debug/gzvm/stats"
#define MANY		16u
#define SMALL		(68 * MIB)

static void say(const char *what, const char *kind, unsigned int n, uint64_t value)
{
	char name[64];

	snprintf(name, sizeof(name), "grow_%s%s_%u", what, kind, n);
	report(name, &value, 1);
}

static bool asked(const char *what, const char *kind, unsigned int n)
{
	char name[64];

	snprintf(name, sizeof(name), "grow_%s%s_%u", what, kind, n);
	return wanted(name);
}

/* A guest that touches all of so much memory; the host had none of it before. */
static void with_memory(const char *kind, enum backing backing, unsigned int mib)
{
	struct vm v;

	if (!asked("create", kind, mib) && !asked("touch", kind, mib) && !asked("teardown", kind, mib))
		return;
	mark = only && asked("teardown", kind, mib);
	start(&v, ROLE_TOUCH, (BENCH_TOUCH - BENCH_RAM) + mib * MIB + 2 * BLOCK, backing, false);
	run_here(&v);
	say("create", kind, mib, v.box->started - v.begun);
	say("touch", kind, mib, v.box->touch_ticks);
	say("teardown", kind, mib, stop(&v));
}

/* Pages in EL2's pool that are free; 0 where there is no gz.bin. */
static uint64_t pool_free(void)
{
	FILE *f = fopen(STATS, "r");
	char name[64];
	unsigned long value, found = 0;

	while (f && fscanf(f, "%63s %lu", name, &value) == 2)
		if (strcmp(name, "pool_free") == 0)
			found = value;
	if (f)
		fclose(f);
	return found;
}

/* VMs that have run and were not closed; the 1st and the last tell whether one costs the next anything. */
static void with_vms(const char *kind, enum backing backing)
{
	struct vm *v = calloc(MANY, sizeof(*v));
	uint64_t before = pool_free();

	if (only && !strstr(only, "_vm")) {
		free(v);
		return;
	}
	for (unsigned int i = 0; v && i < MANY; i++) {
		start(&v[i], ROLE_NONE, SMALL, backing, false);
		run_here(&v[i]);
		if (i == 0 || i == 3 || i == MANY - 1)
			say("nth_vm", kind, i + 1, v[i].box->started - v[i].begun);
	}
	if (before)
		say("el2_pages_of_vms", kind, MANY, before - pool_free());
	for (unsigned int i = MANY; v && i-- > 0;) {
		uint64_t ticks = stop(&v[i]);

		if (i == 0 || i == MANY - 1)
			say("end_of_nth_vm", kind, i + 1, ticks);
	}
	free(v);
}

static void kind_of_vm(const char *kind, enum backing backing)
{
	if (only && (strstr(only, "protected") != NULL) != (backing == PRIVATE))
		return;
	with_memory(kind, backing, 64);
	with_memory(kind, backing, 256);
	with_memory(kind, backing, 1024);
	with_vms(kind, backing);
}

void growth(void)
{
	kind_of_vm("", BLOCKS);
	if (protects())
		kind_of_vm("_protected", PRIVATE);
}
