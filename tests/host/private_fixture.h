/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a protected VM on the run fixture, and a guest that makes one call.
 * Never: a test of its own.
 * Used by: test_private.c, test_told.c.
 */
#ifndef PRIVATE_FIXTURE_H
#define PRIVATE_FIXTURE_H

#include "run_fixture.h"

#define PAGE_N(n)	(RAM_IPA + (n) * PAGE_SIZE)

/* Where the last VM's RAM is. */
extern u64 ram_pa;

u16 make_protected(u32 vcpus);
bool host_sees(u32 page);
/* One call of the guest; the exit. */
u32 guest_call(u16 vm, u64 fn, u64 x1, u64 x2, u64 x3);
/* The same, for a call the host sees nothing of: x0 of the answer. */
s64 answer(u16 vm, u64 fn, u64 x1, u64 x2, u64 x3);

#endif
