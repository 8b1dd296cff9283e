// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: the balloon of a GenieZone guest: MiB written to its parameter `mib` are taken from this kernel and given to the host.
 * Never: write to a page on its way back; no content of it is promised to anybody.
 * Loaded by: the guest's first program. Any kernel may have it; it cannot be unloaded.
 *
 * A page lost its content when it was given. Freed, it comes back with the next access as what the host puts
 * there: to this kernel a free page has no content, and where it promises one (init_on_free, page
 * poisoning) it is freeing that writes it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/arm-smccc.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/oom.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>

#define MEM_RELINQUISH		0xc6000009u	/* abi/gz/guest_hvc.h */
#define BLOCK_ORDER		(21 - PAGE_SHIFT)	/* 2 MiB, what the host maps at once */
#define PAGES_PER_MIB		(1ul << (20 - PAGE_SHIFT))
#define BALLOON_LEAVES		(32 * PAGES_PER_MIB)	/* to the guest */
#define BALLOON_OOM		(8 * PAGES_PER_MIB)	/* back to a guest that would kill a task else */
#define BALLOON_GFP		(GFP_HIGHUSER | __GFP_NORETRY | __GFP_NOWARN | __GFP_NOMEMALLOC)

static bool ready;

/* One writer of the parameter at a time, and any task that finds no memory. */
static struct {
	spinlock_t lock;	/* guards both */
	struct list_head pages;	/* the host's */
	unsigned long count;
} balloon = { .lock = __SPIN_LOCK_UNLOCKED(balloon.lock), .pages = LIST_HEAD_INIT(balloon.pages) };

/* Pages in a row, each of its own: 2^@order, less where there is no such block any more; how many. */
static unsigned long balloon_alloc(struct page **first, unsigned int *order)
{
	if (si_mem_available() < (long)(BALLOON_LEAVES + (1ul << *order)))
		return 0;
	*first = alloc_pages(BALLOON_GFP, *order);
	if (!*first && *order) {
		*order = 0;
		*first = alloc_page(BALLOON_GFP);
	}
	if (!*first)
		return 0;
	if (*order)
		split_page(*first, *order);
	return 1ul << *order;
}

static int balloon_give(struct page *page)
{
	struct arm_smccc_res res;

	arm_smccc_1_1_hvc(MEM_RELINQUISH, page_to_phys(page), 0, 0, &res);
	if (res.a0 != SMCCC_RET_SUCCESS) {
		__free_page(page);
		return -EIO;
	}
	__SetPageOffline(page);
	adjust_managed_page_count(page, -1);
	spin_lock(&balloon.lock);
	list_add(&page->lru, &balloon.pages);
	balloon.count++;
	spin_unlock(&balloon.lock);
	return 0;
}

/* Up to @most pages; how many. */
static unsigned long balloon_take_back(unsigned long most)
{
	struct page *page;
	unsigned long n;

	for (n = 0; n < most; n++) {
		spin_lock(&balloon.lock);
		page = list_first_entry_or_null(&balloon.pages, struct page, lru);
		if (page) {
			list_del(&page->lru);
			balloon.count--;
		}
		spin_unlock(&balloon.lock);
		if (!page)
			break;
		__ClearPageOffline(page);
		adjust_managed_page_count(page, 1);
		__free_page(page);
	}
	return n;
}

/* Better a smaller balloon than a task killed. */
static int balloon_oom(struct notifier_block *nb, unsigned long unused, void *freed)
{
	*(unsigned long *)freed += balloon_take_back(BALLOON_OOM);
	return NOTIFY_OK;
}

static struct notifier_block balloon_oom_nb = { .notifier_call = balloon_oom };

/* In whole blocks where there are any: these do not come back with a neighbour. */
static int balloon_grow(unsigned long wanted)
{
	unsigned int order = BLOCK_ORDER;
	unsigned long i, n;
	struct page *first;
	int err = 0;

	while (!err && READ_ONCE(balloon.count) < wanted) {
		if (fatal_signal_pending(current))
			return -EINTR;
		if (wanted - balloon.count < 1ul << order)
			order = 0;
		n = balloon_alloc(&first, &order);
		if (!n)
			return -ENOMEM;
		/* What comes after a page that was refused is refused too, or given: none is lost. */
		for (i = 0; i < n; i++)
			err = balloon_give(first + i) ?: err;
		cond_resched();
	}
	return err;
}

static int balloon_set(const char *text, const struct kernel_param *kp)
{
	unsigned long mib;
	int err = kstrtoul(text, 0, &mib);

	if (err)
		return err;
	/* As an option of insmod: before gz_balloon_init(). */
	if (!ready) {
		pr_err("write it to /sys/module/gz_balloon/parameters/mib once the module is there\n");
		return -EPERM;
	}
	if (mib > ULONG_MAX / PAGES_PER_MIB)
		return -ERANGE;
	while (READ_ONCE(balloon.count) > mib * PAGES_PER_MIB && balloon_take_back(1))
		cond_resched();
	err = balloon_grow(mib * PAGES_PER_MIB);
	if (err)
		pr_warn_ratelimited("%lu KiB of %lu MiB are the host's now: %s\n",
				    balloon.count << (PAGE_SHIFT - 10), mib,
				    err == -ENOMEM ? "the guest has no more to spare, free some memory first" :
				    err == -EIO ? "the hypervisor refused a page" : "the writer was killed");
	return err;
}

static int balloon_get(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%lu\n", balloon.count / PAGES_PER_MIB);
}

static const struct kernel_param_ops balloon_ops = { .set = balloon_set, .get = balloon_get };
module_param_cb(mib, &balloon_ops, NULL, 0600);
MODULE_PARM_DESC(mib, "MiB that the guest gives back to its host");

static int __init gz_balloon_init(void)
{
	int err = register_oom_notifier(&balloon_oom_nb);

	ready = !err;
	return err;
}
module_init(gz_balloon_init);

MODULE_DESCRIPTION("Memory that a GenieZone guest gives back to its host");
MODULE_LICENSE("GPL");
