/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: fixed-width types, bit and field helpers, one-shot reads of shared memory.
 * Never: anything with state or instructions of a machine.
 * Used by: all of hyp/ and guests/ through -Ihyp.
 */
#ifndef LIB_TYPES_H
#define LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#ifndef static_assert
#define static_assert _Static_assert
#endif

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define BIT(n)			(UINT64_C(1) << (n))
#define MASK(hi, lo)		(((~UINT64_C(0)) << (lo)) & (~UINT64_C(0) >> (63 - (hi))))
/* Fields are named by their mask: field_get(ESR_EL2_EC, esr). */
#define field_get(mask, value)	(((value) & (mask)) / ((mask) & -(mask)))
#define field_prep(mask, value)	(((u64)(value) * ((mask) & -(mask))) & (mask))

#define ALIGN_DOWN(x, a)	((x) & ~((__typeof__(x))(a) - 1))
#define ALIGN_UP(x, a)		ALIGN_DOWN((x) + (__typeof__(x))(a) - 1, a)
#define IS_ALIGNED(x, a)	(((x) & ((__typeof__(x))(a) - 1)) == 0)
#define MIN(a, b)		((a) < (b) ? (a) : (b))
#define MAX(a, b)		((a) > (b) ? (a) : (b))

/* Exactly one load or store of a location that another CPU or world may change at any time. */
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))

#define __aligned(n)		__attribute__((aligned(n)))
#define __noreturn		__attribute__((noreturn))
#define __noinline		__attribute__((noinline))
#define __must_check		__attribute__((warn_unused_result))
#define __printf(a, b)		__attribute__((format(printf, a, b)))

/* Is v in an array of u32, such as one of call numbers? */
#define LISTED(list, v)		u32_listed(list, ARRAY_SIZE(list), v)
static inline bool u32_listed(const u32 *list, size_t count, u64 v)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == v)
			return true;
	return false;
}

#endif
