// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: host calls about one vCPU, in registers.
 * Never: look into the run page; gzvm_run.c does.
 * Used by: gzvm_vcpu.c, gzvm_run.c.
 */
#include <linux/mm.h>

#include "gzvm_arch.h"

/**
 * gzvm_arch_create_vcpu() - a new vCPU
 * @vm_id: its VM
 * @vcpu_id: its number
 * @pages: two zeroed, contiguous pages: run page and hardware state page
 *
 * The hypervisor keeps using @pages until gzvm_arch_destroy_vcpu().
 *
 * Return: 0 or errno.
 */
int gzvm_arch_create_vcpu(u16 vm_id, u16 vcpu_id, void *pages)
{
	struct gzvm_hvc_args c = { .arg = { GZ_TUPLE(vm_id, vcpu_id), virt_to_phys(pages) } };

	return gzvm_hvc(GZ_FN_CREATE_VCPU, &c);
}

/**
 * gzvm_arch_destroy_vcpu() - the end of a vCPU that no thread runs
 * @vm_id: its VM
 * @vcpu_id: its number
 */
void gzvm_arch_destroy_vcpu(u16 vm_id, u16 vcpu_id)
{
	struct gzvm_hvc_args c = { .arg = { GZ_TUPLE(vm_id, vcpu_id) } };

	gzvm_hvc(GZ_FN_DESTROY_VCPU, &c);
}

/**
 * gzvm_arch_run_vcpu() - runs the guest until something is for the host
 * @vm_id: its VM
 * @vcpu_id: its number
 * @regs: this vCPU's own, zeroed once: to clear all of them for each RUN costs more than the call's decoding
 * @exit: how it ended; @exit->status first, the rest only counts when that is 0
 */
void gzvm_arch_run_vcpu(u16 vm_id, u16 vcpu_id, struct gzvm_hvc_args *regs,
			struct gzvm_exit *exit)
{
	regs->arg[0] = GZ_TUPLE(vm_id, vcpu_id);
	/* Where the last call's results were. */
	regs->arg[1] = 0;
	regs->arg[2] = 0;
	gzvm_hvc(GZ_FN_RUN, regs);
	exit->status = regs->status;
	exit->reason = (u32)regs->res[0];
	exit->wake = (u32)regs->res[1];
}

/**
 * gzvm_arch_unshare() - pages a guest wants to itself are hidden (extension)
 * @vm_id: its VM
 * @vcpu_id: which vCPU asked; its last exit was MEM_UNSHARE
 * @nr: of the pages it named, how many are hidden, from the first on
 *
 * The hypervisor takes them and gives the guest its answer.
 *
 * Return: 0 or errno; who sees which page afterwards only gzvm_arch_view() knows.
 */
int gzvm_arch_unshare(u16 vm_id, u16 vcpu_id, u64 nr)
{
	struct gzvm_hvc_args c = { .arg = { GZ_TUPLE(vm_id, vcpu_id), nr } };

	return gzvm_hvc(GZ_FN_EXT_UNSHARE, &c);
}

/**
 * gzvm_arch_set_one_reg() - writes a guest register
 * @vm_id: its VM
 * @vcpu_id: its number
 * @reg: which, in the encoding of the uapi header
 * @value: zero-extended
 *
 * Return: 0 or errno; the hypervisor decides what the host may write and when.
 */
int gzvm_arch_set_one_reg(u16 vm_id, u16 vcpu_id, u64 reg, u64 value)
{
	struct gzvm_hvc_args c = { .arg = { GZ_TUPLE(vm_id, vcpu_id), reg, value } };

	return gzvm_hvc(GZ_FN_SET_ONE_REG, &c);
}
