// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: runs every suite in turn, or those the command line names.
 * Never: skip one silently.
 * Used by: main.c.
 */
#include "el1host/suites.h"
#include "lib/testdev.h"

u64 host_fdt;

static const struct { const char *name; void (*run)(void); } suites[] = {
	{ "first", suite_first }, { "guest", suite_guest }, { "calls", suite_calls }, { "pages", suite_pages }, { "protect", suite_protect },
	{ "neighbours", suite_neighbours }, { "firmware", suite_firmware }, { "swiotlb", suite_swiotlb },
	{ "el2mem", suite_el2mem }, { "life", suite_life }, { "lies", suite_lies }, { "wake", suite_wake },
	{ "power", suite_power }, { "exhaust", suite_exhaust }, { "latency", suite_latency }, { "regs", suite_regs },
	{ "cycles", suite_cycles }, { "storm", suite_storm }, { "toctou", suite_toctou }, { "exits", suite_exits },
	{ "edges", suite_edges }, { "lend", suite_lend },
};

/* name is one of the words of list, which ends at a blank or NUL. */
static bool listed(const char *list, const char *name)
{
	while (*list && *list != ' ') {
		const char *n = name;

		while (*n && *list == *n)
			list++, n++;
		if (!*n && (*list == ',' || *list == ' ' || !*list))
			return true;
		while (*list && *list != ' ' && *list != ',')
			list++;
		list += *list == ',';
	}
	return false;
}

/* What stands behind key (such as "only=") on the command line, NULL when it does not. */
static const char *option(const char *key)
{
	const char *args;
	u32 len, i = 0;

	args = fdt_chosen(host_fdt, "bootargs", &len);
	for (; args && *args; args++) {
		i = *args == key[i] ? i + 1 : *args == key[0];
		if (!key[i])
			return args + 1;
	}
	return NULL;
}

u64 rounds_or(u64 otherwise)
{
	const char *n = option("rounds=");
	u64 v = 0;

	for (; n && *n >= '0' && *n <= '9'; n++)
		v = v * 10 + (u64)(*n - '0');
	return v ? v : otherwise;
}

/* Whoever started us gave a word that no guest knows: so it is us who got this far. */
void say_nonce(void)
{
	const char *n = option("nonce=");

	if (!n)
		return;
	printf("nonce ");
	for (; *n && *n != ' '; n++)
		printf("%c", *n);
	printf("\n");
}

u64 machine_avoid(void)
{
	const char *list = option("avoid=");

	return list && listed(list, "cval") ? AVOID_LAST_CVAL : 0;
}

void run_suites(void)
{
	const char *list = option("only=");

	for (u32 i = 0; i < ARRAY_SIZE(suites); i++) {
		if (list && !listed(list, suites[i].name))
			continue;
		printf("suite %s\n", suites[i].name);
		suites[i].run();
	}
}
