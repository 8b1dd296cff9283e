/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what the decoders of hvc/ share: a call's arguments and results, one prototype per call.
 * Never: included outside hvc/.
 * Used by: the decoders and dispatch.c.
 */
#ifndef HVC_HVC_INT_H
#define HVC_HVC_INT_H

#include "lib/err.h"
#include "lib/types.h"

struct vm;

/* How x1 names a vCPU. */
#define HVC_TUPLE_VCPU	MASK(15, 0)
#define HVC_TUPLE_VM	MASK(63, 16)

struct hvc_call {
	const u64 *x;		/* the host's x0..x17 */
	struct vm *vm;		/* the subject's, held for as long as the handler runs; NULL: the table names none */
	u64 r[4];		/* results x1..x3 in r[1]..r[3], zero at the start */
};

/* GZ_EAGAIN: a slice is done, call again; everything else ends the call. */
typedef enum gz_err hvc_handler(struct hvc_call *c);

#define GZ_HVC_CALL(nr, NAME, subject, handler) hvc_handler handler;
#include "gz/hvc_calls.def"
#undef GZ_HVC_CALL

/* Handler of an x0 of owner 59; NULL for an id nobody has. */
hvc_handler *hvc_handler_of(u64 x0);
/* The one translation of errors for the host. */
s32 hvc_status_of(enum gz_err err);

#endif
