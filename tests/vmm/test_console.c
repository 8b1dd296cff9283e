// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: virtio-console: control messages, ports on sockets, files and devices, back-pressure.
 * Never: sleep and hope: every wait has an event and a limit.
 * Used by: make -C tests/vmm run.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/err.h"
#include "virtio/devices.h"
#include "vmm/fake.h"

enum { READY = 0, ADD = 1, PORT_READY = 3, CONSOLE = 4, OPEN = 6, NAME = 7 };
enum { CRX = 2, CTX = 3, RX1 = 4, TX1 = 5 };

#define CONTROL_BUF(i)	(FAKE_DATA + 0x100000 + 64 * (uint64_t)(i))
#define MULTIPORT	2

struct msg {
	uint32_t id;
	uint16_t event, value;
	char name[32];
};

static struct drv d;
static char dir[64], path[80];
static int listener, peer;
static struct config_vport vport;
static atomic_bool panic_seen;
static unsigned int quits, control_seen;

static void on_quit(void *ctx)
{
	(void)ctx;
	quits++;
}

static void make_dir(void)
{
	strcpy(dir, "/tmp/gz-test-con-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/end", dir);
	strcpy(vport.name, "agent");
	strcpy(vport.path, path);
	quits = control_seen = 0;
	atomic_store(&panic_seen, false);
	listener = peer = -1;
	signal(SIGPIPE, SIG_IGN);
}

static struct virtio_dev *create(const struct config_console *con)
{
	struct console_plan plan = {
		.console = con, .vport = &vport, .vport_count = con ? 0 : 1,
		.watch = { .fd = -1, .panic_seen = &panic_seen }, .quit = on_quit,
	};

	return console_create(&fake_mem, &plan);
}

static void listen_here(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	strcpy(sa.sun_path, path);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(listener, 1), 0);
}

/* Give the device COUNT control buffers. */
static void control_buffers(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct drv_buf b = { CONTROL_BUF(i), 64, true };

		drv_add(&d.q[CRX], &b, 1);
	}
	drv_kick(&d, CRX);
}

static void control(uint32_t id, uint16_t event, uint16_t value)
{
	struct msg m = { id, event, value, "" };
	struct drv_buf b = { FAKE_DATA + 0x180000, 8, false };
	uint16_t used = drv_used_idx(&d.q[CTX]);

	memcpy(fake_at(b.addr), &m, 8);
	drv_add(&d.q[CTX], &b, 1);
	drv_kick(&d, CTX);
	drv_wait(&d, CTX, used + 1);
}

/* The next message of the device's. */
static struct msg next_control(void)
{
	struct msg m = { 0 };
	uint32_t len;

	drv_wait(&d, CRX, (uint16_t)(control_seen + 1));
	drv_used(&d.q[CRX], (uint16_t)control_seen, &len);
	assert_in_range(len, 8, sizeof(m) - 1);
	memcpy(&m, fake_at(CONTROL_BUF(control_seen)), len);
	control_seen++;
	return m;
}

static void expect(uint32_t id, uint16_t event, uint16_t value)
{
	struct msg m = next_control();

	assert_int_equal(m.id, id);
	assert_int_equal(m.event, event);
	assert_int_equal(m.value, value);
}

/* Everything a Linux driver does until port 1 is open on both sides. */
static void open_port_1(void)
{
	struct msg m;

	drv_start(&d, MULTIPORT, 32);
	control_buffers(16);
	control(UINT32_MAX, READY, 1);
	expect(1, ADD, 0);
	control(1, PORT_READY, 1);
	m = next_control();
	assert_int_equal(m.event, NAME);
	assert_string_equal(m.name, "agent");
	expect(1, OPEN, 1);
	control(1, OPEN, 1);
}

static int setup(void **state)
{
	fake_mem_setup(state);
	make_dir();
	listen_here();
	drv_attach(&d, create(NULL));
	peer = accept(listener, NULL, NULL);
	return 0;
}

static int teardown(void **state)
{
	char cmd[100];

	drv_detach(&d);
	if (peer >= 0)
		close(peer);
	if (listener >= 0)
		close(listener);
	unlink(path);
	snprintf(cmd, sizeof(cmd), "%s", dir);
	rmdir(cmd);
	return fake_mem_teardown(state);
}

static void send_to_host(const char *text, uint32_t len)
{
	struct drv_buf b = { FAKE_DATA, len, false };

	memcpy(fake_at(FAKE_DATA), text, len);
	drv_add(&d.q[TX1], &b, 1);
	drv_kick(&d, TX1);
}

static void console__config__port_count(void **state)
{
	(void)state;
	assert_int_equal(drv_read(&d, 0x104), 2);
	assert_int_equal(d.dev->queue_count, 6);
}

static void port__both_ways__bytes_arrive(void **state)
{
	struct drv_buf b = { FAKE_DATA + 0x2000, 100, true };
	char got[32] = { 0 };
	uint32_t len;

	(void)state;
	open_port_1();
	send_to_host("from the guest", 14);
	assert_int_equal(recv(peer, got, 14, MSG_WAITALL), 14);
	assert_string_equal(got, "from the guest");
	drv_add(&d.q[RX1], &b, 1);
	drv_kick(&d, RX1);
	assert_int_equal(write(peer, "from the host", 13), 13);
	drv_wait(&d, RX1, 1);
	drv_used(&d.q[RX1], 0, &len);
	assert_int_equal(len, 13);
	assert_memory_equal(fake_at(FAKE_DATA + 0x2000), "from the host", 13);
}

static void port__guest_not_open__host_bytes_wait(void **state)
{
	struct drv_buf b = { FAKE_DATA + 0x2000, 100, true };

	(void)state;
	drv_start(&d, MULTIPORT, 32);
	drv_add(&d.q[RX1], &b, 1);
	drv_kick(&d, RX1);
	assert_int_equal(write(peer, "early", 5), 5);
	fake_sleep_ms(30);
	assert_int_equal(drv_used_idx(&d.q[RX1]), 0);
	control_buffers(16);
	control(1, OPEN, 1);
	drv_wait(&d, RX1, 1);
	assert_memory_equal(fake_at(FAKE_DATA + 0x2000), "early", 5);
}

static void port__megabyte_each_way__intact(void **state)
{
	static uint8_t big[1 << 20], back[1 << 20];
	size_t done = 0, sent = 0;
	unsigned int seen = 0;
	uint32_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 31 + (i >> 8));
	open_port_1();
	/* Guest to host: more than a socket holds, so the port must wait for the reader. */
	memcpy(fake_at(FAKE_BASE + 0x300000), big, sizeof(big));
	for (unsigned int i = 0; i < 16; i++) {
		struct drv_buf b = { FAKE_BASE + 0x300000 + i * 0x10000, 0x10000, false };

		drv_add(&d.q[TX1], &b, 1);
	}
	drv_kick(&d, TX1);
	fake_sleep_ms(20);
	assert_in_range(drv_used_idx(&d.q[TX1]), 0, 15);
	assert_int_equal(recv(peer, back, sizeof(back), MSG_WAITALL), sizeof(back));
	assert_memory_equal(big, back, sizeof(big));
	drv_wait(&d, TX1, 16);
	/* Host to guest: with one buffer at a time. */
	memset(back, 0, sizeof(back));
	fcntl(peer, F_SETFL, O_NONBLOCK);
	while (done < sizeof(big)) {
		struct drv_buf b = { FAKE_DATA, 4096, true };
		ssize_t n = sent < sizeof(big) ? write(peer, big + sent, sizeof(big) - sent) : 0;

		sent += n > 0 ? (size_t)n : 0;
		drv_add(&d.q[RX1], &b, 1);
		drv_kick(&d, RX1);
		drv_wait(&d, RX1, (uint16_t)(seen + 1));
		drv_used(&d.q[RX1], (uint16_t)seen++, &len);
		memcpy(back + done, fake_at(FAKE_DATA), len);
		done += len;
	}
	assert_memory_equal(big, back, sizeof(big));
}

static void port__peer_closes__guest_told_and_not_blocked(void **state)
{
	struct drv_buf b = { FAKE_DATA + 0x2000, 100, true };

	(void)state;
	open_port_1();
	drv_add(&d.q[RX1], &b, 1);
	drv_kick(&d, RX1);
	close(peer);
	peer = -1;
	expect(1, OPEN, 0);
	for (uint16_t i = 1; i < 20; i++) {
		send_to_host("into nothing", 12);
		drv_wait(&d, TX1, i);
	}
}

static void control__nonsense__ignored(void **state)
{
	(void)state;
	open_port_1();
	control(0, PORT_READY, 1);	/* there is no port 0 */
	control(7, OPEN, 1);
	control(UINT32_MAX, PORT_READY, 1);
	control(1, 999, 1);
	control(1, PORT_READY, 0);
	fake_sleep_ms(10);
	assert_int_equal(drv_used_idx(&d.q[CRX]), control_seen);
}

static void control__short_message__ignored(void **state)
{
	struct drv_buf b = { FAKE_DATA, 3, false };

	(void)state;
	drv_start(&d, MULTIPORT, 32);
	drv_add(&d.q[CTX], &b, 1);
	drv_kick(&d, CTX);
	drv_wait(&d, CTX, 1);
	assert_int_equal(drv_read(&d, 0x070), 0xf);
}

static void control__flood_without_buffers__breaks(void **state)
{
	struct msg m = { UINT32_MAX, READY, 1, "" };
	struct drv_buf b = { FAKE_DATA, 8, false };

	(void)state;
	drv_start(&d, MULTIPORT, 32);
	memcpy(fake_at(FAKE_DATA), &m, 8);
	for (unsigned int i = 0; i < 200 && !(drv_read(&d, 0x070) & 64); i++) {
		drv_add(&d.q[CTX], &b, 1);
		drv_kick(&d, CTX);
		fake_sleep_ms(1);
	}
	drv_wait_broken(&d);
	drv_start(&d, MULTIPORT, 32);
}

static void port__reset_and_again__works(void **state)
{
	char got[8] = { 0 };

	(void)state;
	open_port_1();
	control_seen = 0;
	open_port_1();
	send_to_host("again", 5);
	assert_int_equal(recv(peer, got, 5, MSG_WAITALL), 5);
	assert_string_equal(got, "again");
}

/* Reading no bytes must not pass for the other side's end. */
static void port__receive_buffer_without_room__breaks_and_port_stays(void **state)
{
	struct drv_buf readable = { FAKE_DATA, 16, false }, b = { FAKE_DATA + 0x2000, 100, true };

	(void)state;
	open_port_1();
	drv_add(&d.q[RX1], &readable, 1);
	drv_kick(&d, RX1);
	assert_int_equal(write(peer, "kept", 4), 4);
	drv_wait_broken(&d);
	control_seen = 0;
	open_port_1();
	drv_add(&d.q[RX1], &b, 1);
	drv_kick(&d, RX1);
	drv_wait(&d, RX1, 1);
	assert_memory_equal(fake_at(FAKE_DATA + 0x2000), "kept", 4);
}

static void close_listener(void)
{
	close(listener);
	listener = -1;
}

static void vport__bad_paths__each_its_reason(void **state)
{
	unsigned int files;

	(void)state;
	make_dir();
	files = fake_open_files();
	assert_null(create(NULL));
	assert_non_null(strstr(gz_err_last(), "make the file or start the socket"));
	mkdir(path, 0700);
	assert_null(create(NULL));
	assert_non_null(strstr(gz_err_last(), "character device, a fifo or a socket"));
	rmdir(path);
	listen_here();
	close_listener();
	assert_null(create(NULL));
	assert_non_null(strstr(gz_err_last(), "is its server running"));
	assert_int_equal(fake_open_files(), files);
	unlink(path);
	rmdir(dir);
}

static void vport__file__read_and_appended(void **state)
{
	struct drv_buf b = { FAKE_DATA + 0x2000, 100, true };
	char got[16] = { 0 };
	FILE *f;

	(void)state;
	make_dir();
	f = fopen(path, "w");
	fputs("input;", f);
	fclose(f);
	drv_attach(&d, create(NULL));
	open_port_1();
	drv_add(&d.q[RX1], &b, 1);
	drv_kick(&d, RX1);
	drv_wait(&d, RX1, 1);
	assert_memory_equal(fake_at(FAKE_DATA + 0x2000), "input;", 6);
	send_to_host("out", 3);
	drv_wait(&d, TX1, 1);
	f = fopen(path, "r");
	assert_int_equal(fread(got, 1, sizeof(got), f), 9);
	fclose(f);
	assert_string_equal(got, "input;out");
	teardown(state);
}

static void hvc__output_to_file__panic_noticed(void **state)
{
	struct config_console con = { .end = END_FILE };
	struct drv_buf b = { FAKE_DATA, 30, false };
	char got[64] = { 0 };
	FILE *f;

	(void)state;
	make_dir();
	strcpy(con.path, path);
	drv_attach(&d, create(&con));
	drv_start(&d, MULTIPORT, 32);
	control_buffers(16);
	control(UINT32_MAX, READY, 1);
	expect(0, ADD, 0);
	control(0, PORT_READY, 1);
	expect(0, CONSOLE, 1);
	expect(0, OPEN, 1);
	memcpy(fake_at(FAKE_DATA), "Kernel panic - not syncing: xx", 30);
	drv_add(&d.q[1], &b, 1);
	drv_kick(&d, 1);
	drv_wait(&d, 1, 1);
	assert_true(atomic_load(&panic_seen));
	f = fopen(path, "r");
	assert_int_equal(fread(got, 1, sizeof(got), f), 30);
	fclose(f);
	teardown(state);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define M(name) cmocka_unit_test_setup_teardown(name, fake_mem_setup, fake_mem_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(console__config__port_count), T(port__both_ways__bytes_arrive),
		T(port__guest_not_open__host_bytes_wait), T(port__megabyte_each_way__intact),
		T(port__peer_closes__guest_told_and_not_blocked), T(control__nonsense__ignored),
		T(control__short_message__ignored), T(control__flood_without_buffers__breaks),
		T(port__reset_and_again__works),
		T(port__receive_buffer_without_room__breaks_and_port_stays), M(vport__bad_paths__each_its_reason),
		cmocka_unit_test_setup(vport__file__read_and_appended, fake_mem_setup),
		cmocka_unit_test_setup(hvc__output_to_file__panic_noticed, fake_mem_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
