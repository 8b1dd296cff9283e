// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: open, recognise, measure and lock the file of a virtual disk.
 * Never: take a disk image of a format gz does not read for a raw one.
 * Used by: virtio/blk.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "virtio/blk_file.h"

#define SECTOR	512

static int measure(int fd, const char *path, uint64_t *len)
{
	struct stat st;

	if (fstat(fd, &st))
		return gz_err("cannot look at disk %s: %s", path, strerror(errno));
	if (S_ISBLK(st.st_mode)) {
		if (ioctl(fd, BLKGETSIZE64, len) == 0)
			return 0;
		return gz_err("cannot get the size of disk %s: %s", path, strerror(errno));
	}
	if (!S_ISREG(st.st_mode))
		return gz_err("disk %s is neither a file nor a block device", path);
	*len = (uint64_t)st.st_size;
	return 0;
}

/* Other formats would be served as garbage, and written over. */
static int refuse_formats(int fd, const char *path)
{
	char magic[4];

	if (pread(fd, magic, sizeof(magic), 0) != (ssize_t)sizeof(magic))
		return gz_err("cannot read disk %s: %s", path, strerror(errno));
	if (memcmp(magic, "QFI\xfb", 4) == 0)
		return gz_err("disk %s is in qcow2 format, which is not in this version:"
			      " `qemu-img convert -O raw` it", path);
	return 0;
}

/* Held as long as the fd is open: two writers would destroy a file system. */
static int lock(int fd, const char *path, bool read_only)
{
	struct flock l = { .l_type = read_only ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_SETLK, &l) == 0 || (errno != EAGAIN && errno != EACCES))
		return 0;	/* a file system without locks is the user's business */
	return gz_err("disk %s is in use by another VM: end that one, or give %s,ro to both",
		      path, path);
}

static int check(int fd, const char *path, bool read_only, uint64_t *sectors)
{
	uint64_t len = 0;

	if (measure(fd, path, &len))
		return -1;
	if (len < SECTOR)
		return gz_err("disk %s is too short: %llu bytes, a disk has at least one sector of"
			      " %d", path, (unsigned long long)len, SECTOR);
	if (len % SECTOR)
		return gz_err("disk %s is %llu bytes, no whole number of %d-byte sectors: cut short?"
			      " `truncate -s %%%d` makes it whole", path, (unsigned long long)len,
			      SECTOR, SECTOR);
	*sectors = len / SECTOR;
	return refuse_formats(fd, path) || lock(fd, path, read_only) ? -1 : 0;
}

int blk_file_open(const char *path, bool read_only, uint64_t *sectors)
{
	/* Not waiting for the other end of a fifo, which is refused below. */
	int fd = open(path, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && !read_only && (errno == EACCES || errno == EROFS || errno == EPERM))
		return gz_err("cannot write disk %s: %s; give %s,ro to use it read-only", path,
			      strerror(errno), path);
	if (fd < 0)
		return gz_err("cannot open disk %s: %s; check the path given to --disk", path,
			      strerror(errno));
	if (check(fd, path, read_only, sectors) == 0)
		return fd;
	close(fd);
	return -1;
}
