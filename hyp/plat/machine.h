/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: everything EL2 needs to know of the machine, read once from the device tree into one structure.
 * Never: hold a pointer into the tree.
 * Used by: boot/ passes its parts on. plat/fdt_machine.c fills it.
 */
#ifndef PLAT_MACHINE_H
#define PLAT_MACHINE_H

#include "irq/gic.h"
#include "lib/addr.h"
#include "lib/err.h"
#include "lib/percpu.h"

#define MACHINE_MAX_BANKS	32
#define MACHINE_MAX_RESERVED	64
#define MACHINE_MAX_SMMUS	8
#define MACHINE_CMDLINE		2048

enum uart_kind { UART_NONE, UART_PL011, UART_8250 };

struct machine {
	struct pa_range ram[MACHINE_MAX_BANKS];	/* sorted, merged, page aligned */
	u32 ram_count;
	struct pa_range reserved[MACHINE_MAX_RESERVED];	/* memreserve and /reserved-memory with reg */
	u32 reserved_count;
	u64 reserved_no_map;	/* bit per reserved range: nobody may so much as map it, firmware protects it */
	u64 cpu_mpidr[MAX_CPUS];
	u32 cpu_count;
	bool psci_smc, psci_hvc;
	bool has_gicv3;
	struct gic_layout gic;
	struct pa_range its[8];
	u32 its_count;
	struct pa_range smmu[MACHINE_MAX_SMMUS];
	u32 smmu_count;
	enum uart_kind uart;
	struct pa_range uart_regs;
	u32 uart_reg_shift;
	/* /chosen */
	struct pa_range kernel, initrd, firmware;	/* size 0: absent */
	char bootargs[MACHINE_CMDLINE];		/* the host's, without gz.* words */
	char gz_args[MACHINE_CMDLINE];		/* the gz.* words, space separated */
	u8 seed[64];
	u32 seed_len;				/* rng-seed and kaslr-seed, mixed into the DRBG then wiped */
};

/* Why a tree was refused, as one sentence for a person; NULL when it was accepted. */
enum gz_err machine_from_fdt(struct machine *m, const void *blob, u32 max, const char **why) __must_check;
/* "gz.NAME=VALUE" out of gz_args; false when absent. Writes a NUL-terminated copy: nothing of a value that is missing or too long. */
bool machine_option(const struct machine *m, const char *name, char *value, u32 size);

#endif
