/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: host call to handler by one constant table, error to status code, restart of long calls.
 * Never: look at an argument; leave a result register that a call does not define.
 * Used by: host/host_trap.c.
 */
#include "hvc/dispatch.h"

#include "gz/hvc.h"
#include "hvc/hvc_int.h"
#include "insn/nospec.h"
#include "lib/percpu.h"
#include "vm/vm.h"

enum subject { NONE, VM, VCPU };

static const struct entry { hvc_handler *handler; enum subject subject; } calls[] = {
#define GZ_HVC_CALL(nr, NAME, subject, handler) [nr] = { handler, subject },
#include "gz/hvc_calls.def"
#undef GZ_HVC_CALL
};

static const s32 status_of[] = {
	[GZ_OK]		= GZ_ST_OK,
	[GZ_EINVAL]	= GZ_ST_INVALID_ARGS,
	[GZ_ENOENT]	= GZ_ST_NOT_FOUND,
	[GZ_EEXIST]	= GZ_ST_ALREADY_EXISTS,
	[GZ_ENOMEM]	= GZ_ST_NO_MEMORY,
	[GZ_EPERM]	= GZ_ST_ACCESS_DENIED,
	[GZ_EBUSY]	= GZ_ST_NOT_READY,	/* BUSY means "repeat the call" and is DESTROY_VM's */
	[GZ_ESTATE]	= GZ_ST_INVALID_ARGS,
	[GZ_ERANGE]	= GZ_ST_OUT_OF_RANGE,
	[GZ_ENOTSUP]	= GZ_ST_NOT_SUPPORTED,
	[GZ_EFAULT]	= GZ_ST_FAULT,
	[GZ_EAGAIN]	= GZ_ST_BUSY,
	[GZ_EIO]	= GZ_ST_GENERIC,
};
static_assert(ARRAY_SIZE(status_of) == GZ_ERR_NR, "every error has a status code");

s32 hvc_status_of(enum gz_err err)
{
	return (u32)err < GZ_ERR_NR ? status_of[err] : GZ_ST_GENERIC;
}

static const struct entry *entry_of(u64 x0)
{
	static const struct entry nobody;
	u32 nr = (u32)x0 - GZ_HVC_SMC64_BASE;

	return nr < ARRAY_SIZE(calls) ? &calls[index_nospec(nr, ARRAY_SIZE(calls))] : &nobody;
}

hvc_handler *hvc_handler_of(u64 x0)
{
	return entry_of(x0)->handler;
}

static enum gz_err perform(const struct entry *e, struct hvc_call *c)
{
	enum gz_err err;

	if (!e->handler)
		return GZ_ENOTSUP;
	if (e->subject == NONE)
		return e->handler(c);
	c->vm = vm_get(e->subject == VCPU ? field_get(HVC_TUPLE_VM, c->x[1]) : c->x[1]);
	if (!c->vm)
		return GZ_ENOENT;
	err = e->handler(c);
	vm_put(c->vm);
	return err;
}

enum gz_err hvc_not_supported(struct hvc_call *c)
{
	(void)c;
	return GZ_ENOTSUP;
}

/*
 * DESTROY_VM of a driver that repeats the call by itself (x2 != 0). To every other call BUSY is unknown: such a call
 * goes on here, slice by slice, until an interrupt waits for the host.
 */
static bool repeats_when_busy(const u64 *x)
{
	return (u32)x[0] == GZ_HVC_ID(GZ_FN_DESTROY_VM) && x[2] != 0;
}

enum hvc_result hvc_dispatch(u64 x[18])
{
	struct hvc_call c = { .x = x };
	enum gz_err err = perform(entry_of(x[0]), &c);

	longest_call_end((u32)x[0] - GZ_HVC_SMC64_BASE);
	if (err == GZ_EAGAIN && !repeats_when_busy(x))
		return HVC_RESTART;
	x[0] = (u64)(s64)hvc_status_of(err);
	x[1] = c.r[1];
	x[2] = c.r[2];
	x[3] = c.r[3];
	return HVC_DONE;
}
