/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: one virtual machine: memory, vCPUs, devices and the way it ends.
 * Never: outlive its process in any form: no file, process or VM stays behind.
 * Used by: run.c; machine.c builds it, machine_devices.c equips it, vcpu.c runs it.
 */
#ifndef GZ_MACHINE_H
#define GZ_MACHINE_H

#include <pthread.h>
#include <stdatomic.h>

#include "boot/kernel.h"
#include "config.h"
#include "dev/pvpanic.h"
#include "dev/serial.h"
#include "hv/hv.h"
#include "layout.h"
#include "lib/err.h"
#include "lib/keys.h"
#include "mem/bus.h"
#include "mem/gmem.h"
#include "virtio/mmio.h"

#define MACHINE_VIRTIO	(CONFIG_DISKS + 3)

struct machine;

struct vcpu_thread {
	struct machine *machine;
	struct hv_vcpu vcpu;
	pthread_t thread;
	bool created, started;
	uint64_t exit_count, mmio_count;
};

struct machine {
	const struct config *cfg;
	struct hv hv;
	bool hv_opened;
	struct gmem mem;
	struct gmem firmware;			/* below it, with config_has_firmware() */
	struct gmem pool;			/* behind it, of a protected VM: all we may touch */
	struct gmem view;			/* instead, with cfg->guest_shares: of both what is shared now */
	struct bus bus;
	struct boot_image img;
	struct vcpu_thread cpu[GZ_MAX_CPUS];

	struct loop *io;			/* serial and rng */
	struct serial serial;
	struct keys *keys;			/* of the serial port; NULL: it has none */
	int serial_irq_fd;
	bool serial_irq_direct;
	struct pvpanic pvpanic;
	struct virtio_mmio virtio[MACHINE_VIRTIO];
	unsigned int virtio_count;

	atomic_bool stopping;			/* the first reason to end wins */
	atomic_bool panic_seen;
	atomic_int status;
	int stop_fd;				/* readable once stopping */
};

/* Build everything up to the first instruction. 0, or -1 after saying why. */
int machine_create(struct machine *m, const struct config *cfg);
/* Undo it, in whatever state it is. No vCPU thread may run. */
void machine_destroy(struct machine *m);

/* What devices may reach of the guest's memory. */
static inline const struct gmem *machine_dma(const struct machine *m)
{
	if (m->cfg->guest_shares)
		return &m->view;
	return config_splits_memory(m->cfg) ? &m->pool : &m->mem;
}

/* machine_views.c: a vCPU had HV_EXIT_VIEW. 0, or -1 after saying why. Any vCPU's thread. */
int machine_settle(struct machine *m, struct hv_vcpu *vcpu);

/* machine_devices.c: make and wire the devices CFG asks for. */
int machine_add_devices(struct machine *m);
void machine_remove_devices(struct machine *m);
/* Let no device start or go on with work for the guest: the VM is ending. Any thread. */
void machine_quiesce(struct machine *m);
bool machine_has_serial(const struct machine *m);

/* End the VM with STATUS; the first call wins. Any thread. */
void machine_stop(struct machine *m, enum gz_status status);

/* vcpu.c: run all vCPUs; then, once stopping, bring them home. */
int vcpus_start(struct machine *m);
void vcpus_join(struct machine *m);

#endif
