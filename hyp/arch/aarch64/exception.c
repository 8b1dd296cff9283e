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
	panic_say("pc %llx lr %llx sp %llx pstate %llx\nesr %llx far %llx hpfar %llx\n", (unsigned long long)f->elr,
		  (unsigned long long)f->x[30], (unsigned long long)sp, (unsigned long long)f->spsr,
		  (unsigned long long)sysreg_read(esr_el2), (unsigned long long)sysreg_read(far_el2),
		  (unsigned long long)sysreg_read(hpfar_el2));
	for (u32 i = 0; i < 31; i++)
		panic_say("x%u %llx%s", i, (unsigned long long)f->x[i], i % 4 == 3 || i == 30 ? "\n" : " ");
	panic_end(f->x[29]);
}
