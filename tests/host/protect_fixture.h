/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: two VMs whose memory tests protect, on a machine where the host left something in every page.
 * Never: a test of its own, but for the look at pages while they are scrubbed.
 * Used by: test_protect.c, test_protect_back.c.
 */
#ifndef PROTECT_FIXTURE_H
#define PROTECT_FIXTURE_H

#include "mem_fixture.h"

#define RAM_MB	64
#define IPA0	UINT64_C(0x80000000)
#define BLOCK_PA UINT64_C(0x41200000)
#define SWIOTLB	(IPA0 + 4 * BLOCK_SIZE)

/* gm: RAM at IPA0 and a block of swiotlb; other: RAM at IPA0. */
extern struct guest_mem gm, other;
extern u64 pool_before;
/* Pages that EL2 wrote through its window. */
extern u32 scrubbed;

int setup(void **state);
/* With a pool that a few tables use up. */
int setup_small(void **state);
/* Whatever a test did: everything comes back, and the host's table is what it was. */
int teardown(void **state);
/* Maps, or donates once the VM has started. */
enum gz_err give(struct guest_mem *to, u64 ipa, u64 pa, u64 pages);
bool host_sees(u64 pa);
/* Asks for protection and seals. */
void start(struct guest_mem *vm);
bool is_zero(u64 pa);

#endif
