/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: ID registers as the host sees them where EL2 hides a feature from it (SME: its state is not switched).
 * Never: answer for a register outside the ID block.
 * Called by: host/host_trap.c, only on CPUs with SME.
 */
#include "arch/aarch64/cpu.h"
#include "arch/aarch64/regs.h"
#include "insn/sysreg.h"

/* ISS of a trapped MRS: Op0 21:20, Op2 19:17, Op1 16:14, CRn 13:10, CRm 4:1, direction 0. */
#define ISS_OP2		MASK(19, 17)
#define ISS_CRM		MASK(4, 1)
#define ISS_ID_BLOCK	(MASK(21, 20) | MASK(16, 14) | MASK(13, 10) | BIT(0))
#define ISS_ID_VALUE	(MASK(21, 20) | BIT(0))
#define PFR1_SME	MASK(27, 24)

#define CASE(m, n)	case (m) * 8 + (n): return sysreg_read(s3_0_c0_c##m##_##n);
#define ROW(m)		CASE(m, 0) CASE(m, 1) CASE(m, 2) CASE(m, 3) CASE(m, 4) CASE(m, 5) CASE(m, 6) CASE(m, 7)

static u64 id_register(u32 crm, u32 op2)
{
	switch (crm * 8 + op2) {
	ROW(1) ROW(2) ROW(3) ROW(4) ROW(5) ROW(6) ROW(7)
	default:
		return 0;
	}
}

bool cpu_host_id_read(u64 iss, u64 *value)
{
	u32 crm = (u32)field_get(ISS_CRM, iss), op2 = (u32)field_get(ISS_OP2, iss);

	if ((iss & ISS_ID_BLOCK) != ISS_ID_VALUE || crm == 0 || crm > 7)
		return false;
	*value = id_register(crm, op2);
	if (crm == 4 && op2 == 1)
		*value &= ~PFR1_SME;
	if (crm == 4 && op2 == 5)	/* ID_AA64SMFR0_EL1 */
		*value = 0;
	return true;
}
