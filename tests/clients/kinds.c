// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the kinds of memory a guest's RAM can be made of, and what the kernel must be told to have them.
 * Never: give pages of 4 KiB where huge ones are wanted: the test would then check something else.
 * Used by: client.c (RAM of each VM), private_test.c, private_huge_test.c.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "kinds.h"

#define PAGE		4096ul
#define POOL		"24"		/* 2 MiB pages: a guest's RAM twice, and some to spare */
#define POOL_FILE	"/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
#define THP_FILE	"/sys/kernel/mm/transparent_hugepage/shmem_enabled"
#define KPF_DIRTY	4
#define KPF_COMPOUND_TAIL	16
#define KPF_HUGE	17
#define KPF_THP		22

enum ram_kind ram_kind;

const char *ram_kind_name(void)
{
	static const char *const name[RAM_KINDS] = { "pages of 4 KiB", "transparent huge pages", "hugetlb" };

	return name[ram_kind];
}

int ram_memfd(void)
{
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;

	return memfd_create("guest", ram_kind == RAM_HUGETLB ? flags | MFD_HUGETLB | MFD_HUGE_2MB : flags);
}

void ram_advise(void *ram, size_t size)
{
	if (ram_kind == RAM_THP)
		EXPECT_OK(madvise(ram, size, MADV_HUGEPAGE));
}

static uint64_t word_of(const char *path, uint64_t index)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t word = 0;

	EXPECT(pread(fd, &word, 8, (off_t)(index * 8)) == 8);
	close(fd);
	return word;
}

uint64_t pa_now(void *page)
{
	uint64_t entry, tries = 0;

	/* While reclaim or compaction tries to move a page, its entry is of another kind for a moment. */
	do {
		(void)*(volatile uint8_t *)page;
		entry = word_of("/proc/self/pagemap", (uintptr_t)page / PAGE);
	} while (!(entry >> 63) && ++tries < 1000);
	EXPECT(entry >> 63);
	return (entry & ((1ull << 55) - 1)) * PAGE;
}

uint64_t pa_of(void *page)
{
	*(volatile uint8_t *)page = 0;
	return pa_now(page);
}

void expect_kind(uint64_t pa)
{
	uint64_t flags = word_of("/proc/kpageflags", pa / PAGE);
	enum ram_kind kind = flags >> KPF_HUGE & 1 ? RAM_HUGETLB : flags >> KPF_THP & 1 ? RAM_THP : RAM_SMALL;

	EXPECT_EQ(kind, ram_kind);
}

bool page_is_dirty(void *page)
{
	uint64_t pa = pa_now(page), flags = word_of("/proc/kpageflags", pa / PAGE);

	/* Of a huge page the first one has the mark. */
	while (flags >> KPF_COMPOUND_TAIL & 1)
		flags = word_of("/proc/kpageflags", (pa -= PAGE) / PAGE);
	return flags >> KPF_DIRTY & 1;
}

static void tell(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	EXPECT(fd >= 0 && write(fd, text, strlen(text)) == (long)strlen(text));
	close(fd);
}

long pool_count(const char *name)
{
	char path[128];
	long n = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-2048kB/%s", name);
	f = fopen(path, "r");
	if (f && fscanf(f, "%ld", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}

struct pool pool_now(void)
{
	return (struct pool){ pool_count("nr_hugepages"), pool_count("free_hugepages"), pool_count("resv_hugepages"),
			      pool_count("surplus_hugepages") };
}

void expect_pool(struct pool before)
{
	struct pool now = pool_now();

	EXPECT(before.all == (ram_kind == RAM_HUGETLB ? atol(POOL) : 0));
	EXPECT_EQ(now.all, before.all);
	EXPECT_EQ(now.free, before.free);
	EXPECT_EQ(now.reserved, before.reserved);
	EXPECT_EQ(now.surplus, before.surplus);
}

void use_kind(enum ram_kind kind)
{
	ram_kind = kind;
	if (kind == RAM_HUGETLB) {
		tell("/proc/sys/vm/compact_memory", "1");
		tell(POOL_FILE, POOL);
	} else {
		tell(POOL_FILE, "0");
	}
	tell(THP_FILE, kind == RAM_THP ? "advise" : "never");
}

void on_huge_kinds(void (*test)(void))
{
	enum ram_kind kind;

	for (kind = RAM_THP; kind < RAM_KINDS; kind++) {
		struct pool before;

		use_kind(kind);
		printf("  on %s\n", ram_kind_name());
		before = pool_now();
		test();
		expect_pool(before);
	}
	use_kind(RAM_SMALL);
}
