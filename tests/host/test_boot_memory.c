/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/boot/boot_layout.c hyp/boot/options.c hyp/lib/fmt.c hyp/plat/fdt_chosen.c hyp/plat/fdt_bus.c hyp/plat/fdt.c hyp/mm/page_pool.c hyp/mm/pgtable_walk.c hyp/mm/pgtable_map.c hyp/mm/pgtable_unmap.c hyp/mm/pte_replace.c hyp/mm/hyp_map.c hyp/mm/fixmap.c hyp/mem/own.c hyp/mem/audit.c hyp/mem/own_check.c hyp/mem/host_s2.c */
/*
 * Job: boot takes its part of RAM: how much on which machine, what gz.pool= may say, what is mapped and hidden afterwards.
 * Never: the windows of EL2's map (no such addresses here): memory.c is compiled in, its windows are memory of the test.
 * Used by: make -C tests/host run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#include "mm/hyp_map_int.h"
#include "mm/layout.h"
#include "mm/pgtable_int.h"

static const u64 linear_va = HYP_VA_LINEAR;
static u8 *linear;
static u8 header_pages[2 * 4096] __attribute__((aligned(4096)));
#undef HYP_VA_LINEAR
#undef HYP_VA_EARLY
#define HYP_VA_LINEAR ((u64)(uintptr_t)linear)
#define HYP_VA_EARLY ((u64)(uintptr_t)header_pages - (UINT64_C(1) << 30))
#include "boot/memory.c"

bool vm_protect_swiotlb;	/* what options.c sets for vm/ */

/* Stands for hyp.lds: text of 2 pages, constants of 1, data of 3. */
__asm__(".data\n.balign 4096\n.globl __image_start, __text_start, __text_end, __rodata_start, __rodata_end, __image_end\n"
	"__image_start: __text_start: .skip 8192\n__text_end: __rodata_start: .skip 4096\n"
	"__rodata_end: .skip 12288\n__image_end:\n.text\n");

#define MIB	(UINT64_C(1) << 20)
#define GIB	(UINT64_C(1) << 30)
#define WINDOW	(384 * MIB)
#define IMAGE	UINT64_C(0x40200000)
#define KERNEL	UINT64_C(0x48000000)
#define UART	UINT64_C(0x09000400)

struct mmu_setup mmu_setup;
static struct boot b;
static struct { u64 va, pa, size; enum boot_map_kind kind; } map[4];
static u32 maps, map_fails_from, windows_gone, gone_when_switched;
static u64 uart_at, vtcr, vttbr;
static u32 uart_shift;
static enum uart_kind uart_is;

void drbg_seed(const void *data, size_t len) { (void)data, (void)len; }
void log_set_level(enum log_level level) { (void)level; }
void boot_unmap_window(u64 va) { windows_gone += va == HYP_VA_LINEAR || va == HYP_VA_EARLY || va == HYP_VA_MMIO; }
void cpu_host_stage2_set(u64 cr, u64 ttbr) { vtcr = cr, vttbr = ttbr; }

enum gz_err boot_map(u64 va, struct pa_range range, enum boot_map_kind kind)
{
	if (maps >= map_fails_from)
		return GZ_ENOMEM;
	map[maps].va = va, map[maps].pa = range.base.v, map[maps].size = range.size;
	map[maps++].kind = kind;
	return GZ_OK;
}

void uart_init(enum uart_kind kind, u64 va, u32 reg_shift)
{
	uart_is = kind;
	uart_at = va;
	uart_shift = reg_shift;
}

static bool on_write(const char *name, u64 value)
{
	(void)value;
	if (!strcmp(name, "ttbr0_el2"))
		gone_when_switched = windows_gone;
	return false;
}

static struct pa_range range(u64 base, u64 size) { return (struct pa_range){ PA(base), size }; }

static struct image_header *header(void)
{
	return (struct image_header *)(header_pages + b.machine.kernel.base.v % PAGE_SIZE);
}

/* One bank from 1 GiB on. */
static void machine_of(u64 ram)
{
	shim_reset();
	shim_sysreg_write("id_aa64mmfr0_el1", 2);
	shim_sysreg_write("id_aa64mmfr2_el1", BIT(40));
	shim_sysreg_write_hook = on_write;
	host_lock = (struct spinlock)SPINLOCK_INIT;
	memset(&b, 0, sizeof(b));
	b.machine.ram_count = 1;
	b.machine.ram[0] = range(GIB, ram);
	b.machine.kernel = range(KERNEL, 30 * MIB);
	b.machine.uart = UART_8250;
	b.machine.uart_regs = range(UART, 0x100);
	b.machine.uart_reg_shift = 2;
	b.image = range(IMAGE, 0x73000);
	b.fdt = range(0x47000000, MIB);
	memset(header_pages, 0, sizeof(header_pages));
	*header() = (struct image_header){ .image_size = 34 * MIB, .flags = 0xa, .magic = 0x644d5241 };
	maps = windows_gone = gone_when_switched = 0;
	map_fails_from = ARRAY_SIZE(map);
	uart_at = 0;
	uart_is = UART_PL011;
	madvise(linear, WINDOW, MADV_DONTNEED);
}

static int setup(void **state)
{
	(void)state;
	if (!linear)
		linear = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_true(linear != MAP_FAILED);
	machine_of(GIB);
	return 0;
}

static void option(const char *words) { strcpy(b.machine.gz_args, words); }
static void take(void *arg) { (void)arg; boot_take_memory(&b); }
static void fence(void *arg) { (void)arg; boot_fence_host(&b); }

static void takes(void)
{
	if (shim_panics(take, NULL))
		fail_msg("%s", shim_panic_text);
}

static void refuses(void (*step)(void *), const char *cause)
{
	shim_panic_text[0] = 0;
	assert_true(shim_panics(step, NULL));
	if (!strstr(shim_panic_text, cause))
		print_error("\"%s\" does not say \"%s\"\n", shim_panic_text, cause);
	assert_non_null(strstr(shim_panic_text, cause));
}

static struct pa_range held;
void firmware_hold(struct pa_range r) { held = r; }

static u64 records_of(u64 ram) { return ram / 1024; }

static void pool__by_ram_size__records_and_a_share(void **state)
{
	static const struct { u64 ram, pool_mib; } c[] = {
		{ 256 * MIB, 6 },	/* 0.25 of records, at least 4 beside them */
		{ GIB, 6 },		/* 1 + 4, in whole blocks */
		{ 2 * GIB, 6 },		/* 2 + 2 + 2 */
		{ 4 * GIB, 10 },	/* 4 + 2 + 4 */
		{ 8 * GIB, 18 }, { 64 * GIB, 130 },
	};

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(c); i++) {
		machine_of(c[i].ram);
		takes();
		assert_int_equal(b.layout.pool.size, c[i].pool_mib * MIB);
		assert_true(pa_range_contains(b.machine.ram[0], b.layout.pool));
		/* What is left for pages is all but the records and the pool's own notes. */
		assert_in_range(page_pool_total() * PAGE_SIZE, b.layout.pool.size - records_of(c[i].ram) - MIB / 8,
				b.layout.pool.size - records_of(c[i].ram));
		/* The host's part is enough to break up a quarter of its blocks. */
		assert_true(page_pool_total() / 3 * 2 >= c[i].ram / BLOCK_SIZE / 4 + c[i].ram / GIB + 4);
	}
}

static void pool__several_banks__all_counted(void **state)
{
	(void)state;
	b.machine.ram_count = 2;
	b.machine.ram[1] = range(16 * GIB, 7 * GIB);
	takes();
	assert_int_equal(b.layout.pool.size, 18 * MIB);
	assert_true(b.layout.pool.base.v >= 16 * GIB);	/* low memory stays the host's */
}

static void pool__option__that_size_with_the_records(void **state)
{
	static const struct { const char *words; u64 pool; } c[] = { { "gz.pool=64M", 64 * MIB }, { "gz.pool=3M", 4 * MIB },
		{ "gz.pool=65537k", 66 * MIB }, { "gz.log=info gz.pool=8M", 8 * MIB }, { "gz.pool=much", 6 * MIB } };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(c); i++) {
		machine_of(GIB);
		option(c[i].words);
		takes();
		assert_int_equal(b.layout.pool.size, c[i].pool);
	}
}

static void pool__option_too_small__says_how_much(void **state)
{
	(void)state;
	machine_of(64 * GIB);
	option("gz.pool=64M");
	refuses(take, "the page records alone need 68 MiB");
	machine_of(2 * GIB);
	option("gz.pool=2M");
	refuses(take, "gz.pool=: the page records alone need 6 MiB");
	machine_of(2 * GIB);
	option("gz.pool=4M");
	takes();
}

static void pool__option_too_large__says_so(void **state)
{
	(void)state;
	option("gz.pool=2G");
	refuses(take, "lower gz.pool=");
	machine_of(64 * GIB);
	option("gz.pool=16G");
	map_fails_from = 1;	/* the header still can */
	refuses(take, "gz.pool=: more than EL2 can map at boot, ask for less than 8 GiB");
}

static void kernel__read_where_it_lies__also_across_pages(void **state)
{
	(void)state;
	b.machine.kernel.base = PA(KERNEL + 0xff0);
	memset(header_pages, 0, sizeof(header_pages));
	*header() = (struct image_header){ .image_size = 34 * MIB, .flags = 0xa, .magic = 0x644d5241, .text_offset = 0x80000 };
	takes();
	assert_int_equal(map[0].pa, KERNEL);
	assert_int_equal(map[0].va, (u64)(uintptr_t)header_pages);
	assert_true(map[0].size >= 2 * PAGE_SIZE);
	assert_int_equal(map[0].kind, BOOT_RODATA);
	assert_int_equal(b.layout.kernel.size, 34 * MIB);
	assert_int_equal(b.layout.kernel.base.v % BLOCK_SIZE, 0x80000);
}

static void kernel__missing_misplaced_or_no_image__refused(void **state)
{
	(void)state;
	b.machine.kernel.size = 0;
	refuses(take, "no host kernel");
	assert_int_equal(maps, 0);
	machine_of(GIB);
	b.machine.kernel = range(0x90000000, 30 * MIB);
	refuses(take, "host kernel module at 90000000 is not inside RAM");
	assert_int_equal(maps, 0);		/* not looked at */
	machine_of(GIB);
	b.machine.kernel.size = sizeof(struct image_header) - 1;
	refuses(take, "shorter than an Image header");
	assert_int_equal(maps, 0);
	machine_of(GIB);
	map_fails_from = 0;
	refuses(take, "host kernel");
	machine_of(GIB);
	header()->code0 = 0x8b1f;
	refuses(take, "gzip-compressed");
}

static void leaf_is(u64 va, u64 pa, u32 attr)
{
	struct pg_leaf leaf = pgtable_walk(&hyp_table, va);

	assert_true(leaf.valid);
	assert_int_equal(leaf.pa.v + va % leaf.size, pa);
	assert_int_equal(leaf.pte, pte_leaf(&hyp_table, leaf.pa, attr, leaf.level));
}

static void tables__final__pool_image_and_console(void **state)
{
	u64 pool;

	(void)state;
	takes();
	pool = b.layout.pool.base.v;
	assert_int_equal(map[1].va, HYP_VA_LINEAR);
	assert_int_equal(map[1].pa, pool);
	assert_int_equal(map[1].size, b.layout.pool.size);
	assert_int_equal(map[1].kind, BOOT_DATA);
	assert_int_equal(linear_offset, HYP_VA_LINEAR - pool);
	leaf_is(linear_va, pool, PG_R | PG_W);
	leaf_is(linear_va + b.layout.pool.size - PAGE_SIZE, pool + b.layout.pool.size - PAGE_SIZE, PG_R | PG_W);
	assert_false(pgtable_walk(&hyp_table, linear_va + b.layout.pool.size).valid);
	leaf_is(HYP_VA_IMAGE, IMAGE, PG_R | PG_X);
	assert_int_equal(uart_is, UART_8250);
	assert_int_equal(uart_shift, 2);
	leaf_is(uart_at, UART, PG_R | PG_W | PG_DEVICE);
}

/* Boot's mappings are forgotten before other sizes of the same addresses can be cached. */
static void tables__switch__old_windows_first_then_tlb(void **state)
{
	u32 n, last = 0;

	(void)state;
	takes();
	assert_int_equal(gone_when_switched, 3);
	assert_int_equal(shim_sysreg_read("ttbr0_el2"), pgtable_ttbr(&hyp_table));
	assert_int_equal(mmu_setup.final_ttbr, pgtable_ttbr(&hyp_table));
	assert_int_equal(shim_events_of(EV_TLBI_ALLE2), 1);
	n = shim_event_count();
	for (u32 i = 0; i < n; i++)
		if (shim_event_at(i)->ev == EV_TLBI_ALLE2)
			last = i;
	assert_int_equal(shim_event_at(last - 1)->ev, EV_ISB);
	assert_int_equal(shim_event_at(last + 1)->ev, EV_DSB_NSH);
	assert_int_equal(shim_event_at(last + 2)->ev, EV_ISB);
}

static void tables__no_console__none_mapped(void **state)
{
	(void)state;
	b.machine.uart = UART_NONE;
	takes();
	assert_int_equal(uart_is, UART_NONE);
	assert_int_equal(uart_at, 0);
}

static void records__dirty_memory__zero_at_first(void **state)
{
	(void)state;
	memset(linear, 0xff, 8 * MIB);	/* what firmware left */
	takes();
	for (u64 i = 0; i < records_of(GIB); i++)
		assert_int_equal(linear[i], 0);
	assert_int_equal(own_state_of(PA(KERNEL)), OWN_NONE);
	assert_int_equal(own_count(OWN_HOST), 0);
}

static void may(u64 pa, bool yes)
{
	assert_int_equal(host_s2_allows(IPA(pa), false, false), yes);
	assert_int_equal(host_s2_allows(IPA(pa), true, false), yes);
	assert_int_equal(host_s2_allows(IPA(pa), false, true), yes);
}

static void fence__host__all_but_image_and_pool(void **state)
{
	const u64 last = 2 * GIB - PAGE_SIZE;
	u64 pool, end;

	(void)state;
	option("gz.pool=8M");
	b.machine.reserved[b.machine.reserved_count++] = range(last - 2 * MIB, 2 * MIB + PAGE_SIZE);
	takes();
	boot_fence_host(&b);
	pool = b.layout.pool.base.v;
	end = pa_range_end(b.layout.pool);
	may(GIB, true);
	may(IMAGE - PAGE_SIZE, true);
	may(IMAGE, false);
	may(IMAGE + BLOCK_SIZE - PAGE_SIZE, false);	/* whole blocks */
	may(IMAGE + BLOCK_SIZE, true);
	may(KERNEL, true);
	may(pool - PAGE_SIZE, true);
	may(pool, false);
	may(end - PAGE_SIZE, false);
	may(end, true);
	may(last, true);
	assert_true(host_s2_allows(IPA(UART), true, false));
	assert_int_equal(own_state_of(PA(IMAGE)), OWN_HYP);
	assert_int_equal(own_state_of(PA(pool)), OWN_HYP);
	assert_int_equal(own_state_of(PA(end - PAGE_SIZE)), OWN_HYP);
	assert_int_equal(own_state_of(PA(KERNEL)), OWN_HOST);
	assert_int_equal(own_state_of(PA(UART & ~(PAGE_SIZE - 1))), OWN_NONE);
	assert_int_equal(own_count(OWN_HYP), (8 * MIB + BLOCK_SIZE) / PAGE_SIZE);
	assert_int_equal(own_count(OWN_HOST), (GIB - 8 * MIB - BLOCK_SIZE) / PAGE_SIZE);
	assert_int_equal(vtcr, host_s2_vtcr());
	assert_int_equal(vttbr, host_s2_vttbr());
}

/* Firmware of guests, also where the tree reserves it: EL2's, to the page. */
static void fence__firmware__the_hosts_no_more(void **state)
{
	const u64 at = GIB + 512 * MIB + 3 * PAGE_SIZE;

	(void)state;
	takes();
	boot_fence_host(&b);
	may(at, true);
	assert_int_equal(held.size, 0);
	setup(state);
	b.machine.firmware = range(at, 2 * PAGE_SIZE);
	takes();
	boot_fence_host(&b);
	may(at - PAGE_SIZE, true);
	may(at, false);
	may(at + PAGE_SIZE, false);
	may(at + 2 * PAGE_SIZE, true);
	assert_int_equal(own_state_of(PA(at + PAGE_SIZE)), OWN_HYP);
	assert_int_equal(held.base.v, at);
	assert_int_equal(held.size, 2 * PAGE_SIZE);
}

static void fence__no_map_memory__still_the_hosts_nothing_for_el2(void **state)
{
	const u64 at = KERNEL + 128 * MIB + 0x800, last = 2 * GIB - PAGE_SIZE;

	(void)state;
	b.machine.reserved[0] = range(KERNEL + 64 * MIB, MIB);
	b.machine.reserved[1] = range(at, PAGE_SIZE);
	b.machine.reserved[2] = range(last, MIB);	/* beyond RAM too */
	b.machine.reserved[3] = range(8 * GIB, MIB);
	b.machine.reserved_count = 4;
	b.machine.reserved_no_map = BIT(1) | BIT(2) | BIT(3);
	takes();
	boot_fence_host(&b);
	assert_int_equal(own_state_of(PA(KERNEL + 64 * MIB)), OWN_HOST);
	assert_int_equal(own_state_of(PA(at - PAGE_SIZE)), OWN_HOST);
	assert_int_equal(own_state_of(PA(at)), OWN_NONE);
	assert_int_equal(own_state_of(PA(at + PAGE_SIZE)), OWN_NONE);
	assert_int_equal(own_state_of(PA(at + 2 * PAGE_SIZE)), OWN_HOST);
	assert_int_equal(own_state_of(PA(last - PAGE_SIZE)), OWN_HOST);
	assert_int_equal(own_state_of(PA(last)), OWN_NONE);
	assert_int_equal(own_count(OWN_NONE), 3);
	may(at, true);
	may(last, true);
}

static void fence__pool_used_up__says_how_to_go_on(void **state)
{
	pa_t page;

	(void)state;
	takes();
	while (page_pool_alloc(NULL, &page) == GZ_OK)
		;
	vttbr = 0;
	refuses(fence, "too small for the host's stage 2: give more with gz.pool=");
	assert_int_equal(vttbr, 0);
}

#define T(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(pool__by_ram_size__records_and_a_share),
		T(pool__several_banks__all_counted),
		T(pool__option__that_size_with_the_records),
		T(pool__option_too_small__says_how_much),
		T(pool__option_too_large__says_so),
		T(kernel__read_where_it_lies__also_across_pages),
		T(kernel__missing_misplaced_or_no_image__refused),
		T(tables__final__pool_image_and_console),
		T(tables__switch__old_windows_first_then_tlb),
		T(tables__no_console__none_mapped),
		T(records__dirty_memory__zero_at_first),
		T(fence__host__all_but_image_and_pool),
		T(fence__firmware__the_hosts_no_more),
		T(fence__no_map_memory__still_the_hosts_nothing_for_el2),
		T(fence__pool_used_up__says_how_to_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
