/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/lib/drbg.c */
/*
 * Job: the order of boot on the first CPU and on the others, where its entropy comes from, and what stops it.
 * Never: the steps themselves, which have tests of their own: here each leaves its letter.
 * Used by: make -C tests/host run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mm/hyp_map.h"

#define __stack_chk_guard el2_stack_guard	/* the C library's is in use here */
#include "boot/init.c"
#undef __stack_chk_guard
#include "boot/secondary.c"

/* The image: one page is enough, only its length counts. */
__asm__(".bss\n.balign 4096\n.globl _head, __image_end\n_head: .skip 4096\n__image_end:\n.text\n");

#define KERNEL	0x40000000
#define ME	UINT64_C(0x101)

uintptr_t el2_stack_guard;
u64 image_pa, el2_key[4];
struct mmu_setup mmu_setup;
struct cpu_features cpu_features;
static struct machine machine;
static char order[32];
static bool has_pauth, has_rng, resident;
static u32 kicked, firmware_trng, wfis;
static enum gz_err gic_err, gic_cpu_err, areas_err;
static const char *missing;
static void (*stop_others)(void);
static u64 entered_pc, entered_x0;
static jmp_buf host;

static void step(char letter)
{
	size_t n = strlen(order);

	assert_true(n + 1 < sizeof(order));
	order[n] = letter;
}

void boot_read_machine(struct boot *b, u64 fdt_pa, u64 el)
{
	assert_int_equal(fdt_pa, 0x47000000);
	assert_int_equal(el, 2);
	assert_int_equal(b->image.base.v, image_pa);
	assert_int_equal(b->image.size, 4096);
	b->machine = machine;
	step('r');
}

void cpu_features_read(struct cpu_features *f)
{
	f->pauth = has_pauth, f->rng = has_rng;
	step('c');
}

void boot_options(const struct boot *b) { (void)b; step('o'); }
void boot_take_memory(struct boot *b) { (void)b; step('m'); }
void boot_fence_host(const struct boot *b) { (void)b; step('f'); }
enum gz_err gic_init(const struct gic_layout *l) { (void)l; step('g'); return gic_err; }
enum gz_err gic_cpu_init(void) { step('i'); return gic_cpu_err; }
bool gic_kick(u32 cpu) { kicked |= 1u << cpu; return true; }
void host_s2_revoke(void) { step('v'); }
void host_smc_init(void) { step('s'); }
enum gz_err run_prepare_cpus(void) { step('x'); return areas_err; }
void cpu_host_controls_load(void) { step('l'); }
void cpu_host_el1_reset(void) { step('e'); }
void cpu_host_timers_stop(void) { step('t'); }
void panic_set_stop_others(void (*fn)(void)) { stop_others = fn; step('p'); }
pa_t image_to_pa(const void *p) { return PA((u64)(uintptr_t)p); }
const char *cpu_features_missing(void) { return missing; }
void secondary_entry(void) { }
u64 firmware_call(u64 id, u64 a1, u64 a2, u64 a3)
{
	(void)a1, (void)a2, (void)a3;
	return id == TRNG_VERSION_ID ? firmware_trng : UINT64_C(~0);
}

void psci_relay_init(pa_t trampoline)
{
	assert_int_equal(trampoline.v, (u64)(uintptr_t)secondary_entry);
	step('y');
}

bool psci_take_entry(u64 *pc, u64 *x0)
{
	*pc = 0x1234000, *x0 = 77;
	return resident;
}

static __noreturn void leave(u64 pc, u64 x0, char letter)
{
	entered_pc = pc, entered_x0 = x0;
	step(letter);
	longjmp(host, 1);
}

__noreturn void host_enter(u64 pc, u64 x0) { leave(pc, x0, 'H'); }
__noreturn void boot_enter_host(struct boot *b) { (void)b; leave(KERNEL, 0, 'H'); }
void psci_cpu_off_self(void) { step('O'); }

/* A CPU that firmware will not take back waits for ever: here, three times. */
static void on_event(const struct shim_event *e)
{
	if (e->ev == EV_WFI && ++wfis == 3)
		longjmp(host, 1);
}

static void on_smc(u64 x[18])
{
	assert_int_equal(x[0], TRNG_RND64);
	assert_int_equal(x[1], 192);
	x[0] = 0, x[1] = 1, x[2] = 2, x[3] = 3;
	step('S');
}

static int setup(void **state)
{
	(void)state;
	shim_reset();
	shim_event_hook = on_event;
	shim_smc_hook = on_smc;
	memset(order, 0, sizeof(order));
	memset(percpu_table, 0, sizeof(percpu_table));
	memset(&machine, 0, sizeof(machine));
	memset(el2_key, 0, sizeof(el2_key));
	memset(&mmu_setup, 0, sizeof(mmu_setup));
	machine.cpu_count = 3;
	for (u32 i = 0; i < 3; i++)
		machine.cpu_mpidr[i] = 0x100 + i;
	machine.has_gicv3 = true;
	shim_sysreg_write("mpidr_el1", BIT(31) | ME);	/* with the bit that is always one */
	image_pa = 0x40200000;
	has_pauth = has_rng = resident = false;
	firmware_trng = (u32)-1;
	gic_err = gic_cpu_err = areas_err = GZ_OK;
	missing = NULL;
	kicked = wfis = 0;
	entered_pc = entered_x0 = 0;
	el2_stack_guard = 0;
	shim_counter = 12345;
	return 0;
}

static void start(void *arg)
{
	(void)arg;
	if (setjmp(host) == 0)
		boot_main(0x47000000, 2);
}

static void starts(void)
{
	if (shim_panics(start, NULL))
		fail_msg("%s", shim_panic_text);
}


static void first_cpu__boots__in_order(void **state)
{
	(void)state;
	starts();
	/* Memory before the generator, the fence and the relay before this CPU's controls, the host last. */
	assert_string_equal(order, "rcomgfsyleixtpH");
	assert_int_equal(shim_events_of(EV_TLBI_ALLE1IS), 1);
	assert_int_equal(shim_events_of(EV_TLBI_ALLE1), 1);
}

static void cpus__numbered__own_stacks_and_me_found(void **state)
{
	(void)state;
	starts();
	assert_int_equal(cpu_count, 3);
	assert_int_equal(shim_sysreg_read("tpidr_el2"), (u64)(uintptr_t)&percpu_table[1]);
	for (u32 i = 0; i < 3; i++) {
		assert_int_equal(percpu_table[i].id, i);
		assert_int_equal(percpu_table[i].mpidr, 0x100 + i);
		assert_int_equal(percpu_table[i].stack_top - percpu_table[i].stack_bottom, HYP_STACK_PAGES * PAGE_SIZE);
	}
}

static void cpus__this_one_not_in_the_tree__said_so(void **state)
{
	(void)state;
	machine.cpu_mpidr[1] = 0x200;
	assert_true(shim_panics(start, NULL));
	assert_non_null(strstr(shim_panic_text, "MPIDR 101"));
}

static void vector_registers__no_memory__said_so(void **state)
{
	(void)state;
	areas_err = GZ_ENOMEM;
	assert_true(shim_panics(start, NULL));
	assert_non_null(strstr(shim_panic_text, "gz.pool="));
	assert_null(strchr(order, 'H'));
}

static void gic__absent_or_unusable__said_so(void **state)
{
	(void)state;
	machine.has_gicv3 = false;
	assert_true(shim_panics(start, NULL));
	assert_non_null(strstr(shim_panic_text, "the device tree has none"));
	setup(NULL);
	gic_err = GZ_ENOTSUP;
	assert_true(shim_panics(start, NULL));
	assert_non_null(strstr(shim_panic_text, "no system registers"));
	setup(NULL);
	gic_err = GZ_ENOMEM;
	assert_true(shim_panics(start, NULL));
	assert_non_null(strstr(shim_panic_text, "redistributors could not be mapped"));
	assert_null(strchr(order, 'H'));
}

/* First of all: the generator cannot be unseeded again. */
static void entropy__none__canary_differs_by_counter(void **state)
{
	uintptr_t one;

	(void)state;
	starts();
	one = el2_stack_guard;
	assert_int_not_equal(one, 0);
	assert_int_equal(one & 0xff, 0);
	setup(NULL);
	shim_counter = 54321;
	has_pauth = true;
	starts();
	assert_int_not_equal(el2_stack_guard, one);
	assert_int_equal(el2_key[1], el2_stack_guard);
}

static void entropy__each_source__used_and_wiped(void **state)
{
	static const u8 wiped[64];
	uintptr_t one;

	(void)state;
	firmware_trng = TRNG_VERSION_1_0;
	starts();
	assert_non_null(strchr(order, 'S'));
	one = el2_stack_guard;
	setup(NULL);
	has_rng = true;
	shim_sysreg_write("rndr", 99);
	machine.seed_len = 64;
	memset(machine.seed, 7, 64);
	starts();
	assert_int_not_equal(el2_stack_guard, one);
	assert_memory_equal(boot.machine.seed, wiped, 64);
}

static void key__cpu_signs__in_place_for_every_cpu(void **state)
{
	(void)state;
	has_pauth = true;
	starts();
	assert_int_equal(el2_key[0], 1);
	assert_int_not_equal(el2_key[1], 0);
	assert_true(mmu_setup.sctlr & SCTLR_EnIA);
	assert_true(shim_sysreg_read("sctlr_el2") & SCTLR_EnIA);
	assert_int_equal(shim_sysreg_read("s3_0_c2_c1_0"), el2_key[1]);
	setup(NULL);
	starts();
	assert_int_equal(el2_key[0], 0);
	assert_false(mmu_setup.sctlr & SCTLR_EnIA);
}

static void panic__others_stopped__stage2_first(void **state)
{
	(void)state;
	starts();
	shim_cpu(1);
	stop_others();
	assert_int_equal(order[strlen(order) - 1], 'v');
	assert_int_equal(kicked, 1 << 0 | 1 << 2);
}

static void second(void *arg)
{
	(void)arg;
	if (setjmp(host) == 0)
		psci_secondary_entry();
}

static void other_cpu__starts__controls_then_host_without_timers(void **state)
{
	(void)state;
	shim_cpu(2);
	assert_false(shim_panics(second, NULL));
	assert_string_equal(order, "leitH");
	assert_int_equal(entered_pc, 0x1234000);
	assert_int_equal(entered_x0, 77);
	assert_int_equal(shim_events_of(EV_TLBI_ALLE1), 1);
}

static void other_cpu__wakes__keeps_its_timers(void **state)
{
	(void)state;
	shim_cpu(2);
	resident = true;
	assert_false(shim_panics(second, NULL));
	assert_string_equal(order, "leiH");
}

static void other_cpu__without_frame__host_runs_all_the_same(void **state)
{
	(void)state;
	shim_cpu(2);
	gic_cpu_err = GZ_ENOENT;
	assert_false(shim_panics(second, NULL));
	assert_string_equal(order, "leitH");
}

static void check(void *arg)
{
	(void)arg;
	if (setjmp(host) == 0)
		psci_secondary_check();
}

static void other_cpu__unlike_the_first__never_returns(void **state)
{
	(void)state;
	shim_cpu(2);
	assert_false(shim_panics(check, NULL));
	assert_int_equal(wfis, 0);
	missing = "pointer authentication";
	assert_false(shim_panics(check, NULL));
	assert_string_equal(order, "O");
	assert_int_equal(wfis, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(entropy__none__canary_differs_by_counter, setup),
		cmocka_unit_test_setup(entropy__each_source__used_and_wiped, setup),
		cmocka_unit_test_setup(first_cpu__boots__in_order, setup),
		cmocka_unit_test_setup(cpus__numbered__own_stacks_and_me_found, setup),
		cmocka_unit_test_setup(cpus__this_one_not_in_the_tree__said_so, setup),
		cmocka_unit_test_setup(vector_registers__no_memory__said_so, setup),
		cmocka_unit_test_setup(gic__absent_or_unusable__said_so, setup),
		cmocka_unit_test_setup(key__cpu_signs__in_place_for_every_cpu, setup),
		cmocka_unit_test_setup(panic__others_stopped__stage2_first, setup),
		cmocka_unit_test_setup(other_cpu__starts__controls_then_host_without_timers, setup),
		cmocka_unit_test_setup(other_cpu__wakes__keeps_its_timers, setup),
		cmocka_unit_test_setup(other_cpu__without_frame__host_runs_all_the_same, setup),
		cmocka_unit_test_setup(other_cpu__unlike_the_first__never_returns, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
