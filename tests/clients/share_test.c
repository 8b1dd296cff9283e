// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: memory that a running protected guest shares, takes back and gives up, as user space sees it.
 * Never: take a refusal for granted: what is refused here has worked a moment before.
 * Used by: gzvm_abi_test. The guest does one command at a time, so each step is looked at from both sides.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if_packet.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "gz/guest_hvc.h"
#include "kinds.h"

#define PAGE		4096ull
#define SECRET		0x5ec4e7000017ull
#define LOAD		0
#define STORE		1
#define BASE(i)		(MMIO_GPA + PAGE * (uint64_t)(i))
#define P(n)		(DATA_GPA + (n) * PAGE)
#define ROUNDS		120

static void command(struct vm *vm, int i, uint64_t what, uint64_t x1, uint64_t x2, uint64_t x3)
{
	const uint64_t words[4] = { what, x1, x2, x3 };
	unsigned int n;

	for (n = 0; n < 4; n++) {
		expect_mmio(vm, i, BASE(i) + 8 * n, false, 8);
		memcpy(vm->run[i].mmio.data, &words[n], 8);
	}
}

/* One command for the guest's vCPU; its result. */
static uint64_t order(struct vm *vm, int i, uint64_t what, uint64_t x1, uint64_t x2, uint64_t x3)
{
	command(vm, i, what, x1, x2, x3);
	return expect_mmio(vm, i, BASE(i) + 32, true, 8);
}

static int64_t share(struct vm *vm, uint64_t gpa, uint64_t pages)
{
	return (int64_t)order(vm, 0, VENDOR_HYP_MEM_SHARE, gpa, pages, 0);
}

static int64_t take_back(struct vm *vm, uint64_t gpa, uint64_t pages)
{
	return (int64_t)order(vm, 0, VENDOR_HYP_MEM_UNSHARE, gpa, pages, 0);
}

static uint64_t *word_of(struct vm *vm, uint64_t gpa)
{
	return (uint64_t *)(void *)(vm->ram + (gpa - RAM_GPA));
}

/* What user space finds there, by a way that ends in an errno where a load would end in SIGBUS. */
static bool can_read(struct vm *vm, uint64_t gpa, uint64_t *value)
{
	struct iovec mine = { value, 8 }, his = { word_of(vm, gpa), 8 };

	return process_vm_readv(getpid(), &mine, 1, &his, 1, 0) == 8;
}

static void expect_seen(struct vm *vm, uint64_t gpa, uint64_t want)
{
	uint64_t value = ~want;

	EXPECT(can_read(vm, gpa, &value));
	EXPECT_EQ(value, want);
	EXPECT_EQ(*word_of(vm, gpa), want);
}

static void expect_hidden(struct vm *vm, uint64_t gpa)
{
	uint64_t value;

	EXPECT(!can_read(vm, gpa, &value));
	EXPECT(pread(vm->memfd, &value, 8, (off_t)(gpa - RAM_GPA)) < 0);
}

static void make(struct vm *vm, int vcpus, bool protect)
{
	const uint64_t x[4] = { BASE(0) };

	vm_make(vm, vcpus, guest_obey, x);
	if (protect)
		EXPECT_OK(vm_protect(vm));
}

static void expect_none_left(void)
{
	uint64_t until = now_ms() + 5000;

	while (hyp_stat("vms") != 0 && now_ms() < until)
		sleep_ms(5);
	EXPECT_EQ(hyp_stat("pages_donated"), 0);
	EXPECT_EQ(hyp_stat("pages_shared_guest"), 0);
}

TEST(share__page__seen_by_both_until_it_is_unshared)
{
	struct vm vm;
	int i;

	make(&vm, 1, false);
	order(&vm, 0, STORE, P(1), SECRET, 0);
	expect_seen(&vm, P(1), SECRET);
	EXPECT_EQ(share(&vm, P(1), 0), SMCCC_NOT_SUPPORTED);
	vm_end(&vm);
	make(&vm, 1, true);
	for (i = 0; i < 3; i++)
		order(&vm, 0, STORE, P(i), SECRET + (uint64_t)i, 0);
	for (i = 0; i < 3; i++) {
		expect_hidden(&vm, P(0));
		expect_hidden(&vm, P(1));
		EXPECT_EQ(share(&vm, P(1), 0), 0);
		expect_seen(&vm, P(1), i ? 77 : SECRET + 1);
		expect_hidden(&vm, P(0));
		expect_hidden(&vm, P(2));
		*word_of(&vm, P(1)) = 77;
		EXPECT_EQ(order(&vm, 0, LOAD, P(1), 0, 0), 77);
		EXPECT_EQ(share(&vm, P(1), 0), SMCCC_INVALID_PARAMETER);
		EXPECT_EQ(take_back(&vm, P(1), 0), 0);
		EXPECT_EQ(take_back(&vm, P(1), 0), SMCCC_INVALID_PARAMETER);
		EXPECT_EQ(order(&vm, 0, LOAD, P(1), 0, 0), 77);
	}
	EXPECT_EQ(order(&vm, 0, LOAD, P(2), 0, 0), SECRET + 2);
	vm_end(&vm);
	expect_none_left();
}

/* One call may name pages of two slots. */
TEST(share__pages_of_two_slots__all_seen)
{
	const uint64_t part = DATA_GPA - RAM_GPA + 2 * PAGE;
	struct vm vm;
	int i;

	make(&vm, 1, false);
	EXPECT_OK(vm_slot(vm.fd, 0, 0, 0, NULL));
	EXPECT_OK(vm_slot(vm.fd, 0, RAM_GPA, part, vm.ram));
	EXPECT_OK(vm_slot(vm.fd, 1, RAM_GPA + part, RAM_SIZE - part, vm.ram + part));
	EXPECT_OK(vm_protect(&vm));
	for (i = 0; i < 4; i++)
		order(&vm, 0, STORE, P(i), SECRET + (uint64_t)i, 0);
	EXPECT_EQ(share(&vm, P(0), 4), 0);
	for (i = 0; i < 4; i++)
		expect_seen(&vm, P(i), SECRET + (uint64_t)i);
	EXPECT_EQ(take_back(&vm, P(0), 2), 0);
	EXPECT_EQ(take_back(&vm, P(2), 2), 0);
	for (i = 0; i < 4; i++)
		expect_hidden(&vm, P(i));
	vm_end(&vm);
	expect_none_left();
}

/* A page in a pipe is in somebody's hands: those before it go, it and those after it stay shared. */
TEST(share__unshare_of_a_page_in_use__refused_until_it_is_free)
{
	struct iovec io;
	uint64_t left[512];
	struct vm vm;
	int fd[2], i;

	make(&vm, 1, true);
	for (i = 0; i < 4; i++)
		order(&vm, 0, STORE, P(i), SECRET + (uint64_t)i, 0);
	EXPECT_EQ(share(&vm, P(0), 4), 0);
	io = (struct iovec){ word_of(&vm, P(2)), PAGE };
	EXPECT_OK(pipe(fd));
	EXPECT_EQ(vmsplice(fd[1], &io, 1, 0), PAGE);
	EXPECT_EQ(take_back(&vm, P(2), 0), SMCCC_INVALID_PARAMETER);
	expect_seen(&vm, P(2), SECRET + 2);
	EXPECT_EQ(take_back(&vm, P(0), 4), 0);
	expect_hidden(&vm, P(0));
	expect_hidden(&vm, P(1));
	expect_seen(&vm, P(2), SECRET + 2);
	expect_seen(&vm, P(3), SECRET + 3);
	EXPECT_EQ(read(fd[0], left, PAGE), PAGE);
	EXPECT_EQ(left[0], SECRET + 2);
	EXPECT_EQ(take_back(&vm, P(2), 2), 0);
	expect_hidden(&vm, P(2));
	expect_hidden(&vm, P(3));
	EXPECT_EQ(order(&vm, 0, LOAD, P(2), 0, 0), SECRET + 2);
	vm_end(&vm);
	close(fd[0]);
	close(fd[1]);
	expect_none_left();
}

/* Pages that the guest's memory takes. */
static long long file_pages(const struct vm *vm)
{
	struct stat st;

	EXPECT_OK(fstat(vm->memfd, &st));
	return st.st_blocks / (PAGE / 512);
}

/* Given up: zeroes, the host's at once, out of the file, and a new page when the guest comes back. */
TEST(share__relinquish__page_is_the_hosts_at_once)
{
	long long pinned, donated, held;
	struct vm vm;
	int i;

	make(&vm, 1, true);
	for (i = 0; i < 4; i++)
		order(&vm, 0, STORE, P(i), SECRET, 0);
	EXPECT_EQ(share(&vm, P(3), 0), 0);
	pinned = pages_pinned();
	donated = hyp_stat("pages_donated");
	held = file_pages(&vm);
	expect_hidden(&vm, P(1));
	EXPECT_EQ(order(&vm, 0, VENDOR_HYP_MEM_RELINQUISH, P(1), 0, 0), 0);
	EXPECT_EQ(order(&vm, 0, VENDOR_HYP_MEM_RELINQUISH, P(3), 0, 0), 0);
	EXPECT_EQ(pages_pinned(), pinned - 2);
	EXPECT_EQ(hyp_stat("pages_donated"), donated - 2);
	EXPECT_EQ(file_pages(&vm), held - 2);
	expect_seen(&vm, P(1), 0);
	expect_seen(&vm, P(3), 0);
	expect_hidden(&vm, P(2));
	EXPECT_EQ(order(&vm, 0, LOAD, P(1), 0, 0), 0);
	order(&vm, 0, STORE, P(3), SECRET + 3, 0);
	expect_hidden(&vm, P(1));
	expect_hidden(&vm, P(3));
	EXPECT_EQ(order(&vm, 0, LOAD, P(2), 0, 0), SECRET);
	EXPECT_EQ(order(&vm, 0, LOAD, P(3), 0, 0), SECRET + 3);
	vm_end(&vm);
	expect_none_left();
}

/* The end finds pages of both kinds, and a process that still maps and uses what was shared. */
TEST(share__vm_ends__shared_and_private_pages_come_back_empty)
{
	struct vm vm;
	pid_t pid;
	int i;

	make(&vm, 1, true);
	for (i = 0; i < 8; i++)
		order(&vm, 0, STORE, P(i), SECRET, 0);
	EXPECT_EQ(share(&vm, P(0), 4), 0);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		close(vm.vcpu[0]);
		close(vm.fd);
		for (;;)
			*(volatile uint64_t *)word_of(&vm, P(1) + 64) += 1;
	}
	close(vm.vcpu[0]);
	close(vm.fd);
	expect_none_left();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (i = 0; i < 8; i++)
		expect_seen(&vm, P(i), 0);
	close(vm.dev);
	close(vm.memfd);
	munmap(vm.ram, RAM_SIZE);
}

struct race { struct vm vm; bool stop; uint64_t wrong; };

static bool is_an_answer(uint64_t x)
{
	return (int64_t)x == 0 || (int64_t)x == SMCCC_INVALID_PARAMETER;
}

/* The other vCPU gives up and takes again what the first one shares and unshares. */
static void *give_up(void *arg)
{
	struct race *r = arg;
	unsigned int n;

	for (n = 0; n < ROUNDS; n++) {
		r->wrong += order(&r->vm, 1, VENDOR_HYP_MEM_RELINQUISH, P(n % 2), 0, 0) != 0;
		order(&r->vm, 1, STORE, P(n % 2), n, 0);
		r->wrong += !is_an_answer(order(&r->vm, 1, n % 3 ? VENDOR_HYP_MEM_UNSHARE : VENDOR_HYP_MEM_SHARE, P(0), 2, 0));
	}
	return NULL;
}

static void *look_on(void *arg)
{
	struct race *r = arg;
	uint64_t value;

	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED)) {
		can_read(&r->vm, P(0), &value);
		can_read(&r->vm, P(1), &value);
		usleep(50);		/* the others get their turns where all CPUs are one thread */
	}
	return NULL;
}

TEST(share__races_of_two_vcpus_and_user_space__nobody_is_hurt)
{
	long long aborts = hyp_stat("host_aborts");
	static struct race r;
	pthread_t other, onlooker;
	unsigned int n;

	r = (struct race){ .stop = false };
	make(&r.vm, 2, true);
	r.vm.retry_busy = true;		/* the onlooker may hold a page for longer than a fault waits for it */
	EXPECT_EQ(order(&r.vm, 0, PSCI_CPU_ON_64, 1, RAM_GPA + (uint64_t)(guest_obey - guest_blob), BASE(1)), 0);
	EXPECT_EQ(pthread_create(&onlooker, NULL, look_on, &r), 0);
	EXPECT_EQ(pthread_create(&other, NULL, give_up, &r), 0);
	for (n = 0; n < ROUNDS; n++) {
		r.wrong += !is_an_answer((uint64_t)share(&r.vm, P(0), 2));
		r.wrong += !is_an_answer((uint64_t)take_back(&r.vm, P(0), 2));
		order(&r.vm, 0, LOAD, P(n % 2), 0, 0);
	}
	pthread_join(other, NULL);
	__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
	pthread_join(onlooker, NULL);
	EXPECT_EQ(r.wrong, 0);
	EXPECT_EQ(hyp_stat("host_aborts"), aborts);
	vm_end(&r.vm);
	expect_none_left();
}

/* A call about pages, which comes out of RUN; nothing is done about it yet. */
static void tells(struct vm *vm, int i, uint64_t call, uint64_t gpa, uint64_t pages)
{
	command(vm, i, call, gpa, pages, 0);
	EXPECT_EQ(vcpu_run_to_exit(vm, i), GZVM_EXIT_HYPERCALL);
	EXPECT_EQ(vm->run[i].hypercall.args[0], call);
	EXPECT_EQ(vm->run[i].hypercall.args[1], gpa);
}

static uint32_t settle(struct vm *vm, int i, uint64_t gpa, uint32_t pages)
{
	struct gzvm_pages_view view = { 0 };

	EXPECT_OK(ioctl(vm->vcpu[i], GZVM_SETTLE_VIEW, &view));
	EXPECT_EQ(view.guest_phys_addr, gpa);
	EXPECT_EQ(view.nr_pages, pages);
	return view.shared;
}

static uint64_t answer(struct vm *vm, int i)
{
	return expect_mmio(vm, i, BASE(i) + 32, true, 8);
}

static void make_telling(struct vm *vm, int vcpus, int pages)
{
	int i;

	make(vm, vcpus, false);
	EXPECT_OK(vm_protect_telling(vm));
	for (i = 0; i < pages; i++)
		order(vm, 0, STORE, P(i), SECRET + (uint64_t)i, 0);
}

TEST(share__user_space_is_told__each_step_when_it_says)
{
	uint64_t cap = GZVM_CAP_VIEWS;
	struct gzvm_pages_view view;
	struct vm vm;

	make_telling(&vm, 1, 4);
	EXPECT_OK(ioctl(vm.dev, GZVM_CHECK_EXTENSION, &cap));
	EXPECT_EQ(cap, 1);
	EXPECT_ERR(ioctl(vm.vcpu[0], GZVM_SETTLE_VIEW, &view), EINVAL);
	tells(&vm, 0, VENDOR_HYP_MEM_SHARE, P(1), 2);
	expect_hidden(&vm, P(1));
	EXPECT_EQ(settle(&vm, 0, P(1), 2), 3);
	EXPECT_ERR(ioctl(vm.vcpu[0], GZVM_SETTLE_VIEW, &view), EINVAL);
	expect_seen(&vm, P(1), SECRET + 1);
	expect_seen(&vm, P(2), SECRET + 2);
	EXPECT_EQ(answer(&vm, 0), 0);
	tells(&vm, 0, VENDOR_HYP_MEM_UNSHARE, P(2), 1);
	expect_seen(&vm, P(2), SECRET + 2);
	EXPECT_EQ(settle(&vm, 0, P(2), 1), 0);
	expect_hidden(&vm, P(2));
	expect_seen(&vm, P(1), SECRET + 1);
	EXPECT_EQ(answer(&vm, 0), 0);
	/* Of a call that names more, what is not shared is not said to be. A refused call makes no exit. */
	EXPECT_EQ((int64_t)order(&vm, 0, VENDOR_HYP_MEM_SHARE, P(1), 3, 0), SMCCC_INVALID_PARAMETER);
	tells(&vm, 0, VENDOR_HYP_MEM_RELINQUISH, P(1), 0);
	EXPECT_EQ(settle(&vm, 0, P(1), 1), 0);
	expect_seen(&vm, P(1), 0);
	EXPECT_EQ(answer(&vm, 0), 0);
	order(&vm, 0, STORE, P(1), SECRET, 0);
	expect_hidden(&vm, P(1));
	/* A private one that is given up is nothing to user space. */
	EXPECT_EQ(order(&vm, 0, VENDOR_HYP_MEM_RELINQUISH, P(2), 0, 0), 0);
	expect_seen(&vm, P(2), 0);
	order(&vm, 0, STORE, P(2), SECRET, 0);
	tells(&vm, 0, VENDOR_HYP_MEM_SHARE, P(0), 4);
	EXPECT_ERR(ioctl(vm.vcpu[0], GZVM_SETTLE_VIEW, NULL), EFAULT);
	EXPECT_EQ(answer(&vm, 0), 0);
	expect_seen(&vm, P(3), SECRET + 3);
	vm_end(&vm);
	expect_none_left();
}

/* A page in a pipe: the answer says what is still shared. */
TEST(share__told_of_a_page_in_use__still_shared)
{
	uint64_t left[512];
	struct iovec io;
	struct vm vm;
	int fd[2];

	make_telling(&vm, 1, 4);
	tells(&vm, 0, VENDOR_HYP_MEM_SHARE, P(0), 4);
	EXPECT_EQ(settle(&vm, 0, P(0), 4), 15);
	EXPECT_EQ(answer(&vm, 0), 0);
	io = (struct iovec){ word_of(&vm, P(2)), PAGE };
	EXPECT_OK(pipe(fd));
	EXPECT_EQ(vmsplice(fd[1], &io, 1, 0), PAGE);
	tells(&vm, 0, VENDOR_HYP_MEM_UNSHARE, P(1), 3);
	EXPECT_EQ(settle(&vm, 0, P(1), 3), 6);
	EXPECT_EQ(answer(&vm, 0), 0);
	expect_hidden(&vm, P(1));
	expect_seen(&vm, P(3), SECRET + 3);
	EXPECT_EQ(read(fd[0], left, PAGE), PAGE);
	vm_end(&vm);
	close(fd[0]);
	close(fd[1]);
	expect_none_left();
}

/* Who never settles has RUN do it. */
TEST(share__told_and_never_settled__run_does_it)
{
	struct vm vm;

	make_telling(&vm, 1, 2);
	tells(&vm, 0, VENDOR_HYP_MEM_SHARE, P(1), 1);
	EXPECT_EQ(answer(&vm, 0), 0);
	expect_seen(&vm, P(1), SECRET + 1);
	tells(&vm, 0, VENDOR_HYP_MEM_UNSHARE, P(1), 1);
	EXPECT_EQ(answer(&vm, 0), 0);
	expect_hidden(&vm, P(1));
	vm_end(&vm);
	expect_none_left();
}

/* One vCPU gives a shared page up and the other one wants it: not before user space has heard of it. */
TEST(share__told_of_a_page_given_up__nobody_gets_it_before)
{
	struct runner *other;
	struct vm vm;

	make_telling(&vm, 2, 2);
	EXPECT_EQ(order(&vm, 0, PSCI_CPU_ON_64, 1, RAM_GPA + (uint64_t)(guest_obey - guest_blob), BASE(1)), 0);
	tells(&vm, 0, VENDOR_HYP_MEM_SHARE, P(1), 1);
	EXPECT_EQ(settle(&vm, 0, P(1), 1), 1);
	EXPECT_EQ(answer(&vm, 0), 0);
	tells(&vm, 0, VENDOR_HYP_MEM_RELINQUISH, P(1), 0);
	command(&vm, 1, STORE, P(1), SECRET, 0);
	other = runner_start(&vm, 1);
	sleep_ms(100);
	EXPECT(!runner_is_done(other));
	expect_seen(&vm, P(1), 0);
	EXPECT_EQ(settle(&vm, 0, P(1), 1), 0);
	EXPECT_EQ(runner_join(other, 0), 0);
	EXPECT_EQ(vm.run[1].exit_reason, GZVM_EXIT_MMIO);
	expect_hidden(&vm, P(1));
	EXPECT_EQ(answer(&vm, 0), 0);
	vm_end(&vm);
	expect_none_left();
}

/* Before 6.10 the memfd must carry F_SEAL_FUTURE_WRITE: no new mapping, no hole. */
static bool future_writes_are_sealed(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname os;

	EXPECT(!uname(&os) && sscanf(os.release, "%u.%u", &major, &minor) == 2);
	return major == 6 && minor < 10;
}

#define HUGE(n)		(RAM_GPA + 0x800000 + (n) * PAGE)

/* Of a huge page all comes and goes at once, and an answer could not name it: no page of it is ever called user space's. */
TEST(share__told_of_a_huge_page__not_user_spaces)
{
	struct vm vm;
	uint64_t j;

	use_kind(RAM_THP);
	make(&vm, 1, false);
	expect_kind(pa_of(word_of(&vm, HUGE(0))));
	EXPECT_OK(vm_protect_telling(&vm));
	for (j = 0; j < 512; j++)
		order(&vm, 0, STORE, HUGE(j), SECRET, 0);
	for (j = 0; j < 512; j += 32) {
		tells(&vm, 0, VENDOR_HYP_MEM_SHARE, HUGE(j), 32);
		EXPECT_EQ(settle(&vm, 0, HUGE(j), 32), 0);
		EXPECT_EQ(answer(&vm, 0), 0);
	}
	expect_seen(&vm, HUGE(510), SECRET);		/* it can be read, but nobody was told so */
	tells(&vm, 0, VENDOR_HYP_MEM_UNSHARE, HUGE(511), 1);
	EXPECT_EQ(settle(&vm, 0, HUGE(511), 1), 0);
	EXPECT_EQ(answer(&vm, 0), 0);
	vm_end(&vm);
	use_kind(RAM_SMALL);
	expect_none_left();
}

/* Somebody held a page of a huge page when it was to be hidden, then all of it left the file: the guest gets the new one. */
TEST(share__huge_page_left_its_file__brought_anew)
{
	uint64_t left[512];
	struct iovec io;
	struct vm vm;
	int fd[2];

	/* Upfront the first RUN is refused as long as somebody holds a page. */
	if (paging_is("upfront") || future_writes_are_sealed())
		return;
	use_kind(RAM_THP);
	make(&vm, 1, false);
	expect_kind(pa_of(word_of(&vm, HUGE(0))));
	EXPECT_OK(vm_protect(&vm));
	io = (struct iovec){ word_of(&vm, HUGE(5)), PAGE };
	EXPECT_OK(pipe(fd));
	EXPECT_EQ(vmsplice(fd[1], &io, 1, 0), PAGE);
	command(&vm, 0, STORE, HUGE(0), SECRET, 0);
	EXPECT_EQ(vcpu_run_to_exit(&vm, 0), GZVM_EXIT_EXCEPTION);
	EXPECT_EQ(vm.run[0].exception.error_code, EBUSY);
	EXPECT_EQ(read(fd[0], left, PAGE), PAGE);
	EXPECT_OK(fallocate(vm.memfd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, HUGE(0) - RAM_GPA, 0x200000));
	*(volatile uint64_t *)word_of(&vm, HUGE(5)) = 1;
	EXPECT_EQ(expect_mmio(&vm, 0, BASE(0) + 32, true, 8), SECRET);
	EXPECT_EQ(order(&vm, 0, LOAD, HUGE(0), 0, 0), SECRET);
	close(fd[0]);
	close(fd[1]);
	vm_end(&vm);
	use_kind(RAM_SMALL);
	expect_none_left();
}

/* Pages that a driver mapped and that are in no file at all cannot be hidden; that is said, not tried for ever. */
TEST(share__ring_of_a_driver__einval)
{
	const uint64_t at = 0x100000000ull, x[4] = { at, at + 16 * PAGE, PAGE };
	struct tpacket_req req = { .tp_block_size = PAGE, .tp_block_nr = 16, .tp_frame_size = 2048, .tp_frame_nr = 32 };
	int s = socket(AF_PACKET, SOCK_RAW, 0), protect;
	struct vm vm;
	void *ring;

	EXPECT_OK(setsockopt(s, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)));
	ring = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
	EXPECT(ring != MAP_FAILED);
	for (protect = 0; protect < 2; protect++) {
		vm_make(&vm, 1, guest_touch, x);
		EXPECT_OK(vm_slot(vm.fd, 1, at, 16 * PAGE, ring));
		if (protect)
			EXPECT_OK(vm_protect(&vm));
		EXPECT_EQ(vcpu_run_to_exit(&vm, 0), protect ? GZVM_EXIT_EXCEPTION : GZVM_EXIT_SYSTEM_EVENT);
		if (protect)
			EXPECT_EQ(vm.run[0].exception.error_code, EINVAL);
		vm_end(&vm);
	}
	munmap(ring, 16 * PAGE);
	close(s);
}

/* What the driver does to a memfd's seals says nothing false: no mapping that can write beside F_SEAL_WRITE, and new ones are there. */
TEST(share__seals_of_the_memfd__tell_no_lie)
{
	const uint64_t x[4] = { BASE(0) };
	struct vm vm;
	void *p;

	if (future_writes_are_sealed())
		return;
	vm_make(&vm, 1, guest_obey, x);
	EXPECT_OK(fcntl(vm.memfd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL));
	EXPECT_OK(vm_protect(&vm));
	order(&vm, 0, STORE, P(1), SECRET, 0);
	EXPECT_EQ(fcntl(vm.memfd, F_GET_SEALS) & ~F_SEAL_SHRINK, F_SEAL_GROW | F_SEAL_SEAL);
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, vm.memfd, 0x900000);
	EXPECT(p != MAP_FAILED);
	*(volatile uint64_t *)p = 1;
	munmap(p, PAGE);
	vm_end(&vm);
	expect_none_left();
}
