/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: one port of a virtio console and the host file it is tied to.
 * Never: drop a byte while both ends are open: each side waits for the other. Keys typed at a guest
 *        that does not read are the exception: see lib/keys.h.
 * Used by: virtio/console.c.
 */
#ifndef GZ_VIRTIO_CONSOLE_PORT_H
#define GZ_VIRTIO_CONSOLE_PORT_H

#include "lib/keys.h"
#include "virtio/devices.h"

enum port_eof {
	EOF_FINAL,		/* a file or a terminal: nothing comes any more */
	EOF_RETRY,		/* a device or fifo: the other side may come back */
	EOF_CLOSE,		/* a socket: the port closes */
};

struct port {
	struct virtio_dev *dev;
	unsigned int id, rx_queue, tx_queue;
	const char *name;
	bool is_console, on_stdio;
	struct keys *keys;			/* instead of in, on standard input */
	bool host_open, guest_open;
	enum port_eof eof;
	int in_fd, out_fd;			/* may be the same; -1: none */
	struct loop_src *in, *out;
	bool out_gone;				/* nobody has the other end open just now */
	size_t tx_done;				/* bytes of the first tx request already written */
	struct outlet *watch;
	const struct console_plan *plan;
	void (*closed)(struct port *port);	/* the host end closed; dev->lock held */
};

/* Open what CFG names for a port. 0, or -1 after saying why. */
int port_open_path(struct port *port, const struct config_vport *cfg);
int port_open_console(struct port *port, const struct config_console *cfg);
void port_close(struct port *port);

/* Start watching the files. After the device's loop runs. */
int port_watch(struct port *port);

/* With dev->lock held: the guest gave buffers, sent data, opened or closed its end. */
void port_rx_ready(struct port *port);
void port_tx(struct port *port);
void port_guest_open(struct port *port, bool open);
void port_reset(struct port *port);

#endif
