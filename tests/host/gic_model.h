/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a machine for tests of hyp/irq and hyp/timer: per CPU the virtual CPU interface, the redistributor's SGI frame and the timers, behind the shim's hooks.
 * Never: share code with hyp/: it is written from the specification (IHI 0069, DDI 0487).
 * Used by: test_gic.c, test_vgic_*.c, test_vtimer.c.
 */
#ifndef GIC_MODEL_H
#define GIC_MODEL_H

#include "irq/vgic.h"

#define GM_CPUS		8
#define GM_LRS		4	/* LR0 and three more, as on most hardware */
#define GM_DIST		IPA(0x08000000)
#define GM_REDIST	IPA(0x080a0000)
#define GM_NONE		1023u

struct gm_cpu {
	u64 lr[16], hcr, vmcr, ap0r[4], ap1r[4];
	u32 enabled, pending, active;		/* INTIDs 0-31 at the physical redistributor */
	u32 sticky;				/* bits software may enable */
	u64 cntv_ctl, cntv_cval, cntvoff, cnthp_ctl, cnthp_cval, cnthctl;
	u64 rpr;
	u32 rwp_reads;				/* GICR_CTLR.RWP stays set for so many reads */
	u32 lr_writes;
};
extern struct gm_cpu gm[GM_CPUS];
extern u32 gm_lrs, gm_prebits;			/* reported by ICH_VTR at gm_init */
extern u64 gm_last_sgi1r;

/* Power-on: hooks installed, every CPU's frame known to percpu. */
void gm_init(u32 lrs);
/* This thread is physical CPU n. */
void gm_on(u32 n);

/* The guest on this CPU. */
u32 gm_ack(void);
void gm_eoi(u32 intid);
bool gm_dir(u32 intid);		/* false: trapped */
bool gm_maintenance(void);	/* the line of PPI 25 */
bool gm_virq(void);		/* a virtual interrupt is signalled */

/* A VM with n vCPUs, distributor on, each CPU interface open (PMR 0xff, group 1); vCPU i not loaded. */
extern struct vgic gm_vgic;
extern struct vgic_cpu gm_vc[GM_CPUS];
void gm_vm(u8 n);
/* Register access of vCPU 0 (rd, wr) or of cpu. off: in the distributor; gr_*: in the redistributor of vCPU. */
u64 gd_rd(u32 off);
u32 gd_wr(u32 off, u64 value);
u64 gr_rd(u32 vcpu, u32 off);
u32 gr_wr(u32 vcpu, u32 off, u64 value);
/* Same from a given vCPU and of any size. */
u64 gm_rd(u8 cpu, ipa_t ipa, u32 size);
u32 gm_wr(u8 cpu, ipa_t ipa, u32 size, u64 value);

/* Level-sensitive (edge: false) SPI n, enabled with a priority, routed to vCPU. */
void gm_spi(u32 n, u8 priority, bool edge, u32 vcpu);
void gm_ppi(u32 vcpu, u32 intid, u8 priority);
/* vCPU n onto physical CPU n and off again. */
void gm_load(u32 n);
u32 gm_save(u32 n);
/* Handles maintenance interrupts and due flags of vCPU n as RUN does; returns how many. Fails the test when they storm. */
u32 gm_settle(u32 n);
u32 gm_inject(u32 spi, u32 level, u32 mode);

#endif
