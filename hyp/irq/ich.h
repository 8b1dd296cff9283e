/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the virtual interface control registers ICH_*: fields, access by index, what this machine implements.
 * Never: policy; which interrupt goes where is vgic_lr.c's.
 * Used by: irq/ only. Arm ARM DDI 0487 and IHI 0069, "ICH_* registers".
 */
#ifndef IRQ_ICH_H
#define IRQ_ICH_H

#include "lib/types.h"

#define ICH_HCR_EN		BIT(0)
#define ICH_HCR_LRENPIE		BIT(2)
#define ICH_HCR_NPIE		BIT(3)
#define ICH_HCR_TDIR		BIT(14)
#define ICH_HCR_EOICOUNT	MASK(31, 27)

#define ICH_LR_VINTID		MASK(31, 0)
#define ICH_LR_PINTID		MASK(44, 32)
#define ICH_LR_EOI		BIT(41)		/* HW = 0: maintenance interrupt at EOI */
#define ICH_LR_PRIORITY		MASK(55, 48)
#define ICH_LR_GROUP1		BIT(60)
#define ICH_LR_HW		BIT(61)
#define ICH_LR_PENDING		BIT(62)
#define ICH_LR_ACTIVE		BIT(63)
#define ICH_LR_STATE		(ICH_LR_PENDING | ICH_LR_ACTIVE)

#define ICH_VMCR_VENG1		BIT(1)
#define ICH_VMCR_VEOIM		BIT(9)
#define ICH_VMCR_VPMR		MASK(31, 24)

#define ICH_VTR_LISTREGS	MASK(4, 0)
#define ICH_VTR_TDS		BIT(19)
#define ICH_VTR_PREBITS		MASK(28, 26)

/* Of the boot CPU; written once by ich_probe. */
struct ich_info {
	u32 lr_count;
	u32 prebits;		/* preemption bits: 5, 6 or 7 */
	bool has_tdir;		/* ICC_DIR_EL1 can be trapped alone */
};
extern struct ich_info ich_info;

void ich_probe(void);
/* List registers have their index in their name: n < 16, and below lr_count of this machine. */
u64 ich_lr_read(u32 n);
void ich_lr_write(u32 n, u64 value);
/* Active priorities; only the registers this machine has. */
void ich_ap_save(u64 ap0r[4], u64 ap1r[4]);
void ich_ap_restore(const u64 ap0r[4], const u64 ap1r[4]);
/* Lowest active group 1 priority of a saved set; 0x100: idle. */
u32 ich_running_priority(const u64 ap1r[4]);

#endif
