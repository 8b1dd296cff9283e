// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: what a protected guest shares and takes back while its devices work.
 * Never: let a page go that a device uses, or a device use one that has gone.
 * Used by: vcpu.c.
 *
 * A device touches guest memory with its lock held and keeps no pointer into it when it lets go, but to the rings
 * of its queues. So who holds the locks of all devices at once has stopped every one of them between two
 * requests. Only then is a page hidden (settle()), and only then is written down what is left; a queue whose
 * rings went is stopped before its device can look at it again. The guest's call takes as long as the visits of the
 * devices to their queues that are under way, which end after a request, and is never refused because of us.
 *
 * Order: the locks in the order of the devices. No thread of a device takes two of them.
 */
#include "machine.h"

static void lock_devices(struct machine *m)
{
	for (unsigned int i = 0; i < m->virtio_count; i++)
		virtio_hold(m->virtio[i].dev);
}

static void unlock_devices(struct machine *m)
{
	for (unsigned int i = m->virtio_count; i--;)
		virtio_let_go(m->virtio[i].dev);
}

int machine_settle(struct machine *m, struct hv_vcpu *vcpu)
{
	struct hv_view now;
	int err;

	lock_devices(m);
	err = m->hv.ops->settle(vcpu, &now);
	if (!err && gmem_mark(&m->view, now.gpa, now.count, now.shared))
		for (unsigned int i = 0; i < m->virtio_count; i++)
			virtio_memory_went(m->virtio[i].dev);
	unlock_devices(m);
	return err;
}
