/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: el1host's view of the host interface: one function per call, and a VM it can run.
 * Never: check what it passes on: it is the hostile host.
 * Used by: el1host's tests.
 */
#ifndef EL1HOST_GZCALL_H
#define EL1HOST_GZCALL_H

#include "lib/lib.h"

#include "gz/hvc.h"
#include "gz/memregion.h"
#include "gz/vcpu_pages.h"

#define VM_RAM_BASE	0x80000000ull
#define VM_RAM_SIZE	(4ull << 20)
#define VM_GICD		0x3fff0000ull
#define VM_GICR_TOP	0x3fff0000ull		/* redistributors end here: base = top - n * 128 KiB */

struct gz_ret { s32 st; u64 x1, x2, x3; };

/* Raw call by function number. */
struct gz_ret gz(u32 fn, u64 a1, u64 a2, u64 a3, u64 a4);
struct gz_ret gz5(u32 fn, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);
/* Any id, all of x0..x17. */
struct gz_ret gz_raw(struct call *c);

/* Host pages, zeroed, never given back; aligned to their size for powers of two. */
u64 host_alloc(u64 bytes, u64 align);

enum vm_how { VM_POPULATE, VM_PAGES, VM_BLOCKS };

struct test_vm {
	u16 id;
	u32 vcpus;
	u64 ram_pa;			/* host address of guest RAM */
	u64 ram_size;
	u64 pages_pa[MAX_CPUS];		/* run page; hwstate follows */
	u64 select, arg, echo;		/* test device */
	bool exited;
	u32 exit_code;
	enum vm_how how;
	u64 exits[16];			/* by low nibble of the exit reason */
	u64 pfn_list;
};

/* vcpus 0: none yet, and room for one; false then, for there is nobody to set a PC of. Creates, registers RAM, GIC, vCPUs, copies the probe in and sets vCPU 0's PC. False when a call was refused. */
bool vm_make(struct test_vm *vm, u32 vcpus, enum vm_how how);
/* One RUN and its answer, as the published driver gives it. Returns the exit reason. */
u32 vm_run_once(struct test_vm *vm, u32 vcpu);
/* RUNs vCPU 0 (and the others in turn, this CPU only) until the guest ends or limit RUNs have passed. */
bool vm_run_all(struct test_vm *vm, u64 limit);
/* Destroys it, repeating while busy; returns the last status. */
s32 vm_destroy(struct test_vm *vm);
static inline struct gz_run_page *vm_run_page(struct test_vm *vm, u32 vcpu)
{
	return (struct gz_run_page *)vm->pages_pa[vcpu];
}

/* Reads one counter of EXT_STATS. */
u64 gz_stat_read(enum gz_stat index);

/* As vm_make with RAM, then the probe in a role (probe/roles.h). */
bool vm_make_role(struct test_vm *vm, u32 vcpus, enum vm_how how, u64 role, u64 arg);
/* Role, up to a million RUNs, destroy; the exit code, ~0 when it never ended. */
u32 vm_role(u64 role, u64 arg);

/* From now on SET_PROTECTED_VM; false when refused. */
static inline bool vm_protect(struct test_vm *vm)
{
	return gz(GZ_FN_ENABLE_CAP, vm->id, GZ_CAP_PROTECTED_VM, GZ_PVM_SET_PROTECTED, 0).st == 0;
}

/* What EL2 holds: a call that failed, or a VM that is gone, leaves it as it was. */
struct holdings { u64 vms, vcpus, pool_free, shared_guest, shared_hyp, donated; };
struct holdings holdings(void);
#define EXPECT_HOLDINGS(before) \
	do { struct holdings h_ = holdings(); \
		EXPECT_EQ(h_.vms, (before).vms); EXPECT_EQ(h_.vcpus, (before).vcpus); \
		EXPECT_EQ(h_.pool_free, (before).pool_free); EXPECT_EQ(h_.shared_guest, (before).shared_guest); \
		EXPECT_EQ(h_.shared_hyp, (before).shared_hyp); EXPECT_EQ(h_.donated, (before).donated); } while (0)
/* The status is one of gz/hvc.h's. */
bool status_known(s32 st);

/* Addresses no guest and no call may get: from the host's device tree. */
struct forbidden { const char *what; u64 pa; };
extern struct forbidden forbidden[16];
extern u32 forbidden_count;
void forbidden_find(u64 fdt);
extern u64 el2_image, el2_pool;

#define REG_CORE(i)	(0x6030000000100000ull | (i))	/* index in 32-bit words, as KVM's */
#define REG_PC		REG_CORE(0x40)
#define REG_PSTATE	REG_CORE(0x42)

extern char probe_blob[], probe_blob_end[];

#endif
