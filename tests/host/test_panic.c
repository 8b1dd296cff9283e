/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/lib/panic.c hyp/lib/log.c hyp/lib/fmt.c hyp/arch/aarch64/exception.c */
/*
 * Job: the last words of EL2: what a report names, that there is one only, that nobody waits for ever before it.
 * Never: return from a panic: each runs in a child that ends in its wait for interrupts.
 * Used by: make -C tests/host run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "arch/aarch64/context.h"
#include "lib/check.h"
#include "lib/log.h"
#include "lib/percpu.h"

/* Stands for hyp.lds: a note of 16 + 4 bytes, data where stack frames may lie (__data_start is the C library's, lower). */
__asm__(".data\n.balign 16\n.globl __build_id, __build_id_end, __text_start, __text_end, frames, __image_end\n"
	"__build_id: .skip 16\n.byte 0x0d, 0xf0, 0xad, 0x8b\n__build_id_end: .balign 16\n"
	"__text_start: __text_end: frames: .skip 1024\n__image_end: .text\n");

#define STAYED		42	/* exit code of a child that waits for interrupts again and again */
#define RETURNED	43
#define ONE_SECOND	1000000	/* ticks */

extern u64 frames[];
void el2_exception(const struct host_frame *f, u64 type, u64 sp);
void __stack_chk_fail(void);

/* Shared with the child. */
static struct { char said[16384]; u32 len, wfi, stops, offs, stopped; u64 waited; } *seen;

static void sink(const char *text, u32 len)
{
	assert_true(seen->len + len < sizeof(seen->said));
	memcpy(seen->said + seen->len, text, len);
	seen->len += len;
}

static void stays(const struct shim_event *e)
{
	if (e->ev != EV_WFI || ++seen->wfi < 3)
		return;
	seen->stopped = this_cpu() ? this_cpu()->stopped : 0;
	seen->waited = shim_counter;
	exit(STAYED);
}

static int setup(void **state)
{
	(void)state;
	if (!seen)
		seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(seen != MAP_FAILED);
	memset(seen, 0, sizeof(*seen));
	shim_reset();
	shim_sysreg_write("cntfrq_el0", ONE_SECOND);
	shim_sysreg_write("mpidr_el1", 0x81000203);
	shim_event_hook = stays;
	panic_cpu = 0;
	panic_set_stop_others(NULL);
	boot_fail_set_power_off(NULL);
	log_console_on(sink);
	log_console_off();
	memset(frames, 0, 1024);
	return 0;
}

static void ends(void (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		alarm(60);
		fn();
		_exit(RETURNED);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), STAYED);
	assert_int_equal(seen->wfi, 3);
}

static void says(const char *text)
{
	if (!strstr(seen->said, text))
		print_error("\"%s\" is not in:\n%s\n", text, seen->said);
	assert_non_null(strstr(seen->said, text));
}

static u32 times(const char *text)
{
	u32 n = 0;

	for (const char *p = seen->said; (p = strstr(p, text)) != NULL; p++)
		n++;
	return n;
}

static void panics(void) { panic("value %d of %s", 5, "seven"); }

static void panic__report__cause_cpu_version_build_id(void **state)
{
	(void)state;
	shim_cpu(2);
	ends(panics);
	says("\n*** GenieZone panic on CPU 2 (MPIDR 81000203): value 5 of seven\nbacktrace:");
	says("\nversion native-7, build id 0df0ad8b\n");
	says("last log lines:\n*** All is stopped.");
	says("tools/symbolize");
}

static void panic__before_percpu_exists__reported_as_cpu_0(void **state)
{
	(void)state;
	shim_tpidr = 0;
	ends(panics);
	says("*** GenieZone panic on CPU 0 (MPIDR 81000203): value 5");
}

static void checks_two(void) { CHECK(1 + 1 == 2); CHECK(cpu_count == 99); }

static void check__false__names_file_and_condition(void **state)
{
	(void)state;
	ends(checks_two);
	says("test_panic.c:");
	says("CHECK(cpu_count == 99)\n");
	assert_int_equal(times("CHECK("), 1);
}

static void panic__after_log_lines__last_of_them_from_a_line_start(void **state)
{
	const char *first;

	(void)state;
	for (u32 i = 0; i < 100; i++)
		log_printf(LOG_INFO, "line number %u of the log", i);
	assert_int_equal(seen->len, 0);
	ends(panics);
	says("line number 99 of the log\n*** All is stopped");
	says("line number 70 of the log\n");
	assert_null(strstr(seen->said, "line number 10 of the log"));
	first = strstr(seen->said, "last log lines:\n") + strlen("last log lines:\n");
	assert_int_equal(*first, '[');
}

static void stop_them(void)
{
	seen->stops++;
	for (u32 i = 0; i < MAX_CPUS; i++)
		percpu_table[i].stopped = 1;
}

static void stop_nobody(void) { seen->stops++; }

static void others_online(void)
{
	for (u32 i = 0; i < 3; i++)
		percpu_table[i].online = 1;
	shim_counter_step = ONE_SECOND / 1000;
}

static void panic__others_stop__said_at_once(void **state)
{
	(void)state;
	others_online();
	panic_set_stop_others(stop_them);
	ends(panics);
	assert_int_equal(seen->stops, 1);
	assert_true(seen->waited < ONE_SECOND / 100);
	assert_null(strstr(seen->said, "have not come"));
}

static void panic__others_stay_away__waits_a_bounded_time_and_counts_them(void **state)
{
	(void)state;
	others_online();
	panic_set_stop_others(stop_nobody);
	ends(panics);
	assert_int_equal(seen->stops, 1);
	says("value 5 of seven");
	says("\n2 other CPUs have not come to EL2 since");
	assert_in_range(seen->waited, ONE_SECOND / 5, ONE_SECOND / 4);
}

static void panic__of_another_cpu_came_first__parks_without_a_word(void **state)
{
	(void)state;
	panic_cpu = 4;
	panic_set_stop_others(stop_them);
	percpu_table[0].stopped = 0;
	ends(panics);
	assert_int_equal(seen->len, 0);
	assert_int_equal(seen->stops, 0);
	assert_int_equal(seen->stopped, 1);
}

static void stop_by_panic(void)
{
	seen->stops++;
	panic("again");
}

static void panic_inside_the_report(const char *text, u32 len)
{
	sink(text, len);
	if (strstr(seen->said, "build id"))
		panic("again");
}

static void panic__inside_a_panic__one_report_at_most(void **state)
{
	(void)state;
	panic_set_stop_others(stop_by_panic);
	ends(panics);
	assert_int_equal(seen->stops, 1);
	assert_int_equal(seen->len, 0);

	memset(seen, 0, sizeof(*seen));
	panic_set_stop_others(NULL);
	log_console_on(panic_inside_the_report);
	ends(panics);
	assert_int_equal(times("*** GenieZone panic"), 1);
	assert_null(strstr(seen->said, "again"));
	says("value 5 of seven");
}

static void comes_to_el2(void) { panic_check(); panic_cpu = 1; panic_check(); }

static void check__entry_to_el2_after_a_panic__parks(void **state)
{
	(void)state;
	shim_cpu(3);
	ends(comes_to_el2);
	assert_int_equal(seen->stopped, 1);
	assert_int_equal(seen->len, 0);
}

static u64 trace_from;

static void reports_trace(void)
{
	panic_begin();
	panic_end(trace_from);
}

static void frame(u32 at, u64 next, u64 ret)
{
	frames[at] = next;
	frames[at + 1] = ret;
}

static u64 frame_va(u32 at) { return (u64)(uintptr_t)&frames[at]; }

static void backtrace__frames__addresses_less_their_signature(void **state)
{
	(void)state;
	frame(0, frame_va(10), 0x00ab800000001111);
	frame(10, frame_va(20), 0x800000002222);
	frame(20, 0, 0x800000003333);
	trace_from = frame_va(0);
	ends(reports_trace);
	says("backtrace: 800000001111 800000002222 800000003333\n");
}

static void backtrace__on_the_cpus_stack__followed(void **state)
{
	static u64 stack[8];

	(void)state;
	stack[6] = 0;
	stack[7] = 0x800000004444;
	percpu_table[0].stack_bottom = (u64)(uintptr_t)stack;
	percpu_table[0].stack_top = (u64)(uintptr_t)(stack + 8);
	trace_from = (u64)(uintptr_t)(stack + 6);
	ends(reports_trace);
	says("backtrace: 800000004444\n");
}

static void backtrace__damaged_frames__ends_and_reads_nothing_else(void **state)
{
	static const u64 bad[] = { 0, 8, 0xdead000000000000, ~UINT64_C(7), ~UINT64_C(0) };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		setup(NULL);
		trace_from = bad[i];
		ends(reports_trace);
		says("backtrace:\n");
	}
	setup(NULL);
	trace_from = frame_va(0) + 4;
	ends(reports_trace);
	says("backtrace:\n");
	setup(NULL);
	frame(0, frame_va(0), 0x800000005555);	/* its own caller */
	trace_from = frame_va(0);
	ends(reports_trace);
	says("backtrace: 800000005555\n");
	setup(NULL);
	for (u32 i = 0; i < 60; i++)
		frame(2 * i, frame_va(2 * i + 2), 0x6660000 + i);
	trace_from = frame_va(0);
	ends(reports_trace);
	says("6660017\n");		/* 24 of them */
	assert_int_equal(times(" 666"), 24);
	setup(NULL);
	trace_from = frame_va(127);	/* half of it behind the image */
	ends(reports_trace);
	says("backtrace:\n");
}

static void guard(void) { __stack_chk_fail(); }

static void stack_guard__overwritten__says_so(void **state)
{
	(void)state;
	ends(guard);
	says("stack overwritten, found by the function at ");
	says("build id 0df0ad8b");
}

static u64 exception_type;

static void takes_exception(void)
{
	struct host_frame f = { .elr = 0x800000abc0, .spsr = 0x3c9 };

	for (u32 i = 0; i < 31; i++)
		f.x[i] = 0x7000 + i;
	f.x[29] = frame_va(0);
	el2_exception(&f, exception_type, 0x820000004f00);
}

static void exception__each_kind__all_registers(void **state)
{
	static const char *const kind[] = { "synchronous exception", "IRQ", "FIQ", "SError" };
	char text[64];

	(void)state;
	for (u32 k = 0; k < ARRAY_SIZE(kind); k++) {
		setup(NULL);
		shim_sysreg_write("esr_el2", 0x96000045);
		shim_sysreg_write("far_el2", 0x1234567890);
		shim_sysreg_write("hpfar_el2", 0xab0);
		frame(0, 0, 0x800000007777);
		exception_type = k;
		ends(takes_exception);
		snprintf(text, sizeof(text), "(MPIDR 81000203): %s in EL2\n", kind[k]);
		says(text);
		says("pc 800000abc0 lr 701e sp 820000004f00 pstate 3c9\nesr 96000045 far 1234567890 hpfar ab0\n");
		for (u32 i = 0; i < 31; i++) {
			if (i == 29)
				continue;
			snprintf(text, sizeof(text), "x%u %x%s", i, 0x7000 + i, i % 4 == 3 || i == 30 ? "\n" : " ");
			says(text);
		}
		says("backtrace: 800000007777\n");
		says("build id 0df0ad8b");
		assert_int_equal(times("*** GenieZone panic"), 1);
	}
}

static void power_off(void) { seen->offs++; }
static void fails(void) { boot_fail("no %s at %x: load one", "kernel", 0x40); }

static void boot_fail__one_line_then_power_off(void **state)
{
	(void)state;
	boot_fail_set_power_off(power_off);
	ends(fails);
	assert_string_equal(seen->said, "gz: cannot start: no kernel at 40: load one\n");
	assert_int_equal(seen->offs, 1);
}

static void boot_fail__no_way_to_power_off__stays(void **state)
{
	(void)state;
	ends(fails);
	assert_int_equal(seen->offs, 0);
	says("load one\n");
}

static void fails_at_length(void)
{
	char text[360];

	memset(text, 'y', sizeof(text));
	text[sizeof(text) - 2] = 'z';
	text[sizeof(text) - 1] = 0;
	boot_fail("%s", text);
}

/* The sentences of the device tree are longer than a line of the log. */
static void boot_fail__long_sentence__whole(void **state)
{
	(void)state;
	ends(fails_at_length);
	says("yyyyz\n");
	assert_int_equal(seen->len, strlen("gz: cannot start: ") + 359 + 1);
}

static void no_console__panic_and_boot_fail__silent_and_stopped(void **state)
{
	(void)state;
	log_console_on(NULL);
	log_printf(LOG_INFO, "into the ring");
	boot_fail_set_power_off(power_off);
	ends(panics);
	assert_int_equal(seen->len, 0);
	seen->wfi = 0;
	ends(fails);
	assert_int_equal(seen->len, 0);
	assert_int_equal(seen->offs, 1);
}

#define T(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(panic__report__cause_cpu_version_build_id),
		T(panic__before_percpu_exists__reported_as_cpu_0),
		T(check__false__names_file_and_condition),
		T(panic__after_log_lines__last_of_them_from_a_line_start),
		T(panic__others_stop__said_at_once),
		T(panic__others_stay_away__waits_a_bounded_time_and_counts_them),
		T(panic__of_another_cpu_came_first__parks_without_a_word),
		T(panic__inside_a_panic__one_report_at_most),
		T(check__entry_to_el2_after_a_panic__parks),
		T(backtrace__frames__addresses_less_their_signature),
		T(backtrace__on_the_cpus_stack__followed),
		T(backtrace__damaged_frames__ends_and_reads_nothing_else),
		T(stack_guard__overwritten__says_so),
		T(exception__each_kind__all_registers),
		T(boot_fail__one_line_then_power_off),
		T(boot_fail__no_way_to_power_off__stays),
		T(boot_fail__long_sentence__whole),
		T(no_console__panic_and_boot_fail__silent_and_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
