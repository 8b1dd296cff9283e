/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: registers, event log, device registers and memory of a native test.
 * Never: judge what the code under test does.
 * Used by: the headers of shim/insn.
 */
#include "shim.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

#include "lib/percpu.h"
#include "mm/layout.h"

#define REGS 512
#define LOG_MAX (1u << 20)

struct reg { const char *name; u64 value; };

static _Thread_local struct reg regs[REGS];
static _Thread_local u32 regs_epoch;
static u32 epoch = 1;
static struct shim_event *log_buf;
static u32 log_count;
static u64 ev_count[EV_NR];
static pthread_mutex_t log_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct { u64 va, value; bool used; } mmio_cell[1024];
static void *arena;
static u64 arena_size;

bool shim_log_on = true;
u32 shim_yield_every;
void (*shim_event_hook)(const struct shim_event *e);
bool (*shim_sysreg_read_hook)(const char *name, u64 *value);
bool (*shim_sysreg_write_hook)(const char *name, u64 value);
bool (*shim_mmio_read_hook)(u64 va, u32 size, u64 *value);
bool (*shim_mmio_write_hook)(u64 va, u32 size, u64 value);
void (*shim_smc_hook)(u64 x[18]);
_Thread_local u64 shim_tpidr;
u64 shim_counter, shim_counter_step;
bool shim_irq_pending;

static struct reg *reg_find(const char *name)
{
	u32 hash = 5381;

	if (regs_epoch != epoch) {
		memset(regs, 0, sizeof(regs));
		regs_epoch = epoch;
	}
	for (const char *p = name; *p; p++)
		hash = hash * 33 + (u8)(*p | 0x20);
	for (u32 i = 0; i < REGS; i++) {
		struct reg *r = &regs[(hash + i) % REGS];

		if (!r->name)
			r->name = name;
		if (r->name == name || !strcasecmp(r->name, name))
			return r;
	}
	abort();
}

u64 shim_sysreg_read(const char *name)
{
	u64 v;

	if (shim_sysreg_read_hook && shim_sysreg_read_hook(name, &v))
		return v;
	return reg_find(name)->value;
}

void shim_sysreg_write(const char *name, u64 value)
{
	if (shim_sysreg_write_hook && shim_sysreg_write_hook(name, value))
		return;
	reg_find(name)->value = value;
}

static void event_add(struct shim_event e)
{
	e.vttbr = reg_find("vttbr_el2")->value;
	ev_count[e.ev]++;
	if (shim_log_on && log_count < LOG_MAX) {
		if (!log_buf)
			log_buf = malloc(LOG_MAX * sizeof(*log_buf));
		log_buf[log_count++] = e;
	}
	if (shim_event_hook)
		shim_event_hook(&e);
}

static void maybe_yield(void)
{
	static _Thread_local u32 count;

	if (shim_yield_every && ++count % shim_yield_every == 0)
		sched_yield();
}

void shim_event(enum shim_ev ev, u64 arg)
{
	pthread_mutex_lock(&log_mutex);
	event_add((struct shim_event){ .ev = ev, .arg = arg });
	pthread_mutex_unlock(&log_mutex);
	maybe_yield();
}

void shim_pte_store(u64 *slot, u64 value, bool live)
{
	enum shim_ev ev = live ? EV_PTE_LIVE : EV_PTE_PRIVATE;

	pthread_mutex_lock(&log_mutex);
	event_add((struct shim_event){ .ev = ev, .arg = (u64)(uintptr_t)slot, .value = value });
	*(volatile u64 *)slot = value;
	pthread_mutex_unlock(&log_mutex);
	maybe_yield();
}

u32 shim_event_count(void) { return log_count; }

const struct shim_event *shim_event_at(u32 i)
{
	if (i >= log_count)
		abort();
	return &log_buf[i];
}

void shim_events_clear(void)
{
	pthread_mutex_lock(&log_mutex);
	log_count = 0;
	memset(ev_count, 0, sizeof(ev_count));
	pthread_mutex_unlock(&log_mutex);
}

u64 shim_events_of(enum shim_ev ev) { return ev_count[ev]; }

u64 shim_mmio_read(u64 va, u32 size)
{
	u64 v = 0;

	if (shim_mmio_read_hook && shim_mmio_read_hook(va, size, &v))
		return v;
	for (u32 i = 0; i < ARRAY_SIZE(mmio_cell); i++)
		if (mmio_cell[i].used && mmio_cell[i].va == va)
			return mmio_cell[i].value;
	return 0;
}

void shim_mmio_write(u64 va, u32 size, u64 value)
{
	if (shim_mmio_write_hook && shim_mmio_write_hook(va, size, value))
		return;
	for (u32 i = 0; i < ARRAY_SIZE(mmio_cell); i++) {
		if (mmio_cell[i].used && mmio_cell[i].va != va)
			continue;
		mmio_cell[i].used = true;
		mmio_cell[i].va = va;
		mmio_cell[i].value = value;
		return;
	}
	abort();
}

void shim_smc(u64 x[18])
{
	if (shim_smc_hook)
		shim_smc_hook(x);
	else
		x[0] = ~UINT64_C(0);
}

u64 shim_counter_read(void)
{
	return __atomic_fetch_add(&shim_counter, shim_counter_step, __ATOMIC_RELAXED);
}

void shim_cpu(u32 n)
{
	percpu_table[n].id = n;
	percpu_table[n].mpidr = n;
	shim_tpidr = (u64)(uintptr_t)&percpu_table[n];
}

void shim_reset(void)
{
	epoch++;
	shim_events_clear();
	shim_log_on = true;
	shim_yield_every = 0;
	shim_event_hook = NULL;
	shim_sysreg_read_hook = NULL;
	shim_sysreg_write_hook = NULL;
	shim_mmio_read_hook = NULL;
	shim_mmio_write_hook = NULL;
	shim_smc_hook = NULL;
	shim_counter = shim_counter_step = 0;
	shim_irq_pending = false;
	memset(mmio_cell, 0, sizeof(mmio_cell));
	memset(percpu_table, 0, sizeof(percpu_table));
	cpu_count = 4;
	for (u32 i = MAX_CPUS; i-- > 0;)
		shim_cpu(i);
}

void shim_phys_init(pa_t base, u64 size)
{
	if (arena)
		munmap(arena, arena_size);
	arena = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (arena == MAP_FAILED)
		abort();
	arena_size = size;
	linear_offset = (u64)(uintptr_t)arena - base.v;
}
