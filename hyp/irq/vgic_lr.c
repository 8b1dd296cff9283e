// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: between the state of interrupts and the list registers of the CPU that runs a vCPU.
 * Never: another vCPU's list registers, a wait, a list register with HW = 1 for anything but PPI 27.
 * Called by: run/ (load, save, refill, idle), vgic_*.c.
 */
#include "irq/gic.h"
#include "irq/ich.h"
#include "irq/vgic_int.h"

#include "insn/barrier.h"
#include "insn/sysreg.h"

/* What the list registers above LR0 are to hold: best priorities first. */
struct pick {
	u16 pend[VGIC_MAX_LRS], active[VGIC_MAX_LRS];
	u32 pend_count, active_count;	/* kept, at most as many as there are list registers */
	bool pend_left, active_left;	/* there were more */
};

static u64 hcr_of(const struct vgic_cpu *c, u64 vmcr)
{
	u64 hcr = ICH_HCR_EN;

	/*
	 * NPIE, not UIE: with EOImode 1 active interrupts keep list registers valid for long, so "at most one valid"
	 * may never come while "none pending" does; the best pending one always gets a register, so it cannot storm.
	 */
	if (c->overflow)
		hcr |= ICH_HCR_NPIE;
	/* A DIR of an interrupt in no list register would only count in EOIcount, which does not say which one. */
	if ((vmcr & ICH_VMCR_VEOIM) && ich_info.has_tdir)
		return hcr | ICH_HCR_TDIR;
	return c->active_overflow ? hcr | ICH_HCR_LRENPIE : hcr;
}

static u64 lr_of(const struct vgic *g, const struct vgic_cpu *c, const struct vgic_irq *irq, u32 intid)
{
	/* Active: as at its acknowledge, or the EOI, which drops that priority, would not find it. */
	u8 priority = irq->active ? irq->active_priority : irq->priority;
	u64 lr = intid | field_prep(ICH_LR_PRIORITY, priority) | ICH_LR_GROUP1;
	bool again, later;

	if (irq->active)
		lr |= ICH_LR_ACTIVE;
	if (irq->hw) {
		/* Never pending and active: the guest's EOI deactivates PPI 27 and a line still high fires again. */
		lr |= ICH_LR_HW | field_prep(ICH_LR_PINTID, intid);
		return irq->active ? lr : lr | ICH_LR_PENDING;
	}
	/*
	 * Active and pending again: only one register, unless target or priority changed or others that did not fit may be
	 * more urgent after its EOI; then a maintenance interrupt at the EOI decides. Same for a line that is high.
	 */
	again = irq->active && irq->pending && vgic_irq_deliverable(g, irq);
	later = irq->target != c->index || c->overflow || irq->priority != priority;
	if ((again && later) || (!irq->edge && irq->line))
		lr |= ICH_LR_EOI;
	if (!irq->active || (again && !later))
		lr |= ICH_LR_PENDING;
	return lr;
}

static void lr_install(struct vgic *g, struct vgic_cpu *c, u32 n, u32 intid)
{
	struct vgic_irq *irq = vgic_irq_get(g, c, intid);
	u64 lr = lr_of(g, c, irq, intid);

	irq->in_lr = true;
	irq->lr_cpu = c->index;
	irq->lr_pending = (lr & ICH_LR_PENDING) != 0;
	irq->lr_latch = irq->lr_pending && irq->pending;
	if (irq->lr_latch)
		irq->pending = false;
	irq->retract = false;
	irq->active_req = VGIC_REQ_NONE;
	ich_lr_write(n, lr);
}

static u32 lr_fold(struct vgic *g, struct vgic_cpu *c, u32 n) NEEDS(g->lock)
{
	u64 lr = ich_lr_read(n);
	u32 intid = (u32)field_get(ICH_LR_VINTID, lr);
	struct vgic_irq *irq = vgic_irq_get(g, c, intid);
	bool pending = (lr & ICH_LR_PENDING) != 0, active;

	if (n == VGIC_LR_TIMER)
		c->timer_live = (lr & ICH_LR_STATE) != 0;
	if (!irq || !irq->in_lr || irq->lr_cpu != c->index)
		return 0;
	irq->in_lr = false;
	active = (lr & ICH_LR_ACTIVE) != 0;
	/* Acknowledged since the flush; pending and active that lost its pending was, too. */
	if (active && (!irq->active || (irq->lr_pending && !pending)))
		irq->active_priority = (u8)field_get(ICH_LR_PRIORITY, lr);
	irq->active = active;
	if (irq->active_req != VGIC_REQ_NONE)
		irq->active = irq->active_req == VGIC_REQ_SET;
	if (pending && irq->lr_latch && !irq->retract)
		irq->pending = true;
	/* Acknowledged: the guest's EOI lets the physical PPI fire again, which tells the line's level. */
	if (irq->hw && !pending)
		irq->line = false;
	irq->retract = irq->lr_latch = irq->lr_pending = false;
	irq->active_req = VGIC_REQ_NONE;
	return irq->active || irq->target == c->index ? 0 : vgic_touch_locked(g, irq, intid);
}

/* Next due interrupt from *intid on; VGIC_NR_INTIDS or more: none. */
static u32 due_next(const struct vgic_cpu *c, u32 intid)
{
	while (intid < ARRAY_SIZE(c->due) * 64) {
		u64 bits = c->due[intid / 64] >> (intid % 64);

		if (bits)
			return intid + (u32)__builtin_ctzll(bits);
		intid = ALIGN_DOWN(intid, 64u) + 64;
	}
	return VGIC_NR_INTIDS;
}

/* One EOI or DIR went to an interrupt in no list register: EOIs nest, so it is the most urgent active one. */
static u32 eoi_uncounted(struct vgic *g, struct vgic_cpu *c) NEEDS(g->lock)
{
	struct vgic_irq *best = NULL;
	u32 best_intid = 0;

	for (u32 i = due_next(c, 0); i < VGIC_NR_INTIDS; i = due_next(c, i + 1)) {
		struct vgic_irq *irq = vgic_irq_get(g, c, i);

		if (!irq->active || irq->in_lr || irq->lr_cpu != c->index)
			continue;
		if (!best || irq->active_priority < best->active_priority) {
			best = irq;
			best_intid = i;
		}
	}
	if (!best)
		return 0;
	best->active = false;
	return vgic_touch_locked(g, best, best_intid);
}

u32 vgic_fold_locked(struct vgic *g, struct vgic_cpu *c)
{
	u32 wake = 0;
	u32 used = c->used_lrs;

	if (c->active_overflow) {
		u64 hcr = sysreg_read(ich_hcr_el2);
		/* With DIR trapped nothing is deactivated unnamed; QEMU counts EOIs of EOImode 1 all the same. */
		u64 n = hcr & ICH_HCR_TDIR ? 0 : field_get(ICH_HCR_EOICOUNT, hcr);

		for (; n > 0; n--)
			wake |= eoi_uncounted(g, c);
	}
	for (; used; used &= used - 1)
		wake |= lr_fold(g, c, (u32)__builtin_ctz(used));
	return wake;
}

static u8 rank(struct vgic *g, struct vgic_cpu *c, u32 intid)
{
	const struct vgic_irq *irq = vgic_irq_get(g, c, intid);

	return irq->active ? irq->active_priority : irq->priority;
}

/* Into a list sorted by rank with at most c's list registers less LR0; true: one did not fit. */
static bool pick_insert(struct vgic *g, struct vgic_cpu *c, u16 *list, u32 *count, u32 intid)
{
	u32 room = ich_info.lr_count - 1, i = *count;
	bool left = i == room;
	u8 priority;

	/* Most often the only one; there is room: gic_init() wants two registers. */
	if (i == 0) {
		list[(*count)++] = (u16)intid;
		return false;
	}
	priority = rank(g, c, intid);
	if (left && rank(g, c, list[room - 1]) <= priority)
		return true;
	if (left)
		i--;
	else
		(*count)++;
	for (; i > 0 && rank(g, c, list[i - 1]) > priority; i--)
		list[i] = list[i - 1];
	list[i] = (u16)intid;
	return left;
}

static void pick_one(struct vgic *g, struct vgic_cpu *c, struct pick *p, u32 i)
{
	struct vgic_irq *irq = vgic_irq_get(g, c, i);
	bool mine = vgic_owner(g, irq) == c;

	if (mine && irq->hw)
		return;		/* LR0 is its own */
	if (mine && irq->active)
		p->active_left |= pick_insert(g, c, p->active, &p->active_count, i);
	else if (mine && vgic_irq_deliverable(g, irq))
		p->pend_left |= pick_insert(g, c, p->pend, &p->pend_count, i);
	else
		c->due[i / 64] &= ~BIT(i % 64);
}

/* Sorts what is due; bits of interrupts that need no list register here any more go. */
static void pick_due(struct vgic *g, struct vgic_cpu *c, struct pick *p)
{
	for (u32 w = 0; w < ARRAY_SIZE(c->due); w++) {
		for (u64 bits = c->due[w]; bits; bits &= bits - 1)
			pick_one(g, c, p, w * 64 + (u32)__builtin_ctzll(bits));
	}
}

static void flush_timer(struct vgic *g, struct vgic_cpu *c)
{
	struct vgic_irq *irq = &c->priv[VGIC_TIMER_PPI];
	bool was_live = c->timer_live;

	c->timer_live = irq->active || vgic_irq_deliverable(g, irq);
	if (c->timer_live) {
		lr_install(g, c, VGIC_LR_TIMER, VGIC_TIMER_PPI);
		c->used_lrs |= BIT(VGIC_LR_TIMER);
		if (!was_live)
			gic_vtimer_set_active();
		return;
	}
	c->due[0] &= ~BIT(VGIC_TIMER_PPI);
	if (c->used_lrs & BIT(VGIC_LR_TIMER))
		ich_lr_write(VGIC_LR_TIMER, 0);
	c->used_lrs &= ~(u16)BIT(VGIC_LR_TIMER);
	/* Taken out by us, so no EOI will deactivate it. A line that is high but disabled stays silenced. */
	if (was_live && !irq->line)
		gic_vtimer_clear_active();
}

/* Fills LR1 and up; returns the first one not filled. */
static u32 flush_picked(struct vgic *g, struct vgic_cpu *c, const struct pick *p)
{
	u32 n = VGIC_LR_TIMER + 1, room = ich_info.lr_count - n;
	u32 pend_first = MIN(p->pend_count, 1u);
	u32 active = MIN(p->active_count, room - pend_first);
	u32 pend = MIN(p->pend_count, room - active);

	c->overflow = p->pend_left || pend < p->pend_count;
	c->active_overflow = p->active_left || active < p->active_count;
	/* The best pending one first, or it could starve behind long-lived active ones; then active ones, then the rest. */
	for (u32 i = 0; i < pend_first; i++)
		lr_install(g, c, n++, p->pend[i]);
	for (u32 i = 0; i < active; i++)
		lr_install(g, c, n++, p->active[i]);
	for (u32 i = pend_first; i < pend; i++)
		lr_install(g, c, n++, p->pend[i]);
	return n;
}

void vgic_flush_locked(struct vgic *g, struct vgic_cpu *c)
{
	struct pick p;	/* its lists count for nothing beyond their counts */
	u32 n, stale = c->used_lrs;

	p.pend_count = p.active_count = 0;
	p.pend_left = p.active_left = false;
	WRITE_ONCE(c->due_flag, 0);
	flush_timer(g, c);
	pick_due(g, c, &p);
	n = flush_picked(g, c, &p);
	for (stale = stale >> n << n; stale; stale &= stale - 1)
		ich_lr_write((u32)__builtin_ctz(stale), 0);
	c->used_lrs = (u16)((c->used_lrs & BIT(VGIC_LR_TIMER)) | (BIT(n) - BIT(VGIC_LR_TIMER + 1)));
	sysreg_write(ich_hcr_el2, hcr_of(c, sysreg_read(ich_vmcr_el2)));
}

void vgic_load(struct vgic *g, struct vgic_cpu *c)
{
	ich_ap_restore(c->ich_ap0r, c->ich_ap1r);
	sysreg_write(ich_vmcr_el2, c->ich_vmcr);
	c->loaded = true;
	c->timer_live = false;
	/* Nothing due and, because save folds all, nothing for list registers: they are all zero. */
	if (!atomic_load_acquire_u32(&c->due_flag)) {
		sysreg_write(ich_hcr_el2, hcr_of(c, c->ich_vmcr));
		return;
	}
	spin_lock(&g->lock);
	vgic_flush_locked(g, c);
	spin_unlock(&g->lock);
}

static void lists_clear(struct vgic_cpu *c)
{
	u64 left = 0;

	for (u32 used = c->used_lrs; used; used &= used - 1)
		ich_lr_write((u32)__builtin_ctz(used), 0);
	c->used_lrs = 0;
	c->overflow = c->active_overflow = c->timer_live = false;
	for (u32 i = 0; i < ARRAY_SIZE(c->due); i++)
		left |= c->due[i];
	if (left)
		WRITE_ONCE(c->due_flag, 1);
}

/* Others to wake: the mask now and what an earlier fold could not return. */
static u32 wake_others(struct vgic_cpu *c, u32 wake)
{
	wake |= c->owed_wake;
	c->owed_wake = 0;
	return wake & ~(u32)BIT(c->index);
}

u32 vgic_save(struct vgic *g, struct vgic_cpu *c)
{
	u32 wake = 0;

	c->ich_vmcr = sysreg_read(ich_vmcr_el2);
	ich_ap_save(c->ich_ap0r, c->ich_ap1r);
	if (c->used_lrs || c->active_overflow) {
		spin_lock(&g->lock);
		wake = vgic_fold_locked(g, c);
		lists_clear(c);
		spin_unlock(&g->lock);
	}
	c->loaded = false;
	sysreg_write(ich_hcr_el2, 0);
	isb();	/* the maintenance line is low before the host's interrupts are let in */
	return wake_others(c, wake);
}

u32 vgic_refill(struct vgic *g, struct vgic_cpu *c)
{
	u32 wake;

	spin_lock(&g->lock);
	wake = vgic_fold_locked(g, c);
	vgic_flush_locked(g, c);
	spin_unlock(&g->lock);
	return wake_others(c, wake);
}

void vgic_timer_fired(struct vgic *g, struct vgic_cpu *c)
{
	spin_lock(&g->lock);
	if (!(c->used_lrs & BIT(VGIC_LR_TIMER)) || !(ich_lr_read(VGIC_LR_TIMER) & ICH_LR_STATE)) {
		if (c->used_lrs & BIT(VGIC_LR_TIMER))
			(void)lr_fold(g, c, VGIC_LR_TIMER);
		c->priv[VGIC_TIMER_PPI].line = true;
		c->due[0] |= BIT(VGIC_TIMER_PPI);
		c->timer_live = true;	/* active at the physical GIC already */
		flush_timer(g, c);
	}
	spin_unlock(&g->lock);
}

u32 vgic_dir(struct vgic *g, u8 cpu, u64 value)
{
	struct vgic_cpu *c = g->cpu[cpu];
	u32 intid = (u32)(value & MASK(23, 0));
	struct vgic_irq *irq = vgic_irq_get(g, c, intid);
	u32 wake = 0;

	if (!irq || !(sysreg_read(ich_vmcr_el2) & ICH_VMCR_VEOIM))
		return 0;
	spin_lock(&g->lock);
	wake = vgic_fold_locked(g, c);
	if (irq->in_lr)
		irq->active_req = VGIC_REQ_CLEAR;	/* another vCPU acknowledged it and runs: at its next fold */
	else
		irq->active = false;
	wake |= vgic_touch_locked(g, irq, intid);
	vgic_flush_locked(g, c);
	spin_unlock(&g->lock);
	return wake & ~(u32)BIT(cpu);
}

/* A list register that would signal below this priority. Only its own CPU may ask. */
static bool lists_signal(const struct vgic_cpu *c, u64 threshold)
{
	for (u32 used = c->used_lrs; used; used &= used - 1) {
		u64 lr = ich_lr_read((u32)__builtin_ctz(used));

		if ((lr & ICH_LR_STATE) == ICH_LR_PENDING && field_get(ICH_LR_PRIORITY, lr) < threshold)
			return true;
	}
	return false;
}

bool vgic_has_due(struct vgic *g, struct vgic_cpu *c)
{
	u64 vmcr = c->loaded ? sysreg_read(ich_vmcr_el2) : c->ich_vmcr;
	u64 threshold = field_get(ICH_VMCR_VPMR, vmcr);
	bool due = false;

	if (c->loaded)
		ich_ap_save(c->ich_ap0r, c->ich_ap1r);
	threshold = MIN(threshold, (u64)ich_running_priority(c->ich_ap1r));
	if (!(vmcr & ICH_VMCR_VENG1))
		return false;
	if (c->loaded && lists_signal(c, threshold))
		return true;
	spin_lock(&g->lock);
	for (u32 i = due_next(c, 0); !due && i < VGIC_NR_INTIDS; i = due_next(c, i + 1)) {
		struct vgic_irq *irq = vgic_irq_get(g, c, i);

		due = !irq->in_lr && !irq->active && vgic_owner(g, irq) == c &&
		      vgic_irq_deliverable(g, irq) && irq->priority < threshold;
	}
	spin_unlock(&g->lock);
	return due;
}
