// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: what ordinary work costs the host, with or without a hypervisor below it: counter ticks per operation.
 * Never: include the work of getting ready; each figure is a mean of many.
 * Used by: tools/benchlib/init.sh in the host.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB	(UINT64_C(1) << 20)

/* As in guests/bench/bench.h. */
#define MARK_BEGIN()	__asm__ volatile("hint #0x6e" : : : "memory")
#define MARK_END()	__asm__ volatile("hint #0x6f" : : : "memory")

static uint64_t now(void)
{
	uint64_t v;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(v) : : "memory");
	return v;
}

static void report(const char *name, uint64_t ticks, uint64_t count)
{
	printf("bench %s %lu\n", name, (unsigned long)((ticks + count / 2) / count));
	fflush(stdout);
}

static void row_getppid(void)
{
	uint64_t t = now();

	for (int i = 0; i < 1000; i++)
		syscall(SYS_getppid);
	report("host_getppid", now() - t, 1000);
}

static void row_page_fault(void)
{
	const uint64_t size = 4 * MIB;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t t;

	if (p == MAP_FAILED)
		return;
	madvise(p, size, MADV_NOHUGEPAGE);
	t = now();
	for (uint64_t i = 0; i < size; i += 4096)
		p[i] = 1;
	report("host_page_fault", now() - t, size / 4096);
	munmap(p, size);
}

static void row_fork_exec(char *self)
{
	char *argv[] = { self, (char *)"exit", NULL };
	uint64_t t = now();

	for (int i = 0; i < 20; i++) {
		pid_t child = fork();

		if (child == 0) {
			execv(self, argv);
			_exit(1);
		}
		waitpid(child, NULL, 0);
	}
	report("host_fork_exec", now() - t, 20);
}

/* Both ends on CPU 0, so each message is one switch. */
static void row_switch(void)
{
	int to[2], from[2];
	char c = 0;
	cpu_set_t cpu0, old;
	uint64_t t;
	pid_t child;

	CPU_ZERO(&cpu0);
	CPU_SET(0, &cpu0);
	if (pipe(to) || pipe(from) || sched_getaffinity(0, sizeof(old), &old) ||
	    sched_setaffinity(0, sizeof(cpu0), &cpu0))
		return;
	child = fork();
	if (child == 0) {
		for (int i = 0; i < 500; i++)
			if (read(to[0], &c, 1) != 1 || write(from[1], &c, 1) != 1)
				break;
		_exit(0);
	}
	t = now();
	for (int i = 0; i < 500; i++)
		if (write(to[1], &c, 1) != 1 || read(from[0], &c, 1) != 1)
			break;
	report("host_switch", now() - t, 1000);
	waitpid(child, NULL, 0);
	sched_setaffinity(0, sizeof(old), &old);
}

static void row_copy(void)
{
	char *p = malloc(64 * MIB), *q = malloc(64 * MIB);
	uint64_t t;

	if (!p || !q)
		return;
	memset(p, 1, 64 * MIB);
	memset(q, 2, 64 * MIB);
	t = now();
	memcpy(p, q, 64 * MIB);
	report("host_copy_mib", now() - t, 64);
	free(p);
	free(q);
}

/* A busy loop's pauses are interrupts of the host's own tick. */
static void row_tick(void)
{
	uint64_t end = now() + 400 * 1000 * 1000, last = now(), t, sum = 0, count = 0;

	while ((t = now()) < end) {
		if (t - last > 500) {
			sum += t - last;
			count++;
		}
		last = t;
	}
	if (count)
		report("host_tick", sum, count);
}

/* Nothing at all for half a second: only for tools/bench --profile host_idle, which shows who ran meanwhile. */
static void row_idle(void)
{
	MARK_BEGIN();
	usleep(500 * 1000);
	MARK_END();
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "exit") == 0)
		return 0;
	if (argc > 1 && strcmp(argv[1], "init") == 0) {
		MARK_END();
		return 0;
	}
	if (argc > 1 && strcmp(argv[1], "idle") == 0) {
		row_idle();
		return 0;
	}
	row_getppid();
	row_page_fault();
	row_fork_exec(argv[0]);
	row_switch();
	row_copy();
	row_tick();
	return 0;
}
