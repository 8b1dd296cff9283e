/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: VMs: table of references, life cycle, their vCPUs; sliced destruction.
 * Never: a global lock on RUN or IRQ_LINE; a VM freed while a reference is out.
 * Used by: hvc, run.
 */
#ifndef VM_VM_H
#define VM_VM_H

#include "gz/hvc.h"
#include "irq/vgic.h"
#include "lib/err.h"
#include "lib/spinlock.h"
#include "lib/percpu.h"
#include "mem/guest_mem.h"
#include "vm/vcpu.h"

#define VM_MAX 64			/* live VMs; ids are 1..VM_MAX, VMID = id (8-bit CPUs allow 255) */
#define VM_QUOTA_PAGES 4096		/* default limit of EL2 pages per VM */

enum vm_state { VM_FREE = 0, VM_NEW, VM_RUNNABLE, VM_DYING, VM_STATES };

/* Progress of a call that maps a list in slices; the same call again goes on where it was. */
struct vm_fill {
	struct spinlock lock;		/* above vm.mem */
	bool active;
	struct fill_key { u64 list, gpa, pages; } key;	/* which call it is */
	u32 entry;			/* next entry of the list */
	u64 entry_page;			/* next page within it */
	u64 done;			/* pages mapped so far */
	bool fresh;			/* none of them was mapped before the call */
	enum gz_err failed;		/* being undone: what to answer then */
	u32 waits;			/* times another call was put off since this one went on */
};

struct vm {
	u16 id;
	u32 state;
	struct guest_mem mem;
	struct vgic vgic;
	u64 voff;			/* guest counter = physical counter - voff; set at creation */
	bool idle_enabled;		/* ENABLE_CAP 0x9203 */
	bool idle_latch_first;
	bool demand_paging;
	pa_t block_buf;			/* 0x9201: host PA of the PFN list; 0 = none */
	ipa_t dtb_base; u64 dtb_size;
	struct spinlock power_lock;	/* PSCI of this VM; below vm.mem, above vgic */
	bool system_event_sent;		/* parked by SYSTEM_OFF or RESET until vCPU 0 is given a PC */
	u8 vcpu_count;			/* highest index + 1; never shrinks */
	struct vcpu *vcpu[GZ_MAX_VCPUS];	/* an object stays until the VM goes, so a pointer may be followed without a lock */
	struct vm_fill fill;		/* the restartable mapping call in flight */
	bool cleaned;			/* what the host wrote before the first RUN has reached memory */
	u64 clean_cursor;
	pa_t self;			/* pool pages of this object */
	u8 last_vcpu[MAX_CPUS];		/* by physical CPU: whose TLB entries are there; VM_NO_VCPU none */
	/* By physical CPU: whose RUN returned there last, and the number of that exit, for INFORM_EXIT. */
	struct { u32 vcpu, seq; } last_returned[MAX_CPUS];
};

#define VM_NO_VCPU 0xff

/* CREATE_VM. GZ_EINVAL type != 0, GZ_ENOMEM. */
enum gz_err vm_create(u64 type, u16 *id) __must_check;
/* Reference by id; NULL when there is none or it is dying. Lock-free. Every vm_get needs its vm_put. */
struct vm *vm_get(u64 id);
void vm_put(struct vm *vm);
/*
 * DESTROY_VM: GZ_ENOENT; GZ_EAGAIN after a slice, and while a call into the VM is under way elsewhere (its vCPUs are made
 * to leave). From the first slice on nobody gets a reference any more.
 */
enum gz_err vm_destroy_slice(u64 id, u32 budget_pages) __must_check;
/*
 * Before the machine is switched off or reset: one slice of the end of all protected VMs and of those that are dying. GZ_EAGAIN
 * after a slice, and while a vCPU has yet to leave. No VM becomes protected from here until guest_mem_no_more_protected(false).
 */
enum gz_err vm_end_protected_slice(u32 budget_pages) __must_check;
bool vm_is_dying(const struct vm *vm);
u32 vm_live_count(void);
u32 vcpu_live_count(void);

/* First RUN: GIC layout frozen, checked against the slots. GZ_EEXIST: overlap; GZ_EINVAL: bad layout. */
enum gz_err vm_make_runnable(struct vm *vm) __must_check;
/* SYSTEM_OFF, SYSTEM_RESET: every vCPU is off until vCPU 0 is given a PC; the running ones are made to leave. */
void vm_park(struct vm *vm);
/* gz.protect=swiotlb, set at boot: the first RUN makes a VM with a STATIC_SWIOTLB slot a protected one, for VMMs that do not ask. */
extern bool vm_protect_swiotlb;
/* First RUN of vCPU 0, in slices until an interrupt waits: no page of a protected VM is the host's afterwards. Errors of guest_mem_start_slice(); GZ_ESTATE: it was to be protected while the machine ends. */
enum gz_err vm_seal(struct vm *vm) __must_check;
/* SET_MEMREGION. list: host PA of the buffer, bytes long. GZ_EAGAIN after a slice. */
enum gz_err vm_set_memregion(struct vm *vm, pa_t list, u64 bytes) __must_check;
/* MAP_GUEST and MAP_GUEST_BLOCK: gfn, count in pages; the block's PFNs are in vm->block_buf. */
enum gz_err vm_map_pages(struct vm *vm, u64 slot, u64 gfn, u64 pfn, u64 count) __must_check;
enum gz_err vm_map_block(struct vm *vm, u64 slot, u64 gfn, u64 count) __must_check;
enum gz_err vm_set_dtb(struct vm *vm, ipa_t base, u64 size) __must_check;
/* ENABLE_CAP 0x9201 / 0x9203. */
enum gz_err vm_set_block_buffer(struct vm *vm, pa_t buf) __must_check;
void vm_enable_idle(struct vm *vm, bool latch_first);

/* CREATE_VCPU / DESTROY_VCPU. pages: PA of run page; hwstate is the next page. Pages are not touched before the first RUN. */
enum gz_err vcpu_create(struct vm *vm, u64 index, pa_t pages) __must_check;
enum gz_err vcpu_destroy(struct vm *vm, u64 index) __must_check;
/* Claims a vCPU for RUN on this CPU (READY -> RUNNING), GZ_EBUSY if it runs elsewhere. Speculation-safe index. */
enum gz_err vcpu_claim(struct vm *vm, u64 index, struct vcpu **out) __must_check;
void vcpu_release(struct vcpu *v);
/* After interrupts became due for the vCPUs in mask: kicks the running ones, returns those the host must wake. Full barrier inside. */
u32 vm_notify(struct vm *vm, u32 mask);
/* Makes the two pages reachable for EL2 at the first RUN; GZ_EPERM, GZ_EFAULT: not plain host memory. */
enum gz_err vcpu_share_pages(struct vcpu *v) __must_check;
/* Registers and timers as at power-on; PC, x0 as given. Needs: v claimed or not yet runnable. */
void vcpu_reset(struct vcpu *v, u64 pc, u64 x0);
/* First RUN of a VM with firmware: PC is its address, X0 to X2 stay, all else is as at power-on. Needs: v claimed, the VM sealed. */
void vcpu_enter_firmware(struct vcpu *v);
/* What the last exit still owes is dropped. Needs: v claimed. */
void vcpu_forget_exit(struct vcpu *v);
/* SET_ONE_REG / GET_ONE_REG rules of the ABI: an allow-list, and "power on at PC" for vCPU 0 of a parked VM. GZ_ESTATE: private since its VM started. Needs: v claimed. */
enum gz_err vcpu_set_one_reg(struct vcpu *v, u64 id, u64 value) __must_check;
enum gz_err vcpu_get_one_reg(struct vcpu *v, u64 id, u64 *value) __must_check;

#endif
