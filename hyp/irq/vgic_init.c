// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: power-on state of a virtual GIC, where its frames are, which vCPUs it has.
 * Never: change the layout once a vCPU ran.
 * Called by: vm/, hvc/ (CREATE_VM, CREATE_DEVICE, CREATE_VCPU, first RUN).
 */
#include "irq/vgic_int.h"

#define DIST_SIZE	UINT64_C(0x10000)
#define REDIST_SIZE	UINT64_C(0x20000)
#define IPA_LIMIT	BIT(40)

static void irq_reset(struct vgic_irq *irq, u8 target)
{
	*irq = (struct vgic_irq){ .target = target, .group1 = true };
}

/* Not used_lrs: a vCPU that is on its way out of its guest has list registers to clear still. */
static void cpu_reset(struct vgic_cpu *c)
{
	c->awake = false;
	c->overflow = c->active_overflow = c->timer_live = false;
	c->due_flag = 0;
	c->owed_wake = 0;
	c->ich_vmcr = 0;
	for (u32 i = 0; i < ARRAY_SIZE(c->due); i++)
		c->due[i] = 0;
	for (u32 i = 0; i < 4; i++)
		c->ich_ap0r[i] = c->ich_ap1r[i] = 0;
	for (u32 i = 0; i < VGIC_NR_PRIVATE; i++) {
		irq_reset(&c->priv[i], c->index);
		c->priv[i].edge = i < 16;
	}
	c->priv[VGIC_TIMER_PPI].hw = true;
}

void vgic_init(struct vgic *g)
{
	*g = (struct vgic){ .lock = SPINLOCK_INIT };
	for (u32 i = 0; i < GZ_NR_SPIS; i++)
		irq_reset(&g->spi[i], 0);
}

void vgic_cpu_init(struct vgic *g, struct vgic_cpu *c, u8 index)
{
	c->index = index;
	c->loaded = false;
	c->used_lrs = 0;
	cpu_reset(c);
	spin_lock(&g->lock);
	if (index < GZ_MAX_VCPUS)
		g->cpu[index] = c;
	spin_unlock(&g->lock);
}

void vgic_cpu_drop(struct vgic *g, struct vgic_cpu *c)
{
	spin_lock(&g->lock);
	if (c->index < GZ_MAX_VCPUS && g->cpu[c->index] == c)
		g->cpu[c->index] = NULL;
	spin_unlock(&g->lock);
}

void vgic_reset(struct vgic *g)
{
	spin_lock(&g->lock);
	g->ctlr = 0;
	g->any_target = 0;
	for (u32 i = 0; i < GZ_NR_SPIS; i++)
		irq_reset(&g->spi[i], 0);
	for (u32 i = 0; i < GZ_MAX_VCPUS; i++)
		if (g->cpu[i])
			cpu_reset(g->cpu[i]);
	spin_unlock(&g->lock);
}

static bool overlaps(ipa_t a, u64 a_size, ipa_t b, u64 b_size)
{
	return a.v < b.v + b_size && b.v < a.v + a_size;
}

static bool base_ok(ipa_t base, u64 size)
{
	return IS_ALIGNED(base.v, DIST_SIZE) && base.v < IPA_LIMIT && IPA_LIMIT - base.v >= size;
}

static enum gz_err frame_set_locked(struct vgic *g, ipa_t base, bool dist) NEEDS(g->lock)
{
	ipa_t *at = dist ? &g->dist_base : &g->redist_base, other = dist ? g->redist_base : g->dist_base;
	bool *set = dist ? &g->dist_set : &g->redist_set, other_set = dist ? g->redist_set : g->dist_set;
	u64 size = dist ? DIST_SIZE : REDIST_SIZE, other_size = dist ? REDIST_SIZE : DIST_SIZE;

	if (!base_ok(base, size))
		return GZ_EINVAL;
	if (g->frozen)
		return GZ_ESTATE;
	if (*set || (other_set && overlaps(base, size, other, other_size)))
		return GZ_EEXIST;
	*at = base;
	*set = true;
	return GZ_OK;
}

enum gz_err vgic_set_dist(struct vgic *g, ipa_t base)
{
	return LOCKED(&g->lock, frame_set_locked(g, base, true));
}

enum gz_err vgic_set_redist(struct vgic *g, ipa_t base)
{
	return LOCKED(&g->lock, frame_set_locked(g, base, false));
}

enum gz_err vgic_freeze(struct vgic *g, u8 cpu_count)
{
	u64 size = cpu_count * REDIST_SIZE;
	enum gz_err err = GZ_OK;

	if (cpu_count == 0 || cpu_count > GZ_MAX_VCPUS)
		return GZ_EINVAL;
	spin_lock(&g->lock);
	if (g->frozen)
		goto out;
	if (g->redist_set && (!base_ok(g->redist_base, size) ||
			      (g->dist_set && overlaps(g->redist_base, size, g->dist_base, DIST_SIZE)))) {
		err = GZ_EINVAL;
		goto out;
	}
	g->cpu_count = cpu_count;
	g->frozen = true;
out:
	spin_unlock(&g->lock);
	return err;
}

void vgic_frames(const struct vgic *g, u8 cpus, ipa_t base[2], u64 size[2])
{
	u32 frames = g->frozen ? g->cpu_count : cpus;

	base[0] = g->dist_base;
	size[0] = g->dist_set ? DIST_SIZE : 0;
	base[1] = g->redist_base;
	size[1] = g->redist_set ? frames * REDIST_SIZE : 0;
}
