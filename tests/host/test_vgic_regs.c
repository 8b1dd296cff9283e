/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/irq/gic.c hyp/irq/ich.c hyp/irq/vgic_init.c hyp/irq/vgic_inject.c hyp/irq/vgic_lr.c hyp/irq/vgic_regs.c hyp/irq/vgic_bits.c hyp/irq/vgic_dist.c hyp/irq/vgic_redist.c tests/host/gic_model.c */
/*
 * Job: every register of the virtual GIC: reset value, what a write leaves, allowed sizes; unknown ones; frames and layout.
 * Never: the effect on list registers; test_vgic_lr.c has it.
 * Used by: make -C tests/host run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "host/gic_model.h"

#define RD1	0x20000		/* redistributor of vCPU 1 */
#define SGI1	(RD1 + 0x10000)

static int setup(void **state)
{
	(void)state;
	gm_init(GM_LRS);
	gm_vm(3);
	return 0;
}

/* One register: at is in the distributor (redist false) or from the redistributor base; ones: read after writing all ones. */
struct reg_row {
	const char *name;
	bool redist;
	u32 at;
	u32 sizes;		/* sum of 1, 2, 4, 8 that work */
	u64 reset, ones;
	u64 zero;		/* read after then writing zero */
};

static const struct reg_row rows[] = {
	{ "GICD_CTLR", false, 0x0, 4, 0x52, 0x52, 0x50 },	/* the fixture switched it on */
	{ "GICD_TYPER", false, 0x4, 4, 0x480008, 0x480008, 0x480008 },
	{ "GICD_IIDR", false, 0x8, 4, 0x4700043b, 0x4700043b, 0x4700043b },
	{ "GICD_TYPER2", false, 0xc, 4, 0, 0, 0 },
	{ "GICD_SETSPI_NSR", false, 0x40, 4, 0, 0, 0 },
	{ "GICD_IGROUPR0", false, 0x80, 4, 0, 0, 0 },
	{ "GICD_IGROUPR1", false, 0x84, 4, 0xffffffff, 0xffffffff, 0 },
	{ "GICD_IGROUPR8", false, 0xa0, 4, 0xffffffff, 0xffffffff, 0 },
	{ "GICD_IGROUPR9", false, 0xa4, 4, 0, 0, 0 },
	{ "GICD_ISENABLER0", false, 0x100, 4, 0, 0, 0 },
	{ "GICD_ISENABLER1", false, 0x104, 4, 0, 0xffffffff, 0xffffffff },
	{ "GICD_ISENABLER8", false, 0x120, 4, 0, 0xffffffff, 0xffffffff },
	{ "GICD_ISENABLER9", false, 0x124, 4, 0, 0, 0 },
	{ "GICD_ICENABLER1", false, 0x184, 4, 0, 0, 0 },
	{ "GICD_ISPENDR0", false, 0x200, 4, 0, 0, 0 },
	{ "GICD_ISPENDR1", false, 0x204, 4, 0, 0xffffffff, 0xffffffff },
	{ "GICD_ICPENDR1", false, 0x284, 4, 0, 0, 0 },
	{ "GICD_ISACTIVER1", false, 0x304, 4, 0, 0xffffffff, 0xffffffff },
	{ "GICD_ICACTIVER1", false, 0x384, 4, 0, 0, 0 },
	{ "GICD_IPRIORITYR0", false, 0x400, 1 | 4, 0, 0, 0 },
	{ "GICD_IPRIORITYR8", false, 0x420, 1 | 4, 0, 0xf8f8f8f8, 0 },
	{ "GICD_IPRIORITYR71", false, 0x51c, 1 | 4, 0, 0xf8f8f8f8, 0 },
	{ "GICD_IPRIORITYR72", false, 0x520, 1 | 4, 0, 0, 0 },
	{ "GICD_ITARGETSR8", false, 0x820, 4, 0, 0, 0 },
	{ "GICD_ICFGR0", false, 0xc00, 4, 0, 0, 0 },
	{ "GICD_ICFGR2", false, 0xc08, 4, 0, 0xaaaaaaaa, 0 },
	{ "GICD_ICFGR17", false, 0xc44, 4, 0, 0xaaaaaaaa, 0 },
	{ "GICD_ICFGR18", false, 0xc48, 4, 0, 0, 0 },
	{ "GICD_IGRPMODR1", false, 0xd04, 4, 0, 0, 0 },
	{ "GICD_NSACR2", false, 0xe08, 4, 0, 0, 0 },
	{ "GICD_SGIR", false, 0xf00, 4, 0, 0, 0 },
	{ "GICD_IROUTER0", false, 0x6000, 4 | 8, 0, 0, 0 },
	{ "GICD_IROUTER32", false, 0x6100, 4 | 8, 0, 0xff80ffffff, 0 },
	{ "GICD_IROUTER32 high", false, 0x6104, 4, 0, 0xff, 0 },
	{ "GICD_IROUTER287", false, 0x68f8, 4 | 8, 0, 0xff80ffffff, 0 },
	{ "GICD_IROUTER288", false, 0x6900, 8, 0, 0, 0 },
	{ "GICD_PIDR2", false, 0xffe8, 4, 0x3b, 0x3b, 0x3b },
	{ "GICD last", false, 0xfffc, 4, 0, 0, 0 },
	{ "GICR_CTLR", true, RD1, 4, 0, 0, 0 },
	{ "GICR_IIDR", true, RD1 + 0x4, 4, 0x4700043b, 0x4700043b, 0x4700043b },
	{ "GICR_TYPER", true, RD1 + 0x8, 4 | 8, 0x100000100, 0x100000100, 0x100000100 },
	{ "GICR_TYPER high", true, RD1 + 0xc, 4, 1, 1, 1 },
	{ "GICR_STATUSR", true, RD1 + 0x10, 4, 0, 0, 0 },
	{ "GICR_WAKER", true, RD1 + 0x14, 4, 6, 6, 0 },
	{ "GICR_PROPBASER", true, RD1 + 0x70, 8, 0, 0, 0 },
	{ "GICR_PENDBASER", true, RD1 + 0x78, 8, 0, 0, 0 },
	{ "GICR_PIDR2", true, RD1 + 0xffe8, 4, 0x3b, 0x3b, 0x3b },
	{ "GICR_IGROUPR0", true, SGI1 + 0x80, 4, 0xffffffff, 0xffffffff, 0 },
	{ "GICR_IGROUPR1", true, SGI1 + 0x84, 4, 0, 0, 0 },
	{ "GICR_ISENABLER0", true, SGI1 + 0x100, 4, 0, 0xffffffff, 0xffffffff },
	{ "GICR_ICENABLER0", true, SGI1 + 0x180, 4, 0, 0, 0 },
	{ "GICR_ISPENDR0", true, SGI1 + 0x200, 4, 0, 0xffffffff, 0xffffffff },
	{ "GICR_ICPENDR0", true, SGI1 + 0x280, 4, 0, 0, 0 },
	{ "GICR_ISACTIVER0", true, SGI1 + 0x300, 4, 0, 0xffffffff, 0xffffffff },
	{ "GICR_ICACTIVER0", true, SGI1 + 0x380, 4, 0, 0, 0 },
	{ "GICR_IPRIORITYR0", true, SGI1 + 0x400, 1 | 4, 0, 0xf8f8f8f8, 0 },
	{ "GICR_IPRIORITYR7", true, SGI1 + 0x41c, 1 | 4, 0, 0xf8f8f8f8, 0 },
	{ "GICR_ICFGR0", true, SGI1 + 0xc00, 4, 0xaaaaaaaa, 0xaaaaaaaa, 0xaaaaaaaa },
	{ "GICR_ICFGR1", true, SGI1 + 0xc04, 4, 0, 0, 0 },
	{ "GICR_IGRPMODR0", true, SGI1 + 0xd00, 4, 0, 0, 0 },
};

static u64 mask_of(u32 size) { return size == 8 ? ~UINT64_C(0) : BIT(size * 8) - 1; }

static ipa_t row_ipa(const struct reg_row *r) { return ipa_add(r->redist ? GM_REDIST : GM_DIST, r->at); }

static void expect(const struct reg_row *r, u32 size, u64 got, u64 want)
{
	want &= mask_of(size);
	if (got != want)
		fail_msg("%s size %u: read 0x%llx, not 0x%llx", r->name, size, (unsigned long long)got,
			 (unsigned long long)want);
}

static void regs__each_register__reset_and_write_mask(void **state)
{
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct reg_row *r = &rows[i];

		for (u32 size = 1; size <= 8; size *= 2) {
			if (!(r->sizes & size))
				continue;
			setup(state);
			expect(r, size, gm_rd(0, row_ipa(r), size), r->reset);
			gm_wr(0, row_ipa(r), size, ~UINT64_C(0));
			expect(r, size, gm_rd(0, row_ipa(r), size), r->ones);
			gm_wr(0, row_ipa(r), size, 0);
			expect(r, size, gm_rd(0, row_ipa(r), size), r->zero);
		}
	}
}

static void regs__wrong_size_or_misaligned__reads_zero_writes_nothing(void **state)
{
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct reg_row *r = &rows[i];
		u64 before;

		setup(state);
		before = gm_rd(0, row_ipa(r), r->sizes & 8 ? 8 : 4);
		for (u32 size = 1; size <= 8; size *= 2) {
			for (u32 by = r->sizes & size ? 1 : 0; by < size && r->at + by < 0x10000; by++) {
				expect(r, size, gm_rd(0, ipa_add(row_ipa(r), by), size), 0);
				gm_wr(0, ipa_add(row_ipa(r), by), size, ~UINT64_C(0));
			}
		}
		assert_int_equal(gm_rd(0, row_ipa(r), r->sizes & 8 ? 8 : 4), before);
	}
}

static void regs__priority_bytes__each_on_its_own(void **state)
{
	(void)state;
	gd_wr(0x420, 0x10203040);
	gm_wr(0, ipa_add(GM_DIST, 0x422), 1, 0xff);
	assert_int_equal(gd_rd(0x420), 0x10f83040);
	assert_int_equal(gm_rd(0, ipa_add(GM_DIST, 0x423), 1), 0x10);
	gm_wr(0, ipa_add(GM_REDIST, SGI1 + 0x41b), 1, 0x87);
	assert_int_equal(gr_rd(1, 0x10418), 0x80000000);
	assert_int_equal(gr_rd(0, 0x10418), 0);
}

static void regs__set_and_clear__only_ones_act(void **state)
{
	(void)state;
	gd_wr(0x104, 0xf0f0);
	gd_wr(0x104, 0x000f);
	assert_int_equal(gd_rd(0x104), 0xf0ff);
	assert_int_equal(gd_rd(0x184), 0xf0ff);
	gd_wr(0x184, 0x00f0);
	assert_int_equal(gd_rd(0x104), 0xf00f);
	assert_int_equal(gd_rd(0x108), 0);
	gr_wr(2, 0x10100, 0x08000001);
	assert_int_equal(gr_rd(2, 0x10180), 0x08000001);
	assert_int_equal(gr_rd(1, 0x10180), 0);
}

static void regs__typer__last_and_affinity_of_each(void **state)
{
	(void)state;
	for (u32 i = 0; i < 3; i++) {
		u64 typer = gm_rd(0, ipa_add(GM_REDIST, i * 0x20000 + 8), 8);

		assert_int_equal(typer, (u64)i << 32 | i << 8 | (i == 2 ? 0x10 : 0));
	}
}

static void regs__waker__handshake(void **state)
{
	(void)state;
	assert_int_equal(gr_rd(1, 0x14), 6);
	gr_wr(1, 0x14, 0);
	assert_int_equal(gr_rd(1, 0x14), 0);
	assert_int_equal(gr_rd(0, 0x14), 6);
	gr_wr(1, 0x14, 2);
	assert_int_equal(gr_rd(1, 0x14), 6);
}

static void regs__irouter_halves__make_one(void **state)
{
	(void)state;
	gd_wr(0x6140, 0x80010203);
	gd_wr(0x6144, 0x12345678);
	assert_int_equal(gm_rd(0, ipa_add(GM_DIST, 0x6140), 8), 0x7880010203);
	gd_wr(0x6140, 2);
	assert_int_equal(gm_rd(0, ipa_add(GM_DIST, 0x6140), 8), 0x7800000002);
}

static void regs__group0__never_delivered(void **state)
{
	(void)state;
	gm_spi(3, 0x80, true, 0);
	gd_wr(0x84, 0);
	assert_int_equal(gm_inject(3, 1, GZ_IRQ_MODE_PULSE), 0);
	assert_int_equal(gd_rd(0x204), 8);
	assert_int_equal(gd_wr(0x84, 8), 1);
}

static void frames__outside__not_ours(void **state)
{
	u64 v;
	u32 wake = 0;

	(void)state;
	assert_false(vgic_mmio_read(&gm_vgic, 0, IPA(GM_DIST.v - 4), 4, &v));
	assert_false(vgic_mmio_read(&gm_vgic, 0, ipa_add(GM_DIST, 0x10000), 4, &v));
	assert_false(vgic_mmio_read(&gm_vgic, 0, IPA(GM_REDIST.v - 4), 4, &v));
	assert_true(vgic_mmio_read(&gm_vgic, 0, ipa_add(GM_REDIST, 3 * 0x20000 - 4), 4, &v));
	assert_false(vgic_mmio_read(&gm_vgic, 0, ipa_add(GM_REDIST, 3 * 0x20000), 4, &v));
	assert_false(vgic_mmio_write(&gm_vgic, 0, ipa_add(GM_REDIST, 3 * 0x20000), 4, 1, &wake));
	assert_false(vgic_mmio_read(&gm_vgic, 0, IPA(~UINT64_C(0)), 4, &v));
	assert_false(vgic_mmio_read(&gm_vgic, 0, GM_DIST, 3, &v));
}

static void frames__vcpu_missing__reads_zero(void **state)
{
	(void)state;
	vgic_cpu_drop(&gm_vgic, &gm_vc[1]);
	assert_int_equal(gr_rd(1, 8), 0);
	gr_wr(1, 0x10100, 1);
	assert_int_equal(gr_rd(2, 0x10100), 0);
}

static void layout__bad_bases__refused(void **state)
{
	struct vgic g;
	ipa_t base[2];
	u64 size[2];

	(void)state;
	vgic_init(&g);
	assert_int_equal(vgic_set_dist(&g, IPA(0x1000)), GZ_EINVAL);
	assert_int_equal(vgic_set_dist(&g, IPA(BIT(40))), GZ_EINVAL);
	assert_int_equal(vgic_set_dist(&g, IPA(~UINT64_C(0xffff))), GZ_EINVAL);
	assert_int_equal(vgic_set_redist(&g, IPA(BIT(40) - 0x10000)), GZ_EINVAL);
	assert_int_equal(vgic_set_redist(&g, IPA(8)), GZ_EINVAL);
	assert_int_equal(vgic_set_redist(&g, IPA(0x100000)), GZ_OK);
	assert_int_equal(vgic_set_redist(&g, IPA(0x200000)), GZ_EEXIST);
	assert_int_equal(vgic_set_dist(&g, IPA(0x110000)), GZ_EEXIST);
	assert_int_equal(vgic_set_dist(&g, IPA(0x120000)), GZ_OK);
	assert_int_equal(vgic_set_dist(&g, IPA(0x520000)), GZ_EEXIST);
	vgic_frames(&g, 1, base, size);
	assert_int_equal(size[0], 0x10000);
	assert_int_equal(size[1], 0x20000);
	assert_int_equal(vgic_freeze(&g, 2), GZ_EINVAL);	/* frame of vCPU 1 is the distributor's */
	assert_int_equal(vgic_freeze(&g, 0), GZ_EINVAL);
	assert_int_equal(vgic_freeze(&g, 9), GZ_EINVAL);
	assert_int_equal(vgic_freeze(&g, 1), GZ_OK);
	assert_int_equal(vgic_freeze(&g, 1), GZ_OK);
	vgic_init(&g);
	assert_int_equal(vgic_set_dist(&g, IPA(0x100000)), GZ_OK);
	assert_int_equal(vgic_set_redist(&g, IPA(0xf0000)), GZ_EEXIST);
	assert_int_equal(vgic_set_redist(&g, IPA(BIT(40) - 0x20000)), GZ_OK);
	assert_int_equal(vgic_freeze(&g, 2), GZ_EINVAL);
}

static void layout__after_first_run__refused(void **state)
{
	struct vgic g;
	ipa_t base[2];
	u64 size[2], v;

	(void)state;
	vgic_init(&g);
	assert_int_equal(vgic_freeze(&g, 4), GZ_OK);	/* a VM without GIC */
	assert_int_equal(vgic_set_dist(&g, IPA(0x100000)), GZ_ESTATE);
	assert_int_equal(vgic_set_redist(&g, IPA(0x200000)), GZ_ESTATE);
	assert_false(vgic_mmio_read(&g, 0, IPA(0), 4, &v));
	vgic_frames(&g, 1, base, size);
	assert_int_equal(size[0], 0);
	assert_int_equal(size[1], 0);
}

static void reset__everything_set__power_on_values(void **state)
{
	struct vgic_cpu fresh;
	struct vgic_irq spi;

	(void)state;
	spi = gm_vgic.spi[7];
	vgic_cpu_init(&gm_vgic, &gm_vc[2], 2);
	fresh = gm_vc[2];
	for (u32 off = 0; off < 0x10000; off += 4) {
		gd_wr(off, ~UINT64_C(0));
		gr_wr(2, off, ~UINT64_C(0));
		gr_wr(2, 0x10000 + off, ~UINT64_C(0));
	}
	vgic_reset(&gm_vgic);
	assert_memory_equal(&spi, &gm_vgic.spi[7], sizeof(spi));
	assert_memory_equal(fresh.priv, gm_vc[2].priv, sizeof(fresh.priv));
	assert_int_equal(gd_rd(0), 0x50);
	assert_int_equal(gm_vc[2].due_flag, 0);
	assert_int_equal(gr_rd(2, 0x14), 6);
}

/* Any offset, any size, any value, from any vCPU: nothing but the return value matters (sanitizers watch). */
static void regs__random_accesses__safe(void **state)
{
	u64 seed = 88172645463325252u, v;

	(void)state;
	gm_load(0);
	for (u32 i = 0; i < 200000; i++) {
		u32 wake = 0, size;
		ipa_t ipa;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		size = 1u << (seed & 3);
		ipa = seed & 4 ? ipa_add(GM_DIST, seed >> 8 & 0xffff) : ipa_add(GM_REDIST, seed >> 8 & 0x7ffff);
		if (seed & 8)
			vgic_mmio_read(&gm_vgic, 0, ipa, size, &v);
		else
			vgic_mmio_write(&gm_vgic, 0, ipa, size, seed >> 20, &wake);
		assert_int_equal(wake & ~7u, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(regs__each_register__reset_and_write_mask, setup),
		cmocka_unit_test_setup(regs__wrong_size_or_misaligned__reads_zero_writes_nothing, setup),
		cmocka_unit_test_setup(regs__priority_bytes__each_on_its_own, setup),
		cmocka_unit_test_setup(regs__set_and_clear__only_ones_act, setup),
		cmocka_unit_test_setup(regs__typer__last_and_affinity_of_each, setup),
		cmocka_unit_test_setup(regs__waker__handshake, setup),
		cmocka_unit_test_setup(regs__irouter_halves__make_one, setup),
		cmocka_unit_test_setup(regs__group0__never_delivered, setup),
		cmocka_unit_test_setup(frames__outside__not_ours, setup),
		cmocka_unit_test_setup(frames__vcpu_missing__reads_zero, setup),
		cmocka_unit_test_setup(layout__bad_bases__refused, setup),
		cmocka_unit_test_setup(layout__after_first_run__refused, setup),
		cmocka_unit_test_setup(reset__everything_set__power_on_values, setup),
		cmocka_unit_test_setup(regs__random_accesses__safe, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
