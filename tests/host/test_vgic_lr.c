/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/irq/gic.c hyp/irq/ich.c hyp/irq/vgic_init.c hyp/irq/vgic_inject.c hyp/irq/vgic_lr.c hyp/irq/vgic_regs.c hyp/irq/vgic_bits.c hyp/irq/vgic_dist.c hyp/irq/vgic_redist.c tests/host/gic_model.c tests/host/lr_fixture.c */
/*
 * Job: life cycles of list registers: acknowledge, EOI, EOImode 1 with DIR, merge, overflow of pending and of active, exits in between.
 * Never: look at a field of the virtual GIC where the guest's view shows the same.
 * Used by: make -C tests/host run.
 */
#include "host/lr_fixture.h"

static void lr__one_edge__delivered_once(void **state)
{
	(void)state;
	gm_spi(5, 0xa0, true, 0);
	pulse(5);
	gm_load(0);
	assert_int_equal(take(0), 37);
	assert_int_equal(gm_ack(), GM_NONE);
	gm_eoi(37);
	assert_int_equal(take(0), GM_NONE);
	gm_save(0);
	gm_load(0);
	assert_int_equal(take(0), GM_NONE);
}

static void lr__nothing_due__no_list_register_written(void **state)
{
	(void)state;
	gm_load(0);
	gm_save(0);
	assert_int_equal(gm[0].lr_writes, 0);
	gm_load(0);
	assert_int_equal(gm[0].hcr, ICH_HCR_EN);
}

static void lr__exit_while_pending__still_pending_after_reentry_on_other_cpu(void **state)
{
	(void)state;
	gm_spi(5, 0xa0, true, 0);
	pulse(5);
	gm_load(0);
	gm_save(0);
	assert_true(vgic_has_due(&gm_vgic, &gm_vc[0]));
	gm_on(3);
	vgic_load(&gm_vgic, &gm_vc[0]);
	assert_int_equal(gm_ack(), 37);
	vgic_save(&gm_vgic, &gm_vc[0]);
	gm_load(0);
	assert_int_equal(gm_ack(), GM_NONE);
	gm_eoi(37);
	assert_int_equal(take(0), GM_NONE);
	assert_int_equal(gd_rd(ISACTIVER(5)), 0);
}

static void lr__reset_while_on_its_way_out__registers_left_empty(void **state)
{
	(void)state;
	gm_spi(5, 0xa0, true, 0);
	pulse(5);
	gm_load(0);
	vgic_reset(&gm_vgic);
	vgic_save(&gm_vgic, &gm_vc[0]);
	for (u32 i = 0; i < GM_LRS; i++)
		assert_int_equal(ich_lr_read(i), 0);
	assert_false(vgic_has_due(&gm_vgic, &gm_vc[0]));
}

static void lr__pend_while_active__pending_and_active_then_again(void **state)
{
	(void)state;
	gm_spi(5, 0xa0, true, 0);
	pulse(5);
	gm_load(0);
	assert_int_equal(take(0), 37);
	pulse(5);
	pulse(5);
	assert_int_equal(take(0), GM_NONE);
	assert_int_equal(gd_rd(ISPENDR(5)), SPI_BIT(5));
	assert_int_equal(gd_rd(ISACTIVER(5)), SPI_BIT(5));
	gm_eoi(37);
	assert_int_equal(take(0), 37);
	gm_eoi(37);
	assert_int_equal(take(0), GM_NONE);
}

static void lr__level_held__fires_until_lowered(void **state)
{
	(void)state;
	gm_spi(5, 0xa0, false, 0);
	gm_inject(5, 1, GZ_IRQ_MODE_LEVEL);
	gm_load(0);
	for (u32 i = 0; i < 3; i++) {
		assert_int_equal(take(0), 37);
		assert_int_equal(gm_settle(0), 0);	/* active and high: not pending for the CPU interface */
		gm_eoi(37);
		assert_true(gm_maintenance());
	}
	assert_int_equal(take(0), 37);
	gm_inject(5, 0, GZ_IRQ_MODE_LEVEL);
	gm_eoi(37);
	assert_int_equal(take(0), GM_NONE);
	assert_false(gm_maintenance());
}

static void lr__level_lowered_before_ack__retracted(void **state)
{
	(void)state;
	gm_spi(5, 0xa0, false, 0);
	gm_inject(5, 1, GZ_IRQ_MODE_LEVEL);
	gm_load(0);
	assert_int_equal(gm_inject(5, 0, GZ_IRQ_MODE_LEVEL), 1);	/* kick: it sits in its list register */
	assert_int_equal(take(0), GM_NONE);
}

static void lr__level_raised_while_active__fires_after_eoi(void **state)
{
	(void)state;
	gm_spi(5, 0xa0, false, 0);
	gm_inject(5, 1, GZ_IRQ_MODE_PRACTICAL);
	gm_load(0);
	assert_int_equal(take(0), 37);
	gm_inject(5, 1, GZ_IRQ_MODE_LEVEL);
	assert_int_equal(take(0), GM_NONE);
	gm_eoi(37);
	assert_int_equal(take(0), 37);
	gm_inject(5, 0, GZ_IRQ_MODE_LEVEL);
	gm_eoi(37);
	assert_int_equal(take(0), GM_NONE);
}

static void lr__eoimode1__drop_then_dir(void **state)
{
	(void)state;
	gm_vc[0].ich_vmcr |= ICH_VMCR_VEOIM;
	gm_spi(5, 0xa0, true, 0);
	gm_spi(6, 0xa0, true, 0);
	pulse(5);
	gm_load(0);
	assert_int_equal(take(0), 37);
	gm_eoi(37);
	pulse(5);
	pulse(6);
	assert_int_equal(take(0), 38);		/* same priority: dropped, but 5 stays active */
	gm_eoi(38);
	assert_int_equal(take(0), GM_NONE);
	assert_false(gm_dir(37));		/* trapped */
	assert_int_equal(vgic_dir(&gm_vgic, 0, 37), 0);
	assert_int_equal(take(0), 37);
	gm_eoi(37);
	vgic_dir(&gm_vgic, 0, 37);
	vgic_dir(&gm_vgic, 0, 38);
	assert_int_equal(gd_rd(ISACTIVER(5)), 0);
	assert_int_equal(take(0), GM_NONE);
}

static void lr__eoimode1_set_while_loaded__dir_works_in_hardware_until_noticed(void **state)
{
	(void)state;
	gm_spi(5, 0xa0, true, 0);
	pulse(5);
	gm_load(0);
	gm[0].vmcr |= ICH_VMCR_VEOIM;
	assert_int_equal(gm_ack(), 37);
	gm_eoi(37);
	assert_true(gm_dir(37));
	assert_int_equal(gd_rd(ISACTIVER(5)), 0);
	assert_true(gm[0].hcr & ICH_HCR_TDIR);
}

static void lr__dir_on_another_vcpu__deactivated_at_its_next_fold(void **state)
{
	(void)state;
	gm_vc[0].ich_vmcr |= ICH_VMCR_VEOIM;
	gm_vc[1].ich_vmcr |= ICH_VMCR_VEOIM;
	gm_spi(5, 0xa0, true, 0);
	pulse(5);
	gm_load(1);
	gm_load(0);
	assert_int_equal(take(0), 37);
	gm_eoi(37);
	gm_on(1);
	assert_int_equal(vgic_dir(&gm_vgic, 1, 37), 1);	/* vCPU 0 is to be kicked */
	gm_settle(0);
	assert_int_equal(gd_rd(ISACTIVER(5)), 0);
	pulse(5);
	assert_int_equal(take(0), 37);
	gm_eoi(37);
	gm_save(0);
	gm_on(1);
	assert_int_equal(vgic_dir(&gm_vgic, 1, 37), 0);
	assert_int_equal(gd_rd(ISACTIVER(5)), 0);
}

static void lr__dir_garbage__ignored(void **state)
{
	(void)state;
	gm_load(0);
	assert_int_equal(vgic_dir(&gm_vgic, 0, 37), 0);	/* EOImode 0 */
	gm[0].vmcr |= ICH_VMCR_VEOIM;
	assert_int_equal(vgic_dir(&gm_vgic, 0, 37), 0);
	assert_int_equal(vgic_dir(&gm_vgic, 0, 288), 0);
	assert_int_equal(vgic_dir(&gm_vgic, 0, ~UINT64_C(0)), 0);
}

static void lr__more_pending_than_registers__all_by_priority(void **state)
{
	(void)state;
	for (u32 i = 0; i < 12; i++)
		gm_spi(i, (u8)(0xf0 - i * 8), true, 0);
	for (u32 i = 0; i < 12; i++)
		pulse(i);
	gm_load(0);
	assert_true(gm[0].hcr & ICH_HCR_NPIE);
	for (u32 i = 12; i-- > 0;) {
		assert_int_equal(take(0), 32 + i);
		gm_eoi(32 + i);
	}
	assert_int_equal(take(0), GM_NONE);
	assert_false(gm[0].hcr & ICH_HCR_NPIE);
}

static void lr__overflow_equal_priority__all_once(void **state)
{
	u32 seen[64] = { 0 };
	u32 intid;

	(void)state;
	for (u32 i = 0; i < 64; i++) {
		gm_spi(i, 0xa0, true, 0);
		pulse(i);
	}
	gm_load(0);
	while ((intid = take(0)) != GM_NONE) {
		gm_eoi(intid);
		seen[intid - 32]++;
	}
	for (u32 i = 0; i < 64; i++)
		assert_int_equal(seen[i], 1);
}

/* Nested: each handler is interrupted by a more urgent one, deeper than there are list registers. */
static void lr__more_active_than_registers__eoi_finds_each(void **state)
{
	(void)state;
	for (u32 i = 0; i < 10; i++)
		gm_spi(i, (u8)(0xf0 - i * 8), true, 0);
	gm_load(0);
	for (u32 i = 0; i < 10; i++) {
		pulse(i);
		assert_int_equal(take(0), 32 + i);
	}
	assert_int_equal(gd_rd(ISACTIVER(0)), 0x3ff);
	gm_save(0);
	gm_load(0);
	for (u32 i = 10; i-- > 0;) {
		gm_eoi(32 + i);
		gm_settle(0);
		assert_int_equal(gd_rd(ISACTIVER(0)), BIT(i) - 1);
	}
	for (u32 i = 0; i < 10; i++) {
		pulse(i);
		assert_int_equal(take(0), 32 + i);
		gm_eoi(32 + i);
	}
}

static void lr__eoi_without_settle__eoicount_folds_several(void **state)
{
	(void)state;
	for (u32 i = 0; i < 8; i++)
		gm_spi(i, (u8)(0xf0 - i * 8), true, 0);
	gm_load(0);
	for (u32 i = 0; i < 8; i++) {
		pulse(i);
		assert_int_equal(take(0), 32 + i);
	}
	for (u32 i = 8; i-- > 0;)
		gm_eoi(32 + i);
	assert_true(gm_maintenance());
	gm_settle(0);
	assert_int_equal(gd_rd(ISACTIVER(0)), 0);
}

static void lr__eoimode1_many_active__new_ones_still_come(void **state)
{
	(void)state;
	gm_vc[0].ich_vmcr |= ICH_VMCR_VEOIM;
	gm_load(0);
	for (u32 i = 0; i < 20; i++) {
		gm_spi(i, 0xa0, true, 0);
		pulse(i);
	}
	for (u32 i = 0; i < 20; i++) {
		assert_int_equal(take(0), 32 + i);
		gm_eoi(32 + i);
	}
	for (u32 i = 0; i < 20; i++)
		vgic_dir(&gm_vgic, 0, 32 + (i * 7) % 20);
	assert_int_equal(gd_rd(ISACTIVER(0)), 0);
}

static void lr__urgent_one_comes_when_full__goes_first(void **state)
{
	(void)state;
	for (u32 i = 0; i < 6; i++)
		gm_spi(i, 0xa0, true, 0);
	gm_spi(9, 0x20, true, 0);
	for (u32 i = 0; i < 6; i++)
		pulse(i);
	gm_load(0);
	pulse(9);
	assert_int_equal(take(0), 41);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lr__one_edge__delivered_once, setup),
		cmocka_unit_test_setup(lr__nothing_due__no_list_register_written, setup),
		cmocka_unit_test_setup(lr__exit_while_pending__still_pending_after_reentry_on_other_cpu, setup),
		cmocka_unit_test_setup(lr__reset_while_on_its_way_out__registers_left_empty, setup),
		cmocka_unit_test_setup(lr__pend_while_active__pending_and_active_then_again, setup),
		cmocka_unit_test_setup(lr__level_held__fires_until_lowered, setup),
		cmocka_unit_test_setup(lr__level_lowered_before_ack__retracted, setup),
		cmocka_unit_test_setup(lr__level_raised_while_active__fires_after_eoi, setup),
		cmocka_unit_test_setup(lr__eoimode1__drop_then_dir, setup),
		cmocka_unit_test_setup(lr__eoimode1_set_while_loaded__dir_works_in_hardware_until_noticed, setup),
		cmocka_unit_test_setup(lr__dir_on_another_vcpu__deactivated_at_its_next_fold, setup),
		cmocka_unit_test_setup(lr__dir_garbage__ignored, setup),
		cmocka_unit_test_setup(lr__more_pending_than_registers__all_by_priority, setup),
		cmocka_unit_test_setup(lr__overflow_equal_priority__all_once, setup),
		cmocka_unit_test_setup(lr__more_active_than_registers__eoi_finds_each, setup),
		cmocka_unit_test_setup(lr__eoi_without_settle__eoicount_folds_several, setup),
		cmocka_unit_test_setup(lr__eoimode1_many_active__new_ones_still_come, setup),
		cmocka_unit_test_setup(lr__urgent_one_comes_when_full__goes_first, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
