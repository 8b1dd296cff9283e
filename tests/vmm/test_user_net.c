// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the real libslirp behind a network card: what a guest reaches of the host's loopback.
 * Never: leave 127.0.0.1; a closed door counts only after the same packet went through an open one.
 * Used by: make -C tests/vmm run.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/guard.h"
#include "net/user.h"
#include "vmm/fake.h"

#define GUEST_IP	0x0a00020fu
#define GATEWAY		0x0a000202u
#define LOCALHOST	0x7f000001u
#define SOON_MS		3000
#define NEVER_MS	300
#define HEADER		12		/* virtio_net_hdr */
#define RX_BUF(i)	(FAKE_DATA + 0x10000 + 0x800 * (uint64_t)(i))

static struct drv d;
static int listener;
static uint16_t port, tried;

static int listen_here(uint16_t *at)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(LOCALHOST) };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	*at = ntohs(sa.sin_port);
	return fd;
}

static void start(const struct config *cfg)
{
	drv_attach(&d, net_create(&fake_mem));
	assert_int_equal(net_user_attach(d.dev, cfg), 0);
	drv_start(&d, 0, 64);
	for (unsigned int i = 0; i < 32; i++) {
		struct drv_buf b = { RX_BUF(i), 0x800, true };

		drv_add(&d.q[0], &b, 1);
	}
	drv_kick(&d, 0);
}

static int setup(void **state)
{
	fake_mem_setup(state);
	listener = listen_here(&port);
	return 0;
}

static int teardown(void **state)
{
	drv_detach(&d);
	close(listener);
	return fake_mem_teardown(state);
}

static void put(uint8_t *p, uint32_t v, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
}

static uint16_t sum(const uint8_t *p, size_t len, uint32_t start)
{
	for (size_t i = 0; i < len; i += 2)
		start += (uint32_t)p[i] << 8 | p[i + 1];
	while (start >> 16)
		start = (start & 0xffff) + (start >> 16);
	return (uint16_t)~start;
}

static void transmit(const uint8_t *frame, uint32_t len)
{
	struct drv_buf b = { FAKE_DATA, HEADER + len, false };
	uint16_t used = drv_used_idx(&d.q[1]);

	memset(fake_at(FAKE_DATA), 0, HEADER);
	memcpy(fake_at(FAKE_DATA + HEADER), frame, len);
	drv_add(&d.q[1], &b, 1);
	drv_kick(&d, 1);
	drv_wait(&d, 1, used + 1);
}

/* A SYN from the guest to ADDRESS:TO; another source port each time. */
static uint32_t make_syn(uint8_t *f, uint32_t address, uint16_t to)
{
	static const uint8_t eth[14] = { 0x52, 0x55, 10, 0, 2, 2, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 8, 0 };
	uint8_t *ip = f + 14, *tcp = f + 34;

	memset(f, 0, 54);
	memcpy(f, eth, sizeof(eth));
	ip[0] = 0x45;
	put(ip + 2, 40, 2);
	ip[8] = 64;
	ip[9] = 6;
	put(ip + 12, GUEST_IP, 4);
	put(ip + 16, address, 4);
	put(ip + 10, sum(ip, 20, 0), 2);
	put(tcp, 2000u + ++tried, 2);
	put(tcp + 2, to, 2);
	tcp[12] = 0x50;
	tcp[13] = 2;			/* SYN */
	put(tcp + 14, 8192, 2);
	put(tcp + 16, sum(tcp, 20, (uint16_t)~sum(ip + 12, 8, 0) + 6u + 20u), 2);
	return 54;
}

/* Does a connection from the guest to ADDRESS arrive at the listener? */
static bool reaches(uint32_t address, int wait_ms)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };
	uint8_t frame[64];

	transmit(frame, make_syn(frame, address, port));
	if (poll(&p, 1, wait_ms) != 1)
		return false;
	close(accept(listener, NULL, NULL));
	return true;
}

static void user_net__loopback_asked_for__reached(void **state)
{
	struct config cfg = { .net = true, .net_loopback = true };

	(void)state;
	start(&cfg);
	assert_true(reaches(GATEWAY, SOON_MS));
	assert_true(reaches(LOCALHOST, SOON_MS));	/* why guard.c is there */
}

static void user_net__loopback_not_asked_for__closed(void **state)
{
	static const uint32_t names[] = { GATEWAY, LOCALHOST, 0x7f000002, 0, 0x0a000204, 0x0a0002ff,
					  0xffffffff, GUARD_DNS };
	struct config cfg = { .net = true };

	(void)state;
	start(&cfg);
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_false(reaches(names[i], NEVER_MS));
}

/* The next frame for the guest of the given type, or fail. */
static const uint8_t *received(uint16_t *seen, uint16_t type)
{
	for (;;) {
		uint32_t id;
		const uint8_t *f;

		drv_wait(&d, 0, (uint16_t)(*seen + 1));
		id = drv_used(&d.q[0], (*seen)++, NULL);
		f = fake_at(RX_BUF(id) + HEADER);
		if (f[12] == type >> 8 && f[13] == (type & 0xff))
			return f;
	}
}

/* A forwarded port works with the loopback closed: it is the user's own wish. */
static void user_net__hostfwd__arrives(void **state)
{
	struct config cfg = { .net = true, .fwd_count = 1 };
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(LOCALHOST) };
	int probe = listen_here(&cfg.fwd[0].host_port), fd = socket(AF_INET, SOCK_STREAM, 0);
	uint8_t reply[42];
	const uint8_t *f;
	uint16_t seen = 0;

	(void)state;
	close(probe);			/* its port is free now */
	cfg.fwd[0].guest_port = 22;
	start(&cfg);
	sa.sin_port = htons(cfg.fwd[0].host_port);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	f = received(&seen, 0x0806);	/* who has 10.0.2.15? */
	memcpy(reply, f, sizeof(reply));
	memcpy(reply, f + 6, 6);
	memcpy(reply + 6, "\x52\x54\x00\x12\x34\x56", 6);
	reply[21] = 2;
	memcpy(reply + 22, reply + 6, 6);
	memcpy(reply + 28, f + 38, 4);
	memcpy(reply + 32, f + 22, 10);
	transmit(reply, sizeof(reply));
	f = received(&seen, 0x0800);
	assert_int_equal(f[14 + 9], 6);
	assert_int_equal(f[34 + 2] << 8 | f[34 + 3], 22);
	close(fd);
}

static void guard__name_server__port_53_only(void **state)
{
	uint8_t f[64];

	(void)state;
	make_syn(f, GUARD_DNS, 53);
	assert_true(guard_allows(f, 54));
	f[23] = 17;
	assert_true(guard_allows(f, 54));
	f[23] = 132;			/* SCTP */
	assert_false(guard_allows(f, 54));
	f[23] = 1;
	assert_true(guard_allows(f, 54));
	f[23] = 6;
	assert_false(guard_allows(f, 36));	/* no room for a port */
	f[20] = 0x20;			/* a fragment: the port may come differently when put together */
	assert_false(guard_allows(f, 54));
	f[20] = 0;
	f[14] = 0x41;			/* a header of 4 bytes */
	assert_false(guard_allows(f, 54));
	make_syn(f, GUARD_DNS, 8000);
	assert_false(guard_allows(f, 54));
}

static void guard__the_rest__allowed(void **state)
{
	uint8_t f[64];

	(void)state;
	make_syn(f, 0x08080808, 80);
	assert_true(guard_allows(f, 54));
	make_syn(f, LOCALHOST, 80);
	assert_false(guard_allows(f, 54));
	f[12] = 0x86;			/* IPv6 is off in libslirp */
	assert_true(guard_allows(f, 54));
	assert_true(guard_allows(f, 14));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(user_net__loopback_asked_for__reached), T(user_net__loopback_not_asked_for__closed),
		T(user_net__hostfwd__arrives), cmocka_unit_test(guard__name_server__port_53_only),
		cmocka_unit_test(guard__the_rest__allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
