// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: a hostile kernel module: holds the pages behind a guest, and looks at them through the linear map.
 * Never: loaded anywhere but in a test's host. It does what no kernel may do with such pages.
 * Used by: tests/clients/kernel_attacks.c, over /dev/gz_look.
 */
#define pr_fmt(fmt) "gz_look: " fmt

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "gz_look.h"

static DEFINE_MUTEX(lock);
static struct page **held;
static unsigned int nr_held;

static void drop_all(void)
{
	while (nr_held)
		put_page(held[--nr_held]);
}

static long hold(const struct gz_look_hold *h)
{
	struct file *file = fget(h->fd);
	long ret = 0;

	if (!file)
		return -EBADF;
	drop_all();
	while (!ret && nr_held < min(h->count, (unsigned int)GZ_LOOK_MAX)) {
		struct page *page = find_get_page(file->f_mapping, h->first + nr_held);

		if (page)
			held[nr_held++] = page;
		else
			ret = -ENOENT;
	}
	fput(file);
	return ret;
}

static void scan(struct gz_look_scan *s)
{
	unsigned int i, k;

	s->found = 0;
	for (i = 0; i < nr_held; i++) {
		const u64 *word = page_address(held[i]);

		for (k = 0; k < PAGE_SIZE / sizeof(*word); k++)
			s->found += READ_ONCE(word[k]) - s->base - s->from < s->end - s->from;
		cond_resched();
	}
}

static long careful(void)
{
	u64 value;

	return copy_from_kernel_nofault(&value, page_address(held[0]), sizeof(value));
}

static long look_locked(unsigned int cmd, void __user *arg)
{
	struct gz_look_hold h;
	struct gz_look_scan s;

	switch (cmd) {
	case GZ_LOOK_HOLD:
		return copy_from_user(&h, arg, sizeof(h)) ? -EFAULT : hold(&h);
	case GZ_LOOK_SCAN:
		if (copy_from_user(&s, arg, sizeof(s)))
			return -EFAULT;
		scan(&s);
		return copy_to_user(arg, &s, sizeof(s)) ? -EFAULT : 0;
	case GZ_LOOK_DROP:
		drop_all();
		return 0;
	case GZ_LOOK_CAREFUL:
		return nr_held ? careful() : -ENOENT;
	default:
		return -ENOTTY;
	}
}

/* Without the lock: nobody comes back from these where they do what they are for. */
static long touch(unsigned int cmd)
{
	u64 *word = nr_held ? page_address(held[0]) : NULL;

	if (!word)
		return -ENOENT;
	if (cmd == GZ_LOOK_LOAD)
		return READ_ONCE(*word) == 0;
	WRITE_ONCE(*word, 0);
	return 0;
}

static long look_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long ret;

	if (cmd == GZ_LOOK_LOAD || cmd == GZ_LOOK_STORE)
		return touch(cmd);
	mutex_lock(&lock);
	ret = look_locked(cmd, (void __user *)arg);
	mutex_unlock(&lock);
	return ret;
}

static const struct file_operations look_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = look_ioctl,
};

static struct miscdevice look_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "gz_look",
	.fops = &look_fops,
	.mode = 0600,
};

static int __init look_init(void)
{
	int ret;

	held = vcalloc(GZ_LOOK_MAX, sizeof(*held));
	if (!held)
		return -ENOMEM;
	ret = misc_register(&look_dev);
	if (ret)
		vfree(held);
	return ret;
}

static void __exit look_exit(void)
{
	misc_deregister(&look_dev);
	drop_all();
	vfree(held);
}

module_init(look_init);
module_exit(look_exit);
MODULE_DESCRIPTION("Test module: looks at pages it should not");
MODULE_LICENSE("GPL");
