/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the end, decodable: stop every CPU, then print cause, registers, backtrace, last log lines and build id once.
 * Never: take a lock or trust memory other than the image and the stacks; wait without a bound before printing.
 * Called by: CHECK, vectors.S (EL2's own exceptions), boot (boot_fail).
 */
#include "lib/check.h"
#include "version.h"
#include "lib/fmt.h"
#include "lib/log.h"
#include "lib/percpu.h"
#include "lib/string.h"
#include "insn/atomic.h"
#include "insn/sysreg.h"

#define STOP_WAIT_MS	200
#define BACKTRACE_MAX	24
#define LOG_TAIL_BYTES	1500
#define BUILD_ID_HEADER	16	/* ELF note header and the name "GNU" */

extern const u8 __build_id[], __build_id_end[];
extern char __text_start[], __text_end[], __data_start[], __image_end[];
uintptr_t __stack_chk_guard;
u32 panic_cpu;
static void (*stop_others_fn)(void);
static void (*power_off_fn)(void);

__noreturn void __stack_chk_fail(void);

void panic_set_stop_others(void (*stop_others)(void)) { stop_others_fn = stop_others; }
void boot_fail_set_power_off(void (*power_off)(void)) { power_off_fn = power_off; }

__noreturn void panic_park(void)
{
	if (this_cpu())
		WRITE_ONCE(this_cpu()->stopped, 1);
	for (;;)
		cpu_wfi();
}

void panic_say(const char *fmt, ...)
{
	char line[200];
	va_list args;
	int n;

	va_start(args, fmt);
	n = fmt_vstr(line, sizeof(line), fmt, args);
	va_end(args);
	if (log_last_sink())
		log_last_sink()(line, (u32)MIN(n, (int)sizeof(line) - 1));
}

static u32 count_running(void)
{
	u32 running = 0;

	for (u32 i = 0; i < cpu_count; i++)
		running += &percpu_table[i] != this_cpu() && READ_ONCE(percpu_table[i].online) && !READ_ONCE(percpu_table[i].stopped);
	return running;
}

/* The first caller goes on, alone; others, and a panic inside the panic, park. */
void panic_begin(void)
{
	const struct percpu *cpu = this_cpu();
	u64 start = cpu_counter();
	u64 limit = sysreg_read(cntfrq_el0) / 1000 * STOP_WAIT_MS;

	if (!atomic_cas_u32(&panic_cpu, 0, cpu ? cpu->id + 1 : 1))
		panic_park();
	if (stop_others_fn)
		stop_others_fn();
	while (count_running() && cpu_counter() - start < limit)
		cpu_relax();
	panic_say("\n*** GenieZone panic on CPU %u (MPIDR %lx): ", cpu ? cpu->id : 0, sysreg_read(mpidr_el1));
}

static bool frame_readable(u64 fp)
{
	const struct percpu *cpu = this_cpu();
	u64 top = cpu ? cpu->stack_top : 0;

	if (fp & 7)
		return false;
	if (fp >= (u64)(uintptr_t)__data_start && fp <= (u64)(uintptr_t)__image_end - 16)
		return true;
	return top && fp >= cpu->stack_bottom && fp <= top - 16;
}

static void say_backtrace(u64 fp)
{
	panic_say("backtrace:");
	for (u32 i = 0; i < BACKTRACE_MAX && frame_readable(fp); i++) {
		const u64 *frame = (const u64 *)(uintptr_t)fp;

		panic_say(" %lx", frame[1] & MASK(47, 0));	/* less its signature */
		if (frame[0] <= fp)	/* stacks grow down, callers are above: no loop */
			break;
		fp = frame[0];
	}
	panic_say("\n");
}

void panic_end(u64 fp)
{
	u32 left = count_running();

	say_backtrace(fp);
	panic_say("version %s, build id ", GZ_BUILD_VERSION);
	for (const u8 *p = __build_id + BUILD_ID_HEADER; p < __build_id_end; p++)
		panic_say("%02x", *p);
	panic_say("\nlast log lines:\n");
	log_tail(log_last_sink() ? log_last_sink() : (log_sink_fn)NULL, log_last_sink() ? LOG_TAIL_BYTES : 0);
	if (left)
		panic_say("%u other CPUs have not come to EL2 since (asleep?); they park when they do.\n", left);
	panic_say("*** All is stopped. tools/symbolize turns the addresses into source lines.\n");
	for (;;)
		cpu_wfi();
}

void panic(const char *fmt, ...)
{
	char text[160];
	va_list args;

	panic_begin();
	va_start(args, fmt);
	fmt_vstr(text, sizeof(text), fmt, args);
	va_end(args);
	panic_say("%s\n", text);
	panic_end((u64)(uintptr_t)__builtin_frame_address(0));
}

void __stack_chk_fail(void)
{
	panic("stack overwritten, found by the function at %lx", (uintptr_t)__builtin_return_address(0));
}

void boot_fail(const char *fmt, ...)
{
	char text[400];
	va_list args;

	va_start(args, fmt);
	fmt_vstr(text, sizeof(text), fmt, args);
	va_end(args);
	if (log_last_sink()) {
		panic_say("gz: cannot start: ");
		log_last_sink()(text, (u32)strnlen(text, sizeof(text)));
		panic_say("\n");
	}
	if (power_off_fn)
		power_off_fn();
	for (;;)
		cpu_wfi();
}
