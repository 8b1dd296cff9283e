/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: host pages that EL2 reads or writes: host_share_hyp with a pin count, and copies through the fixmap.
 * Never: touch a host page that is not pinned, or read a shared byte twice.
 * Used by: hvc (argument buffers), vm (run and hwstate pages).
 */
#ifndef MEM_PIN_H
#define MEM_PIN_H

#include "lib/addr.h"
#include "lib/err.h"

/* host_share_hyp: page is host-owned RAM (any sharing with a guest refused: GZ_EPERM), pins++; saturation is GZ_EBUSY. Takes host_lock. */
enum gz_err host_share_hyp(pa_t page) __must_check;
/* host_unshare_hyp: pins--, back to host-only at zero. Needs: mapped nowhere in EL2 by this user. */
void host_unshare_hyp(pa_t page);
/* Pins, copies len bytes out of one host page (off + len <= PAGE_SIZE), unpins. GZ_EFAULT when it is no host RAM. */
enum gz_err host_page_read(pa_t pa, void *dst, u32 len) __must_check;
enum gz_err host_page_write(pa_t pa, const void *src, u32 len) __must_check;

#endif
