/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what the bench guest and the program that starts it (tools/benchlib/vm.c) tell each other, in guest memory.
 * Never: a type that the two sides lay out differently.
 * Used by: guests/bench, tools/benchlib.
 */
#ifndef GUESTS_BENCH_H
#define GUESTS_BENCH_H

#include <stdint.h>

#define BENCH_RAM	UINT64_C(0x80000000)
#define BENCH_BOX	(BENCH_RAM + (UINT64_C(32) << 20))	/* struct bench_box; of a protected VM the pool has it */
#define BENCH_TOUCH	(BENCH_RAM + (UINT64_C(64) << 20))	/* memory nobody else uses */
#define BENCH_BELL	UINT64_C(0x03000000)			/* the doorbell of ROLE_KICK */
#define BENCH_SPI	8u
#define BENCH_ROUNDS	16u

/* Begin and end of one measured operation, for tools/benchlib/count.c; architecturally NOPs (unallocated hints). */
#define BENCH_MARK_BEGIN()	__asm__ volatile("hint #0x6e" : : : "memory")
#define BENCH_MARK_END()	__asm__ volatile("hint #0x6f" : : : "memory")

enum bench_role { ROLE_NONE, ROLE_TOUCH, ROLE_KICK, ROLE_IRQ_RUNNING, ROLE_IRQ_IDLE, ROLE_SHARE, ROLE_RELINQUISH };

struct bench_box {
	uint64_t role;
	uint64_t physical;		/* the clock both sides share is CNTPCT, else CNTVCT */
	uint64_t closed;		/* the guest shares this page itself (KVM's protected VMs) */
	uint64_t pages;			/* ROLE_TOUCH */
	uint64_t unmarked;		/* ROLE_TOUCH: what is profiled comes later */
	uint64_t started;		/* clock at the guest's first C line */
	uint64_t turn;			/* the program's round, written by it */
	uint64_t done;			/* the guest's round */
	uint64_t at[BENCH_ROUNDS];	/* the guest's clock in that round */
	uint64_t touch_ticks;
};

#endif
