/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a guest with timers entered and left as RUN does.
 * Never: a real clock; shim_counter is CNTPCT.
 * Used by: test_vtimer.c, test_vtimer_cntp.c.
 */
#include "host/vtimer_fixture.h"

struct vtimer vt;
struct vtimer_host host;
struct gic_host_state hg;
struct vgic_cpu *vc = &gm_vc[0];

int setup(void **state)
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

void enter(void)
{
	gm_on(0);
	vtimer_update_lines(&vt, &gm_vgic, vc);
	gic_world_enter(&hg);
	vgic_load(&gm_vgic, vc);
	vtimer_world_enter(&vt, &host);
}

void leave(void)
{
	vtimer_world_leave(&vt, &host);
	vgic_save(&gm_vgic, vc);
	gic_world_leave(&hg);
}

/* Interrupts taken while the guest runs, as RUN handles them; returns how many. True at *out: left for the host. */
u32 run_irqs(bool *out)
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

u32 irqs(void)
{
	bool out;
	u32 n = run_irqs(&out);

	assert_false(out);
	return n;
}

/* The guest programs its virtual timer directly. */
void guest_cntv(u64 ctl, u64 cval)
{
	gm[0].cntv_cval = cval;
	gm[0].cntv_ctl = ctl;
}
