// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: interrupts from outside: pulses, held levels, and the practical rule of a host that only ever says 1.
 * Never: run without el1host's test device, which raises and lowers the lines.
 * Used by: probe/main.c.
 */
#include "probe/probe.h"

#define LINE	60

static void prepare(bool edge)
{
	gic_clean();
	gic_set_edge(LINE, edge);
	gic_enable(LINE);
	record_start();
}

TEST(inject__pulse__once_per_call)
{
	prepare(true);
	for (u32 i = 1; i <= 5; i++) {
		inject(LINE, 1, INJECT_PULSE);
		EXPECT(record_wait(i, 100000));
	}
	irq_window();
	EXPECT_EQ(record_count, 5);
	record_stop();
}

TEST(inject__level_one_repeated__pends_each_time)
{
	for (u32 edge = 0; edge < 2; edge++) {
		prepare(edge);
		for (u32 i = 1; i <= 5; i++) {
			inject(LINE, 1, INJECT_PRACTICAL);
			EXPECT(record_wait(i, 100000));
			irq_window();
			EXPECT_EQ(record_count, i);	/* nobody lowers it, and it does not storm */
		}
		record_stop();
	}
}

TEST(inject__level_zero_before_ack__taken_back_unless_edge)
{
	for (u32 edge = 0; edge < 2; edge++) {
		prepare(edge);
		gic_disable(LINE);
		inject(LINE, 1, INJECT_PRACTICAL);
		EXPECT(gic_pending(LINE));
		inject(LINE, 0, INJECT_PRACTICAL);
		EXPECT_EQ(gic_pending(LINE), edge);
		gic_enable(LINE);
		irq_window();
		EXPECT_EQ(record_count, edge);
		record_stop();
	}
}

static volatile u32 lower_after;

static void count_and_lower(u32 intid)
{
	record_count++;
	if (record_count == lower_after)
		inject(intid, 0, INJECT_LEVEL);
}

TEST(inject__held_level__fires_until_lowered)
{
	prepare(false);
	irq_set_handler(count_and_lower);
	lower_after = 7;
	inject(LINE, 1, INJECT_LEVEL);
	EXPECT(record_wait(7, 500000));
	irq_window();
	EXPECT_EQ(record_count, 7);
	EXPECT(!gic_pending(LINE));
	record_stop();
}

TEST(inject__held_level_lowered_while_masked__gone)
{
	prepare(false);
	inject(LINE, 1, INJECT_LEVEL);
	EXPECT(gic_pending(LINE));
	inject(LINE, 0, INJECT_LEVEL);
	EXPECT(!gic_pending(LINE));
	irq_window();
	EXPECT_EQ(record_count, 0);
	record_stop();
}

TEST(inject__edge_while_active__comes_again)
{
	prepare(true);
	inject(LINE, 1, INJECT_PULSE);
	EXPECT_EQ(icc_read(ICC_IAR1), LINE);
	inject(LINE, 1, INJECT_PULSE);
	EXPECT(gic_active(LINE) && gic_pending(LINE));
	icc_write(ICC_EOIR1, LINE);
	isb();
	EXPECT(record_wait(1, 100000));
	irq_window();
	EXPECT_EQ(record_count, 1);
	record_stop();
}

TEST(inject__every_spi__arrives_by_its_number)
{
	prepare(true);
	for (u32 i = 32; i < 32 + plat.spis; i++) {
		gic_enable(i);
		inject(i, 1, INJECT_PRACTICAL);
		EXPECT(record_wait(1, 100000));
		EXPECT_EQ(recorded[0], i);
		record_count = 0;
	}
	record_stop();
}

void suite_irq_level(void)
{
	if (!plat.testdev)
		return;
	RUN_TEST(inject__pulse__once_per_call);
	RUN_TEST(inject__level_one_repeated__pends_each_time);
	RUN_TEST(inject__level_zero_before_ack__taken_back_unless_edge);
	RUN_TEST(inject__held_level__fires_until_lowered);
	RUN_TEST(inject__held_level_lowered_while_masked__gone);
	RUN_TEST(inject__edge_while_active__comes_again);
	RUN_TEST(inject__every_spi__arrives_by_its_number);
	gic_clean();
}
