/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a VM of bench-vm, from its memory to its end, over gz's own back ends.
 * Never: have an own idea of an ioctl.
 * Used by: vm.c, vm_rows.c, vm_growth.c.
 */
#ifndef BENCHLIB_VM_H
#define BENCHLIB_VM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench.h"
#include "boot/kernel.h"
#include "hv/hv.h"

#define BLOCK		UINT64_C(0x200000)
#define MIB		(UINT64_C(1) << 20)

enum backing { PAGES, BLOCKS, PRIVATE, PRIVATE_BLOCKS };	/* private: a protected VM */

struct vm {
	struct hv hv;
	struct gmem mem, pool;
	struct hv_vcpu vcpu;
	struct boot_image img;
	bool protected;
	pthread_t thread;
	uint64_t begun;
	volatile struct bench_box *box;
};

extern const char *device, *kernel, *only;
extern bool mark;		/* the next end of a VM is what is profiled */

uint64_t now(void);
void fail(const char *what);
bool wanted(const char *name);
/* The mean without the dearest 1/32, as in the guest. */
void report(const char *name, uint64_t *sample, unsigned int n);
/* Whether this hypervisor has protected VMs; without, those rows stay empty. */
bool protects(void);
/* A VM up to its first instruction. Kernel and mailbox are in memory before the clock starts. */
void start(struct vm *v, enum bench_role role, uint64_t size, enum backing backing, bool present);
void run_here(struct vm *v);
/* The vCPU gets a CPU of its own, so "running" means what it says. */
void run_apart(struct vm *v);
/* Ticks from closing the VM to its end; its memory is given back after that. */
uint64_t stop(struct vm *v);
/* vm_growth.c: what grows with memory and with the number of VMs. */
void growth(void);

#endif
