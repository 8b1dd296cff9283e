// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: virtio-blk: what is read, written, refused and flushed, and the files it refuses to open.
 * Never: a test that passes without looking at the file itself.
 * Used by: make -C tests/vmm run.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "virtio/devices.h"
#include "vmm/fake.h"

#define SECTORS	128

static struct drv d;
static char path[64];
static uint16_t served;

static void make_file(size_t len)
{
	int fd;

	strcpy(path, "/tmp/gz-test-blk-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	for (size_t i = 0; i < len; i++) {
		uint8_t b = (uint8_t)(i / 512 + i);

		assert_int_equal(write(fd, &b, 1), 1);
	}
	close(fd);
}

static struct virtio_dev *create(bool read_only)
{
	struct config_disk cfg = { .read_only = read_only };

	strcpy(cfg.path, path);
	return blk_create(&fake_mem, &cfg, 0);
}

static int start(void **state, bool read_only)
{
	fake_mem_setup(state);
	make_file(SECTORS * 512);
	drv_attach(&d, create(read_only));
	drv_start(&d, 0, 16);
	served = 0;
	return 0;
}

static int setup(void **state)
{
	return start(state, false);
}

static int setup_ro(void **state)
{
	return start(state, true);
}

static int teardown(void **state)
{
	drv_detach(&d);
	unlink(path);
	return fake_mem_teardown(state);
}

static void put_header(uint32_t type, uint64_t sector)
{
	memset(fake_at(FAKE_DATA), 0, 16);
	memcpy(fake_at(FAKE_DATA), &type, 4);
	memcpy(fake_at(FAKE_DATA + 8), &sector, 8);
	*fake_at(FAKE_DATA + 16) = 0xee;
}

/* One request with LEN bytes of data in two pieces; returns the status byte. */
static uint8_t request(uint32_t type, uint64_t sector, uint32_t len)
{
	bool in = type != 1;
	struct drv_buf b[4] = { { FAKE_DATA, 16, false } };
	unsigned int n = 1;

	put_header(type, sector);
	if (len)
		b[n++] = (struct drv_buf){ FAKE_DATA + 0x1000, len > 512 ? 512 : len, in };
	if (len > 512)
		b[n++] = (struct drv_buf){ FAKE_DATA + 0x1200, len - 512, in };
	b[n++] = (struct drv_buf){ FAKE_DATA + 16, 1, true };
	drv_add(&d.q[0], b, n);
	drv_kick(&d, 0);
	drv_wait(&d, 0, ++served);
	return *fake_at(FAKE_DATA + 16);
}

static void blk__config__capacity_and_flush(void **state)
{
	(void)state;
	assert_int_equal(drv_read(&d, 0x100), SECTORS);
	drv_write(&d, 0x014, 0);
	assert_int_equal(drv_read(&d, 0x010) & (1 << 9), 1 << 9);
	assert_int_equal(drv_read(&d, 0x010) & (1 << 5), 0);
}

static void blk__read__file_content(void **state)
{
	uint32_t len;

	(void)state;
	assert_int_equal(request(0, 3, 1024), 0);
	for (unsigned int i = 0; i < 1024; i++)
		assert_int_equal(fake_at(FAKE_DATA + 0x1000)[i], (uint8_t)(3 + i / 512 + i));
	drv_used(&d.q[0], 0, &len);
	assert_int_equal(len, 1025);
}

static void blk__write__reaches_file(void **state)
{
	uint8_t back[1024];
	int fd;

	(void)state;
	memset(fake_at(FAKE_DATA + 0x1000), 0x5a, 1024);
	assert_int_equal(request(1, SECTORS - 2, 1024), 0);
	assert_int_equal(request(4, 0, 0), 0);
	fd = open(path, O_RDONLY);
	assert_int_equal(pread(fd, back, sizeof(back), (SECTORS - 2) * 512), sizeof(back));
	close(fd);
	assert_memory_equal(back, fake_at(FAKE_DATA + 0x1000), 1024);
}

static void blk__beyond_end__io_error(void **state)
{
	(void)state;
	assert_int_equal(request(0, SECTORS, 512), 1);
	assert_int_equal(request(0, SECTORS - 1, 1024), 1);
	assert_int_equal(request(0, UINT64_MAX, 512), 1);
	assert_int_equal(request(1, UINT64_MAX / 512, 512), 1);
	assert_int_equal(request(1, SECTORS - 1, 1024), 1);
	assert_int_equal(request(0, 0, 512), 0);
}

static void blk__odd_length__io_error(void **state)
{
	(void)state;
	assert_int_equal(request(0, 0, 100), 1);
	assert_int_equal(request(1, 0, 700), 1);
	assert_int_equal(request(0, 0, 0), 1);
}

static void blk__unknown_request__unsupported(void **state)
{
	(void)state;
	assert_int_equal(request(77, 0, 512), 2);
}

static void blk__get_id__names_disk(void **state)
{
	(void)state;
	assert_int_equal(request(8, 0, 20), 0);
	assert_string_equal((char *)fake_at(FAKE_DATA + 0x1000), "gz-disk0");
	assert_int_equal(request(8, 0, 4), 0);
}

static void blk__no_status_byte__breaks(void **state)
{
	struct drv_buf b = { FAKE_DATA, 16, false };

	(void)state;
	drv_add(&d.q[0], &b, 1);
	drv_kick(&d, 0);
	drv_wait_broken(&d);
}

static void blk__short_header__breaks(void **state)
{
	struct drv_buf b[] = { { FAKE_DATA, 8, false }, { FAKE_DATA + 16, 1, true } };

	(void)state;
	drv_add(&d.q[0], b, 2);
	drv_kick(&d, 0);
	drv_wait_broken(&d);
}

static void blk__file_shrinks__io_error_and_alive(void **state)
{
	(void)state;
	assert_int_equal(truncate(path, 512), 0);
	assert_int_equal(request(0, 1, 512), 1);
	assert_int_equal(request(0, 0, 512), 0);
}

static void blk_ro__write__io_error(void **state)
{
	(void)state;
	drv_write(&d, 0x014, 0);
	assert_int_equal(drv_read(&d, 0x010) & (1 << 5), 1 << 5);
	assert_int_equal(request(1, 0, 512), 1);
	assert_int_equal(request(4, 0, 0), 0);
	assert_int_equal(request(0, 0, 512), 0);
}

static void refused(const char *why)
{
	unsigned int files = fake_open_files();

	assert_null(create(false));
	assert_non_null(strstr(gz_err_last(), why));
	assert_non_null(strstr(gz_err_last(), path));
	assert_int_equal(fake_open_files(), files);
	unlink(path);
}

static void blk_open__bad_files__each_its_reason(void **state)
{
	FILE *f;

	(void)state;
	strcpy(path, "/nonexistent/disk.img");
	refused("No such file");
	make_file(0);
	refused("too short");
	make_file(511);
	refused("too short");
	make_file(1000);
	refused("no whole number");
	strcpy(path, "/dev/null");
	assert_null(create(false));
	assert_non_null(strstr(gz_err_last(), "neither a file nor a block device"));
	strcpy(path, "/tmp/gz-test-blk-fifo");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(create(true));	/* and does not wait for a writer */
	assert_non_null(strstr(gz_err_last(), "neither a file nor a block device"));
	unlink(path);
	strcpy(path, "/tmp/");
	assert_null(create(true));
	make_file(1024);
	f = fopen(path, "r+");
	fwrite("QFI\xfb", 1, 4, f);
	fclose(f);
	refused("qcow2");
}

static void blk_open__second_writer__refused(void **state)
{
	(void)state;
	assert_null(create(false));
	assert_non_null(strstr(gz_err_last(), "in use by another VM"));
	assert_null(create(true));
}

static void blk_open__second_reader__allowed(void **state)
{
	struct virtio_dev *other = create(true);

	(void)state;
	assert_non_null(other);
	other->ops->destroy(other);
	assert_null(create(false));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define R(name) cmocka_unit_test_setup_teardown(name, setup_ro, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(blk__config__capacity_and_flush), T(blk__read__file_content),
		T(blk__write__reaches_file), T(blk__beyond_end__io_error),
		T(blk__odd_length__io_error), T(blk__unknown_request__unsupported),
		T(blk__get_id__names_disk), T(blk__no_status_byte__breaks),
		T(blk__short_header__breaks), T(blk__file_shrinks__io_error_and_alive),
		R(blk_ro__write__io_error), T(blk_open__second_writer__refused),
		R(blk_open__second_reader__allowed),
		cmocka_unit_test_setup_teardown(blk_open__bad_files__each_its_reason,
						fake_mem_setup, fake_mem_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
