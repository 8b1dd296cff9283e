/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: open what stands behind a virtual disk.
 * Never: open the same file for writing twice.
 * Used by: virtio/blk.c.
 */
#ifndef GZ_VIRTIO_BLK_FILE_H
#define GZ_VIRTIO_BLK_FILE_H

#include <stdbool.h>
#include <stdint.h>

/* Open and lock PATH, a raw file or block device. Its fd, or -1 after saying why. */
int blk_file_open(const char *path, bool read_only, uint64_t *sectors);

#endif
