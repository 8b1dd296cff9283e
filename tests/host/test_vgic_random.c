/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/irq/gic.c hyp/irq/ich.c hyp/irq/vgic_init.c hyp/irq/vgic_inject.c hyp/irq/vgic_lr.c hyp/irq/vgic_regs.c hyp/irq/vgic_bits.c hyp/irq/vgic_dist.c hyp/irq/vgic_redist.c tests/host/gic_model.c */
/*
 * Job: random sequences of injection, register writes, routing, acknowledge, EOI, DIR, entry and exit against a tiny reference model: nothing lost, doubled, or out of priority order.
 * Never: a step the model cannot predict: kicks are handled at once, as RUN would.
 * Used by: make -C tests/host run. SEEDS=n in the environment for more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "host/gic_model.h"
#include "irq/ich.h"

#define VCPUS	3
#define SGIS	4
#define SPIS	14
#define IRQS	(VCPUS * SGIS + SPIS)
#define DEPTH	64

/* An SGI of one vCPU or an SPI. */
struct ref_irq {
	u32 intid, target, holder;
	u8 priority;
	bool enabled, latch, line, active, edge;
};

static struct ref_irq ref[IRQS];
static struct { u32 stack[DEPTH], depth; bool loaded; } guest[VCPUS];
static bool eoimode1;
static u64 seed;

static u32 rnd(u32 n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (u32)(seed >> 16) % n;
}

static bool ref_pending(const struct ref_irq *r) { return r->latch || (!r->edge && r->line); }

static bool ref_candidate(const struct ref_irq *r, u32 vcpu)
{
	return r->target == vcpu && r->enabled && !r->active && ref_pending(r);
}

static u32 ref_running(u32 vcpu)
{
	u32 best = 0x100;

	for (u32 i = 0; i < guest[vcpu].depth; i++)
		best = MIN(best, guest[vcpu].stack[i] >> 16);
	return best;
}

static u32 ref_best(u32 vcpu)
{
	u32 best = ref_running(vcpu);

	for (u32 i = 0; i < IRQS; i++)
		if (ref_candidate(&ref[i], vcpu))
			best = MIN(best, (u32)ref[i].priority);
	return best;
}

static struct ref_irq *ref_find(u32 vcpu, u32 intid)
{
	for (u32 i = 0; i < IRQS; i++)
		if (ref[i].intid == intid && (intid >= 32 || ref[i].target == vcpu))
			return &ref[i];
	fail_msg("INTID %u acknowledged, which nobody sent", intid);
	return NULL;
}

static void settle_all(void)
{
	for (u32 again = 1; again;) {
		again = 0;
		for (u32 i = 0; i < VCPUS; i++)
			if (guest[i].loaded)
				again |= gm_settle(i);
	}
}

static void start(u64 s, bool mode1)
{
	gm_init(GM_LRS);
	gm_vm(VCPUS);
	memset(guest, 0, sizeof(guest));
	eoimode1 = mode1;
	seed = s * 0x9e3779b97f4a7c15u + 1;
	for (u32 i = 0; i < IRQS; i++) {
		bool is_sgi = i < VCPUS * SGIS;

		ref[i] = (struct ref_irq){
			.intid = is_sgi ? i % SGIS : 32 + i - VCPUS * SGIS, .target = is_sgi ? i / SGIS : i % VCPUS,
			.priority = (u8)(rnd(20) * 8), .enabled = true, .edge = is_sgi || i % 2,
		};
		if (is_sgi)
			gm_ppi(ref[i].target, ref[i].intid, ref[i].priority);
		else
			gm_spi(ref[i].intid - 32, ref[i].priority, ref[i].edge, ref[i].target);
	}
	for (u32 i = 0; mode1 && i < VCPUS; i++)
		gm_vc[i].ich_vmcr |= ICH_VMCR_VEOIM;
}

static void do_inject(struct ref_irq *r)
{
	u32 mode = rnd(3), level = rnd(2);

	gm_inject(r->intid - 32, level, mode);
	if (mode == GZ_IRQ_MODE_PULSE || (mode == GZ_IRQ_MODE_PRACTICAL && level))
		r->latch = true;
	else if (mode == GZ_IRQ_MODE_PRACTICAL && r->edge)
		r->line = false;
	else if (mode == GZ_IRQ_MODE_PRACTICAL)
		r->line = r->latch = false;
	else {
		if (r->edge && level && !r->line)
			r->latch = true;
		r->line = level;
	}
}

static void do_sgi(u32 from)
{
	u32 list = rnd(8), id = rnd(SGIS);

	if (guest[from].loaded)
		gm_on(from);
	vgic_sgi1r(&gm_vgic, (u8)from, (u64)id << 24 | list);
	for (u32 i = 0; i < VCPUS; i++)
		if (list & BIT(i))
			ref[i * SGIS + id].latch = true;
}

/* Bit registers of r written by vCPU by: at is the offset of the run. */
static void bit_write(const struct ref_irq *r, u32 by, u32 at)
{
	if (r->intid < 32)
		gm_wr((u8)by, ipa_add(GM_REDIST, r->target * 0x20000 + 0x10000 + at), 4, BIT(r->intid));
	else
		gm_wr((u8)by, ipa_add(GM_DIST, at + r->intid / 32 * 4), 4, BIT(r->intid % 32));
}

static void do_register(struct ref_irq *r, u32 by)
{
	switch (rnd(6)) {
	case 0: bit_write(r, by, 0x100); r->enabled = true; break;
	case 1: bit_write(r, by, 0x180); r->enabled = false; break;
	case 2: bit_write(r, by, 0x200); r->latch = true; break;
	case 3: bit_write(r, by, 0x280); r->latch = false; break;
	case 4:
		r->priority = (u8)(rnd(20) * 8);
		if (r->intid < 32)
			gm_wr((u8)by, ipa_add(GM_REDIST, r->target * 0x20000 + 0x10400 + r->intid), 1, r->priority);
		else
			gm_wr((u8)by, ipa_add(GM_DIST, 0x400 + r->intid), 1, r->priority);
		break;
	default:
		if (r->intid < 32)
			break;
		r->target = rnd(VCPUS);
		gm_wr((u8)by, ipa_add(GM_DIST, 0x6000 + r->intid * 8), 8, r->target);
	}
}

static void do_ack(u32 n)
{
	u32 want = ref_best(n), intid;
	struct ref_irq *r;

	gm_on(n);
	intid = gm_ack();
	if (intid == GM_NONE) {
		assert_int_equal(want, ref_running(n));
		return;
	}
	r = ref_find(n, intid);
	assert_true(ref_candidate(r, n));
	assert_int_equal(r->priority, want);
	r->active = true;
	r->latch = false;
	r->holder = n;
	guest[n].stack[guest[n].depth++] = (u32)r->priority << 16 | intid;
}

static void do_eoi(u32 n)
{
	u32 intid;

	if (!guest[n].depth)
		return;
	intid = guest[n].stack[--guest[n].depth] & 0xffff;
	gm_on(n);
	gm_eoi(intid);
	if (!eoimode1)
		ref_find(n, intid)->active = false;
}

static void do_dir(u32 n)
{
	struct ref_irq *r = &ref[rnd(IRQS)];

	/* In its handler the priority has not been dropped yet. */
	for (u32 i = 0; i < guest[r->holder].depth; i++)
		if ((guest[r->holder].stack[i] & 0xffff) == r->intid)
			return;
	if (!r->active || (r->intid < 32 && r->holder != n))
		return;
	gm_on(n);
	if (gm_dir(r->intid))
		fail_msg("DIR was not trapped");
	vgic_dir(&gm_vgic, (u8)n, r->intid);
	r->active = false;
}

static void do_switch(u32 n)
{
	if (guest[n].loaded)
		gm_save(n);
	else
		gm_load(n);
	guest[n].loaded = !guest[n].loaded;
}

static void check_registers(void)
{
	for (u32 i = 0; i < IRQS; i++) {
		const struct ref_irq *r = &ref[i];
		ipa_t base = r->intid < 32 ? ipa_add(GM_REDIST, r->target * 0x20000 + 0x10000) :
			     ipa_add(GM_DIST, r->intid / 32 * 4);

		assert_int_equal(gm_rd(0, ipa_add(base, 0x200), 4) >> (r->intid % 32) & 1, ref_pending(r));
		assert_int_equal(gm_rd(0, ipa_add(base, 0x300), 4) >> (r->intid % 32) & 1, r->active);
	}
}

static void guest_step(u32 n, u32 what)
{
	if (!guest[n].loaded)
		return;
	if (what < 4) {
		do_ack(n);
		return;
	}
	if (eoimode1 && what & 1)
		do_dir(n);
	else
		do_eoi(n);
}

/* The least urgent of a few SPIs that still interrupts what its vCPU runs, so that handlers nest deeper than list registers. */
static struct ref_irq *nesting_irq(void)
{
	struct ref_irq *best = NULL;

	for (u32 i = 0; i < 12; i++) {
		struct ref_irq *r = &ref[VCPUS * SGIS + rnd(SPIS)];

		if (guest[r->target].loaded && r->enabled && !r->active && r->priority < ref_running(r->target) &&
		    (!best || r->priority > best->priority))
			best = r;
	}
	return best ? best : &ref[rnd(IRQS)];
}

/* mood 0: handlers nest deep and little ends; 1: much ends; 2: even. */
static void step(u32 mood)
{
	static const u32 guest_choices[] = { 5, 12, 8 };
	struct ref_irq *r = mood ? &ref[rnd(IRQS)] : nesting_irq();
	u32 n = mood ? rnd(VCPUS) : r->target;

	switch (rnd(10)) {
	case 0: case 1: case 2:
		if (r->intid >= 32)
			do_inject(r);
		break;
	case 3: do_sgi(n); break;
	case 4: do_register(r, n); break;
	case 5:
		if (rnd(4) == 0)
			do_switch(n);
		break;
	default:
		guest_step(n, mood || rnd(8) == 0 ? rnd(guest_choices[mood]) : 0);
	}
	settle_all();
}

static void drain_one(u32 n)
{
	u32 before;

	do {
		before = guest[n].depth;
		do_ack(n);
		settle_all();
	} while (guest[n].depth > before);
	while (guest[n].depth) {
		do_eoi(n);
		settle_all();
	}
	for (u32 i = 0; eoimode1 && i < 2000; i++) {
		do_dir(n);
		settle_all();
	}
}

static void drain(void)
{
	for (u32 i = 0; i < IRQS; i++) {
		ref[i].enabled = true;
		bit_write(&ref[i], 0, 0x100);
		ref[i].line = false;
		if (ref[i].intid >= 32)
			gm_inject(ref[i].intid - 32, 0, GZ_IRQ_MODE_LEVEL);
	}
	for (u32 n = 0; n < VCPUS; n++)
		if (!guest[n].loaded)
			do_switch(n);
	settle_all();
	for (u32 i = 0; i < 3 * VCPUS * SPIS; i++)
		drain_one(i % VCPUS);
	for (u32 n = 0; n < VCPUS; n++)
		do_switch(n);
	check_registers();
	for (u32 i = 0; i < IRQS; i++) {
		assert_false(ref_pending(&ref[i]));
		assert_false(ref[i].active);
	}
}

static void run_mode(bool mode1)
{
	const char *s = getenv("SEEDS");
	u32 seeds = s ? (u32)atoi(s) : 60;

	for (u32 i = 1; i <= seeds; i++) {
		start(i, mode1);
		for (u32 k = 0; k < 2000; k++) {
			step(k / 60 % 3);
			if (k % 64 == 0 && !guest[1].loaded && !guest[2].loaded)
				check_registers();
		}
		drain();
	}
}

static void random__eoimode0__as_reference(void **state) { (void)state; run_mode(false); }
static void random__eoimode1__as_reference(void **state) { (void)state; run_mode(true); }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random__eoimode0__as_reference),
		cmocka_unit_test(random__eoimode1__as_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
