// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: every encoding of the system instruction space, read, written back and executed, at EL1 and EL0: never fatal.
 * Never: an expectation on implementation defined values; ID space and EL2 space have rules, and those are checked.
 * Used by: probe/main.c.
 */
#include "lib/sweep.h"
#include "probe/probe.h"

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
	u16 list[64];
	struct exc e;
	u32 k = 0;

	for (u32 crm = 1; crm < 8; crm++)
		for (u32 op2 = 0; op2 < 8; op2++)
			list[k++] = SYSREG(3, 0, 0, crm, op2);
	EXPECT_EQ(sweep_list(list, k, &e), 0);
}

/* op1 4 to 7 belong to EL2, EL3 and secure EL1; 5 is the *_EL12 view. */
TEST(el2_space__every_register__undefined)
{
	static u16 list[256];
	struct exc e;

	for (u32 crn = 0; crn < 15; crn++) {
		u32 k = 0;

		if (crn == 11)
			continue;
		for (u32 op1 = 4; op1 < 6; op1++)
			for (u32 low = 0; low < 128; low++)
				list[k++] = SYSREG(3, op1, crn, low >> 3, low & 7);
		EXPECT_EQ(sweep_list(list, k, &e), k);
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
	u32 refused = sweep_reads_el0();

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
