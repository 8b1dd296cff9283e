/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a bounded reader of flattened device trees (Devicetree Specification v0.4) - no allocation, no trust.
 * Never: read outside [blob, blob + size), recurse, or loop without a bound.
 * Used by: boot/ only.
 */
#ifndef PLAT_FDT_H
#define PLAT_FDT_H

#include "lib/addr.h"
#include "lib/err.h"

struct fdt { const u8 *blob; u32 size; u32 struct_off, struct_size, strings_off, strings_size, rsvmap_off; };

/* Checks header and bounds: GZ_EINVAL bad magic/version/offsets, GZ_ERANGE total size over max. */
enum gz_err fdt_open(struct fdt *f, const void *blob, u32 max) __must_check;

#endif
