/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/timer/vtimer.c hyp/irq/gic.c hyp/irq/ich.c hyp/irq/vgic_init.c hyp/irq/vgic_inject.c hyp/irq/vgic_lr.c hyp/irq/vgic_regs.c hyp/irq/vgic_bits.c hyp/irq/vgic_dist.c hyp/irq/vgic_redist.c tests/host/gic_model.c */
/*
 * Job: timers at the tick before, at and after each deadline: world switch, CNTHP, PPI 27 through LR0, the emulated CNTP, idle.
 * Never: a real clock; shim_counter is CNTPCT.
 * Used by: make -C tests/host run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "host/gic_model.h"
#include "irq/gic.h"
#include "irq/ich.h"
#include "timer/vtimer.h"

#define VOFF		UINT64_C(1000)
#define PHYS27		(1u << 27)
#define NEVER		UINT64_MAX

static struct vtimer vt;
static struct vtimer_host host;
static struct gic_host_state hg;
static struct vgic_cpu *vc = &gm_vc[0];

static int setup(void **state)
{
	(void)state;
	gm_init(GM_LRS);
	gm_vm(1);
	vtimer_init(&vt, VOFF);
	shim_counter = 100000;
	gm_ppi(0, VTIMER_PPI, 0x20);
	gm_ppi(0, PTIMER_PPI, 0x30);
	return 0;
}

static void enter(void)
{
	gm_on(0);
	vtimer_update_lines(&vt, &gm_vgic, vc);
	gic_world_enter(&hg);
	vgic_load(&gm_vgic, vc);
	vtimer_world_enter(&vt, &host);
}

static void leave(void)
{
	vtimer_world_leave(&vt, &host);
	vgic_save(&gm_vgic, vc);
	gic_world_leave(&hg);
}

/* Interrupts taken while the guest runs, as RUN handles them; returns how many. True at *out: left for the host. */
static u32 run_irqs(bool *out)
{
	u32 n = 0;

	*out = false;
	for (;;) {
		switch (gic_guest_irq()) {
		case GIC_EV_NONE:
			return n;
		case GIC_EV_VTIMER:
			vtimer_guest_irq(&gm_vgic, vc);
			break;
		case GIC_EV_HYP_TIMER:
			if (vtimer_hyp_irq(&vt, &gm_vgic, vc, &host)) {
				*out = true;
				return n + 1;
			}
			break;
		case GIC_EV_MAINTENANCE:
		case GIC_EV_KICK:
			vgic_refill(&gm_vgic, vc);
			break;
		default:
			fail_msg("unexpected interrupt");
		}
		if (++n > 8)
			fail_msg("interrupt storm");
	}
}

static u32 irqs(void)
{
	bool out;
	u32 n = run_irqs(&out);

	assert_false(out);
	return n;
}

/* The guest programs its virtual timer directly. */
static void guest_cntv(u64 ctl, u64 cval)
{
	gm[0].cntv_cval = cval;
	gm[0].cntv_ctl = ctl;
}

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
		assert_int_equal(vtimer_ticks_to_deadline(&vt), off < 0 ? 1 : 0);
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
	assert_int_equal(vtimer_ticks_to_deadline(&vt), 900);
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
	assert_int_equal(vtimer_ticks_to_deadline(&vt), NEVER);
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
	assert_int_equal(vtimer_ticks_to_deadline(&vt), 49);
	shim_counter += 49;
	assert_int_equal(vtimer_ticks_to_deadline(&vt), 0);
	vtimer_init(&vt, VOFF);
	vt.cntv_ctl = 1;
	vt.cntv_cval = UINT64_MAX;
	assert_int_equal(vtimer_ticks_to_deadline(&vt), UINT64_MAX - (shim_counter - VOFF));
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
