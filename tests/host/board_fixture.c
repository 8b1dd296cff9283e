/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a board built from its differences, read into struct machine.
 * Never: a sentence matched whole: the word that tells the cause is enough.
 * Used by: test_chosen.c, test_machine.c.
 */
#include "host/board_fixture.h"

struct machine m;
const char *why;

enum gz_err read_board(const struct virt *v)
{
	u32 size;
	void *blob = tree_virt(v, &size);
	enum gz_err err = machine_from_fdt(&m, blob, size, &why);

	free(blob);
	if (!err)
		assert_null(why);
	return err;
}

void accept(struct virt v)
{
	enum gz_err err = read_board(&v);

	if (err)
		print_error("refused: %s\n", why);
	assert_int_equal(err, GZ_OK);
}

void refused(struct virt v, enum gz_err err, const char *cause)
{
	assert_int_equal(read_board(&v), err);
	assert_non_null(why);
	if (!strstr(why, cause))
		print_error("\"%s\" does not say \"%s\"\n", why, cause);
	assert_non_null(strstr(why, cause));
}

void range_is(struct pa_range r, u64 base, u64 size)
{
	assert_int_equal(r.base.v, base);
	assert_int_equal(r.size, size);
}
