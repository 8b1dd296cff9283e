// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: what a hostile driver can write into a split queue, and what becomes of it.
 * Never: a device in between: the queue alone.
 * Used by: make -C tests/vmm run.
 */
#include <string.h>

#include "vmm/fake.h"

#define N	8

static struct vq vq;
static struct drv_queue dq;
static struct vq_chain chain;

static int setup(void **state)
{
	fake_mem_setup(state);
	dq = drv_queue_at(0, N);
	memset(&vq, 0, sizeof(vq));
	vq.mem = &fake_mem;
	vq.size_max = VQ_SIZE_MAX;
	vq_reset(&vq);
	vq.size = N;
	vq.desc = dq.desc;
	vq.driver = dq.avail;
	vq.device = dq.used;
	return vq_enable(&vq);
}

static void pop_breaks(const char *why)
{
	assert_int_equal(vq_pop(&vq, &chain), -1);
	assert_non_null(vq.broken);
	assert_non_null(strstr(vq.broken, why));
	/* It stays broken whatever comes next. */
	assert_int_equal(vq_pop(&vq, &chain), -1);
}

static void queue__empty__none(void **state)
{
	(void)state;
	assert_int_equal(vq_pop(&vq, &chain), 0);
	assert_null(vq.broken);
}

static void queue__chain__split_into_out_and_in(void **state)
{
	struct drv_buf b[] = { { FAKE_DATA, 16, false }, { FAKE_DATA + 64, 100, false },
			       { FAKE_DATA + 4096, 512, true }, { FAKE_DATA + 8192, 1, true } };
	uint32_t len;

	(void)state;
	drv_add(&dq, b, 4);
	assert_int_equal(vq_pop(&vq, &chain), 1);
	assert_int_equal(chain.out_count, 2);
	assert_int_equal(chain.in_count, 2);
	assert_int_equal(chain.out_len, 116);
	assert_int_equal(chain.in_len, 513);
	assert_ptr_equal(chain.iov[2].iov_base, fake_at(FAKE_DATA + 4096));
	vq_push(&vq, &chain, 77);
	assert_int_equal(drv_used_idx(&dq), 1);
	assert_int_equal(drv_used(&dq, 0, &len), 0);
	assert_int_equal(len, 77);
	assert_int_equal(vq_pop(&vq, &chain), 0);
}

static void queue__unpop__comes_again(void **state)
{
	struct drv_buf b = { FAKE_DATA, 16, false };

	(void)state;
	drv_add(&dq, &b, 1);
	assert_int_equal(vq_pop(&vq, &chain), 1);
	vq_unpop(&vq);
	assert_int_equal(vq_pop(&vq, &chain), 1);
	assert_int_equal(vq_pop(&vq, &chain), 0);
}

static void queue__indices_wrap__goes_on(void **state)
{
	struct drv_buf b = { FAKE_DATA, 16, false };

	(void)state;
	for (unsigned int i = 0; i < 70000; i++) {
		drv_add(&dq, &b, 1);
		assert_int_equal(vq_pop(&vq, &chain), 1);
		vq_push(&vq, &chain, 0);
	}
	assert_int_equal(drv_used_idx(&dq), (uint16_t)70000);
}

static void queue__loop_of_one__breaks(void **state)
{
	(void)state;
	drv_desc(&dq, 0, (struct drv_buf){ FAKE_DATA, 16, false }, F_NEXT, 0);
	drv_offer(&dq, 0);
	pop_breaks("loop");
}

static void queue__loop_of_all__breaks(void **state)
{
	(void)state;
	for (uint16_t i = 0; i < N; i++)
		drv_desc(&dq, i, (struct drv_buf){ FAKE_DATA, 16, false }, F_NEXT, (i + 1) % N);
	drv_offer(&dq, 3);
	pop_breaks("loop");
}

static void queue__longest_chain__taken(void **state)
{
	struct drv_buf b[N];

	(void)state;
	for (unsigned int i = 0; i < N; i++)
		b[i] = (struct drv_buf){ FAKE_DATA + 16 * i, 16, i >= N / 2 };
	drv_add(&dq, b, N);
	assert_int_equal(vq_pop(&vq, &chain), 1);
	assert_int_equal(chain.out_count + chain.in_count, N);
}

static void queue__head_beyond_queue__breaks(void **state)
{
	(void)state;
	drv_offer(&dq, N);
	pop_breaks("index beyond");
}

static void queue__next_beyond_queue__breaks(void **state)
{
	(void)state;
	drv_desc(&dq, 0, (struct drv_buf){ FAKE_DATA, 16, false }, F_NEXT, 0xffff);
	drv_offer(&dq, 0);
	pop_breaks("index beyond");
}

static void queue__avail_idx_jumps__breaks(void **state)
{
	(void)state;
	dq.avail_idx = N;
	drv_offer(&dq, 0);
	pop_breaks("more requests");
}

static void queue__buffer_outside__breaks(void **state)
{
	static const struct drv_buf bad[] = {
		{ 0, 16, false }, { FAKE_BASE - 1, 2, false }, { FAKE_BASE + FAKE_SIZE, 1, false },
		{ FAKE_BASE + FAKE_SIZE - 8, 9, true }, { UINT64_MAX, 1, false },
		{ UINT64_MAX - 7, 16, true }, { FAKE_BASE, UINT32_MAX, true }, { FAKE_DATA, 0, false },
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		drv_desc(&dq, 0, bad[i], bad[i].is_write ? F_WRITE : 0, 0);
		drv_offer(&dq, 0);
		pop_breaks("outside guest memory");
		fake_mem_teardown(state);
		assert_int_equal(setup(state), 0);
	}
}

static void queue__last_byte_of_memory__taken(void **state)
{
	struct drv_buf b = { FAKE_BASE + FAKE_SIZE - 1, 1, true };

	(void)state;
	drv_add(&dq, &b, 1);
	assert_int_equal(vq_pop(&vq, &chain), 1);
	assert_int_equal(chain.in_len, 1);
}

static void queue__readable_after_writable__breaks(void **state)
{
	struct drv_buf b[] = { { FAKE_DATA, 16, true }, { FAKE_DATA, 16, false } };

	(void)state;
	drv_add(&dq, b, 2);
	pop_breaks("after a writable");
}

static void queue__indirect__breaks(void **state)
{
	(void)state;
	drv_desc(&dq, 0, (struct drv_buf){ FAKE_DATA, 16, false }, F_INDIRECT, 0);
	drv_offer(&dq, 0);
	pop_breaks("indirect");
}

static void enable_breaks(const char *why)
{
	vq.ready = false;
	vq.broken = NULL;
	assert_int_equal(vq_enable(&vq), -1);
	assert_non_null(strstr(vq.broken, why));
	assert_false(vq.ready);
}

static void queue__bad_size__refused(void **state)
{
	static const uint16_t bad[] = { 0, 3, 255, 512, 0x8000, 0xffff };

	(void)state;
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		vq.size = bad[i];
		enable_breaks("queue size");
	}
}

static void queue__misaligned_rings__refused(void **state)
{
	(void)state;
	vq.desc += 8;
	enable_breaks("misaligned");
	vq.desc -= 8;
	vq.driver += 1;
	enable_breaks("misaligned");
	vq.driver -= 1;
	vq.device += 2;
	enable_breaks("misaligned");
}

static void queue__rings_outside__refused(void **state)
{
	uint64_t last = FAKE_BASE + FAKE_SIZE - 16;

	(void)state;
	vq.desc = last;
	enable_breaks("outside");
	vq.desc = dq.desc;
	vq.driver = 0;
	enable_breaks("outside");
	vq.driver = dq.avail;
	vq.device = UINT64_MAX - 3;
	enable_breaks("outside");
}

static void queue__signal__respects_no_interrupt(void **state)
{
	struct drv_buf b = { FAKE_DATA, 16, false };

	(void)state;
	drv_add(&dq, &b, 1);
	vq_pop(&vq, &chain);
	assert_false(vq_should_signal(&vq));
	vq_push(&vq, &chain, 0);
	assert_true(vq_should_signal(&vq));
	assert_false(vq_should_signal(&vq));
	*fake_at(dq.avail) = 1;
	drv_add(&dq, &b, 1);
	vq_pop(&vq, &chain);
	vq_push(&vq, &chain, 0);
	assert_false(vq_should_signal(&vq));
}

static void queue__event_idx__signals_when_crossed(void **state)
{
	struct drv_buf b = { FAKE_DATA, 16, false };
	uint16_t used_event = 2;

	(void)state;
	vq.event_idx = true;
	memcpy(fake_at(dq.avail + 4 + 2 * N), &used_event, 2);
	for (unsigned int i = 0; i < 4; i++) {
		drv_add(&dq, &b, 1);
		assert_int_equal(vq_pop(&vq, &chain), 1);
		vq_push(&vq, &chain, 0);
		assert_int_equal(vq_should_signal(&vq), i == 2);
	}
	assert_false(vq_want_notify(&vq));
	assert_int_equal(*fake_at(dq.used + 4 + 8 * N), 4);
	drv_add(&dq, &b, 1);
	assert_true(vq_want_notify(&vq));
}

static void iov__slice_and_copy__cross_buffers(void **state)
{
	struct drv_buf b[] = { { FAKE_DATA, 3, false }, { FAKE_DATA + 100, 5, false },
			       { FAKE_DATA + 200, 2, true }, { FAKE_DATA + 300, 4, true } };
	struct iovec part[4];
	char buf[16] = { 0 };

	(void)state;
	memcpy(fake_at(FAKE_DATA), "abc", 3);
	memcpy(fake_at(FAKE_DATA + 100), "defgh", 5);
	drv_add(&dq, b, 4);
	assert_int_equal(vq_pop(&vq, &chain), 1);
	assert_int_equal(vq_copy_out(&chain, 1, buf, sizeof(buf)), 7);
	assert_string_equal(buf, "bcdefgh");
	assert_int_equal(vq_copy_out(&chain, 8, buf, 4), 0);
	assert_int_equal(vq_copy_in(&chain, 1, "WXYZ1234", 8), 5);
	assert_memory_equal(fake_at(FAKE_DATA + 300), "XYZ1", 4);
	assert_int_equal(iov_slice(chain.iov, 2, 2, 4, part), 2);
	assert_int_equal(part[0].iov_len, 1);
	assert_int_equal(part[1].iov_len, 3);
	assert_int_equal(iov_slice(chain.iov, 2, 3, 100, part), 1);
	assert_int_equal(part[0].iov_len, 5);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, fake_mem_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(queue__empty__none), T(queue__chain__split_into_out_and_in),
		T(queue__unpop__comes_again), T(queue__indices_wrap__goes_on),
		T(queue__loop_of_one__breaks), T(queue__loop_of_all__breaks),
		T(queue__longest_chain__taken), T(queue__head_beyond_queue__breaks),
		T(queue__next_beyond_queue__breaks), T(queue__avail_idx_jumps__breaks),
		T(queue__buffer_outside__breaks), T(queue__last_byte_of_memory__taken),
		T(queue__readable_after_writable__breaks), T(queue__indirect__breaks),
		T(queue__bad_size__refused), T(queue__misaligned_rings__refused),
		T(queue__rings_outside__refused), T(queue__signal__respects_no_interrupt),
		T(queue__event_idx__signals_when_crossed), T(iov__slice_and_copy__cross_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
