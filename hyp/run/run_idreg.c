// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the ID registers a guest sees: what EL2 does not switch or emulate is not there.
 * Never: show a field this file does not name: new features stay hidden until their state is switched.
 * Called by: run_sysreg.c. Arm ARM (DDI 0487), "ID_AA64*_EL1".
 */
#include "run/run_int.h"

#include "insn/sysreg.h"

#define F(shift)	MASK((shift) + 3, shift)

/* EL0, EL1, FP, AdvSIMD, GIC, DIT, CSV2, CSV3. Without: EL2, EL3, RAS, SVE, SEL2, MPAM, AMU, RME. */
#define PFR0_KEEP	(F(0) | F(4) | F(16) | F(20) | F(24) | F(48) | F(56) | F(60))
/* BT, SSBS. Without: MTE, SME, the rest. */
#define PFR1_KEEP	(F(0) | F(4))
/* Without TME. */
#define ISAR0_KEEP	(F(4) | F(8) | F(12) | F(16) | F(20) | F(28) | F(32) | F(36) | F(40) | F(44) | F(48) | F(52) | \
			 F(56) | F(60))
/* Without XS and LS64: HCRX_EL2 is zero for guests. */
#define ISAR1_KEEP	(F(0) | F(4) | F(8) | F(12) | F(16) | F(20) | F(24) | F(28) | F(32) | F(36) | F(40) | F(44) | \
			 F(48) | F(52))
/* RPRES, GPA3, APA3, BC, PAC_frac, CLRBHB. Without WFxT, MOPS. */
#define ISAR2_KEEP	(F(4) | F(8) | F(12) | F(20) | F(24) | F(28))
/* PARange, ASIDBits, TGran16, 64, 4. Without big endian: devices are read little endian. */
#define MMFR0_KEEP	(F(0) | F(4) | F(20) | F(24) | F(28))
/* HAFDBS, HPDS, PAN, ETS, nTLBPA, ECBHB, AFP. */
#define MMFR1_KEEP	(F(0) | F(12) | F(20) | F(36) | F(44) | F(48) | F(60))
/* CnP, UAO, LSM, VARange, CCIDX, ST, AT, IDS, TTL, BBM, E0PD. */
#define MMFR2_KEEP	(F(0) | F(4) | F(8) | F(16) | F(20) | F(28) | F(32) | F(36) | F(48) | F(52) | F(60))
/* Armv8 debug, two breakpoints, two watchpoints, no PMU, no trace, no double lock. */
#define DFR0_VALUE	(6 | BIT(12) | BIT(20) | F(36))

#define PFR0_EL0	F(0)
#define PFR0_EL1	F(4)
#define PFR0_GIC	F(24)
#define PFR0_CSV2	F(56)
#define MMFR0_PARANGE	F(0)
#define PARANGE_40	2

static u64 at_most(u64 value, u64 field, u64 most)
{
	return field_get(field, value) <= most ? value : (value & ~field) | field_prep(field, most);
}

static u64 pfr0(void)
{
	u64 v = sysreg_read(id_aa64pfr0_el1) & PFR0_KEEP;

	/* AArch64 only, GICv3, and no SCXTNUM_EL1 (its value would have to be switched). */
	v = at_most(v, PFR0_EL0, 1);
	v = at_most(v, PFR0_EL1, 1);
	v = at_most(v, PFR0_GIC, 1);
	return at_most(v, PFR0_CSV2, 1);
}

static u64 mmfr0(void)
{
	static_assert(GUEST_IPA_BITS == 40, "PARANGE_40 says it to the guest");
	return at_most(sysreg_read(id_aa64mmfr0_el1) & MMFR0_KEEP, MMFR0_PARANGE, PARANGE_40);
}

u64 idreg_read(u32 crm, u32 op2)
{
	switch (crm << 4 | op2) {
	case 0x40:
		return pfr0();
	case 0x41:
		return sysreg_read(id_aa64pfr1_el1) & PFR1_KEEP;
	case 0x50:
		return DFR0_VALUE;
	case 0x60:
		return sysreg_read(id_aa64isar0_el1) & ISAR0_KEEP;
	case 0x61:
		return sysreg_read(id_aa64isar1_el1) & ISAR1_KEEP;
	case 0x62:
		return sysreg_read_s(ID_AA64ISAR2_EL1_) & ISAR2_KEEP;
	case 0x70:
		return mmfr0();
	case 0x71:
		return sysreg_read(id_aa64mmfr1_el1) & MMFR1_KEEP;
	case 0x72:
		return sysreg_read_s(ID_AA64MMFR2_EL1_) & MMFR2_KEEP;
	default:
		return 0;
	}
}
