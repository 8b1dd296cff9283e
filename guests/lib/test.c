// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: counts tests, prints one line each, and the closing line the gate adds up.
 * Never: stop at a failed expectation: the rest of the test still tells something.
 * Used by: payloads.
 */
#include "lib/lib.h"

static const char *current;
static u32 fails_now, passed, failed, skipped;

void test_begin(const char *name)
{
	current = name;
	fails_now = 0;
}

void test_fail(const char *file, int line, const char *what, u64 got, u64 want)
{
	if (fails_now++ < 5)
		printf("  %s:%d: %s is 0x%lx, want 0x%lx\n", file, line, what, got, want);
}

void test_end(void)
{
	printf("%s %s\n", fails_now ? "FAIL" : "ok  ", current);
	if (fails_now)
		failed++;
	else
		passed++;
}

void test_skip(const char *name, const char *why)
{
	printf("skip %s: %s\n", name, why);
	skipped++;
}

u32 tests_sum(const char *who)
{
	if (skipped)
		printf("%u skipped\n", skipped);
	printf("%s%u passed, %u failed\n", who, passed, failed);
	return failed ? failed : !passed;
}

void tests_report(void)
{
	finish(tests_sum("") ? 1 : 0);
}
