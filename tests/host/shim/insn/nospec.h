/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: bounded index, for native tests: same names as hyp/arch/aarch64/insn/nospec.h.
 * Never: differ from it in a prototype.
 * Used by: hyp/ sources built for tests/host.
 */
#ifndef INSN_NOSPEC_H
#define INSN_NOSPEC_H

#include "lib/types.h"

static inline u64 index_nospec(u64 index, u64 size) { return index < size ? index : 0; }

#endif
