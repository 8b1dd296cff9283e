// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the program gz: choose the subcommand.
 * Never: do any of its work.
 * Used by: people and scripts.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "lib/err.h"
#include "run.h"

static const char usage[] =
	"usage: gz run [OPTION...] KERNEL   run a virtual machine (gz run --help)\n"
	"       gz doctor [--dev FILE]      what this machine can run, and what it lacks\n"
	"       gz help                     this text\n";

static int cmd_run(int argc, char **argv)
{
	static char name[] = "gz run";
	struct config cfg;

	argv[0] = name;
	if (cli_run(argc, argv, &cfg))
		return GZ_STATUS_USAGE;
	return gz_run(&cfg);
}

static int cmd_doctor(int argc, char **argv)
{
	if (argc == 1)
		return gz_doctor(NULL);
	if (argc == 3 && strcmp(argv[1], "--dev") == 0)
		return gz_doctor(argv[2]);
	gz_err("gz doctor takes nothing, or --dev FILE");
	return GZ_STATUS_USAGE;
}

int main(int argc, char **argv)
{
	const char *cmd = argc > 1 ? argv[1] : "";

	if (strcmp(cmd, "run") == 0)
		return cmd_run(argc - 1, argv + 1);
	if (strcmp(cmd, "doctor") == 0 || strcmp(cmd, "info") == 0)
		return cmd_doctor(argc - 1, argv + 1);
	if (strcmp(cmd, "help") == 0 || strcmp(cmd, "--help") == 0 || strcmp(cmd, "-h") == 0) {
		fputs(usage, stdout);
		return 0;
	}
	if (*cmd)
		gz_err("there is no command \"%s\"", cmd);
	fputs(usage, stderr);
	return GZ_STATUS_USAGE;
}
