// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: life cycles: every order of closing, fork, passed descriptors, killed threads and processes.
 * Never: pass when a VM stays behind: the hypervisor's own count must come back.
 * Used by: gzvm_abi_test.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "client.h"

#define KILLS	20

static void expect_no_vm_left(void)
{
	uint64_t until = now_ms() + 5000;

	if (hyp_stat("vms") < 0)
		return;
	while (hyp_stat("vms") != 0 && now_ms() < until)
		sleep_ms(5);
	EXPECT_EQ(hyp_stat("vms"), 0);
	EXPECT_EQ(hyp_stat("vcpus"), 0);
	EXPECT_EQ(hyp_stat("pages_shared_guest"), 0);
}

TEST(life__close_in_every_order)
{
	static const int orders[6][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	struct vm vm;
	int o, i;

	for (o = 0; o < 6; o++) {
		vm_make(&vm, 1, guest_off, NULL);
		int fd[3] = { vm.dev, vm.fd, vm.vcpu[0] };

		for (i = 0; i < 3; i++)
			close(fd[orders[o][i]]);
		close(vm.memfd);
	}
	expect_no_vm_left();
}

/* The vCPU keeps its VM: it still runs when the VM's own descriptor is gone. */
TEST(life__vm_closed_first__vcpu_still_runs)
{
	const uint64_t x[4] = { MMIO_GPA, 3 };
	struct vm vm;

	vm_make(&vm, 1, guest_counter, x);
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA, true, 8), 1);
	close(vm.fd);
	close(vm.dev);
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA, true, 8), 2);
	EXPECT_EQ(expect_mmio(&vm, 0, MMIO_GPA, true, 8), 3);
	expect_off(&vm, 0);
	close(vm.vcpu[0]);
	expect_no_vm_left();
}

TEST(life__vm_closed_while_running__run_goes_on)
{
	int e = eventfd(0, EFD_NONBLOCK);
	struct gzvm_irqfd a = { .fd = (uint32_t)e, .gsi = 4 };
	uint64_t one = 1;
	struct runner *r;
	struct vm vm;

	quiet_signal(SIGUSR1, 0);
	vm_make(&vm, 1, guest_wfi, NULL);
	EXPECT_OK(vm_ioctl(&vm, GZVM_IRQFD, &a));
	r = runner_start(&vm, 0);
	sleep_ms(20);
	close(vm.fd);
	EXPECT(write(e, &one, sizeof(one)) == sizeof(one));	/* bound to nothing any more */
	sleep_ms(20);
	EXPECT(!runner_is_done(r));
	EXPECT_EQ(runner_join(r, SIGUSR1), EINTR);
	close(vm.vcpu[0]);
	close(vm.dev);
	close(e);
	expect_no_vm_left();
}

/* A child that outlives its parent holds the descriptors; its end is the VM's end. */
TEST(life__fork__last_close_wins)
{
	struct vm vm;
	int status;
	pid_t pid;

	fflush(stdout);
	vm_make(&vm, 1, guest_off, NULL);
	pid = fork();
	if (pid == 0) {
		sleep_ms(200);
		_exit(0);
	}
	vm_end(&vm);
	if (hyp_stat("vms") >= 0)
		EXPECT_EQ(hyp_stat("vms"), 1);
	waitpid(pid, &status, 0);
	expect_no_vm_left();
}

static void send_fd(int sock, int fd)
{
	char c = 0, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec io = { &c, 1 };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	EXPECT_OK(sendmsg(sock, &m, 0));
}

/* A descriptor in flight keeps the VM; closing the socket drops it. */
TEST(life__descriptor_in_a_socket)
{
	struct vm vm;
	int s[2];

	vm_make(&vm, 1, guest_off, NULL);
	EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	send_fd(s[0], vm.vcpu[0]);
	vm_end(&vm);
	if (hyp_stat("vms") >= 0)
		EXPECT_EQ(hyp_stat("vms"), 1);
	close(s[0]);
	close(s[1]);
	expect_no_vm_left();
}

TEST(life__exec__descriptors_close)
{
	int status = 1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct vm vm;

		vm_make(&vm, 2, guest_off, NULL);
		execl("/bin/busybox", "busybox", "sleep", "0", (char *)NULL);
		_exit(3);
	}
	waitpid(pid, &status, 0);
	EXPECT_EQ(status, 0);
	expect_no_vm_left();
}

static void child_runs(const uint8_t *entry)
{
	struct vm vm;

	vm_make(&vm, 2, entry, NULL);
	runner_start(&vm, 1);
	vcpu_run_to_exit(&vm, 0);
	_exit(0);
}

static void kill_in_run(const uint8_t *entry)
{
	int i, status;
	pid_t pid;

	fflush(stdout);
	for (i = 0; i < KILLS; i++) {
		pid = fork();
		if (pid == 0)
			child_runs(entry);
		sleep_ms((unsigned int)(i * 7 % 60));
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	expect_no_vm_left();
}

TEST(life__sigkill_while_guest_spins)
{
	kill_in_run(guest_spin);
}

TEST(life__sigkill_while_guest_idles)
{
	kill_in_run(guest_wfi);
}

/* Guest memory whose faults nobody answers: RUN hangs in the host's kernel. */
static void child_stuck(int ready)
{
	const uint64_t x[4] = { DATA_GPA + 0x10000000, DATA_GPA + 0x10001000, 0x1000 };
	void *p = memory_that_hangs(0x200000);
	struct vm vm;

	vm_make(&vm, 2, guest_touch, x);
	if (write(ready, "r", 1) != 1)
		_exit(3);
	vm_slot(vm.fd, 1, x[0] & ~0x1fffffull, 0x200000, p);	/* populate=upfront hangs here */
	vcpu_run(&vm, 0);
	_exit(0);
}

TEST(life__sigkill_while_a_fault_hangs)
{
	int status = 0, ready[2];
	pid_t pid;
	char c;

	fflush(stdout);
	EXPECT_OK(pipe(ready));
	pid = fork();
	if (pid == 0)
		child_stuck(ready[1]);
	EXPECT(read(ready[0], &c, 1) == 1);
	sleep_ms(100);
	if (waitpid(pid, &status, WNOHANG)) {
		/* 6.1 cannot wait for such a page when it pins: RUN gave EXCEPTION instead. */
		EXPECT_EQ(status, 0);
	} else {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		EXPECT(WIFSIGNALED(status));
	}
	close(ready[0]);
	close(ready[1]);
	expect_no_vm_left();
}

static bool ends_in_time(pid_t pid, int *status)
{
	uint64_t until = now_ms() + 3000;

	while (now_ms() < until) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		sleep_ms(5);
	}
	return false;
}

/* Who waits for a lock behind a page fault that nobody answers can be killed. */
TEST(life__reader_behind_a_fault_that_hangs__can_be_killed)
{
	int status = 0, ready[2];
	pid_t stuck, reader;
	char c;

	fflush(stdout);
	EXPECT_OK(pipe(ready));
	stuck = fork();
	if (stuck == 0)
		child_stuck(ready[1]);
	EXPECT(read(ready[0], &c, 1) == 1);
	sleep_ms(100);
	reader = fork();
	if (reader == 0)
		_exit(pages_pinned() < 0);
	sleep_ms(100);
	if (waitpid(stuck, &status, WNOHANG) == 0) {	/* 6.1 does not wait for such a page */
		EXPECT_EQ(waitpid(reader, &status, WNOHANG), 0);
		kill(reader, SIGKILL);
		EXPECT(ends_in_time(reader, &status));
		EXPECT(WIFSIGNALED(status));
		kill(stuck, SIGKILL);
		waitpid(stuck, &status, 0);
	}
	waitpid(reader, &status, 0);
	close(ready[0]);
	close(ready[1]);
	expect_no_vm_left();
}

TEST(life__module_in_use__stays)
{
	struct vm vm;

	vm_make(&vm, 1, guest_off, NULL);
	EXPECT_ERR(syscall(SYS_delete_module, "gzvm", O_NONBLOCK), EAGAIN);
	expect_off(&vm, 0);
	vm_end(&vm);
}

struct racer {
	struct vm *vm;
	int stop;
};

static void *race_run(void *arg)
{
	struct racer *r = arg;
	struct gzvm_vcpu_run run = { .immediate_exit = 0 };

	while (!__atomic_load_n(&r->stop, __ATOMIC_ACQUIRE))
		ioctl(r->vm->vcpu[0], GZVM_RUN, &run);
	return NULL;
}

static void *race_ioevent(void *arg)
{
	struct racer *r = arg;
	int e = eventfd(0, EFD_NONBLOCK);
	struct gzvm_ioeventfd a = { .fd = e, .addr = MMIO_GPA, .len = 8 };
	struct gzvm_irqfd q = { .fd = (uint32_t)e, .gsi = 4 };

	while (!__atomic_load_n(&r->stop, __ATOMIC_ACQUIRE)) {
		a.flags = 0;
		ioctl(r->vm->fd, GZVM_IOEVENTFD, &a);
		q.flags = 0;
		ioctl(r->vm->fd, GZVM_IRQFD, &q);
		a.flags = GZVM_IOEVENTFD_FLAG_DEASSIGN;
		ioctl(r->vm->fd, GZVM_IOEVENTFD, &a);
		q.flags = GZVM_IRQFD_FLAG_DEASSIGN;
		ioctl(r->vm->fd, GZVM_IRQFD, &q);
	}
	close(e);
	return NULL;
}

static void *race_slots(void *arg)
{
	struct racer *r = arg;

	while (!__atomic_load_n(&r->stop, __ATOMIC_ACQUIRE)) {
		vm_slot(r->vm->fd, 1, 0x100000000ull, 0x200000, r->vm->ram);
		vm_slot(r->vm->fd, 1, 0, 0, NULL);
	}
	return NULL;
}

/* Two threads run one vCPU whose doorbell comes and goes while slots come and go. */
TEST(life__races__nothing_breaks)
{
	const uint64_t x[4] = { MMIO_GPA, ~0ull };
	struct racer r = { 0 };
	pthread_t t[4];
	struct vm vm;
	int i;

	vm_make(&vm, 1, guest_counter, x);
	r.vm = &vm;
	pthread_create(&t[0], NULL, race_run, &r);
	pthread_create(&t[1], NULL, race_run, &r);
	pthread_create(&t[2], NULL, race_ioevent, &r);
	pthread_create(&t[3], NULL, race_slots, &r);
	sleep_ms(2000);
	quiet_signal(SIGUSR1, 0);
	__atomic_store_n(&r.stop, 1, __ATOMIC_RELEASE);
	for (i = 0; i < 4; i++) {
		pthread_kill(t[i], SIGUSR1);
		sleep_ms(5);
		pthread_kill(t[i], SIGUSR1);
		pthread_join(t[i], NULL);
	}
	vm_end(&vm);
	expect_no_vm_left();
}
