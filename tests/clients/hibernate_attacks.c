// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a host that writes an image of all its memory while a VM is alive: by the kernel, by a program with /dev/snapshot.
 * Never: judge; prints facts for tests/system/hibernate, which does.
 * Used by: gzvm_abi_test hibernate | snapshot.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/suspend_ioctls.h>
#include <sys/syscall.h>

#include "client.h"
#include "kernel_attacks.h"

#define PAGE		4096ull
#define SECRET_PAGES	64ull

static struct vm vm;

static void make_with_secret(bool protect)
{
	vm_make(&vm, 1, guest_secret, (const uint64_t[4]){ DATA_GPA, DATA_GPA + SECRET_PAGES * PAGE, MMIO_GPA });
	if (protect)
		EXPECT_OK(vm_protect(&vm));
	expect_mmio(&vm, 0, MMIO_GPA, true, 8);
}

/* The guest goes on where it was. */
static void tell_what_changed(void)
{
	printf("fact vms %lld\n", hyp_stat("vms"));
	printf("fact changed %llu\n", (unsigned long long)expect_mmio(&vm, 0, MMIO_GPA + 8, true, 8));
	expect_off(&vm, 0);
	vm_end(&vm);
}

static const char *outcome(long result)
{
	return result < 0 ? strerrorname_np(errno) : "done";
}

static long tell(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	long n = fd < 0 ? -1 : write(fd, text, strlen(text));
	int err = errno;

	close(fd);
	errno = err;
	return n;
}

static const char *opened(int flags)
{
	int fd = open("/dev/snapshot", flags | O_CLOEXEC);
	const char *what = outcome(fd);

	close(fd);
	return what;
}

int attack_hibernate(bool protect)
{
	static const char *const mode[] = { "shutdown", "reboot", "suspend", "test_resume" };
	unsigned int i;

	make_with_secret(protect);
	for (i = 0; i < sizeof(mode) / sizeof(mode[0]); i++) {
		if (tell("/sys/power/disk", mode[i]) < 0)
			continue;
		printf("fact hibernate-%s %s\n", mode[i], outcome(tell("/sys/power/state", "disk")));
	}
	printf("fact snapshot-save %s\n", opened(O_RDONLY));
	printf("fact snapshot-resume %s\n", opened(O_WRONLY));
	tell_what_changed();
	return 0;
}

/* The driver is asked when /dev/snapshot is opened, and it was not there then. */
int attack_snapshot(bool protect, const char *module)
{
	int in_suspend = -1, snapshot = open("/dev/snapshot", O_RDONLY | O_CLOEXEC);
	int file = open(module, O_RDONLY | O_CLOEXEC);

	printf("fact snapshot-open %s\n", outcome(snapshot));
	if (syscall(SYS_finit_module, file, "", 0))
		printf("fact error %s: %s\n", module, strerror(errno));
	close(file);
	make_with_secret(protect);
	printf("fact snapshot-freeze %s\n", outcome(ioctl(snapshot, SNAPSHOT_FREEZE)));
	printf("fact snapshot-create %s\n", outcome(ioctl(snapshot, SNAPSHOT_CREATE_IMAGE, &in_suspend)));
	printf("fact snapshot-unfreeze %s\n", outcome(ioctl(snapshot, SNAPSHOT_UNFREEZE)));
	close(snapshot);
	tell_what_changed();
	return 0;
}
