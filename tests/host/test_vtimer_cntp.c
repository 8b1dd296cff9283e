/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/timer/vtimer.c hyp/irq/gic.c hyp/irq/ich.c hyp/irq/vgic_init.c hyp/irq/vgic_inject.c hyp/irq/vgic_lr.c hyp/irq/vgic_regs.c hyp/irq/vgic_bits.c hyp/irq/vgic_dist.c hyp/irq/vgic_redist.c tests/host/gic_model.c tests/host/vtimer_fixture.c */
/*
 * Job: the emulated CNTP and the deadlines of an idle vCPU at the tick before, at and after; offsets that wrap.
 * Never: a real clock; shim_counter is CNTPCT.
 * Used by: make -C tests/host run.
 */
#include "host/vtimer_fixture.h"

static u64 sys_rd(u32 reg)
{
	u64 v = ~UINT64_C(0);

	assert_true(vtimer_sysreg(&vt, &gm_vgic, vc, reg, false, &v));
	return v;
}

static void sys_wr(u32 reg, u64 v)
{
	assert_true(vtimer_sysreg(&vt, &gm_vgic, vc, reg, true, &v));
}

static void cntp__registers__as_the_architecture_says(void **state)
{
	u64 v = 0;

	(void)state;
	sys_wr(ISS_CNTP_CVAL_EL0, shim_counter + 10);
	assert_int_equal(sys_rd(ISS_CNTP_CVAL_EL0), shim_counter + 10);
	assert_int_equal(sys_rd(ISS_CNTP_TVAL_EL0), 10);
	assert_int_equal(sys_rd(ISS_CNTP_CTL_EL0), 0);
	sys_wr(ISS_CNTP_CTL_EL0, ~UINT64_C(0));
	assert_int_equal(sys_rd(ISS_CNTP_CTL_EL0), 3);
	shim_counter += 9;
	assert_int_equal(sys_rd(ISS_CNTP_CTL_EL0), 3);
	shim_counter += 1;
	assert_int_equal(sys_rd(ISS_CNTP_CTL_EL0), 7);		/* ISTATUS although masked */
	shim_counter += 5;
	assert_int_equal(sys_rd(ISS_CNTP_TVAL_EL0), 0xfffffffb);
	sys_wr(ISS_CNTP_TVAL_EL0, 0xffffffff);
	assert_int_equal(sys_rd(ISS_CNTP_CVAL_EL0), shim_counter - 1);
	sys_wr(ISS_CNTP_TVAL_EL0, 0x7fffffff);
	assert_int_equal(sys_rd(ISS_CNTP_CVAL_EL0), shim_counter + 0x7fffffff);
	assert_int_equal(sys_rd(ISS_CNTPCT_EL0), shim_counter);
	assert_int_equal(sys_rd(ISS_CNTPCTSS_EL0), shim_counter);
	assert_false(vtimer_sysreg(&vt, &gm_vgic, vc, ISS_CNTPCT_EL0, true, &v));
	assert_false(vtimer_sysreg(&vt, &gm_vgic, vc, VTIMER_ISS(3, 3, 14, 3, 1), false, &v));
	sys_wr(ISS_CNTP_CTL_EL0, 0);
	assert_int_equal(sys_rd(ISS_CNTP_CTL_EL0), 0);
}

static void cntp__tick_before_at_after__line_through_cnthp(void **state)
{
	(void)state;
	for (int off = -1; off <= 1; off++) {
		setup(state);
		enter();
		sys_wr(ISS_CNTP_CVAL_EL0, shim_counter + 100);
		sys_wr(ISS_CNTP_CTL_EL0, 1);
		assert_int_equal(gm[0].cnthp_cval, shim_counter + 100);
		shim_counter += (u64)(100 + off);
		assert_int_equal(irqs(), off >= 0);
		assert_int_equal(gm_ack(), off >= 0 ? PTIMER_PPI : GM_NONE);
		if (off < 0)
			continue;
		gm_eoi(PTIMER_PPI);			/* still high */
		assert_int_equal(irqs(), 1);
		assert_int_equal(gm_ack(), PTIMER_PPI);
		sys_wr(ISS_CNTP_CTL_EL0, 3);
		gm_eoi(PTIMER_PPI);
		assert_int_equal(irqs(), 0);
		assert_int_equal(gm_ack(), GM_NONE);
	}
}

static void cntp__nearer_and_farther_than_host__both_on_time(void **state)
{
	bool out;

	(void)state;
	gm[0].cntv_ctl = 1;
	gm[0].cntv_cval = shim_counter + 200;
	enter();
	sys_wr(ISS_CNTP_CVAL_EL0, shim_counter + 100);
	sys_wr(ISS_CNTP_CTL_EL0, 1);
	shim_counter += 100;
	assert_int_equal(irqs(), 1);
	assert_int_equal(gm_ack(), PTIMER_PPI);
	assert_int_equal(gm[0].cnthp_cval, shim_counter + 100);	/* the host's again */
	sys_wr(ISS_CNTP_TVAL_EL0, 1000);
	assert_int_equal(gm[0].cnthp_cval, shim_counter + 100);
	shim_counter += 100;
	run_irqs(&out);
	assert_true(out);
	leave();
	assert_int_equal(vtimer_idle_ticks(&vt, &gm_vgic, vc), 900);
}

static void cntp__expires_off_cpu_or_masked__line_at_run(void **state)
{
	(void)state;
	sys_wr(ISS_CNTP_CVAL_EL0, shim_counter + 10);
	sys_wr(ISS_CNTP_CTL_EL0, 1);
	shim_counter += 10;
	enter();
	assert_int_equal(gm[0].cnthp_ctl, 0);
	assert_int_equal(gm_ack(), PTIMER_PPI);
	leave();
	vt.cntp_ctl = 3;
	enter();
	gm_eoi(PTIMER_PPI);
	assert_int_equal(irqs(), 0);
	assert_int_equal(gm_ack(), GM_NONE);
}

static void idle__deadlines__nearest_future_or_never(void **state)
{
	(void)state;
	assert_int_equal(vtimer_idle_ticks(&vt, &gm_vgic, vc), NEVER);
	vt.cntv_ctl = 1;
	vt.cntv_cval = shim_counter - VOFF + 300;
	vt.cntp_ctl = 1;
	vt.cntp_cval = shim_counter + 200;
	assert_int_equal(vtimer_idle_ticks(&vt, &gm_vgic, vc), 200);
	vt.cntp_ctl = 3;
	assert_int_equal(vtimer_idle_ticks(&vt, &gm_vgic, vc), 300);
	shim_counter += 299;
	assert_int_equal(vtimer_idle_ticks(&vt, &gm_vgic, vc), 1);
	shim_counter += 1;
	assert_int_equal(vtimer_idle_ticks(&vt, &gm_vgic, vc), 0);
	gr_wr(0, 0x10180, PHYS27);	/* expired but disabled: it can wake nobody */
	assert_int_equal(vtimer_idle_ticks(&vt, &gm_vgic, vc), NEVER);
	vt.cntp_ctl = 1;
	vt.cntp_cval = shim_counter + 5;
	assert_int_equal(vtimer_idle_ticks(&vt, &gm_vgic, vc), 5);
}

static void idle__other_interrupt_due__runs_again(void **state)
{
	(void)state;
	gm_spi(3, 0x80, true, 0);
	gm_inject(3, 1, GZ_IRQ_MODE_PULSE);
	assert_int_equal(vtimer_idle_ticks(&vt, &gm_vgic, vc), 0);
}

static void counter__offset_wraps__no_early_fire(void **state)
{
	(void)state;
	vtimer_init(&vt, shim_counter + 50);	/* the guest's counter is still "negative": huge */
	vt.cntv_ctl = 1;
	vt.cntv_cval = UINT64_MAX;
	assert_int_equal(vtimer_idle_ticks(&vt, &gm_vgic, vc), 49);
	shim_counter += 49;
	assert_int_equal(vtimer_idle_ticks(&vt, &gm_vgic, vc), 0);
	vtimer_init(&vt, VOFF);
	vt.cntv_ctl = 1;
	vt.cntv_cval = UINT64_MAX;
	assert_int_equal(vtimer_idle_ticks(&vt, &gm_vgic, vc), UINT64_MAX - (shim_counter - VOFF));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(cntp__registers__as_the_architecture_says, setup),
		cmocka_unit_test_setup(cntp__tick_before_at_after__line_through_cnthp, setup),
		cmocka_unit_test_setup(cntp__nearer_and_farther_than_host__both_on_time, setup),
		cmocka_unit_test_setup(cntp__expires_off_cpu_or_masked__line_at_run, setup),
		cmocka_unit_test_setup(idle__deadlines__nearest_future_or_never, setup),
		cmocka_unit_test_setup(idle__other_interrupt_due__runs_again, setup),
		cmocka_unit_test_setup(counter__offset_wraps__no_early_fire, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
