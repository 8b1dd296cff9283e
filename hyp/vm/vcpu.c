// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a vCPU's life: made, claimed for RUN, its two host pages, unmade.
 * Never: free the object before its VM: others follow vm->vcpu[] without a lock.
 * Called by: hvc/, run/.
 */
#include "vm/vm_int.h"

#include "arch/aarch64/cpu.h"
#include "arch/aarch64/esr.h"
#include "insn/atomic.h"
#include "insn/nospec.h"
#include "mem/pin.h"
#include "mm/hyp_map.h"
#include "mm/layout.h"
#include "mm/page_pool.h"
#include "mm/pgtable.h"

static const u8 vcpu_next[VCPU_STATES] = {
	[VCPU_OFF]	= BIT(VCPU_READY),
	[VCPU_READY]	= BIT(VCPU_RUNNING) | BIT(VCPU_DYING),
	[VCPU_RUNNING]	= BIT(VCPU_READY),
	[VCPU_DYING]	= BIT(VCPU_OFF),
};

static_assert(sizeof(struct vcpu) <= PAGE_SIZE, "a vCPU is one page");
static_assert(VCPU_OFF == 0 && POWER_OFF == 0, "zeroed memory runs nothing");

bool vcpu_state_move(struct vcpu *v, enum vcpu_state from, enum vcpu_state to)
{
	return (vcpu_next[from] & BIT(to)) && atomic_cas_u32(&v->state, from, to);
}

/* What a guest at EL1 is trapped for, and what traps stay off because everything behind them is switched. */
static u64 guest_hcr(void)
{
	u64 hcr = HCR_VM | HCR_RW | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU_IS | HCR_TWI | HCR_TID3 | HCR_TIDCP |
		  HCR_TACR | HCR_TSW | HCR_TLOR | HCR_TERR | HCR_SWIO | HCR_TSC;

	if (cpu_features.pauth)
		hcr |= HCR_API | HCR_APK;
	/* Without FWB what the host wrote must reach memory when the guest turns its caches on. */
	return hcr | (pg_features.fwb ? HCR_FWB : HCR_TVM);
}

void vcpu_forget_exit(struct vcpu *v)
{
	v->reply = REPLY_NONE;
	v->wfi = false;
}

void vcpu_reset(struct vcpu *v, u64 pc, u64 x0)
{
	for (u32 i = 0; i < ARRAY_SIZE(v->ctx.x); i++)
		v->ctx.x[i] = 0;
	v->ctx.fp = (struct fp_state){ 0 };
	el1_regs_reset(v->ctx.el1);
	v->ctx.x[0] = x0;
	v->ctx.pc = pc;
	v->ctx.pstate = PSTATE_EL1H_MASKED;
	v->hcr = guest_hcr();
	v->reset_mask = 0;
	vcpu_forget_exit(v);
	vtimer_init(&v->timer, v->vm->voff);
}

void vcpu_enter_firmware(struct vcpu *v)
{
	u64 x1 = v->ctx.x[1], x2 = v->ctx.x[2];

	vcpu_reset(v, v->vm->mem.firmware_ipa.v, v->ctx.x[0]);
	v->ctx.x[1] = x1;
	v->ctx.x[2] = x2;
}

static struct vcpu *vcpu_lookup(struct vm *vm, u64 index)
{
	if (index >= GZ_MAX_VCPUS)
		return NULL;
	return READ_ONCE(vm->vcpu[index_nospec(index, GZ_MAX_VCPUS)]);
}

/* The object of slot index, new or from an earlier vCPU; made at most once by whoever is first. */
static enum gz_err vcpu_object(struct vm *vm, u64 index, struct vcpu **out)
{
	bool spare = true;
	pa_t pa;
	enum gz_err err;

	*out = vcpu_lookup(vm, index);
	if (*out)
		return GZ_OK;
	err = page_pool_alloc(&vm->mem.quota, &pa);
	if (err)
		return err;
	spin_lock(&vm->power_lock);
	*out = vm->vcpu[index];
	if (!*out) {
		*out = pa_to_ptr(pa);
		(*out)->vm = vm;
		(*out)->index = (u8)index;
		(*out)->running_cpu = -1;
		atomic_fence();	/* complete before others find it */
		WRITE_ONCE(vm->vcpu[index], *out);
		spare = false;
	}
	spin_unlock(&vm->power_lock);
	if (spare)
		page_pool_free(&vm->mem.quota, pa);
	return GZ_OK;
}

static void vcpu_init(struct vcpu *v, pa_t pages)
{
	v->run_pa = pages;
	v->hwstate_pa = pa_add(pages, PAGE_SIZE);
	v->power = POWER_OFF;
	v->ever_ran = v->pc_set = v->reset_pending = false;
	v->idle = v->wake_late = 0;
	vcpu_reset(v, 0, 0);
	vgic_cpu_init(&v->vm->vgic, &v->vgic, v->index);
}

enum gz_err vcpu_create(struct vm *vm, u64 index, pa_t pages)
{
	struct pa_range range;
	struct vcpu *v;
	enum gz_err err;

	if (index >= GZ_MAX_VCPUS || !IS_ALIGNED(pages.v, PAGE_SIZE) || !pa_range_make(&range, pages, 2 * PAGE_SIZE))
		return GZ_EINVAL;
	if (READ_ONCE(vm->state) != VM_NEW)
		return GZ_ESTATE;
	err = vcpu_object(vm, index, &v);
	if (err)
		return err;
	spin_lock(&vm->power_lock);
	err = GZ_EEXIST;
	if (READ_ONCE(v->state) == VCPU_OFF) {
		vcpu_init(v, pages);
		vm->vcpu_count = MAX(vm->vcpu_count, (u8)(index + 1));
		err = vcpu_state_move(v, VCPU_OFF, VCPU_READY) ? GZ_OK : GZ_EEXIST;
	}
	spin_unlock(&vm->power_lock);
	return err;
}

/* Slots of EL2's window for vCPU pages: two for each vCPU there can be. */
static_assert(VM_MAX * GZ_MAX_VCPUS * 2 <= HYP_VCPU_SLOTS, "two pages of each vCPU");

static u32 page_slot(const struct vcpu *v)
{
	return ((u32)(v->vm->id - 1) * GZ_MAX_VCPUS + v->index) * 2;
}

static enum gz_err share_one(u32 slot, pa_t pa, void **ptr)
{
	enum gz_err err = host_share_hyp(pa);

	if (err)
		return err;
	err = hyp_map_vcpu_page(slot, pa, ptr);
	if (err)
		host_unshare_hyp(pa);
	return err;
}

enum gz_err vcpu_share_pages(struct vcpu *v)
{
	u32 slot = page_slot(v);
	void *run, *hwstate;
	enum gz_err err;

	if (v->pages_shared)
		return GZ_OK;
	err = share_one(slot, v->run_pa, &run);
	if (err)
		return err;
	err = share_one(slot + 1, v->hwstate_pa, &hwstate);
	if (err) {
		hyp_unmap_vcpu_page(slot);
		host_unshare_hyp(v->run_pa);
		return err;
	}
	v->run = run;
	v->hwstate = hwstate;
	v->pages_shared = true;
	return GZ_OK;
}

void vcpu_unshare_pages(struct vcpu *v)
{
	if (!v->pages_shared)
		return;
	v->pages_shared = false;
	v->run = NULL;
	v->hwstate = NULL;
	hyp_unmap_vcpu_page(page_slot(v));
	hyp_unmap_vcpu_page(page_slot(v) + 1);
	host_unshare_hyp(v->run_pa);
	host_unshare_hyp(v->hwstate_pa);
}

enum gz_err vcpu_destroy(struct vm *vm, u64 index)
{
	struct vcpu *v = vcpu_lookup(vm, index);

	if (!v || READ_ONCE(v->state) == VCPU_OFF)
		return GZ_ENOENT;
	if (!vcpu_state_move(v, VCPU_READY, VCPU_DYING))
		return GZ_EBUSY;
	spin_lock(&vm->power_lock);
	v->power = POWER_OFF;
	spin_unlock(&vm->power_lock);
	vgic_cpu_drop(&vm->vgic, &v->vgic);
	vcpu_unshare_pages(v);
	return vcpu_state_move(v, VCPU_DYING, VCPU_OFF) ? GZ_OK : GZ_ESTATE;
}

enum gz_err vcpu_claim(struct vm *vm, u64 index, struct vcpu **out)
{
	struct vcpu *v = vcpu_lookup(vm, index);

	if (!v || READ_ONCE(v->state) == VCPU_OFF)
		return GZ_ENOENT;
	if (!vcpu_state_move(v, VCPU_READY, VCPU_RUNNING))
		return GZ_EBUSY;
	*out = v;
	return GZ_OK;
}

void vcpu_release(struct vcpu *v)
{
	(void)vcpu_state_move(v, VCPU_RUNNING, VCPU_READY);
}
