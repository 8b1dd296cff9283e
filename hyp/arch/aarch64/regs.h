/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: names for the bits of the control registers EL2 writes, and for registers the assembler may not know by name.
 * Never: a value that depends on the machine; cpu_init.c combines them.
 * Used by: arch, boot, host, run. Arm ARM DDI 0487 "AArch64 System Register Descriptions".
 */
#ifndef ARCH_REGS_H
#define ARCH_REGS_H

#define PSTATE_EL1H_MASKED	0x3c5		/* D A I F, EL1h */

#define SCTLR_EL2_RES1		0x30c50830
#define SCTLR_EL1_RES1		0x30d00800	/* MMU, caches off, little endian */
#define SCTLR_M			(1 << 0)
#define SCTLR_C			(1 << 2)
#define SCTLR_SA		(1 << 3)
#define SCTLR_I			(1 << 12)
#define SCTLR_WXN		(1 << 19)
#define SCTLR_EnIA		0x80000000

/* Attribute indexes of EL2's stage 1: 0 Normal write-back, 1 Device-nGnRE, 2 Normal non-cacheable. */
#define MAIR_EL2_VALUE		0x4404ff
#define TCR_EL2_BASE		0x80803510	/* RES1, T0SZ 16, inner and outer write-back, inner shareable, 4 KiB; PS is added */
#define TCR_EL1_BASE		0x803510	/* the same, TTBR1 walks off */

#ifndef __ASSEMBLER__
#include "lib/types.h"

#define HCR_VM			BIT(0)
#define HCR_FMO			BIT(3)
#define HCR_IMO			BIT(4)
#define HCR_AMO			BIT(5)
#define HCR_VSE			BIT(8)
#define HCR_TID3		BIT(18)
#define HCR_TSC			BIT(19)
#define HCR_RW			BIT(31)
#define HCR_APK			BIT(40)
#define HCR_API			BIT(41)
#define HCR_FWB			BIT(46)
#define HCR_ENSCXT		BIT(53)
#define HCR_ATA			BIT(56)

#define CPTR_RES1		0x22ff		/* as without SVE and SME, less TZ and TSM */
#define CPTR_TZ			BIT(8)
#define CPTR_TSM		BIT(12)

#define MDCR_HPMN		MASK(4, 0)
#define MDCR_HPMD		BIT(17)
#define MDCR_HCCD		BIT(23)

#define CNTHCTL_EL1PCTEN	BIT(0)
#define CNTHCTL_EL1PCEN		BIT(1)

#define PMCR_N			MASK(15, 11)

#define HCRX_EnAS0		BIT(0)
#define HCRX_EnALS		BIT(1)
#define HCRX_EnASR		BIT(2)
#define HCRX_MSCEn		BIT(11)
#define HCRX_TCR2En		BIT(14)
#define HCRX_SCTLR2En		BIT(15)
#define HCRX_GCSEn		BIT(22)
#define HCRX_EnFPM		BIT(23)

/* Fine-grained traps whose 0 means "trap". */
#define HFG_nACCDATA		BIT(50)
#define HFG_nGCS_EL0		BIT(52)
#define HFG_nGCS_EL1		BIT(53)
#define HFG_nPIRE0		BIT(57)
#define HFG_nPIR		BIT(58)
#define HFG_nPOR_EL0		BIT(59)
#define HFG_nPOR_EL1		BIT(60)
#define HFG_nMAIR2		BIT(62)
#define HFG_nAMAIR2		BIT(63)
#define HFGITR_nGCSPUSHM	BIT(57)
#define HFGITR_nGCSSTR		BIT(58)
#define HFGITR_nGCSEPP		BIT(59)
#define HFGITR_nBRBINJ		BIT(55)
#define HFGITR_nBRBIALL		BIT(56)
#define HDFG_nBRBIDR		BIT(59)
#define HDFG_nBRBCTL		BIT(60)
#define HDFG_nBRBDATA		BIT(61)
#define HDFG_nPMSNEVFR		BIT(62)
#define HDFG2_nPMU		MASK(4, 2)	/* PMICNTR, PMICFILTR, PMUACR */

/* Exception classes and abort syndromes of a trap to EL2 that the host side looks at. */
#define ESR_EC_SHIFT		26
#define EC_UNKNOWN		0x00
#define EC_HVC64		0x16
#define EC_SMC64		0x17
#define EC_SYSREG		0x18
#define EC_IABT_LOW		0x20
#define EC_IABT_CUR		0x21
#define EC_DABT_LOW		0x24
#define EC_DABT_CUR		0x25
#define ESR_IL			BIT(25)
#define ABT_WNR			BIT(6)
#define ABT_S1PTW		BIT(7)
#define FSC_EXTERNAL		0x10
#define FSC_EXTERNAL_WALK	0x14
#define FSC_ALIGNMENT		0x21
#define HPFAR_FIPA		MASK(43, 4)

#endif

/* Encodings of registers newer than the assembler's base architecture (sysreg_read_s, sysreg_write_s). */
#define ID_AA64MMFR2_EL1_	s3_0_c0_c7_2
#define ID_AA64MMFR3_EL1_	s3_0_c0_c7_3
#define ID_AA64ISAR2_EL1_	s3_0_c0_c6_2
#define ID_AA64PFR2_EL1_	s3_0_c0_c4_2
#define HCRX_EL2_		s3_4_c1_c2_2
#define HFGRTR_EL2_		s3_4_c1_c1_4
#define HFGWTR_EL2_		s3_4_c1_c1_5
#define HFGITR_EL2_		s3_4_c1_c1_6
#define HDFGRTR_EL2_		s3_4_c3_c1_4
#define HDFGWTR_EL2_		s3_4_c3_c1_5
#define HAFGRTR_EL2_		s3_4_c3_c1_6
#define HDFGRTR2_EL2_		s3_4_c3_c1_0
#define HDFGWTR2_EL2_		s3_4_c3_c1_1
#define HFGRTR2_EL2_		s3_4_c3_c1_2
#define HFGWTR2_EL2_		s3_4_c3_c1_3
#define HFGITR2_EL2_		s3_4_c3_c1_7
#define ZCR_EL2_		s3_4_c1_c2_0
#define CNTPOFF_EL2_		s3_4_c14_c0_6
#define CNTHV_CTL_EL2_		s3_4_c14_c3_1
#define TRFCR_EL2_		s3_4_c1_c2_1
#define PMSCR_EL2_		s3_4_c9_c9_0
#define BRBCR_EL1_		s2_1_c9_c0_0
#define TRFCR_EL1_		s3_0_c1_c2_1
#define BRBCR_EL2_		s2_4_c9_c0_0
#define MPAM2_EL2_		s3_4_c10_c5_0
#define VSESR_EL2_		s3_4_c5_c2_3
#define GCSCR_EL2_		s3_4_c2_c5_0

#endif
