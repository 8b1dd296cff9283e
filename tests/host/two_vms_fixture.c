/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: two VMs without slots; at the end everything is the host's again.
 * Never: a test of its own.
 * Used by: test_guest_mem.c, test_guest_slots.c.
 */
#include "two_vms_fixture.h"

struct guest_mem gm, other;

int setup(void **state)
{
	(void)state;
	fixture_machine(RAM_MB * MB, 256);
	fixture_guest(&gm, 1, 64);
	fixture_guest(&other, 2, 64);
	return 0;
}

u64 host_pages(void)
{
	return own_count(OWN_HOST) + own_count(OWN_HOST_SHARED_GUEST) + own_count(OWN_HOST_SHARED_HYP);
}

int teardown(void **state)
{
	u64 all = (RAM_BASE + RAM_MB * MB - HOST_BASE) / PAGE_SIZE;

	(void)state;
	assert_int_equal(host_pages(), all);
	if (!gm.dying)
		fixture_destroy(&gm, 512);
	if (!other.dying)
		fixture_destroy(&other, 512);
	assert_int_equal(own_count(OWN_HOST), all);
	assert_bbm_good();
	return 0;
}

enum gz_err share(u64 ipa, u64 pa, u64 pages)
{
	return share_with(&gm, IPA(ipa), (struct pa_range){ PA(pa), pages * PAGE_SIZE });
}

enum gz_err reg(u32 id, u64 ipa, u64 pages)
{
	bool populate;
	enum gz_err err = guest_mem_register(&gm, id, IPA(ipa), pages, &populate);

	assert_true(err == GZ_OK || !populate);
	return err;
}
