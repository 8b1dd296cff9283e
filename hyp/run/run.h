/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: RUN: from the host's call into the guest and back, with everything EL2 answers itself.
 * Never: panic or wait on what a guest or the host does.
 * Used by: hvc/hvc_vcpu.c; run/ internals are in run/run_int.h.
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "vm/vm.h"

/*
 * Memory for each CPU's vector registers of the host. Boot: what is never given back must not lie in a block that the host may want
 * back. GZ_ENOMEM.
 */
enum gz_err run_prepare_cpus(void) __must_check;
/* Runs a claimed vCPU until an exit the host must see. Returns GZ_EXIT_*; the run page and v->wake_mask are filled. */
u32 vcpu_run(struct vcpu *v);
/* A RUN that could not even claim a vCPU still needs a valid exit reason: GZ_EXIT_FAIL_ENTRY. */
u32 run_fail_reason_of(enum gz_err err);
/*
 * EXT_UNSHARE: of what the last exit, MEM_UNSHARE, names the host has hidden the first pages. They are made private and the
 * guest gets its answer; *done is how many. GZ_ESTATE: no such exit, or answered. Needs: v claimed.
 */
enum gz_err run_unshare(struct vcpu *v, u64 pages, u64 *done) __must_check;
/* INFORM_EXIT: the last user-space exit that vm returned on this CPU was not delivered. */
void run_inform_exit(struct vm *vm);

#endif
