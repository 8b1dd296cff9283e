// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: every encoding of the system instruction space, read, written back and executed, at EL1 and EL0: never fatal.
 * Never: an expectation on implementation defined values; ID space and EL2 space have rules, and those are checked.
 * Used by: probe/main.c. Arm ARM DDI 0487, "System register encoding space".
 */
#include "probe/probe.h"

#define MRS	0xd5300000u
#define MSR	0xd5100000u
#define SYS	0xd5080000u
#define SYSL	0xd5280000u
#define MOV_X0_0	0xd2800000u
#define RET	0xd65f03c0u
#define NOP	0xd503201fu
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
static u32 sweep_reads(void)
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

static u32 sweep_write_back(void)
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
static u32 sweep_instructions(bool with_result)
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

TEST(sysreg_sweep__all_reads__never_fatal)
{
	u32 refused = sweep_reads();

	EXPECT(refused > 20000 && refused < 0x8000);
	printf("  %u of 32768 encodings undefined\n", refused);
}

TEST(sysreg_sweep__all_written_back__never_fatal)
{
	gic_clean();
	EXPECT(sweep_write_back() > 20000);
	EXPECT_EQ(icc_read(ICC_IGRPEN1), 1);
}

TEST(sysreg_sweep__all_instructions__never_fatal)
{
	EXPECT(sweep_instructions(false) > 0);
	EXPECT(sweep_instructions(true) > 0);
}

/* ID space: op0 3, op1 0, CRn 0, CRm 1 to 7 (0 holds MIDR, MPIDR, REVIDR) reads something, zero where nothing is. */
TEST(id_space__every_register__readable)
{
	struct exc e;
	u32 k = 0;

	for (u32 crm = 1; crm < 8; crm++)
		for (u32 op2 = 0; op2 < 8; op2++)
			code[k++] = MRS | encoding(0x4000 | crm << 3 | op2);
	code[k++] = RET;
	code_sync(code, sizeof(code));
	EXPECT_EQ(exc_try(run_code, NULL, &e), 0);
}

/* op1 4 to 7 belong to EL2, EL3 and secure EL1; 5 is the *_EL12 view. */
TEST(el2_space__every_register__undefined)
{
	struct exc e;
	u32 k = 0;

	for (u32 crn = 0; crn < 15; crn++) {
		k = 0;
		for (u32 op1 = 4; op1 < 6; op1++)
			for (u32 low = 0; low < 128; low++)
				if (crn != 11)
					code[k++] = MRS | encoding(0x4000 | op1 << 11 | crn << 7 | low);
		code[k++] = RET;
		code_sync(code, sizeof(code));
		EXPECT_EQ(exc_try(run_code, NULL, &e), k - 1);
		EXPECT(e.count == 0 || e.esr >> 26 == 0);
	}
}

/* What EL2 does not switch is hidden: a guest is told it is not there. */
TEST(id_registers__hidden_features__absent)
{
	u64 pfr0 = sysreg_read(id_aa64pfr0_el1), dfr0 = sysreg_read(id_aa64dfr0_el1), pfr1 = sysreg_read(id_aa64pfr1_el1);

	if (!plat.gz)
		return;
	EXPECT_EQ(pfr0 >> 32 & 0xf, 0);		/* SVE */
	EXPECT_EQ(pfr0 >> 44 & 0xf, 0);		/* AMU */
	EXPECT_EQ(pfr0 >> 24 & 0xf, 1);		/* GIC system registers */
	EXPECT_EQ(pfr1 >> 24 & 0xf, 0);		/* SME */
	EXPECT_EQ(pfr1 >> 8 & 0xf, 0);		/* MTE */
	EXPECT_EQ(dfr0 >> 32 & 0xf, 0);		/* SPE */
	EXPECT_EQ(dfr0 >> 44 & 0xf, 0);		/* trace buffer */
	EXPECT((dfr0 >> 8 & 0xf) == 0 || (dfr0 >> 8 & 0xf) == 0xf);	/* PMU */
}

/* The same reads from EL0, in the user block. */
TEST(sysreg_sweep__reads_at_el0__never_fatal)
{
	u32 n = 0, refused = 0;
	struct exc e;

	while (n < 0x8000) {
		u32 k = 0;

		for (; k < 1020 && n < 0x8000; n++)
			code[k++] = MRS | encoding(n);
		code[k++] = SVC_BACK;
		exc_expect(&e);
		el0_call((char *)code, (char *)&code[k], 0, false);
		exc_done();
		refused += e.count;
	}
	EXPECT(refused > 30000 && refused < 0x8000);
}

void suite_sysreg(void)
{
	RUN_TEST(id_space__every_register__readable);
	RUN_TEST(el2_space__every_register__undefined);
	RUN_TEST(id_registers__hidden_features__absent);
	RUN_TEST(sysreg_sweep__all_reads__never_fatal);
	RUN_TEST(sysreg_sweep__all_instructions__never_fatal);
	RUN_TEST(sysreg_sweep__reads_at_el0__never_fatal);
	RUN_TEST(sysreg_sweep__all_written_back__never_fatal);
}
