/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: weak stand-ins for the few functions every part of hyp/ calls; a test that links the real file gets the real one.
 * Never: hide a panic: without shim_panics() it ends the test program.
 * Used by: every native test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/check.h"
#include "lib/log.h"
#include "lib/percpu.h"
#include "mm/hyp_map.h"
#include "mm/layout.h"
#include "shim.h"

char shim_panic_text[256];
static _Thread_local jmp_buf *panic_jmp;

__attribute__((weak)) u64 linear_offset;
__attribute__((weak)) struct percpu percpu_table[MAX_CPUS];
__attribute__((weak)) u32 cpu_count;

bool shim_panics(void (*fn)(void *arg), void *arg)
{
	jmp_buf here;
	volatile bool hit = true;

	panic_jmp = &here;
	if (setjmp(here) == 0) {
		fn(arg);
		hit = false;
	}
	panic_jmp = NULL;
	return hit;
}

static __noreturn void stop(const char *what, const char *fmt, va_list ap)
{
	vsnprintf(shim_panic_text, sizeof(shim_panic_text), fmt, ap);
	if (panic_jmp)
		longjmp(*panic_jmp, 1);
	fprintf(stderr, "%s: %s\n", what, shim_panic_text);
	abort();
}

__attribute__((weak)) void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	stop("panic", fmt, ap);
}

__attribute__((weak)) u32 panic_cpu;
__attribute__((weak)) void panic_park(void) { abort(); }

__attribute__((weak)) void boot_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	stop("boot_fail", fmt, ap);
}

__attribute__((weak)) void log_printf(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	if (level > LOG_WARN && !getenv("V"))
		return;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

__attribute__((weak)) struct percpu *percpu_by_mpidr(u64 mpidr)
{
	for (u32 i = 0; i < cpu_count; i++)
		if (percpu_table[i].mpidr == mpidr)
			return &percpu_table[i];
	return NULL;
}

/* EL2's windows are the arena itself here: test_hyp_map.c looks at the real tables. */
__attribute__((weak)) void *fixmap_map(u32 slot, pa_t page, u32 attr)
{
	(void)slot, (void)attr;
	return pa_to_ptr(page);
}

__attribute__((weak)) void fixmap_unmap(u32 slot) { (void)slot; }
__attribute__((weak)) void *fixmap_map_block(pa_t block) { return pa_to_ptr(block); }
__attribute__((weak)) void fixmap_unmap_block(void) { }

__attribute__((weak)) enum gz_err hyp_map_at(u64 va, struct pa_range range, u32 attr)
{
	(void)va, (void)range, (void)attr;
	return GZ_OK;
}

__attribute__((weak)) void hyp_unmap_at(u64 va, u64 size) { (void)va, (void)size; }

__attribute__((weak)) enum gz_err hyp_map_vcpu_page(u32 slot, pa_t page, void **ptr)
{
	(void)slot;
	*ptr = pa_to_ptr(page);
	return GZ_OK;
}

__attribute__((weak)) void hyp_unmap_vcpu_page(u32 slot) { (void)slot; }

__attribute__((weak)) enum gz_err hyp_map_mmio(struct pa_range range, u64 *va)
{
	*va = range.base.v;
	return GZ_OK;
}
