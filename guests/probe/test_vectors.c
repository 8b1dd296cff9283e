// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: exceptions arrive at the right vector with the right syndrome, from EL1 and EL0, own ones and injected ones.
 * Never: leave an expectation armed.
 * Used by: probe/main.c. Arm ARM DDI 0487, "Exception handling and privilege levels".
 */
#include "gz/guest_hvc.h"
#include "probe/probe.h"

#define EC(esr)	((esr) >> 26)
#define EC_UNDEF	0x00
#define EC_SVC		0x15
#define EC_DABT_EL0	0x24
#define EC_DABT_EL1	0x25
#define EC_IABT_EL1	0x21
#define EC_PC_ALIGN	0x22
#define EC_BRK		0x3c

static void do_svc(void *arg) { (void)arg; __asm__ volatile("svc #9" : : : "memory"); }
static void do_undef(void *arg) { (void)arg; __asm__ volatile(".inst 0" : : : "memory"); }
static void do_brk(void *arg) { (void)arg; __asm__ volatile("brk #3" : : : "memory"); }
static void do_load(void *arg) { read32((u64)arg); }
static void do_el2_reg(void *arg) { (void)arg; sysreg_read(S3_4_C1_C1_0); }	/* HCR_EL2 */

static void do_store_pair(void *arg)
{
	__asm__ volatile("stp xzr, xzr, [%0]" : : "r"(arg) : "memory");
}

TEST(vectors_el1__own_exceptions__vector_and_syndrome)
{
	struct exc e;

	EXPECT_EQ(exc_try(do_svc, NULL, &e), 1);
	EXPECT_EQ(e.vector, 4);
	EXPECT_EQ(e.esr & ~BIT(25), (u64)EC_SVC << 26 | 9);
	EXPECT_EQ(exc_try(do_undef, NULL, &e), 1);
	EXPECT_EQ(e.vector, 4);
	EXPECT_EQ(EC(e.esr), EC_UNDEF);
	EXPECT_EQ(exc_try(do_brk, NULL, &e), 1);
	EXPECT_EQ(EC(e.esr), EC_BRK);
	EXPECT_EQ(e.spsr & 0xf, 5);
}

TEST(vectors_el1__el2_register__undefined)
{
	struct exc e;

	EXPECT_EQ(exc_try(do_el2_reg, NULL, &e), 1);
	EXPECT_EQ(e.vector, 4);
	EXPECT_EQ(EC(e.esr), EC_UNDEF);
	EXPECT_EQ(e.spsr & 0x3cf, 0x3c5);
}

TEST(vectors_el1__translation_fault__far)
{
	u64 bad = user_block() + (1ull << 30);
	struct exc e;

	mmu_set_block(bad, MAP_NONE);
	EXPECT_EQ(exc_try(do_load, (void *)(bad + 0x123), &e), 1);
	EXPECT_EQ(EC(e.esr), EC_DABT_EL1);
	EXPECT_EQ(e.esr & 0x3c, 4);
	EXPECT_EQ(e.far, bad + 0x123);
	mmu_set_block(bad, MAP_NORMAL);
}

TEST(vectors_el0__svc_and_undefined__vector_8)
{
	struct exc e;

	exc_expect(&e);
	EXPECT_EQ(EL0_CALL(el0_svc, 40, false), 42);
	exc_done();
	EXPECT_EQ(e.count, 1);
	EXPECT_EQ(e.vector, 8);
	EXPECT_EQ(e.esr & ~BIT(25), (u64)EC_SVC << 26 | 5);
	exc_expect(&e);
	EL0_CALL(el0_undef, 0, false);
	exc_done();
	EXPECT_EQ(e.count, 4);		/* permanently undefined, HVC, SMC, EL1 register */
	EXPECT_EQ(e.vector, 8);
	EXPECT_EQ(e.spsr & 0xf, 0);
}

TEST(vectors_el0__kernel_memory__abort_lower_el)
{
	struct exc e;

	exc_expect(&e);
	EL0_CALL(el0_load, (u64)_image_start, false);
	exc_done();
	EXPECT_EQ(e.count, 1);
	EXPECT_EQ(e.vector, 8);
	EXPECT_EQ(EC(e.esr), EC_DABT_EL0);
	EXPECT_EQ(e.esr & 0x3c, 0xc);
	EXPECT_EQ(e.far, (u64)_image_start);
}

static volatile u32 from_el0;

static void note_and_release(u32 intid)
{
	from_el0 += intid == 4 && (sysreg_read(spsr_el1) & 0xf) == 0;
	*(volatile u32 *)user_block() = 1;
}

TEST(vectors_el0__interrupt__vector_9)
{
	gic_clean();
	gic_enable(4);
	user_block();
	from_el0 = 0;
	*(volatile u32 *)user_block() = 0;
	irq_set_handler(note_and_release);
	gic_pend(4);
	EL0_CALL(el0_wait, user_block(), true);
	EXPECT_EQ(from_el0, 1);
	irq_set_handler(NULL);
	gic_clean();
}

/* A stage 2 fault EL2 cannot describe to its host (no valid syndrome): the guest gets an external abort. */
TEST(injected_abort__mmio_pair__external_at_el1_and_el0)
{
	struct exc e;

	if (!plat.testdev)
		return;
	EXPECT_EQ(exc_try(do_store_pair, (void *)0x0b000000, &e), 1);
	EXPECT_EQ(e.vector, 4);
	EXPECT_EQ(EC(e.esr), EC_DABT_EL1);
	EXPECT_EQ(e.esr & 0x3f, 0x10);
	EXPECT_EQ(e.far, 0x0b000000);
	EXPECT_EQ(e.spsr & 0x3cf, 0x3c5);
	mmu_set_block(0x0b000000, MAP_USER_DEVICE);
	exc_expect(&e);
	EL0_CALL(el0_store_pair, 0x0b000000, false);
	exc_done();
	mmu_set_block(0x0b000000, MAP_DEVICE);
	EXPECT_EQ(e.count, 1);
	EXPECT_EQ(e.vector, 8);
	EXPECT_EQ(EC(e.esr), EC_DABT_EL0);
	EXPECT_EQ(e.esr & 0x3f, 0x10);
	EXPECT_EQ(e.spsr & 0xf, 0);
}

static void jump(void *arg)
{
	__asm__ volatile("adr x30, 1f\n\tbr %0\n1:" : : "r"(arg) : "x30", "memory");
}

/* Fetch from where no memory is: nothing a host could answer. The handler cannot skip it: PC goes to x30 by hand. */
TEST(injected_abort__fetch_from_mmio__instruction_abort)
{
	struct exc e;

	if (!plat.testdev)
		return;
	mmu_set_block(0x0b000000, MAP_NORMAL);
	exc_expect(&e);
	exc_fetch_returns_to_lr(true);
	jump((void *)0x0b000000);
	exc_fetch_returns_to_lr(false);
	exc_done();
	mmu_set_block(0x0b000000, MAP_DEVICE);
	EXPECT_EQ(e.count, 1);
	EXPECT_EQ(EC(e.esr), EC_IABT_EL1);
	EXPECT_EQ(e.esr & 0x3f, 0x10);
	EXPECT_EQ(e.far, 0x0b000000);
}

TEST(wfi_at_el0__pending_interrupt__goes_on)
{
	gic_clean();
	gic_enable(4);
	gic_pend(4);
	EL0_CALL(el0_wfi, 0, false);
	EXPECT(gic_pending(4));
	gic_unpend(4);
	gic_clean();
}

void suite_vectors(void)
{
	RUN_TEST(vectors_el1__own_exceptions__vector_and_syndrome);
	RUN_TEST(vectors_el1__el2_register__undefined);
	RUN_TEST(vectors_el1__translation_fault__far);
	RUN_TEST(vectors_el0__svc_and_undefined__vector_8);
	RUN_TEST(vectors_el0__kernel_memory__abort_lower_el);
	RUN_TEST(vectors_el0__interrupt__vector_9);
	RUN_TEST(injected_abort__mmio_pair__external_at_el1_and_el0);
	RUN_TEST(injected_abort__fetch_from_mmio__instruction_abort);
	RUN_TEST(wfi_at_el0__pending_interrupt__goes_on);
}
