// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: make, map and bounds-check guest memory.
 * Never: let a child process inherit the mapping, or promise memory the machine lacks.
 * Used by: machine.c and everything that touches guest memory.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/err.h"
#include "mem/gmem.h"

#define BLOCK	(UINT64_C(2) << 20)		/* a stage 2 block */
#define PAGE	UINT64_C(4096)			/* what a guest shares */

uint64_t gmem_available(void)
{
	char line[128];
	uint64_t kib = 0;
	FILE *f = fopen("/proc/meminfo", "re");

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %" SCNu64, &kib) == 1)
			break;
	fclose(f);
	return kib << 10;
}

/*
 * What a guest's memory is made of: anonymous, private, no file. With huge pages on, a first
 * touch then gives the hypervisor 2 MiB at once; shared memory has a switch of its own for that
 * which distributions leave off (docs/adr/0002-guest-memory-is-anonymous.md).
 *
 * Host address and guest address must agree modulo 2 MiB, or no stage 2 block fits: map one block
 * more and give back what lies before the first aligned address and behind the end.
 */
static uint8_t *map_backing(uint64_t size)
{
	uint8_t *area = mmap(NULL, size + BLOCK, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint8_t *at;

	if (area == MAP_FAILED)
		return NULL;
	at = (uint8_t *)(((uintptr_t)area + BLOCK - 1) & ~(uintptr_t)(BLOCK - 1));
	if (at > area)
		munmap(area, (size_t)(at - area));
	if (at + size < area + size + BLOCK)
		munmap(at + size, (size_t)(area + BLOCK - at));
	/*
	 * A child of ours would make pinned pages copy-on-write. This also keeps the mapping apart
	 * from its neighbours: published drivers want a mapping as long as the region.
	 */
	madvise(at, size, MADV_DONTFORK);
	madvise(at, size, MADV_HUGEPAGE);	/* a wish: kernels without it still work */
	return at;
}

static uint64_t free_huge_pages(void)
{
	FILE *f = fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "re");
	uint64_t n = 0;

	if (f && fscanf(f, "%" SCNu64, &n) != 1)
		n = 0;
	if (f)
		fclose(f);
	return n;
}

static int no_huge_pages(uint64_t size, const char *why)
{
	return gz_err("--hugepages: no %" PRIu64 " pages of 2 MiB for the guest (%s), the pool has %" PRIu64 " free: raise"
		      " /proc/sys/vm/nr_hugepages, or leave --hugepages away", size / BLOCK, why, free_huge_pages());
}

/* Puts a memfd in the place of anonymous memory. */
static int back_by_file(uint8_t *at, uint64_t size, bool huge)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING | (huge ? MFD_HUGETLB | MFD_HUGE_2MB : 0);
	int fd = memfd_create("gz-guest", flags), err = -1;

	if (fd < 0)
		return -1;
	if (ftruncate(fd, (off_t)size) == 0 &&
	    mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED)
		err = fcntl(fd, F_ADD_SEALS, seals);
	close(fd);
	madvise(at, size, MADV_DONTFORK);
	/* A huge page must lie in the guest's memory as a whole, or it cannot be the guest's alone. */
	if (!huge)
		madvise(at, size, size % BLOCK ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
	return err;
}

/* Addresses for the guest's memory. Pages of the pool of huge ones are not among what is free. */
static int reserve(struct gmem *mem, uint64_t base, uint64_t size, uint64_t available)
{
	*mem = (struct gmem){ .base = base, .size = size };
	if (available && size > available)
		return gz_err("the guest asks for %" PRIu64 " MiB of memory, this machine has %" PRIu64
			      " MiB free: give a smaller --mem", size >> 20, available >> 20);
	mem->host = map_backing(size);
	if (mem->host)
		return 0;
	return gz_err("cannot map %" PRIu64 " MiB of guest memory: %s; give a smaller --mem",
		      size >> 20, strerror(errno));
}

int gmem_create(struct gmem *mem, uint64_t base, uint64_t size)
{
	return reserve(mem, base, size, gmem_available());
}

int gmem_create_private(struct gmem *mem, uint64_t base, uint64_t size, bool huge)
{
	if (huge && size % BLOCK)
		return gz_err("--hugepages: %" PRIu64 " MiB beside --swiotlb are no whole pages of 2 MiB: give even"
			      " numbers of MiB", size >> 20);
	if (huge && free_huge_pages() < size / BLOCK)
		return no_huge_pages(size, "too few");
	if (reserve(mem, base, size, huge ? 0 : gmem_available()))
		return -1;
	if (back_by_file(mem->host, size, huge) == 0)
		return 0;
	if (huge)
		no_huge_pages(size, strerror(errno));
	else
		gz_err("cannot make private guest memory: %s", strerror(errno));
	gmem_destroy(mem);
	return -1;
}

void gmem_split(struct gmem *mem, uint64_t size, struct gmem *tail)
{
	mem->size -= size;
	*tail = (struct gmem){ .base = mem->base + mem->size, .size = size, .host = mem->host + mem->size };
	/* A huge page would be the guest's until all of it is shared. */
	madvise(tail->host, size, MADV_NOHUGEPAGE);
}

int gmem_view(struct gmem *view, const struct gmem *mem, uint64_t size)
{
	*view = (struct gmem){ .base = mem->base, .size = size, .host = mem->host };
	view->shared = calloc(size / PAGE / 64 + 1, sizeof(*view->shared));
	if (view->shared)
		return 0;
	*view = (struct gmem){ .base = mem->base, .size = size };
	return gz_err("out of memory for what the guest shares");
}

bool gmem_mark(struct gmem *view, uint64_t gpa, unsigned int count, uint32_t shared)
{
	bool lost = false;

	for (unsigned int n = 0; n < count && n < 32; n++) {
		uint64_t at = gpa + n * PAGE, page = (at - view->base) / PAGE, bit = UINT64_C(1) << (page % 64);

		if (at < view->base || page >= view->size / PAGE)
			continue;
		lost |= (view->shared[page / 64] & bit) && !(shared >> n & 1);
		if (shared >> n & 1)
			view->shared[page / 64] |= bit;
		else
			view->shared[page / 64] &= ~bit;
	}
	return lost;
}

void gmem_destroy(struct gmem *mem)
{
	if (mem->host && !mem->shared)
		munmap(mem->host, mem->size);
	free(mem->shared);
	*mem = (struct gmem){ .base = mem->base, .size = mem->size };
}

/* OFFSET and LEN lie inside MEM. */
static bool all_shared(const struct gmem *mem, uint64_t offset, uint64_t len)
{
	uint64_t page = offset / PAGE, last = (offset + len - 1) / PAGE;

	while (page <= last && (mem->shared[page / 64] >> (page % 64) & 1))
		page++;
	return page > last;
}

void *gmem_span(const struct gmem *mem, uint64_t gpa, uint64_t len)
{
	/* The third test cannot overflow, so gpa + len is never formed. */
	if (len == 0 || gpa < mem->base || len > mem->size || gpa - mem->base > mem->size - len)
		return NULL;
	if (mem->shared && !all_shared(mem, gpa - mem->base, len))
		return NULL;
	return mem->host + (gpa - mem->base);
}
