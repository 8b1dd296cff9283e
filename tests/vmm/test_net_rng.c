// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: virtio-net between rings and a scripted backend; virtio-rng's limits.
 * Never: the host's network.
 * Used by: make -C tests/vmm run.
 */
#include <string.h>

#include "virtio/devices.h"
#include "vmm/fake.h"

#define HEADER	12

static struct drv d;

static struct {
	struct net_backend be;
	uint8_t frame[4096];
	size_t len;
	unsigned int count;
	bool destroyed;
} wire;

static void wire_send(struct net_backend *be, const uint8_t *frame, size_t len)
{
	(void)be;
	memcpy(wire.frame, frame, len);
	wire.len = len;
	wire.count++;
}

static void wire_destroy(struct net_backend *be)
{
	(void)be;
	wire.destroyed = true;
}

static int setup(void **state)
{
	fake_mem_setup(state);
	memset(&wire, 0, sizeof(wire));
	wire.be = (struct net_backend){ wire_send, wire_destroy };
	drv_attach(&d, net_create(&fake_mem));
	net_attach(d.dev, &wire.be);
	drv_start(&d, 0, 16);
	return 0;
}

static int teardown(void **state)
{
	drv_detach(&d);
	assert_true(wire.destroyed);
	return fake_mem_teardown(state);
}

static void receive(const uint8_t *frame, size_t len)
{
	pthread_mutex_lock(&d.dev->lock);
	net_receive_locked(d.dev, frame, len);
	pthread_mutex_unlock(&d.dev->lock);
}

static void transmit(uint32_t len)
{
	struct drv_buf b[2] = { { FAKE_DATA, HEADER, false }, { FAKE_DATA + 0x1000, len, false } };
	uint16_t used = drv_used_idx(&d.q[1]);

	for (uint32_t i = 0; i < len; i++)
		fake_at(FAKE_DATA + 0x1000)[i] = (uint8_t)(i * 3);
	drv_add(&d.q[1], b, len ? 2 : 1);
	drv_kick(&d, 1);
	drv_wait(&d, 1, used + 1);
}

static void net__config__mac_and_link(void **state)
{
	uint8_t data[8];

	(void)state;
	virtio_mmio_ops.read(&d.mmio, 0x100, data, 8);
	assert_int_equal(data[0], 0x52);
	assert_int_equal(data[0] & 1, 0);
	assert_int_equal(data[6], 1);
}

static void net__transmit__frame_without_header(void **state)
{
	(void)state;
	transmit(60);
	assert_int_equal(wire.count, 1);
	assert_int_equal(wire.len, 60);
	assert_int_equal(wire.frame[59], (uint8_t)(59 * 3));
}

static void net__odd_frames__dropped(void **state)
{
	(void)state;
	transmit(0);
	transmit(13);
	transmit(2049);
	transmit(70000);
	assert_int_equal(wire.count, 0);
	transmit(14);
	transmit(2048);
	assert_int_equal(wire.count, 2);
}

static void net__receive__with_header(void **state)
{
	struct drv_buf b = { FAKE_DATA, 1526, true };
	uint8_t frame[64] = { 1, 2, 3 };
	uint32_t len;

	(void)state;
	drv_add(&d.q[0], &b, 1);
	receive(frame, sizeof(frame));
	drv_wait(&d, 0, 1);
	drv_used(&d.q[0], 0, &len);
	assert_int_equal(len, HEADER + 64);
	assert_int_equal(fake_at(FAKE_DATA)[10], 1);
	assert_memory_equal(fake_at(FAKE_DATA + HEADER), frame, 64);
}

static void net__no_buffers__kept_then_delivered_in_order(void **state)
{
	uint8_t frame[64] = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		frame[0] = (uint8_t)i;
		receive(frame, sizeof(frame));
	}
	for (unsigned int i = 0; i < 10; i++) {
		struct drv_buf b = { FAKE_DATA + 0x1000 * i, 1526, true };

		drv_add(&d.q[0], &b, 1);
	}
	drv_kick(&d, 0);
	drv_wait(&d, 0, 10);
	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(fake_at(FAKE_DATA + 0x1000 * i)[HEADER], i);
}

static void net__flood_without_buffers__bounded(void **state)
{
	uint8_t frame[64] = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 10000; i++)
		receive(frame, sizeof(frame));
	receive(frame, 5000);
	receive(frame, 1);
}

static void net__small_buffer__breaks(void **state)
{
	struct drv_buf b = { FAKE_DATA, 20, true };
	uint8_t frame[64] = { 0 };

	(void)state;
	drv_add(&d.q[0], &b, 1);
	receive(frame, sizeof(frame));
	drv_wait_broken(&d);
	receive(frame, sizeof(frame));
	drv_start(&d, 0, 16);
}

static struct loop *loop;

static int rng_setup(void **state)
{
	fake_mem_setup(state);
	loop = loop_start("test");
	drv_attach(&d, rng_create(&fake_mem, loop));
	drv_start(&d, 0, 16);
	return 0;
}

static int rng_teardown(void **state)
{
	loop_stop(loop);
	drv_detach(&d);
	return fake_mem_teardown(state);
}

static void rng__two_requests__differ(void **state)
{
	struct drv_buf a = { FAKE_DATA, 32, true }, b = { FAKE_DATA + 32, 32, true };

	(void)state;
	drv_add(&d.q[0], &a, 1);
	drv_add(&d.q[0], &b, 1);
	drv_kick(&d, 0);
	drv_wait(&d, 0, 2);
	assert_memory_not_equal(fake_at(FAKE_DATA), fake_at(FAKE_DATA + 32), 32);
}

static void rng__huge_request__limited(void **state)
{
	struct drv_buf b = { FAKE_DATA, 1 << 20, true };
	uint32_t len;

	(void)state;
	drv_add(&d.q[0], &b, 1);
	drv_kick(&d, 0);
	drv_wait(&d, 0, 1);
	drv_used(&d.q[0], 0, &len);
	assert_int_equal(len, 4096);
}

static void rng__nothing_writable__nothing_written(void **state)
{
	struct drv_buf b = { FAKE_DATA, 16, false };
	uint32_t len;

	(void)state;
	memset(fake_at(FAKE_DATA), 0x11, 16);
	drv_add(&d.q[0], &b, 1);
	drv_kick(&d, 0);
	drv_wait(&d, 0, 1);
	drv_used(&d.q[0], 0, &len);
	assert_int_equal(len, 0);
	assert_int_equal(fake_at(FAKE_DATA)[0], 0x11);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define R(name) cmocka_unit_test_setup_teardown(name, rng_setup, rng_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(net__config__mac_and_link), T(net__transmit__frame_without_header),
		T(net__odd_frames__dropped), T(net__receive__with_header),
		T(net__no_buffers__kept_then_delivered_in_order), T(net__flood_without_buffers__bounded),
		T(net__small_buffer__breaks), R(rng__two_requests__differ),
		R(rng__huge_request__limited), R(rng__nothing_writable__nothing_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
