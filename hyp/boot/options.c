/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the gz.* words of the command line that concern EL2 as a whole.
 * Never: stop for an unknown one: it is said and ignored.
 * Called by: boot/init.c, boot/memory.c.
 */
#include "boot/boot.h"
#include "lib/check.h"
#include "lib/drbg.h"
#include "lib/fmt.h"
#include "lib/log.h"
#include "lib/string.h"
#include "vm/vm.h"

#define PREFIX		"gz."
#define VALUE_MAX	32

/* Every option, as a person writes it. fw is read with /chosen (plat/fdt_chosen.c). */
static const struct { const char *name, *value; } known[] = {
	{ "pool", "SIZE" }, { "log", "error|warn|info|debug" }, { "fw", "ADDRESS,SIZE" }, { "protect", "swiotlb" },
	{ "testseed", "TEXT" },
};

static bool is_known(const char *name, size_t len)
{
	for (u32 i = 0; i < ARRAY_SIZE(known); i++)
		if (strlen(known[i].name) == len && strncmp(known[i].name, name, len) == 0)
			return true;
	return false;
}

static void say_unknown(const char *word, size_t len)
{
	char copy[VALUE_MAX] = { 0 }, list[128];
	u32 at = 0;

	memcpy(copy, word, MIN(len, sizeof(copy) - 1));
	for (u32 i = 0; i < ARRAY_SIZE(known); i++)
		at += (u32)fmt_str(list + at, sizeof(list) - at, " gz.%s=%s", known[i].name, known[i].value);
	log_warn("option %s is not known, ignored (known:%s)", copy, list);
}

static void report_unknown(const char *args)
{
	while (*args) {
		size_t word = 0, name = 0;

		while (args[word] && args[word] != ' ')
			word++;
		while (name < word && args[name] != '=')
			name++;
		if (word >= strlen(PREFIX) && !is_known(args + strlen(PREFIX), name - strlen(PREFIX)))
			say_unknown(args, word);
		args += word;
		while (*args == ' ')
			args++;
	}
}

static void set_log_level(const char *value)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };

	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i], value) == 0) {
			log_set_level((enum log_level)i);
			return;
		}
	}
	log_warn("gz.log=%s is no level (error, warn, info, debug), ignored", value);
}

void boot_options(const struct boot *b)
{
	char value[VALUE_MAX];

	report_unknown(b->machine.gz_args);
	if (machine_option(&b->machine, "testseed", value, sizeof(value))) {
		log_warn("gz.testseed: random numbers can be predicted on this machine: for measurements only");
		drbg_seed(value, strlen(value));
	}
	if (machine_option(&b->machine, "log", value, sizeof(value)))
		set_log_level(value);
	if (!machine_option(&b->machine, "protect", value, sizeof(value)))
		return;
	/* Who writes this wants protection: a misspelt word must not boot a machine without it. */
	vm_protect_swiotlb = strcmp(value, "swiotlb") == 0;
	if (!vm_protect_swiotlb)
		boot_fail("gz.protect=%s is not known: the one value there is is gz.protect=swiotlb", value);
}

/* k, M, G in either case; 0: none of them. */
static u32 unit_shift(char unit)
{
	static const char units[] = "kmg";

	for (u32 i = 0; units[i]; i++)
		if ((unit | 0x20) == units[i])
			return 10 * (i + 1);
	return 0;
}

bool boot_option_size(const struct machine *m, const char *name, u64 *size)
{
	char value[VALUE_MAX];
	u64 n = 0;
	u32 i = 0;

	if (!machine_option(m, name, value, sizeof(value)))
		return false;
	for (; value[i] >= '0' && value[i] <= '9' && n < BIT(40); i++)
		n = n * 10 + (u64)(value[i] - '0');
	*size = n << unit_shift(value[i]);
	if (unit_shift(value[i]))
		i++;
	if (n == 0 || n >= BIT(30) || value[i]) {
		log_warn("gz.%s=%s is no size (64M, 1G), ignored", name, value);
		return false;
	}
	return true;
}
