/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what EL2's own exceptions print: they are all defects of the hypervisor.
 * Never: return, or allow a second report.
 * Called by: vectors.S, on the panic stack, by one CPU once.
 */
#include "arch/aarch64/context.h"
#include "lib/check.h"
#include "insn/sysreg.h"

__noreturn void el2_exception(const struct host_frame *f, u64 type, u64 sp);

void el2_exception(const struct host_frame *f, u64 type, u64 sp)
{
	static const char *const kind[] = { "synchronous exception", "IRQ", "FIQ", "SError" };

	panic_begin();
	panic_say("%s in EL2\n", kind[type & 3]);
	panic_say("pc %lx lr %lx sp %lx pstate %lx\nesr %lx far %lx hpfar %lx\n", f->elr, f->x[30], sp, f->spsr,
		  sysreg_read(esr_el2), sysreg_read(far_el2), sysreg_read(hpfar_el2));
	for (u32 i = 0; i < 31; i++)
		panic_say("x%u %lx%s", i, f->x[i], i % 4 == 3 || i == 30 ? "\n" : " ");
	panic_end(f->x[29]);
}
