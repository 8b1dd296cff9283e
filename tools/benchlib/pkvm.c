// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: makes every VM that a preloaded program asks KVM for a protected one; gz's own KVM back end has no such option.
 * Never: change another request.
 * Used by: tools/benchlib/init.sh, LD_PRELOAD for gz on a kernel whose KVM has protected guests.
 */
#define _GNU_SOURCE
#include <linux/kvm.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TYPE_PROTECTED	(1ul << 31)

int ioctl(int fd, unsigned long request, ...)
{
	unsigned long arg;
	va_list list;

	va_start(list, request);
	arg = va_arg(list, unsigned long);
	va_end(list);
	if (request == KVM_CREATE_VM)
		arg |= TYPE_PROTECTED;
	return (int)syscall(SYS_ioctl, fd, request, arg);
}
