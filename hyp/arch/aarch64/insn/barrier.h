/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: barriers; each use says what it orders.
 * Never: logic; tests replace this directory by tests/host/shim/insn.
 * Used by: all of hyp/ as "insn/...".
 */
#ifndef INSN_BARRIER_H
#define INSN_BARRIER_H

#define isb()		__asm__ volatile("isb" : : : "memory")
#define dsb_sy()	__asm__ volatile("dsb sy" : : : "memory")
#define dsb_ish()	__asm__ volatile("dsb ish" : : : "memory")
#define dsb_ishst()	__asm__ volatile("dsb ishst" : : : "memory")
#define dsb_nsh()	__asm__ volatile("dsb nsh" : : : "memory")
#define dmb_ishst()	__asm__ volatile("dmb ishst" : : : "memory")

#endif
