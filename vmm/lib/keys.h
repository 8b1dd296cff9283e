/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: standard input between the user and a guest that may never read: always listened to.
 * Never: let a guest that takes no input keep the user from leaving.
 * Used by: machine_devices.c (serial port), virtio/console_port.c.
 */
#ifndef GZ_LIB_KEYS_H
#define GZ_LIB_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/loop.h"

#define KEYS_MAX	(64 * 1024)	/* typed ahead; more is lost at a terminal, waits in a pipe */

struct keys;

/* Both are called in the loop's thread, with no lock held. */
struct keys_user {
	void (*arrived)(void *ctx);	/* keys_take() has something */
	void *ctx;
	void (*quit)(void *ctx);	/* Ctrl-A X at a terminal */
	void *quit_ctx;
};

/* Listen to FD on LOOP from now on. NULL after saying why. */
struct keys *keys_open(struct loop *loop, int fd, const struct keys_user *user);

/* After the loop stopped. Safe on NULL. Leaves FD open. */
void keys_close(struct keys *k);

/* Up to MAX bytes for the guest. Any thread, also with a device's lock held. */
size_t keys_take(struct keys *k, uint8_t *to, size_t max);
bool keys_waiting(struct keys *k);

#endif
