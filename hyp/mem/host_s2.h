/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the host's identity stage 2 in the largest blocks; EL2's memory is not in it.
 * Never: map a page the host does not own or share.
 * Used by: boot, host/host_abort.c, the moves in mem/.
 */
#ifndef MEM_HOST_S2_H
#define MEM_HOST_S2_H

#include "lib/addr.h"
#include "lib/err.h"
#include "lib/spinlock.h"
#include "mem/own.h"		/* host_lock guards this table too */

/*
 * Builds the table for the whole IPA space: everything below 2^ipa_bits is mapped 1:1 (RAM RWX, the rest RW XN; Normal,
 * stage 1 decides the type) except the ranges in hidden, rounded out to pages. ipa_bits: 40, more when RAM is higher,
 * never more than the CPU has. GZ_ENOMEM: pool too small. Boot CPU, once, before any other host_s2 call.
 */
enum gz_err host_s2_init(const struct pa_range *ram, u32 ram_count,
			 const struct pa_range *hidden, u32 hidden_count) __must_check;
/* VTCR_EL2 / VTTBR_EL2 for the host, VMID 0. */
u64 host_s2_vtcr(void);
u64 host_s2_vttbr(void);
/* Re-walks under the lock: true when the access would succeed now (spurious fault: just return to the host). */
bool host_s2_allows(ipa_t ipa, bool write, bool exec);
/*
 * Whole pages of RAM leave the host, or come back; records are the caller's. Reserve is what may fail (GZ_ENOMEM): it
 * makes page tables, which stay until all of a block is the host's alone again, so take and give cannot. The TLBI is done on
 * return from take.
 */
enum gz_err host_s2_reserve(struct pa_range range) __must_check NEEDS(host_lock);
/* The same for one whole block: no page table is made for it. */
enum gz_err host_s2_reserve_block(struct pa_range block) __must_check NEEDS(host_lock);
void host_s2_take(struct pa_range range) NEEDS(host_lock);
/* Takes between these two share one TLBI, done on return from end. Nobody may use such a page before, nor host_lock go. */
void host_s2_take_begin(void) NEEDS(host_lock);
void host_s2_take_end(void) NEEDS(host_lock);
void host_s2_give(struct pa_range range) NEEDS(host_lock);
/* The pool grew or shrank: so does the part of it that this table may be. */
void host_s2_set_quota(void);
/* Panic only, takes no lock: from now on every access of the host comes to EL2. */
void host_s2_revoke(void);

#endif
