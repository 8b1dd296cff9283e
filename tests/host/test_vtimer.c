/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/timer/vtimer.c hyp/irq/gic.c hyp/irq/ich.c hyp/irq/vgic_init.c hyp/irq/vgic_inject.c hyp/irq/vgic_lr.c hyp/irq/vgic_regs.c hyp/irq/vgic_bits.c hyp/irq/vgic_dist.c hyp/irq/vgic_redist.c tests/host/gic_model.c tests/host/vtimer_fixture.c */
/*
 * Job: the virtual timer at the tick before, at and after each deadline: world switch, the host's deadline by CNTHP, PPI 27 through LR0.
 * Never: a real clock; shim_counter is CNTPCT.
 * Used by: make -C tests/host run.
 */
#include "host/vtimer_fixture.h"

static void switch__host_timer__saved_stopped_and_restored(void **state)
{
	(void)state;
	gm[0].cntv_ctl = 1;
	gm[0].cntv_cval = 123456;
	gm[0].cntvoff = 7;
	vt.cntv_ctl = 1;
	vt.cntv_cval = 777777;
	enter();
	assert_int_equal(gm[0].cntvoff, VOFF);
	assert_int_equal(gm[0].cntv_cval, 777777);
	assert_int_equal(gm[0].cntv_ctl, 1);
	assert_int_equal(gm[0].cnthp_ctl, 1);
	assert_int_equal(gm[0].cnthp_cval, 123456 + 7);
	assert_int_equal(gm[0].cnthctl, 1);
	guest_cntv(3, 888888);
	leave();
	assert_int_equal(gm[0].cntvoff, 7);
	assert_int_equal(gm[0].cntv_cval, 123456);
	assert_int_equal(gm[0].cntv_ctl, 1);
	assert_int_equal(gm[0].cnthp_ctl, 0);
	assert_int_equal(gm[0].cnthctl, 3);
	assert_int_equal(vt.cntv_ctl, 3);
	assert_int_equal(vt.cntv_cval, 888888);
}

static void host_deadline__masked_or_off__not_armed(void **state)
{
	(void)state;
	for (u64 ctl = 0; ctl < 4; ctl++) {
		gm[0].cntv_ctl = ctl;
		gm[0].cntv_cval = shim_counter + 50;
		enter();
		assert_int_equal(gm[0].cnthp_ctl, ctl == 1);
		leave();
		assert_int_equal(gm[0].cntv_ctl, ctl);
	}
}

static void host_deadline__tick_before_at_after__leaves_on_time(void **state)
{
	bool out;

	(void)state;
	for (int off = -1; off <= 1; off++) {
		setup(state);
		gm[0].cntv_ctl = 1;
		gm[0].cntv_cval = shim_counter + 100;
		enter();
		shim_counter += (u64)(100 + off);
		run_irqs(&out);
		assert_int_equal(out, off >= 0);
		leave();
	}
	gm[0].cntv_cval = shim_counter - 5;	/* passed already: out at once */
	enter();
	run_irqs(&out);
	assert_true(out);
}

static void cntv__tick_before_at_after__fires_once(void **state)
{
	(void)state;
	for (int off = -1; off <= 1; off++) {
		setup(state);
		enter();
		guest_cntv(1, shim_counter - VOFF + 100);
		shim_counter += (u64)(100 + off);
		assert_int_equal(irqs(), off >= 0);
		assert_int_equal(gm_ack(), off >= 0 ? VTIMER_PPI : GM_NONE);
		if (off < 0)
			continue;
		assert_int_equal(gm[0].active, PHYS27);
		guest_cntv(0, 0);
		gm_eoi(VTIMER_PPI);
		assert_int_equal(gm[0].active, 0);
		assert_int_equal(irqs(), 0);
		assert_int_equal(gm_ack(), GM_NONE);
	}
}

static void cntv__still_high_after_eoi__fires_again(void **state)
{
	(void)state;
	enter();
	guest_cntv(1, 0);
	for (u32 i = 0; i < 3; i++) {
		assert_int_equal(irqs(), 1);
		assert_int_equal(gm_ack(), VTIMER_PPI);
		assert_int_equal(irqs(), 0);
		gm_eoi(VTIMER_PPI);
	}
}

static void cntv__fires_on_live_register__active_only(void **state)
{
	(void)state;
	enter();
	guest_cntv(1, 0);
	irqs();
	gm[0].active = 0;	/* a hostile host CPU cleared it */
	assert_int_equal(irqs(), 1);
	assert_int_equal(gm_ack(), VTIMER_PPI);
	gm[0].active = 0;
	assert_int_equal(irqs(), 1);
	assert_int_equal(gm_ack(), GM_NONE);
}

static void cntv__exit_while_pending__host_clean_then_redelivered(void **state)
{
	(void)state;
	enter();
	guest_cntv(1, 0);
	irqs();
	leave();
	assert_int_equal(gm[0].active, 0);
	assert_int_equal(gm[0].cntv_ctl, 0);
	enter();
	assert_int_equal(gm[0].active, PHYS27);
	assert_int_equal(irqs(), 0);
	assert_int_equal(gm_ack(), VTIMER_PPI);
	leave();
	assert_int_equal(gm[0].active, 0);
	enter();
	assert_int_equal(gm[0].active, PHYS27);
	assert_int_equal(irqs(), 0);
	assert_int_equal(gm_ack(), GM_NONE);	/* active, line high: not again before its EOI */
	guest_cntv(0, 0);
	gm_eoi(VTIMER_PPI);
	assert_int_equal(irqs(), 0);
	assert_int_equal(gm_ack(), GM_NONE);
}

static void cntv__stopped_by_guest_while_pending__gone_at_next_run(void **state)
{
	(void)state;
	enter();
	guest_cntv(1, 0);
	irqs();
	guest_cntv(0, 0);
	leave();
	enter();
	assert_int_equal(gm_ack(), GM_NONE);
	assert_int_equal(gm[0].active, 0);
}

static void cntv__expires_off_cpu__raised_at_run(void **state)
{
	(void)state;
	for (int off = -1; off <= 1; off++) {
		setup(state);
		vt.cntv_ctl = 1;
		vt.cntv_cval = shim_counter - VOFF + 100;
		shim_counter += (u64)(100 + off);
		assert_int_equal(vtimer_idle_ticks(&vt, &gm_vgic, vc), off < 0 ? 1 : 0);
		enter();
		assert_int_equal(gm_ack(), off >= 0 ? VTIMER_PPI : GM_NONE);
		leave();
	}
}

static void cntv__ppi_disabled__one_trap_then_silent_then_delivered(void **state)
{
	(void)state;
	gr_wr(0, 0x10180, PHYS27);
	enter();
	guest_cntv(1, 0);
	assert_int_equal(irqs(), 1);
	assert_int_equal(irqs(), 0);
	assert_int_equal(gm_ack(), GM_NONE);
	vtimer_resample(&vt, &gm_vgic, vc);
	assert_int_equal(gr_rd(0, 0x10200) & PHYS27, PHYS27);
	guest_cntv(0, 0);
	vtimer_resample(&vt, &gm_vgic, vc);
	assert_int_equal(gr_rd(0, 0x10200) & PHYS27, 0);
	assert_int_equal(gm[0].active, 0);
	guest_cntv(1, 0);
	assert_int_equal(irqs(), 1);
	gr_wr(0, 0x10100, PHYS27);
	assert_int_equal(gm_ack(), VTIMER_PPI);
	gm_eoi(VTIMER_PPI);
	assert_int_equal(irqs(), 1);
	assert_int_equal(gm_ack(), VTIMER_PPI);
}

static void cntv__deactivated_or_disabled_by_register__not_stuck(void **state)
{
	(void)state;
	enter();
	guest_cntv(1, 0);
	irqs();
	assert_int_equal(gm_ack(), VTIMER_PPI);
	gr_wr(0, 0x10380, PHYS27);		/* ICACTIVER instead of EOI */
	gm_eoi(VTIMER_PPI);
	assert_int_equal(gm[0].active, 0);
	assert_int_equal(irqs(), 1);
	gr_wr(0, 0x10180, PHYS27);		/* withdrawn while pending */
	assert_int_equal(irqs(), 0);
	assert_int_equal(gm_ack(), GM_NONE);
	gr_wr(0, 0x10100, PHYS27);
	assert_int_equal(gm_ack(), VTIMER_PPI);
}

static void cntv__eoimode1__dir_lets_it_fire_again(void **state)
{
	(void)state;
	vc->ich_vmcr |= ICH_VMCR_VEOIM;
	enter();
	guest_cntv(1, 0);
	irqs();
	assert_int_equal(gm_ack(), VTIMER_PPI);
	gm_eoi(VTIMER_PPI);
	assert_int_equal(irqs(), 0);
	assert_false(gm_dir(VTIMER_PPI));
	vgic_dir(&gm_vgic, 0, VTIMER_PPI);
	assert_int_equal(gm[0].active, 0);
	assert_int_equal(irqs(), 1);
	assert_int_equal(gm_ack(), VTIMER_PPI);
}

static void cntv__software_interrupts_overflow__timer_still_comes(void **state)
{
	(void)state;
	for (u32 i = 0; i < 10; i++) {
		gm_spi(i, 0xa0, true, 0);
		gm_inject(i, 1, GZ_IRQ_MODE_PULSE);
	}
	enter();
	guest_cntv(1, 0);
	irqs();
	assert_int_equal(gm_ack(), VTIMER_PPI);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(switch__host_timer__saved_stopped_and_restored, setup),
		cmocka_unit_test_setup(host_deadline__masked_or_off__not_armed, setup),
		cmocka_unit_test_setup(host_deadline__tick_before_at_after__leaves_on_time, setup),
		cmocka_unit_test_setup(cntv__tick_before_at_after__fires_once, setup),
		cmocka_unit_test_setup(cntv__still_high_after_eoi__fires_again, setup),
		cmocka_unit_test_setup(cntv__fires_on_live_register__active_only, setup),
		cmocka_unit_test_setup(cntv__exit_while_pending__host_clean_then_redelivered, setup),
		cmocka_unit_test_setup(cntv__stopped_by_guest_while_pending__gone_at_next_run, setup),
		cmocka_unit_test_setup(cntv__expires_off_cpu__raised_at_run, setup),
		cmocka_unit_test_setup(cntv__ppi_disabled__one_trap_then_silent_then_delivered, setup),
		cmocka_unit_test_setup(cntv__deactivated_or_disabled_by_register__not_stuck, setup),
		cmocka_unit_test_setup(cntv__eoimode1__dir_lets_it_fire_again, setup),
		cmocka_unit_test_setup(cntv__software_interrupts_overflow__timer_still_comes, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
