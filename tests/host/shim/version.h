/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what hyp/Makefile generates, for native tests.
 * Never: a version of anything.
 * Used by: hyp/lib/panic.c built for tests/host.
 */
#ifndef SHIM_VERSION_H
#define SHIM_VERSION_H

#define GZ_BUILD_VERSION "native-7"

#endif
