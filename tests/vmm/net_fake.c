// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a network without packets, in the place of net/slirp.c.
 * Never: reach a test of net/slirp.c itself, which links the real one.
 * Used by: tests/vmm/ through libvmm.a.
 */
#include "net/user.h"

int net_user_attach(struct virtio_dev *dev, const struct config *cfg)
{
	(void)dev;
	(void)cfg;
	return 0;
}
