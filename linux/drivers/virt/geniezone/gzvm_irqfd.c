// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: IRQFD: a signal on an eventfd becomes one interrupt, without a thread in between.
 * Never: sleep in the eventfd callback; outlive the VM file.
 * Used by: gzvm_vm.c.
 *
 * An entry leaves the list exactly once, under irqfds.lock, by whoever comes first: deassign, the
 * eventfd's end, the VM file's end. Who took it out queues its shutdown work, and only that work
 * frees it.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "gzvm_drv.h"

/**
 * struct gzvm_irqfd_entry - one eventfd bound to one interrupt
 * @vm: the VM; outlives the entry because its file's release waits for the shutdown work
 * @spi: 0-based
 * @node: entry of gzvm_irqfds.list; empty once taken out
 * @eventfd: referenced
 * @wait: our place in the eventfd's wait queue
 * @poll: how we got there
 * @shutdown: frees the entry
 */
struct gzvm_irqfd_entry {
	struct gzvm *vm;
	u32 spi;
	struct list_head node;
	struct eventfd_ctx *eventfd;
	wait_queue_entry_t wait;
	poll_table poll;
	struct work_struct shutdown;
};

static struct workqueue_struct *gzvm_irqfd_wq;

static void gzvm_irqfd_shutdown(struct work_struct *work)
{
	struct gzvm_irqfd_entry *e = container_of(work, struct gzvm_irqfd_entry, shutdown);
	u64 count;

	/* After this the callback neither runs nor starts. */
	eventfd_ctx_remove_wait_queue(e->eventfd, &e->wait, &count);
	eventfd_ctx_put(e->eventfd);
	kfree(e);
}

/* Needs: irqfds.lock. */
static void gzvm_irqfd_take_out(struct gzvm_irqfd_entry *e)
{
	list_del_init(&e->node);
	e->vm->irqfds.count--;
	queue_work(gzvm_irqfd_wq, &e->shutdown);
}

static void gzvm_irqfd_inject(struct gzvm_irqfd_entry *e)
{
	/* Nobody can be told of a refusal; the number was checked when the entry was made. */
	gzvm_inject_spi(e->vm, e->spi, 1, GZ_IRQ_MODE_PULSE);
}

/* Context: atomic, the eventfd's wait queue lock held. */
static int gzvm_irqfd_wakeup(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct gzvm_irqfd_entry *e = container_of(wait, struct gzvm_irqfd_entry, wait);
	struct gzvm_irqfds *irqfds = &e->vm->irqfds;
	__poll_t events = key_to_poll(key);
	unsigned long flags;
	u64 count;

	if (events & EPOLLIN) {
		eventfd_ctx_do_read(e->eventfd, &count);
		gzvm_irqfd_inject(e);
	}
	if (events & EPOLLHUP) {
		spin_lock_irqsave(&irqfds->lock, flags);
		if (!list_empty(&e->node))
			gzvm_irqfd_take_out(e);
		spin_unlock_irqrestore(&irqfds->lock, flags);
	}
	return 0;
}

static void gzvm_irqfd_queue(struct file *file, wait_queue_head_t *wqh, poll_table *pt)
{
	struct gzvm_irqfd_entry *e = container_of(pt, struct gzvm_irqfd_entry, poll);

	add_wait_queue(wqh, &e->wait);
}

static struct gzvm_irqfd_entry *gzvm_irqfd_find(struct gzvm_irqfds *irqfds,
						const struct eventfd_ctx *eventfd)
{
	struct gzvm_irqfd_entry *e;

	list_for_each_entry(e, &irqfds->list, node) {
		if (e->eventfd == eventfd)
			return e;
	}
	return NULL;
}

static struct gzvm_irqfd_entry *gzvm_irqfd_alloc(struct gzvm *vm, u32 spi, struct file *file)
{
	struct gzvm_irqfd_entry *e = kzalloc(sizeof(*e), GFP_KERNEL_ACCOUNT);

	if (!e)
		return ERR_PTR(-ENOMEM);
	e->eventfd = eventfd_ctx_fileget(file);
	if (IS_ERR(e->eventfd)) {
		long err = PTR_ERR(e->eventfd);

		kfree(e);
		return ERR_PTR(err);
	}
	e->vm = vm;
	e->spi = spi;
	INIT_WORK(&e->shutdown, gzvm_irqfd_shutdown);
	init_waitqueue_func_entry(&e->wait, gzvm_irqfd_wakeup);
	init_poll_funcptr(&e->poll, gzvm_irqfd_queue);
	return e;
}

/* Needs: irqfds.lock. The walks are short because the list is. */
static int gzvm_irqfd_add(struct gzvm_irqfds *irqfds, struct gzvm_irqfd_entry *e)
{
	if (gzvm_irqfd_find(irqfds, e->eventfd))
		return -EBUSY;
	if (irqfds->count == GZVM_MAX_EVENTFDS)
		return -ENOSPC;
	list_add_tail(&e->node, &irqfds->list);
	irqfds->count++;
	return 0;
}

/* Needs: irqfds.assign_lock, so that nobody takes the entry out before it waits on its eventfd. */
static int gzvm_irqfd_bind(struct gzvm *vm, u32 spi, struct file *file)
{
	struct gzvm_irqfds *irqfds = &vm->irqfds;
	struct gzvm_irqfd_entry *e = gzvm_irqfd_alloc(vm, spi, file);
	int ret;

	if (IS_ERR(e))
		return PTR_ERR(e);
	spin_lock_irq(&irqfds->lock);
	ret = gzvm_irqfd_add(irqfds, e);
	spin_unlock_irq(&irqfds->lock);
	if (ret) {
		eventfd_ctx_put(e->eventfd);
		kfree(e);
		return ret;
	}
	/* Signalled before it was bound counts too. The file keeps its end (EPOLLHUP) away. */
	if (vfs_poll(file, &e->poll) & EPOLLIN)
		gzvm_irqfd_inject(e);
	return 0;
}

/* RESAMPLE is taken but never signalled: no host call tells of an interrupt's end. */
static int gzvm_irqfd_check_resample(const struct gzvm_irqfd *args)
{
	struct file *file;

	if (!(args->flags & GZVM_IRQFD_FLAG_RESAMPLE))
		return 0;
	file = eventfd_fget(args->resamplefd);
	if (IS_ERR(file))
		return PTR_ERR(file);
	fput(file);
	return 0;
}

static int gzvm_irqfd_assign(struct gzvm *vm, const struct gzvm_irqfd *args)
{
	struct file *file;
	int ret;

	if (args->gsi >= GZ_NR_SPIS)
		return -EINVAL;
	ret = gzvm_irqfd_check_resample(args);
	if (ret)
		return ret;
	file = eventfd_fget(args->fd);
	if (IS_ERR(file))
		return PTR_ERR(file);
	mutex_lock(&vm->irqfds.assign_lock);
	ret = gzvm_irqfd_bind(vm, args->gsi, file);
	mutex_unlock(&vm->irqfds.assign_lock);
	fput(file);
	return ret;
}

static int gzvm_irqfd_deassign(struct gzvm *vm, const struct gzvm_irqfd *args)
{
	struct gzvm_irqfds *irqfds = &vm->irqfds;
	struct eventfd_ctx *eventfd = eventfd_ctx_fdget(args->fd);
	struct gzvm_irqfd_entry *e;

	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);
	mutex_lock(&irqfds->assign_lock);
	spin_lock_irq(&irqfds->lock);
	e = gzvm_irqfd_find(irqfds, eventfd);
	if (e && e->spi == args->gsi)
		gzvm_irqfd_take_out(e);
	spin_unlock_irq(&irqfds->lock);
	mutex_unlock(&irqfds->assign_lock);
	eventfd_ctx_put(eventfd);
	/* When this returns the eventfd raises nothing any more. */
	flush_workqueue(gzvm_irqfd_wq);
	return 0;
}

/**
 * gzvm_irqfd() - IRQFD
 * @vm: the VM
 * @args: eventfd, SPI and flags
 *
 * Return: 0, on deassign also when nothing matched; -EINVAL unknown flag, padding, SPI or no
 * eventfd; -EBADF no file; -EBUSY eventfd bound already; -ENOSPC GZVM_MAX_EVENTFDS are bound;
 * -ENOMEM.
 */
int gzvm_irqfd(struct gzvm *vm, const struct gzvm_irqfd *args)
{
	if (args->flags & ~(GZVM_IRQFD_FLAG_DEASSIGN | GZVM_IRQFD_FLAG_RESAMPLE))
		return -EINVAL;
	if (memchr_inv(args->pad, 0, sizeof(args->pad)))
		return -EINVAL;
	if (args->flags & GZVM_IRQFD_FLAG_DEASSIGN)
		return gzvm_irqfd_deassign(vm, args);
	return gzvm_irqfd_assign(vm, args);
}

/**
 * gzvm_irqfd_init() - a VM without irqfds
 * @vm: the VM
 */
void gzvm_irqfd_init(struct gzvm *vm)
{
	mutex_init(&vm->irqfds.assign_lock);
	spin_lock_init(&vm->irqfds.lock);
	INIT_LIST_HEAD(&vm->irqfds.list);
}

/**
 * gzvm_irqfd_release() - unbinds everything and waits until nothing is under way
 * @vm: a VM whose file is being closed
 */
void gzvm_irqfd_release(struct gzvm *vm)
{
	struct gzvm_irqfds *irqfds = &vm->irqfds;
	struct gzvm_irqfd_entry *e;

	do {
		spin_lock_irq(&irqfds->lock);
		e = list_first_entry_or_null(&irqfds->list, struct gzvm_irqfd_entry, node);
		if (e)
			gzvm_irqfd_take_out(e);
		spin_unlock_irq(&irqfds->lock);
		cond_resched();
	} while (e);
	flush_workqueue(gzvm_irqfd_wq);
}

int gzvm_irqfd_module_init(void)
{
	gzvm_irqfd_wq = alloc_workqueue("gzvm-irqfd-cleanup", 0, 0);
	return gzvm_irqfd_wq ? 0 : -ENOMEM;
}

void gzvm_irqfd_module_exit(void)
{
	destroy_workqueue(gzvm_irqfd_wq);
}
