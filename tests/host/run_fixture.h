/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a whole EL2 for tests of hvc/, vm/ and run/: host calls go in by hvc_dispatch, the guest is a function of the test.
 * Never: reach around the host interface, but to look.
 * Used by: test_dispatch.c, test_vm.c, test_run.c, test_abort.c, test_psci.c, test_sysreg.c.
 */
#ifndef RUN_FIXTURE_H
#define RUN_FIXTURE_H

#include "mem_fixture.h"

#include "gic_model.h"
#include "gz/guest_hvc.h"
#include "gz/hvc.h"
#include "gz/memregion.h"
#include "gz/vcpu_pages.h"
#include "vm/vm.h"

#define RAM_IPA		UINT64_C(0x80000000)
#define VM_PAGES	512
#define GUEST_RAM_PA	UINT64_C(0x41200000)	/* of VM n: + n * 2 MiB */
#define LIST_PA		UINT64_C(0x41000000)	/* argument buffers */
#define VCPU_PAGES_PA	UINT64_C(0x41010000)	/* two per vCPU */
#define GICD_IPA	UINT64_C(0x3fff0000)
#define GICR_IPA	UINT64_C(0x3fe00000)
#define CORE(i)		(UINT64_C(0x6030000000100000) | (i))
#define CORE_PC		CORE(0x40)
#define CORE_PSTATE	CORE(0x42)

struct res { s32 st; u64 x1, x2, x3; u32 restarts; };

/* A host call; restarted ones are repeated as the host does. */
struct res hvc(u32 fn, u64 a1, u64 a2, u64 a3, u64 a4);
struct res hvc5(u32 fn, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);

int run_setup(void **state);
int run_setup_no_fwb(void **state);
void *host_ptr(u64 pa);

/* A VM with RAM populated up front, GIC, n vCPUs, PC of vCPU 0 set; idle as said. Returns its id. */
u16 make_vm(u32 vcpus, bool idle);
u16 make_bare_vm(void);
s32 register_slot(u16 vm, u32 slot, u64 ipa, u64 pages);
s32 populate(u16 vm, u32 slot, u64 ipa, u64 pa, u64 pages);
s32 add_vcpu(u16 vm, u32 i);
void add_gic(u16 vm);
struct gz_run_page *run_page(u32 vcpu);
struct gz_hwstate_page *hwstate_page(u32 vcpu);

/* RUN: returns the exit reason. */
u32 run(u16 vm, u32 vcpu);
extern struct res last_run;
/* What the guest does at each entry: sets registers as the trap would, returns enum guest_exit. */
extern u64 (*guest)(struct cpu_ctx *ctx);
extern u32 guest_entries;
/* Ready-made guest programs: one trap, then a host interrupt at every entry. */
extern u64 first_esr, first_far, first_hpfar;
u64 guest_traps_once(struct cpu_ctx *ctx);
u64 guest_host_irq(struct cpu_ctx *ctx);
u64 trap_sync(u64 esr);
u64 trap_hvc(void);
u64 trap_irq(u32 intid);
/* Syndrome of a data abort by translation at ipa, size 1 << sas; sets FAR and HPFAR. */
u64 dabt(u64 ipa, u32 sas, u32 reg, bool write);
#define DABT_SSE_BIT	BIT(21)
#define DABT_SF_BIT	BIT(15)
struct vcpu *vcpu_of(u16 vm, u32 i);

#endif
