// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: read a file, unpack a gzip, both with limits.
 * Never: allocate what a file merely claims.
 * Used by: boot/kernel.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "boot/kernel.h"
#include "lib/err.h"

#define FILE_MAX	(UINT64_C(1) << 30)
#define UNPACKED_MAX	(UINT64_C(512) << 20)
#define CHUNK		(1u << 20)

static int read_all(int fd, uint8_t *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, buf + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

static int open_regular(const char *what, const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return gz_err("cannot open %s %s: %s; check the path", what, path, strerror(errno));
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode) && st->st_size > 0 &&
	    (uint64_t)st->st_size <= FILE_MAX)
		return fd;
	close(fd);
	if (!S_ISREG(st->st_mode))
		return gz_err("%s %s is no regular file", what, path);
	if (st->st_size == 0)
		return gz_err("%s %s is empty", what, path);
	return gz_err("%s %s is larger than 1 GiB: wrong file?", what, path);
}

int boot_read_file(const char *what, const char *path, uint8_t **data, size_t *len)
{
	struct stat st = { 0 };
	int fd = open_regular(what, path, &st);

	if (fd < 0)
		return -1;
	*len = (size_t)st.st_size;
	*data = malloc(*len + 1);
	if (!*data || read_all(fd, *data, *len)) {
		free(*data);
		*data = NULL;
		close(fd);
		return gz_err("cannot read %s %s: %s", what, path, strerror(errno));
	}
	close(fd);
	return 0;
}

/* Inflate until the end of the stream; the buffer grows as data really comes. */
static int inflate_all(z_stream *z, uint8_t **out, size_t *out_len)
{
	size_t room = 0;
	uint8_t *bigger;
	int err = Z_OK;

	*out = NULL;
	while (err == Z_OK && room < UNPACKED_MAX) {
		bigger = realloc(*out, room + CHUNK);
		if (!bigger)
			return Z_MEM_ERROR;
		*out = bigger;
		z->next_out = *out + room;
		z->avail_out = CHUNK;
		err = inflate(z, Z_NO_FLUSH);
		room += CHUNK;
	}
	*out_len = room - z->avail_out;
	return err;
}

int boot_gunzip(const char *path, const uint8_t *in, size_t in_len, uint8_t **out, size_t *out_len)
{
	/* zlib's next_in is not const although it only reads. */
	z_stream z = { .next_in = (uint8_t *)(uintptr_t)in, .avail_in = (unsigned int)in_len };
	int err;

	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return gz_err("out of memory to unpack %s", path);
	err = inflate_all(&z, out, out_len);
	inflateEnd(&z);
	if (err == Z_STREAM_END)
		return 0;
	free(*out);
	*out = NULL;
	if (err == Z_BUF_ERROR)
		return gz_err("kernel %s is a gzip file that ends too early: copy it again", path);
	if (err == Z_OK)
		return gz_err("kernel %s unpacks to more than 512 MiB: wrong file?", path);
	return gz_err("kernel %s is a damaged gzip file: copy it again", path);
}
