/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the machine of gic_model.h.
 * Never: forgive: what the specification calls unpredictable ends the test.
 * Used by: test_gic.c, test_vgic_*.c, test_vtimer.c.
 */
#include "host/gic_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <cmocka.h>

#include "irq/ich.h"
#include "lib/percpu.h"

#define FRAMES		UINT64_C(0x5000000)
#define FRAME		UINT64_C(0x20000)

struct gm_cpu gm[GM_CPUS];
struct vgic gm_vgic;
struct vgic_cpu gm_vc[GM_CPUS];
u32 gm_lrs, gm_prebits = 5;
u64 gm_last_sgi1r;
static u32 cur;

static bool timer_line(u64 ctl, u64 cval, u64 count) { return (ctl & 3) == 1 && count >= cval; }

/* Level inputs and latched SGIs. */
static u32 phys_pending(struct gm_cpu *c)
{
	u32 p = c->pending;

	if (gm_maintenance())
		p |= 1u << 25;
	if (timer_line(c->cnthp_ctl, c->cnthp_cval, shim_counter))
		p |= 1u << 26;
	if (timer_line(c->cntv_ctl, c->cntv_cval, shim_counter - c->cntvoff))
		p |= 1u << 27;
	return p;
}

static u64 hppir1(struct gm_cpu *c)
{
	u32 p = phys_pending(c) & c->enabled & ~c->active;

	return p ? (u32)__builtin_ctz(p) : GM_NONE;
}

static u64 *plain_reg(struct gm_cpu *c, const char *name)
{
	static const struct { const char *name; size_t at; } table[] = {
		{ "ich_hcr_el2", offsetof(struct gm_cpu, hcr) }, { "ich_vmcr_el2", offsetof(struct gm_cpu, vmcr) },
		{ "cntv_cval_el0", offsetof(struct gm_cpu, cntv_cval) }, { "cntvoff_el2", offsetof(struct gm_cpu, cntvoff) },
		{ "cntv_ctl_el0", offsetof(struct gm_cpu, cntv_ctl) }, { "cnthctl_el2", offsetof(struct gm_cpu, cnthctl) },
		{ "cnthp_ctl_el2", offsetof(struct gm_cpu, cnthp_ctl) }, { "cnthp_cval_el2", offsetof(struct gm_cpu, cnthp_cval) },
	};
	u32 n;

	if (sscanf(name, "ich_lr%u_el2", &n) == 1 && n < gm_lrs)
		return &c->lr[n];
	if (sscanf(name, "ich_ap0r%u_el2", &n) == 1 && n < 1u << (gm_prebits - 5))
		return &c->ap0r[n];
	if (sscanf(name, "ich_ap1r%u_el2", &n) == 1 && n < 1u << (gm_prebits - 5))
		return &c->ap1r[n];
	for (u32 i = 0; i < ARRAY_SIZE(table); i++)
		if (!strcasecmp(name, table[i].name))
			return (u64 *)((char *)c + table[i].at);
	if (!strncmp(name, "ich_lr", 6) || !strncmp(name, "ich_ap", 6))
		fail_msg("%s does not exist here: UNDEFINED", name);
	return NULL;
}

static bool reg_read(const char *name, u64 *value)
{
	struct gm_cpu *c = &gm[cur];
	u64 *reg = plain_reg(c, name);

	if (!strcmp(name, "icc_iar1_el1"))
		fail_msg("EL2 acknowledged a physical interrupt");
	if (!strcmp(name, "ich_vtr_el2"))
		*value = (gm_lrs - 1) | ((u64)gm_prebits - 1) << 26 | (UINT64_C(4) << 29) | BIT(19);
	else if (!strcmp(name, "icc_rpr_el1"))
		*value = c->rpr;
	else if (!strcmp(name, "icc_hppir1_el1"))
		*value = hppir1(c);
	else if (reg)
		*value = *reg;
	else
		return false;
	if (reg == &c->cntv_ctl && (*reg & 1) && shim_counter - c->cntvoff >= c->cntv_cval)
		*value |= 4;
	return true;
}

static void lr_check(u64 lr)
{
	if ((lr & ICH_LR_HW) && (lr & ICH_LR_STATE) == ICH_LR_STATE)
		fail_msg("HW list register pending and active");
	if ((lr & ICH_LR_HW) && (u32)lr != 27)
		fail_msg("HW list register for INTID %u", (u32)lr);
}

static bool reg_write(const char *name, u64 value)
{
	u64 *reg = plain_reg(&gm[cur], name);

	if (!strcmp(name, "icc_eoir1_el1") || !strcmp(name, "icc_dir_el1"))
		fail_msg("EL2 completed a physical interrupt");
	if (!strcmp(name, "icc_sgi1r_el1")) {
		gm_last_sgi1r = value;
		for (u32 i = 0; i < GM_CPUS; i++)
			if (value & BIT(i))
				gm[i].pending |= 1u << (value >> 24 & 0xf);
		return true;
	}
	if (!reg)
		return false;
	if (reg >= gm[cur].lr && reg < gm[cur].lr + 16) {
		gm[cur].lr_writes++;
		lr_check(value);
	}
	*reg = value;
	return true;
}

static u32 *frame_bits(struct gm_cpu *c, u32 off, bool *set)
{
	static u32 level;

	*set = !(off & 0x80);
	switch (off & ~0x80u) {
	case 0x10100: return &c->enabled;
	case 0x10200: return &c->pending;
	case 0x10300: return &c->active;
	default: return off == 0x10280 ? &c->pending : &level;
	}
}

static bool frame_read(u64 va, u32 size, u64 *value)
{
	u64 n = (va - FRAMES) / FRAME;
	u32 off = (va - FRAMES) % FRAME;
	bool set;

	if (va < FRAMES || n >= GM_CPUS)
		return false;
	if (off == 8 && size == 8)
		*value = n << 32 | n << 8 | (n == GM_CPUS - 1 ? 16 : 0);
	else if (off == 0)
		*value = gm[n].rwp_reads ? gm[n].rwp_reads--, 8 : 0;
	else if ((off & ~0x80u) == 0x10200)
		*value = phys_pending(&gm[n]);
	else
		*value = *frame_bits(&gm[n], off, &set);
	return true;
}

static bool frame_write(u64 va, u32 size, u64 value)
{
	u64 n = (va - FRAMES) / FRAME;
	u32 off = (va - FRAMES) % FRAME;
	bool set;
	u32 *bits;

	if (va < FRAMES || n >= GM_CPUS)
		return false;
	if (n != cur)
		fail_msg("CPU %u wrote the redistributor of CPU %u", cur, (u32)n);
	if (size != 4 || off < 0x10100 || off >= 0x10400)
		fail_msg("write of GICR offset 0x%x, which is the host's", off);
	bits = frame_bits(&gm[n], off, &set);
	if (set)
		*bits |= (u32)value & gm[n].sticky;
	else
		*bits &= ~(u32)value;
	return true;
}

void gm_on(u32 n)
{
	cur = n;
	shim_cpu(n);
	percpu_table[n].gicr_rd = FRAMES + n * FRAME;
}

void gm_init(u32 lrs)
{
	shim_reset();
	memset(gm, 0, sizeof(gm));
	cpu_count = GM_CPUS;
	gm_lrs = lrs;
	gm_last_sgi1r = 0;
	for (u32 i = 0; i < GM_CPUS; i++) {
		gm[i].rpr = 0xff;
		gm[i].sticky = ~0u;
		gm[i].enabled = 0x088000ff & ~0x00800000;	/* as Linux leaves it, without the PMU */
	}
	shim_sysreg_read_hook = reg_read;
	shim_sysreg_write_hook = reg_write;
	shim_mmio_read_hook = frame_read;
	shim_mmio_write_hook = frame_write;
	for (u32 i = GM_CPUS; i-- > 0;)
		gm_on(i);
	ich_probe();
}

static u32 running(struct gm_cpu *c)
{
	return (u32)c->ap1r[0] ? (u32)__builtin_ctz((u32)c->ap1r[0]) << 3 : 0x100;
}

static int best_lr(struct gm_cpu *c)
{
	int best = -1;
	u64 best_prio = MIN(c->vmcr >> 24, (u64)running(c));

	if (!(c->hcr & ICH_HCR_EN) || !(c->vmcr & ICH_VMCR_VENG1))
		return -1;
	for (u32 i = 0; i < gm_lrs; i++) {
		u64 lr = c->lr[i], prio = lr >> 48 & 0xff;

		if ((lr & ICH_LR_STATE) != ICH_LR_PENDING || !(lr & ICH_LR_GROUP1) || prio >= best_prio)
			continue;
		best = (int)i;
		best_prio = prio;
	}
	return best;
}

bool gm_virq(void) { return best_lr(&gm[cur]) >= 0; }

u32 gm_ack(void)
{
	struct gm_cpu *c = &gm[cur];
	int n = best_lr(c);

	if (n < 0)
		return GM_NONE;
	for (u32 i = 0; i < gm_lrs; i++)
		if ((int)i != n && (c->lr[i] & ICH_LR_STATE) && (u32)c->lr[i] == (u32)c->lr[n])
			fail_msg("two list registers hold INTID %u", (u32)c->lr[n]);
	c->lr[n] ^= ICH_LR_STATE;
	c->ap1r[0] |= BIT(c->lr[n] >> 51 & 0x1f);
	return (u32)c->lr[n];
}

/* dropped: priority an EOI dropped, ~0 for DIR. As QEMU does, an EOI of another priority does not deactivate. */
static void deactivate(struct gm_cpu *c, u32 intid, u32 dropped)
{
	for (u32 i = 0; i < gm_lrs; i++) {
		if ((u32)c->lr[i] != intid || !(c->lr[i] & ICH_LR_ACTIVE))
			continue;
		if (dropped != ~0u && dropped != (c->lr[i] >> 48 & 0xff))
			return;
		if (dropped != ~0u && (c->vmcr & ICH_VMCR_VEOIM))
			return;
		c->lr[i] &= ~ICH_LR_ACTIVE;
		if (c->lr[i] & ICH_LR_HW)
			c->active &= ~(1u << (c->lr[i] >> 32 & 0x1f));
		return;
	}
	c->hcr += UINT64_C(1) << 27;
}

void gm_eoi(u32 intid)
{
	struct gm_cpu *c = &gm[cur];

	u32 dropped = running(c);

	c->ap1r[0] &= c->ap1r[0] - 1;
	/* QEMU counts an EOI of an interrupt in no list register in EOImode 1, too. */
	deactivate(c, intid, dropped);
}

bool gm_dir(u32 intid)
{
	if (gm[cur].hcr & ICH_HCR_TDIR)
		return false;
	deactivate(&gm[cur], intid, ~0u);
	return true;
}

bool gm_maintenance(void)
{
	struct gm_cpu *c = &gm[cur];
	bool eoi = false, pending = false;

	for (u32 i = 0; i < gm_lrs; i++) {
		pending |= (c->lr[i] & ICH_LR_STATE) == ICH_LR_PENDING;
		eoi |= !(c->lr[i] & ICH_LR_STATE) && !(c->lr[i] & ICH_LR_HW) && (c->lr[i] & ICH_LR_EOI);
	}
	return (c->hcr & ICH_HCR_EN) && (eoi || ((c->hcr & ICH_HCR_NPIE) && !pending) ||
					  ((c->hcr & ICH_HCR_LRENPIE) && (c->hcr >> 27 & 0x1f)));
}

void gm_vm(u8 n)
{
	u32 wake = 0;

	vgic_init(&gm_vgic);
	for (u8 i = 0; i < n; i++) {
		memset(&gm_vc[i], 0, sizeof(gm_vc[i]));
		vgic_cpu_init(&gm_vgic, &gm_vc[i], i);
		gm_vc[i].ich_vmcr = UINT64_C(0xff) << 24 | ICH_VMCR_VENG1;
	}
	assert_int_equal(vgic_set_dist(&gm_vgic, GM_DIST), GZ_OK);
	assert_int_equal(vgic_set_redist(&gm_vgic, GM_REDIST), GZ_OK);
	assert_int_equal(vgic_freeze(&gm_vgic, n), GZ_OK);
	assert_true(vgic_mmio_write(&gm_vgic, 0, GM_DIST, 4, 2, &wake));
}

u64 gm_rd(u8 cpu, ipa_t ipa, u32 size)
{
	u64 value = ~UINT64_C(0);

	if (gm_vc[cpu].loaded)
		gm_on(cpu);
	assert_true(vgic_mmio_read(&gm_vgic, cpu, ipa, size, &value));
	return value;
}

u32 gm_wr(u8 cpu, ipa_t ipa, u32 size, u64 value)
{
	u32 wake = 0;

	if (gm_vc[cpu].loaded)
		gm_on(cpu);
	assert_true(vgic_mmio_write(&gm_vgic, cpu, ipa, size, value, &wake));
	return wake;
}

u64 gd_rd(u32 off) { return gm_rd(0, ipa_add(GM_DIST, off), 4); }
u32 gd_wr(u32 off, u64 value) { return gm_wr(0, ipa_add(GM_DIST, off), 4, value); }
u64 gr_rd(u32 vcpu, u32 off) { return gm_rd(0, ipa_add(GM_REDIST, vcpu * FRAME + off), 4); }
u32 gr_wr(u32 vcpu, u32 off, u64 value) { return gm_wr(0, ipa_add(GM_REDIST, vcpu * FRAME + off), 4, value); }

void gm_spi(u32 n, u8 priority, bool edge, u32 vcpu)
{
	u32 intid = 32 + n, cfg = 0xc00 + intid / 16 * 4;
	u32 field = 2u << (intid % 16 * 2);

	gm_wr(0, ipa_add(GM_DIST, 0x400 + intid), 1, priority);
	gd_wr(cfg, edge ? gd_rd(cfg) | field : gd_rd(cfg) & ~field);
	gm_wr(0, ipa_add(GM_DIST, 0x6000 + intid * 8), 8, vcpu);
	gd_wr(0x100 + intid / 32 * 4, BIT(intid % 32));
}

void gm_ppi(u32 vcpu, u32 intid, u8 priority)
{
	gm_wr(0, ipa_add(GM_REDIST, vcpu * FRAME + 0x10400 + intid), 1, priority);
	gr_wr(vcpu, 0x10100, BIT(intid));
}

void gm_load(u32 n)
{
	gm_on(n);
	vgic_load(&gm_vgic, &gm_vc[n]);
}

u32 gm_save(u32 n)
{
	u32 wake;

	gm_on(n);
	wake = vgic_save(&gm_vgic, &gm_vc[n]);
	assert_int_equal(gm[n].hcr, 0);
	for (u32 i = 0; i < gm_lrs; i++)
		assert_int_equal(gm[n].lr[i], 0);
	return wake;
}

u32 gm_settle(u32 n)
{
	u32 count = 0;

	gm_on(n);
	while (gm_maintenance() || gm_vc[n].due_flag) {
		vgic_refill(&gm_vgic, &gm_vc[n]);
		if (++count > 3)
			fail_msg("maintenance interrupt storm on vCPU %u", n);
	}
	return count;
}

u32 gm_inject(u32 spi, u32 level, u32 mode)
{
	u32 wake = 0;

	assert_int_equal(vgic_inject_spi(&gm_vgic, spi, level, mode, &wake), GZ_OK);
	return wake;
}
