// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: fill and compare the registers of regs.h and the FP registers.
 * Never: touch a register between fill and check itself.
 * Used by: probe's and el1host's leak tests.
 */
#include "lib/lib.h"
#include "lib/regs.h"

void leak_fp_store(u64 *q);
void leak_fp_load(const u64 *q);

static const char *const names[LEAK_NR] = {
#define ONE(name, mask) #name,
	LEAK_REGS(ONE)
	LEAK_PAUTH(ONE)
#undef ONE
};

static u64 mix(u64 seed, u32 i)
{
	u64 v = (seed + i) * 0x9e3779b97f4a7c15ull;

	return v ^ v >> 29;
}

static bool has_pauth(void)
{
	return sysreg_read(id_aa64isar1_el1) & 0xff0;	/* APA, API */
}

void leak_fill(u64 seed, u64 seen[LEAK_NR])
{
	u32 i = 0;

#define ONE(name, mask) sysreg_write(name, mix(seed, i) & (mask)); i++;
	LEAK_REGS(ONE)
	if (has_pauth()) {
		LEAK_PAUTH(ONE)
	}
#undef ONE
	isb();
	i = 0;
#define ONE(name, mask) seen[i++] = sysreg_read(name);
	LEAK_REGS(ONE)
	if (has_pauth()) {
		LEAK_PAUTH(ONE)
	}
#undef ONE
}

u32 leak_check(const u64 seen[LEAK_NR])
{
	u64 now[LEAK_NR];
	u32 i = 0, bad = 0, count;

#define ONE(name, mask) now[i++] = sysreg_read(name);
	LEAK_REGS(ONE)
	if (has_pauth()) {
		LEAK_PAUTH(ONE)
	}
#undef ONE
	count = i;
	for (i = 0; i < count; i++) {
		if (now[i] == seen[i])
			continue;
		printf("  %s is %lx, was %lx\n", names[i], now[i], seen[i]);
		bad++;
	}
	return bad;
}

void leak_fp_fill(u64 seed)
{
	u64 q[66];

	for (u32 i = 0; i < 64; i++)
		q[i] = mix(seed, 100 + i);
	q[64] = (seed & 3) << 22;		/* FPCR: rounding mode */
	q[65] = seed & 0x1f;			/* FPSR: sticky flags */
	leak_fp_load(q);
}

u32 leak_fp_check(u64 seed)
{
	u64 q[66];
	u32 bad = 0;

	leak_fp_store(q);
	for (u32 i = 0; i < 64; i++)
		bad += q[i] != mix(seed, 100 + i);
	bad += q[64] != (seed & 3) << 22;
	bad += q[65] != (seed & 0x1f);
	return bad;
}
