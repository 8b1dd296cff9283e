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

void gmem_destroy(struct gmem *mem);

/* LEN bytes at guest address GPA, or NULL when any of them is outside RAM. LEN 0 is refused. */
void *gmem_span(const struct gmem *mem, uint64_t gpa, uint64_t len);

#endif
