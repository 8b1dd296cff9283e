// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a guest that looks at its machine from inside; el1host or gz starts it.
 * Never: depend on who started it beyond the console.
 * Used by: el1host (embedded), gz run (flat binary), QEMU alone (to check the expectations), the gate.
 */
#include "gz/guest_hvc.h"
#include "lib/testdev.h"
#include "probe/probe.h"
#include "probe/roles.h"

struct platform plat;
volatile u32 record_count;
u16 recorded[RECORD_MAX];

static void record(u32 intid)
{
	if (cpu_id() == 0 && record_count < RECORD_MAX)
		recorded[record_count++] = (u16)intid;
}

void record_start(void)
{
	record_count = 0;
	irq_set_handler(record);
}

void record_stop(void)
{
	irq_disable();
	irq_set_handler(NULL);
}

bool record_wait(u32 n, u64 us)
{
	u64 end = counter() + us * counter_freq() / 1000000;

	irq_enable();
	while (record_count < n && counter() < end)
		cpu_relax();
	irq_disable();
	return record_count >= n;
}

static void clean_private(void)
{
	u64 sgi = gic_rd_base() + 0x10000;

	write32(sgi + 0x180, ~0u);
	write32(sgi + 0x280, ~0u);
	write32(sgi + 0x380, ~0u);
	for (u32 i = 0; i < 32; i += 4)
		write32(sgi + 0x400 + i, 0x80808080);
}

void gic_clean(void)
{
	clean_private();
	for (u32 i = 32; i < 32 + plat.spis; i += 32) {
		write32(plat.gicd + 0x180 + i / 8, ~0u);
		write32(plat.gicd + 0x280 + i / 8, ~0u);
		write32(plat.gicd + 0x380 + i / 8, ~0u);
		write32(plat.gicd + 0x80 + i / 8, ~0u);
	}
	for (u32 i = 32; i < 32 + plat.spis; i += 16)
		write32(plat.gicd + 0xc00 + i / 4, 0xaaaaaaaa);
	for (u32 i = 32; i < 32 + plat.spis; i += 4)
		write32(plat.gicd + 0x400 + i, 0x80808080);
	for (u32 i = 32; i < 32 + plat.spis; i++)
		gic_route(i, 0);
	dsb_sy();
}

void inject(u32 intid, u32 level, u32 mode)
{
	write32(TESTDEV_BASE + TESTDEV_IRQ, (intid - 32) | level << 29 | mode << 30);
}

static void find_machine(u64 fdt)
{
	u64 size;

	plat.testdev = !fdt;
	if (plat.testdev) {
		plat.gicd = read64(TESTDEV_BASE + TESTDEV_GICD);
		plat.gicr = read64(TESTDEV_BASE + TESTDEV_GICR);
	} else if (fdt_find_reg(fdt, "arm,gic-v3", &plat.gicd, &size)) {
		fdt_find_reg2(fdt, "arm,gic-v3", &plat.gicr);
	}
	plat.gz = (u32)psci(VENDOR_HYP_UID_ID, 0, 0, 0) == UID_KVM_W0;
	if (!plat.gicd)
		return;
	for (plat.cpus = 1; plat.cpus < MAX_CPUS; plat.cpus++)
		if (read64(plat.gicr + (plat.cpus - 1) * 0x20000ull + 8) & BIT(4))
			break;
	plat.spis = 32 * ((read32(plat.gicd + 4) & 0x1f) + 1) - 32;
	gic_init(plat.gicd, plat.gicr);
}

void payload_main(u64 fdt)
{
	u64 role = fdt ? 0 : read64(TESTDEV_BASE + TESTDEV_SELECT);

	conduit_smc = false;
	find_machine(fdt);
	if (role)
		role_run(role);
	printf("probe: %u CPUs, %u SPIs, %s\n", plat.cpus, plat.spis, plat.gz ? "GenieZone" : "no GenieZone");
	suite_entry();
	suite_gic_regs();
	suite_gic_redist();
	suite_irq();
	suite_irq_level();
	suite_timer();
	suite_psci();
	suite_smccc();
	suite_vectors();
	suite_sysreg();
	suite_leak();
	suite_smp();
	tests_report();
}
