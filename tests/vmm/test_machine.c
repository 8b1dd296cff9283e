// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: `gz run` from start to end on the fake hypervisor: each way a guest ends, each thing that
 *      can be missing, and that nothing stays behind.
 * Never: /dev/kvm or /dev/gzvm.
 * Used by: make -C tests/vmm run.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <libfdt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "layout.h"
#include "lib/err.h"
#include "run.h"
#include "vmm/fake.h"

static char dir[64];
static char kernel[80], disk[80], out[80];
static struct config cfg;
static unsigned int files_before, children_before;

static unsigned int threads(void)
{
	char line[128];
	unsigned int n = 0;
	FILE *f = fopen("/proc/self/status", "r");

	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Threads: %u", &n) == 1)
			break;
	fclose(f);
	return n;
}

static void save(const char *path, size_t len)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);

	assert_int_equal(ftruncate(fd, (off_t)len), 0);
	close(fd);
}

static int setup(void **state)
{
	(void)state;
	memset(&fake_hv, 0, sizeof(fake_hv));
	strcpy(dir, "/tmp/gz-test-machine-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(kernel, sizeof(kernel), "%s/flat.bin", dir);
	snprintf(disk, sizeof(disk), "%s/disk.img", dir);
	snprintf(out, sizeof(out), "%s/serial.log", dir);
	save(kernel, 4096);
	save(disk, 1 << 20);
	config_default(&cfg);
	cfg.dev = "/dev/fake";
	cfg.kernel = kernel;
	cfg.flat = true;
	cfg.mem_mib = 32;
	cfg.serial.end = END_FILE;
	strcpy(cfg.serial.path, out);
	assert_int_equal(config_check(&cfg), 0);
	files_before = fake_open_files();
	children_before = threads();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(fake_open_files(), files_before);
	assert_int_equal(threads(), children_before);
	assert_int_equal(fake_hv.open_vms, 0);
	assert_int_equal(fake_hv.open_vcpus, 0);
	unlink(kernel);
	unlink(disk);
	unlink(out);
	assert_int_equal(rmdir(dir), 0);
	return 0;
}

static void mmio_write(struct hv_exit *e, uint8_t *data, uint64_t gpa, uint8_t byte)
{
	e->kind = HV_EXIT_MMIO;
	e->gpa = gpa;
	e->len = 1;
	e->is_write = true;
	data[0] = byte;
}

/* Print TEXT on the serial port, one byte a step; then end with KIND. */
static const char *say;
static enum hv_exit_kind end_kind;

static void talking_guest(struct hv_exit *e, uint8_t *data, unsigned int step)
{
	if (step < strlen(say))
		mmio_write(e, data, GZ_SERIAL_BASE, (uint8_t)say[step]);
	else
		e->kind = end_kind;
}

static int run_saying(const char *text, enum hv_exit_kind kind)
{
	say = text;
	end_kind = kind;
	fake_hv.guest = talking_guest;
	return gz_run(&cfg);
}

static void serial_is(const char *want)
{
	char got[256] = { 0 };
	FILE *f = fopen(out, "r");

	assert_non_null(f);
	got[fread(got, 1, sizeof(got) - 1, f)] = '\0';
	fclose(f);
	assert_string_equal(got, want);
}

static void run__stop__status_0(void **state)
{
	(void)state;
	assert_int_equal(run_saying("hello\n", HV_EXIT_STOP), GZ_STATUS_STOP);
	serial_is("hello\n");
	assert_int_equal(fake_hv.entry, GZ_RAM_BASE + 0x80000);
	assert_int_equal(fake_hv.fdt, GZ_RAM_BASE + 30 * GZ_MIB);
	assert_int_equal(fake_hv.ram_size, 32 * GZ_MIB);
}

static void run__reset__status_32(void **state)
{
	(void)state;
	assert_int_equal(run_saying("bye", HV_EXIT_RESET), GZ_STATUS_RESET);
}

static void run__panic_text_then_reset__status_34(void **state)
{
	(void)state;
	assert_int_equal(run_saying("Kernel panic - not syncing: x\n", HV_EXIT_RESET), GZ_STATUS_PANIC);
}

static void run__panic_event__status_34(void **state)
{
	(void)state;
	assert_int_equal(run_saying("", HV_EXIT_PANIC), GZ_STATUS_PANIC);
}

static void run__crash__status_33(void **state)
{
	(void)state;
	assert_int_equal(run_saying("", HV_EXIT_CRASH), GZ_STATUS_CRASH);
	assert_non_null(strstr(gz_err_last(), "cannot go on"));
}

static void pvpanic_guest(struct hv_exit *e, uint8_t *data, unsigned int step)
{
	(void)step;
	mmio_write(e, data, GZ_PVPANIC_BASE, 1);
}

static void run__pvpanic__status_34(void **state)
{
	(void)state;
	fake_hv.guest = pvpanic_guest;
	assert_int_equal(gz_run(&cfg), GZ_STATUS_PANIC);
}

/* Touch every page of the first 2 GiB and some far addresses, reading and writing. */
static void sweeping_guest(struct hv_exit *e, uint8_t *data, unsigned int step)
{
	uint64_t page = step / 2;

	if (page >= 20000) {
		e->kind = HV_EXIT_STOP;
		return;
	}
	e->kind = HV_EXIT_MMIO;
	e->gpa = page < 10000 ? page * 0x1000 : (page * 0x9e3779b97f4a7c15u) & ~UINT64_C(7);
	if (e->gpa >= GZ_PVPANIC_BASE && e->gpa < GZ_PVPANIC_BASE + GZ_PVPANIC_SIZE)
		e->gpa = 0;
	e->len = 1u << (page % 4);
	e->is_write = step & 1;
	memset(data, (int)step, 8);
}

static void run__guest_touches_everything__survives(void **state)
{
	(void)state;
	cfg.rng = cfg.net = true;
	cfg.disk_count = 1;
	strcpy(cfg.disk[0].path, disk);
	fake_hv.guest = sweeping_guest;
	assert_int_equal(gz_run(&cfg), GZ_STATUS_STOP);
}

static void run__all_devices_and_8_cpus__status_0(void **state)
{
	(void)state;
	cfg.cpus = 8;
	cfg.gicr = 0;
	cfg.rng = cfg.net = cfg.has_console = true;
	cfg.console.end = END_NONE;
	cfg.disk_count = 1;
	strcpy(cfg.disk[0].path, disk);
	assert_int_equal(config_check(&cfg), 0);
	assert_int_equal(run_saying("x", HV_EXIT_STOP), GZ_STATUS_STOP);
	assert_int_equal(fake_hv.vcpu_count, 8);
}

static void run__ten_times__nothing_left(void **state)
{
	(void)state;
	cfg.cpus = 2;
	cfg.gicr = 0;
	cfg.rng = true;
	assert_int_equal(config_check(&cfg), 0);
	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(run_saying("", HV_EXIT_STOP), GZ_STATUS_STOP);
}

/* A guest opens connections without end: they are files of gz's. */
static void run__network_card__files_limited(void **state)
{
	struct rlimit limit;

	(void)state;
	cfg.net = true;
	assert_int_equal(run_saying("", HV_EXIT_STOP), GZ_STATUS_STOP);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_in_range(limit.rlim_cur, 0, 1024);
}

/* The end of input comes while devices are still being made. */
static void run__stdin_ended__no_matter(void **state)
{
	int keep = dup(STDIN_FILENO), null = open("/dev/null", O_RDONLY);

	(void)state;
	assert_int_equal(dup2(null, STDIN_FILENO), STDIN_FILENO);
	cfg.serial.end = END_STDIO;
	for (unsigned int i = 0; i < 50; i++)
		assert_int_equal(run_saying("", HV_EXIT_STOP), GZ_STATUS_STOP);
	dup2(keep, STDIN_FILENO);
	close(keep);
	close(null);
}

static void idle_guest(struct hv_exit *e, uint8_t *data, unsigned int step)
{
	(void)data;
	if (step == 5)
		kill(getpid(), SIGTERM);
	fake_sleep_ms(1);
	e->kind = HV_EXIT_AGAIN;
}

/* The process dies of the signal after an orderly end: seen from a parent. */
static void run__sigterm__dies_of_it(void **state)
{
	int status = 0;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		fake_hv.guest = idle_guest;
		_exit(gz_run(&cfg));
	}
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void fails(const char *why)
{
	assert_int_equal(gz_run(&cfg), GZ_STATUS_FAILED);
	if (!strstr(gz_err_last(), why))
		fail_msg("\"%s\" does not say \"%s\"", gz_err_last(), why);
	assert_int_equal(fake_open_files(), files_before);
	assert_int_equal(fake_hv.open_vms, 0);
	assert_int_equal(fake_hv.open_vcpus, 0);
}

static void run__hypervisor_refuses__each_its_reason(void **state)
{
	(void)state;
	fake_hv.fail_create_vm = 1;
	fails("has no VM");
	fake_hv.fail_create_vm = 0;
	fake_hv.fail_memory = 1;
	fails("has no memory");
	fake_hv.fail_memory = 0;
	fake_hv.fail_gic = 1;
	fails("has no GIC");
	fake_hv.fail_gic = 0;
	cfg.cpus = 4;
	cfg.gicr = 0;
	assert_int_equal(config_check(&cfg), 0);
	fake_hv.fail_vcpu = 3;
	fails("has no vCPU 2");
	fake_hv.fail_vcpu = 0;
	fake_hv.fail_seal = 1;
	fails("has no seal");
}

static void run__files_missing__each_its_reason(void **state)
{
	(void)state;
	cfg.disk_count = 2;
	strcpy(cfg.disk[0].path, disk);
	strcpy(cfg.disk[1].path, "/nonexistent/disk.img");
	fails("cannot open disk /nonexistent");
	cfg.disk_count = 0;
	cfg.initrd = "/nonexistent/initrd";
	fails("cannot open initrd");
	cfg.initrd = NULL;
	cfg.kernel = "/nonexistent/kernel";
	fails("cannot open flat binary");
	cfg.kernel = kernel;
	cfg.flat = false;
	fails("no arm64 Image");
	cfg.flat = true;
	strcpy(cfg.serial.path, "/nonexistent/log");
	fails("--serial: cannot write");
	strcpy(cfg.serial.path, out);
	cfg.dump_dtb = "/nonexistent/dtb";
	fails("cannot write the device tree");
}

static void run__no_hypervisor_device__says_how_to_get_it(void **state)
{
	(void)state;
	cfg.dev = "/dev/gzvm-absent";
	fails("modprobe gzvm");
	cfg.disk_count = 1;
	strcpy(cfg.disk[0].path, "/nonexistent/disk.img");
	fails("cannot open disk");	/* the user's own mistakes come first */
	cfg.disk_count = 0;
	cfg.dev = disk;
	fails("is no device file");
	cfg.dev = "/dev/null";
	fails("does not speak the gzvm interface");
}

static void run__memory_not_there__refused(void **state)
{
	(void)state;
	cfg.mem_mib = GZ_MEM_MAX_MIB;
	fails("smaller --mem");
}

static void run__gic_over_something__refused(void **state)
{
	(void)state;
	cfg.gicd = GZ_RAM_BASE;
	cfg.gicr = GZ_RAM_BASE - GZ_GICR_STRIDE;
	fails("the GIC distributor at 0x80000000 lies over guest memory");
	cfg.gicd = 0x10000000;
	cfg.gicr = GZ_RAM_BASE - 0x10000;
	fails("the GIC redistributors");
	cfg.gicr = 0x10000000 - 0x10000;
	fails("lies over the GIC distributor");
}

static void run__protected_vm__back_end_cannot(void **state)
{
	(void)state;
	cfg.protect = true;
	cfg.swiotlb_mib = 0;
	fails("makes no protected VMs");
}

/* Marked, not protected: it runs, on memory in two parts. */
static void run__swiotlb_alone__marked_and_runs(void **state)
{
	(void)state;
	cfg.has_swiotlb = true;
	cfg.swiotlb_mib = 8;
	assert_int_equal(run_saying("hello\n", HV_EXIT_STOP), GZ_STATUS_STOP);
	serial_is("hello\n");
	assert_int_equal(fake_hv.shared_size, 8 * GZ_MIB);
	assert_int_equal(fake_hv.shared_gpa, GZ_RAM_BASE + (cfg.mem_mib - 8) * GZ_MIB);
	assert_int_equal(fake_hv.ram_size, (cfg.mem_mib - 8) * GZ_MIB);
}

/* The guest calls for pages, some of them twice, and ends. */
static void sharing_guest(struct hv_exit *e, uint8_t *data, unsigned int step)
{
	(void)data;
	fake_hv.view = (struct hv_view){ GZ_RAM_BASE + step * 0x20000ull, 32, step % 2 ? UINT32_MAX : 0 };
	e->kind = step < 20 ? HV_EXIT_VIEW : HV_EXIT_STOP;
}

static void guest_shares(void)
{
	cfg.dev = "/dev/fake-shares";
	cfg.protect = cfg.has_swiotlb = cfg.guest_shares = true;
	cfg.swiotlb_mib = 8;
	fake_hv.guest = sharing_guest;
}

/* A pool of ordinary memory: one slot with all of it, the pool at its end in the tree, each call settled. */
static void run__guest_shares_its_pool__one_slot_and_a_pool_in_it(void **state)
{
	static uint8_t tree[GZ_FDT_MAX];
	char dtb[80];
	const fdt64_t *reg;
	int fd, node, len;

	(void)state;
	snprintf(dtb, sizeof(dtb), "%s/dtb", dir);
	cfg.dump_dtb = dtb;
	cfg.disk_count = 1;
	cfg.rng = cfg.net = true;
	strcpy(cfg.disk[0].path, disk);
	guest_shares();
	assert_int_equal(gz_run(&cfg), GZ_STATUS_STOP);
	assert_int_equal(fake_hv.settled, 20);
	assert_true(fake_hv.told_before_protect && fake_hv.protected_vm);
	assert_int_equal(fake_hv.shared_size, 0);
	assert_int_equal(fake_hv.ram_size, cfg.mem_mib * GZ_MIB);
	/* The tree lies below the pool. */
	assert_int_equal(fake_hv.fdt, GZ_RAM_BASE + (cfg.mem_mib - 8) * GZ_MIB - GZ_FDT_MAX);
	fd = open(dtb, O_RDONLY);
	assert_true(read(fd, tree, sizeof(tree)) > 0);
	close(fd);
	unlink(dtb);
	node = fdt_node_offset_by_compatible(tree, -1, "restricted-dma-pool");
	assert_int_equal(fdt_parent_offset(tree, node), fdt_path_offset(tree, "/reserved-memory"));
	reg = fdt_getprop(tree, node, "reg", &len);
	assert_int_equal(len, 16);
	assert_int_equal(fdt64_ld(reg + 0), GZ_RAM_BASE + (cfg.mem_mib - 8) * GZ_MIB);
	assert_int_equal(fdt64_ld(reg + 1), 8 * GZ_MIB);
	/* A guest's kernel shares what it has mapped, so it must be allowed to map it. */
	assert_null(fdt_getprop(tree, node, "no-map", NULL));
	reg = fdt_getprop(tree, fdt_path_offset(tree, "/memory@80000000"), "reg", &len);
	assert_int_equal(fdt64_ld(reg + 1), cfg.mem_mib * GZ_MIB);
}

static void run__guest_shares_its_pool__back_end_cannot_or_fails(void **state)
{
	(void)state;
	guest_shares();
	fake_hv.fail_settle = true;
	assert_int_equal(gz_run(&cfg), GZ_STATUS_CRASH);
	assert_non_null(strstr(gz_err_last(), "settles nothing"));
	cfg.dev = "/dev/fake";
	fails("makes no protected VMs");
}

static void run__dump_dtb__is_the_tree(void **state)
{
	char dtb[80];
	uint8_t magic[4];
	int fd;

	(void)state;
	snprintf(dtb, sizeof(dtb), "%s/dtb", dir);
	cfg.dump_dtb = dtb;
	assert_int_equal(run_saying("", HV_EXIT_STOP), 0);
	fd = open(dtb, O_RDONLY);
	assert_int_equal(read(fd, magic, 4), 4);
	close(fd);
	unlink(dtb);
	assert_memory_equal(magic, "\xd0\x0d\xfe\xed", 4);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(run__stop__status_0), T(run__reset__status_32),
		T(run__panic_text_then_reset__status_34), T(run__panic_event__status_34),
		T(run__crash__status_33), T(run__pvpanic__status_34),
		T(run__guest_touches_everything__survives), T(run__all_devices_and_8_cpus__status_0),
		T(run__ten_times__nothing_left), T(run__stdin_ended__no_matter),
		T(run__network_card__files_limited), T(run__sigterm__dies_of_it),
		T(run__hypervisor_refuses__each_its_reason), T(run__files_missing__each_its_reason),
		T(run__no_hypervisor_device__says_how_to_get_it), T(run__memory_not_there__refused),
		T(run__gic_over_something__refused), T(run__dump_dtb__is_the_tree),
		T(run__protected_vm__back_end_cannot), T(run__swiotlb_alone__marked_and_runs),
		T(run__guest_shares_its_pool__one_slot_and_a_pool_in_it),
		T(run__guest_shares_its_pool__back_end_cannot_or_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
