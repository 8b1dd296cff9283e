// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: 64 MiB through a disk or a TCP connection, timed where it is called: ticks per MiB; and the far end of the connection.
 * Never: count the connecting, or what the page cache would answer.
 * Used by: tools/benchlib/init.sh in the host, guest.sh in the guest: bench-io read|write FILE NAME, send|recv ADDRESS NAME, serve.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MIB	(1u << 20)
#define MIBS	64u
#define PORT	5000

/* As in guests/bench/bench.h. */
#define MARK_BEGIN()	__asm__ volatile("hint #0x6e" : : : "memory")
#define MARK_END()	__asm__ volatile("hint #0x6f" : : : "memory")

static uint8_t *piece;

static uint64_t now(void)
{
	uint64_t v;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(v) : : "memory");
	return v;
}

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static void report(const char *name, uint64_t ticks)
{
	printf("bench %s %lu\n", name, (unsigned long)((ticks + MIBS / 2) / MIBS));
}

static int disk(const char *what, const char *file, const char *name)
{
	int fd = open(file, O_RDWR | O_DIRECT), writes = what[0] == 'w';
	uint64_t t;

	if (fd < 0)
		return fail(file);
	t = now();
	MARK_BEGIN();
	for (unsigned int i = 0; i < MIBS; i++)
		if ((writes ? write(fd, piece, MIB) : read(fd, piece, MIB)) != MIB)
			return fail(file);
	MARK_END();
	report(name, now() - t);
	return 0;
}

static int push(int fd)
{
	for (size_t left = (size_t)MIBS * MIB; left;) {
		ssize_t n = write(fd, piece, left < 65536 ? left : 65536);

		if (n <= 0)
			return fail("send");
		left -= (size_t)n;
	}
	return 0;
}

static int pull(int fd)
{
	for (size_t left = (size_t)MIBS * MIB; left;) {
		ssize_t n = read(fd, piece, left < 65536 ? left : 65536);

		if (n <= 0)
			return fail("receive");
		left -= (size_t)n;
	}
	return 0;
}

/* One byte says which way the 64 MiB go; the answer of one byte says that they came. */
static int net(const char *what, const char *address, const char *name)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = inet_addr(address) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), sends = what[0] == 's';
	uint64_t t;
	char c = what[0];

	if (connect(fd, (struct sockaddr *)&a, sizeof(a)))
		return fail("connect");
	t = now();
	MARK_BEGIN();
	if (write(fd, &c, 1) != 1 || (sends ? push(fd) || read(fd, &c, 1) != 1 : pull(fd)))
		return fail("transfer");
	MARK_END();
	report(name, now() - t);
	return 0;
}

static void serve_one(int fd)
{
	char c;

	if (read(fd, &c, 1) != 1)
		return;
	if (c == 'r')
		push(fd);
	else if (!pull(fd) && write(fd, &c, 1) != 1)
		fail("answer");
}

static int serve(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 4))
		return fail("listen");
	if (daemon(1, 1))
		return fail("daemon");
	for (;;) {
		int one = accept(fd, NULL, NULL);

		serve_one(one);
		close(one);
	}
}

int main(int argc, char **argv)
{
	piece = aligned_alloc(4096, MIB);
	if (!piece)
		return fail("memory");
	memset(piece, 0x5a, MIB);
	if (argc == 2 && strcmp(argv[1], "serve") == 0)
		return serve();
	if (argc != 4)
		return 2;
	if (strcmp(argv[1], "read") == 0 || strcmp(argv[1], "write") == 0)
		return disk(argv[1], argv[2], argv[3]);
	return net(argv[1], argv[2], argv[3]);
}
