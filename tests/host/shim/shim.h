/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the machine of native tests: system registers, event log, physical memory, hooks.
 * Never: a rule of the hypervisor; bbm.h checks the log.
 * Used by: the headers of shim/insn and tests.
 */
#ifndef SHIM_H
#define SHIM_H

#include "lib/addr.h"
#include "lib/types.h"

enum shim_ev {
	EV_ISB, EV_DSB_ISH, EV_DSB_ISHST, EV_DSB_NSH, EV_DMB,
	EV_DC_CIVAC, EV_DC_CVAC, EV_IC_IALLUIS, EV_IC_IALLU, EV_WFI, EV_WFE,
	EV_TLBI_IPAS2E1IS, EV_TLBI_VMALLE1IS, EV_TLBI_VMALLS12E1IS, EV_TLBI_VMALLE1, EV_TLBI_ALLE1IS, EV_TLBI_ALLE1,
	EV_TLBI_VAE2IS, EV_TLBI_VAE2, EV_TLBI_ALLE2IS, EV_TLBI_ALLE2,
	EV_PTE_LIVE, EV_PTE_PRIVATE, EV_NR
};

struct shim_event {
	enum shim_ev ev;
	u64 arg;		/* page number of a TLBI, address of a cache line or of a table entry */
	u64 value;		/* new entry */
	u64 vttbr;		/* of this thread when it happened */
};

/* Everything back to the start: registers, log, hooks, memory. Call it in each test's setup. */
void shim_reset(void);

/* Physical memory [base, base + size), zeroed; sets linear_offset. One arena at a time. */
void shim_phys_init(pa_t base, u64 size);

/* Log of this test. Off: events are only counted and shown to the hook. */
extern bool shim_log_on;
u32 shim_event_count(void);
const struct shim_event *shim_event_at(u32 i);
void shim_events_clear(void);
/* How often since shim_events_clear(). */
u64 shim_events_of(enum shim_ev ev);
/* Thread tests: about every n-th event lets another thread run, in the middle of whatever the code is doing. 0: never. */
extern u32 shim_yield_every;
/* Sees each event, one at a time, before a table entry is stored. */
extern void (*shim_event_hook)(const struct shim_event *e);

/* Registers are per thread; names in any case. Hooks return true when they handled the access. */
u64 shim_sysreg_read(const char *name);
void shim_sysreg_write(const char *name, u64 value);
extern bool (*shim_sysreg_read_hook)(const char *name, u64 *value);
extern bool (*shim_sysreg_write_hook)(const char *name, u64 value);

/* Default: device registers remember what was written. */
u64 shim_mmio_read(u64 va, u32 size);
void shim_mmio_write(u64 va, u32 size, u64 value);
extern bool (*shim_mmio_read_hook)(u64 va, u32 size, u64 *value);
extern bool (*shim_mmio_write_hook)(u64 va, u32 size, u64 value);

/* Default: x0 = -1 (SMCCC NOT_SUPPORTED). */
void shim_smc(u64 x[18]);
extern void (*shim_smc_hook)(u64 x[18]);

extern _Thread_local u64 shim_tpidr;	/* set by shim_reset / shim_cpu to a struct percpu */
/* This thread is CPU n from now on. */
void shim_cpu(u32 n);
extern u64 shim_counter;		/* cpu_counter(); each read adds shim_counter_step (0) */
extern u64 shim_counter_step;
u64 shim_counter_read(void);
extern bool shim_irq_pending;

/* Weak stand-ins for what BOOT's files do (panic, log_printf, ...); a test that links the real file gets the real one. */
/* Runs fn; true when it panicked (CHECK, panic, boot_fail). */
bool shim_panics(void (*fn)(void *arg), void *arg);
extern char shim_panic_text[256];

void shim_event(enum shim_ev ev, u64 arg);
void shim_pte_store(u64 *slot, u64 value, bool live);

#endif
