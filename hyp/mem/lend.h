/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: EL2's pool grows by blocks of the host's memory, so that little needs to be set aside at boot.
 * Never: a page at a time: a block keeps both tables short.
 * Used by: hvc/hvc_ext.c.
 */
#ifndef MEM_LEND_H
#define MEM_LEND_H

#include "lib/addr.h"
#include "lib/err.h"

/*
 * BLOCK_SIZE at block, all the host's alone, becomes EL2's. GZ_EINVAL: not aligned to BLOCK_SIZE; GZ_EPERM: no RAM, another's,
 * or out of the reach of EL2's window; GZ_ENOMEM: no table to take it from the host or to map it; GZ_EBUSY: POOL_ADDED_MAX
 * are there. Takes host_lock.
 */
enum gz_err host_give_hyp(pa_t block) __must_check;
/*
 * A block given so, nothing of it in use, becomes the host's again, all zero in memory too. In slices: GZ_EAGAIN until it is scrubbed.
 * GZ_ENOENT: there is none. Takes host_lock.
 */
enum gz_err hyp_give_host(pa_t *block) __must_check;

#endif
