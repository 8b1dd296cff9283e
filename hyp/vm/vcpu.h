/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a virtual CPU: state machine, registers, GIC and timer share, what its last exit still owes.
 * Never: state the host can reach, but through run/run_report.c and the two pages it shares.
 * Used by: run, hvc, vm.
 */
#ifndef VM_VCPU_H
#define VM_VCPU_H

#include "arch/aarch64/context.h"
#include "gz/vcpu_pages.h"
#include "irq/vgic.h"
#include "lib/addr.h"
#include "lib/err.h"
#include "timer/vtimer.h"

/* Life cycle; vm/vcpu.c has the table of legal moves and the only writer. */
enum vcpu_state {
	VCPU_OFF = 0,		/* slot empty or destroyed */
	VCPU_READY,		/* created, may be entered by RUN */
	VCPU_RUNNING,		/* inside RUN on one physical CPU */
	VCPU_DYING,
	VCPU_STATES
};

/* PSCI power state, changed under vm->power_lock. */
enum vcpu_power { POWER_OFF = 0, POWER_ON_PENDING, POWER_ON };

/* What the last exit left to be completed at the next RUN; private, the run page is never asked. */
enum vcpu_reply { REPLY_NONE, REPLY_MMIO_READ, REPLY_MMIO_WRITE, REPLY_HYPERCALL, REPLY_NOTHING };

struct vm;

struct vcpu {
	struct cpu_ctx ctx;		/* first: switch.S */
	struct vm *vm;
	u8 index;
	u32 state;			/* enum vcpu_state, atomics only */
	s32 running_cpu;		/* physical CPU while its guest may be running, else -1; written by that CPU, read by kickers after a full barrier */
	bool wfi;			/* waits for an interrupt: RUN without one is IDLE again */
	u32 idle;			/* its last exit told the host to sleep; an interrupt for it needs exit IPI */
	u32 power;			/* enum vcpu_power, written under vm->power_lock */
	u64 on_pc, on_x0;		/* CPU_ON in flight */
	bool ever_ran;
	bool pc_set;			/* boot vCPU: the host gave it an entry point */
	bool reset_pending;		/* vCPU 0 is being given its registers anew */
	u8 reset_mask;			/* which of PC, X0, PSTATE were written since the last RUN */
	enum vcpu_reply reply;
	struct { u8 reg, size; bool sign, sf; } mmio;	/* decoded syndrome of the pending MMIO exit */
	struct { u64 ipa, pages; } unshare;	/* MEM_UNSHARE the host has been told of, until its answer or the next RUN */
	u32 exit_seq;			/* number of the last exit */
	u32 undelivered;		/* INFORM_EXIT: user space never saw the exit of this number: present it again */
	struct gz_run_page exit;	/* what was or is to be reported, built in EL2's memory */
	u64 hcr;			/* HCR_EL2 while it runs */
	u64 clean_cursor;		/* set/way or cache switch: how far memory is cleaned */
	bool fp_live;			/* guest FP registers are in the CPU (this RUN) */
	struct vgic_cpu vgic;
	struct vtimer timer;
	pa_t run_pa, hwstate_pa;	/* host pages, shared with EL2 from the first RUN on */
	bool pages_shared;
	struct gz_run_page *run;	/* EL2 mapping of them, valid while pages_shared */
	struct gz_hwstate_page *hwstate;
	u32 wake_mask;			/* exit IPI: vCPUs the host is to wake */
	u32 wake_late;			/* vCPUs to wake that an exit of another kind could not name */
};

#endif
