// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: devices of a guest that shares its memory itself: what they refuse, and pages that go while they work.
 * Never: leave a page that is not shared mapped: a device that touches one dies of it, as under Linux.
 * Used by: make -C tests/vmm run.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/err.h"
#include "machine.h"
#include "virtio/devices.h"
#include "vmm/fake.h"

#define PAGE	UINT64_C(4096)
#define LEN	(1u << 20)		/* of a request */
#define BUF	(FAKE_DATA + PAGE)
#define BUF2	(FAKE_DATA + PAGE + LEN / 2)
#define ROUNDS	300

static struct drv d;
static struct machine m;
static struct hv_ops ops;
static struct hv_view call;		/* what the guest calls for; shared: what it then shares */
static char path[64];
static int settle_err;

/* What the driver does: pages are out of reach before the call is done, or in reach after it. */
static int fake_settle(struct hv_vcpu *vcpu, struct hv_view *now)
{
	(void)vcpu;
	if (settle_err)
		return gz_err("the fake hypervisor settles nothing");
	for (unsigned int i = 0; i < call.count; i++)
		assert_int_equal(mprotect(fake_at(call.gpa + i * PAGE), PAGE, call.shared >> i & 1 ?
					  PROT_READ | PROT_WRITE : PROT_NONE), 0);
	*now = call;
	return 0;
}

static void guest_calls(uint64_t gpa, uint64_t pages, bool share)
{
	for (uint64_t i = 0; i < pages; i += call.count) {
		unsigned int n = pages - i < 32 ? (unsigned int)(pages - i) : 32;

		call = (struct hv_view){ gpa + i * PAGE, n, share ? UINT32_MAX >> (32 - n) : 0 };
		assert_int_equal(machine_settle(&m, NULL), 0);
	}
}

static void shares(uint64_t gpa, uint64_t pages)
{
	guest_calls(gpa, pages, true);
}

static void takes_back(uint64_t gpa, uint64_t pages)
{
	guest_calls(gpa, pages, false);
}

static int setup(void **state)
{
	struct config_disk disk = { 0 };
	int fd;

	fake_mem_setup(state);
	strcpy(path, "/tmp/gz-test-views-XXXXXX");
	fd = mkstemp(path);
	assert_int_equal(ftruncate(fd, LEN), 0);
	close(fd);
	strcpy(disk.path, path);
	m = (struct machine){ .virtio_count = 1 };
	assert_int_equal(gmem_view(&m.view, &fake_mem, FAKE_SIZE), 0);
	ops = hv_fake_ops;
	ops.settle = fake_settle;
	m.hv.ops = &ops;
	settle_err = 0;
	drv_attach(&d, blk_create(&m.view, &disk, 0));
	m.virtio[0].dev = d.dev;
	return 0;
}

static int teardown(void **state)
{
	drv_detach(&d);
	mprotect(fake_mem.host, FAKE_SIZE, PROT_READ | PROT_WRITE);
	gmem_destroy(&m.view);
	unlink(path);
	return fake_mem_teardown(state);
}

/* A disk whose rings and buffers are all shared. */
static void start_shared(void)
{
	shares(FAKE_BASE, FAKE_SIZE / PAGE);
	drv_start(&d, 0, 16);
}

/* Read LEN bytes into two buffers; not waited for. */
static void ask(void)
{
	const struct drv_buf b[4] = { { FAKE_DATA, 16, false }, { BUF, LEN / 2, true }, { BUF2, LEN / 2, true },
				      { FAKE_DATA + 16, 1, true } };

	memset(fake_at(FAKE_DATA), 0, 16);
	*fake_at(FAKE_DATA + 16) = 0xee;
	drv_add(&d.q[0], b, 4);
	drv_kick(&d, 0);
}

static void view__all_shared__served(void **state)
{
	(void)state;
	start_shared();
	ask();
	drv_wait(&d, 0, 1);
	assert_int_equal(*fake_at(FAKE_DATA + 16), 0);
}

/* Each page a request needs, one at a time: header, first and last of the data, status. */
static void view__a_page_of_a_request_not_shared__refused(void **state)
{
	static const uint64_t gone[] = { FAKE_DATA, BUF, BUF2 - PAGE, BUF2, BUF2 + LEN / 2 - PAGE };

	(void)state;
	for (unsigned int i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
		start_shared();
		/* The header is written while the guest still may. */
		memset(fake_at(FAKE_DATA), 0, 32);
		takes_back(gone[i], 1);
		if (gone[i] == FAKE_DATA) {
			const struct drv_buf b[2] = { { FAKE_DATA, 16, false }, { FAKE_DATA + 16, 1, true } };

			drv_add(&d.q[0], b, 2);
			drv_kick(&d, 0);
		} else {
			ask();
		}
		drv_wait_broken(&d);
		assert_int_equal(drv_used_idx(&d.q[0]), 0);
	}
	/* After a reset and with all pages there it works again. */
	start_shared();
	ask();
	drv_wait(&d, 0, 1);
	assert_int_equal(*fake_at(FAKE_DATA + 16), 0);
}

/* Rings in memory that is not shared are no queue. */
static void view__rings_not_shared__no_queue(void **state)
{
	(void)state;
	shares(FAKE_BASE, 2);			/* without the used ring */
	for (unsigned int i = 0; i < 4; i++)
		drv_write(&d, 0x070, (1u << i) - 1 + (i == 3 ? 4 : 0));
	drv_write(&d, 0x030, 0);
	drv_write(&d, 0x038, 16);
	drv_write(&d, 0x080, (uint32_t)FAKE_BASE);
	drv_write(&d, 0x090, (uint32_t)(FAKE_BASE + PAGE));
	drv_write(&d, 0x0a0, (uint32_t)(FAKE_BASE + 2 * PAGE));
	drv_write(&d, 0x044, 1);
	assert_int_equal(drv_read(&d, 0x044), 0);
	assert_int_equal(drv_read(&d, 0x070) & 64, 64);
}

/* A live queue: each of its three parts taken back stops it at once, and nobody looks at it again. */
static void view__rings_taken_back__queue_stops(void **state)
{
	(void)state;
	for (unsigned int part = 0; part < 3; part++) {
		start_shared();
		takes_back(FAKE_BASE + part * PAGE, 1);
		assert_int_equal(drv_read(&d, 0x070) & 64, 64);
		assert_int_equal(drv_read(&d, 0x044), 0);
		for (unsigned int i = 0; i < 10; i++)
			drv_kick(&d, 0);
		fake_sleep_ms(5);
		drv_write(&d, 0x044, 1);		/* not without a reset */
		assert_int_equal(drv_read(&d, 0x044), 0);
	}
	/* Memory that holds no ring may go while the queue lives. */
	start_shared();
	takes_back(FAKE_DATA, 32);
	assert_int_equal(drv_read(&d, 0x070) & 64, 0);
	assert_int_equal(drv_read(&d, 0x044), 1);
}

/*
 * A guest takes back what it has just handed to the disk. The disk was done with it, or has not begun and then
 * refuses: it never finds a page gone in the midst of a request, which would be status 1 or the end of this program.
 */
static void view__taken_back_while_the_disk_works__all_or_nothing(void **state)
{
	unsigned int served = 0, refused = 0;

	(void)state;
	start_shared();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint16_t want = (uint16_t)(d.q[0].avail_idx + 1);

		ask();
		if (i % 3)
			usleep(i % 7 * 50);
		takes_back(BUF2 - 16 * PAGE, 32);
		if (i % 2)
			usleep(500);
		shares(BUF2 - 16 * PAGE, 32);
		while (drv_used_idx(&d.q[0]) != want && !(drv_read(&d, 0x070) & 64))
			usleep(50);
		if (drv_used_idx(&d.q[0]) == want) {
			assert_int_equal(*fake_at(FAKE_DATA + 16), 0);
			served++;
			continue;
		}
		assert_int_equal(*fake_at(FAKE_DATA + 16), 0xee);
		refused++;
		drv_start(&d, 0, 16);
	}
	print_message("%u served, %u refused\n", served, refused);
	assert_true(served > 0 && refused > 0);
}

static void view__hypervisor_settles_nothing__said(void **state)
{
	(void)state;
	settle_err = 1;
	assert_int_equal(machine_settle(&m, NULL), -1);
	assert_null(gmem_span(&m.view, FAKE_BASE, 1));
	/* Nobody's lock stays behind. */
	assert_int_equal(drv_read(&d, 0), 0x74726976);
}

/* A terminal that nobody reads keeps what it is given to itself, and nobody waits for it. */
static void view__console_that_nobody_reads__others_go_on(void **state)
{
	struct config_console con = { .end = END_FILE };
	struct console_plan plan = { .console = &con, .watch = { .fd = -1 } };
	struct drv_buf b = { FAKE_DATA, 1 << 20, false };
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);
	static struct drv c;

	(void)state;
	assert_int_equal(grantpt(terminal) | unlockpt(terminal), 0);
	start_shared();
	snprintf(con.path, sizeof(con.path), "%s", ptsname(terminal));
	drv_attach(&c, console_create(&m.view, &plan));
	drv_start(&c, 0, 256);
	drv_add(&c.q[1], &b, 1);
	drv_kick(&c, 1);
	fake_sleep_ms(200);
	m.virtio[1].dev = c.dev;
	m.virtio_count = 2;
	call = (struct hv_view){ FAKE_BASE + 900 * PAGE, 1, 1 };
	alarm(20);		/* settling waits for every device */
	assert_int_equal(machine_settle(&m, NULL), 0);
	assert_int_equal(drv_read(&d, 0), 0x74726976);
	alarm(0);
	m.virtio_count = 1;
	drv_detach(&c);
	close(terminal);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(view__all_shared__served), T(view__a_page_of_a_request_not_shared__refused),
		T(view__rings_not_shared__no_queue), T(view__rings_taken_back__queue_stops),
		T(view__taken_back_while_the_disk_works__all_or_nothing),
		T(view__hypervisor_settles_nothing__said), T(view__console_that_nobody_reads__others_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
