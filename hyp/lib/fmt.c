/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: %s %d %u %x %% with width, 0 flag and l, ll.
 * Never: write past the buffer.
 * Called by: log.c, panic.c, fmt_str() users.
 */
#include "lib/fmt.h"
#include "lib/log.h"
#include "lib/string.h"

struct out { char *buf; size_t size, len; };
struct spec { bool zero; u32 width; u32 longs; char conv; };

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void put_padded(struct out *o, const struct spec *sp, const char *text, size_t len)
{
	size_t pad = sp->width > len ? sp->width - len : 0;

	for (size_t i = 0; i < pad; i++)
		put(o, sp->zero ? '0' : ' ');
	for (size_t i = 0; i < len; i++)
		put(o, text[i]);
}

static void put_number(struct out *o, struct spec *sp, u64 v, u32 base, bool negative)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	if (negative && sp->zero) {
		put(o, '-');
		sp->width -= sp->width > 0;
	} else if (negative) {
		digits[--at] = '-';
	}
	put_padded(o, sp, digits + at, sizeof(digits) - at);
}

static const char *parse_spec(const char *p, struct spec *sp)
{
	*sp = (struct spec){ 0 };
	for (; *p == '0'; p++)
		sp->zero = true;
	for (; *p >= '0' && *p <= '9'; p++)
		sp->width = MIN(sp->width * 10 + (u32)(*p - '0'), 64u);
	for (; *p == 'l'; p++)
		sp->longs++;
	sp->conv = *p;
	return *p ? p + 1 : p;
}

static void put_arg(struct out *o, struct spec *sp, va_list *args)
{
	const char *s;
	s64 d;

	switch (sp->conv) {
	case 's':
		s = va_arg(*args, const char *);
		s = s ? s : "(null)";
		sp->zero = false;
		put_padded(o, sp, s, strlen(s));
		break;
	case 'd':
		d = sp->longs ? va_arg(*args, s64) : va_arg(*args, int);
		put_number(o, sp, d < 0 ? -(u64)d : (u64)d, 10, d < 0);
		break;
	case 'u':
	case 'x':
		put_number(o, sp, sp->longs ? va_arg(*args, u64) : va_arg(*args, unsigned int),
			   sp->conv == 'u' ? 10 : 16, false);
		break;
	default:
		put(o, sp->conv ? sp->conv : '%');
		break;
	}
}

int fmt_vstr(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = { buf, size, 0 };
	struct spec sp;
	va_list ap;

	va_copy(ap, args);
	while (*fmt) {
		if (*fmt != '%') {
			put(&o, *fmt++);
			continue;
		}
		fmt = parse_spec(fmt + 1, &sp);
		put_arg(&o, &sp, &ap);
	}
	va_end(ap);
	if (size)
		buf[MIN(o.len, size - 1)] = 0;
	return (int)o.len;
}

int fmt_str(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = fmt_vstr(buf, size, fmt, args);
	va_end(args);
	return n;
}
