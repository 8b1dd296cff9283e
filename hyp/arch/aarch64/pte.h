/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: bits of VMSAv8-64 descriptors (4 KiB granule), VTCR_EL2, VTTBR_EL2 (Arm ARM DDI 0487,
 *      "VMSAv8-64 translation table format descriptors").
 * Never: code with effect; pte_replace.c is what stores descriptors.
 * Used by: mm.
 */
#ifndef ARCH_PTE_H
#define ARCH_PTE_H

#include "lib/types.h"

#define PTE_VALID		BIT(0)
#define PTE_TABLE		BIT(1)		/* levels 0..2: table; level 3: page */
#define PTE_AF			BIT(10)
#define PTE_SH			MASK(9, 8)
#define SH_INNER		3
#define PTE_ADDR		MASK(47, 12)

/* Indexes into MAIR_EL2, whose value is in regs.h. */
#define MAIR_IDX_NORMAL		0	/* write-back, allocate */
#define MAIR_IDX_DEVICE		1	/* Device-nGnRE */
#define PTE_S1_ATTR_IDX		MASK(4, 2)
#define PTE_S1_AP1		BIT(6)		/* RES1 in a one-range regime */
#define PTE_S1_RO		BIT(7)
#define PTE_S1_GP		BIT(50)		/* guarded page: BTI */
#define PTE_S1_XN		BIT(54)

#define PTE_S2_MEMATTR		MASK(5, 2)
#define S2_MEMATTR_WB		15		/* without FWB: combines with stage 1 */
#define S2_FWB_WB		6		/* FEAT_S2FWB: write-back whatever stage 1 says */
#define S2_FWB_STAGE1		7		/* FEAT_S2FWB: stage 1 decides */
#define PTE_S2_R		BIT(6)
#define PTE_S2_W		BIT(7)
#define PTE_S2_XN		BIT(54)

#define VTTBR_VMID		MASK(63, 48)
#define VTCR_RES1		BIT(31)
#define VTCR_PS			MASK(18, 16)
#define VTCR_SH0		MASK(13, 12)
#define VTCR_ORGN0		MASK(11, 10)
#define VTCR_IRGN0		MASK(9, 8)
#define VTCR_SL0		MASK(7, 6)
#define VTCR_T0SZ		MASK(5, 0)

#define ID_MMFR0_PARANGE	MASK(3, 0)
#define ID_MMFR2_FWB		MASK(43, 40)

#define TCR_EL1_EPD0		BIT(7)
#define TCR_EL1_EPD1		BIT(23)
#define SCTLR_EL1_M		BIT(0)

#define CTR_DIC			BIT(29)		/* no instruction cache maintenance needed */
#define CTR_DMINLINE		MASK(19, 16)	/* log2 of the words in a data cache line */

#endif
