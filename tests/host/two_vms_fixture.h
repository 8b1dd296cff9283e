/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: two VMs without slots; at the end everything is the host's again.
 * Never: a test of its own.
 * Used by: test_guest_mem.c, test_guest_slots.c.
 */
#ifndef TWO_VMS_FIXTURE_H
#define TWO_VMS_FIXTURE_H

#include "mem_fixture.h"

#define RAM_MB	64
#define IPA0	UINT64_C(0x80000000)
#define BLOCK_PA UINT64_C(0x41200000)

extern struct guest_mem gm, other;

int setup(void **state);
int teardown(void **state);
/* Pages of the host, shared or not. */
u64 host_pages(void);
/* Shares with gm. */
enum gz_err share(u64 ipa, u64 pa, u64 pages);
/* Registers a slot of gm that need not ask for population. */
enum gz_err reg(u32 id, u64 ipa, u64 pages);

#endif
