// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: IRQ_LINE, IRQFD, IOEVENTFD: every errno, and that interrupts and doorbells arrive.
 * Never: wait for ever: a lost interrupt is a failure, not a hang.
 * Used by: gzvm_abi_test.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include "client.h"

#define EDGE		0xaaaaaaaaull
#define LEVEL		0ull
#define READY		0xfffull
#define REPORT		MMIO_GPA
#define PATIENCE_MS	5000
#define ROUNDS		200
#define MOST_EVENTFDS	1000

static int line(struct vm *vm, uint32_t type, uint32_t number, uint32_t level)
{
	struct gzvm_irq_level l = { .irq = type << GZVM_IRQ_TYPE_SHIFT | number, .level = level };

	return vm_ioctl(vm, GZVM_IRQ_LINE, &l);
}

static int irqfd(struct vm *vm, int fd, uint32_t gsi, uint32_t flags, int resample)
{
	struct gzvm_irqfd a = { .fd = (uint32_t)fd, .gsi = gsi, .flags = flags,
		.resamplefd = (uint32_t)resample };

	return vm_ioctl(vm, GZVM_IRQFD, &a);
}

static int ioeventfd(struct vm *vm, int fd, uint64_t addr, uint32_t len, uint32_t flags,
		     uint64_t match)
{
	struct gzvm_ioeventfd a = { .fd = fd, .addr = addr, .len = len, .flags = flags,
		.datamatch = match };

	return vm_ioctl(vm, GZVM_IOEVENTFD, &a);
}

static uint64_t event_count(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

TEST(irq_line__errno)
{
	struct vm vm;

	vm_make_bare(&vm);
	EXPECT_OK(line(&vm, GZVM_IRQ_TYPE_SPI, 5, 1));
	EXPECT_OK(line(&vm, GZVM_IRQ_TYPE_SPI, 5, 0));
	EXPECT_OK(line(&vm, GZVM_IRQ_TYPE_CPU, 0, 0));
	EXPECT_OK(line(&vm, GZVM_IRQ_TYPE_SPI, 255, 0));
	EXPECT_ERR(line(&vm, GZVM_IRQ_TYPE_SPI, 256, 1), EFAULT);
	EXPECT_ERR(line(&vm, GZVM_IRQ_TYPE_SPI, 0xffff, 1), EFAULT);
	EXPECT_ERR(line(&vm, GZVM_IRQ_TYPE_PPI, 27, 1), EINVAL);
	EXPECT_ERR(line(&vm, 9, 5, 1), EINVAL);
	vm_end(&vm);
}

TEST(irqfd__errno)
{
	struct gzvm_irqfd padded = { .gsi = 1, .pad = { [15] = 1 } };
	int e = eventfd(0, EFD_NONBLOCK), e2 = eventfd(0, EFD_NONBLOCK);
	struct vm vm;

	vm_make_bare(&vm);
	EXPECT_ERR(irqfd(&vm, e, 1, 4, 0), EINVAL);
	padded.fd = (uint32_t)e;
	EXPECT_ERR(vm_ioctl(&vm, GZVM_IRQFD, &padded), EINVAL);
	EXPECT_ERR(irqfd(&vm, -1, 1, 0, 0), EBADF);
	EXPECT_ERR(irqfd(&vm, vm.dev, 1, 0, 0), EINVAL);
	EXPECT_ERR(irqfd(&vm, e, 256, 0, 0), EINVAL);
	EXPECT_ERR(irqfd(&vm, e, 1, GZVM_IRQFD_FLAG_RESAMPLE, -1), EBADF);
	EXPECT_OK(irqfd(&vm, e, 1, 0, 0));
	EXPECT_ERR(irqfd(&vm, e, 2, 0, 0), EBUSY);
	EXPECT_OK(irqfd(&vm, e2, 1, GZVM_IRQFD_FLAG_RESAMPLE, e));
	EXPECT_OK(irqfd(&vm, e, 9, GZVM_IRQFD_FLAG_DEASSIGN, 0));	/* nothing matches */
	EXPECT_ERR(irqfd(&vm, e, 2, 0, 0), EBUSY);
	EXPECT_OK(irqfd(&vm, e, 1, GZVM_IRQFD_FLAG_DEASSIGN, 0));
	EXPECT_OK(irqfd(&vm, e, 2, 0, 0));
	EXPECT_ERR(irqfd(&vm, -1, 2, GZVM_IRQFD_FLAG_DEASSIGN, 0), EBADF);
	close(e);	/* closed while bound */
	vm_end(&vm);
	close(e2);
}

TEST(ioeventfd__errno)
{
	const uint32_t match = GZVM_IOEVENTFD_FLAG_DATAMATCH;
	int e = eventfd(0, EFD_NONBLOCK);
	uint32_t len;
	struct vm vm;

	vm_make_bare(&vm);
	for (len = 0; len <= 16; len++) {
		if (len == 0 || len == 1 || len == 2 || len == 4 || len == 8)
			EXPECT_OK(ioeventfd(&vm, e, 0x1000ull * (len + 1), len, 0, 0));
		else
			EXPECT_ERR(ioeventfd(&vm, e, 0x90000, len, 0, 0), EINVAL);
	}
	EXPECT_ERR(ioeventfd(&vm, e, 0x90000, 4, GZVM_IOEVENTFD_FLAG_PIO, 0), EINVAL);
	EXPECT_ERR(ioeventfd(&vm, e, 0x90000, 4, 8, 0), EINVAL);
	EXPECT_ERR(ioeventfd(&vm, e, ~0ull - 2, 4, 0, 0), EINVAL);
	EXPECT_ERR(ioeventfd(&vm, e, 0x90000, 0, match, 1), EINVAL);
	EXPECT_ERR(ioeventfd(&vm, -1, 0x90000, 4, 0, 0), EBADF);
	EXPECT_ERR(ioeventfd(&vm, vm.dev, 0x90000, 4, 0, 0), EINVAL);
	EXPECT_ERR(ioeventfd(&vm, e, 0x90000, 4, GZVM_IOEVENTFD_FLAG_DEASSIGN, 0), ENOENT);
	close(e);
	vm_end(&vm);
}

TEST(ioeventfd__collisions)
{
	const uint32_t match = GZVM_IOEVENTFD_FLAG_DATAMATCH, gone = GZVM_IOEVENTFD_FLAG_DEASSIGN;
	int e = eventfd(0, EFD_NONBLOCK);
	struct vm vm;

	vm_make_bare(&vm);
	EXPECT_OK(ioeventfd(&vm, e, 0x1000, 4, match, 1));
	EXPECT_OK(ioeventfd(&vm, e, 0x1000, 4, match, 2));	/* another queue, same doorbell */
	EXPECT_ERR(ioeventfd(&vm, e, 0x1000, 4, match, 2), EEXIST);
	EXPECT_ERR(ioeventfd(&vm, e, 0x1000, 4, 0, 0), EEXIST);
	EXPECT_ERR(ioeventfd(&vm, e, 0x1000, 0, 0, 0), EEXIST);
	EXPECT_ERR(ioeventfd(&vm, e, 0x1002, 2, 0, 0), EEXIST);	/* inside */
	EXPECT_OK(ioeventfd(&vm, e, 0x1004, 4, 0, 0));
	EXPECT_ERR(ioeventfd(&vm, e, 0x1000, 4, match | gone, 3), ENOENT);
	EXPECT_ERR(ioeventfd(&vm, e, 0x1000, 2, match | gone, 1), ENOENT);
	EXPECT_OK(ioeventfd(&vm, e, 0x1000, 4, match | gone, 1));
	EXPECT_OK(ioeventfd(&vm, e, 0x1000, 4, match | gone, 2));
	EXPECT_OK(ioeventfd(&vm, e, 0x1000, 0, 0, 0));
	close(e);
	vm_end(&vm);
}

TEST(ioeventfd__thousand__then_enospc)
{
	const uint32_t gone = GZVM_IOEVENTFD_FLAG_DEASSIGN;
	int e = eventfd(0, EFD_NONBLOCK);
	uint64_t i, failed = 0;
	struct vm vm;

	vm_make_bare(&vm);
	for (i = 0; i < MOST_EVENTFDS; i++)
		failed += ioeventfd(&vm, e, MMIO_GPA + 8 * i, 8, 0, 0) != 0;
	EXPECT_EQ(failed, 0);
	EXPECT_ERR(ioeventfd(&vm, e, MMIO_GPA + 8 * i, 8, 0, 0), ENOSPC);
	EXPECT_ERR(ioeventfd(&vm, e, MMIO_GPA, 8, 0, 0), EEXIST);
	EXPECT_OK(ioeventfd(&vm, e, MMIO_GPA, 8, gone, 0));
	EXPECT_OK(ioeventfd(&vm, e, MMIO_GPA + 8 * i, 8, 0, 0));
	EXPECT_ERR(ioeventfd(&vm, e, MMIO_GPA, 8, 0, 0), ENOSPC);
	vm_end(&vm);
	close(e);
}

/* Removing one, and the end of an eventfd that is bound, both make room. */
TEST(irqfd__thousand__then_enospc)
{
	struct rlimit lim = { 2 * MOST_EVENTFDS, 2 * MOST_EVENTFDS };
	static int e[MOST_EVENTFDS + 1];
	int i, failed = 0;
	struct vm vm;

	EXPECT_OK(setrlimit(RLIMIT_NOFILE, &lim));
	vm_make_bare(&vm);
	for (i = 0; i <= MOST_EVENTFDS; i++)
		e[i] = eventfd(0, EFD_NONBLOCK);
	for (i = 0; i < MOST_EVENTFDS; i++)
		failed += irqfd(&vm, e[i], (uint32_t)i % 256, 0, 0) != 0;
	EXPECT_EQ(failed, 0);
	EXPECT_ERR(irqfd(&vm, e[i], 1, 0, 0), ENOSPC);
	EXPECT_ERR(irqfd(&vm, e[0], 1, 0, 0), EBUSY);
	EXPECT_OK(irqfd(&vm, e[0], 0, GZVM_IRQFD_FLAG_DEASSIGN, 0));
	EXPECT_OK(irqfd(&vm, e[i], 1, 0, 0));
	EXPECT_ERR(irqfd(&vm, e[0], 0, 0, 0), ENOSPC);
	close(e[1]);
	EXPECT_OK(irqfd(&vm, e[0], 0, 0, 0));
	for (i = 2; i <= MOST_EVENTFDS; i++)
		close(e[i]);
	vm_end(&vm);
	close(e[0]);
}

TEST(ioeventfd__guest_writes__by_length_and_value)
{
	const uint64_t x[4] = { MMIO_GPA, 0x1234, MMIO_GPA + 0x100 };
	int any = eventfd(0, EFD_NONBLOCK), four = eventfd(0, EFD_NONBLOCK);
	struct vm vm;

	vm_make(&vm, 1, guest_doorbell, x);
	EXPECT_OK(ioeventfd(&vm, any, MMIO_GPA, 0, 0, 0));
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA + 0x100, true, 8), 0x1234);
	EXPECT_EQ(event_count(any), 4);
	vm_end(&vm);

	vm_make(&vm, 1, guest_doorbell, x);
	EXPECT_OK(ioeventfd(&vm, four, MMIO_GPA, 4, GZVM_IOEVENTFD_FLAG_DATAMATCH, 0x1234));
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA, true, 1), 0x34);
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA, true, 2), 0x1234);
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA, true, 8), 0x1234);
	EXPECT_EQ(event_count(four), 1);
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA + 0x100, true, 8), 0x1234);
	vm_end(&vm);
	close(any);
	close(four);
}

/* A guest with interrupts on, parked in WFI, its thread asleep in RUN. */
static void make_irq_guest(struct vm *vm, uint64_t icfgr)
{
	const uint64_t x[4] = { GICD_GPA, GICR_GPA, REPORT, icfgr };

	quiet_signal(SIGUSR1, 0);
	vm_make(vm, 1, guest_irq, x);
	EXPECT_EQ(expect_mmio(vm, 0, REPORT, true, 8), READY);
}

/* Waits for the runner; the INTID the guest reports, or 0 after a time-out. */
static uint64_t wait_intid(struct vm *vm, struct runner *r)
{
	uint64_t until = now_ms() + PATIENCE_MS, value = 0;
	bool late = false;

	while (!runner_is_done(r) && !late) {
		sleep_ms(1);
		late = now_ms() > until;
	}
	if (runner_join(r, late ? SIGUSR1 : 0) || vm->run[0].exit_reason != GZVM_EXIT_MMIO)
		return 0;
	memcpy(&value, vm->run[0].mmio.data, sizeof(value));
	return value;
}

TEST(irq_line__idle_guest__wakes_each_time)
{
	struct runner *r;
	struct vm vm;
	int i, lost = 0;

	make_irq_guest(&vm, EDGE);
	for (i = 0; i < ROUNDS && !lost; i++) {
		r = runner_start(&vm, 0);
		if (i % 2)
			sleep_ms(3);	/* surely asleep; else about to be */
		EXPECT_OK(line(&vm, GZVM_IRQ_TYPE_SPI, 7, 1));
		EXPECT_OK(line(&vm, GZVM_IRQ_TYPE_SPI, 7, 0));
		lost += wait_intid(&vm, r) != 39;
	}
	EXPECT_EQ(lost, 0);
	vm_end(&vm);
}

/* Idles of vCPU 0 of the only VM there is that ended before its thread slept (debugfs vcpus), -1 when there is none. */
static long long idle_polled(void)
{
	char line[512] = "";
	long long n = -1;
	const char *at;
	glob_t g;
	FILE *f;

	if (glob("/sys/kernel/debug/gzvm/*-*/vcpus", 0, NULL, &g))
		return -1;
	f = fopen(g.gl_pathv[0], "r");
	globfree(&g);
	if (f && fgets(line, sizeof(line), f) && (at = strstr(line, " idle_polled ")))
		n = atoll(at + strlen(" idle_polled "));
	if (f)
		fclose(f);
	return n;
}

static void set_halt_poll(const char *ns)
{
	int fd = open("/sys/module/gzvm/parameters/halt_poll_ns", O_WRONLY);

	EXPECT(fd >= 0 && write(fd, ns, strlen(ns)) == (ssize_t)strlen(ns));
	close(fd);
}

/* Interrupts for an idle guest, each of which must arrive; how many found its thread still looking. */
static long long polled_of_rounds(const char *ns)
{
	long long polled;
	struct runner *r;
	struct vm vm;
	int i, lost = 0;

	set_halt_poll(ns);
	make_irq_guest(&vm, EDGE);
	for (i = 0; i < 30 && !lost; i++) {
		r = runner_start(&vm, 0);
		sleep_ms(3);
		EXPECT_OK(line(&vm, GZVM_IRQ_TYPE_SPI, 7, 1));
		EXPECT_OK(line(&vm, GZVM_IRQ_TYPE_SPI, 7, 0));
		lost += wait_intid(&vm, r) != 39;
	}
	EXPECT_EQ(lost, 0);
	polled = idle_polled();
	vm_end(&vm);
	return polled;
}

/* Waits of 3 ms: with a limit above them the thread learns to look that long. */
TEST(irq_line__idle_guest__looked_for_as_long_as_halt_poll_ns_says)
{
	EXPECT(polled_of_rounds("1000000000") > 0);
	EXPECT_EQ(polled_of_rounds("0"), 0);
	set_halt_poll("200000");
}

TEST(irq_line__held_level__comes_again_until_lowered)
{
	struct runner *r;
	struct vm vm;
	int i;

	make_irq_guest(&vm, LEVEL);
	EXPECT_OK(line(&vm, GZVM_IRQ_TYPE_SPI, 3, 1));
	for (i = 0; i < 3; i++) {
		r = runner_start(&vm, 0);
		EXPECT_EQ(wait_intid(&vm, r), 35);
	}
	EXPECT_OK(line(&vm, GZVM_IRQ_TYPE_SPI, 3, 0));
	r = runner_start(&vm, 0);
	sleep_ms(50);
	EXPECT(!runner_is_done(r));
	EXPECT_EQ(runner_join(r, SIGUSR1), EINTR);
	vm_end(&vm);
}

TEST(irqfd__idle_guest__one_interrupt_per_signal)
{
	int e = eventfd(0, EFD_NONBLOCK);
	uint64_t one = 1;
	struct runner *r;
	struct vm vm;
	int i, lost = 0;

	make_irq_guest(&vm, LEVEL);
	EXPECT_OK(irqfd(&vm, e, 9, 0, 0));
	for (i = 0; i < ROUNDS && !lost; i++) {
		r = runner_start(&vm, 0);
		if (i % 2)
			sleep_ms(3);
		EXPECT(write(e, &one, sizeof(one)) == sizeof(one));
		lost += wait_intid(&vm, r) != 41;
	}
	EXPECT_EQ(lost, 0);
	r = runner_start(&vm, 0);	/* nobody lowers an irqfd: it must not storm */
	sleep_ms(50);
	EXPECT(!runner_is_done(r));
	EXPECT_EQ(runner_join(r, SIGUSR1), EINTR);
	EXPECT_EQ(event_count(e), 0);	/* consumed */
	vm_end(&vm);
	close(e);
}

TEST(irqfd__signalled_before_assign__counts)
{
	int e = eventfd(1, EFD_NONBLOCK);
	struct runner *r;
	struct vm vm;

	make_irq_guest(&vm, LEVEL);
	r = runner_start(&vm, 0);
	EXPECT_OK(irqfd(&vm, e, 9, 0, 0));
	EXPECT_EQ(wait_intid(&vm, r), 41);
	vm_end(&vm);
	close(e);
}

TEST(irqfd__deassigned__silent)
{
	int e = eventfd(0, EFD_NONBLOCK);
	uint64_t one = 1;
	struct runner *r;
	struct vm vm;

	make_irq_guest(&vm, LEVEL);
	EXPECT_OK(irqfd(&vm, e, 9, 0, 0));
	EXPECT_OK(irqfd(&vm, e, 9, GZVM_IRQFD_FLAG_DEASSIGN, 0));
	EXPECT(write(e, &one, sizeof(one)) == sizeof(one));
	r = runner_start(&vm, 0);
	sleep_ms(50);
	EXPECT(!runner_is_done(r));
	EXPECT_EQ(runner_join(r, SIGUSR1), EINTR);
	EXPECT_EQ(event_count(e), 1);
	vm_end(&vm);
	close(e);
}
