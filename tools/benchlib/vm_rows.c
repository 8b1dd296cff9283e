// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: rows that need both ends: VM life, first touch by kind of memory, doorbells and interrupts between host and guest.
 * Never: include the work of getting ready.
 * Used by: tools/benchlib/init.sh in the host: bench-vm DEVICE bench.bin rows|growth [ROW].
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vm.h"

#define SETTLE_US	1000

static void row_life(const char *name, const char *name2, enum backing backing)
{
	uint64_t create[4], empty[4];
	struct vm v;

	if (!wanted(name) && !wanted(name2))
		return;
	for (int i = 0; i < 4; i++) {
		start(&v, ROLE_NONE, 100 * MIB, backing, false);
		mark = only && wanted(name2);
		run_here(&v);
		create[i] = v.box->started - v.begun;
		empty[i] = stop(&v);
	}
	report(name, create, 4);
	report(name2, empty, 4);
}

static void row_touch(const char *kind, enum backing backing, bool present)
{
	char name[64];
	char name2[64];
	uint64_t touch, down, pages, nothing;
	struct vm v;

	snprintf(name, sizeof(name), "touch_%s", kind);
	snprintf(name2, sizeof(name2), "teardown_%s", kind);
	if (!wanted(name) && !wanted(name2))
		return;

	start(&v, ROLE_NONE, 100 * MIB, backing, present);
	run_here(&v);
	nothing = stop(&v);
	start(&v, ROLE_TOUCH, 100 * MIB, backing, present);
	v.box->unmarked = only && !wanted(name);
	run_here(&v);
	pages = v.box->pages;
	touch = v.box->touch_ticks / pages;
	mark = only && wanted(name2);
	down = stop(&v);
	report(name, &touch, 1);
	down = down > nothing ? (down - nothing) / pages : 0;
	report(name2, &down, 1);
}

/* What a guest of a protected VM asks for about its own pages. A row stays empty where the hypervisor has no such call. */
static void row_of_guest(const char *name, enum bench_role role)
{
	uint64_t sample[BENCH_ROUNDS];
	struct vm v;

	if (!wanted(name))
		return;
	start(&v, role, 100 * MIB, PRIVATE, true);
	run_here(&v);
	if (v.box->done != BENCH_ROUNDS && v.hv.ops->protect)
		fail("the guest was refused what it may do with its pages");
	for (unsigned int i = 0; i < BENCH_ROUNDS; i++)
		sample[i] = v.box->at[i];
	if (v.box->done == BENCH_ROUNDS)
		report(name, sample, BENCH_ROUNDS);
	stop(&v);
}

/* Pages of 2 MiB in the kernel's pool, for the rows that need them and for no other. */
static void pool(unsigned int pages)
{
	FILE *f = fopen("/proc/sys/vm/nr_hugepages", "w");

	if (!f || fprintf(f, "%u", pages) < 0 || fclose(f))
		fail("no pool of huge pages");
}

static void rows_protected_blocks(void)
{
	if (only && !strstr(only, "protected_2m"))
		return;
	pool(50);
	row_touch("protected_2m_absent", PRIVATE_BLOCKS, false);
	row_touch("protected_2m_present", PRIVATE_BLOCKS, true);
	pool(0);
}

static void row_kick(void)
{
	uint64_t sample[BENCH_ROUNDS], value;
	struct vm v;
	struct hv_doorbell bell = { .gpa = BENCH_BELL, .len = 4, .match = 1, .fd = eventfd(0, EFD_CLOEXEC) };

	if (!wanted("ioeventfd_kick"))
		return;
	start(&v, ROLE_KICK, 100 * MIB, PAGES, true);
	if (v.hv.ops->ioeventfd(&v.hv, &bell))
		fail("no ioeventfd");
	run_apart(&v);
	for (unsigned int i = 0; i < BENCH_ROUNDS; i++) {
		usleep(SETTLE_US);
		__atomic_store_n(&v.box->turn, i + 1, __ATOMIC_RELEASE);
		if (read(bell.fd, &value, sizeof(value)) != sizeof(value))
			fail("the doorbell is silent");
		BENCH_MARK_END();
		sample[i] = now() - v.box->at[i];
	}
	pthread_join(v.thread, NULL);
	stop(&v);
	close(bell.fd);
	report("ioeventfd_kick", sample, BENCH_ROUNDS);
}

static void row_irq(const char *name, enum bench_role role)
{
	uint64_t sample[BENCH_ROUNDS], one = 1;
	struct vm v;
	int fd = eventfd(0, EFD_CLOEXEC);

	if (!wanted(name))
		return;
	start(&v, role, 100 * MIB, PAGES, true);
	if (v.hv.ops->irqfd(&v.hv, BENCH_SPI, fd))
		fail("no irqfd");
	run_apart(&v);
	while (!__atomic_load_n(&v.box->turn, __ATOMIC_ACQUIRE))
		usleep(SETTLE_US);
	for (unsigned int i = 0; i < BENCH_ROUNDS; i++) {
		usleep(SETTLE_US);
		sample[i] = now();
		BENCH_MARK_BEGIN();
		if (write(fd, &one, sizeof(one)) != sizeof(one))
			fail("the eventfd takes no event");
		for (int k = 0; __atomic_load_n(&v.box->done, __ATOMIC_ACQUIRE) <= i; k++) {
			if (k > 1000)
				fail("the guest does not see its interrupt");
			usleep(SETTLE_US);
		}
		sample[i] = v.box->at[i] - sample[i];
	}
	pthread_join(v.thread, NULL);
	stop(&v);
	close(fd);
	report(name, sample, BENCH_ROUNDS);
}

static void rows(void)
{
	row_life("vm_create_to_first", "vm_teardown_empty", PAGES);
	row_touch("4k_absent", PAGES, false);
	row_touch("4k_present", PAGES, true);
	row_touch("2m_absent", BLOCKS, false);
	row_touch("2m_present", BLOCKS, true);
	if (protects()) {
		row_life("vm_create_protected", "vm_teardown_protected_empty", PRIVATE);
		row_touch("protected_absent", PRIVATE, false);
		row_touch("protected_present", PRIVATE, true);
		rows_protected_blocks();
		row_of_guest("share_unshare", ROLE_SHARE);
		row_of_guest("relinquish", ROLE_RELINQUISH);
	}
	row_kick();
	row_irq("irqfd_running", ROLE_IRQ_RUNNING);
	row_irq("irqfd_idle", ROLE_IRQ_IDLE);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		fail("usage: bench-vm DEVICE GUEST rows|growth [ROW]");
	device = argv[1];
	kernel = argv[2];
	only = argc > 4 ? argv[4] : NULL;
	if (strcmp(argv[3], "growth") == 0)
		growth();
	else
		rows();
	return 0;
}
