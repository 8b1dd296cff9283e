/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/irq/gic.c hyp/irq/ich.c hyp/irq/vgic_init.c hyp/irq/vgic_inject.c hyp/irq/vgic_lr.c hyp/irq/vgic_regs.c hyp/irq/vgic_bits.c hyp/irq/vgic_dist.c hyp/irq/vgic_redist.c tests/host/gic_model.c */
/*
 * Job: the physical side: finding frames, the kick SGI, what entry enables and leave restores, which event an interrupt is.
 * Never: let an access to a register that is the host's pass: the model fails the test.
 * Used by: make -C tests/host run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "host/gic_model.h"
#include "insn/sysreg.h"
#include "irq/gic.h"
#include "irq/ich.h"
#include "mm/hyp_map.h"

#define OURS	((1u << 15) | (1u << 25) | (1u << 26) | (1u << 27))
#define HOST	0x080000ffu	/* the model's, as Linux leaves it: SGI 0-7 and the virtual timer */

static u64 map_at;

enum gz_err hyp_map_mmio(struct pa_range range, u64 *va)
{
	(void)range;
	*va = map_at;
	return map_at ? GZ_OK : GZ_ENOMEM;
}

static struct gic_layout layout = { .redist = { { { 0x80a0000 }, 8 * 0x20000 } }, .redist_count = 1 };

static enum gz_err boot(u32 cpus)
{
	enum gz_err err = gic_init(&layout);

	for (u32 i = 0; i < cpus && !err; i++) {
		gm_on(i);
		percpu_table[i].gicr_rd = 0;
		err = gic_cpu_init();
	}
	gm_on(0);
	return err;
}

static int setup(void **state)
{
	(void)state;
	gm_init(GM_LRS);
	gm_vm(1);
	map_at = 0x5000000;
	sysreg_write(id_aa64pfr0_el1, UINT64_C(1) << 24);
	return 0;
}

/* The kick SGI is chosen once; this runs first, while none is. */
static void kick__none_sticks__refused_and_not_enabled(void **state)
{
	struct gic_host_state h;

	(void)state;
	for (u32 i = 0; i < GM_CPUS; i++)
		gm[i].sticky = ~0xff00u;
	assert_int_equal(boot(2), GZ_OK);
	assert_false(gic_kick(1));
	gic_world_enter(&h);
	assert_int_equal(gm[0].enabled, HOST | (OURS & ~0x8000u));
	assert_int_equal(gic_guest_irq(), GIC_EV_NONE);
	gic_world_leave(&h);
	assert_int_equal(gm[0].enabled, HOST);
}

static void kick__highest_that_sticks__chosen_and_clean(void **state)
{
	(void)state;
	gm[2].sticky = ~0x8000u;
	assert_int_equal(boot(4), GZ_OK);
	for (u32 i = 0; i < 4; i++) {
		assert_int_equal(gm[i].enabled, HOST);
		assert_int_equal(gm[i].pending, 0);
		assert_int_equal(percpu_table[i].gicr_rd, 0x5000000 + i * 0x20000);
	}
	assert_true(gic_kick(1));
	assert_int_equal(gm_last_sgi1r, UINT64_C(15) << 24 | 2);
	assert_int_equal(gm[1].pending, 0x8000);
	assert_false(gic_kick(2));	/* firmware keeps it there */
	assert_false(gic_kick(5));	/* never came up */
	assert_false(gic_kick(~0u));
}

static void init__no_gic_or_no_frame__errors(void **state)
{
	struct gic_layout none = { .redist_count = 0 }, many = { .redist_count = 9 };

	(void)state;
	sysreg_write(id_aa64pfr0_el1, 0);
	assert_int_equal(gic_init(&layout), GZ_ENOTSUP);
	sysreg_write(id_aa64pfr0_el1, UINT64_C(1) << 24);
	assert_int_equal(gic_init(&none), GZ_EINVAL);
	assert_int_equal(gic_init(&many), GZ_EINVAL);
	map_at = 0;
	assert_int_equal(gic_init(&layout), GZ_ENOMEM);
	map_at = 0x5000000;
	gm_lrs = 1;
	assert_int_equal(gic_init(&layout), GZ_ENOTSUP);
	gm_lrs = 4;
	assert_int_equal(gic_init(&layout), GZ_OK);
	assert_int_equal(ich_info.lr_count, 4);
	percpu_table[0].mpidr = 0x100;
	assert_int_equal(gic_cpu_init(), GZ_ENOENT);
	gm_on(0);
	gm_lrs = 3;
	assert_int_equal(gic_cpu_init(), GZ_ENOTSUP);
}

static void init__regions_and_short_ones__frames_found_in_bounds(void **state)
{
	struct gic_layout l = { .redist = { { { 0x80a0000 }, 0x20000 }, { { 0x80c0000 }, 0x1ffff } }, .redist_count = 2 };

	(void)state;
	assert_int_equal(gic_init(&l), GZ_OK);
	gm_on(1);
	assert_int_equal(gic_cpu_init(), GZ_ENOENT);	/* frame 1 lies outside the first region */
	l.redist[0].size = 0x40000;
	l.redist_stride = 0x20000;
	assert_int_equal(gic_init(&l), GZ_OK);
	assert_int_equal(gic_cpu_init(), GZ_OK);
}

static void world__enter_and_leave__host_enables_restored(void **state)
{
	struct gic_host_state h;

	(void)state;
	assert_int_equal(boot(1), GZ_OK);
	gm[0].pending = 0x8000;		/* a late kick */
	gic_world_enter(&h);
	assert_int_equal(gm[0].pending, 0);
	assert_int_equal(gm[0].enabled, HOST | OURS);
	gic_vtimer_set_active();
	assert_int_equal(gm[0].active, 1u << 27);
	gm[0].rwp_reads = 5;
	gic_world_leave(&h);
	assert_int_equal(gm[0].enabled, HOST);
	assert_int_equal(gm[0].active, 0);
	assert_int_equal(gm[0].rwp_reads, 0);	/* polled until it was clear */
}

static void world__host_had_timer_active_or_all_enabled__kept(void **state)
{
	struct gic_host_state h;

	(void)state;
	assert_int_equal(boot(1), GZ_OK);
	gm[0].active = 1u << 27;
	gm[0].enabled |= OURS;
	gic_world_enter(&h);
	gic_world_leave(&h);
	assert_int_equal(gm[0].active, 1u << 27);
	assert_int_equal(gm[0].enabled, HOST | OURS);
}

static void world__rwp_stuck__bounded(void **state)
{
	struct gic_host_state h;

	(void)state;
	assert_int_equal(boot(1), GZ_OK);
	gic_world_enter(&h);
	gm[0].rwp_reads = ~0u;
	gic_world_leave(&h);
	assert_int_equal(gm[0].enabled, HOST);
}

static void event__each_interrupt__its_kind(void **state)
{
	struct gic_host_state h;

	(void)state;
	assert_int_equal(boot(1), GZ_OK);
	gic_world_enter(&h);
	assert_int_equal(gic_guest_irq(), GIC_EV_NONE);
	gm[0].cntv_ctl = 1;
	assert_int_equal(gic_guest_irq(), GIC_EV_VTIMER);
	gm[0].cnthp_ctl = 1;
	assert_int_equal(gic_guest_irq(), GIC_EV_HYP_TIMER);
	assert_int_equal(gm[0].cnthp_ctl, 0);
	gm[0].hcr = 1 | 8;	/* En, NPIE: nothing pending */
	assert_int_equal(gic_guest_irq(), GIC_EV_MAINTENANCE);
	gm[0].pending = 0x8000;
	assert_int_equal(gic_guest_irq(), GIC_EV_KICK);
	assert_int_equal(gm[0].pending, 0);
	gm[0].pending = 0x8002;
	assert_int_equal(gic_guest_irq(), GIC_EV_HOST);
	assert_int_equal(gm[0].pending, 0x8002);
}

static void host__running_priority__idle_only_at_ff(void **state)
{
	(void)state;
	assert_true(gic_host_idle_priority());
	gm[0].rpr = 0xc0;
	assert_false(gic_host_idle_priority());
}

/* Preemption bits 5, 6, 7: 1, 2, 4 active-priority registers; the model refuses one that does not exist. */
static void ich__each_number_of_preemption_bits__all_saved_and_restored(void **state)
{
	(void)state;
	for (gm_prebits = 5; gm_prebits <= 7; gm_prebits++) {
		u32 last = (1u << (gm_prebits - 5)) - 1;

		setup(state);
		gm_load(0);
		gm[0].ap1r[last] = 0x80;
		gm[0].ap0r[last] = 0x40;
		gm_save(0);
		gm[0].ap1r[last] = gm[0].ap0r[last] = 0;
		gm_load(0);
		assert_int_equal(gm[0].ap1r[last], 0x80);
		assert_int_equal(gm[0].ap0r[last], 0x40);
		assert_int_equal(ich_running_priority(gm[0].ap1r), (last * 32 + 7) << (8 - gm_prebits));
	}
	gm_prebits = 5;
}

static void ich__sixteen_list_registers__each_its_own(void **state)
{
	(void)state;
	gm_init(16);
	for (u32 i = 0; i < 16; i++)
		ich_lr_write(i, 0x100 + i);
	for (u32 i = 0; i < 16; i++) {
		assert_int_equal(gm[0].lr[i], 0x100 + i);
		assert_int_equal(ich_lr_read(i), 0x100 + i);
	}
	ich_lr_write(16, 1);
	assert_int_equal(ich_lr_read(16), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(kick__none_sticks__refused_and_not_enabled, setup),
		cmocka_unit_test_setup(kick__highest_that_sticks__chosen_and_clean, setup),
		cmocka_unit_test_setup(init__no_gic_or_no_frame__errors, setup),
		cmocka_unit_test_setup(init__regions_and_short_ones__frames_found_in_bounds, setup),
		cmocka_unit_test_setup(world__enter_and_leave__host_enables_restored, setup),
		cmocka_unit_test_setup(world__host_had_timer_active_or_all_enabled__kept, setup),
		cmocka_unit_test_setup(world__rwp_stuck__bounded, setup),
		cmocka_unit_test_setup(event__each_interrupt__its_kind, setup),
		cmocka_unit_test_setup(ich__each_number_of_preemption_bits__all_saved_and_restored, setup),
		cmocka_unit_test_setup(ich__sixteen_list_registers__each_its_own, setup),
		cmocka_unit_test_setup(host__running_priority__idle_only_at_ff, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
