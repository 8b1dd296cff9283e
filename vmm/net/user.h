/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: user-mode networking for a virtio-net device.
 * Never: need a right the user has not.
 * Used by: machine_devices.c.
 */
#ifndef GZ_NET_USER_H
#define GZ_NET_USER_H

#include "config.h"
#include "virtio/devices.h"

/*
 * NAT, DHCP and DNS at 10.0.2.2 and .3 for DEV; the guest is 10.0.2.15. 10.0.2.2 is the host's
 * loopback only if CFG says so. 0, or -1 with a reason.
 */
int net_user_attach(struct virtio_dev *dev, const struct config *cfg);

#endif
