// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the host's registers across RUN, no value of a guest in what RUN gives back, and the whole register space swept by the host.
 * Never: judge values: only that they are the host's own.
 * Used by: suites.c. SEC-20 and SEC-21 from the host's side.
 */
#include "el1host/gzcall.h"
#include "el1host/suites.h"
#include "lib/regs.h"
#include "lib/sweep.h"
#include "probe/roles.h"

#define SECRET	0x5ec4e75ec4e75ec4ull	/* ROLE_LEAK has it in a register at each exit */

static struct test_vm vm;

TEST(host_registers__guest_fills_all_of_them__kept)
{
	u64 seen[LEAK_NR];
	u32 bad = 0, rounds = 0;

	EXPECT(vm_make_role(&vm, 1, VM_POPULATE, ROLE_LEAK, 30));
	while (!vm.exited && rounds++ < 1000) {
		leak_fill(rounds * 31, seen);
		leak_fp_fill(rounds * 31);
		vm_run_once(&vm, 0);
		bad += leak_check(seen) + leak_fp_check(rounds * 31);
	}
	sysreg_write(mdscr_el1, 0);
	sysreg_write(dbgbcr0_el1, 0);
	sysreg_write(dbgwcr0_el1, 0);
	sysreg_write(cntv_ctl_el0, 0);
	sysreg_write(cntp_ctl_el0, 0);
	EXPECT_EQ(bad, 0);
	EXPECT(vm.exited);
	EXPECT_EQ(vm.exit_code, 0);	/* and the guest kept its own */
	EXPECT_EQ(vm_destroy(&vm), 0);
}

TEST(run_result__no_guest_value_in_x4_to_x17)
{
	u32 rounds = 0;

	EXPECT(vm_make_role(&vm, 1, VM_POPULATE, ROLE_LEAK, 30));
	while (!vm.exited && rounds++ < 200) {
		struct call c = { { GZ_HVC_ID(GZ_FN_RUN), GZ_TUPLE(vm.id, 0) } };

		for (u32 i = 4; i < 18; i++)
			c.x[i] = 0x4000 + i;
		hvc_call(&c);
		for (u32 i = 4; i < 18; i++)
			EXPECT_EQ(c.x[i], 0x4000 + i);
		EXPECT(c.x[2] != SECRET && c.x[3] == 0);
		if ((u32)c.x[1] != GZ_EXIT_MMIO)
			continue;
		if (!vm_run_page(&vm, 0)->mmio.is_write)
			memcpy(vm_run_page(&vm, 0)->mmio.data, (u64[]){ rounds < 3 ? ROLE_LEAK : 5 }, 8);
		else if (vm_run_page(&vm, 0)->mmio.phys_addr == 0x0a000008)
			vm.exited = true;
	}
	EXPECT_EQ(vm_destroy(&vm), 0);
}

TEST(sysreg_sweep__host_reads_all__never_fatal)
{
	u32 refused = sweep_reads();

	EXPECT(refused > 20000 && refused < SWEEP_NR);
	printf("  %u of %u encodings undefined\n", refused, SWEEP_NR);
}

TEST(sysreg_sweep__host_instructions__never_fatal)
{
	EXPECT(sweep_instructions(false) > 0);
	EXPECT(sweep_instructions(true) > 0);
}

TEST(sysreg_sweep__host_reads_at_el0__never_fatal)
{
	u32 refused = sweep_reads_el0();

	EXPECT(refused > 30000 && refused < SWEEP_NR);
}

TEST(sysreg_sweep__host_writes_all_back__never_fatal)
{
	EXPECT(sweep_write_back() > 20000);
	EXPECT_EQ(gz(GZ_FN_PROBE, 16, 0, 0, 0).st, 0);
	EXPECT_EQ(vm_role(ROLE_ECHO, 0), 0);
}

void suite_regs(void)
{
	RUN_TEST(host_registers__guest_fills_all_of_them__kept);
	RUN_TEST(run_result__no_guest_value_in_x4_to_x17);
	RUN_TEST(sysreg_sweep__host_reads_all__never_fatal);
	RUN_TEST(sysreg_sweep__host_instructions__never_fatal);
	RUN_TEST(sysreg_sweep__host_reads_at_el0__never_fatal);
	RUN_TEST(sysreg_sweep__host_writes_all_back__never_fatal);
}
