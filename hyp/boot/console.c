/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: from the address of a device tree to struct machine and a console, then to the first reasons to stop.
 * Never: guess a UART: one that is not there could be anything.
 * Called by: boot/init.c.
 */
#include "boot/boot.h"
#include "boot/boot_tables.h"
#include "host/host.h"
#include "lib/check.h"
#include "lib/log.h"
#include "mm/layout.h"
#include "plat/fdt.h"
#include "plat/uart.h"
#include "insn/sysreg.h"

#define FDT_ALIGN	8
#define HCR_E2H_BIT	BIT(34)

/* The tree's block, and the next one when it says it is longer; NULL when there is nothing to read. */
static const void *map_tree(u64 fdt_pa, u32 *max)
{
	u64 block = ALIGN_DOWN(fdt_pa, BLOCK_SIZE), offset = fdt_pa - block;
	const u8 *blob = (const u8 *)(HYP_VA_EARLY + offset);
	u64 room = BLOCK_SIZE - offset;

	if (fdt_pa == 0 || !IS_ALIGNED(fdt_pa, FDT_ALIGN) || room < PAGE_SIZE ||
	    boot_map(HYP_VA_EARLY, (struct pa_range){ PA(block), BLOCK_SIZE }, BOOT_RODATA))
		return NULL;
	if (fdt_total_size(blob) > room) {
		if (boot_map(HYP_VA_EARLY + BLOCK_SIZE, (struct pa_range){ PA(block + BLOCK_SIZE), BLOCK_SIZE }, BOOT_RODATA))
			return NULL;
		room += BLOCK_SIZE;
	}
	*max = (u32)room;
	return blob;
}

/* At the first address of the MMIO window: hyp_map_mmio() will put it there again. */
static void open_console(const struct machine *m)
{
	struct pa_range page = { pa_page(m->uart_regs.base), PAGE_SIZE };

	if (m->uart == UART_NONE || boot_map(HYP_VA_MMIO, page, BOOT_DEVICE))
		return;
	uart_init(m->uart, HYP_VA_MMIO + m->uart_regs.base.v % PAGE_SIZE, m->uart_reg_shift);
	log_console_on(uart_write);
}

void boot_read_machine(struct boot *b, u64 fdt_pa, u64 el)
{
	const char *why = "no device tree: x0 was no address of one";
	enum gz_err err = GZ_EINVAL;
	const void *blob;
	u32 max = 0;

	blob = map_tree(fdt_pa, &max);
	if (blob) {
		err = machine_from_fdt(&b->machine, blob, max, &why);
		b->fdt = (struct pa_range){ PA(fdt_pa), fdt_total_size(blob) };
	}
	open_console(&b->machine);
	if (el == 2 && b->machine.psci_smc)
		boot_fail_set_power_off(psci_system_off);
	if (el != 2)
		boot_fail("entered at EL%lu, EL2 is needed: start gz.bin where firmware starts a hypervisor (QEMU: -M virt,virtualization=on)", el);
	if (sysreg_read(hcr_el2) & HCR_E2H_BIT)
		boot_fail("this CPU cannot clear HCR_EL2.E2H: GenieZone needs a CPU without that restriction");
	if (err)
		boot_fail("%s", why ? why : "the device tree was refused");
	if (!IS_ALIGNED(image_pa, BLOCK_SIZE))
		boot_fail("gz.bin was loaded at %lx: load it at a multiple of 2 MiB", image_pa);
	if (!b->machine.psci_smc)
		boot_fail("no PSCI by SMC in the device tree: GenieZone starts CPUs through it (QEMU: -M virt,virtualization=on)");
}
