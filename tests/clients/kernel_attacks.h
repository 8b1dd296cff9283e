/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: attacks by the host's kernel, as modes of gzvm_abi_test.
 * Never: return from a kexec that worked.
 * Used by: client.c, hibernate_attacks.c, kernel_attacks.c.
 */
#ifndef KERNEL_ATTACKS_H
#define KERNEL_ATTACKS_H

#include <stdbool.h>

/* So many VMs that write a secret and end; what is left of it in their pages before the kernel may have them again. */
int attack_scan(bool protect, int cycles);
/* A module that loads and stores through the linear map. */
int attack_touch(bool protect);
/* Another kernel while a VM has a secret. */
int attack_kexec(bool protect, const char *image);
/* hibernate_attacks.c: every way to hibernate with the driver loaded, and one that was begun before it was. */
int attack_hibernate(bool protect);
int attack_snapshot(bool protect, const char *module);

#endif
