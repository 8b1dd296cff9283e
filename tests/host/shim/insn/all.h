/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: every header of this directory, given to the compiler first, so that the real ones (same guards) stay out, for native tests.
 * Never: differ from it in a prototype.
 * Used by: hyp/ sources built for tests/host.
 */
#ifndef INSN_ALL_H
#define INSN_ALL_H

#include "insn/atomic.h"
#include "insn/barrier.h"
#include "insn/cache.h"
#include "insn/cpu.h"
#include "insn/mmio.h"
#include "insn/ptstore.h"
#include "insn/smc.h"
#include "insn/sysreg.h"
#include "insn/tlbi.h"

#endif
