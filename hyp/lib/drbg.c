/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: ChaCha20 with fast key erasure: each output replaces the key, so an old output cannot be recomputed.
 * Never: output before real entropy came in.
 * Called by: boot, run (TRNG). RFC 8439 "The ChaCha20 Block Function".
 */
#include "lib/drbg.h"
#include "lib/spinlock.h"
#include "lib/string.h"

#define KEY_WORDS	8
#define KEY_BYTES	(KEY_WORDS * 4)

static struct spinlock drbg_lock = SPINLOCK_INIT;
static u32 key[KEY_WORDS];
static u32 counter;
static bool seeded;

static u32 rotl(u32 v, u32 n) { return v << n | v >> (32 - n); }

static void quarter_round(u32 *x, u32 a, u32 b, u32 c, u32 d)
{
	x[a] += x[b]; x[d] = rotl(x[d] ^ x[a], 16);
	x[c] += x[d]; x[b] = rotl(x[b] ^ x[c], 12);
	x[a] += x[b]; x[d] = rotl(x[d] ^ x[a], 8);
	x[c] += x[d]; x[b] = rotl(x[b] ^ x[c], 7);
}

void chacha20_block(u32 out[16], const u32 k[8], u32 count, const u32 nonce[3])
{
	u32 in[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574,
		       k[0], k[1], k[2], k[3], k[4], k[5], k[6], k[7], count, nonce[0], nonce[1], nonce[2] };

	memcpy(out, in, sizeof(in));
	for (u32 round = 0; round < 10; round++) {
		quarter_round(out, 0, 4, 8, 12);
		quarter_round(out, 1, 5, 9, 13);
		quarter_round(out, 2, 6, 10, 14);
		quarter_round(out, 3, 7, 11, 15);
		quarter_round(out, 0, 5, 10, 15);
		quarter_round(out, 1, 6, 11, 12);
		quarter_round(out, 2, 7, 8, 13);
		quarter_round(out, 3, 4, 9, 14);
	}
	for (u32 i = 0; i < 16; i++)
		out[i] += in[i];
}

/* One block; its first half becomes the key, out gets the second half. */
static void next_block(u32 out[8])
{
	static const u32 nonce[3];
	u32 block[16];

	chacha20_block(block, key, counter++, nonce);
	memcpy(key, block, KEY_BYTES);
	memcpy(out, block + KEY_WORDS, KEY_BYTES);
	memset(block, 0, sizeof(block));
}

void drbg_seed(const void *data, size_t len)
{
	const u8 *p = data;
	u32 drop[8];

	if (len == 0)
		return;
	spin_lock(&drbg_lock);
	while (len) {
		u8 chunk[KEY_BYTES] = { 0 };
		size_t n = MIN(len, sizeof(chunk));

		memcpy(chunk, p, n);
		for (u32 i = 0; i < KEY_BYTES; i++)
			((u8 *)key)[i] ^= chunk[i];
		next_block(drop);
		p += n;
		len -= n;
	}
	seeded = true;
	spin_unlock(&drbg_lock);
}

bool drbg_read(void *out, size_t len)
{
	u8 *p = out;
	u32 block[8];
	bool ok;

	spin_lock(&drbg_lock);
	ok = seeded;
	while (ok && len) {
		size_t n = MIN(len, sizeof(block));

		next_block(block);
		memcpy(p, block, n);
		p += n;
		len -= n;
	}
	spin_unlock(&drbg_lock);
	return ok;
}
