/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: */
/*
 * Job: the shim itself: registers by name, log, panics, memory.
 * Never: test hyp/.
 * Used by: make -C tests/host run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/check.h"
#include "lib/percpu.h"
#include "mm/layout.h"

static int setup(void **state)
{
	(void)state;
	shim_reset();
	return 0;
}

static void shim__register_written__same_name_any_case(void **state)
{
	(void)state;
	sysreg_write(vttbr_el2, 0x1234);
	assert_int_equal(sysreg_read(VTTBR_EL2), 0x1234);
	assert_int_equal(sysreg_read(vtcr_el2), 0);
}

static void shim__tlbi__logged_with_vttbr(void **state)
{
	(void)state;
	sysreg_write(vttbr_el2, BIT(48));
	tlbi_ipas2e1is(0x40);
	dsb_ish();
	assert_int_equal(shim_event_count(), 2);
	assert_int_equal(shim_event_at(0)->ev, EV_TLBI_IPAS2E1IS);
	assert_int_equal(shim_event_at(0)->arg, 0x40);
	assert_int_equal(shim_event_at(0)->vttbr, BIT(48));
	assert_int_equal(shim_events_of(EV_DSB_ISH), 1);
}

static void check_false(void *arg)
{
	CHECK(arg != NULL);
}

static void shim__check_fails__caught(void **state)
{
	(void)state;
	assert_true(shim_panics(check_false, NULL));
	assert_false(shim_panics(check_false, &state));
}

static void shim__arena__pa_to_ptr_works(void **state)
{
	(void)state;
	shim_phys_init(PA(0x40000000), 0x10000);
	*(u64 *)pa_to_ptr(PA(0x40001000)) = 7;
	assert_int_equal(ptr_to_pa(pa_to_ptr(PA(0x40001008))).v, 0x40001008);
}

static void shim__cpu__this_cpu_is_per_thread(void **state)
{
	(void)state;
	shim_cpu(2);
	assert_int_equal(this_cpu()->id, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(shim__register_written__same_name_any_case, setup),
		cmocka_unit_test_setup(shim__tlbi__logged_with_vttbr, setup),
		cmocka_unit_test_setup(shim__check_fails__caught, setup),
		cmocka_unit_test_setup(shim__arena__pa_to_ptr_works, setup),
		cmocka_unit_test_setup(shim__cpu__this_cpu_is_per_thread, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
