/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: ChaCha20 generator for guests' TRNG calls and EL2's own keys.
 * Never: give output before it was seeded with real entropy (returns false instead).
 * Used by: boot (seeds), run (TRNG). RFC 8439 "The ChaCha20 Block Function".
 */
#ifndef LIB_DRBG_H
#define LIB_DRBG_H

#include "lib/types.h"

/* Mixes entropy in; any number of times. Takes its own lock. */
void drbg_seed(const void *data, size_t len);
/* Fills out; false when never seeded. Takes its own lock. */
bool drbg_read(void *out, size_t len);
/* The block function alone, for its test vectors. */
void chacha20_block(u32 out[16], const u32 k[8], u32 count, const u32 nonce[3]);

#endif
