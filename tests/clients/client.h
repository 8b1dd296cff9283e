/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what the driver's test programs share: tests, expectations, a small VM.
 * Never: hide an errno; a helper that fails says so and ends the test.
 * Used by: every *_test.c in this folder. Runs as root on the host, with /dev/gzvm.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "uapi/linux/gzvm.h"

struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

void test_add(struct test *t);
void test_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define TEST(fn)							\
	static void fn(void);						\
	static struct test test_##fn = { #fn, fn, NULL };		\
	static void __attribute__((constructor)) add_##fn(void)		\
	{								\
		test_add(&test_##fn);					\
	}								\
	static void fn(void)

#define EXPECT(cond)							\
	do {								\
		if (!(cond))						\
			test_fail(__FILE__, __LINE__, "%s", #cond);	\
	} while (0)

#define EXPECT_EQ(got, want)						\
	do {								\
		unsigned long long g_ = (unsigned long long)(got);	\
		unsigned long long w_ = (unsigned long long)(want);	\
		if (g_ != w_)						\
			test_fail(__FILE__, __LINE__, "%s is 0x%llx, not 0x%llx", #got, g_, w_); \
	} while (0)

/* The call must fail with exactly this errno. */
#define EXPECT_ERR(call, want)						\
	do {								\
		errno = 0;						\
		long r_ = (call);					\
		if (r_ >= 0 || errno != (want))				\
			test_fail(__FILE__, __LINE__, "%s: %ld, %s; not %s", #call, r_,	\
				  strerror(errno), strerror(want));	\
	} while (0)

#define EXPECT_OK(call)							\
	do {								\
		errno = 0;						\
		long r_ = (call);					\
		if (r_ < 0)						\
			test_fail(__FILE__, __LINE__, "%s: %s", #call, strerror(errno));	\
	} while (0)

#define RAM_GPA		0x80000000ull
#define RAM_SIZE	0x1000000ull	/* 16 MiB */
#define GICD_GPA	0x3fff0000ull
#define GICR_GPA	0x3fe00000ull
#define MMIO_GPA	0x10000000ull	/* no slot there: accesses come out of RUN */
#define DATA_GPA	(RAM_GPA + 0x100000)
#define MAX_VCPUS	8

struct vm {
	int dev;
	int fd;
	int memfd;
	uint8_t *ram;
	int vcpu_count;
	bool retry_busy;	/* somebody uses its pages for moments: a fault that ends in EBUSY is run again */
	int vcpu[MAX_VCPUS];
	struct gzvm_vcpu_run run[MAX_VCPUS];
};

/* Entry points in guest_code.S; the blob is loaded at RAM_GPA. */
extern const uint8_t guest_blob[], guest_blob_end[];
extern const uint8_t guest_mmio[], guest_counter[], guest_wfi[], guest_spin[], guest_touch[];
extern const uint8_t guest_call[], guest_irq[], guest_smp[], guest_doorbell[], guest_off[];
extern const uint8_t guest_load[], guest_idle_timer[], guest_secret[], guest_balloon[], guest_obey[], guest_storm[];

int dev_open(void);
int vm_ioctl(struct vm *vm, unsigned long request, void *arg);
/* A VM with RAM, a GIC and vcpu_count vCPUs, vCPU 0 at entry with x0 to x3 = x. Dies when it cannot. */
void vm_make(struct vm *vm, int vcpu_count, const uint8_t *entry, const uint64_t x[4]);
/* The same without vCPUs or registers. */
void vm_make_bare(struct vm *vm);
void vm_end(struct vm *vm);
int vm_slot(int vm_fd, uint32_t slot, uint64_t gpa, uint64_t size, const void *host);
/* Asks for a protected VM; any time before the first RUN. */
int vm_protect(struct vm *vm);
/* The same, and what the guest shares later comes out of RUN. */
int vm_protect_telling(struct vm *vm);
int vcpu_set_reg(int vcpu_fd, uint64_t id, uint64_t value);
int vcpu_run(struct vm *vm, int i);
/* RUN until an exit that is none of EINTR; the exit reason. */
uint32_t vcpu_run_to_exit(struct vm *vm, int i);
/* Expects an MMIO exit of this kind; for a write returns the value. */
uint64_t expect_mmio(struct vm *vm, int i, uint64_t addr, bool is_write, uint64_t size);
void expect_off(struct vm *vm, int i);
/* Starts a thread in RUN of vCPU i; result of the ioctl (errno or 0) by runner_join. */
struct runner;
struct runner *runner_start(struct vm *vm, int i);
bool runner_is_done(struct runner *r);
int runner_join(struct runner *r, int signal_first);
void sleep_ms(unsigned int ms);
uint64_t now_ms(void);
/* A counter of the hypervisor by name (debugfs gzvm/stats), -1 when there is none. */
long long hyp_stat(const char *name);
/* User memory whose page faults nobody ever answers. */
void *memory_that_hangs(size_t size);
/* How guest memory arrives: block, page or upfront. */
bool paging_is(const char *name);
/* Pages the driver holds pinned for the only VM there is (debugfs slots), -1 when there is none. */
long long pages_pinned(void);
/* Signal handler that does nothing, with or without SA_RESTART. */
void quiet_signal(int sig, int flags);

#endif
