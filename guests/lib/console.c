// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: output and the end of a run, on PL011, 8250 or el1host's test device.
 * Never: input.
 * Used by: all payloads.
 */
#include <stdarg.h>

#include "gz/guest_hvc.h"
#include "lib/lib.h"
#include "lib/testdev.h"

static enum { OUT_NONE, OUT_PL011, OUT_8250, OUT_TESTDEV } kind;
static u64 base;
static volatile u32 lock;

void console_init(u64 fdt)
{
	u64 size;

	if (fdt_find_reg(fdt, "arm,pl011", &base, &size))
		kind = OUT_PL011;
	else if (fdt_find_reg(fdt, "ns16550a", &base, &size))
		kind = OUT_8250;
	else if (!fdt)
		kind = OUT_TESTDEV, base = TESTDEV_BASE;
	if (kind == OUT_PL011)
		write32(base + 0x30, 0x301);
}

static void put_raw(char c)
{
	if (kind == OUT_PL011)
		write32(base, (u8)c);
	else if (kind == OUT_8250)
		write8(base, (u8)c);
	else if (kind == OUT_TESTDEV)
		write32(base + TESTDEV_PUTC, (u8)c);
}

void putch(char c)
{
	if (c == '\n' && kind != OUT_TESTDEV)
		put_raw('\r');
	put_raw(c);
}

static void put_number(u64 v, u32 radix, int width, char pad, bool neg)
{
	char buf[24];
	int n = 0;

	do
		buf[n++] = "0123456789abcdef"[v % radix];
	while (v /= radix);
	if (neg)
		buf[n++] = '-';
	for (; width > n; width--)
		putch(pad);
	while (n)
		putch(buf[--n]);
}

static void put_conv(char c, bool lng, int width, char pad, va_list *ap)
{
	u64 v;

	if (c == 's') {
		const char *s = va_arg(*ap, const char *);

		while (*s)
			putch(*s++);
	} else if (c == 'c') {
		putch((char)va_arg(*ap, int));
	} else if (c == 'd') {
		s64 d = lng ? va_arg(*ap, s64) : va_arg(*ap, int);

		put_number(d < 0 ? 0 - (u64)d : (u64)d, 10, width, pad, d < 0);
	} else {
		v = lng || c == 'p' ? va_arg(*ap, u64) : va_arg(*ap, u32);
		put_number(v, c == 'u' ? 10 : 16, width, pad, false);
	}
}

void printf(const char *fmt, ...)
{
	va_list ap;

	while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
		cpu_relax();
	va_start(ap, fmt);
	for (; *fmt; fmt++) {
		bool lng = false;
		char pad = ' ';
		int width = 0;

		if (*fmt != '%') {
			putch(*fmt);
			continue;
		}
		if (*++fmt == '0')
			pad = '0';
		for (; *fmt >= '0' && *fmt <= '9'; fmt++)
			width = width * 10 + *fmt - '0';
		for (; *fmt == 'l'; fmt++)
			lng = true;
		if (*fmt == '%')
			putch('%');
		else
			put_conv(*fmt, lng, width, pad, &ap);
	}
	va_end(ap);
	__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
}

static void semihosting_exit(int code)
{
	u64 block[2] = { 0x20026, (u64)code };
	register u64 op __asm__("x0") = 0x18;
	register u64 arg __asm__("x1") = (u64)block;

	__asm__ volatile("hlt #0xf000" : : "r"(op), "r"(arg) : "memory");
}

void finish(int code)
{
	struct exc e;

	if (kind == OUT_TESTDEV)
		write32(base + TESTDEV_EXIT, (u32)code);
	if (kind == OUT_PL011) {
		exc_expect(&e);
		semihosting_exit(code);
		exc_done();
	}
	psci(PSCI_SYSTEM_OFF, 0, 0, 0);
	for (;;)
		wfi();
}
