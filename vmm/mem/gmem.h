/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: guest memory, one mapping of its own, reached only through a checked span.
 * Never: hand out a pointer that is not wholly inside the guest's RAM.
 * Used by: the loader, the virtio queues, the back ends.
 */
#ifndef GZ_MEM_GMEM_H
#define GZ_MEM_GMEM_H

#include <stdbool.h>
#include <stdint.h>

struct gmem {
	uint64_t base;		/* guest physical address of the first byte */
	uint64_t size;
	uint8_t *host;
	uint64_t *shared;	/* a bit per page that may be reached; NULL: all of them */
};

/*
 * Make SIZE bytes of guest memory at guest address BASE. Returns 0, or -1 after saying why:
 * more than the machine has free is refused here, because a guest page is pinned once used.
 */
int gmem_create(struct gmem *mem, uint64_t base, uint64_t size);
/*
 * The same for memory that is to be a protected VM's alone: a memfd, since a kernel can take that
 * from everybody, sealed so that nobody cuts it off. HUGE: of the kernel's pool of 2 MiB pages,
 * or -1; else what the kernel gives, huge pages too when shmem_enabled lets it.
 */
int gmem_create_private(struct gmem *mem, uint64_t base, uint64_t size, bool huge);
/* Bytes this machine can give to guests now; 0 when it does not say. */
uint64_t gmem_available(void);

/* The last SIZE bytes of MEM become TAIL, of small pages, with an end of its own. */
void gmem_split(struct gmem *mem, uint64_t size, struct gmem *tail);
/* VIEW: SIZE bytes from MEM's first on as who may reach shared pages only sees them: none yet. 0, or -1 after saying why. */
int gmem_view(struct gmem *view, const struct gmem *mem, uint64_t size);
/*
 * COUNT (at most 32) pages from GPA on are as bit n of SHARED says of page n. True when one was there before and
 * no longer is. The caller keeps everybody out who uses VIEW.
 */
bool gmem_mark(struct gmem *view, uint64_t gpa, unsigned int count, uint32_t shared);

/* Also of a view, whose memory stays. */
void gmem_destroy(struct gmem *mem);

/* LEN bytes at guest address GPA, or NULL when any of them is outside RAM or not shared. LEN 0 is refused. */
void *gmem_span(const struct gmem *mem, uint64_t gpa, uint64_t len);

#endif
