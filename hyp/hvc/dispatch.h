/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a host HVC of owner 59 to its handler, error to status code, statistics.
 * Never: act on arguments itself: hvc_*.c decode, the objects perform.
 * Used by: host/host_trap.c.
 */
#ifndef HVC_DISPATCH_H
#define HVC_DISPATCH_H

#include "lib/types.h"

enum hvc_result {
	HVC_DONE,		/* x0..x3 are results, x4..x17 preserved */
	HVC_RESTART,		/* x untouched: host_trap.c steps ELR back so the host takes its interrupt and calls again */
};

/* x: the host's x0..x17. Unknown function of owner 59: -24 in x0. Needs: w0 is of owner 59. */
enum hvc_result hvc_dispatch(u64 x[18]);

#endif
