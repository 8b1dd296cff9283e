// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: make, map and bounds-check guest memory.
 * Never: let a child process inherit the mapping, or promise memory the machine lacks.
 * Used by: machine.c and everything that touches guest memory.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/err.h"
#include "mem/gmem.h"

#define BLOCK	(UINT64_C(2) << 20)		/* a stage 2 block */

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
 * Host address and guest address must agree modulo 2 MiB, or no stage 2 block fits: reserve one
 * block more, place the memfd at the first aligned address, give the rest back.
 */
static uint8_t *map_aligned(int fd, uint64_t size)
{
	uint8_t *area = mmap(NULL, size + BLOCK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *at;

	if (area == MAP_FAILED)
		return NULL;
	at = (uint8_t *)(((uintptr_t)area + BLOCK - 1) & ~(uintptr_t)(BLOCK - 1));
	if (mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
		munmap(area, size + BLOCK);
		return NULL;
	}
	if (at > area)
		munmap(area, (size_t)(at - area));
	if (at + size < area + size + BLOCK)
		munmap(at + size, (size_t)(area + BLOCK - at));
	return at;
}

int gmem_create(struct gmem *mem, uint64_t base, uint64_t size)
{
	uint64_t available = gmem_available();

	*mem = (struct gmem){ .base = base, .size = size, .fd = -1 };
	if (available && size > available)
		return gz_err("the guest asks for %" PRIu64 " MiB of memory, this machine has %" PRIu64
			      " MiB free: give a smaller --mem", size >> 20, available >> 20);
	mem->fd = memfd_create("gz-guest", MFD_CLOEXEC);
	if (mem->fd < 0)
		return gz_err("cannot make guest memory: memfd_create: %s", strerror(errno));
	if (ftruncate(mem->fd, (off_t)size) == 0)
		mem->host = map_aligned(mem->fd, size);
	if (!mem->host) {
		gz_err("cannot map %" PRIu64 " MiB of guest memory: %s; give a smaller --mem",
		       size >> 20, strerror(errno));
		gmem_destroy(mem);
		return -1;
	}
	madvise(mem->host, size, MADV_DONTFORK);
	madvise(mem->host, size, MADV_HUGEPAGE);	/* a wish: kernels without it still work */
	return 0;
}

void gmem_destroy(struct gmem *mem)
{
	if (mem->host)
		munmap(mem->host, mem->size);
	if (mem->fd >= 0)
		close(mem->fd);
	mem->host = NULL;
	mem->fd = -1;
}

void *gmem_span(const struct gmem *mem, uint64_t gpa, uint64_t len)
{
	/* The third test cannot overflow, so gpa + len is never formed. */
	if (len == 0 || gpa < mem->base || len > mem->size || gpa - mem->base > mem->size - len)
		return NULL;
	return mem->host + (gpa - mem->base);
}
