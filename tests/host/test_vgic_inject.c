/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/irq/gic.c hyp/irq/ich.c hyp/irq/vgic_init.c hyp/irq/vgic_inject.c hyp/irq/vgic_lr.c hyp/irq/vgic_regs.c hyp/irq/vgic_bits.c hyp/irq/vgic_dist.c hyp/irq/vgic_redist.c tests/host/gic_model.c */
/*
 * Job: IRQ_LINE in each mode, SGIs, PPIs, 1-of-N routing, who is to be woken; bad arguments; injection from other threads.
 * Never: random sequences; test_vgic_random.c has them.
 * Used by: make -C tests/host run.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "host/gic_model.h"
#include "irq/ich.h"

static int setup(void **state)
{
	(void)state;
	gm_init(GM_LRS);
	gm_vm(4);
	return 0;
}

static u32 take(u32 n)
{
	gm_settle(n);
	return gm_ack();
}

static void mode__bad_arguments__errors(void **state)
{
	u32 wake = 0;

	(void)state;
	assert_int_equal(vgic_inject_spi(&gm_vgic, 256, 1, 0, &wake), GZ_ERANGE);
	assert_int_equal(vgic_inject_spi(&gm_vgic, ~0u, 1, 0, &wake), GZ_ERANGE);
	assert_int_equal(vgic_inject_spi(&gm_vgic, 0, 1, 3, &wake), GZ_EINVAL);
	assert_int_equal(vgic_inject_spi(&gm_vgic, 255, 1, 0, &wake), GZ_OK);
	assert_int_equal(wake, 0);	/* disabled */
	assert_int_equal(gd_rd(0x220), BIT(31));
}

/* irqfd: 1 again and again, never 0; the guest's line is level: once per signal, no storm. */
static void practical__level_irq_driven_by_irqfd__one_per_signal(void **state)
{
	(void)state;
	gm_spi(8, 0xa0, false, 1);
	gm_load(1);
	for (u32 i = 0; i < 3; i++) {
		assert_int_equal(gm_inject(8, 1, GZ_IRQ_MODE_PRACTICAL), 2);
		assert_int_equal(take(1), 40);
		gm_eoi(40);
		assert_int_equal(take(1), GM_NONE);
		assert_false(gm_maintenance());
	}
}

static void practical__lowered_before_ack__level_taken_back_edge_kept(void **state)
{
	(void)state;
	gm_spi(8, 0xa0, false, 0);
	gm_spi(9, 0xa0, true, 0);
	gm_inject(8, 1, GZ_IRQ_MODE_PRACTICAL);
	gm_inject(8, 0, GZ_IRQ_MODE_PRACTICAL);
	gm_inject(9, 1, GZ_IRQ_MODE_PRACTICAL);
	gm_inject(9, 0, GZ_IRQ_MODE_PRACTICAL);
	assert_int_equal(gd_rd(0x204), BIT(9));
	gm_load(0);
	assert_int_equal(take(0), 41);
	gm_eoi(41);
	assert_int_equal(take(0), GM_NONE);
}

static void practical__lowered_in_list_register__taken_back(void **state)
{
	(void)state;
	gm_spi(8, 0xa0, false, 0);
	gm_inject(8, 1, GZ_IRQ_MODE_PRACTICAL);
	gm_load(0);
	assert_int_equal(gm_inject(8, 0, GZ_IRQ_MODE_PRACTICAL), 1);
	assert_int_equal(take(0), GM_NONE);
	gm_inject(8, 1, GZ_IRQ_MODE_PRACTICAL);
	gm_settle(0);
	gm_inject(8, 0, GZ_IRQ_MODE_PRACTICAL);
	gm_inject(8, 1, GZ_IRQ_MODE_PRACTICAL);
	assert_int_equal(take(0), 40);
	gm_eoi(40);
	assert_int_equal(take(0), GM_NONE);
}

static void practical__lowered_after_ack__no_effect(void **state)
{
	(void)state;
	gm_spi(8, 0xa0, false, 0);
	gm_inject(8, 1, GZ_IRQ_MODE_PRACTICAL);
	gm_load(0);
	assert_int_equal(take(0), 40);
	gm_inject(8, 0, GZ_IRQ_MODE_PRACTICAL);
	gm_settle(0);
	assert_int_equal(gd_rd(0x304), BIT(8));
	gm_eoi(40);
	assert_int_equal(take(0), GM_NONE);
}

static void pulse__level_argument__ignored(void **state)
{
	(void)state;
	gm_spi(8, 0xa0, true, 0);
	gm_load(0);
	assert_int_equal(gm_inject(8, 0, GZ_IRQ_MODE_PULSE), 1);
	assert_int_equal(take(0), 40);
	gm_eoi(40);
	assert_int_equal(take(0), GM_NONE);
}

static void level__edge_configured__rising_edge_only(void **state)
{
	(void)state;
	gm_spi(8, 0xa0, true, 0);
	gm_load(0);
	gm_inject(8, 1, GZ_IRQ_MODE_LEVEL);
	assert_int_equal(take(0), 40);
	gm_inject(8, 1, GZ_IRQ_MODE_LEVEL);
	gm_eoi(40);
	assert_int_equal(take(0), GM_NONE);
	gm_inject(8, 0, GZ_IRQ_MODE_LEVEL);
	gm_inject(8, 1, GZ_IRQ_MODE_LEVEL);
	assert_int_equal(take(0), 40);
}

static void wake__disabled_masked_or_enabled__only_the_target(void **state)
{
	(void)state;
	gm_spi(8, 0xa0, true, 2);
	assert_int_equal(gm_inject(8, 1, GZ_IRQ_MODE_PULSE), 4);
	assert_int_equal(gm_inject(8, 1, GZ_IRQ_MODE_PULSE), 4);
	gd_wr(0x184, BIT(8));
	assert_int_equal(gm_inject(8, 1, GZ_IRQ_MODE_PULSE), 0);
	assert_int_equal(gd_wr(0x104, BIT(8)), 4);
	gd_wr(0, 0);
	assert_int_equal(gm_inject(8, 1, GZ_IRQ_MODE_PULSE), 0);
	assert_int_equal(gd_wr(0, 2), 4);
}

static void irm__first_awake_vcpu(void **state)
{
	(void)state;
	gm_spi(8, 0xa0, true, 0);
	gm_wr(0, ipa_add(GM_DIST, 0x6000 + 40 * 8), 8, BIT(31));
	assert_int_equal(gm_inject(8, 1, GZ_IRQ_MODE_PULSE), 1);
	assert_int_equal(gr_wr(2, 0x14, 0), 4);		/* pending moves with it */
	gr_wr(3, 0x14, 0);
	gm_load(2);
	assert_int_equal(take(2), 40);
	gm_eoi(40);
	gm_save(2);
	gr_wr(1, 0x14, 0);
	assert_int_equal(gm_inject(8, 1, GZ_IRQ_MODE_PULSE), 2);
}

static u64 sgi(u32 intid, u64 rest) { return (u64)intid << 24 | rest; }

static void sgi__list__exactly_those(void **state)
{
	(void)state;
	for (u32 i = 0; i < 4; i++)
		gm_ppi(i, 5, 0x90);
	gm_load(0);
	assert_int_equal(vgic_sgi1r(&gm_vgic, 0, sgi(5, 0xc)), 0xc);
	for (u32 i = 1; i < 4; i++) {
		gm_load(i);
		assert_int_equal(take(i), i >= 2 ? 5 : GM_NONE);
	}
	assert_int_equal(take(0), GM_NONE);
}

static void sgi__irm__all_but_self(void **state)
{
	(void)state;
	for (u32 i = 0; i < 4; i++)
		gm_ppi(i, 0, 0x90);
	gm_load(1);
	assert_int_equal(vgic_sgi1r(&gm_vgic, 1, sgi(0, BIT(40) | 0xffff)), 0xd);
	assert_int_equal(take(1), GM_NONE);
}

static void sgi__to_self__delivered_without_a_kick(void **state)
{
	(void)state;
	gm_ppi(1, 15, 0x90);
	gm_load(1);
	assert_int_equal(vgic_sgi1r(&gm_vgic, 1, sgi(15, 2)), 0);
	assert_int_equal(gm_ack(), 15);
	gm_eoi(15);
	assert_int_equal(vgic_sgi1r(&gm_vgic, 1, sgi(15, 2)), 0);
	assert_int_equal(gm_ack(), 15);
}

static void sgi__other_clusters_absent_or_disabled__nobody(void **state)
{
	(void)state;
	gm_ppi(1, 5, 0x90);
	assert_int_equal(vgic_sgi1r(&gm_vgic, 0, sgi(5, 2 | BIT(16))), 0);
	assert_int_equal(vgic_sgi1r(&gm_vgic, 0, sgi(5, 2 | BIT(32))), 0);
	assert_int_equal(vgic_sgi1r(&gm_vgic, 0, sgi(5, 2 | BIT(48))), 0);
	assert_int_equal(vgic_sgi1r(&gm_vgic, 0, sgi(5, 2 | BIT(44))), 0);
	assert_int_equal(vgic_sgi1r(&gm_vgic, 0, sgi(5, 0xfff0)), 0);
	assert_int_equal(vgic_sgi1r(&gm_vgic, 0, sgi(6, 2)), 0);	/* disabled: stays pending */
	assert_int_equal(gr_rd(1, 0x10200), BIT(6));
	gr_wr(1, 0x10080, 0);
	assert_int_equal(vgic_sgi1r(&gm_vgic, 0, sgi(5, 2)), 0);	/* group 0 */
	assert_int_equal(gr_rd(1, 0x10200), BIT(6));
}

static void sgi__sent_twice_before_ack__one(void **state)
{
	(void)state;
	gm_ppi(1, 5, 0x90);
	gm_load(1);
	gm_on(0);
	vgic_sgi1r(&gm_vgic, 0, sgi(5, 2));
	vgic_sgi1r(&gm_vgic, 0, sgi(5, 2));
	assert_int_equal(take(1), 5);
	gm_eoi(5);
	assert_int_equal(take(1), GM_NONE);
}

static void sgi__pended_by_register__works(void **state)
{
	(void)state;
	gm_ppi(1, 3, 0x90);
	assert_int_equal(gr_wr(1, 0x10200, BIT(3)), 2);
	gr_wr(1, 0x10280, BIT(3));
	gm_load(1);
	assert_int_equal(take(1), GM_NONE);
	gr_wr(1, 0x10200, BIT(3));
	assert_int_equal(take(1), 3);
}

static void ppi__level__follows_the_line(void **state)
{
	(void)state;
	gm_ppi(0, 30, 0x90);
	gm_load(0);
	assert_true(vgic_set_ppi(&gm_vgic, &gm_vc[0], 30, true));
	assert_false(vgic_set_ppi(&gm_vgic, &gm_vc[0], 30, true));
	assert_int_equal(gm_ack(), 30);
	gm_eoi(30);
	assert_true(gm_maintenance());
	assert_int_equal(take(0), 30);
	vgic_set_ppi(&gm_vgic, &gm_vc[0], 30, false);
	gm_eoi(30);
	assert_int_equal(take(0), GM_NONE);
	assert_false(vgic_set_ppi(&gm_vgic, &gm_vc[0], 32, true));
}

static void vcpu_dropped__interrupts_for_it__nobody(void **state)
{
	(void)state;
	gm_spi(8, 0xa0, true, 3);
	gm_ppi(3, 5, 0x90);
	vgic_cpu_drop(&gm_vgic, &gm_vc[3]);
	assert_int_equal(gm_inject(8, 1, GZ_IRQ_MODE_PULSE), 0);
	assert_int_equal(vgic_sgi1r(&gm_vgic, 0, sgi(5, 8)), 0);
}

#define THREADS	3
#define ROUNDS	20000

static void *injector(void *arg)
{
	u32 spi = (u32)(uintptr_t)arg, wake = 0;

	for (u32 i = 0; i < ROUNDS; i++)
		if (vgic_inject_spi(&gm_vgic, spi, 1, GZ_IRQ_MODE_PULSE, &wake))
			return (void *)1;
	return NULL;
}

/* The guest sees each at least once and at most as often as sent; the last one is never lost. */
static void threads__inject_while_guest_runs__none_lost(void **state)
{
	pthread_t t[THREADS];
	u32 seen[THREADS] = { 0 };
	u32 intid, done = 0;

	(void)state;
	for (u32 i = 0; i < THREADS; i++)
		gm_spi(i, 0xa0, true, 0);
	gm_load(0);
	for (u32 i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, injector, (void *)(uintptr_t)i);
	for (u32 round = 0; done < 2; round++) {
		if (round == 500)
			for (u32 i = 0; i < THREADS; i++)
				pthread_join(t[i], NULL);
		vgic_refill(&gm_vgic, &gm_vc[0]);
		while ((intid = gm_ack()) != GM_NONE) {
			assert_in_range(intid, 32, 32 + THREADS - 1);
			seen[intid - 32]++;
			gm_eoi(intid);
		}
		if (round % 3 == 0) {
			vgic_save(&gm_vgic, &gm_vc[0]);
			vgic_load(&gm_vgic, &gm_vc[0]);
		}
		if (round > 500)
			done++;
	}
	for (u32 i = 0; i < THREADS; i++)
		assert_in_range(seen[i], 1, ROUNDS);
	assert_int_equal(gd_rd(0x204), 0);
	assert_int_equal(gd_rd(0x304), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(mode__bad_arguments__errors, setup),
		cmocka_unit_test_setup(practical__level_irq_driven_by_irqfd__one_per_signal, setup),
		cmocka_unit_test_setup(practical__lowered_before_ack__level_taken_back_edge_kept, setup),
		cmocka_unit_test_setup(practical__lowered_in_list_register__taken_back, setup),
		cmocka_unit_test_setup(practical__lowered_after_ack__no_effect, setup),
		cmocka_unit_test_setup(pulse__level_argument__ignored, setup),
		cmocka_unit_test_setup(level__edge_configured__rising_edge_only, setup),
		cmocka_unit_test_setup(wake__disabled_masked_or_enabled__only_the_target, setup),
		cmocka_unit_test_setup(irm__first_awake_vcpu, setup),
		cmocka_unit_test_setup(sgi__list__exactly_those, setup),
		cmocka_unit_test_setup(sgi__irm__all_but_self, setup),
		cmocka_unit_test_setup(sgi__to_self__delivered_without_a_kick, setup),
		cmocka_unit_test_setup(sgi__other_clusters_absent_or_disabled__nobody, setup),
		cmocka_unit_test_setup(sgi__sent_twice_before_ack__one, setup),
		cmocka_unit_test_setup(sgi__pended_by_register__works, setup),
		cmocka_unit_test_setup(ppi__level__follows_the_line, setup),
		cmocka_unit_test_setup(vcpu_dropped__interrupts_for_it__nobody, setup),
		cmocka_unit_test_setup(threads__inject_while_guest_runs__none_lost, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
