// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the option table of `gz run`.
 * Never: interpret a value; config.c does.
 * Used by: main.c.
 */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "lib/err.h"

enum key {
	KEY_FLAT = 0x100, KEY_BLOCK, KEY_RNG, KEY_SERIAL, KEY_CONSOLE, KEY_VPORT, KEY_DEV,
	KEY_DUMP_DTB, KEY_GIC, KEY_PROTECT, KEY_PROTECT_HELD, KEY_PROTECT_FILE, KEY_SWIOTLB, KEY_HUGE_PAGES,
	KEY_ABSENT_TAP, KEY_ABSENT_VSOCK, KEY_ABSENT_SOCKET,
	KEY_ABSENT_GDB, KEY_ABSENT_9P, KEY_ABSENT_PROTECTED, KEY_ABSENT_BIOS,
};

#define HIDDEN(name, key, has_arg) \
	{ name, key, has_arg, OPTION_HIDDEN | (has_arg ? OPTION_ARG_OPTIONAL : 0), NULL, 0 }

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "What to boot", 1 },
	{ "kernel", 'k', "FILE", 0, "arm64 Image, or a gzip of one (also as plain argument)", 1 },
	{ "flat", KEY_FLAT, "FILE", 0, "instead: a bare binary, loaded at RAM base + 0x80000", 1 },
	{ "initrd", 'i', "FILE", 0, "initial RAM disk", 1 },
	{ "params", 'p', "TEXT", 0, "kernel command line; repeated: joined; panic=-1 comes first", 1 },
	{ "cmdline", 'p', NULL, OPTION_ALIAS, NULL, 1 },
	{ NULL, 0, NULL, 0, "The machine", 2 },
	{ "cpus", 'c', "N", 0, "vCPUs, 1 to 8 (1)", 2 },
	{ "mem", 'm', "MIB", 0, "memory in MiB, or with G (256)", 2 },
	{ "disk", 'd', "PATH[,ro]", 0, "raw file or block device; may be repeated", 2 },
	{ "block", KEY_BLOCK, "path=PATH[,ro]", 0, "the same as crosvm spells it", 2 },
	{ "net", 'n', "user[,loopback][,hostfwd=tcp:HOST:GUEST]", 0,
	  "network by user-mode NAT; loopback: the guest's 10.0.2.2 is this machine's 127.0.0.1;"
	  " hostfwd opens a port of 127.0.0.1", 2 },
	{ "network", 'n', NULL, OPTION_ALIAS | OPTION_HIDDEN, NULL, 2 },
	{ "rng", KEY_RNG, NULL, 0, "random numbers from the host", 2 },
	{ "serial", KEY_SERIAL, "stdio|file:PATH|none", 0, "16550 at 0x3f8 (stdio)", 2 },
	{ "console", KEY_CONSOLE, "stdio|file:PATH|none", OPTION_ARG_OPTIONAL,
	  "virtio console hvc0 (stdio); takes the keyboard from the serial port", 2 },
	{ "vport", KEY_VPORT, "NAME=PATH", 0,
	  "virtio port NAME tied to a file, character device, fifo or unix socket", 2 },
	{ "gic", KEY_GIC, "DIST[,REDIST]", 0, "addresses of the interrupt controller", 2 },
	{ "protected-vm-without-firmware", KEY_PROTECT, NULL, 0,
	  "keep the host's CPUs out of the guest's memory and registers", 2 },
	{ "protected-vm", KEY_PROTECT_HELD, NULL, 0,
	  "the same, started in the firmware that the hypervisor holds", 2 },
	{ "protected-vm-with-firmware", KEY_PROTECT_FILE, "FILE", 0,
	  "the same, started in this firmware, at 0x7fc00000", 2 },
	{ "swiotlb", KEY_SWIOTLB, "MIB[,dynamic]", 0,
	  "of the memory, what the devices of a protected VM reach (64); by itself it asks for no protection;"
	  " dynamic: they reach what the guest has shared, and these MiB are for it to share", 2 },
	{ "hugepages", KEY_HUGE_PAGES, NULL, 0,
	  "memory of a protected VM from the pool of 2 MiB pages; others use huge pages anyway", 2 },
	{ NULL, 0, NULL, 0, "gz itself", 3 },
	{ "dev", KEY_DEV, "FILE", 0, "/dev/gzvm (default) or /dev/kvm", 3 },
	{ "hypervisor", KEY_DEV, NULL, OPTION_ALIAS, NULL, 3 },
	{ "dump-dtb", KEY_DUMP_DTB, "FILE", 0, "write the guest's device tree there", 3 },
	{ "verbose", 'v', NULL, 0, "say more", 3 },
	HIDDEN("tap", KEY_ABSENT_TAP, "X"), HIDDEN("tap-name", KEY_ABSENT_TAP, "X"),
	HIDDEN("tap-fd", KEY_ABSENT_TAP, "X"), HIDDEN("vhost-net", KEY_ABSENT_TAP, "X"),
	HIDDEN("vsock", KEY_ABSENT_VSOCK, "X"), HIDDEN("cid", KEY_ABSENT_VSOCK, "X"),
	HIDDEN("socket", KEY_ABSENT_SOCKET, "X"), HIDDEN("control-socket", KEY_ABSENT_SOCKET, "X"),
	HIDDEN("gdb", KEY_ABSENT_GDB, "X"),
	HIDDEN("9p", KEY_ABSENT_9P, "X"), HIDDEN("shared-dir", KEY_ABSENT_9P, "X"),
	HIDDEN("bios", KEY_ABSENT_BIOS, "X"), HIDDEN("firmware", KEY_ABSENT_BIOS, "X"),
	HIDDEN("unprotected-vm-with-firmware", KEY_ABSENT_PROTECTED, "X"),
	{ 0 }
};

/* Asked for, known, not here: each says so and what to do instead. */
static int say_absent(int key)
{
	switch (key) {
	case KEY_ABSENT_TAP:
		return gz_err("tap networking is not in this version: give --net user");
	case KEY_ABSENT_VSOCK:
		return gz_err("vsock is not in this version: --vport NAME=PATH carries bytes between"
			      " host and guest");
	case KEY_ABSENT_SOCKET:
		return gz_err("a control socket is not in this version: end a VM with SIGTERM");
	case KEY_ABSENT_GDB:
		return gz_err("gdb is not in this version: debug the guest through QEMU's gdb stub");
	case KEY_ABSENT_9P:
		return gz_err("sharing directories (9p, virtio-fs) is not in this version: give the"
			      " files on a --disk");
	case KEY_ABSENT_BIOS:
		return gz_err("firmware is not in this version: give --kernel, or --flat FILE for a"
			      " bare binary");
	default:
		return gz_err("firmware of unprotected VMs is not in this version: give"
			      " --protected-vm-with-firmware");
	}
}

/* "kvm", "gzvm", crosvm's "geniezone[device=PATH]", or the path itself. */
static int set_dev(struct config *c, char *arg)
{
	char *device = strstr(arg, "[device=");

	if (device) {
		device += strlen("[device=");
		device[strcspn(device, "]")] = '\0';
		c->dev = device;
	} else if (strcmp(arg, "kvm") == 0) {
		c->dev = "/dev/kvm";
	} else if (strcmp(arg, "gzvm") == 0 || strcmp(arg, "geniezone") == 0) {
		c->dev = "/dev/gzvm";
	} else if (strchr(arg, '/')) {
		c->dev = arg;
	} else {
		return gz_err("--dev %s: give /dev/gzvm or /dev/kvm", arg);
	}
	return 0;
}

static int set_once(const char **to, const char *what, const char *arg)
{
	if (*to)
		return gz_err("two values for %s, \"%s\" and \"%s\": give one", what, *to, arg);
	*to = arg;
	return 0;
}

static int set_console(struct config *c, const char *arg)
{
	if (arg && strcmp(arg, "serial") == 0)
		return 0;		/* lkvm's way to say: no virtio console */
	c->has_console = true;
	return config_console("--console", &c->console,
			      arg && strcmp(arg, "virtio") ? arg : "stdio");
}

static int set_device(struct config *c, int key, char *arg)
{
	switch (key) {
	case 'd':
	case KEY_BLOCK:
		return config_disk(c, arg, false);
	case 'n':
		return config_net(c, arg);
	case KEY_RNG:
		c->rng = true;
		return 0;
	case KEY_SERIAL:
		return config_console("--serial", &c->serial, arg);
	case KEY_CONSOLE:
		return set_console(c, arg);
	case KEY_VPORT:
		return config_vport(c, arg);
	case KEY_GIC:
		return config_gic(c, arg);
	case KEY_PROTECT:
		return config_protect(c, false, NULL);
	case KEY_PROTECT_HELD:
		return config_protect(c, true, NULL);
	case KEY_PROTECT_FILE:
		return config_protect(c, false, arg);
	case KEY_SWIOTLB:
		return config_swiotlb(c, arg);
	case KEY_HUGE_PAGES:
		c->huge_pages = true;
		return 0;
	default:
		return key >= KEY_ABSENT_TAP && key <= KEY_ABSENT_BIOS ? say_absent(key)
								       : ARGP_ERR_UNKNOWN;
	}
}

static int set_option(struct config *c, int key, char *arg)
{
	switch (key) {
	case KEY_FLAT:
		c->flat = true;
		return set_once(&c->kernel, "what to boot", arg);
	case 'k':
	case ARGP_KEY_ARG:
		return set_once(&c->kernel, "what to boot", arg);
	case 'i':
		return set_once(&c->initrd, "--initrd", arg);
	case 'p':
		return config_cmdline(c, arg);
	case 'c':
		return config_cpus(c, arg);
	case 'm':
		return config_mem(c, arg);
	case KEY_DEV:
		return set_dev(c, arg);
	case KEY_DUMP_DTB:
		return set_once(&c->dump_dtb, "--dump-dtb", arg);
	case 'v':
		gz_verbose = 1;
		return 0;
	default:
		return set_device(c, key, arg);
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	return set_option(state->input, key, arg);
}

int cli_run(int argc, char **argv, struct config *c)
{
	static const struct argp argp = {
		.options = options, .parser = parse, .args_doc = "[KERNEL]",
		.doc = "Run a virtual machine.\vEnds with 0 when the guest powers off, 32 when it"
		       " reboots, 33 when it cannot go on, 34 when it panics, 35 for a bad command"
		       " line, 1 when this machine cannot give what was asked. Ctrl-A X ends the VM"
		       " from the keyboard.",
	};

	argp_err_exit_status = GZ_STATUS_USAGE;
	config_default(c);
	if (argp_parse(&argp, argc, argv, 0, NULL, c))
		return -1;
	return config_check(c);
}
