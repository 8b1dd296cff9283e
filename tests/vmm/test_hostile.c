// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: every device against a guest that writes nonsense everywhere, also while the device looks:
 *      no sanitizer complains, nothing hangs, a reset makes it work again, the VM ends.
 * Never: random in another way each time: the seed is fixed.
 * Used by: make -C tests/vmm run.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "virtio/devices.h"
#include "vmm/fake.h"

#define ROUNDS		400
#define HANGS_S		120

static struct drv d;
static char path[64];
static atomic_bool scribbling;
static uint64_t state_of_random;

static uint32_t rnd(uint64_t *s)
{
	*s = *s * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*s >> 33);
}

/* An address and a length that are right about half the time. */
static struct drv_buf any_buf(uint64_t *s)
{
	static const uint64_t far[] = { 0, 0xfff, FAKE_BASE - 1, FAKE_BASE + FAKE_SIZE - 1,
					UINT64_MAX, UINT64_MAX - 0xfff };
	static const uint32_t lens[] = { 0, 1, 8, 16, 512, 1526, 4096, 0x10000, FAKE_SIZE,
					 FAKE_SIZE + 1, 0x80000000, UINT32_MAX };
	struct drv_buf b = { FAKE_DATA + rnd(s) % 0x100000, rnd(s) % 5000, false };

	if (rnd(s) % 8 == 0)
		b.addr = far[rnd(s) % (sizeof(far) / sizeof(far[0]))];
	if (rnd(s) % 4 == 0)
		b.len = lens[rnd(s) % (sizeof(lens) / sizeof(lens[0]))];
	return b;
}

/* Descriptors that mostly hang together: chains of a few, in order, sometimes not. */
static void any_ring(struct drv_queue *q, uint64_t *s)
{
	for (uint16_t i = 0; i < q->size; i++) {
		uint16_t flags = (uint16_t)(rnd(s) % 16 ? rnd(s) & 3 : rnd(s));

		drv_desc(q, i, any_buf(s), flags, (uint16_t)(rnd(s) % 8 ? (i + 1u) % q->size : rnd(s)));
	}
	for (unsigned int n = rnd(s) % 40; n; n--)
		drv_offer(q, (uint16_t)(rnd(s) % 16 ? rnd(s) % q->size : rnd(s)));
}

static void *scribble(void *arg)
{
	uint64_t s = 77;

	while (atomic_load(&scribbling)) {
		uint64_t at = FAKE_BASE + rnd(&s) % (0x4000 * (d.dev->queue_count + 1));
		uint32_t v = rnd(&s);

		memcpy(fake_at(at & ~UINT64_C(3)), &v, rnd(&s) % 2 ? 4 : 2);
		if (rnd(&s) % 64 == 0)
			usleep(100);
	}
	return arg;
}

static void any_registers(uint64_t *s)
{
	for (unsigned int i = 0; i < 40; i++) {
		uint8_t data[8];
		uint64_t at = rnd(s) % 8 ? (rnd(s) % 0x44) * 4 : rnd(s) % 0x1000;
		unsigned int len = rnd(s) % 4 ? 4 : 1 + rnd(s) % 8;

		bus_put(data, 8, rnd(s) % 2 ? rnd(s) % 40 : rnd(s));
		/* A reset would end the round. */
		if (at != 0x070 && rnd(s) % 2)
			virtio_mmio_ops.write(&d.mmio, at, data, len);
		else
			virtio_mmio_ops.read(&d.mmio, at, data, len);
	}
}

static void rounds(uint64_t features)
{
	uint64_t *s = &state_of_random;
	pthread_t thread;

	*s = 2026;
	for (unsigned int r = 0; r < ROUNDS; r++) {
		drv_start(&d, r % 2 ? features | VIRTIO_F_EVENT_IDX : features,
			  (uint16_t)(1 << rnd(s) % 9));
		for (unsigned int q = 0; q < d.dev->queue_count; q++)
			any_ring(&d.q[q], s);
		atomic_store(&scribbling, r % 3 == 0);
		assert_int_equal(pthread_create(&thread, NULL, scribble, NULL), 0);
		for (unsigned int i = 0; i < 20; i++) {
			drv_kick(&d, rnd(s) % (d.dev->queue_count + 1));
			any_registers(s);
		}
		atomic_store(&scribbling, false);
		pthread_join(thread, NULL);
		drv_write(&d, 0x070, 0);	/* before the rings are made anew */
		assert_int_equal(drv_read(&d, 0x070), 0);
	}
	drv_start(&d, 0, 16);
}

static int setup(void **state)
{
	int fd;

	alarm(HANGS_S);
	strcpy(path, "/tmp/gz-test-hostile-XXXXXX");
	fd = mkstemp(path);
	assert_int_equal(ftruncate(fd, 1 << 20), 0);
	close(fd);
	return fake_mem_setup(state);
}

static int teardown(void **state)
{
	unlink(path);
	alarm(0);
	return fake_mem_teardown(state);
}

static void blk__nonsense__survived(void **state)
{
	struct config_disk cfg = { .read_only = false };
	struct drv_buf b[] = { { FAKE_DATA, 16, false }, { FAKE_DATA + 64, 512, true },
			       { FAKE_DATA + 32, 1, true } };

	(void)state;
	strcpy(cfg.path, path);
	drv_attach(&d, blk_create(&fake_mem, &cfg, 0));
	rounds(0);
	memset(fake_at(FAKE_DATA), 0, 32);
	drv_add(&d.q[0], b, 3);
	drv_kick(&d, 0);
	drv_wait(&d, 0, 1);
	assert_int_equal(*fake_at(FAKE_DATA + 32), 0);
	drv_detach(&d);
}

static unsigned int frames;

static void take_frame(struct net_backend *be, const uint8_t *frame, size_t len)
{
	(void)be;
	frames += frame[0] + frame[len - 1] ? 1 : 0;
}

static void no_destroy(struct net_backend *be)
{
	(void)be;
}

static void net__nonsense__survived(void **state)
{
	struct net_backend be = { take_frame, no_destroy };
	struct drv_buf b = { FAKE_DATA, 80, false };

	(void)state;
	drv_attach(&d, net_create(&fake_mem));
	net_attach(d.dev, &be);
	rounds(0);
	drv_add(&d.q[1], &b, 1);
	drv_kick(&d, 1);
	drv_wait(&d, 1, 1);
	drv_detach(&d);
}

static void console__nonsense__survived(void **state)
{
	struct config_console con = { .end = END_FILE };
	struct config_vport vport = { .name = "agent" };
	struct console_plan plan = { .console = &con, .vport = &vport, .vport_count = 1,
				     .watch = { .fd = -1 } };
	struct drv_buf b = { FAKE_DATA, 80, false };

	(void)state;
	strcpy(con.path, path);
	strcpy(vport.path, path);
	drv_attach(&d, console_create(&fake_mem, &plan));
	rounds(2);
	rounds(0);
	drv_add(&d.q[1], &b, 1);
	drv_kick(&d, 1);
	drv_wait(&d, 1, 1);
	drv_detach(&d);
}

static void rng__nonsense__survived(void **state)
{
	struct drv_buf b = { FAKE_DATA, 16, true };
	struct loop *loop = loop_start("test");

	(void)state;
	drv_attach(&d, rng_create(&fake_mem, loop));
	rounds(0);
	drv_add(&d.q[0], &b, 1);
	drv_kick(&d, 0);
	drv_wait(&d, 0, 1);
	loop_stop(loop);
	drv_detach(&d);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(blk__nonsense__survived), T(net__nonsense__survived),
		T(console__nonsense__survived), T(rng__nonsense__survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
