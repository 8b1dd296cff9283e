// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the 16550 as Linux' driver uses it, the console outlet, and the keyboard's escape keys.
 * Never: a real terminal.
 * Used by: make -C tests/vmm run.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "dev/serial.h"
#include "lib/term.h"
#include "vmm/fake.h"

static struct serial s;
static int pipe_fd[2];
static unsigned int pulses;
static const uint8_t *typed;
static size_t typed_len;

/* The keyboard: what typed[] still holds. */
static size_t give(void *ctx, uint8_t *to, size_t max)
{
	size_t n = typed_len < max ? typed_len : max;

	(void)ctx;
	for (size_t i = 0; i < n; i++)
		to[i] = typed[i];
	typed += n;
	typed_len -= n;
	return n;
}

static void type(const void *bytes, size_t len)
{
	typed = bytes;
	typed_len = len;
	serial_pull(&s);
}

static void count_pulse(void *ctx)
{
	(*(unsigned int *)ctx)++;
}

static int setup(void **state)
{
	(void)state;
	memset(&s, 0, sizeof(s));
	serial_init(&s);
	assert_int_equal(pipe2(pipe_fd, O_NONBLOCK), 0);
	s.out.fd = pipe_fd[1];
	s.interrupt = count_pulse;
	s.interrupt_ctx = &pulses;
	s.source = give;
	pulses = 0;
	typed_len = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	return 0;
}

static uint8_t rd(uint64_t reg)
{
	uint8_t v = 0xff;

	serial_ops.read(&s, reg, &v, 1);
	return v;
}

static void wr(uint64_t reg, uint8_t v)
{
	serial_ops.write(&s, reg, &v, 1);
}

static void serial__output__reaches_fd(void **state)
{
	char got[16] = { 0 };

	(void)state;
	for (const char *p = "hello"; *p; p++)
		wr(0, (uint8_t)*p);
	assert_int_equal(read(pipe_fd[0], got, sizeof(got)), 5);
	assert_string_equal(got, "hello");
	assert_int_equal(rd(5), 0x60);
}

static void serial__divisor_latch__is_no_output(void **state)
{
	char got[4];

	(void)state;
	wr(3, 0x80);
	wr(0, 12);
	wr(1, 3);
	assert_int_equal(rd(0), 12);
	assert_int_equal(rd(1), 3);
	wr(3, 0x03);
	assert_int_equal(rd(1), 0);
	assert_int_equal(read(pipe_fd[0], got, sizeof(got)), -1);
}

static void serial__probe__looks_like_16550a(void **state)
{
	(void)state;
	wr(7, 0xa5);
	assert_int_equal(rd(7), 0xa5);
	assert_int_equal(rd(2), 0x01);
	wr(2, 0x01);
	assert_int_equal(rd(2), 0xc1);
	wr(4, 0x1a);			/* loopback with OUT2 and RTS */
	assert_int_equal(rd(6) & 0xf0, 0x90);
	wr(4, 0);
	assert_int_equal(rd(6), 0xb0);
}

static void serial__input__interrupts_and_drains(void **state)
{
	(void)state;
	type("ab", 2);
	assert_int_equal(typed_len, 0);
	assert_int_equal(pulses, 0);
	wr(1, 1);
	assert_int_equal(pulses, 1);
	assert_int_equal(rd(2) & 0xf, 0x04);
	assert_int_equal(rd(5) & 1, 1);
	assert_int_equal(rd(0), 'a');
	assert_int_equal(rd(0), 'b');
	assert_int_equal(rd(2) & 0xf, 0x01);
	assert_int_equal(rd(0), 0);
	type("c", 1);
	assert_int_equal(pulses, 2);
}

static void serial__more_than_the_fifo__all_in_order(void **state)
{
	uint8_t bytes[100];

	(void)state;
	for (unsigned int i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	type(bytes, 100);
	assert_int_equal(typed_len, 100 - SERIAL_FIFO);
	for (unsigned int i = 0; i < 100; i++)
		assert_int_equal(rd(0), i);
	assert_int_equal(rd(5) & 1, 0);
	type(bytes, 5);
	wr(2, 0x02);
	assert_int_equal(rd(5) & 1, 0);
}

/* Typed ahead while the guest clears its FIFO or tests itself: it must not wait for the next key. */
static void serial__fifo_cleared_or_loopback__rest_arrives(void **state)
{
	uint8_t bytes[SERIAL_FIFO + 2] = { [SERIAL_FIFO] = 'x', 'y' };

	(void)state;
	wr(1, 1);
	type(bytes, sizeof(bytes));
	pulses = 0;
	wr(2, 0x03);
	assert_int_equal(pulses, 1);
	assert_int_equal(rd(0), 'x');
	wr(4, 0x10);
	assert_int_equal(rd(0), 'y');
	type("z", 1);
	assert_int_equal(rd(5) & 1, 0);
	wr(4, 0);
	assert_int_equal(rd(0), 'z');
}

static void serial__transmit_interrupt__once_per_byte(void **state)
{
	(void)state;
	wr(1, 2);
	assert_int_equal(pulses, 1);
	assert_int_equal(rd(2) & 0xf, 0x02);
	assert_int_equal(rd(2) & 0xf, 0x01);
	wr(0, 'x');
	assert_int_equal(pulses, 2);
	assert_int_equal(rd(2) & 0xf, 0x02);
}

static void serial__any_access__harmless(void **state)
{
	uint8_t data[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	(void)state;
	for (unsigned int len = 1; len <= 8; len++) {
		for (uint64_t reg = 0; reg < 8; reg++) {
			serial_ops.write(&s, reg, data, len);
			serial_ops.read(&s, reg, data, len);
		}
	}
}

static void outlet__panic_text__seen_across_writes(void **state)
{
	static const char *const parts[] = { "[ 1.0] KerKernel pan", "ic - not syn", "cing: Oops" };
	atomic_bool seen = false;
	struct outlet out = { .fd = -1, .panic_seen = &seen };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		assert_false(atomic_load(&seen));
		outlet_write(&out, (const uint8_t *)parts[i], strlen(parts[i]));
	}
	assert_true(atomic_load(&seen));
}

static void outlet__similar_text__not_seen(void **state)
{
	static const char text[] = "Kernel panic: not syncing; Kernel panic - not syncinG";
	atomic_bool seen = false;
	struct outlet out = { .fd = -1, .panic_seen = &seen };

	(void)state;
	outlet_write(&out, (const uint8_t *)text, sizeof(text));
	assert_false(atomic_load(&seen));
}

static void outlet__reader_gone_or_stuck__does_not_hang(void **state)
{
	atomic_bool stopping = true;
	uint8_t block[1 << 16];
	struct outlet out = { .fd = pipe_fd[1], .stopping = &stopping };

	(void)state;
	memset(block, 'x', sizeof(block));
	outlet_write(&out, block, sizeof(block));
	outlet_write(&out, block, sizeof(block));	/* the pipe is full now */
	signal(SIGPIPE, SIG_IGN);
	close(pipe_fd[0]);
	outlet_write(&out, block, sizeof(block));
	assert_int_equal(out.fd, -1);
	pipe_fd[0] = dup(pipe_fd[1]);
}

static void term__keys__escape_and_quit(void **state)
{
	bool escape = false, quit = false;
	unsigned char out = 0;

	(void)state;
	assert_true(term_key(&escape, 'x', &out, &quit));
	assert_int_equal(out, 'x');
	assert_false(term_key(&escape, 1, &out, &quit));
	assert_true(term_key(&escape, 1, &out, &quit));
	assert_int_equal(out, 1);
	term_key(&escape, 1, &out, &quit);
	assert_true(term_key(&escape, 'z', &out, &quit));
	assert_int_equal(out, 'z');
	assert_false(quit);
	term_key(&escape, 1, &out, &quit);
	assert_false(term_key(&escape, 'X', &out, &quit));
	assert_true(quit);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(serial__output__reaches_fd), T(serial__divisor_latch__is_no_output),
		T(serial__probe__looks_like_16550a), T(serial__input__interrupts_and_drains),
		T(serial__more_than_the_fifo__all_in_order),
		T(serial__fifo_cleared_or_loopback__rest_arrives), T(serial__transmit_interrupt__once_per_byte),
		T(serial__any_access__harmless), T(outlet__panic_text__seen_across_writes),
		T(outlet__similar_text__not_seen), T(outlet__reader_gone_or_stuck__does_not_hang),
		T(term__keys__escape_and_quit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
