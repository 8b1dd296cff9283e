// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the command line: both spellings, and every malformed value with what is said of it.
 * Never: open a file or start a machine.
 * Used by: make -C tests/vmm run.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "layout.h"
#include "lib/err.h"
#include "vmm/fake.h"

static struct config c;

/* Parse a NULL-terminated list of words after "gz run". */
static int parse(const char *first, ...)
{
	static char words[32][4200];
	char *argv[34] = { words[0] };
	const char *w = first;
	int argc = 1;
	va_list ap;

	strcpy(words[0], "gz run");
	va_start(ap, first);
	for (; w; w = va_arg(ap, const char *)) {
		strncpy(words[argc], w, sizeof(words[0]) - 1);
		argv[argc] = words[argc];
		argc++;
	}
	va_end(ap);
	return cli_run(argc, argv, &c);
}

#define REFUSED(why, ...) do { \
	assert_int_equal(parse(__VA_ARGS__, NULL), -1); \
	if (!strstr(gz_err_last(), why)) \
		fail_msg("\"%s\" does not say \"%s\"", gz_err_last(), why); \
} while (0)

static void cli__defaults__as_documented(void **state)
{
	(void)state;
	assert_int_equal(parse("Image", NULL), 0);
	assert_string_equal(c.kernel, "Image");
	assert_string_equal(c.dev, "/dev/gzvm");
	assert_int_equal(c.cpus, 1);
	assert_int_equal(c.mem_mib, 256);
	assert_int_equal(c.serial.end, END_STDIO);
	assert_string_equal(c.cmdline, "panic=-1");
	assert_int_equal(c.gicd, 0x3fff0000);
	assert_int_equal(c.gicr, 0x3ffd0000);
}

static void cli__crosvm_spelling__taken(void **state)
{
	(void)state;
	assert_int_equal(parse("--hypervisor", "geniezone[device=/dev/x]", "--cpus", "num-cores=4",
			       "--mem", "size=1024", "--block", "path=/d1,ro", "--block", "path=/d2",
			       "--params", "a=b", "-p", "c d", "--initrd", "/i", "--serial",
			       "type=file,path=/log,hardware=serial,num=1", "--net", "user", "Image",
			       NULL), 0);
	assert_string_equal(c.dev, "/dev/x");
	assert_int_equal(c.cpus, 4);
	assert_int_equal(c.mem_mib, 1024);
	assert_int_equal(c.disk_count, 2);
	assert_string_equal(c.disk[0].path, "/d1");
	assert_true(c.disk[0].read_only);
	assert_string_equal(c.disk[1].path, "/d2");
	assert_false(c.disk[1].read_only);
	assert_string_equal(c.cmdline, "panic=-1 a=b c d");
	assert_string_equal(c.initrd, "/i");
	assert_int_equal(c.serial.end, END_FILE);
	assert_string_equal(c.serial.path, "/log");
	assert_true(c.net);
}

static void cli__lkvm_spelling__taken(void **state)
{
	(void)state;
	assert_int_equal(parse("-k", "Image", "-i", "ird", "-d", "disk.img", "-p", "x", "-c", "8", "-m",
			       "2G", "-n", "mode=user", "--rng", "--console", "serial", NULL), -1);
	assert_int_equal(parse("-k", "Image", "-i", "ird", "-d", "disk.img", "-p", "x", "-c", "8", "-m",
			       "2G", "-n", "mode=user", "--rng", "--console=serial", NULL), 0);
	assert_int_equal(c.cpus, 8);
	assert_int_equal(c.mem_mib, 2048);
	assert_true(c.net);
	assert_true(c.rng);
	assert_false(c.has_console);
}

static void cli__hostfwd_vport_gic__taken(void **state)
{
	(void)state;
	assert_int_equal(parse("--net", "user,hostfwd=tcp:2222:22,hostfwd=udp::53-:5353", "--vport",
			       "agent=/dev/vport0p1", "--vport", "b=/tmp/a=b", "--gic",
			       "0x08000000,0x080a0000", "--console=file:/c", "--dev", "kvm", "--flat",
			       "probe.bin", "-v", NULL), 0);
	assert_int_equal(c.fwd_count, 2);
	assert_int_equal(c.fwd[0].host_port, 2222);
	assert_int_equal(c.fwd[0].guest_port, 22);
	assert_true(c.fwd[1].udp);
	assert_int_equal(c.fwd[1].guest_port, 5353);
	assert_string_equal(c.vport[0].name, "agent");
	assert_string_equal(c.vport[1].path, "/tmp/a=b");
	assert_int_equal(c.gicd, 0x08000000);
	assert_int_equal(c.gicr, 0x080a0000);
	assert_true(c.has_console);
	assert_true(c.flat);
	assert_string_equal(c.dev, "/dev/kvm");
	gz_verbose = 0;
}

static void cli__bad_numbers__refused(void **state)
{
	static const char *const cpus[] = { "0", "9", "4096", "18446744073709551616" };
	static const char *const words[] = { "", "-1", "two", "1x", " 1", "0x", "1.5" };

	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		REFUSED("1 to 8 vCPUs", "Image", "-c", cpus[i]);
	for (unsigned int i = 0; i < 7; i++) {
		REFUSED("no number", "Image", "-c", words[i]);
		REFUSED("no number", "Image", "-m", words[i]);
	}
	REFUSED("no number", "Image", "-c", cpus[3]);
	REFUSED("MiB to", "Image", "-m", "0");
	REFUSED("MiB to", "Image", "-m", "15");
	REFUSED("MiB to", "Image", "-m", "99999999999999999");
	REFUSED("no number", "Image", "-m", "18446744073709551615G");
	assert_int_equal(parse("Image", "-m", "16", NULL), 0);
	assert_int_equal(parse("Image", "-m", "256G", NULL), 0);
}

static void cli__bad_disks__refused(void **state)
{
	static char path[600];

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	REFUSED("names no file", "Image", "-d", "");
	REFUSED("names no file", "Image", "-d", ",ro");
	REFUSED("names no file", "Image", "-d", path);
	REFUSED("unknown option", "Image", "-d", "/x,readonly");
	REFUSED("too many disks", "Image", "-d", "1", "-d", "2", "-d", "3", "-d", "4", "-d", "5", "-d",
		"6", "-d", "7", "-d", "8", "-d", "9");
}

static void cli__bad_net__refused(void **state)
{
	static const char *const fwd[] = {
		"hostfwd=", "hostfwd=tcp", "hostfwd=tcp:1", "hostfwd=tcp:0:22", "hostfwd=tcp:1:65536",
		"hostfwd=sctp:1:2", "hostfwd=tcp:1:2x", "hostfwd=tcp:1:2:3", "hostfwd=tcp::1:2",
		"hostfwd=tcp:-1:2",
	};
	char arg[64];

	(void)state;
	for (unsigned int i = 0; i < sizeof(fwd) / sizeof(fwd[0]); i++) {
		strcpy(arg, "user,");
		strcat(arg, fwd[i]);
		REFUSED("tcp:HOSTPORT:GUESTPORT", "Image", "--net", arg);
	}
	REFUSED("loopback and hostfwd=", "Image", "--net", "user,dns=1");
	REFUSED("unknown mode", "Image", "--net", "bridge");
	REFUSED("tap networking is not in this version", "Image", "--net", "tap,tap-name=t");
	REFUSED("twice", "Image", "--net", "user", "--net", "user");
	REFUSED("wants a mode", "Image", "--net", "");
}

static void cli__bad_consoles__refused(void **state)
{
	(void)state;
	REFUSED("stdio, file:PATH or none", "Image", "--serial", "tty");
	REFUSED("stdio, file:PATH or none", "Image", "--serial", "file:");
	REFUSED("stdio, file:PATH or none", "Image", "--serial", "type=unix,path=/x");
	REFUSED("names no file", "Image", "--serial", "type=file");
	REFUSED("--console", "Image", "--console=pty");
	REFUSED("NAME=PATH", "Image", "--vport", "agent");
	REFUSED("NAME=PATH", "Image", "--vport", "=x");
	REFUSED("NAME=PATH", "Image", "--vport", "x=");
	REFUSED("NAME=PATH", "Image", "--vport", "a-name-of-more-than-thirty-one-bytes=x");
	REFUSED("taken already", "Image", "--vport", "x=1", "--vport", "x=2");
}

static void cli__bad_gic__refused(void **state)
{
	(void)state;
	REFUSED("addresses", "Image", "--gic", "here");
	REFUSED("addresses", "Image", "--gic", "0x1000,");
	REFUSED("addresses", "Image", "--gic", "0x10000,0x20000x");
	REFUSED("multiples of 64 KiB", "Image", "--gic", "0x1000");
	REFUSED("leaves no room", "Image", "-c", "8", "--gic", "0x10000");
}

static void cli__kernel_and_cmdline__refused(void **state)
{
	static char text[3000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	REFUSED("no kernel", "-c", "1");
	REFUSED("two values for what to boot", "Image", "Other");
	REFUSED("two values for what to boot", "-k", "Image", "--flat", "Other");
	REFUSED("two values for --initrd", "Image", "-i", "a", "-i", "b");
	REFUSED("longer than", "Image", "-p", text);
	REFUSED("--dev", "Image", "--dev", "xen");
	text[2030] = '\0';
	assert_int_equal(parse("Image", "-p", text, NULL), 0);
	assert_int_equal(strlen(c.cmdline), 2030 + 9);
}

static void cli__absent_features__say_so(void **state)
{
	static const char *const absent[][2] = {
		{ "--tap=t0", "tap" }, { "--tap-name=t", "tap" }, { "--vsock=3", "vsock" },
		{ "--cid=3", "vsock" }, { "--socket=/s", "control socket" }, { "--gdb=1234", "gdb" },
		{ "--9p=/x", "9p" }, { "--shared-dir=/x:t", "9p" }, { "--bios=/f", "firmware" },
		{ "--unprotected-vm-with-firmware=/f", "unprotected VMs" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
		REFUSED("not in this version", "Image", absent[i][0]);
		assert_non_null(strstr(gz_err_last(), absent[i][1]));
	}
}

static void cli__protection__taken_and_checked(void **state)
{
	(void)state;
	assert_int_equal(parse("Image", NULL), 0);
	assert_false(c.protect);
	assert_int_equal(parse("Image", "--protected-vm-without-firmware", NULL), 0);
	assert_true(c.protect);
	assert_int_equal(c.swiotlb_mib, 64);
	assert_int_equal(parse("Image", "--protected-vm-without-firmware", "--swiotlb", "0", NULL), 0);
	assert_int_equal(c.swiotlb_mib, 0);
	REFUSED("--swiotlb x", "Image", "--protected-vm-without-firmware", "--swiotlb", "x");
	REFUSED("--swiotlb 18446744073709551615", "Image", "--protected-vm-without-firmware", "--swiotlb",
		"18446744073709551615");
	/* By itself it only marks a part, which must leave enough. */
	assert_int_equal(parse("Image", "--swiotlb", "8", NULL), 0);
	assert_true(config_splits_memory(&c) && !c.protect);
	assert_int_equal(parse("Image", "--swiotlb", "0", NULL), 0);
	assert_false(config_splits_memory(&c));
	REFUSED("larger --mem", "Image", "--swiotlb", "64", "-m", "79");
	REFUSED("larger --mem", "Image", "--protected-vm-without-firmware", "-m", "79");
	assert_int_equal(parse("Image", "--protected-vm-without-firmware", "-m", "80", NULL), 0);
	assert_false(c.huge_pages);
	assert_int_equal(parse("Image", "--protected-vm-without-firmware", "--hugepages", NULL), 0);
	assert_true(c.huge_pages);
}

static void cli__dynamic_swiotlb__of_protected_vms_in_even_mib(void **state)
{
	static const char *const how = "--protected-vm-without-firmware";

	(void)state;
	assert_int_equal(parse("Image", how, "--swiotlb", "16", NULL), 0);
	assert_false(c.guest_shares);
	assert_int_equal(parse("Image", how, "--swiotlb", "16,dynamic", NULL), 0);
	assert_true(c.guest_shares && config_splits_memory(&c));
	assert_int_equal(c.swiotlb_mib, 16);
	assert_int_equal(parse("Image", "--protected-vm", "--swiotlb", "2,dynamic", "-m", "18", NULL), 0);
	REFUSED("--swiotlb 16,static", "Image", how, "--swiotlb", "16,static");
	REFUSED("--swiotlb 16,dynamicx", "Image", how, "--swiotlb", "16,dynamicx");
	REFUSED("--swiotlb 16,", "Image", how, "--swiotlb", "16,");
	REFUSED("--swiotlb dynamic", "Image", how, "--swiotlb", "dynamic");
	REFUSED("a protected guest shares itself", "Image", "--swiotlb", "16,dynamic");
	REFUSED("even numbers", "Image", how, "--swiotlb", "15,dynamic");
	REFUSED("even numbers", "Image", how, "--swiotlb", "0,dynamic");
	REFUSED("even numbers", "Image", how, "--swiotlb", "16,dynamic", "-m", "129");
	REFUSED("exclude each other", "Image", how, "--swiotlb", "16,dynamic", "--hugepages");
	REFUSED("larger --mem", "Image", how, "--swiotlb", "64,dynamic", "-m", "78");
}

static void cli__firmware__one_way_of_three(void **state)
{
	static const char *const way[] = { "--protected-vm", "--protected-vm-with-firmware=/f",
					   "--protected-vm-without-firmware" };

	(void)state;
	assert_int_equal(parse("Image", way[0], NULL), 0);
	assert_true(c.protect && c.held_firmware && !c.firmware && config_has_firmware(&c));
	assert_int_equal(parse("Image", way[1], "--swiotlb", "8", NULL), 0);
	assert_true(c.protect && !c.held_firmware && config_has_firmware(&c));
	assert_string_equal(c.firmware, "/f");
	assert_int_equal(parse("Image", way[2], NULL), 0);
	assert_false(config_has_firmware(&c));
	for (unsigned int i = 0; i < 9; i++)
		REFUSED("in one way", "Image", way[i / 3], way[i % 3]);
	REFUSED("larger --mem", "Image", "--protected-vm", "-m", "79");
	REFUSED("no kernel", "--protected-vm");
}

/* argp ends the process for these; the status is the contract. */
static void cli__unknown_option__status_35(void **state)
{
	int status = 0;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		close(2);
		_exit(parse("Image", "--frobnicate", NULL) ? 99 : 98);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), GZ_STATUS_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cli__defaults__as_documented),
		cmocka_unit_test(cli__crosvm_spelling__taken),
		cmocka_unit_test(cli__lkvm_spelling__taken),
		cmocka_unit_test(cli__hostfwd_vport_gic__taken),
		cmocka_unit_test(cli__bad_numbers__refused),
		cmocka_unit_test(cli__bad_disks__refused),
		cmocka_unit_test(cli__bad_net__refused),
		cmocka_unit_test(cli__bad_consoles__refused),
		cmocka_unit_test(cli__bad_gic__refused),
		cmocka_unit_test(cli__kernel_and_cmdline__refused),
		cmocka_unit_test(cli__absent_features__say_so),
		cmocka_unit_test(cli__protection__taken_and_checked),
		cmocka_unit_test(cli__dynamic_swiotlb__of_protected_vms_in_even_mib),
		cmocka_unit_test(cli__firmware__one_way_of_three),
		cmocka_unit_test(cli__unknown_option__status_35),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
