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
#include "mem/guest_mem.h"
#include "vm/vcpu.h"

#define VM_MAX 64			/* live VMs; ids are 1..VM_MAX, VMID = id (8-bit CPUs allow 255) */
#define VM_QUOTA_PAGES 4096		/* default limit of EL2 pages per VM */

enum vm_state { VM_FREE = 0, VM_NEW, VM_RUNNABLE, VM_DYING, VM_STATES };

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
	bool system_event_sent;		/* parked by SYSTEM_OFF or RESET */
	u8 vcpu_count;
	struct vcpu *vcpu[GZ_MAX_VCPUS];
	pa_t self;			/* pool pages of this object */
};

/* CREATE_VM. GZ_EINVAL type != 0, GZ_ENOMEM. */
enum gz_err vm_create(u64 type, u16 *id) __must_check;
/* Reference by id; NULL when there is none or it is dying. Lock-free. Every vm_get needs its vm_put. */
struct vm *vm_get(u64 id);
void vm_put(struct vm *vm);
/* DESTROY_VM: GZ_ENOENT; GZ_EBUSY while a vCPU runs or a reference is out; GZ_EAGAIN after a slice. */
enum gz_err vm_destroy_slice(u64 id, u32 budget_pages) __must_check;
u32 vm_live_count(void);

/* CREATE_VCPU / DESTROY_VCPU. pages: PA of run page; hwstate is the next page. Pages are not touched before the first RUN. */
enum gz_err vcpu_create(struct vm *vm, u64 index, pa_t pages) __must_check;
enum gz_err vcpu_destroy(struct vm *vm, u64 index) __must_check;
/* Claims a vCPU for RUN on this CPU (READY -> RUNNING), GZ_EBUSY if it runs elsewhere. Speculation-safe index. */
enum gz_err vcpu_claim(struct vm *vm, u64 index, struct vcpu **out) __must_check;
void vcpu_release(struct vcpu *v);
/* After interrupts became due for the vCPUs in mask: kicks the running ones, returns those the host must wake. Full barrier inside. */
u32 vm_notify(struct vm *vm, u32 mask);
/* SET_ONE_REG / GET_ONE_REG rules of the ABI (allow-list; GZ_ESTATE while running; power on at PC for vCPU 0). */
enum gz_err vcpu_set_one_reg(struct vcpu *v, u64 id, u64 value) __must_check;
enum gz_err vcpu_get_one_reg(struct vcpu *v, u64 id, u64 *value) __must_check;

#endif
