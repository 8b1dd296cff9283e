// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: what the host learns of an exit: noted in EL2's memory, published in the run page at the end of RUN.
 * Never: written by another file; more than the exit needs.
 * Called by: the handlers (report_*), run.c (run_publish).
 */
#include "run/run_int.h"

#include "lib/string.h"

static struct gz_run_page *note(struct vcpu *v, u32 reason, enum vcpu_reply reply, u32 len)
{
	v->reply = reply;
	v->exit.exit_reason = reason;
	memset(v->exit.bytes, 0, len);
	return &v->exit;
}

u32 report_mmio(struct vcpu *v, ipa_t ipa, u32 size, bool write, u64 data)
{
	struct gz_run_page *e = note(v, GZ_EXIT_MMIO, write ? REPLY_MMIO_WRITE : REPLY_MMIO_READ, sizeof(e->mmio));

	e->mmio.phys_addr = ipa.v;
	if (write)
		memcpy(e->mmio.data, &data, size);
	e->mmio.size = size;
	e->mmio.reg_nr = v->mmio.reg;
	e->mmio.is_write = write;
	return GZ_EXIT_MMIO;
}

u32 report_page_fault(struct vcpu *v, ipa_t ipa)
{
	struct gz_run_page *e = note(v, GZ_EXIT_EXCEPTION, REPLY_NONE, sizeof(e->exception));

	e->exception.exception = GZ_EXCEPTION_PAGE_FAULT;
	/* Where in its page a protected guest wrote is its own business. */
	e->exception.fault_gpa = guest_mem_private(&v->vm->mem) ? ipa_page(ipa).v : ipa.v;
	return GZ_EXIT_EXCEPTION;
}

u32 report_hypercall(struct vcpu *v, enum vcpu_reply reply)
{
	struct gz_run_page *e = note(v, GZ_EXIT_HYPERCALL, reply, sizeof(e->hypercall));

	u32 shown = guest_mem_private(&v->vm->mem) ? 2 : ARRAY_SIZE(e->hypercall.args);	/* call and address */

	for (u32 i = 0; i < shown; i++)
		e->hypercall.args[i] = v->ctx.x[i];
	return GZ_EXIT_HYPERCALL;
}

u32 report_view(struct vcpu *v, u64 pages)
{
	u32 exit = report_hypercall(v, REPLY_NOTHING);

	v->exit.hypercall.args[2] = pages;
	return exit;
}

u32 report_event(struct vcpu *v, u32 type)
{
	struct gz_run_page *e = note(v, GZ_EXIT_SYSTEM_EVENT, REPLY_NONE, sizeof(e->system_event));

	e->system_event.type = type;
	return GZ_EXIT_SYSTEM_EVENT;
}

u32 report_fail(struct vcpu *v, u64 reason)
{
	struct gz_run_page *e;

	/* Nothing ran: an exit that still waits for the host's answer keeps its data, here and in the run page. */
	if (v->reply != REPLY_NONE)
		return GZ_EXIT_FAIL_ENTRY;
	e = note(v, GZ_EXIT_FAIL_ENTRY, REPLY_NONE, sizeof(e->fail_entry));
	e->fail_entry.reason = reason;
	e->fail_entry.cpu = this_cpu()->id;
	return GZ_EXIT_FAIL_ENTRY;
}

void report_idle(struct vcpu *v, u64 ticks)
{
	WRITE_ONCE(v->hwstate->vtimer_delay, ticks);
	WRITE_ONCE(v->hwstate->vtimer_migrate, 1);
}

/* What an exit counts as, and how much of the run page's union it fills. The last row is for all others. */
static const struct kind { u32 reason; enum gz_stat stat; u32 bytes; } kinds[] = {
	{ GZ_EXIT_MMIO, GZ_STAT_EXIT_MMIO, sizeof(((struct gz_run_page *)0)->mmio) },
	{ GZ_EXIT_EXCEPTION, GZ_STAT_EXIT_PAGE_FAULT, sizeof(((struct gz_run_page *)0)->exception) },
	{ GZ_EXIT_HYPERCALL, GZ_STAT_EXIT_OTHER, sizeof(((struct gz_run_page *)0)->hypercall) },
	{ GZ_EXIT_SYSTEM_EVENT, GZ_STAT_EXIT_OTHER, sizeof(((struct gz_run_page *)0)->system_event) },
	{ GZ_EXIT_FAIL_ENTRY, GZ_STAT_EXIT_OTHER, sizeof(((struct gz_run_page *)0)->fail_entry) },
	{ GZ_EXIT_IRQ, GZ_STAT_EXIT_IRQ, 0 },
	{ GZ_EXIT_IDLE, GZ_STAT_EXIT_IDLE, 0 },
	{ GZ_EXIT_IPI, GZ_STAT_EXIT_IPI, 0 },
	{ 0, GZ_STAT_EXIT_OTHER, 0 },
};

static const struct kind *kind_of(u32 reason)
{
	u32 i = 0;

	while (i < ARRAY_SIZE(kinds) - 1 && kinds[i].reason != reason)
		i++;
	return &kinds[i];
}

/* immediate_exit and the padding are the host's: only the reason and the member of the union are written. */
void run_publish(struct vcpu *v, u32 reason)
{
	const struct kind *kind = kind_of(reason);
	u32 len = reason == GZ_EXIT_FAIL_ENTRY && v->reply != REPLY_NONE ? 0 : kind->bytes;

	stat_inc(kind->stat);
	if (!v->pages_shared)
		return;
	if (len)
		memcpy(v->run->bytes, v->exit.bytes, len);
	if (reason == GZ_EXIT_HYPERCALL)
		WRITE_ONCE(v->hwstate->vtimer_offset, v->vm->voff);
	WRITE_ONCE(v->run->exit_reason, reason);
}
