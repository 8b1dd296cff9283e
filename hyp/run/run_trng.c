// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: random numbers for guests (ARM DEN 0098, "True Random Number Generator Firmware Interface").
 * Never: anything but the generator's output, or a word beyond the bits asked for.
 * Called by: run_hvc.c.
 */
#include "run/run_int.h"

#include "lib/drbg.h"

#define TRNG_INVALID	(-2)

/* Of this back end; any value does, but it must not look like an error. */
static const u32 uuid[4] = { 0x3f9c51aa, 0x7b0e4c62, 0x96d18e2b, 0x51c0a7f4 };

static const u32 known[] = { TRNG_VERSION_ID, TRNG_FEATURES_ID, TRNG_GET_UUID_ID, TRNG_RND32, TRNG_RND64 };

/* bits of entropy in x3 (lowest), x2, x1, word_bits each; the rest is zero. */
static __noinline s64 random(u64 *x, u64 bits, u32 word_bits)
{
	u64 word[3];

	if (bits == 0 || bits > 3 * word_bits)
		return TRNG_INVALID;
	if (!drbg_read(word, sizeof(word)))
		return TRNG_NO_ENTROPY;
	for (u32 i = 0; i < 3; i++) {
		u64 here = bits > i * word_bits ? MIN(bits - i * word_bits, word_bits) : 0;

		x[3 - i] = here ? word[i] & MASK(here - 1, 0) : 0;
		word[i] = 0;
	}
	return 0;
}

u32 run_trng(struct cpu_ctx *ctx, u32 fn)
{
	u64 *x = ctx->x, arg = x[1];

	x[1] = x[2] = x[3] = 0;
	switch (fn) {
	case TRNG_VERSION_ID:
		x[0] = TRNG_VERSION_1_0;
		break;
	case TRNG_FEATURES_ID:
		x[0] = LISTED(known, (u32)arg) ? 0 : (u64)(s64)SMCCC_NOT_SUPPORTED;
		break;
	case TRNG_GET_UUID_ID:
		for (u32 i = 0; i < 4; i++)
			x[i] = uuid[i];
		break;
	case TRNG_RND32:
		x[0] = (u64)random(x, (u32)arg, 32);
		break;
	case TRNG_RND64:
		x[0] = (u64)random(x, arg, 64);
		break;
	default:
		x[0] = (u64)(s64)SMCCC_NOT_SUPPORTED;
		break;
	}
	return RUN_RESUME;
}
