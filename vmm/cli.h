/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the command line of `gz run`, in crosvm's and in lkvm's spelling.
 * Never: open a file.
 * Used by: main.c, tests/vmm/.
 */
#ifndef GZ_CLI_H
#define GZ_CLI_H

#include "config.h"

/*
 * Parse ARGV (ARGV[0] is printed in messages) into *C. Returns 0; -1 after saying what is wrong.
 * --help and --usage print and exit with 0; an unknown option exits with GZ_STATUS_USAGE.
 */
int cli_run(int argc, char **argv, struct config *c);

#endif
