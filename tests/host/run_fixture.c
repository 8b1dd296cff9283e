/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the machine, host calls and guest of the tests of hvc/, vm/ and run/.
 * Never: a rule of the hypervisor.
 * Used by: see run_fixture.h.
 */
#include "run_fixture.h"

#include <string.h>

#include "arch/aarch64/cpu.h"
#include "arch/aarch64/esr.h"
#include "hvc/dispatch.h"
#include "irq/gic.h"
#include "lib/drbg.h"
#include "mem/host_s2.h"
#include "run/run.h"
#include "mm/layout.h"

char hyp_vectors_host[1], hyp_vectors_guest[1];
u64 (*guest)(struct cpu_ctx *ctx);
u32 guest_entries;
u64 first_esr, first_far, first_hpfar;
struct res last_run;

/* switch.S */
u32 guest_run(struct cpu_ctx *ctx, struct run *r, const u32 *due)
{
	u32 exit = *due ? guest_trap(r, GUEST_DUE) : 0;

	while (!exit) {
		guest_entries++;
		assert_non_null(guest);
		exit = guest_trap(r, guest(ctx));
		if (!exit && *due)
			exit = guest_trap(r, GUEST_DUE);
	}
	return exit;
}

/* Assembly: the vector registers are words of the fake machine. */
void fp_save(struct fp_state *s) { s->fpsr = shim_sysreg_read("test_fp"); }
void fp_restore(const struct fp_state *s) { shim_sysreg_write("test_fp", s->fpsr); }
u32 sve_vl(void) { return 16; }
void sve_save(void *area, u64 vl) { (void)vl; fp_save(area); }
void sve_restore(const void *area, u64 vl) { (void)vl; fp_restore(area); }

bool drbg_read(void *out, size_t len)
{
	memset(out, 0xa5, len);
	return shim_sysreg_read("test_entropy") != 0;
}

u32 log_read(u64 *cursor, char *buf, u32 len)
{
	u32 n = (u32)MIN((u64)len, *cursor < 5000 ? 5000 - *cursor : 0);

	memset(buf, 'L', n);
	*cursor += n;
	return n;
}

void longest_call_begin(void) {}
void longest_call_end(u64 fn) { (void)fn; }

struct res hvc5(u32 fn, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	u64 x[18], again[18];
	struct res r = { 0 };

	for (;;) {
		for (u32 i = 0; i < 18; i++)
			x[i] = 0;
		x[0] = GZ_HVC_ID(fn), x[1] = a1, x[2] = a2, x[3] = a3, x[4] = a4, x[5] = a5;
		memcpy(again, x, sizeof(x));
		if (hvc_dispatch(x) == HVC_DONE)
			break;
		assert_memory_equal(x, again, sizeof(x));
		assert_in_range(r.restarts++, 0, 10000);
	}
	assert_memory_equal(x + 4, again + 4, 14 * sizeof(u64));
	r.st = (s32)x[0];
	r.x1 = x[1], r.x2 = x[2], r.x3 = x[3];
	return r;
}

struct res hvc(u32 fn, u64 a1, u64 a2, u64 a3, u64 a4)
{
	return hvc5(fn, a1, a2, a3, a4, 0);
}

static void destroy_all(void)
{
	for (u32 id = 1; id <= VM_MAX; id++)
		hvc(GZ_FN_DESTROY_VM, id, 0, 0, 0);
}

static void setup_machine(bool fwb)
{
	static struct gic_layout layout = { .redist = { { { 0x5000000 }, 8 * 0x20000 } }, .redist_count = 1 };
	static bool ran;

	if (ran)
		destroy_all();	/* what a failed test left: the table outlives the machine */
	ran = true;
	fixture_machine(64 * MB, 2048);
	gm_init(GM_LRS);
	fixture_cpu(fwb);
	shim_sysreg_write("id_aa64pfr0_el1", UINT64_C(1) << 24 | 0x11);
	shim_sysreg_write("vttbr_el2", host_s2_vttbr());
	shim_sysreg_write("cntfrq_el0", 1000000000);
	shim_sysreg_write("test_entropy", 1);
	cpu_features_read(&cpu_features);
	assert_int_equal(gic_init(&layout), GZ_OK);
	for (u32 i = GM_CPUS; i-- > 0;) {
		gm_on(i);
		assert_int_equal(gic_cpu_init(), GZ_OK);
	}
	assert_int_equal(run_prepare_cpus(), GZ_OK);
	guest = guest_host_irq;
	guest_entries = 0;
	shim_events_clear();
}

int run_setup(void **state)
{
	(void)state;
	setup_machine(true);
	return 0;
}

int run_setup_no_fwb(void **state)
{
	(void)state;
	setup_machine(false);
	return 0;
}

void *host_ptr(u64 pa)
{
	return pa_to_ptr(PA(pa));
}

static struct gz_memregion *list_fill(u32 slot, u64 ipa, u64 pages)
{
	struct gz_memregion *m = host_ptr(LIST_PA);

	m->slot = slot;
	m->gpa = ipa;
	m->total_pages = pages;
	m->constituent_count = 0xdeadbeef;
	return m;
}

s32 register_slot(u16 vm, u32 slot, u64 ipa, u64 pages)
{
	list_fill(slot, ipa, pages);
	return hvc(GZ_FN_SET_MEMREGION, vm, GZ_MEMREGION_BUF_BYTES, LIST_PA, 0).st;
}

s32 populate(u16 vm, u32 slot, u64 ipa, u64 pa, u64 pages)
{
	struct gz_memregion *m = list_fill(slot, ipa, pages);

	m->constituent_count = 1;
	m->constituents[0].base_pa = pa;
	m->constituents[0].page_count = (u32)pages;
	return hvc(GZ_FN_SET_MEMREGION, vm, GZ_MEMREGION_BUF_BYTES, LIST_PA, 0).st;
}

u16 make_bare_vm(void)
{
	struct res r = hvc(GZ_FN_CREATE_VM, 0, 0, 0, 0);

	assert_int_equal(r.st, 0);
	return (u16)r.x1;
}

s32 add_vcpu(u16 vm, u32 i)
{
	return hvc(GZ_FN_CREATE_VCPU, GZ_TUPLE(vm, i), VCPU_PAGES_PA + i * 2 * PAGE_SIZE, 0, 0).st;
}

void add_gic(u16 vm)
{
	struct gz_create_device *d = host_ptr(LIST_PA);

	*d = (struct gz_create_device){ .dev_type = GZ_DEV_VGIC_DIST, .dev_addr = GICD_IPA, .dev_reg_size = 0x10000 };
	assert_int_equal(hvc(GZ_FN_CREATE_DEVICE, vm, LIST_PA, 0, 0).st, 0);
	*d = (struct gz_create_device){ .dev_type = GZ_DEV_VGIC_REDIST, .dev_addr = GICR_IPA, .dev_reg_size = 0x20000 };
	assert_int_equal(hvc(GZ_FN_CREATE_DEVICE, vm, LIST_PA, 0, 0).st, 0);
}

u16 make_vm(u32 vcpus, bool idle)
{
	u16 vm = make_bare_vm();

	if (idle)
		assert_int_equal(hvc(GZ_FN_ENABLE_CAP, vm, GZ_CAP_IDLE, 0, 0).st, 0);
	assert_int_equal(register_slot(vm, 0, RAM_IPA, VM_PAGES), 0);
	assert_int_equal(populate(vm, 0, RAM_IPA, GUEST_RAM_PA + vm * 2 * MB, VM_PAGES), 0);
	add_gic(vm);
	for (u32 i = 0; i < vcpus; i++)
		assert_int_equal(add_vcpu(vm, i), 0);
	assert_int_equal(hvc(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm, 0), CORE_PC, RAM_IPA, 0).st, 0);
	return vm;
}

struct gz_run_page *run_page(u32 vcpu)
{
	return host_ptr(VCPU_PAGES_PA + vcpu * 2 * PAGE_SIZE);
}

struct gz_hwstate_page *hwstate_page(u32 vcpu)
{
	return host_ptr(VCPU_PAGES_PA + vcpu * 2 * PAGE_SIZE + PAGE_SIZE);
}

u32 run(u16 vm, u32 vcpu)
{
	last_run = hvc(GZ_FN_RUN, GZ_TUPLE(vm, vcpu), 0, 0, 0);
	return (u32)last_run.x1;
}

u64 trap_sync(u64 esr)
{
	shim_sysreg_write("esr_el2", esr);
	return GUEST_EXIT_SYNC;
}

u64 trap_hvc(void)
{
	return trap_sync((u64)EC_HVC64 << ESR_EC_SHIFT | ESR_IL);
}

u64 trap_irq(u32 intid)
{
	gm[this_cpu()->id].pending |= 1u << intid;
	return GUEST_EXIT_IRQ;
}

/* A host interrupt: SGI 1 (enabled by the host) wins. */
u64 guest_host_irq(struct cpu_ctx *ctx)
{
	(void)ctx;
	return trap_irq(1);
}

u64 guest_traps_once(struct cpu_ctx *ctx)
{
	if (guest_entries > 1)
		return guest_host_irq(ctx);
	shim_sysreg_write("far_el2", first_far);
	shim_sysreg_write("hpfar_el2", first_hpfar);
	return trap_sync(first_esr);
}

u64 dabt(u64 ipa, u32 sas, u32 reg, bool write)
{
	first_far = 0xffff800000000000 | (ipa & 0xfff);
	first_hpfar = ipa >> 12 << 4;
	first_esr = (u64)EC_DABT_LOW << ESR_EC_SHIFT | ESR_IL | DABT_ISV | (u64)sas << 22 | (u64)reg << 16 |
		    (write ? ABT_WNR : 0) | 7;
	return first_esr;
}

struct vcpu *vcpu_of(u16 id, u32 i)
{
	struct vm *vm = vm_get(id);
	struct vcpu *v;

	assert_non_null(vm);
	v = vm->vcpu[i];
	vm_put(vm);
	return v;
}
