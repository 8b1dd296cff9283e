/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/lib/drbg.c */
/*
 * Job: the last step of boot: kernel and tree where the host finds them with its MMU off, and nothing of EL2's left behind.
 * Never: the tree's contents (test_fdt_host.c) or the windows' tables (test_hyp_map.c): windows here are maps of one file.
 * Used by: make -C tests/host run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "mm/layout.h"

#define RESERVED (UINT64_C(65) << 30)
static u8 *windows;
#undef HYP_VA_EARLY
#define HYP_VA_EARLY ((u64)(uintptr_t)windows)
#include "boot/handoff.c"

#define RAM	UINT64_C(0x40000000)
#define RAM_SIZE (UINT64_C(64) << 20)
#define KERNEL	(RAM + 0x123400)
#define PLACE	(RAM + 0x1000000)
#define SIZE	UINT64_C(0x54321)
#define OLD_FDT	(RAM + 0x2000008)
#define NEW_FDT	(RAM + 0x3000000)
#define LINE	64

struct mmu_setup mmu_setup;
static struct boot b;
static u8 *ram;
static int ram_fd;
static u32 open_windows, map_fails_at, maps;
static enum gz_err write_err;
static bool seeds_given, console_off, tree_written;
static u64 entered_pc, entered_x0;
static u32 kernel_lines, setup_lines, icache_after_kernel;
static jmp_buf host;

enum gz_err hyp_map_at(u64 va, struct pa_range r, u32 attr)
{
	int prot = (attr & PG_R ? PROT_READ : 0) | (attr & PG_W ? PROT_WRITE : 0);

	assert_int_equal(va % PAGE_SIZE, 0);
	assert_int_equal((r.base.v | r.size) % PAGE_SIZE, 0);
	if (maps++ == map_fails_at)
		return GZ_ENOMEM;
	assert_ptr_equal(mmap((void *)va, r.size, prot, MAP_SHARED | MAP_FIXED, ram_fd, (off_t)(r.base.v - RAM)), (void *)va);
	open_windows++;
	return GZ_OK;
}

void hyp_unmap_at(u64 va, u64 size)
{
	assert_ptr_equal(mmap((void *)va, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0),
			 (void *)va);
	open_windows--;
}

enum gz_err fdt_host_write(void *dst, u32 capacity, u32 *used, const void *src, u32 src_size, const struct machine *m,
			   const struct boot_layout *l, const u8 seeds[64])
{
	assert_ptr_equal(m, &b.machine);
	assert_ptr_equal(l, &b.layout);
	assert_int_equal(capacity, 0x10000);
	assert_memory_equal(src, "old tree", src_size);
	seeds_given = seeds != NULL;
	tree_written = true;
	memcpy(dst, "new tree", 9);
	*used = 9;
	return write_err;
}

void log_console_off(void) { console_off = true; }

__noreturn void host_enter(u64 pc, u64 x0)
{
	entered_pc = pc, entered_x0 = x0;
	longjmp(host, 1);
}

/* Counts lines of the kernel's window that are cleaned, and looks that the instruction cache goes after them. */
static void on_event(const struct shim_event *e)
{
	u64 to = WINDOW_TO + PLACE % PAGE_SIZE;

	if (!tree_written && e->ev == EV_DC_CVAC && e->arg >= to && e->arg < to + SIZE)
		kernel_lines++;
	if (e->ev == EV_DC_CVAC && e->arg == ALIGN_DOWN((u64)(uintptr_t)&mmu_setup, LINE))
		setup_lines++;
	if (e->ev == EV_IC_IALLUIS)
		icache_after_kernel = kernel_lines;
}

static int setup(void **state)
{
	(void)state;
	shim_reset();
	shim_cpu(0);
	shim_event_hook = on_event;
	shim_log_on = false;
	shim_sysreg_write("ctr_el0", UINT64_C(4) << 16);
	if (!windows) {
		windows = mmap(NULL, RESERVED, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		ram_fd = (int)syscall(SYS_memfd_create, "ram", 0);
		assert_int_equal(ftruncate(ram_fd, RAM_SIZE), 0);
		ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, ram_fd, 0);
		assert_true(windows != MAP_FAILED && ram != MAP_FAILED);
	}
	memset(ram, 0, RAM_SIZE);
	for (u64 i = 0; i < SIZE; i++)
		ram[KERNEL - RAM + i] = (u8)(i * 7 + 1);
	memcpy(ram + (OLD_FDT - RAM), "old tree", 8);
	memset(&b, 0, sizeof(b));
	b.machine.kernel = (struct pa_range){ PA(KERNEL), SIZE };
	b.layout.kernel = (struct pa_range){ PA(PLACE), SIZE + 0x8000 };
	b.layout.kernel_moves = true;
	b.layout.host_fdt = (struct pa_range){ PA(NEW_FDT), 0x10000 };
	b.fdt = (struct pa_range){ PA(OLD_FDT), 8 };
	open_windows = maps = kernel_lines = setup_lines = icache_after_kernel = 0;
	map_fails_at = 99;
	write_err = GZ_OK;
	console_off = seeds_given = tree_written = false;
	entered_pc = entered_x0 = 0;
	this_cpu()->online = 0;
	return 0;
}

static void enter(void *arg)
{
	(void)arg;
	if (setjmp(host) == 0)
		boot_enter_host(&b);
}

static void enters(void)
{
	if (shim_panics(enter, NULL))
		fail_msg("%s", shim_panic_text);
}

static void kernel__moves__whole_and_entered_there(void **state)
{
	(void)state;
	enters();
	assert_int_equal(entered_pc, PLACE);
	assert_int_equal(entered_x0, NEW_FDT);
	assert_memory_equal(ram + (PLACE - RAM), ram + (KERNEL - RAM), SIZE);
	assert_int_equal(ram[PLACE - RAM + SIZE], 0);
	assert_string_equal((char *)ram + (NEW_FDT - RAM), "new tree");
}

static void kernel__moved__cleaned_then_instruction_cache(void **state)
{
	(void)state;
	enters();
	assert_int_equal(kernel_lines, (SIZE + LINE - 1) / LINE);
	assert_int_equal(icache_after_kernel, kernel_lines);
}

static void kernel__stays__not_touched(void **state)
{
	(void)state;
	b.layout.kernel_moves = false;
	b.layout.kernel.base = PA(KERNEL);
	enters();
	assert_int_equal(entered_pc, KERNEL);
	assert_int_equal(kernel_lines, 0);
	assert_int_equal(ram[PLACE - RAM], 0);
}

static void leaving__nothing_stays(void **state)
{
	static const struct boot empty;

	(void)state;
	enters();
	assert_int_equal(open_windows, 0);
	assert_memory_equal(&b, &empty, sizeof(b));
	assert_true(console_off);
	assert_int_equal(this_cpu()->online, 1);
	assert_int_equal(setup_lines, 1);
}

static void seeds__generator_seeded__given_to_the_host(void **state)
{
	(void)state;
	enters();
	assert_false(seeds_given);
	setup(NULL);
	drbg_seed("entropy", 7);
	enters();
	assert_true(seeds_given);
}

static void windows__each_cannot_be_had__says_so(void **state)
{
	(void)state;
	for (u32 i = 0; i < 4; i++) {
		setup(NULL);
		map_fails_at = i;
		assert_true(shim_panics(enter, NULL));
		assert_non_null(strstr(shim_panic_text, "gz.pool="));
		assert_int_equal(entered_pc, 0);
	}
}

static void tree__cannot_be_written__says_so(void **state)
{
	(void)state;
	write_err = GZ_ENOMEM;
	assert_true(shim_panics(enter, NULL));
	assert_non_null(strstr(shim_panic_text, "device tree could not be written"));
	assert_int_equal(entered_pc, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(kernel__moves__whole_and_entered_there, setup),
		cmocka_unit_test_setup(kernel__moved__cleaned_then_instruction_cache, setup),
		cmocka_unit_test_setup(kernel__stays__not_touched, setup),
		cmocka_unit_test_setup(leaving__nothing_stays, setup),
		cmocka_unit_test_setup(seeds__generator_seeded__given_to_the_host, setup),
		cmocka_unit_test_setup(windows__each_cannot_be_had__says_so, setup),
		cmocka_unit_test_setup(tree__cannot_be_written__says_so, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
