/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/irq/gic.c hyp/irq/ich.c hyp/irq/vgic_init.c hyp/irq/vgic_inject.c hyp/irq/vgic_lr.c hyp/irq/vgic_regs.c hyp/irq/vgic_bits.c hyp/irq/vgic_dist.c hyp/irq/vgic_redist.c tests/host/gic_model.c tests/host/lr_fixture.c */
/*
 * Job: what changes under an interrupt in a list register: disabled, written by other vCPUs, rerouted; fewest and most registers; what is due.
 * Never: look at a field of the virtual GIC where the guest's view shows the same.
 * Used by: make -C tests/host run.
 */
#include "host/lr_fixture.h"

static void lr__disabled_while_in_register__withdrawn_and_kept(void **state)
{
	(void)state;
	gm_spi(5, 0xa0, true, 0);
	pulse(5);
	gm_load(0);
	gd_wr(ICENABLER(5), SPI_BIT(5));
	assert_int_equal(take(0), GM_NONE);
	assert_int_equal(gd_rd(ISPENDR(5)), SPI_BIT(5));
	gd_wr(ISENABLER(5), SPI_BIT(5));
	assert_int_equal(take(0), 37);
}

static void lr__distributor_off__withdrawn(void **state)
{
	(void)state;
	gm_spi(5, 0xa0, true, 0);
	pulse(5);
	gm_load(0);
	gd_wr(0, 0);
	assert_int_equal(take(0), GM_NONE);
	gd_wr(0, 2);
	assert_int_equal(take(0), 37);
}

static void lr__icpendr_from_other_vcpu__applied_at_fold(void **state)
{
	(void)state;
	gm_spi(5, 0xa0, true, 0);
	pulse(5);
	gm_load(1);
	gm_load(0);
	assert_int_equal(gm_wr(1, ipa_add(GM_DIST, ICPENDR(5)), 4, SPI_BIT(5)), 1);
	assert_int_equal(gm_rd(1, ipa_add(GM_DIST, ICPENDR(5)), 4), 0);
	assert_int_equal(take(0), GM_NONE);
}

static void lr__active_written_by_other_vcpu__applied_at_fold(void **state)
{
	(void)state;
	gm_spi(5, 0xa0, true, 0);
	pulse(5);
	gm_load(1);
	gm_load(0);
	assert_int_equal(gm_ack(), 37);
	gm_on(1);
	assert_int_equal(gm_wr(1, ipa_add(GM_DIST, ICACTIVER(5)), 4, SPI_BIT(5)), 1);
	assert_int_equal(gm_rd(1, ipa_add(GM_DIST, ISACTIVER(5)), 4), 0);
	gm_settle(0);
	assert_int_equal(gd_rd(ISACTIVER(5)), 0);
	gm_on(1);
	gm_wr(1, ipa_add(GM_DIST, ISACTIVER(5)), 4, SPI_BIT(5));
	pulse(5);
	assert_int_equal(take(0), GM_NONE);
	gm_eoi(37);
	gm_wr(0, ipa_add(GM_DIST, ICACTIVER(5)), 4, SPI_BIT(5));
	assert_int_equal(take(0), 37);
}

static void lr__rerouted_while_pending_in_register__moves(void **state)
{
	u32 wake = 0;

	(void)state;
	gm_spi(5, 0xa0, true, 0);
	pulse(5);
	gm_load(1);
	gm_load(0);
	gm_on(1);
	assert_int_equal(gm_wr(1, ipa_add(GM_DIST, 0x6000 + 37 * 8), 8, 1), 1);
	gm_on(0);
	wake = vgic_refill(&gm_vgic, &gm_vc[0]);
	assert_int_equal(wake, 2);
	assert_int_equal(take(0), GM_NONE);
	assert_int_equal(take(1), 37);
}

static void lr__rerouted_while_active__stays_then_next_moves(void **state)
{
	(void)state;
	gm_spi(5, 0xa0, true, 0);
	pulse(5);
	gm_load(1);
	gm_load(0);
	assert_int_equal(take(0), 37);
	gm_wr(0, ipa_add(GM_DIST, 0x6000 + 37 * 8), 8, 1);
	pulse(5);
	assert_int_equal(take(1), GM_NONE);
	gm_settle(0);
	gm_eoi(37);
	assert_int_equal(gm_save(0), 2);
	assert_int_equal(take(1), 37);
}

static void lr__rerouted_while_off_cpu__moves_at_once(void **state)
{
	(void)state;
	gm_spi(5, 0xa0, true, 0);
	pulse(5);
	assert_int_equal(gm_wr(1, ipa_add(GM_DIST, 0x6000 + 37 * 8), 8, 1), 2);
	gm_load(0);
	assert_int_equal(take(0), GM_NONE);
	gm_load(1);
	assert_int_equal(take(1), 37);
}

static void lr__routed_nowhere__waits_for_a_route(void **state)
{
	(void)state;
	gm_spi(5, 0xa0, true, 7);
	assert_int_equal(gm_inject(5, 1, GZ_IRQ_MODE_PULSE), 0);
	assert_int_equal(gm_wr(0, ipa_add(GM_DIST, 0x6000 + 37 * 8), 4, 1), 2);
	gm_load(1);
	assert_int_equal(take(1), 37);
}

static void lr__sixteen_registers__all_used(void **state)
{
	(void)state;
	gm_init(16);
	gm_vm(1);
	for (u32 i = 0; i < 15; i++) {
		gm_spi(i, 0xa0, true, 0);
		pulse(i);
	}
	gm_load(0);
	assert_int_equal(gm[0].hcr, ICH_HCR_EN);
	for (u32 i = 0; i < 15; i++)
		assert_int_equal((u32)gm[0].lr[i + 1], 32 + i);
}

static void lr__two_registers__one_at_a_time(void **state)
{
	(void)state;
	gm_init(2);
	gm_vm(1);
	for (u32 i = 0; i < 5; i++) {
		gm_spi(i, (u8)(0xa0 - 8 * i), true, 0);
		pulse(i);
	}
	gm_load(0);
	for (u32 i = 5; i-- > 0;) {
		assert_int_equal(take(0), 32 + i);
		gm_eoi(32 + i);
	}
	assert_int_equal(take(0), GM_NONE);
}

static void due__pmr_and_running_priority__hide(void **state)
{
	(void)state;
	gm_spi(5, 0xa0, true, 0);
	gm_spi(6, 0xa0, true, 0);
	pulse(5);
	assert_true(vgic_has_due(&gm_vgic, &gm_vc[0]));
	gm_vc[0].ich_vmcr = UINT64_C(0xa0) << 24 | ICH_VMCR_VENG1;
	assert_false(vgic_has_due(&gm_vgic, &gm_vc[0]));
	gm_vc[0].ich_vmcr = UINT64_C(0xff) << 24;
	assert_false(vgic_has_due(&gm_vgic, &gm_vc[0]));
	gm_vc[0].ich_vmcr |= ICH_VMCR_VENG1;
	gm_load(0);
	assert_true(vgic_has_due(&gm_vgic, &gm_vc[0]));
	assert_int_equal(take(0), 37);
	assert_false(vgic_has_due(&gm_vgic, &gm_vc[0]));
	pulse(6);
	assert_false(vgic_has_due(&gm_vgic, &gm_vc[0]));	/* same priority as the running one */
	gm_eoi(37);
	assert_true(vgic_has_due(&gm_vgic, &gm_vc[0]));
	assert_false(vgic_has_due(&gm_vgic, &gm_vc[1]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lr__disabled_while_in_register__withdrawn_and_kept, setup),
		cmocka_unit_test_setup(lr__distributor_off__withdrawn, setup),
		cmocka_unit_test_setup(lr__icpendr_from_other_vcpu__applied_at_fold, setup),
		cmocka_unit_test_setup(lr__active_written_by_other_vcpu__applied_at_fold, setup),
		cmocka_unit_test_setup(lr__rerouted_while_pending_in_register__moves, setup),
		cmocka_unit_test_setup(lr__rerouted_while_active__stays_then_next_moves, setup),
		cmocka_unit_test_setup(lr__rerouted_while_off_cpu__moves_at_once, setup),
		cmocka_unit_test_setup(lr__routed_nowhere__waits_for_a_route, setup),
		cmocka_unit_test_setup(lr__sixteen_registers__all_used, setup),
		cmocka_unit_test_setup(lr__two_registers__one_at_a_time, setup),
		cmocka_unit_test_setup(due__pmr_and_running_priority__hide, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
