/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what the files of vm/ share: the VM object behind the table, a vCPU's pages.
 * Never: included outside vm/.
 * Used by: vm_table.c, vm.c, vcpu.c, vm_fill.c.
 */
#ifndef VM_VM_INT_H
#define VM_VM_INT_H

#include "vm/vm.h"

enum gz_err vm_object_create(u16 id, struct vm **out) __must_check;
/* Marks it dying and makes its running vCPUs leave their guests soon. */
void vm_object_stop(struct vm *vm);
/* Needs: no reference out. GZ_EAGAIN: call again; GZ_OK: the object is gone. */
enum gz_err vm_object_destroy_slice(struct vm *vm, u32 budget_pages) __must_check;

/* Does [ipa, ipa + bytes) meet a GIC frame as far as they are known? */
bool vm_range_hits_gic(const struct vm *vm, ipa_t ipa, u64 bytes);

/* Takes the pages back from EL2. Needs: nobody runs v. */
void vcpu_unshare_pages(struct vcpu *v);
/* The one writer of vcpu->state: false when the move is not legal or another CPU was faster. */
bool vcpu_state_move(struct vcpu *v, enum vcpu_state from, enum vcpu_state to);

#endif
