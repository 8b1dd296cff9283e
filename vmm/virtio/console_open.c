// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: open the file, device, fifo or socket behind a port.
 * Never: make a file the user did not ask to have made.
 * Used by: virtio/console.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/term.h"
#include "virtio/console_port.h"

static int open_socket(struct port *port, const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(sa.sun_path))
		return gz_err("--vport %s: the path of a socket has at most %zu bytes", path,
			      sizeof(sa.sun_path) - 1);
	memcpy(sa.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		gz_err("--vport: cannot connect to %s: %s; is its server running?", path,
		       strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		gz_debug("%s stays blocking: %s", path, strerror(errno));
	port->in_fd = port->out_fd = fd;
	port->eof = EOF_CLOSE;
	return 0;
}

/* A plain file has two positions: input from its start, output to its end. */
static int open_file(struct port *port, const char *path)
{
	port->in_fd = open(path, O_RDONLY | O_CLOEXEC);
	port->out_fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	port->eof = EOF_FINAL;
	if (port->in_fd >= 0 && port->out_fd >= 0)
		return 0;
	return gz_err("--vport: cannot open %s to read and write: %s", path, strerror(errno));
}

static int open_device(struct port *port, const char *path)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return gz_err("--vport: cannot open %s: %s", path, strerror(errno));
	port->in_fd = port->out_fd = fd;
	port->eof = EOF_RETRY;
	return 0;
}

int port_open_path(struct port *port, const struct config_vport *cfg)
{
	struct stat st;

	if (stat(cfg->path, &st))
		return gz_err("--vport %s=%s: %s; make the file or start the socket's server first",
			      cfg->name, cfg->path, strerror(errno));
	if (S_ISSOCK(st.st_mode))
		return open_socket(port, cfg->path);
	if (S_ISREG(st.st_mode))
		return open_file(port, cfg->path);
	if (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode))
		return open_device(port, cfg->path);
	return gz_err("--vport %s=%s: give a file, a character device, a fifo or a socket",
		      cfg->name, cfg->path);
}

/*
 * A description of our own can be non-blocking without the user's shell being so: a write to a
 * terminal that nobody reads would stop the thread that sees the quit key.
 */
static int own_terminal(void)
{
	int fd = isatty(STDOUT_FILENO) ? open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY |
					      O_CLOEXEC) : -1;

	return fd < 0 ? STDOUT_FILENO : fd;
}

int port_open_console(struct port *port, const struct config_console *cfg)
{
	if (cfg->end == END_STDIO) {
		port->in_fd = term_is_ours() ? STDIN_FILENO : -1;
		port->out_fd = own_terminal();
		port->on_stdio = port->in_fd >= 0;
		return 0;
	}
	if (cfg->end == END_NONE)
		return 0;
	port->out_fd = open(cfg->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (port->out_fd >= 0 && fcntl(port->out_fd, F_SETFL, O_NONBLOCK) == 0)
		return 0;
	return gz_err("--console: cannot write %s: %s", cfg->path, strerror(errno));
}

void port_close(struct port *port)
{
	keys_close(port->keys);
	port->keys = NULL;
	if (port->in_fd > STDERR_FILENO)
		close(port->in_fd);
	if (port->out_fd > STDERR_FILENO && port->out_fd != port->in_fd)
		close(port->out_fd);
	port->in_fd = port->out_fd = -1;
}
