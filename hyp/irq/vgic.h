/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the GICv3 a guest sees: distributor, redistributors, SGI registers, and what is due for list registers.
 * Never: touch struct vm, a physical GIC register other than ICH_*, or trust an INTID it was given.
 * Used by: run/ (traps), hvc/hvc_irq.c (injection), timer/ (PPIs). Specification: GICv3, ARM IHI 0069.
 *
 * Locking: one vgic->lock per VM, taken by every function here unless its name ends in _locked.
 * No function here calls up: those that may make a vCPU runnable return a bit mask of such vCPUs.
 */
#ifndef IRQ_VGIC_H
#define IRQ_VGIC_H

#include "gz/hvc.h"
#include "lib/addr.h"
#include "lib/err.h"
#include "lib/spinlock.h"

#define VGIC_NR_PRIVATE		32
#define VGIC_NR_INTIDS		(VGIC_NR_PRIVATE + GZ_NR_SPIS)
#define VGIC_MAX_LRS		16

#define VGIC_LR_TIMER		0	/* list register 0 is for PPI 27 only */
#define VGIC_TIMER_PPI		27

#define VGIC_NO_TARGET		0xff	/* GICD_IROUTER names no vCPU: stays pending */

/*
 * One interrupt of one VM (SPI) or one vCPU (SGI, PPI). While in_lr, the list register is the truth for pending and
 * active and the fields here are as last folded; what others ask meanwhile is noted (pending, retract, active_req) and
 * applied by the owner's next fold. in_lr is only ever true while that vCPU is loaded.
 */
struct vgic_irq {
	u8 priority;
	u8 active_priority;	/* active: priority when it was acknowledged, which orders EOIs */
	u8 target;		/* vCPU index: own (SGI, PPI), GICD_IROUTER (SPI) or VGIC_NO_TARGET */
	u8 lr_cpu;		/* in_lr or active: the vCPU that holds it */
	bool line;		/* level input; a byte of its own: a PPI's is read without the lock by its vCPU */
	bool enabled : 1;
	bool pending : 1;	/* latched: edge, or a pulse; not the line */
	bool active : 1;
	bool edge : 1;		/* GICD_ICFGR */
	bool group1 : 1;
	bool hw : 1;		/* PPI 27: list register carries HW = 1, pINTID 27 */
	bool in_lr : 1;
	bool lr_pending : 1;	/* in_lr: it was put there pending */
	bool lr_latch : 1;	/* in_lr: that pending carries the latch, not only the line */
	bool retract : 1;	/* in_lr: take the latch back if nobody acknowledged it */
	u8 active_req : 2;	/* in_lr: VGIC_REQ_* written by another vCPU */
	u64 irouter;		/* as written */
};

enum { VGIC_REQ_NONE, VGIC_REQ_SET, VGIC_REQ_CLEAR };

/* A vCPU's share. ICH state is saved here while the vCPU is not loaded. */
struct vgic_cpu {
	u8 index;
	bool awake;		/* GICR_WAKER.ProcessorSleep clear */
	bool loaded;		/* between vgic_load and vgic_save; used by the CPU that runs it only */
	bool timer_live;	/* list register 0 was not empty at the last fold or flush */
	bool active_overflow;	/* more active than list registers: EOIcount counts */
	bool overflow;		/* more pending than list registers: NPIE is on */
	u16 used_lrs;		/* list registers written at the last flush */
	u32 owed_wake;		/* others that became due while nobody asked; with the next save or refill */
	u32 due_flag;		/* not 0: due changed since the last flush; read without the lock at entry */
	u64 due[(VGIC_NR_INTIDS + 63) / 64];	/* candidates for a list register of this vCPU */
	u64 ich_vmcr;
	u64 ich_ap1r[4];
	u64 ich_ap0r[4];
	struct vgic_irq priv[VGIC_NR_PRIVATE];
};

struct vgic {
	struct spinlock lock;
	u8 cpu_count;		/* vCPUs created; known for good at the first RUN */
	bool dist_set, redist_set, frozen;
	u8 any_target;		/* IROUTER.IRM: first awake vCPU */
	ipa_t dist_base, redist_base;
	u32 ctlr;		/* GICD_CTLR as the guest wrote it */
	struct vgic_cpu *cpu[GZ_MAX_VCPUS];
	struct vgic_irq spi[GZ_NR_SPIS];
};

void vgic_init(struct vgic *g);
void vgic_cpu_init(struct vgic *g, struct vgic_cpu *c, u8 index);
/* DESTROY_VCPU, before the memory of c goes: nobody finds it any more. */
void vgic_cpu_drop(struct vgic *g, struct vgic_cpu *c);
/* Back to power-on values: guest reset. Needs: no vCPU of it running. */
void vgic_reset(struct vgic *g);
/* CREATE_DEVICE: GZ_EINVAL unaligned or wraps or above 2^40, GZ_EEXIST set twice or frames overlap, GZ_ESTATE after the first RUN. */
enum gz_err vgic_set_dist(struct vgic *g, ipa_t base) __must_check;
enum gz_err vgic_set_redist(struct vgic *g, ipa_t base) __must_check;
/* At the first RUN: freezes vCPU count and layout; GZ_EINVAL when frames overlap. Both unset is legal (a VM without GIC). */
enum gz_err vgic_freeze(struct vgic *g, u8 cpu_count) __must_check;
/* Frames as ranges for overlap checks against slots: [0] distributor, [1] redistributors, of cpus if not frozen; size 0 when unset. */
void vgic_frames(const struct vgic *g, u8 cpus, ipa_t base[2], u64 size[2]);

#define VGIC_DIST_SIZE		UINT64_C(0x10000)
#define VGIC_REDIST_SIZE	UINT64_C(0x20000)	/* of one vCPU: RD frame, then SGI frame */

/* Without the lock: the layout is frozen before a vCPU runs. A device access is so told from a register of the GIC. */
static inline bool vgic_in_frames(const struct vgic *g, ipa_t ipa)
{
	return (g->dist_set && ipa.v - g->dist_base.v < VGIC_DIST_SIZE) ||
	       (g->redist_set && ipa.v - g->redist_base.v < g->cpu_count * VGIC_REDIST_SIZE);
}

/* Register access of vCPU cpu at ipa; false: not one of its windows. size 1, 2, 4, 8. Unknown offsets read zero, writes ignored. *wake |= vCPUs that became due. */
bool vgic_mmio_read(struct vgic *g, u8 cpu, ipa_t ipa, u32 size, u64 *value);
bool vgic_mmio_write(struct vgic *g, u8 cpu, ipa_t ipa, u32 size, u64 value, u32 *wake);
/* ICC_SGI1R_EL1 written by vCPU cpu (also SGI0R, ASGI1R: ignored, group 0). Returns the vCPUs that became due. */
u32 vgic_sgi1r(struct vgic *g, u8 cpu, u64 value);
/* ICC_DIR_EL1 written by vCPU cpu: trapped (ISS of ICC_DIR_EL1, write) while the guest uses EOImode 1. Returns the vCPUs that became due. */
u32 vgic_dir(struct vgic *g, u8 cpu, u64 value);

/* IRQ_LINE: spi is 0-based; mode GZ_IRQ_MODE_*; GZ_ERANGE beyond GZ_NR_SPIS. O(1). Any context, any CPU. *wake |= ... */
enum gz_err vgic_inject_spi(struct vgic *g, u32 spi, u32 level, u32 mode, u32 *wake) __must_check;
/* Level input of a PPI (timers): returns true when this vCPU became due. */
bool vgic_set_ppi(struct vgic *g, struct vgic_cpu *c, u32 intid, bool level);

/*
 * Before entry: ICH_* loaded from c, due interrupts into list registers. After exit: everything back into c. This CPU only.
 * Every function above that names the calling vCPU leaves its list registers up to date when it is loaded; call
 * vgic_refill for a kick or a maintenance interrupt, or when c->due_flag is not 0. No lock is taken by load and save
 * when nothing is due and no list register is in use.
 * Returned mask: other vCPUs that became due (an interrupt folded here was routed elsewhere meanwhile).
 */
void vgic_load(struct vgic *g, struct vgic_cpu *c);
u32 vgic_save(struct vgic *g, struct vgic_cpu *c);
/* While loaded: a kick or maintenance interrupt came: fold list registers, refill. */
u32 vgic_refill(struct vgic *g, struct vgic_cpu *c);
/* PPI 27 fired while loaded and was marked active at the physical GIC: into list register 0 unless that one is live. */
void vgic_timer_fired(struct vgic *g, struct vgic_cpu *c);
/* Would an enabled interrupt be signalled to this vCPU if it ran (WFI, idle)? Not loaded, or loaded on this CPU. */
bool vgic_has_due(struct vgic *g, struct vgic_cpu *c);

#endif
