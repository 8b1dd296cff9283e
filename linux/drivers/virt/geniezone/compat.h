/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Job: the only version conditionals of the driver, so that it builds for 6.1 and later.
 * Never: carry anything but renamed or re-typed kernel interfaces.
 * Used by: gzvm_ioeventfd.c; dropped when the driver is exported into a kernel tree.
 */
#ifndef GZVM_COMPAT_H
#define GZVM_COMPAT_H

#include <linux/eventfd.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
static inline void gzvm_eventfd_signal(struct eventfd_ctx *ctx)
{
	eventfd_signal(ctx, 1);
}
#else
static inline void gzvm_eventfd_signal(struct eventfd_ctx *ctx)
{
	eventfd_signal(ctx);
}
#endif

#endif
