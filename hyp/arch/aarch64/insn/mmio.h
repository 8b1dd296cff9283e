/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: device register access.
 * Never: logic; tests replace this directory by tests/host/shim/insn.
 * Used by: all of hyp/ as "insn/...".
 */
#ifndef INSN_MMIO_H
#define INSN_MMIO_H

#include "lib/types.h"

static inline u8 mmio_read8(u64 va) { u8 v; __asm__ volatile("ldrb %w0, [%1]" : "=r"(v) : "r"(va) : "memory"); return v; }
static inline u32 mmio_read32(u64 va) { u32 v; __asm__ volatile("ldr %w0, [%1]" : "=r"(v) : "r"(va) : "memory"); return v; }
static inline u64 mmio_read64(u64 va) { u64 v; __asm__ volatile("ldr %0, [%1]" : "=r"(v) : "r"(va) : "memory"); return v; }
static inline void mmio_write8(u64 va, u8 v) { __asm__ volatile("strb %w0, [%1]" : : "r"(v), "r"(va) : "memory"); }
static inline void mmio_write32(u64 va, u32 v) { __asm__ volatile("str %w0, [%1]" : : "r"(v), "r"(va) : "memory"); }

#endif
