// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: without forced write-back, what one side wrote through the caches reaches the other that has them off; a private
 *      guest finds no cache line that differs from memory.
 * Never: a long stretch: memory is cleaned in slices with exits to the host in between.
 * Called by: run.c (first RUN), run_sysreg.c (SCTLR_EL1, set/way).
 */
#include "run/run_int.h"

#include "insn/cpu.h"
#include "insn/sysreg.h"
#include "mm/pgtable.h"

#define SLICE_PAGES	512
#define CACHED		(SCTLR_M | SCTLR_C)

/* True: all of it has been cleaned. */
static bool clean(struct vm *vm, u64 *cursor)
{
	do {
		if (guest_mem_clean_slice(&vm->mem, cursor, SLICE_PAGES) != GZ_EAGAIN) {
			*cursor = 0;
			return true;
		}
	} while (!cpu_irq_pending());
	return false;
}

/* Two vCPUs may do it at once; each stores only where it is itself, so at worst some pages are cleaned twice. */
bool run_clean_first(struct run *r)
{
	struct vm *vm = r->vm;
	u64 cursor = READ_ONCE(vm->clean_cursor);

	if (READ_ONCE(vm->cleaned))
		return true;
	if (!clean(vm, &cursor)) {
		WRITE_ONCE(vm->clean_cursor, cursor);
		return false;
	}
	WRITE_ONCE(vm->cleaned, true);
	return true;
}

static void trap_caches(struct vcpu *v, bool on)
{
	v->hcr = on ? v->hcr | HCR_TVM : v->hcr & ~HCR_TVM;
	sysreg_write(hcr_el2, v->hcr);
}

/* The PC stays on the instruction until memory is clean. */
u32 run_cache_toggle(struct run *r, u64 new_sctlr)
{
	bool was = (sysreg_read(sctlr_el1) & CACHED) == CACHED, now = (new_sctlr & CACHED) == CACHED;

	if (was != now && !clean(r->vm, &r->v->clean_cursor))
		return GZ_EXIT_GZ;
	sysreg_write(sctlr_el1, new_sctlr);
	if (now)
		trap_caches(r->v, false);
	skip_insn(r);
	return RUN_RESUME;
}

/* Set/way maintenance comes from a guest about to turn its caches off: from here on that is watched again. */
u32 run_set_way(struct run *r)
{
	if (!pg_features.fwb && !(r->v->hcr & HCR_TVM)) {
		if (!clean(r->vm, &r->v->clean_cursor))
			return GZ_EXIT_GZ;
		trap_caches(r->v, true);
	}
	skip_insn(r);
	return RUN_RESUME;
}
