/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: give up, before the guest runs, every system call that running it does not need.
 * Never: be the reason a VM does not start: a kernel without seccomp runs it all the same.
 * Used by: run.c.
 */
#ifndef GZ_LIB_SANDBOX_H
#define GZ_LIB_SANDBOX_H

/* For this thread and those it makes from now on, and for the device threads already there. */
void sandbox_enter(void);

#endif
