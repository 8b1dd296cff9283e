/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: every .dtb file under a directory, in sorted order.
 * Never: more than one file in memory.
 * Used by: tests/host/test_fdt_boards.c.
 */
#ifndef DTB_FILES_H
#define DTB_FILES_H

#include <stdint.h>

/* Calls f with each file in memory of its exact size; returns how many there were. */
unsigned int dtb_for_each(const char *top, void (*f)(const char *path, void *blob, uint32_t size));

#endif
