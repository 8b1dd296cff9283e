// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a block of user memory, pieces of code in it, one call to EL0 and back; code written at run time.
 * Never: more than one user block.
 * Used by: probe and el1host tests.
 */
#include "lib/lib.h"

u64 el0_enter(u64 pc, u64 arg, u64 spsr, u64 sp);

#define BLOCK	(2ull << 20)

u64 user_block(void)
{
	static u64 block;

	if (block)
		return block;
	block = ((u64)_image_end + BLOCK - 1) & ~(BLOCK - 1);
	mmu_set_block(block, MAP_USER);
	return block;
}

void code_sync(const void *code, u64 len)
{
	for (u64 at = (u64)code & ~63ull; at < (u64)code + len; at += 64)
		__asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0" : : "r"(at) : "memory");
	__asm__ volatile("dsb ish\n\tisb" : : : "memory");
}

u64 el0_call(const char *piece, const char *piece_end, u64 arg, bool irqs)
{
	u64 at = user_block() + 4096 * (1 + cpu_id());

	memcpy((void *)at, piece, (u64)(piece_end - piece));
	code_sync((void *)at, (u64)(piece_end - piece));
	return el0_enter(at, arg, irqs ? 0 : 0x3c0, 0);
}
