// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: RUN: errno, exits and replies, signals against exits, idle, hypercalls, several vCPUs.
 * Never: accept an exit lost or doubled.
 * Used by: gzvm_abi_test.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/rseq.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "client.h"

#define PTP		0x86000001ull
#define UNKNOWN_CALL	0xc6ffff00ull
#define WRITES		3000ull

TEST(run__bad_structure)
{
	struct vm vm;

	vm_make(&vm, 1, guest_off, NULL);
	EXPECT_ERR(ioctl(vm.vcpu[0], GZVM_RUN, NULL), EFAULT);
	EXPECT_ERR(ioctl(vm.vcpu[0], GZVM_RUN, 8), EFAULT);
	vm.run[0].padding1[2] = 1;
	EXPECT_ERR(vcpu_run(&vm, 0), EINVAL);
	vm.run[0].padding1[2] = 0;
	expect_off(&vm, 0);
	vm_end(&vm);
}

TEST(run__immediate_exit__eintr_and_kept)
{
	struct vm vm;

	vm_make(&vm, 1, guest_off, NULL);
	vm.run[0].immediate_exit = 1;
	vm.run[0].exit_reason = 0x1111;
	EXPECT_ERR(vcpu_run(&vm, 0), EINTR);
	EXPECT_EQ(vm.run[0].immediate_exit, 1);
	EXPECT_EQ(vm.run[0].exit_reason, 0x1111);
	vm.run[0].immediate_exit = 0;
	expect_off(&vm, 0);
	EXPECT_EQ(vm.run[0].immediate_exit, 0);
	vm_end(&vm);
}

static void reply(struct vm *vm, uint64_t value)
{
	memcpy(vm->run[0].mmio.data, &value, sizeof(value));
}

TEST(run__mmio__sizes_signs_and_values)
{
	const uint64_t x[4] = { MMIO_GPA };
	struct vm vm;

	vm_make(&vm, 1, guest_mmio, x);
	expect_mmio(&vm, 0, MMIO_GPA, false, 8);
	reply(&vm, 0x8877665544332211ull);
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA + 8, true, 8), 0x8877665544332211ull);
	expect_mmio(&vm, 0, MMIO_GPA + 16, false, 4);
	reply(&vm, 0xffffffff80000001ull);
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA + 24, true, 8), 0x80000001ull);
	expect_mmio(&vm, 0, MMIO_GPA + 32, false, 1);
	reply(&vm, 0x80);
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA + 40, true, 8), 0xffffffffffffff80ull);
	expect_mmio(&vm, 0, MMIO_GPA + 48, false, 2);
	reply(&vm, 0xffff8001ull);
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA + 56, true, 2), 0x8001);
	expect_mmio(&vm, 0, MMIO_GPA + 64, false, 1);
	reply(&vm, 0xabcd);
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA + 72, true, 1), 0xcd);
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA + 80, true, 4), 0);
	expect_off(&vm, 0);
	vm_end(&vm);
}

/* Only the reply is taken: what else user space writes into the structure changes nothing. */
TEST(run__structure_scribbled__only_reply_counts)
{
	const uint64_t x[4] = { MMIO_GPA };
	struct vm vm;

	vm_make(&vm, 1, guest_mmio, x);
	expect_mmio(&vm, 0, MMIO_GPA, false, 8);
	memset(&vm.run[0].padding, 0xff, sizeof(vm.run[0].padding));
	vm.run[0].exit_reason = GZVM_EXIT_SHUTDOWN;
	reply(&vm, 0x42);
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA + 8, true, 8), 0x42);
	vm_end(&vm);
}

/* A reply given together with immediate_exit is not lost. */
TEST(run__reply_with_immediate_exit__used_later)
{
	const uint64_t x[4] = { MMIO_GPA };
	struct vm vm;

	vm_make(&vm, 1, guest_mmio, x);
	expect_mmio(&vm, 0, MMIO_GPA, false, 8);
	reply(&vm, 0x77);
	vm.run[0].immediate_exit = 1;
	EXPECT_ERR(vcpu_run(&vm, 0), EINTR);
	vm.run[0].immediate_exit = 0;
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA + 8, true, 8), 0x77);
	vm_end(&vm);
}

/* An exit that could not be written out is given out by the next call. */
TEST(run__structure_not_writable__exit_kept)
{
	const uint64_t x[4] = { MMIO_GPA, 2 };
	struct gzvm_vcpu_run *ro;
	struct vm vm;

	vm_make(&vm, 1, guest_counter, x);
	ro = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT_ERR(ioctl(vm.vcpu[0], GZVM_RUN, ro), EFAULT);
	EXPECT_ERR(ioctl(vm.vcpu[0], GZVM_RUN, ro), EFAULT);
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA, true, 8), 1);
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA, true, 8), 2);
	munmap(ro, 4096);
	vm_end(&vm);
}

static void timer_every_us(long us)
{
	struct itimerval it = { { 0, us }, { 0, us } };

	setitimer(ITIMER_REAL, &it, NULL);
}

/* Signals storm while the guest counts through MMIO: every number comes exactly once. */
static void count_under_signals(int flags)
{
	const uint64_t x[4] = { MMIO_GPA, WRITES };
	uint64_t want = 1, value, interrupted = 0;
	struct vm vm;

	quiet_signal(SIGALRM, flags);
	vm_make(&vm, 1, guest_counter, x);
	timer_every_us(1000);
	while (want <= WRITES) {
		if (vcpu_run(&vm, 0)) {
			EXPECT_EQ(errno, EINTR);
			interrupted++;
			continue;
		}
		if (vm.run[0].exit_reason != GZVM_EXIT_MMIO)
			break;
		memcpy(&value, vm.run[0].mmio.data, sizeof(value));
		if (value != want)
			break;
		want++;
	}
	timer_every_us(0);
	EXPECT_EQ(want, WRITES + 1);
	printf("  %llu of %llu RUNs interrupted\n", (unsigned long long)interrupted, WRITES);
	expect_off(&vm, 0);
	vm_end(&vm);
}

TEST(run__signal_storm__no_exit_lost)
{
	count_under_signals(0);
}

TEST(run__signal_storm_restarting__no_exit_lost)
{
	count_under_signals(SA_RESTART);
}

TEST(run__spinning_guest__a_signal_ends_run)
{
	struct runner *r;
	struct vm vm;

	quiet_signal(SIGUSR1, 0);
	vm_make(&vm, 1, guest_spin, NULL);
	r = runner_start(&vm, 0);
	sleep_ms(30);
	EXPECT(!runner_is_done(r));
	EXPECT_EQ(runner_join(r, SIGUSR1), EINTR);
	vm_end(&vm);
}

TEST(run__idle_guest__a_signal_ends_run)
{
	struct runner *r;
	struct vm vm;

	quiet_signal(SIGUSR1, 0);
	vm_make(&vm, 1, guest_wfi, NULL);
	r = runner_start(&vm, 0);
	sleep_ms(30);
	EXPECT(!runner_is_done(r));
	EXPECT_EQ(runner_join(r, SIGUSR1), EINTR);
	vm_end(&vm);
}

struct mover {
	struct vm *vm;
	struct rseq *rseq;
};

static void *run_and_tell_rseq(void *arg)
{
	struct mover *m = arg;

	__atomic_store_n(&m->rseq, (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset), __ATOMIC_RELEASE);
	return (void *)(intptr_t)vcpu_run(m->vm, 0);
}

static bool comes_to_cpu(struct mover *m, uint32_t cpu)
{
	uint64_t until = now_ms() + 3000;
	struct rseq *r;

	for (; now_ms() < until; sleep_ms(5)) {
		r = __atomic_load_n(&m->rseq, __ATOMIC_ACQUIRE);
		if (r && __atomic_load_n(&r->cpu_id, __ATOMIC_RELAXED) == cpu)
			return true;
	}
	return false;
}

/*
 * The kernel keeps the number of the thread's CPU in its memory (rseq), as work for the way out to
 * user space. A thread inside RUN that is moved must have that work done although its guest spins on.
 */
TEST(run__moved_while_the_guest_spins__work_on_the_way_out_is_done)
{
	struct mover m = { 0 };
	pthread_t thread;
	cpu_set_t cpus;
	struct vm vm;
	uint32_t i;

	quiet_signal(SIGUSR1, 0);
	vm_make(&vm, 1, guest_spin, NULL);
	m.vm = &vm;
	EXPECT(__rseq_size > 0 && sysconf(_SC_NPROCESSORS_ONLN) > 1);
	EXPECT_EQ(pthread_create(&thread, NULL, run_and_tell_rseq, &m), 0);
	sleep_ms(50);
	for (i = 0; i < 4; i++) {
		CPU_ZERO(&cpus);
		CPU_SET(i % 2, &cpus);
		EXPECT_EQ(pthread_setaffinity_np(thread, sizeof(cpus), &cpus), 0);
		EXPECT(comes_to_cpu(&m, i % 2));
	}
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, NULL);
	vm_end(&vm);
}

/* An idle guest must not burn the host's CPU. */
TEST(run__idle_guest__costs_nothing)
{
	struct timespec a, b;
	struct runner *r;
	struct vm vm;
	long used_ms;

	quiet_signal(SIGUSR1, 0);
	vm_make(&vm, 1, guest_wfi, NULL);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	r = runner_start(&vm, 0);
	sleep_ms(1000);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	EXPECT_EQ(runner_join(r, SIGUSR1), EINTR);
	used_ms = (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
	printf("  %ld ms of CPU in 1000 ms\n", used_ms);
	EXPECT(used_ms < 200);
	vm_end(&vm);
}

TEST(run__two_threads__ebusy)
{
	struct gzvm_vcpu_run other = { 0 };
	struct runner *r;
	struct vm vm;

	quiet_signal(SIGUSR1, 0);
	vm_make(&vm, 1, guest_wfi, NULL);
	r = runner_start(&vm, 0);
	sleep_ms(30);
	EXPECT_ERR(ioctl(vm.vcpu[0], GZVM_RUN, &other), EBUSY);
	EXPECT_ERR(vcpu_set_reg(vm.vcpu[0], GZVM_REG_X(0), 1), EBUSY);
	EXPECT_EQ(runner_join(r, SIGUSR1), EINTR);
	vm_end(&vm);
}

TEST(run__idle_with_timer__wakes_in_time)
{
	uint64_t freq, start, took;
	uint64_t x[4] = { 0, MMIO_GPA, GICD_GPA, GICR_GPA };
	struct vm vm;

	__asm__("mrs %0, cntfrq_el0" : "=r"(freq));
	x[0] = freq / 5;
	vm_make(&vm, 1, guest_idle_timer, x);
	start = now_ms();
	expect_mmio(&vm, 0, MMIO_GPA, true, 8);
	took = now_ms() - start;
	printf("  200 ms timer, %llu ms\n", (unsigned long long)took);
	EXPECT(took >= 195 && took < 1500);
	vm_end(&vm);
}

TEST(run__no_entry_point__fail_entry)
{
	struct vm vm;

	vm_make_bare(&vm);
	vm.vcpu_count = 1;
	vm.vcpu[0] = ioctl(vm.fd, GZVM_CREATE_VCPU, 0);
	EXPECT_EQ(vcpu_run_to_exit(&vm, 0), GZVM_EXIT_FAIL_ENTRY);
	EXPECT(vm.run[0].fail_entry.hardware_entry_failure_reason != 0);
	vm_end(&vm);
}

TEST(hypercall__unknown__answered_not_supported)
{
	const uint64_t x[4] = { UNKNOWN_CALL, 0, 0, MMIO_GPA };
	struct vm vm;

	vm_make(&vm, 1, guest_call, x);
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA, true, 8), ~0ull);
	vm_end(&vm);
}

TEST(hypercall__ptp__the_hosts_clock)
{
	const uint64_t x[4] = { PTP, 0, 0, MMIO_GPA };
	struct timespec ts;
	uint64_t hi, lo, ns, host;
	struct vm vm;

	vm_make(&vm, 1, guest_call, x);
	hi = expect_mmio(&vm, 0, MMIO_GPA, true, 8);
	lo = expect_mmio(&vm, 0, MMIO_GPA + 8, true, 8);
	expect_mmio(&vm, 0, MMIO_GPA + 16, true, 8);
	EXPECT(expect_mmio(&vm, 0, MMIO_GPA + 24, true, 8) != 0);
	clock_gettime(CLOCK_REALTIME, &ts);
	ns = hi << 32 | lo;
	host = (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
	EXPECT(hi != ~0ull && host >= ns && host - ns < 5000000000ull);
	vm_end(&vm);
}

TEST(smp__cpu_on__second_vcpu_starts_and_reports)
{
	const uint64_t x[4] = { MMIO_GPA };
	struct runner *second, *first;
	struct vm vm;

	quiet_signal(SIGUSR1, 0);
	vm_make(&vm, 2, guest_smp, x);
	second = runner_start(&vm, 1);	/* powered off: idles in RUN */
	sleep_ms(30);
	EXPECT(!runner_is_done(second));
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA, true, 8), 0);
	first = runner_start(&vm, 0);
	EXPECT_EQ(runner_join(second, 0), 0);
	EXPECT_EQ(vm.run[1].exit_reason, GZVM_EXIT_MMIO);
	EXPECT_EQ(vm.run[1].mmio.phys_addr, MMIO_GPA + 8);
	EXPECT_EQ(vm.run[1].mmio.data[0], 1);
	expect_off(&vm, 1);
	EXPECT_EQ(runner_join(first, SIGUSR1), EINTR);
	vm_end(&vm);
}

/*
 * strace and a supervisor of seccomp stop the thread at the entry of each system call, which is a
 * change of context and so sets TIF_NOTIFY_RESUME: RUN must still get somewhere.
 */
static int traced_child(void)
{
	const uint64_t x[4] = { MMIO_GPA, 3 };
	struct vm vm;

	vm_make(&vm, 1, guest_counter, x);
	if (ptrace(PTRACE_TRACEME, 0, 0, 0))
		return 2;
	raise(SIGSTOP);
	for (uint64_t n = 1; n <= 3; n++)
		if (vcpu_run(&vm, 0) || vm.run[0].exit_reason != GZVM_EXIT_MMIO)
			return 3;
	return 0;
}

TEST(run__traced_at_each_system_call__goes_on)
{
	unsigned int stops = 0;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(traced_child());
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) && stops++ < 2000)
		ptrace(PTRACE_SYSCALL, pid, 0, 0);
	if (WIFSTOPPED(status)) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	printf("traced: %u stops\n", stops);
	EXPECT(stops < 2000);
	EXPECT_EQ(status, 0);
}
