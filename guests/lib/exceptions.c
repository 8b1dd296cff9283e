// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: exceptions at EL1: interrupts to their handler, expected faults counted and skipped, others reported.
 * Never: hide an unexpected exception: the run ends with a failure.
 * Used by: vectors.S; tests through exc_try().
 */
#include "lib/lib.h"

volatile u64 irq_count[MAX_CPUS][1024];
bool irq_auto_eoi = true;
static irq_handler handler;
extern char el0_return[];
static struct exc *expected[MAX_CPUS];
static const char *const names[16] = {
	"sync SP0", "irq SP0", "fiq SP0", "serror SP0", "sync", "irq", "fiq", "serror",
	"sync EL0", "irq EL0", "fiq EL0", "serror EL0", "sync32", "irq32", "fiq32", "serror32",
};

void exc_expect(struct exc *e)
{
	memset(e, 0, sizeof(*e));
	expected[cpu_id()] = e;
}

static bool fetch_returns;

void exc_fetch_returns_to_lr(bool on)
{
	fetch_returns = on;
}

void exc_done(void)
{
	dsb_sy();
	expected[cpu_id()] = NULL;
}

u64 exc_try(void (*fn)(void *), void *arg, struct exc *e)
{
	struct exc local;

	e = e ? e : &local;
	exc_expect(e);
	fn(arg);
	exc_done();
	return e->count;
}

void irq_set_handler(irq_handler h)
{
	handler = h;
}

void irq_window(void)
{
	irq_enable();
	isb();
	for (u32 i = 0; i < 16; i++)
		cpu_relax();
	irq_disable();
}

static void interrupt(void)
{
	u32 intid = (u32)sysreg_read(S3_0_C12_C12_0);	/* ICC_IAR1_EL1 */

	if (intid >= 1020) {
		irq_count[cpu_id()][1023]++;
		return;
	}
	irq_count[cpu_id()][intid]++;
	if (handler)
		handler(intid);
	if (irq_auto_eoi)
		sysreg_write(S3_0_C12_C12_1, intid);	/* ICC_EOIR1_EL1 */
	isb();
}

void exception(struct frame *f, u64 vector)
{
	struct exc *e = expected[cpu_id()];

	if ((vector & 3) == 1) {
		interrupt();
		return;
	}
	if (vector == 8 && (f->esr & 0xfe00ffff) == (0x15u << 26 | 1u << 25 | EL0_SVC_BACK)) {
		f->elr = (u64)el0_return;
		f->spsr = 0x3c5;
		return;
	}
	if (e) {
		e->count++;
		e->esr = f->esr;
		e->far = f->far;
		e->elr = f->elr;
		e->spsr = f->spsr;
		e->vector = (u32)vector;
		if (fetch_returns && (f->esr >> 26 & 0x3e) == 0x20)
			f->elr = f->x[30];
		else if ((vector & 3) == 0)
			f->elr += (f->esr >> 26) == 0x15 ? 0 : 4;	/* SVC already points behind */
		return;
	}
	printf("UNEXPECTED %s on CPU %u: esr %lx elr %lx (image+%lx) far %lx spsr %lx\n", names[vector & 15], cpu_id(),
	       f->esr, f->elr, f->elr - (u64)_image_start, f->far, f->spsr);
	finish(1);
}
