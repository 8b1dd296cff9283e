/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what the files of run/ share: the state of one RUN, one function per kind of trap.
 * Never: included outside run/.
 * Used by: run*.c.
 */
#ifndef RUN_RUN_INT_H
#define RUN_RUN_INT_H

#include "arch/aarch64/esr.h"
#include "gz/guest_hvc.h"
#include "irq/gic.h"
#include "lib/percpu.h"
#include "run/run.h"
#include "timer/vtimer.h"
#include "vm/vm.h"

/* The host's side while a guest has this CPU; on EL2's stack from entry to exit. */
struct world {
	struct gic_host_state gic;
	struct vtimer_host timer;
	u64 hcr, cptr, mdcr, vmpidr, vttbr, vtcr;
	u64 brbcr, trfcr;	/* valid where the CPU has them */
	u64 el1[EL1_REG_NR];
};

struct run {
	struct vcpu *v;
	struct vm *vm;
	u64 esr;		/* of the trap being handled */
	u32 exit;		/* what a handler's helper wants answered */
	u64 value;		/* read from a register of the vGIC */
	u32 due;		/* vCPUs that the access made due */
	u32 kicks;		/* taken since the guest's world was entered */
	bool serror;		/* esr is that of an SError for the host */
	struct world w;
};

/*
 * Handlers answer 0 (go on in the guest) or the GZ_EXIT_* the host is to see. GZ_EXIT_IDLE is a wish: run_idle()
 * decides when the guest's world is left.
 */
#define RUN_RESUME 0

/* run_world.c */
void world_enter(struct run *r);
/* Returns other vCPUs that became due while state was folded. */
u32 world_leave(struct run *r);

/* run_fp.c */
u32 run_fp_trap(struct run *r);
void fp_leave(struct vcpu *v);
u64 fp_cptr_trap(void);

/* run_abort.c, run_mmio.c */
u32 run_abort(struct run *r, bool insn);
/* A register of the GIC, answered here: true, r->exit says how to go on. Needs: a data abort with valid syndrome. */
bool run_vgic_access(struct run *r, ipa_t ipa);
/* No memory: exit MMIO, or an abort where nobody can tell what was meant. */
u32 run_mmio(struct run *r, ipa_t ipa, bool insn);

/* run_sysreg.c, run_idreg.c, run_cache.c */
u32 run_sysreg(struct run *r);
u64 idreg_read(u32 crm, u32 op2);
u32 run_cache_toggle(struct run *r, u64 new_sctlr);
u32 run_set_way(struct run *r);
/* Until all the VM has been cleaned once: false (go on later). */
bool run_clean_first(struct run *r);

/* run_hvc.c, run_share.c, run_psci.c, run_trng.c */
u32 run_hvc(struct run *r);
u32 run_private_call(struct run *r, u32 fn);
u32 run_psci(struct run *r, u32 fn);
u32 run_trng(struct cpu_ctx *ctx, u32 fn);

/* run_power.c */
/* At the start of RUN and after each idle: takes up a CPU_ON or a reset. 0, GZ_EXIT_IDLE (off), GZ_EXIT_GZ. */
u32 run_power(struct run *r);

/* run_wfx.c */
u32 run_wfx(struct run *r);
/* What WFI does once the PC is past it. */
u32 run_standby(struct run *r);
/* GZ_EXIT_IDLE outside the guest's world: 0 when there is something to do after all, else what to tell the host. */
u32 run_idle(struct run *r);

/* run_report.c: the one writer of the run page. report_* only note; run_publish() writes at the end of RUN. */
u32 report_mmio(struct vcpu *v, ipa_t ipa, u32 size, bool write, u64 data);
u32 report_page_fault(struct vcpu *v, ipa_t ipa);
u32 report_hypercall(struct vcpu *v, enum vcpu_reply reply);
/* MEM_SHARE or MEM_UNSHARE of so many pages. */
u32 report_view(struct vcpu *v, u64 pages);
u32 report_event(struct vcpu *v, u32 type);
u32 report_fail(struct vcpu *v, u64 reason);
void report_idle(struct vcpu *v, u64 ticks);
void run_publish(struct vcpu *v, u32 reason);

/* run_resume.c: completes the last exit. GZ_EXIT_*: present that one again. */
u32 run_resume(struct vcpu *v);

/* run_inject.c */
u32 inject_undef(struct run *r);
u32 inject_external_abort(struct run *r, bool insn);

/* run_wake.c */
/* After a guest's own access made others due: RUN_RESUME or GZ_EXIT_IPI. */
u32 run_wake(struct run *r, u32 mask);
/* The same when the guest's world is left already: the exit to give. */
u32 run_wake_left(struct run *r, u32 mask, u32 exit);

/* Emulated: to the next instruction, as the CPU would have gone (AArch64 only). */
static inline void step_over(struct vcpu *v)
{
	v->ctx.pc += 4;
	v->ctx.pstate &= ~(u64)(PSTATE_SS | PSTATE_BTYPE);
}

static inline void skip_insn(struct run *r)
{
	step_over(r->v);
}

/* XZR reads zero, writes vanish. */
static inline u64 reg_read(const struct vcpu *v, u32 n)
{
	return n < 31 ? v->ctx.x[n] : 0;
}

static inline void reg_write(struct vcpu *v, u32 n, u64 value)
{
	if (n < 31)
		v->ctx.x[n] = value;
}

/* The low size bytes of data as the load's register sees them (Arm ARM DDI 0487, LDR*, LDRS*). */
static inline u64 mmio_extend(const struct vcpu *v, u64 data)
{
	u32 unused = 64 - 8 * v->mmio.size;
	u64 value = v->mmio.sign ? (u64)((s64)(data << unused) >> unused) : data << unused >> unused;

	return v->mmio.sf ? value : (u32)value;
}

#endif
