// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: which registers a host may write and read through SET_ONE_REG and GET_ONE_REG, and when.
 * Never: a PSTATE that is not EL1 or EL0 in AArch64 state.
 * Called by: hvc/hvc_vcpu.c. Register ids: abi section "Register ids".
 */
#include "vm/vm_int.h"

#include "arch/aarch64/esr.h"

#define REG_ARCH		MASK(63, 56)
#define REG_ARM64		0x60
#define REG_SIZE		MASK(55, 52)
#define REG_SIZE_U64		3
#define REG_ZERO		MASK(51, 32)
#define REG_CLASS		MASK(31, 16)
#define REG_CLASS_CORE		0x0010
#define REG_CLASS_SYSREG	0x0013
#define REG_INDEX		MASK(15, 0)

/* Core index: byte offset / 4 in the structure of KVM's ABI. */
#define CORE_X30		0x3c
#define CORE_SP_EL0		0x3e
#define CORE_PC			0x40
#define CORE_PSTATE		0x42
#define CORE_SP_EL1		0x44
#define CORE_ELR_EL1		0x46
#define CORE_SPSR_EL1		0x48

#define SYSREG_SPACE		MASK(15, 7)	/* op0, op1, CRn */
#define SYSREG_ID_SPACE		(3 << 7)	/* op0 = 3, op1 = 0, CRn = 0, as a field */

#define PSTATE_ALLOWED		(PSTATE_MODE | PSTATE_DAIF | PSTATE_PAN | PSTATE_UAO | PSTATE_SSBS | PSTATE_NZCV)

static bool pstate_ok(u64 value)
{
	u64 mode = value & PSTATE_MODE;

	if (value & ~PSTATE_ALLOWED)
		return false;
	return mode == PSTATE_EL0T || mode == PSTATE_EL1T || mode == PSTATE_EL1H;
}

static u64 *core_reg(struct vcpu *v, u64 index)
{
	if (index <= CORE_X30)
		return index % 2 ? NULL : &v->ctx.x[index / 2];
	switch (index) {
	case CORE_SP_EL0:
		return &v->ctx.el1[R_SP_EL0];
	case CORE_PC:
		return &v->ctx.pc;
	case CORE_PSTATE:
		return &v->ctx.pstate;
	case CORE_SP_EL1:
		return &v->ctx.el1[R_SP_EL1];
	case CORE_ELR_EL1:
		return &v->ctx.el1[R_ELR];
	case CORE_SPSR_EL1:
		return &v->ctx.el1[R_SPSR];
	default:
		return NULL;
	}
}

#define RESET_X0	BIT(0)
#define RESET_PC	BIT(1)
#define RESET_PSTATE	BIT(2)

/*
 * A VMM resets in place: it writes PC, X0 and PSTATE of vCPU 0, which ran before, in any order. Of a VM that SYSTEM_OFF
 * or RESET parked the first write is enough to know; else all three are. The machine is reset at the next RUN.
 */
static void note_reset(struct vcpu *v, u64 index)
{
	u64 pc = v->ctx.pc, x0 = v->ctx.x[0], pstate = v->ctx.pstate;

	v->reset_mask |= index == 0 ? RESET_X0 : index == CORE_PC ? RESET_PC : index == CORE_PSTATE ? RESET_PSTATE : 0;
	if (!v->ever_ran || v->reset_pending || v->reset_mask != (RESET_X0 | RESET_PC | RESET_PSTATE))
		return;
	vm_park(v->vm);
	vcpu_reset(v, pc, x0);
	v->ctx.pstate = pstate;
	v->reset_pending = true;
}

static void begin_reset(struct vcpu *v)
{
	if (!READ_ONCE(v->vm->system_event_sent) || v->reset_pending)
		return;
	vcpu_reset(v, 0, 0);
	v->reset_pending = true;
	v->pc_set = false;
}

static enum gz_err set_core(struct vcpu *v, u64 index, u64 value)
{
	u64 *reg = core_reg(v, index);

	if (!reg)
		return GZ_EINVAL;
	if (index == CORE_PSTATE && !pstate_ok(value))
		return GZ_EINVAL;
	if (v->index != 0)	/* PSCI CPU_ON decides; clients set PSTATE of every vCPU */
		return index == CORE_PSTATE ? GZ_OK : GZ_EINVAL;
	begin_reset(v);
	*reg = value;
	if (index == CORE_PC) {
		v->pc_set = true;
		vcpu_forget_exit(v);	/* its instruction is not the one at the new PC */
	}
	note_reset(v, index);
	return GZ_OK;
}

static bool id_ok(u64 id)
{
	return field_get(REG_ARCH, id) == REG_ARM64 && !(id & REG_ZERO) && field_get(REG_SIZE, id) == REG_SIZE_U64;
}

enum gz_err vcpu_set_one_reg(struct vcpu *v, u64 id, u64 value)
{
	if (guest_mem_private(&v->vm->mem))	/* a reset in place included: make a new VM */
		return GZ_ESTATE;
	if (!id_ok(id))
		return GZ_EINVAL;
	switch (field_get(REG_CLASS, id)) {
	case REG_CLASS_CORE:
		return set_core(v, field_get(REG_INDEX, id), value);
	case REG_CLASS_SYSREG:
		/* A client may write ID registers; what the guest sees is decided here, so the value is ignored. */
		return field_get(SYSREG_SPACE, id) == SYSREG_ID_SPACE ? GZ_OK : GZ_EINVAL;
	default:
		return GZ_EINVAL;
	}
}

enum gz_err vcpu_get_one_reg(struct vcpu *v, u64 id, u64 *value)
{
	u64 *reg;

	if (guest_mem_private(&v->vm->mem))
		return GZ_ESTATE;
	if (!id_ok(id) || field_get(REG_CLASS, id) != REG_CLASS_CORE)
		return GZ_EINVAL;
	reg = core_reg(v, field_get(REG_INDEX, id));
	if (!reg)
		return GZ_EINVAL;
	*value = *reg;
	return GZ_OK;
}
