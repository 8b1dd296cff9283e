// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: what the last exit owes the guest: the result of an MMIO read or a hypercall, the step over the instruction.
 * Never: believe the run page on anything but the data asked for, nor read it twice.
 * Called by: run.c.
 */
#include "run/run_int.h"

static void take_args(struct vcpu *v)
{
	for (u32 i = 0; i < 4; i++)
		v->ctx.x[i] = READ_ONCE(v->run->hypercall.args[i]);
}

u32 run_resume(struct vcpu *v)
{
	enum vcpu_reply reply = v->reply;

	if (reply == REPLY_NONE)
		return RUN_RESUME;
	if (reply != REPLY_NOTHING && READ_ONCE(v->undelivered) == v->exit_seq)
		return v->exit.exit_reason;
	v->reply = REPLY_NONE;
	v->unshare.pages = 0;
	if (reply == REPLY_MMIO_READ)
		reg_write(v, v->mmio.reg, mmio_extend(v, READ_ONCE(*(const u64 *)v->run->mmio.data)));
	if (reply == REPLY_HYPERCALL)
		take_args(v);
	if (reply == REPLY_MMIO_READ || reply == REPLY_MMIO_WRITE)
		step_over(v);
	return RUN_RESUME;
}
