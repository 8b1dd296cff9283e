// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: make the devices a configuration asks for and wire them to bus and interrupts.
 * Never: know how a device works inside.
 * Used by: machine.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/term.h"
#include "machine.h"
#include "net/user.h"
#include "virtio/devices.h"

bool machine_has_serial(const struct machine *m)
{
	(void)m;
	return true;		/* with --serial none it is there and prints nowhere */
}

static void serial_interrupt(void *ctx)
{
	struct machine *m = ctx;
	uint64_t one = 1;

	if (m->serial_irq_direct) {
		m->hv.ops->irq_line(&m->hv, GZ_SERIAL_SPI, true);
		m->hv.ops->irq_line(&m->hv, GZ_SERIAL_SPI, false);
	} else if (write(m->serial_irq_fd, &one, sizeof(one)) < 0) {
		gz_debug("serial: interrupt: %s", strerror(errno));
	}
}

static void user_quit(void *ctx)
{
	gz_note("ended from the keyboard");
	machine_stop(ctx, GZ_STATUS_STOP);
}

static void keys_arrived(void *ctx)
{
	serial_pull(ctx);
}

static size_t serial_keys(void *ctx, uint8_t *to, size_t max)
{
	struct machine *m = ctx;

	return m->keys ? keys_take(m->keys, to, max) : 0;
}

static int open_serial_output(struct machine *m)
{
	const struct config_console *c = &m->cfg->serial;

	if (c->end == END_STDIO)
		m->serial.out.fd = STDOUT_FILENO;
	if (c->end != END_FILE)
		return 0;
	m->serial.out.fd = open(c->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (m->serial.out.fd >= 0)
		return 0;
	return gz_err("--serial: cannot write %s: %s", c->path, strerror(errno));
}

static bool serial_has_keyboard(const struct config *c)
{
	return c->serial.end == END_STDIO && term_is_ours() &&
	       !(c->has_console && c->console.end == END_STDIO);
}

/* The loop may call keys_arrived() before m->keys is set: what it missed is fetched here. */
static int add_keyboard(struct machine *m)
{
	struct keys_user user = { keys_arrived, &m->serial, user_quit, m };
	struct keys *k = keys_open(m->io, STDIN_FILENO, &user);

	if (!k)
		return -1;
	pthread_mutex_lock(&m->serial.lock);
	m->keys = k;
	pthread_mutex_unlock(&m->serial.lock);
	serial_pull(&m->serial);
	return 0;
}

static int add_serial(struct machine *m)
{
	struct bus_range r = { .name = "the serial port", .base = GZ_SERIAL_BASE,
			       .size = GZ_SERIAL_SIZE, .ops = &serial_ops, .ctx = &m->serial };

	serial_init(&m->serial);
	m->serial.out.panic_seen = &m->panic_seen;
	m->serial.out.stopping = &m->stopping;
	m->serial.interrupt = serial_interrupt;
	m->serial.interrupt_ctx = m;
	m->serial.source = serial_keys;
	m->serial.source_ctx = m;
	m->serial_irq_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (m->serial_irq_fd < 0)
		return gz_err("no eventfd: %s", strerror(errno));
	m->serial_irq_direct = m->hv.ops->irqfd(&m->hv, GZ_SERIAL_SPI, m->serial_irq_fd) != 0;
	if (open_serial_output(m) || bus_add(&m->bus, &r))
		return -1;
	return serial_has_keyboard(m->cfg) ? add_keyboard(m) : 0;
}

static void guest_panicked(void *ctx)
{
	struct machine *m = ctx;

	atomic_store(&m->panic_seen, true);
	gz_note("the guest reports a panic");
	machine_stop(m, GZ_STATUS_PANIC);
}

static int add_pvpanic(struct machine *m)
{
	struct bus_range r = { .name = "pvpanic", .base = GZ_PVPANIC_BASE, .size = GZ_PVPANIC_SIZE,
			       .ops = &pvpanic_ops, .ctx = &m->pvpanic };

	m->pvpanic = (struct pvpanic){ guest_panicked, m };
	return bus_add(&m->bus, &r);
}

static int add_virtio(struct machine *m, struct virtio_dev *dev)
{
	struct virtio_mmio *v = &m->virtio[m->virtio_count];
	struct bus_range r = { .base = GZ_VIRTIO_BASE + m->virtio_count * GZ_VIRTIO_STRIDE,
			       .size = GZ_VIRTIO_STRIDE, .ops = &virtio_mmio_ops, .ctx = v };

	if (!dev)
		return -1;
	r.name = dev->name;
	m->virtio_count++;	/* from here on machine_remove_devices() ends it */
	if (virtio_mmio_attach(v, dev, &m->hv, r.base, GZ_VIRTIO_SPI + m->virtio_count - 1))
		return -1;
	return bus_add(&m->bus, &r);
}

static int add_console(struct machine *m)
{
	const struct config *c = m->cfg;
	struct console_plan plan = {
		.console = c->has_console ? &c->console : NULL,
		.vport = c->vport, .vport_count = c->vport_count,
		.watch = { .fd = -1, .panic_seen = &m->panic_seen },
		.quit = user_quit, .quit_ctx = m,
	};

	if (!c->has_console && !c->vport_count)
		return 0;
	return add_virtio(m, console_create(machine_dma(m), &plan));
}

static int add_net(struct machine *m)
{
	struct virtio_dev *dev;

	if (!m->cfg->net)
		return 0;
	dev = net_create(machine_dma(m));
	if (add_virtio(m, dev))
		return -1;
	return net_user_attach(dev, m->cfg);
}

int machine_add_devices(struct machine *m)
{
	const struct config *c = m->cfg;

	m->io = loop_start("io");
	if (!m->io || add_serial(m) || add_pvpanic(m))
		return -1;
	for (unsigned int i = 0; i < c->disk_count; i++)
		if (add_virtio(m, blk_create(machine_dma(m), &c->disk[i], i)))
			return -1;
	if (add_net(m) || add_console(m))
		return -1;
	return c->rng ? add_virtio(m, rng_create(machine_dma(m), m->io)) : 0;
}

void machine_quiesce(struct machine *m)
{
	loop_ask_stop(m->io);
	for (unsigned int i = 0; i < m->virtio_count; i++)
		if (m->virtio[i].dev)
			loop_ask_stop(m->virtio[i].dev->loop);
}

void machine_remove_devices(struct machine *m)
{
	loop_stop(m->io);	/* before the devices it calls into */
	m->io = NULL;
	keys_close(m->keys);
	m->keys = NULL;
	for (unsigned int i = 0; i < m->virtio_count; i++) {
		struct virtio_dev *dev = m->virtio[i].dev;

		if (dev)
			dev->ops->destroy(dev);
		virtio_mmio_detach(&m->virtio[i]);
	}
	m->virtio_count = 0;
	if (m->serial.out.fd > STDERR_FILENO)
		close(m->serial.out.fd);
	if (m->serial_irq_fd >= 0)
		close(m->serial_irq_fd);
	m->serial_irq_fd = -1;
}
