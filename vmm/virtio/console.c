// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: virtio-console with several ports: the control channel and the port table.
 * Never: act on a port id the guest made up.
 * Used by: machine_devices.c; spec: VIRTIO 1.2, "Console Device".
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "virtio/console_port.h"

#define F_MULTIPORT	(UINT64_C(1) << 1)

enum { C_DEVICE_READY, C_PORT_ADD, C_PORT_REMOVE, C_PORT_READY, C_CONSOLE_PORT, C_RESIZE,
       C_PORT_OPEN, C_PORT_NAME };
enum { Q_RX0, Q_TX0, Q_CONTROL_RX, Q_CONTROL_TX, Q_PORT1 };

#define PORTS_MAX	(CONFIG_VPORTS + 1)
#define BACKLOG_MAX	64
#define CONFIG_LEN	12

struct control {
	uint32_t id;
	uint16_t event, value;
};

struct console {
	struct virtio_dev dev;
	struct console_plan plan;
	struct port port[PORTS_MAX];		/* by id; unused ones have no dev */
	unsigned int port_max;
	struct control backlog[BACKLOG_MAX];	/* waiting for control buffers */
	unsigned int backlog_count;
};

static struct port *port_of(struct console *con, uint32_t id)
{
	return id < con->port_max && con->port[id].dev ? &con->port[id] : NULL;
}

/* The message as bytes; a name follows its header. */
static size_t encode(struct console *con, const struct control *m, uint8_t *out)
{
	struct control le = { htole32(m->id), htole16(m->event), htole16(m->value) };
	struct port *port = port_of(con, m->id);
	size_t len = sizeof(le);

	memcpy(out, &le, sizeof(le));
	if (m->event == C_PORT_NAME && port) {
		memcpy(out + len, port->name, strlen(port->name));
		len += strlen(port->name);
	}
	return len;
}

static void control_flush(struct console *con)
{
	struct virtio_dev *dev = &con->dev;
	struct vq *vq = &dev->vq[Q_CONTROL_RX];
	uint8_t bytes[sizeof(struct control) + sizeof(con->plan.vport->name)];
	unsigned int sent = 0;
	struct vq_chain c;

	do {
		while (sent < con->backlog_count && virtio_pop(dev, Q_CONTROL_RX, &c)) {
			size_t len = encode(con, &con->backlog[sent++], bytes);

			vq_push(vq, &c, vq_copy_in(&c, 0, bytes, len));
		}
	} while (sent < con->backlog_count && virtio_running(dev) && vq_want_notify(vq));
	con->backlog_count -= sent;
	memmove(con->backlog, con->backlog + sent, con->backlog_count * sizeof(con->backlog[0]));
	virtio_signal(dev, vq);
}

static void control_send(struct console *con, uint32_t id, uint16_t event, uint16_t value)
{
	if (con->backlog_count == BACKLOG_MAX) {
		virtio_break(&con->dev, "control messages without buffers for the answers");
		return;
	}
	con->backlog[con->backlog_count++] = (struct control){ id, event, value };
}

static void port_closed(struct port *port)
{
	struct console *con = port->dev->priv;

	if (!virtio_running(port->dev))
		return;
	control_send(con, port->id, C_PORT_OPEN, 0);
	control_flush(con);
}

static void announce_ports(struct console *con)
{
	for (uint32_t id = 0; id < con->port_max; id++)
		if (con->port[id].dev)
			control_send(con, id, C_PORT_ADD, 0);
}

static void port_ready(struct console *con, struct port *port)
{
	if (port->is_console)
		control_send(con, port->id, C_CONSOLE_PORT, 1);
	else
		control_send(con, port->id, C_PORT_NAME, 1);
	if (port->host_open)
		control_send(con, port->id, C_PORT_OPEN, 1);
}

static void control_handle(struct console *con, const struct control *m)
{
	struct port *port = port_of(con, m->id);

	if (m->event == C_DEVICE_READY && m->value == 1)
		announce_ports(con);
	else if (m->event == C_PORT_READY && m->value == 1 && port)
		port_ready(con, port);
	else if (m->event == C_PORT_OPEN && port)
		port_guest_open(port, m->value == 1);
}

static bool control_receive(void *ctx, const struct vq_chain *c)
{
	struct console *con = ctx;
	struct control m;

	if (vq_copy_out(c, 0, &m, sizeof(m)) == sizeof(m)) {
		m = (struct control){ le32toh(m.id), le16toh(m.event), le16toh(m.value) };
		control_handle(con, &m);
	}
	vq_push(&con->dev.vq[Q_CONTROL_TX], c, 0);
	return true;
}

static void console_notify(struct virtio_dev *dev, unsigned int queue)
{
	struct console *con = dev->priv;
	struct port *port;

	if (queue == Q_CONTROL_RX) {
		control_flush(con);
		return;
	}
	if (queue == Q_CONTROL_TX) {
		virtio_serve(dev, queue, control_receive, con);
		control_flush(con);
		return;
	}
	port = port_of(con, queue < Q_PORT1 ? 0 : (queue - 2) / 2);
	if (!port)
		return;
	if (queue == port->rx_queue)
		port_rx_ready(port);
	else
		port_tx(port);
}

static void console_driver_ok(struct virtio_dev *dev)
{
	struct console *con = dev->priv;

	/* Without the control channel there is only port 0, always open. */
	if (!(dev->accepted & F_MULTIPORT) && con->port[0].dev)
		port_guest_open(&con->port[0], true);
}

static void console_reset(struct virtio_dev *dev)
{
	struct console *con = dev->priv;

	con->backlog_count = 0;
	for (unsigned int i = 0; i < con->port_max; i++)
		if (con->port[i].dev)
			port_reset(&con->port[i]);
}

static void console_destroy(struct virtio_dev *dev)
{
	struct console *con = dev->priv;

	loop_stop(dev->loop);
	for (unsigned int i = 0; i < con->port_max; i++)
		if (con->port[i].dev)
			port_close(&con->port[i]);
	free(con);
}

static const struct virtio_ops console_ops = {
	.notify = console_notify, .driver_ok = console_driver_ok, .reset = console_reset,
	.destroy = console_destroy,
};

static struct port *port_init(struct console *con, unsigned int id, const char *name)
{
	struct port *p = &con->port[id];

	*p = (struct port){
		.dev = &con->dev, .id = id, .name = name, .in_fd = -1, .out_fd = -1,
		.rx_queue = id ? Q_PORT1 + 2 * (id - 1) : Q_RX0,
		.tx_queue = id ? Q_PORT1 + 2 * (id - 1) + 1 : Q_TX0,
		.host_open = true, .plan = &con->plan, .closed = port_closed,
	};
	return p;
}

static int open_ports(struct console *con)
{
	const struct console_plan *plan = &con->plan;

	if (plan->console) {
		struct port *p = port_init(con, 0, "console");

		p->is_console = true;
		p->watch = &con->plan.watch;
		if (port_open_console(p, plan->console) || port_watch(p))
			return -1;
	}
	for (unsigned int i = 0; i < plan->vport_count; i++) {
		struct port *p = port_init(con, i + 1, plan->vport[i].name);

		if (port_open_path(p, &plan->vport[i]) || port_watch(p))
			return -1;
	}
	return 0;
}

struct virtio_dev *console_create(const struct gmem *mem, const struct console_plan *plan)
{
	struct console *con = calloc(1, sizeof(*con));
	uint32_t port_max;

	if (!con) {
		gz_err("out of memory for the virtio console");
		return NULL;
	}
	con->plan = *plan;
	con->port_max = plan->vport_count + 1;
	con->dev = (struct virtio_dev){ .name = "console", .id = VIRTIO_ID_CONSOLE,
					.ops = &console_ops, .priv = con };
	con->dev.offered = F_MULTIPORT;
	port_max = htole32(con->port_max);
	memcpy(con->dev.config + 4, &port_max, 4);
	con->dev.config_len = CONFIG_LEN;
	virtio_init(&con->dev, mem, 2 * (con->port_max + 1));
	con->dev.loop = loop_start("console");
	if (con->dev.loop && open_ports(con) == 0)
		return &con->dev;
	console_destroy(&con->dev);
	return NULL;
}
