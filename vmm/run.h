/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the subcommands of gz.
 * Never: parse a command line; main.c and cli.c do.
 * Used by: main.c.
 */
#ifndef GZ_RUN_H
#define GZ_RUN_H

#include "config.h"

/* Run a VM to its end; returns the exit status of the program (enum gz_status). */
int gz_run(const struct config *cfg);

/* Say what this machine can do and what it lacks. 0 when a VM can run here, else 1. */
int gz_doctor(const char *dev);

#endif
