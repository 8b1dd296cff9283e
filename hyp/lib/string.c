/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the mem* and str* functions a freestanding compiler and we need.
 * Never: an unaligned wide access (SCTLR may ask for alignment), nor guest memory unchecked.
 * Called by: everything, and by the compiler.
 */
#include "lib/string.h"

#define WORD		sizeof(u64)
#define same_phase(a, b) ((((uintptr_t)(a) ^ (uintptr_t)(b)) & (WORD - 1)) == 0)

void *memcpy(void *dst, const void *src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;

	if (same_phase(d, s)) {
		for (; n && ((uintptr_t)d & (WORD - 1)); n--)
			*d++ = *s++;
		for (; n >= 4 * WORD; n -= 4 * WORD, d += 4 * WORD, s += 4 * WORD) {
			u64 a = ((const u64 *)s)[0], b = ((const u64 *)s)[1];
			u64 c = ((const u64 *)s)[2], e = ((const u64 *)s)[3];

			((u64 *)d)[0] = a;
			((u64 *)d)[1] = b;
			((u64 *)d)[2] = c;
			((u64 *)d)[3] = e;
		}
		for (; n >= WORD; n -= WORD, d += WORD, s += WORD)
			*(u64 *)d = *(const u64 *)s;
	}
	while (n--)
		*d++ = *s++;
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;

	/* memcpy() loads before it stores within one step and only walks up, so a lower target is safe. */
	if (d <= s || d >= s + n)
		return memcpy(dst, src, n);
	if (same_phase(d, s)) {
		for (; n && ((uintptr_t)(d + n) & (WORD - 1)); n--)
			d[n - 1] = s[n - 1];
		for (; n >= WORD; n -= WORD)
			*(u64 *)(d + n - WORD) = *(const u64 *)(s + n - WORD);
	}
	for (; n; n--)
		d[n - 1] = s[n - 1];
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	u8 *d = dst;
	u64 word = (u8)c * UINT64_C(0x0101010101010101);

	for (; n && ((uintptr_t)d & (WORD - 1)); n--)
		*d++ = (u8)c;
	for (; n >= 4 * WORD; n -= 4 * WORD, d += 4 * WORD) {
		((u64 *)d)[0] = word;
		((u64 *)d)[1] = word;
		((u64 *)d)[2] = word;
		((u64 *)d)[3] = word;
	}
	while (n--)
		*d++ = (u8)c;
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *x = a, *y = b;

	for (; n; n--, x++, y++) {
		if (*x != *y)
			return *x < *y ? -1 : 1;
	}
	return 0;
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

size_t strlen(const char *s)
{
	return strnlen(s, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b)
			return (u8)*a < (u8)*b ? -1 : 1;
		if (!*a)
			break;
	}
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}
