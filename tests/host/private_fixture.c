/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a protected VM on the run fixture, and a guest that makes one call.
 * Never: a test of its own.
 * Used by: test_private.c, test_told.c.
 */
#include "private_fixture.h"

#include "mem/host_s2.h"

u64 ram_pa;

u16 make_protected(u32 vcpus)
{
	u16 vm = make_vm(vcpus, false);
	struct pg_leaf leaf = pgtable_walk(&vcpu_of(vm, 0)->vm->mem.s2, RAM_IPA);

	assert_true(leaf.valid);
	ram_pa = leaf.pa.v;
	assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_PROTECTED_VM, GZ_PVM_SET_PROTECTED, 0).st, 0);
	return vm;
}

bool host_sees(u32 page)
{
	return host_s2_allows(IPA(ram_pa + page * PAGE_SIZE), true, false);
}

static u64 call[4];

static u64 guest_calls_once(struct cpu_ctx *ctx)
{
	if (guest_entries > 1)
		return guest_host_irq(ctx);
	for (u32 i = 0; i < ARRAY_SIZE(call); i++)
		ctx->x[i] = call[i];
	ctx->x[5] = 0x5ec4e7;
	return trap_hvc();
}

u32 guest_call(u16 vm, u64 fn, u64 x1, u64 x2, u64 x3)
{
	call[0] = fn;
	call[1] = x1;
	call[2] = x2;
	call[3] = x3;
	guest_entries = 0;
	guest = guest_calls_once;
	return run(vm, 0);
}

s64 answer(u16 vm, u64 fn, u64 x1, u64 x2, u64 x3)
{
	assert_int_equal(guest_call(vm, fn, x1, x2, x3), GZ_EXIT_IRQ);
	return (s64)vcpu_of(vm, 0)->ctx.x[0];
}
