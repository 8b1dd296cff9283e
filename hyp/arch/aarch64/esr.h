/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: names of what a guest's trap is decoded by and a guest is trapped with, beyond those in regs.h.
 * Never: logic.
 * Used by: run, arch/aarch64/inject.c. Arm ARM DDI 0487, "ESR_EL2, Exception Syndrome Register (EL2)".
 */
#ifndef ARCH_ESR_H
#define ARCH_ESR_H

#include "arch/aarch64/regs.h"

#define ESR_EC			MASK(31, 26)
#define ESR_ISS			MASK(24, 0)
#define EC_WFX			0x01
#define EC_FP			0x07

#define WFX_TI			MASK(1, 0)	/* 0 WFI, 1 WFE, 2 WFIT, 3 WFET */

/* Data abort. */
#define DABT_ISV		BIT(24)
#define DABT_SAS		MASK(23, 22)
#define DABT_SSE		BIT(21)
#define DABT_SRT		MASK(20, 16)
#define DABT_SF			BIT(15)
#define ABT_FNV			BIT(10)
#define DABT_CM			BIT(8)

/* Fault status codes, level in the low two bits. */
#define FSC_TYPE		MASK(5, 2)
#define FSC_TYPE_TRANSLATION	1
#define FSC_TYPE_ACCESS		2
#define FSC_TYPE_PERMISSION	3

/* Trapped system register access: RT and DIR are what vtimer.h leaves out of its register names. */
#define SYSREG_RT		MASK(9, 5)
#define SYSREG_READ		BIT(0)

#define PSTATE_NRW		BIT(4)		/* AArch32 */
#define PSTATE_MODE		MASK(3, 0)
#define PSTATE_EL0T		0x0
#define PSTATE_EL1T		0x4
#define PSTATE_EL1H		0x5
#define PSTATE_DAIF		MASK(9, 6)
#define PSTATE_BTYPE		MASK(11, 10)
#define PSTATE_SSBS		BIT(12)
#define PSTATE_SS		BIT(21)
#define PSTATE_PAN		BIT(22)
#define PSTATE_UAO		BIT(23)
#define PSTATE_DIT		BIT(24)
#define PSTATE_TCO		BIT(25)
#define PSTATE_NZCV		MASK(31, 28)

#define SCTLR_EL1_SPAN		BIT(23)
#define SCTLR_EL1_DSSBS		BIT(44)

/* HCR_EL2 bits only a guest runs with. */
#define HCR_SWIO		BIT(1)
#define HCR_FB			BIT(9)
#define HCR_BSU_IS		BIT(10)
#define HCR_TWI			BIT(13)
#define HCR_TIDCP		BIT(20)
#define HCR_TACR		BIT(21)
#define HCR_TSW			BIT(22)
#define HCR_TVM			BIT(26)
#define HCR_TLOR		BIT(35)
#define HCR_TERR		BIT(36)

#define VDISR_EL2_		s3_4_c12_c1_1

#endif
