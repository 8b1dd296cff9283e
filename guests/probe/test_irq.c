// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: delivery of edge interrupts: SGIs, PPIs, SPIs, priorities, masks, preemption, more pending than list registers, EOImode 1.
 * Never: need anybody outside: pending bits are set by register.
 * Used by: probe/main.c.
 */
#include "probe/probe.h"

static void prepare(void)
{
	gic_clean();
	icc_write(ICC_PMR, 0xff);
	icc_write(ICC_BPR1, 0);
	isb();
	record_start();
}

TEST(sgi__to_self__each_number_once)
{
	prepare();
	for (u32 i = 0; i < 16; i++)
		gic_enable(i);
	for (u32 i = 0; i < 16; i++) {
		gic_send_sgi(i, 0);
		EXPECT(record_wait(i + 1, 100000));
		EXPECT_EQ(recorded[i], i);
	}
	irq_window();
	EXPECT_EQ(record_count, 16);
	EXPECT_EQ(icc_read(ICC_HPPIR1), 1023);
	EXPECT_EQ(icc_read(ICC_RPR), 0xff);
	record_stop();
}

TEST(sgi__sent_twice_while_masked__merged)
{
	prepare();
	gic_enable(3);
	gic_send_sgi(3, 0);
	gic_send_sgi(3, 0);
	EXPECT(gic_pending(3));
	irq_window();
	EXPECT_EQ(record_count, 1);
	record_stop();
}

TEST(sgi__disabled__stays_pending_until_enabled)
{
	prepare();
	gic_disable(5);
	gic_send_sgi(5, 0);
	irq_window();
	EXPECT_EQ(record_count, 0);
	EXPECT(gic_pending(5));
	gic_enable(5);
	EXPECT(record_wait(1, 100000));
	EXPECT(!gic_pending(5) && !gic_active(5));
	record_stop();
}

/* 0xf8 would be masked: PMR holds as many bits as there are priorities, so its 0xff is 0xf8 on five-bit CPUs. */
static u8 place(u32 intid)
{
	u8 p = intid < 16 ? (u8)(0xf0 - intid % 8 * 8) : (u8)(intid * 40 & 0xf8);

	return p == 0xf8 ? 0xf0 : p;
}

/* All 16 SGIs and more SPIs than any CPU has list registers, each with its own place in the order. */
TEST(many_pending__more_than_list_registers__all_in_priority_order)
{
	u32 n = 0;

	prepare();
	for (u32 i = 0; i < 16; i++) {
		gic_set_priority(i, place(i));
		gic_enable(i);
		gic_pend(i);
		n++;
	}
	for (u32 i = 32; i < 32 + plat.spis; i++) {
		gic_set_priority(i, place(i));
		gic_enable(i);
		gic_pend(i);
		n++;
	}
	EXPECT(record_wait(n, 2000000));
	EXPECT_EQ(record_count, n);
	for (u32 k = 1; k < record_count; k++) {
		u32 a = recorded[k - 1], b = recorded[k];
		u8 pa = place(a), pb = place(b);

		if (pa > pb || (pa == pb && a >= b && plat.gz))
			EXPECT_EQ(pb, 0x1000 + pa);	/* out of order: shows both */
	}
	record_stop();
}

TEST(spi__pended_by_register__once_each)
{
	prepare();
	for (u32 i = 32; i < 32 + plat.spis; i++) {
		gic_enable(i);
		gic_pend(i);
		EXPECT(record_wait(1, 100000));
		EXPECT_EQ(recorded[0], i);
		record_count = 0;
		gic_disable(i);
	}
	record_stop();
}

TEST(spi__unpended_or_disabled_while_masked__not_taken)
{
	prepare();
	gic_enable(40);
	gic_enable(41);
	gic_pend(40);
	gic_pend(41);
	gic_unpend(40);
	gic_disable(41);
	irq_window();
	EXPECT_EQ(record_count, 0);
	EXPECT(!gic_pending(40) && gic_pending(41));
	gic_unpend(41);
	record_stop();
}

TEST(pmr__priority_not_higher__held_back)
{
	prepare();
	gic_set_priority(42, 0x80);
	gic_enable(42);
	icc_write(ICC_PMR, 0x80);
	gic_pend(42);
	irq_window();
	EXPECT_EQ(record_count, 0);
	icc_write(ICC_PMR, 0x88);
	EXPECT(record_wait(1, 100000));
	icc_write(ICC_PMR, 0xff);
	record_stop();
}

TEST(group_enable__off__held_back)
{
	prepare();
	gic_enable(43);
	gic_pend(43);
	icc_write(ICC_IGRPEN1, 0);
	irq_window();
	EXPECT_EQ(record_count, 0);
	icc_write(ICC_IGRPEN1, 1);
	EXPECT(record_wait(1, 100000));
	write32(plat.gicd, 0x10);
	gic_pend(43);
	irq_window();
	EXPECT_EQ(record_count, 1);
	write32(plat.gicd, 0x12);
	EXPECT(record_wait(2, 100000));
	record_stop();
}

/* 50 preempts 51 and is preempted by nothing; 52 of the same priority as 51 waits. */
static volatile u32 depth, deepest, inner_rpr;

static void nest(u32 intid)
{
	if (record_count < RECORD_MAX)
		recorded[record_count++] = (u16)intid;
	deepest = ++depth > deepest ? depth : deepest;
	if (intid == 51) {
		gic_pend(52);
		gic_pend(50);
		irq_window();
	} else if (intid == 50) {
		inner_rpr = (u32)icc_read(ICC_RPR);
	}
	depth--;
}

TEST(preemption__higher_priority__nests_equal_waits)
{
	prepare();
	depth = deepest = 0;
	irq_set_handler(nest);
	gic_set_priority(50, 0x40);
	gic_set_priority(51, 0x80);
	gic_set_priority(52, 0x80);
	for (u32 i = 50; i <= 52; i++)
		gic_enable(i);
	gic_pend(51);
	EXPECT(record_wait(3, 500000));
	EXPECT_EQ(recorded[0], 51);
	EXPECT_EQ(recorded[1], 50);
	EXPECT_EQ(recorded[2], 52);
	EXPECT_EQ(deepest, 2);
	EXPECT_EQ(inner_rpr, 0x40);
	EXPECT_EQ(icc_read(ICC_RPR), 0xff);
	record_stop();
}

TEST(active_by_register__pending_waits_for_deactivation)
{
	prepare();
	gic_enable(44);
	write32(plat.gicd + 0x300 + 44 / 32 * 4, 1u << (44 % 32));
	gic_pend(44);
	irq_window();
	EXPECT_EQ(record_count, 0);
	gic_deactivate(44);
	EXPECT(record_wait(1, 100000));
	record_stop();
}

static u32 eoi1_seen;

static void eoi1(u32 intid)
{
	eoi1_seen++;
	icc_write(ICC_EOIR1, intid);	/* priority drop only */
	isb();
}

TEST(eoimode1__drop_then_deactivate__second_waits_for_dir)
{
	prepare();
	irq_auto_eoi = false;
	irq_set_handler(eoi1);
	icc_write(ICC_CTLR, icc_read(ICC_CTLR) | 2);
	isb();
	EXPECT_EQ(icc_read(ICC_CTLR) & 2, 2);
	eoi1_seen = 0;
	gic_enable(45);
	gic_enable(46);
	gic_pend(45);
	irq_window();
	EXPECT_EQ(eoi1_seen, 1);
	EXPECT_EQ(icc_read(ICC_RPR), 0xff);
	EXPECT(gic_active(45));
	gic_pend(45);			/* active and pending: not signalled */
	irq_window();
	EXPECT_EQ(eoi1_seen, 1);
	EXPECT(gic_pending(45) && gic_active(45));
	gic_pend(46);			/* the same priority is free again */
	irq_window();
	EXPECT_EQ(eoi1_seen, 2);
	icc_write(ICC_DIR, 45);
	isb();
	irq_window();
	EXPECT_EQ(eoi1_seen, 3);
	icc_write(ICC_DIR, 46);
	icc_write(ICC_DIR, 45);
	isb();
	EXPECT(!gic_active(45) && !gic_active(46) && !gic_pending(45));
	icc_write(ICC_CTLR, icc_read(ICC_CTLR) & ~2ull);
	isb();
	irq_auto_eoi = true;
	record_stop();
}

/* More active than list registers: all 40 are acknowledged and dropped before the first one is deactivated. */
TEST(eoimode1__more_active_than_list_registers__each_deactivated)
{
	prepare();
	irq_auto_eoi = false;
	irq_set_handler(eoi1);
	icc_write(ICC_CTLR, icc_read(ICC_CTLR) | 2);
	isb();
	eoi1_seen = 0;
	for (u32 i = 32; i < 72; i++) {
		gic_enable(i);
		gic_pend(i);
	}
	for (u32 i = 0; i < 100 && eoi1_seen < 40; i++)
		irq_window();
	EXPECT_EQ(eoi1_seen, 40);
	for (u32 i = 32; i < 72; i++)
		EXPECT(gic_active(i));
	for (u32 i = 71; i >= 32; i--)
		icc_write(ICC_DIR, i);
	isb();
	for (u32 i = 32; i < 72; i++)
		EXPECT(!gic_active(i));
	for (u32 i = 32; i < 72; i++)
		gic_pend(i);
	for (u32 i = 0; i < 100 && eoi1_seen < 80; i++)
		irq_window();
	EXPECT_EQ(eoi1_seen, 80);
	for (u32 i = 32; i < 72; i++)
		icc_write(ICC_DIR, i);
	icc_write(ICC_CTLR, icc_read(ICC_CTLR) & ~2ull);
	isb();
	irq_auto_eoi = true;
	record_stop();
}

TEST(ack_by_hand__spurious_and_hppir__as_architected)
{
	u64 iar;

	prepare();
	EXPECT_EQ(icc_read(ICC_IAR1), 1023);
	gic_enable(47);
	gic_pend(47);
	EXPECT_EQ(icc_read(ICC_HPPIR1), 47);
	iar = icc_read(ICC_IAR1);
	EXPECT_EQ(iar, 47);
	isb();
	EXPECT_EQ(icc_read(ICC_RPR), 0x80);
	EXPECT_EQ(icc_read(ICC_HPPIR1), 1023);
	icc_write(ICC_EOIR1, iar);
	isb();
	EXPECT_EQ(icc_read(ICC_RPR), 0xff);
	EXPECT(!gic_active(47));
	record_stop();
}

TEST(routed_nowhere__stays_pending_until_routed_back)
{
	if (!plat.gz)
		return;		/* QEMU's model looks at Aff0 only */
	prepare();
	gic_route(48, 0x10000);	/* Aff2 = 1: no such CPU */
	gic_enable(48);
	gic_pend(48);
	irq_window();
	EXPECT_EQ(record_count, 0);
	EXPECT(gic_pending(48));
	gic_route(48, GIC_ROUTE_ANY);
	EXPECT(record_wait(1, 100000));
	record_stop();
}

void suite_irq(void)
{
	RUN_TEST(sgi__to_self__each_number_once);
	RUN_TEST(sgi__sent_twice_while_masked__merged);
	RUN_TEST(sgi__disabled__stays_pending_until_enabled);
	RUN_TEST(many_pending__more_than_list_registers__all_in_priority_order);
	RUN_TEST(spi__pended_by_register__once_each);
	RUN_TEST(spi__unpended_or_disabled_while_masked__not_taken);
	RUN_TEST(pmr__priority_not_higher__held_back);
	RUN_TEST(group_enable__off__held_back);
	RUN_TEST(preemption__higher_priority__nests_equal_waits);
	RUN_TEST(active_by_register__pending_waits_for_deactivation);
	RUN_TEST(eoimode1__drop_then_deactivate__second_waits_for_dir);
	RUN_TEST(eoimode1__more_active_than_list_registers__each_deactivated);
	RUN_TEST(ack_by_hand__spurious_and_hppir__as_architected);
	RUN_TEST(routed_nowhere__stays_pending_until_routed_back);
	gic_clean();
}
