/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: which frames of a guest may reach libslirp when the host's own loopback is closed to it.
 * Never: replace libslirp's own checks: it only closes what libslirp leaves open.
 * Used by: net/slirp.c.
 */
#ifndef GZ_NET_GUARD_H
#define GZ_NET_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUARD_DNS	0x0a000203u	/* 10.0.2.3, where libslirp puts the host's name server */

/* An Ethernet frame of LEN bytes, read once into the caller's own memory. */
bool guard_allows(const uint8_t *frame, size_t len);

#endif
