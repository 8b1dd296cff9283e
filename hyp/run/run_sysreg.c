// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: trapped MRS and MSR of a guest, and set/way cache maintenance.
 * Never: fatal: what is unknown is undefined to the guest, ID space reads zero.
 * Called by: run.c.
 */
#include "run/run_int.h"

#include "insn/sysreg.h"

#define REG(op0, op1, crn, crm, op2)	VTIMER_ISS(op0, op1, crn, crm, op2)
#define REG_OP0(reg)	((reg) >> 20 & 3)
#define REG_OP2(reg)	((reg) >> 17 & 7)
#define REG_OP1(reg)	((reg) >> 14 & 7)
#define REG_CRN(reg)	((reg) >> 10 & 0xf)
#define REG_CRM(reg)	((reg) >> 1 & 0xf)

#define ICC_SGI1R	REG(3, 0, 12, 11, 5)
#define ICC_ASGI1R	REG(3, 0, 12, 11, 6)
#define ICC_SGI0R	REG(3, 0, 12, 11, 7)
#define ICC_DIR		REG(3, 0, 12, 11, 1)
#define ICC_SRE		REG(3, 0, 12, 12, 5)
#define ICC_SRE_VALUE	0x7		/* system registers, no bypass; fixed */
#define ACTLR		REG(3, 0, 1, 0, 1)
#define SCTLR		REG(3, 0, 1, 0, 0)
#define DC_ISW		REG(1, 0, 7, 6, 2)
#define DC_CSW		REG(1, 0, 7, 10, 2)
#define DC_CISW		REG(1, 0, 7, 14, 2)
#define MDSCR		REG(2, 0, 0, 2, 2)
#define OSLSR		REG(2, 0, 1, 1, 4)
#define OSLSR_UNLOCKED	BIT(3)		/* OS lock implemented, not locked */
#define MDSCR_OURS	(BIT(0) | BIT(12) | BIT(13))	/* SS, TDCC, KDE: all that works without breakpoint registers */

/* Every handler below: true when the register is its own. */
struct access {
	u32 reg;		/* as VTIMER_ISS names it */
	bool write;
	u64 value;		/* written, or to be read */
	u32 exit;		/* what the handler answers */
	bool done;		/* the handler stepped over the instruction itself */
};

static bool access_gic(struct run *r, struct access *a)
{
	struct vgic *g = &r->vm->vgic;
	u8 cpu = r->v->index;

	if (a->reg == ICC_SRE) {
		a->value = ICC_SRE_VALUE;
		return true;
	}
	if (!a->write)
		return false;
	switch (a->reg) {
	case ICC_DIR:
		a->exit = run_wake(r, vgic_dir(g, cpu, a->value));
		return true;
	case ICC_SGI0R:
	case ICC_ASGI1R:	/* group 0: there is none */
		return true;
	default:
		return false;
	}
}

/* HCR_EL2.TVM traps writes while caches are off: they go through, SCTLR_EL1 is what is waited for. */
static bool access_vm_control(struct run *r, struct access *a)
{
	if (!a->write)
		return false;
	switch (a->reg) {
	case SCTLR:
		a->exit = run_cache_toggle(r, a->value);
		a->done = true;
		break;
	case REG(3, 0, 2, 0, 0): sysreg_write(ttbr0_el1, a->value); break;
	case REG(3, 0, 2, 0, 1): sysreg_write(ttbr1_el1, a->value); break;
	case REG(3, 0, 2, 0, 2): sysreg_write(tcr_el1, a->value); break;
	case REG(3, 0, 5, 1, 0): sysreg_write(afsr0_el1, a->value); break;
	case REG(3, 0, 5, 1, 1): sysreg_write(afsr1_el1, a->value); break;
	case REG(3, 0, 5, 2, 0): sysreg_write(esr_el1, a->value); break;
	case REG(3, 0, 6, 0, 0): sysreg_write(far_el1, a->value); break;
	case REG(3, 0, 10, 2, 0): sysreg_write(mair_el1, a->value); break;
	case REG(3, 0, 10, 3, 0): sysreg_write(amair_el1, a->value); break;
	case REG(3, 0, 13, 0, 1): sysreg_write(contextidr_el1, a->value); break;
	default:
		return false;
	}
	return true;
}

/* Debug: single step works; breakpoint and watchpoint registers read zero and ignore writes. */
static bool access_debug(struct access *a)
{
	if (REG_OP0(a->reg) != 2 || (REG_OP1(a->reg) != 0 && REG_OP1(a->reg) != 3))
		return false;
	if (a->reg == MDSCR && a->write)
		sysreg_write(mdscr_el1, a->value & MDSCR_OURS);
	else if (a->reg == MDSCR)
		a->value = sysreg_read(mdscr_el1);
	else
		a->value = a->reg == OSLSR ? OSLSR_UNLOCKED : 0;
	return true;
}

static bool access_id(struct access *a)
{
	if (a->write || REG_OP0(a->reg) != 3 || REG_OP1(a->reg) != 0 || REG_CRN(a->reg) != 0)
		return false;
	a->value = idreg_read(REG_CRM(a->reg), REG_OP2(a->reg));
	return true;
}

static bool access_any(struct run *r, struct access *a)
{
	struct vcpu *v = r->v;

	switch (a->reg) {
	case DC_ISW:
	case DC_CSW:
	case DC_CISW:
		a->exit = run_set_way(r);
		a->done = true;
		return true;
	case ACTLR:	/* RAZ/WI */
		a->value = 0;
		return true;
	default:
		return access_gic(r, a) || vtimer_sysreg(&v->timer, &r->vm->vgic, &v->vgic, a->reg, a->write, &a->value) ||
		       access_id(a) || access_debug(a) || access_vm_control(r, a);
	}
}

static u32 send_sgi(struct run *r, u64 value)
{
	skip_insn(r);
	return run_wake(r, vgic_sgi1r(&r->vm->vgic, r->v->index, value));
}

u32 run_sysreg(struct run *r)
{
	struct vcpu *v = r->v;
	u32 rt = (u32)field_get(SYSREG_RT, r->esr);
	struct access a;

	/* By far the most frequent. */
	if ((r->esr & ESR_ISS & ~SYSREG_RT) == ICC_SGI1R)
		return send_sgi(r, reg_read(v, rt));
	/* Field by field: the compiler clears a whole structure by a call. */
	a.reg = (u32)(r->esr & ESR_ISS & ~(SYSREG_RT | SYSREG_READ));
	a.write = !(r->esr & SYSREG_READ);
	a.value = a.write ? reg_read(v, rt) : 0;
	a.exit = RUN_RESUME;
	a.done = false;
	if (!access_any(r, &a))
		return inject_undef(r);
	if (a.done)
		return a.exit;
	if (!a.write)
		reg_write(v, rt, a.value);
	skip_insn(r);
	return a.exit;
}
