/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the machine memory tests start from.
 * Never: a rule of the hypervisor.
 * Used by: tests/host/test_*.c about mm/ and mem/.
 */
#include "mem_fixture.h"

#include "mem/host_s2.h"
#include "mm/layout.h"
#include "mm/page_pool.h"

bool fixture_no_fwb;

void fixture_regs(bool fwb)
{
	shim_sysreg_write("id_aa64mmfr0_el1", 2);
	shim_sysreg_write("id_aa64mmfr2_el1", fwb ? BIT(40) : 0);
	shim_sysreg_write("ctr_el0", UINT64_C(4) << 16);
}

void fixture_cpu(bool fwb)
{
	fixture_regs(fwb);
	pg_features_init();
}

struct pa_range range_of(u64 base, u64 size)
{
	struct pa_range r = { 0 };

	assert_true(pa_range_make(&r, PA(base), size));
	return r;
}

void fixture_pool(u64 ram_bytes, u32 pool_pages)
{
	u64 states = ALIGN_UP((u64)pool_pages + 64, PAGE_SIZE);

	shim_reset();
	fixture_cpu(!fixture_no_fwb);
	shim_phys_init(PA(RAM_BASE), ram_bytes);
	page_pool_init(range_of(POOL_BASE, pool_pages * PAGE_SIZE + states));
	assert_int_equal(page_pool_free_pages(), pool_pages);
	bbm_start();
}

/* The records are at the bottom of RAM, in front of the pool. */
void fixture_machine(u64 ram_bytes, u32 pool_pages)
{
	struct pa_range ram = range_of(RAM_BASE, ram_bytes), hyp = range_of(RAM_BASE, HOST_BASE - RAM_BASE);

	fixture_pool(ram_bytes, pool_pages);
	host_lock = (struct spinlock)SPINLOCK_INIT;	/* a failed test may have left it taken */
	assert_in_range(own_records_bytes(&ram, 1), 1, POOL_BASE - RAM_BASE);
	own_init(&ram, 1, pa_to_ptr(PA(RAM_BASE)));
	own_boot_assign_all(OWN_HOST);
	own_boot_assign(hyp, OWN_HYP);
	assert_int_equal(host_s2_init(&ram, 1, &hyp, 1), GZ_OK);
	/* What the registers say of the host's table is enough to watch it: 40 bits, two tables of level 1. */
	bbm_live(&(struct pgtable){ .kind = PG_STAGE2, .start_level = 1, .root_pages = 2, .ipa_bits = 40,
				    .root = PA(host_s2_vttbr() & MASK(47, 1)) });
	shim_sysreg_write("vttbr_el2", host_s2_vttbr());
	shim_sysreg_write("vtcr_el2", host_s2_vtcr());
}

void fixture_guest(struct guest_mem *gm, u16 vmid, u32 quota)
{
	assert_int_equal(guest_mem_init(gm, vmid, quota), GZ_OK);
	bbm_live(&gm->s2);
}

enum gz_err share_with(struct guest_mem *gm, ipa_t ipa, struct pa_range pa)
{
	u64 fresh = UINT64_MAX;
	enum gz_err err = host_share_guest(gm, ipa, pa, &fresh);

	assert_true(err || fresh <= pa.size / PAGE_SIZE);
	return err;
}

void fixture_slot(struct guest_mem *gm, u32 id, u64 ipa, u64 pages)
{
	bool populate;

	assert_int_equal(guest_mem_register(gm, id, IPA(ipa), pages, &populate), GZ_OK);
	assert_false(populate);
}

u32 fixture_destroy(struct guest_mem *gm, u32 budget)
{
	u32 calls = 1;

	bbm_stop(&gm->s2);
	while (guest_mem_destroy_slice(gm, budget) == GZ_EAGAIN)
		assert_in_range(calls++, 0, 1000000);
	assert_int_equal(gm->quota.used, 0);
	assert_int_equal(gm->shared_pages, 0);
	assert_int_equal(gm->donated_pages, 0);
	return calls;
}
