// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the next kernel on a machine whose last one was left by kexec: counts what a guest's secret has left in RAM.
 * Never: judge; tests/system/host-kernel does, by "fact aftermath".
 * Used by: tests/clients/kernel_attacks.c, which also says what the words of the secret are.
 */
#include "lib/lib.h"

#define SEED		0x17ed000000005ec4ull
#define SECRET_FROM	0x80100000ull
#define SECRET_BYTES	(64 * PAGE_SIZE)

static u64 words[PAGE_SIZE / 8];
static u64 pages_seen, pages_closed, found;

static void copy_page(void *page)
{
	for (u32 i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = read64((u64)page + i * 8);
}

/* One load decides whether the page is there at all. */
static void first_word(void *page)
{
	(void)read64((u64)page);
}

static void look_at(u64 page)
{
	struct exc e;

	if (exc_try(first_word, (void *)page, &e)) {
		pages_closed++;
		return;
	}
	copy_page((void *)page);
	pages_seen++;
	for (u32 i = 0; i < ARRAY_SIZE(words); i++)
		found += words[i] - SEED - SECRET_FROM < SECRET_BYTES;
}

static void say_nonce(u64 fdt)
{
	u32 len;
	const char *args = fdt_chosen(fdt, "bootargs", &len);

	for (; args && *args; args++)
		if (memcmp(args, "nonce=", 6) == 0)
			break;
	printf("fact aftermath-nonce ");
	for (args += args && *args ? 6 : 0; args && *args && *args != ' '; args++)
		putch(*args);
	putch('\n');
}

TEST(aftermath__all_of_ram__looked_at)
{
	EXPECT(pages_seen > 0);
}

void payload_main(u64 fdt)
{
	u64 base = 0, size = 0;

	conduit_smc = true;
	EXPECT(fdt_find_named(fdt, "memory@", &base, &size));
	for (u64 at = base; at < base + size; at += PAGE_SIZE)
		if (at < (u64)_image_start || at >= (u64)_image_end)
			look_at(at);
	printf("fact aftermath seen %lu closed %lu found %lu\n", pages_seen, pages_closed, found);
	say_nonce(fdt);
	RUN_TEST(aftermath__all_of_ram__looked_at);
	tests_report();
}
