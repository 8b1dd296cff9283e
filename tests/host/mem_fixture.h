/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a small machine for memory tests: RAM, page pool, records, host stage 2, the BBM checker on.
 * Never: hide an error: each step is asserted.
 * Used by: tests/host/test_*.c about mm/ and mem/.
 */
#ifndef MEM_FIXTURE_H
#define MEM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/addr.h"
#include "mem/guest_mem.h"
#include "mem/own_record.h"
#include "shim.h"
#include "shim/bbm.h"

#define RAM_BASE	UINT64_C(0x40000000)
#define POOL_BASE	UINT64_C(0x40200000)	/* EL2's */
#define HOST_BASE	UINT64_C(0x41000000)	/* the host's own, to the end */
#define MB		UINT64_C(0x100000)

/* Registers of this thread as on a CPU with pa_bits 40; fwb as said. VTTBR_EL2 has VMID 0 as while the host calls. */
void fixture_regs(bool fwb);
/* And what the hypervisor makes of them at boot. */
void fixture_cpu(bool fwb);
/* The next machine's CPU lacks FEAT_S2FWB: the host's table is made for it too. */
extern bool fixture_no_fwb;
/* RAM of ram_bytes at RAM_BASE, a pool of pool_pages free pages in the linear window. */
void fixture_pool(u64 ram_bytes, u32 pool_pages);
/* All of it: records (host owns RAM but the pool), host stage 2, checker. */
void fixture_machine(u64 ram_bytes, u32 pool_pages);
struct pa_range range_of(u64 base, u64 size);
/* A VM with its table watched. */
void fixture_guest(struct guest_mem *gm, u16 vmid, u32 quota);
/* host_share_guest(). */
enum gz_err share_with(struct guest_mem *gm, ipa_t ipa, struct pa_range pa);
/* Registers a slot. */
void fixture_slot(struct guest_mem *gm, u32 id, u64 ipa, u64 pages);
/* Destroys in slices of budget; returns how many calls it took. */
u32 fixture_destroy(struct guest_mem *gm, u32 budget);

/* What EL2 itself never asks of a page alone: its VM, and how often it is pinned. 0: no RAM. */
static inline u32 record_of(pa_t page)
{
	const u32 *rec = own_records((struct pa_range){ pa_page(page), PAGE_SIZE });

	return rec ? READ_ONCE(*rec) : 0;
}

static inline u16 own_peer_of(pa_t page) { return rec_peer(record_of(page)); }
static inline u32 own_pins_of(pa_t page) { return rec_pins(record_of(page)); }

#endif
