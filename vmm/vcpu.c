// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: one thread per vCPU: run, look at the exit, serve it, run again.
 * Never: lose a request to stop: the flag is set before the signal, and checked by the kernel.
 * Used by: run.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/kick.h"
#include "lib/term.h"
#include "machine.h"

#define JOIN_TRIES	3000	/* half a minute: the machine may be very busy */
#define JOIN_PATIENCE	10	/* then device work in progress is given up */
#define JOIN_WAIT_NS	(10 * 1000 * 1000)

static void guest_reset(struct machine *m)
{
	bool panic = atomic_load(&m->panic_seen);

	if (panic)
		gz_note("the guest's kernel panicked");
	machine_stop(m, panic ? GZ_STATUS_PANIC : GZ_STATUS_RESET);
}

static void handle_exit(struct vcpu_thread *t, struct hv_exit *e)
{
	struct machine *m = t->machine;

	switch (e->kind) {
	case HV_EXIT_AGAIN:
		break;
	case HV_EXIT_MMIO:
		t->mmio_count++;
		bus_access(&m->bus, e->gpa, e->data, e->len, e->is_write);
		break;
	case HV_EXIT_VIEW:
		if (machine_settle(m, &t->vcpu))
			machine_stop(m, GZ_STATUS_CRASH);
		break;
	case HV_EXIT_STOP:
		machine_stop(m, GZ_STATUS_STOP);
		break;
	case HV_EXIT_RESET:
		guest_reset(m);
		break;
	case HV_EXIT_PANIC:
		gz_note("the guest reports a crash");
		machine_stop(m, GZ_STATUS_PANIC);
		break;
	case HV_EXIT_CRASH:
		if (!atomic_load(&m->stopping))
			gz_err("vCPU %u cannot go on: %s", t->vcpu.id, e->why);
		machine_stop(m, GZ_STATUS_CRASH);
		break;
	}
}

static void *vcpu_main(void *arg)
{
	struct vcpu_thread *t = arg;
	struct hv_exit e = { 0 };
	char name[16];

	snprintf(name, sizeof(name), "vcpu%u", t->vcpu.id);
	pthread_setname_np(pthread_self(), name);
	while (!atomic_load(&t->machine->stopping)) {
		t->machine->hv.ops->run(&t->vcpu, &e);
		t->exit_count++;
		handle_exit(t, &e);
	}
	return NULL;
}

int vcpus_start(struct machine *m)
{
	kick_install();
	for (unsigned int i = 0; i < m->cfg->cpus; i++) {
		struct vcpu_thread *t = &m->cpu[i];

		if (pthread_create(&t->thread, NULL, vcpu_main, t)) {
			machine_stop(m, GZ_STATUS_FAILED);
			vcpus_join(m);
			return gz_err("cannot start the thread of vCPU %u: %s", i, strerror(errno));
		}
		t->started = true;
	}
	return 0;
}

/*
 * All of them: the one waited for may wait for another, which writes to a pipe that nobody reads.
 * The signal only has to interrupt the call: the flag is set before it is sent.
 */
static void kick_all(struct machine *m)
{
	for (unsigned int i = 0; i < GZ_MAX_CPUS; i++) {
		struct vcpu_thread *t = &m->cpu[i];

		if (!t->started)
			continue;
		m->hv.ops->set_kick(&t->vcpu, true);
		pthread_kill(t->thread, KICK_SIGNAL);
	}
}

static bool join_one(struct vcpu_thread *t)
{
	struct timespec wait = { .tv_nsec = JOIN_WAIT_NS };

	for (unsigned int i = 0; i < JOIN_TRIES; i++) {
		/* It may wait for a device that a hostile driver keeps at work. */
		if (i >= JOIN_PATIENCE)
			machine_quiesce(t->machine);
		kick_all(t->machine);
		if (pthread_tryjoin_np(t->thread, NULL) == 0)
			return true;
		nanosleep(&wait, NULL);
	}
	return false;
}

void vcpus_join(struct machine *m)
{
	for (unsigned int i = 0; i < GZ_MAX_CPUS; i++) {
		struct vcpu_thread *t = &m->cpu[i];

		if (!t->started)
			continue;
		if (!join_one(t)) {
			/* Its memory cannot be freed under it: leave everything to the kernel. */
			gz_err("vCPU %u does not stop: the hypervisor holds it; see dmesg", i);
			term_restore();
			_exit(GZ_STATUS_CRASH);
		}
		t->started = false;
		gz_debug("vCPU %u: %" PRIu64 " exits, %" PRIu64 " of them device accesses", i,
			 t->exit_count, t->mmio_count);
	}
}
