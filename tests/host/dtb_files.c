/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: walk a directory of device trees.
 * Never: skip a file it cannot read: it ends the program.
 * Called by: tests/host/test_fdt_boards.c.
 */
#include <err.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host/dtb_files.h"

static void one_file(const char *path, size_t size, void (*f)(const char *path, void *blob, uint32_t size))
{
	FILE *file = fopen(path, "rb");
	void *blob = malloc(size ? size : 1);

	if (!file || fread(blob, 1, size, file) != size)
		err(1, "%s", path);
	fclose(file);
	f(path, blob, (uint32_t)size);
	free(blob);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

unsigned int dtb_for_each(const char *top, void (*f)(const char *path, void *blob, uint32_t size))
{
	char *paths[] = { (char *)top, NULL };
	FTS *fts = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	unsigned int count = 0;
	FTSENT *e;

	if (!fts)
		err(1, "%s", top);
	while ((e = fts_read(fts))) {
		size_t n = strlen(e->fts_name);

		if (e->fts_info != FTS_F || n < 4 || strcmp(e->fts_name + n - 4, ".dtb"))
			continue;
		one_file(e->fts_accpath, (size_t)e->fts_statp->st_size, f);
		count++;
	}
	fts_close(fts);
	return count;
}
