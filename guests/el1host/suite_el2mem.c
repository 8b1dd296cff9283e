// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the host's own instructions on EL2's memory: load, store, atomics, fetch, cache and translation operations, EL1 and EL0.
 * Never: expect a value from there: nothing may come back.
 * Used by: suites.c. SEC-06 on EL2 memory.
 */
#include "el1host/gzcall.h"
#include "el1host/suites.h"

#define EC(e)	((e).esr >> 26)
#define DFSC(e)	((e).esr & 0x3f)
#define ALIGNMENT	0x21
#define EXTERNAL	0x10

static u64 got;

static void op_load(void *a) { got = 0; __asm__ volatile("ldr %0, [%1]" : "+r"(got) : "r"(a) : "memory"); }
static void op_load_byte(void *a) { got = 0; __asm__ volatile("ldrb %w0, [%1]" : "+r"(got) : "r"(a) : "memory"); }
static void op_load_pair(void *a) { u64 x = 0, y = 0; __asm__ volatile("ldp %0, %1, [%2]" : "+r"(x), "+r"(y) : "r"(a) : "memory"); got = x | y; }
static void op_store(void *a) { __asm__ volatile("str xzr, [%0]" : : "r"(a) : "memory"); }
static void op_store_pair(void *a) { __asm__ volatile("stp xzr, xzr, [%0]" : : "r"(a) : "memory"); }
static void op_exclusive(void *a) { __asm__ volatile("ldxr x9, [%0]\n\tclrex" : : "r"(a) : "x9", "memory"); }
static void op_acquire(void *a) { __asm__ volatile("ldar x9, [%0]" : : "r"(a) : "x9", "memory"); }
static void op_release(void *a) { __asm__ volatile("stlr xzr, [%0]" : : "r"(a) : "memory"); }
static void op_zva(void *a) { __asm__ volatile("dc zva, %0" : : "r"(a) : "memory"); }

static const struct { const char *name; void (*fn)(void *); } accesses[] = {
	{ "ldr", op_load }, { "ldrb", op_load_byte }, { "ldp", op_load_pair }, { "str", op_store }, { "stp", op_store_pair },
	{ "ldxr", op_exclusive }, { "ldar", op_acquire }, { "stlr", op_release }, { "dc zva", op_zva },
};

static void op_swap(void *a) { __asm__ volatile(".arch_extension lse\n\tswp xzr, x9, [%0]" : : "r"(a) : "x9", "memory"); }
static void op_add(void *a) { __asm__ volatile(".arch_extension lse\n\tldadd x9, x10, [%0]" : : "r"(a) : "x9", "x10", "memory"); }

static void op_maintain(void *a)
{
	__asm__ volatile("dc civac, %0\n\tdc cvac, %0\n\tdc ivac, %0\n\tic ivau, %0\n\tprfm pldl1keep, [%0]\n\tdsb sy" : : "r"(a) : "memory");
}

static void op_translate(void *a)
{
	__asm__ volatile("at s1e1r, %0\n\tat s1e1w, %0\n\tat s1e0r, %0\n\tisb" : : "r"(a) : "memory");
}

static void must_abort(const char *name, void (*fn)(void *), u64 pa)
{
	struct exc e;
	u64 n = exc_try(fn, (void *)pa, &e);

	if (n != 1 || EC(e) != 0x25 || DFSC(e) != ALIGNMENT)
		printf("  %s at %lx: %lu exceptions, esr %lx\n", name, pa, n, e.esr);
	EXPECT_EQ(n, 1);
	EXPECT_EQ(EC(e), 0x25);
	EXPECT_EQ(DFSC(e), ALIGNMENT);	/* reaches a kernel's fixups; never a translation fault, never a bare external abort */
	EXPECT_EQ(e.far, pa);
	EXPECT_EQ(got, 0);
}

TEST(el2_memory__loads_and_stores_at_el1__alignment_abort_each)
{
	u64 at[] = { el2_image, el2_image + 0x1000, el2_pool, el2_pool + 0x10000 };
	u64 aborts = gz_stat_read(GZ_STAT_HOST_ABORTS);
	bool lse = sysreg_read(id_aa64isar0_el1) >> 20 & 0xf;

	EXPECT(el2_image && el2_pool);
	for (u32 i = 0; i < ARRAY_SIZE(at); i++) {
		for (u32 k = 0; k < ARRAY_SIZE(accesses); k++)
			must_abort(accesses[k].name, accesses[k].fn, at[i]);
		if (lse) {
			must_abort("swp", op_swap, at[i]);
			must_abort("ldadd", op_add, at[i]);
		}
	}
	EXPECT(gz_stat_read(GZ_STAT_HOST_ABORTS) >= aborts + 4 * ARRAY_SIZE(accesses));
	EXPECT_EQ(gz(GZ_FN_PROBE, 16, 0, 0, 0).st, 0);
}

TEST(el2_memory__maintenance_and_translation__host_lives)
{
	struct exc e;

	exc_try(op_maintain, (void *)el2_image, &e);
	exc_try(op_maintain, (void *)el2_pool, &e);
	EXPECT_EQ(exc_try(op_translate, (void *)el2_image, &e), 0);	/* the host's own stage 1 only */
	EXPECT_EQ(gz(GZ_FN_PROBE, 16, 0, 0, 0).st, 0);
}

static void jump(void *arg)
{
	__asm__ volatile("adr x30, 1f\n\tbr %0\n1:" : : "r"(arg) : "x30", "memory");
}

TEST(el2_memory__fetch__instruction_abort)
{
	struct exc e;

	exc_expect(&e);
	exc_fetch_returns_to_lr(true);
	jump((void *)el2_image);
	jump((void *)(el2_pool + 0x2000));
	exc_fetch_returns_to_lr(false);
	exc_done();
	EXPECT_EQ(e.count, 2);
	EXPECT_EQ(EC(e), 0x21);
	EXPECT_EQ(DFSC(e), EXTERNAL);
}

TEST(el2_memory__from_el0__external_abort)
{
	struct exc e;

	mmu_set_block(el2_pool, MAP_USER);
	exc_expect(&e);
	EL0_CALL(el0_load, el2_pool + 0x40, false);
	EXPECT_EQ(e.count, 1);
	EXPECT_EQ(EC(e), 0x24);
	EXPECT_EQ(DFSC(e), EXTERNAL);
	EL0_CALL(el0_store, el2_pool + 0x40, false);
	exc_done();
	EXPECT_EQ(e.count, 2);
	EXPECT_EQ(DFSC(e), EXTERNAL);
	mmu_set_block(el2_pool, MAP_NORMAL);
}

/* The host's stage 1 tables moved into EL2's memory: the walk itself is refused. */
static void walk_there(void *arg)
{
	u64 old = sysreg_read(ttbr1_el1), tcr = sysreg_read(tcr_el1);

	sysreg_write(ttbr1_el1, (u64)arg);
	sysreg_write(tcr_el1, (tcr & ~(1ull << 23)) | 25ull << 16 | 1ull << 24 | 1ull << 26 | 3ull << 28 | 2ull << 30);
	__asm__ volatile("tlbi vmalle1\n\tdsb nsh\n\tisb" : : : "memory");
	__asm__ volatile("ldr x9, [%0]" : : "r"(~0ull << 39) : "x9", "memory");
	sysreg_write(tcr_el1, tcr);
	sysreg_write(ttbr1_el1, old);
	__asm__ volatile("tlbi vmalle1\n\tdsb nsh\n\tisb" : : : "memory");
}

TEST(el2_memory__as_stage1_table__abort_on_the_walk)
{
	struct exc e;

	EXPECT_EQ(exc_try(walk_there, (void *)el2_pool, &e), 1);
	EXPECT_EQ(EC(e), 0x25);
	EXPECT_EQ(DFSC(e) & ~3u, 0x14);	/* external abort on a table walk */
}

void suite_el2mem(void)
{
	RUN_TEST(el2_memory__loads_and_stores_at_el1__alignment_abort_each);
	RUN_TEST(el2_memory__maintenance_and_translation__host_lives);
	RUN_TEST(el2_memory__fetch__instruction_abort);
	RUN_TEST(el2_memory__from_el0__external_abort);
	RUN_TEST(el2_memory__as_stage1_table__abort_on_the_walk);
}
