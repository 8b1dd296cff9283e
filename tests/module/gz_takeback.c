// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: a hostile guest: takes the pool of its devices back from the host while they work, looks what is left of
 * the machine two seconds later, and resets it.
 * Never: be loaded where the disk is needed afterwards.
 * Loaded by: tests/system/protected-guest, in a guest that shares its pool itself.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/arm-smccc.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/reboot.h>

#define MEM_SHARE	0xc6000003u	/* abi/gz/guest_hvc.h */
#define MEM_UNSHARE	0xc6000004u
#define PAGES_PER_CALL	32
#define RINGS		64		/* pages at the front, where gz_guest.ko puts them */

static phys_addr_t base;

/* Pages [first, last), whole calls of pages; how many the host was made to let go of, or got. */
static unsigned long each(u32 call, unsigned long first, unsigned long last)
{
	struct arm_smccc_res res;
	unsigned long i, done = 0;

	for (i = first; i < last; i += PAGES_PER_CALL) {
		arm_smccc_1_1_hvc(call, base + (i << PAGE_SHIFT), PAGES_PER_CALL, 0, &res);
		done += res.a0 == SMCCC_RET_SUCCESS ? res.a1 : 0;
	}
	return done;
}

static int __init gz_takeback_init(void)
{
	struct device_node *node = of_find_compatible_node(NULL, NULL, "restricted-dma-pool");
	unsigned long count, data, rings, again;
	struct resource res;

	if (!node || of_address_to_resource(node, 0, &res))
		return -ENODEV;
	base = res.start;
	count = resource_size(&res) >> PAGE_SHIFT;
	data = each(MEM_UNSHARE, RINGS, count);
	again = each(MEM_SHARE, RINGS, count);
	msleep(200);
	data += each(MEM_UNSHARE, RINGS, count);
	rings = each(MEM_UNSHARE, 0, RINGS);
	msleep(2000);
	pr_emerg("took back %lu, shared %lu, took %lu of the rings\n", data, again, rings);
	msleep(100);
	emergency_restart();
	return 0;
}
module_init(gz_takeback_init);

MODULE_DESCRIPTION("A guest that takes back the memory its devices use");
MODULE_LICENSE("GPL");
