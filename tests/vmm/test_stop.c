// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a VM ends when the user says so, whatever its guest keeps the devices busy with.
 * Never: wait for ever for the thing under test: alarm() ends what hangs.
 * Used by: make -C tests/vmm run.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "virtio/devices.h"
#include "vmm/fake.h"

#define HANGS_S		60
#define SOON_MS		3000	/* sanitizers on a busy machine; without the fix it never ends */
#define CHAIN		256
#define PIECE		0x3f00	/* times CHAIN stays below guest memory */

static struct drv d;
static char path[64];
static atomic_bool flooding;
static struct drv_queue *flooded;

static bool stop_in_read;
static atomic_uint reads;

ssize_t __real_preadv(int fd, const struct iovec *iov, int count, off_t at);
ssize_t __wrap_preadv(int fd, const struct iovec *iov, int count, off_t at);

ssize_t __wrap_preadv(int fd, const struct iovec *iov, int count, off_t at)
{
	if (stop_in_read)
		loop_ask_stop(d.dev->loop);
	atomic_fetch_add(&reads, 1);
	return __real_preadv(fd, iov, count, at);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Another CPU of the guest's: whatever is taken from the ring is put back at once. */
static void *flood(void *arg)
{
	struct drv_queue *q = flooded;
	unsigned int queue = (unsigned int)(uintptr_t)arg;

	while (atomic_load(&flooding)) {
		uint16_t idx = (uint16_t)(drv_used_idx(q) + q->size);

		__atomic_store_n((uint16_t *)(void *)fake_at(q->avail + 2), idx, __ATOMIC_RELEASE);
		drv_kick(&d, queue);
	}
	return NULL;
}

/* Flood QUEUE with the request at descriptor 0, then stop LOOP; returns how long that took. */
static int64_t stop_flooded(unsigned int queue, struct loop *loop)
{
	pthread_t thread;
	int64_t begin;

	flooded = &d.q[queue];
	for (uint16_t i = 0; i < flooded->size; i++)
		drv_offer(flooded, 0);
	atomic_store(&flooding, true);
	assert_int_equal(pthread_create(&thread, NULL, flood, (void *)(uintptr_t)queue), 0);
	drv_wait(&d, queue, 1000);
	begin = now_ms();
	assert_int_equal(drv_read(&d, 0x070), 0xf);	/* a vCPU gets at the registers meanwhile */
	loop_stop(loop);
	begin = now_ms() - begin;
	atomic_store(&flooding, false);
	pthread_join(thread, NULL);
	return begin;
}

/* For a device with a loop of its own. */
static int64_t destroy_flooded(unsigned int queue)
{
	int64_t ms = stop_flooded(queue, d.dev->loop);

	d.dev->loop = NULL;
	drv_detach(&d);
	return ms;
}

static int setup(void **state)
{
	int fd;

	alarm(HANGS_S);
	strcpy(path, "/tmp/gz-test-stop-XXXXXX");
	fd = mkstemp(path);
	assert_int_equal(ftruncate(fd, 8 << 20), 0);
	close(fd);
	return fake_mem_setup(state);
}

static int teardown(void **state)
{
	unlink(path);
	alarm(0);
	return fake_mem_teardown(state);
}

static void blk_start(void)
{
	struct config_disk cfg = { .read_only = false };

	strcpy(cfg.path, path);
	drv_attach(&d, blk_create(&fake_mem, &cfg, 0));
	drv_start(&d, 0, 256);
}

/* A request whose data part is the same memory over and over. */
static void blk_long_request(uint32_t type)
{
	uint16_t flags = F_NEXT | (type == 0 ? F_WRITE : 0);
	struct drv_buf header = { FAKE_DATA, 16, false }, status = { FAKE_DATA + 16, 1, true };
	struct drv_buf piece = { FAKE_DATA + 0x1000, PIECE / 512 * 512, false };

	memset(fake_at(FAKE_DATA), 0, 16);
	memcpy(fake_at(FAKE_DATA), &type, 4);
	drv_desc(&d.q[0], 0, header, F_NEXT, 1);
	for (uint16_t i = 1; i < CHAIN - 1; i++)
		drv_desc(&d.q[0], i, piece, flags, (uint16_t)(i + 1));
	drv_desc(&d.q[0], CHAIN - 1, status, F_WRITE, 0);
}

static void blk__flooded_with_long_requests__ends(void **state)
{
	(void)state;
	for (uint32_t type = 0; type < 2; type++) {
		blk_start();
		blk_long_request(type);
		assert_in_range(destroy_flooded(0), 0, SOON_MS);
	}
}

static void blk__request_longer_than_memory__breaks(void **state)
{
	struct drv_buf header = { FAKE_DATA, 16, false }, status = { FAKE_DATA + 16, 1, true };
	struct drv_buf piece = { FAKE_BASE, FAKE_SIZE / 2, true };

	(void)state;
	blk_start();
	drv_desc(&d.q[0], 0, header, F_NEXT, 1);
	drv_desc(&d.q[0], 1, piece, F_NEXT | F_WRITE, 2);
	drv_desc(&d.q[0], 2, piece, F_NEXT | F_WRITE, 3);
	drv_desc(&d.q[0], 3, status, F_WRITE, 0);
	drv_offer(&d.q[0], 0);
	drv_kick(&d, 0);
	drv_wait_broken(&d);
	assert_int_equal(drv_used_idx(&d.q[0]), 0);
	drv_detach(&d);
}

/* The VM is told to end while the first piece is read: the rest is not, and no answer is given. */
static void blk__ends_in_the_midst_of_a_request__no_answer(void **state)
{
	(void)state;
	blk_start();
	blk_long_request(0);
	reads = 0;
	stop_in_read = true;
	drv_offer(&d.q[0], 0);
	drv_kick(&d, 0);
	for (unsigned int i = 0; i < SOON_MS && !atomic_load(&reads); i++)
		fake_sleep_ms(1);
	loop_stop(d.dev->loop);
	d.dev->loop = NULL;
	stop_in_read = false;
	assert_int_equal(reads, 1);
	assert_int_equal(drv_used_idx(&d.q[0]), 0);
	drv_detach(&d);
}

static void console_start(enum config_end end)
{
	struct config_console con = { .end = end };
	struct console_plan plan = { .console = &con, .watch = { .fd = -1 } };

	strcpy(con.path, path);
	drv_attach(&d, console_create(&fake_mem, &plan));
	drv_start(&d, 0, 256);
}

static void console__flooded_with_output__ends(void **state)
{
	static const enum config_end ends[] = { END_NONE, END_FILE };
	struct drv_buf b = { FAKE_DATA, 64, false };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		console_start(ends[i]);
		drv_desc(&d.q[1], 0, b, 0, 0);
		assert_in_range(destroy_flooded(1), 0, SOON_MS);
	}
}

/* One request as long as it may be; all of it arrives although no visit takes it whole. */
static void console__long_request__whole_and_piecewise(void **state)
{
	struct drv_buf b = { FAKE_BASE + FAKE_SIZE / 2, FAKE_SIZE / 2, false };
	static const enum config_end ends[] = { END_NONE, END_FILE };
	struct stat st;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		console_start(ends[i]);
		drv_add(&d.q[1], &b, 1);
		drv_kick(&d, 1);
		drv_wait(&d, 1, 1);
		drv_detach(&d);
	}
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, FAKE_SIZE / 2);
}

static void net__flooded__ends(void **state)
{
	struct drv_buf b = { FAKE_DATA, 80, false };

	(void)state;
	drv_attach(&d, net_create(&fake_mem));
	drv_start(&d, 0, 256);
	drv_desc(&d.q[1], 0, b, 0, 0);
	assert_in_range(destroy_flooded(1), 0, SOON_MS);
}

static void rng__flooded__ends(void **state)
{
	struct drv_buf b = { FAKE_DATA, 16, true };
	struct loop *loop = loop_start("test");

	(void)state;
	drv_attach(&d, rng_create(&fake_mem, loop));
	drv_start(&d, 0, 256);
	drv_desc(&d.q[0], 0, b, F_WRITE, 0);
	assert_in_range(stop_flooded(0, loop), 0, SOON_MS);
	drv_detach(&d);
}

static void stuck_in_write(void *ctx, short revents)
{
	static const char block[1 << 17];
	int *fd = ctx;

	(void)revents;
	*fd = (int)write(*fd, block, sizeof(block));	/* more than a pipe holds, and nobody reads */
}

static void loop__callback_in_a_system_call__interrupted(void **state)
{
	struct loop *loop = loop_start("test");
	int fd[2], at;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	at = fd[1];
	assert_non_null(loop_add(loop, fd[1], POLLOUT, stuck_in_write, &at));
	fake_sleep_ms(20);
	loop_stop(loop);
	assert_int_not_equal(at, fd[1]);
	close(fd[0]);
	close(fd[1]);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(blk__flooded_with_long_requests__ends), T(blk__request_longer_than_memory__breaks),
		T(blk__ends_in_the_midst_of_a_request__no_answer),
		T(console__flooded_with_output__ends), T(console__long_request__whole_and_piecewise),
		T(net__flooded__ends), T(rng__flooded__ends),
		T(loop__callback_in_a_system_call__interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
