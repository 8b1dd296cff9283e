// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: write the instructions of a sweep into a page, run them with exceptions expected, count.
 * Never: write a register whose change would end the test itself. Arm ARM DDI 0487, "System register encoding space".
 * Used by: probe/test_sysreg.c, el1host/suite_regs.c.
 */
#include "lib/sweep.h"

#define MRS	0xd5300000u
#define MSR	0xd5100000u
#define SYS	0xd5080000u
#define SYSL	0xd5280000u
#define MOV_X0_0	0xd2800000u
#define RET	0xd65f03c0u
#define SVC_BACK	(0xd4000001u | EL0_SVC_BACK << 5)

static u32 code[1024] __attribute__((aligned(4096)));

/* op0 (2 or 3), op1, CRn, CRm, op2 as they stand in the instruction: 15 bits from bit 5. */
static u32 encoding(u32 n)
{
	return n << 5;
}

static void run_code(void *arg)
{
	((void (*)(u64))code)((u64)arg);
}

/* Writes that would end the test itself rather than show something: stack, vectors and translation are ours. */
static bool keep_hands_off(u32 n)
{
	u32 op1 = n >> 11 & 7, crn = n >> 7 & 15, crm = n >> 3 & 15, op2 = n & 7;

	if (!(n & 0x4000))
		return false;
	if (op1 == 0 && crn == 4 && crm == 1 && op2 == 0)
		return true;	/* SP_EL0 is fine, but with SPSel 0 it would be ours */
	if (op1 == 0 && crn == 4 && crm == 2 && op2 == 0)
		return true;	/* SPSel */
	return op1 == 3 && crn == 4 && crm == 2 && op2 == 2;	/* SVCR: streaming mode would change what FP means */
}

/* Reads all 32768 encodings of op0 2 and 3; returns how many were refused. */
u32 sweep_reads(void)
{
	u32 n = 0, refused = 0;
	struct exc e;

	while (n < 0x8000) {
		u32 k = 0;

		for (; k < 1022 && n < 0x8000; n++)
			code[k++] = MRS | encoding(n);
		code[k++] = RET;
		code_sync(code, sizeof(code));
		refused += exc_try(run_code, NULL, &e);
	}
	return refused;
}

u32 sweep_write_back(void)
{
	u32 n = 0, refused = 0;
	struct exc e;

	while (n < 0x8000) {
		u32 k = 0;

		for (; k < 1000 && n < 0x8000; n++) {
			if (keep_hands_off(n))
				continue;
			code[k++] = MOV_X0_0;
			code[k++] = MRS | encoding(n);
			code[k++] = MSR | encoding(n);
		}
		code[k++] = RET;
		code_sync(code, sizeof(code));
		refused += exc_try(run_code, NULL, &e);
	}
	return refused;
}

/* op0 = 1: cache, TLB, address translation and whatever else is instructions; x0 = a page nobody needs. */
u32 sweep_instructions(bool with_result)
{
	static u8 victim[8192] __attribute__((aligned(4096)));
	u32 n = 0, refused = 0;
	struct exc e;

	while (n < 0x4000) {
		u32 k = 0;

		for (; k < 1000 && n < 0x4000; n++)
			code[k++] = (with_result ? SYSL | 1 : SYS) | encoding(n);
		code[k++] = RET;
		code_sync(code, sizeof(code));
		refused += exc_try(run_code, victim, &e);
	}
	return refused;
}

u32 sweep_reads_el0(void)
{
	u32 n = 0, refused = 0;
	struct exc e;

	while (n < SWEEP_NR) {
		u32 k = 0;

		for (; k < 1020 && n < SWEEP_NR; n++)
			code[k++] = MRS | encoding(n);
		code[k++] = SVC_BACK;
		exc_expect(&e);
		el0_call((char *)code, (char *)&code[k], 0, false);
		exc_done();
		refused += e.count;
	}
	return refused;
}

u32 sweep_list(const u16 *encodings, u32 count, struct exc *e)
{
	u32 k = 0;

	while (k < count && k < 1022) {
		code[k] = MRS | encoding(encodings[k]);
		k++;
	}
	code[k++] = RET;
	code_sync(code, sizeof(code));
	return (u32)exc_try(run_code, NULL, e);
}
