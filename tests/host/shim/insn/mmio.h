/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: device registers through a hook, for native tests: same names as hyp/arch/aarch64/insn/mmio.h.
 * Never: differ from it in a prototype.
 * Used by: hyp/ sources built for tests/host.
 */
#ifndef INSN_MMIO_H
#define INSN_MMIO_H

#include "shim.h"

static inline u8 mmio_read8(u64 va) { return (u8)shim_mmio_read(va, 1); }
static inline u32 mmio_read32(u64 va) { return (u32)shim_mmio_read(va, 4); }
static inline u64 mmio_read64(u64 va) { return shim_mmio_read(va, 8); }
static inline void mmio_write8(u64 va, u8 v) { shim_mmio_write(va, 1, v); }
static inline void mmio_write32(u64 va, u32 v) { shim_mmio_write(va, 4, v); }
static inline void mmio_write64(u64 va, u64 v) { shim_mmio_write(va, 8, v); }

#endif
