/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: choose where everything goes, take EL2's part, turn the final tables on, put the host behind its stage 2.
 * Never: keep a mapping of what is the host's.
 * Called by: boot/init.c.
 */
#include "arch/aarch64/cpu.h"
#include "boot/boot.h"
#include "boot/boot_tables.h"
#include "lib/check.h"
#include "lib/log.h"
#include "lib/string.h"
#include "mem/firmware.h"
#include "mem/host_s2.h"
#include "mem/own.h"
#include "mm/hyp_map.h"
#include "mm/layout.h"
#include "mm/page_pool.h"
#include "plat/uart.h"
#include "insn/barrier.h"
#include "insn/sysreg.h"
#include "insn/tlbi.h"

#define HEADER_WINDOW	(HYP_VA_EARLY + (UINT64_C(1) << 30))
#define POOL_BASE	(UINT64_C(2) << 20)
#define POOL_MIN	(UINT64_C(4) << 20)
#define POOL_SHARE	1024		/* of RAM: what a quarter of it needs by 4 KiB pages in a guest and out of the host; more comes by mem/lend.h */

static u64 pool_bytes(const struct machine *m, u64 records)
{
	u64 ram = 0, size;

	if (boot_option_size(m, "pool", &size))
		return size;
	for (u32 i = 0; i < m->ram_count; i++)
		ram += m->ram[i].size;
	return records + MAX(POOL_BASE + ram / POOL_SHARE, POOL_MIN);
}

/* NULL: there is no kernel module, or it cannot be looked at. */
static const struct image_header *kernel_header(const struct machine *m, struct image_header *copy)
{
	struct pa_range pages = { pa_page(m->kernel.base), 2 * PAGE_SIZE };
	bool in_ram = false;

	if (m->kernel.size < sizeof(*copy))
		return NULL;
	for (u32 i = 0; i < m->ram_count; i++)
		in_ram |= pa_range_contains(m->ram[i], m->kernel);
	if (!in_ram)
		boot_fail("host kernel module at %lx is not inside RAM: give the machine more memory or load it lower", m->kernel.base.v);
	if (boot_map(HEADER_WINDOW, pages, BOOT_RODATA))
		return NULL;
	memcpy(copy, (const void *)(HEADER_WINDOW + m->kernel.base.v % PAGE_SIZE), sizeof(*copy));
	return copy;
}

static void plan(struct boot *b, u64 records)
{
	u64 least_mib = (records >> 20) + 4;
	struct image_header copy;
	const char *why = NULL;
	enum gz_err err;

	err = boot_layout_plan(&b->layout, &b->machine, b->image, b->fdt, kernel_header(&b->machine, &copy),
			       pool_bytes(&b->machine, records), &why);
	if (err)
		boot_fail("%s", why ? why : "no layout of memory works");
	if (b->layout.pool.size < records + BLOCK_SIZE)
		boot_fail("gz.pool=: the page records alone need %lu MiB on this machine, give more", least_mib);
}

/* The image is mapped alike in both tables; all else of the boot tables is forgotten first, so nothing is ever mapped in two sizes. */
static void switch_tables(u64 ttbr)
{
	mmu_setup.final_ttbr = ttbr;
	boot_unmap_window(HYP_VA_LINEAR);
	boot_unmap_window(HYP_VA_EARLY);
	boot_unmap_window(HYP_VA_MMIO);
	sysreg_write(ttbr0_el2, ttbr);
	isb();
	tlbi_alle2();
	dsb_nsh();
	isb();
}

void boot_take_memory(struct boot *b)
{
	const struct machine *m = &b->machine;
	u64 records = ALIGN_UP(own_records_bytes(m->ram, m->ram_count), PAGE_SIZE), ttbr, uart_va = 0;
	struct pa_range pool;

	plan(b, records);
	pool = b->layout.pool;
	if (boot_map(HYP_VA_LINEAR, pool, BOOT_DATA))
		boot_fail("gz.pool=: more than EL2 can map at boot, ask for less than 8 GiB");
	linear_offset = HYP_VA_LINEAR - pool.base.v;
	memset(pa_to_ptr(pool.base), 0, records);
	page_pool_init((struct pa_range){ pa_add(pool.base, records), pool.size - records });
	ttbr = hyp_map_init(b->image, pool, cpu_count);
	if (m->uart != UART_NONE && hyp_map_mmio(m->uart_regs, &uart_va))
		boot_fail("the console's registers could not be mapped");
	switch_tables(ttbr);
	uart_init(m->uart, uart_va, m->uart_reg_shift);
	if (hyp_map_reserve(m->ram, m->ram_count))
		boot_fail("the page pool is too small for EL2's own tables: give more with gz.pool=");
	own_init(m->ram, m->ram_count, pa_to_ptr(pool.base));
}

/*
 * Firmware may protect it: to touch it would be an external abort, at EL2 a panic. Nobody's, it is refused wherever the host names
 * memory; the host's own accesses are between it and the firmware.
 */
static void assign_no_map(const struct machine *m, struct pa_range r)
{
	for (u32 i = 0; i < m->ram_count; i++) {
		u64 base = MAX(m->ram[i].base.v, ALIGN_DOWN(r.base.v, PAGE_SIZE));
		u64 end = MIN(pa_range_end(m->ram[i]), ALIGN_UP(pa_range_end(r), PAGE_SIZE));

		if (base < end)
			own_boot_assign((struct pa_range){ PA(base), end - base }, OWN_NONE);
	}
}

void boot_fence_host(const struct boot *b)
{
	const struct pa_range hidden[] = { b->layout.image, b->layout.pool, b->machine.firmware };
	const u32 count = b->machine.firmware.size ? 3 : 2;

	own_boot_assign_all(OWN_HOST);
	for (u32 i = 0; i < b->machine.reserved_count; i++)
		if (b->machine.reserved_no_map & BIT(i))
			assign_no_map(&b->machine, b->machine.reserved[i]);
	for (u32 i = 0; i < count; i++)
		own_boot_assign(hidden[i], OWN_HYP);
	firmware_hold(b->machine.firmware);
	if (host_s2_init(b->machine.ram, b->machine.ram_count, hidden, count))
		boot_fail("the page pool is too small for the host's stage 2: give more with gz.pool=");
	cpu_host_stage2_set(host_s2_vtcr(), host_s2_vttbr());
}
