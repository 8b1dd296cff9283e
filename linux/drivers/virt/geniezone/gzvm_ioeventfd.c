// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: IOEVENTFD: a guest write at a known address signals an eventfd and stays in the kernel.
 * Never: hold a lock on the exit path; readers are in RCU.
 * Used by: gzvm_vm.c (ioctl), gzvm_run.c (exits).
 */
#include <linux/eventfd.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "compat.h"
#include "gzvm_drv.h"

/**
 * struct gzvm_ioevent - one address that signals one eventfd
 * @node: entry of gzvm_ioevents.list
 * @eventfd: referenced
 * @addr: guest address
 * @len: bytes the write must have, 0 for any
 * @wildcard: any value will do
 * @datamatch: else this one
 */
struct gzvm_ioevent {
	struct list_head node;
	struct eventfd_ctx *eventfd;
	u64 addr;
	u32 len;
	bool wildcard;
	u64 datamatch;
};

static u64 gzvm_write_value(u32 len, const u8 *data)
{
	u64 value = 0;

	/* Little endian, as the guest stored it. */
	memcpy(&value, data, len);
	return value;
}

/**
 * gzvm_ioevent_write() - looks whether a guest write belongs to an eventfd
 * @vm: the VM
 * @addr: guest address
 * @len: bytes, at most 8
 * @data: what was written
 *
 * Return: true when an eventfd was signalled and the write is done.
 */
bool gzvm_ioevent_write(struct gzvm *vm, u64 addr, u32 len, const u8 *data)
{
	u64 value = gzvm_write_value(len, data);
	struct gzvm_ioevent *p;
	bool hit = false;

	rcu_read_lock();
	list_for_each_entry_rcu(p, &vm->ioevents.list, node) {
		if (p->addr != addr || (p->len && p->len != len))
			continue;
		if (!p->wildcard && p->datamatch != value)
			continue;
		gzvm_eventfd_signal(p->eventfd);
		hit = true;
		break;
	}
	rcu_read_unlock();
	return hit;
}

/* Could one write be meant for both? Only the value may tell two entries of one address apart. */
static bool gzvm_ioevent_collides(const struct gzvm_ioevent *a, const struct gzvm_ioevent *b)
{
	if (a->addr != b->addr)
		return a->addr > b->addr && a->addr - b->addr < b->len;
	if (!a->len || !b->len || a->len != b->len)
		return true;
	return a->wildcard || b->wildcard || a->datamatch == b->datamatch;
}

static bool gzvm_ioevent_is(const struct gzvm_ioevent *a, const struct gzvm_ioevent *b)
{
	return a->eventfd == b->eventfd && a->addr == b->addr && a->len == b->len &&
	       a->wildcard == b->wildcard && (a->wildcard || a->datamatch == b->datamatch);
}

static int gzvm_ioevent_check(const struct gzvm_ioeventfd *args)
{
	u64 last;

	switch (args->len) {
	case 0:
	case 1:
	case 2:
	case 4:
	case 8:
		break;
	default:
		return -EINVAL;
	}
	/* No PIO on this architecture; unknown flags have no meaning yet. */
	if (args->flags & ~(GZVM_IOEVENTFD_FLAG_DATAMATCH | GZVM_IOEVENTFD_FLAG_DEASSIGN))
		return -EINVAL;
	if (check_add_overflow(args->addr, (u64)args->len, &last))
		return -EINVAL;
	if (!args->len && (args->flags & GZVM_IOEVENTFD_FLAG_DATAMATCH))
		return -EINVAL;
	return 0;
}

static int gzvm_ioevent_add(struct gzvm_ioevents *ioevents, struct gzvm_ioevent *new)
{
	struct gzvm_ioevent *p;
	int ret = 0;

	mutex_lock(&ioevents->lock);
	list_for_each_entry(p, &ioevents->list, node) {
		if (gzvm_ioevent_collides(new, p))
			ret = -EEXIST;
	}
	if (!ret && ioevents->count == GZVM_MAX_EVENTFDS)
		ret = -ENOSPC;
	if (!ret) {
		list_add_tail_rcu(&new->node, &ioevents->list);
		ioevents->count++;
	}
	mutex_unlock(&ioevents->lock);
	return ret;
}

static int gzvm_ioevent_assign(struct gzvm *vm, const struct gzvm_ioevent *want)
{
	struct gzvm_ioevent *new = kmemdup(want, sizeof(*want), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!new)
		return -ENOMEM;
	ret = gzvm_ioevent_add(&vm->ioevents, new);
	if (ret)
		kfree(new);
	return ret;
}

static int gzvm_ioevent_deassign(struct gzvm *vm, const struct gzvm_ioevent *want)
{
	struct gzvm_ioevents *ioevents = &vm->ioevents;
	struct gzvm_ioevent *p, *found = NULL;

	mutex_lock(&ioevents->lock);
	list_for_each_entry(p, &ioevents->list, node) {
		if (!gzvm_ioevent_is(p, want))
			continue;
		list_del_rcu(&p->node);
		ioevents->count--;
		found = p;
		break;
	}
	mutex_unlock(&ioevents->lock);
	if (!found)
		return -ENOENT;
	synchronize_rcu_expedited();
	eventfd_ctx_put(found->eventfd);
	kfree(found);
	return 0;
}

/**
 * gzvm_ioeventfd() - IOEVENTFD
 * @vm: the VM
 * @args: eventfd, address, length, value and flags
 *
 * Return: 0; -EINVAL length, flags or wrap; -EBADF or -EINVAL no eventfd; -EEXIST an entry one
 * write could also mean; -ENOENT nothing to remove; -ENOSPC GZVM_MAX_EVENTFDS are there; -ENOMEM.
 */
int gzvm_ioeventfd(struct gzvm *vm, const struct gzvm_ioeventfd *args)
{
	struct gzvm_ioevent want = {
		.addr = args->addr,
		.len = args->len,
		.wildcard = !(args->flags & GZVM_IOEVENTFD_FLAG_DATAMATCH),
		.datamatch = args->datamatch,
	};
	bool assign = !(args->flags & GZVM_IOEVENTFD_FLAG_DEASSIGN);
	int ret = gzvm_ioevent_check(args);

	if (ret)
		return ret;
	want.eventfd = eventfd_ctx_fdget(args->fd);
	if (IS_ERR(want.eventfd))
		return PTR_ERR(want.eventfd);
	ret = assign ? gzvm_ioevent_assign(vm, &want) : gzvm_ioevent_deassign(vm, &want);
	/* A new entry keeps the reference. */
	if (ret || !assign)
		eventfd_ctx_put(want.eventfd);
	return ret;
}

/**
 * gzvm_ioeventfd_init() - a VM without ioeventfds
 * @vm: the VM
 */
void gzvm_ioeventfd_init(struct gzvm *vm)
{
	mutex_init(&vm->ioevents.lock);
	INIT_LIST_HEAD(&vm->ioevents.list);
}

/**
 * gzvm_ioeventfd_release() - removes what is left
 * @vm: a VM without references
 */
void gzvm_ioeventfd_release(struct gzvm *vm)
{
	struct gzvm_ioevent *p, *next;

	list_for_each_entry_safe(p, next, &vm->ioevents.list, node) {
		list_del(&p->node);
		eventfd_ctx_put(p->eventfd);
		kfree(p);
	}
}
