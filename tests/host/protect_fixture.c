/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: two VMs whose memory tests protect, on a machine where the host left something in every page.
 * Never: a test of its own, but for the look at pages while they are scrubbed.
 * Used by: test_protect.c, test_protect_back.c.
 */
#include <string.h>

#include "protect_fixture.h"

#include "mem/host_s2.h"
#include "mm/hyp_map.h"
#include "mm/layout.h"

struct guest_mem gm, other;
u64 pool_before;
u32 scrubbed;

static int setup_pool(u32 pool_pages)
{
	bool populate;

	fixture_machine(RAM_MB * MB, pool_pages);
	pool_before = page_pool_free_pages();
	fixture_guest(&gm, 1, 64);
	fixture_guest(&other, 2, 64);
	fixture_slot(&gm, 0, IPA0, 2048);
	assert_int_equal(guest_mem_purpose(&gm, IPA(SWIOTLB), BLOCK_SIZE, GZ_MEM_STATIC_SWIOTLB), GZ_OK);
	assert_int_equal(guest_mem_register(&gm, 1, IPA(SWIOTLB), 512, &populate), GZ_OK);
	fixture_slot(&other, 0, IPA0, 2048);
	/* What the host left everywhere: scrubbing shows. */
	memset(pa_to_ptr(PA(HOST_BASE)), 0x5a, RAM_BASE + RAM_MB * MB - HOST_BASE);
	return 0;
}

int setup(void **state)
{
	(void)state;
	return setup_pool(256);
}

int setup_small(void **state)
{
	(void)state;
	return setup_pool(30);
}

/* Whatever a test did: everything comes back, and the host's table is what it was. */
int teardown(void **state)
{
	(void)state;
	if (!gm.dying || gm.s2.root_pages)
		fixture_destroy(&gm, 512);
	fixture_destroy(&other, 512);
	assert_int_equal(own_count(OWN_HOST), (RAM_BASE + RAM_MB * MB - HOST_BASE) / PAGE_SIZE);
	assert_int_equal(page_pool_free_pages(), pool_before);
	assert_bbm_good();
	return 0;
}

/* The same when the caller of what is tested may hold the lock: there is one thread. */
static bool host_reads(pa_t page)
{
	bool held = host_lock.held, yes;

	host_lock.held = 0;
	yes = host_s2_allows(IPA(page.v), false, false);
	host_lock.held = held;
	return yes;
}

/* EL2's window: a page that is written through it is being scrubbed or filled, and nobody else may reach it meanwhile. */
void *fixmap_map(u32 slot, pa_t page, u32 attr)
{
	(void)slot;
	if (attr & PG_W) {
		scrubbed++;
		assert_true(own_state_of(page) == OWN_GUEST_SHARED_HOST || !host_reads(page));
	}
	return pa_to_ptr(page);
}

enum gz_err give(struct guest_mem *to, u64 ipa, u64 pa, u64 pages)
{
	return share_with(to, IPA(ipa), (struct pa_range){ PA(pa), pages * PAGE_SIZE });
}

bool host_sees(u64 pa)
{
	return host_s2_allows(IPA(pa), true, false);
}

void start(struct guest_mem *vm)
{
	enum gz_err err = guest_mem_protect(vm);

	assert_int_equal(err, GZ_OK);
	while ((err = guest_mem_start_slice(vm, 512)) == GZ_EAGAIN)
		;
	assert_int_equal(err, GZ_OK);
}

bool is_zero(u64 pa)
{
	const u8 *p = pa_to_ptr(PA(pa));

	return p[0] == 0 && memcmp(p, p + 1, PAGE_SIZE - 1) == 0;
}
