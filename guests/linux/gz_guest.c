// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: lets the virtio-mmio devices of a protected guest with an unmodified kernel work: whatever they
 * read or write goes through the pool of memory that the host may see (restricted-dma-pool).
 * Never: let a device reach other memory, believe what the pool holds, or leave: devices depend on it.
 * Loaded by: the guest's first program, before virtio_mmio. A kernel with DMA_RESTRICTED_POOL needs no such module.
 *
 * The pool is a bitmap of slots of one page. A mapping takes whole slots in a row; each slot knows the
 * memory it stands for, so that a part of a mapping can be copied (sync). The host may write to the
 * pool at any time: every copy is of the length that was mapped, and nothing is read twice.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/arm-smccc.h>
#include <linux/bitmap.h>
#include <linux/device/bus.h>
#include <linux/dma-map-ops.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/platform_device.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#define SLOTS_MAX_MAPPING	64ul	/* 256 KiB: virtio-blk splits what is longer */

static struct {
	phys_addr_t base;
	unsigned long count;	/* of slots */
	spinlock_t lock;	/* used, next */
	unsigned long *used;
	unsigned long next;	/* where the last search ended */
	phys_addr_t *orig;	/* of each slot that is mapped: the memory it stands for */
	void *virt;
} pool;

static unsigned long slots_of(size_t size)
{
	return DIV_ROUND_UP(size, PAGE_SIZE);
}

static unsigned long slot_at(dma_addr_t addr)
{
	return (addr - pool.base) >> PAGE_SHIFT;
}

static void *virt_of(dma_addr_t addr)
{
	return pool.virt + (addr - pool.base);
}

/* Slots in a row for @size bytes; their address, or DMA_MAPPING_ERROR. */
static dma_addr_t take(size_t size)
{
	unsigned long n = slots_of(size), at, flags;
	dma_addr_t addr = DMA_MAPPING_ERROR;

	if (!n || n > pool.count)
		return addr;
	spin_lock_irqsave(&pool.lock, flags);
	at = bitmap_find_next_zero_area(pool.used, pool.count, pool.next, n, 0);
	if (at >= pool.count)
		at = bitmap_find_next_zero_area(pool.used, pool.count, 0, n, 0);
	if (at < pool.count) {
		bitmap_set(pool.used, at, n);
		pool.next = at + n;
		addr = pool.base + (at << PAGE_SHIFT);
	}
	spin_unlock_irqrestore(&pool.lock, flags);
	return addr;
}

static void give_back(dma_addr_t addr, size_t size)
{
	unsigned long flags;

	spin_lock_irqsave(&pool.lock, flags);
	bitmap_clear(pool.used, slot_at(addr), slots_of(size));
	spin_unlock_irqrestore(&pool.lock, flags);
}

/*
 * Copies between a mapping's part at @addr and the memory it stands for: @size bytes do not leave the
 * mapping, whose memory is contiguous.
 */
static void bounce(dma_addr_t addr, size_t size, bool to_device)
{
	void *mem = phys_to_virt(pool.orig[slot_at(addr)] + offset_in_page(addr));

	if (to_device)
		memcpy(virt_of(addr), mem, size);
	else
		memcpy(mem, virt_of(addr), size);
}

static dma_addr_t map_page(struct device *dev, struct page *page, unsigned long offset, size_t size,
			   enum dma_data_direction dir, unsigned long attrs)
{
	phys_addr_t phys = page_to_phys(page) + offset;
	dma_addr_t addr = take(size);
	unsigned long i;

	if (addr == DMA_MAPPING_ERROR)
		return addr;
	for (i = 0; i < slots_of(size); i++)
		pool.orig[slot_at(addr) + i] = phys + (i << PAGE_SHIFT);
	/* What the guest had in a buffer that is only read into is nothing for the host. */
	if (dir == DMA_FROM_DEVICE)
		memset(virt_of(addr), 0, size);
	else if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		bounce(addr, size, true);
	return addr;
}

static void unmap_page(struct device *dev, dma_addr_t addr, size_t size, enum dma_data_direction dir,
		       unsigned long attrs)
{
	if (dir != DMA_TO_DEVICE && !(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		bounce(addr, size, false);
	give_back(addr, size);
}

static void unmap_sg(struct device *dev, struct scatterlist *list, int nents, enum dma_data_direction dir,
		     unsigned long attrs)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(list, sg, nents, i)
		unmap_page(dev, sg_dma_address(sg), sg_dma_len(sg), dir, attrs);
}

static int map_sg(struct device *dev, struct scatterlist *list, int nents, enum dma_data_direction dir,
		  unsigned long attrs)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(list, sg, nents, i) {
		dma_addr_t addr = map_page(dev, sg_page(sg), sg->offset, sg->length, dir, attrs);

		if (addr == DMA_MAPPING_ERROR) {
			unmap_sg(dev, list, i, dir, attrs | DMA_ATTR_SKIP_CPU_SYNC);
			return -ENOMEM;
		}
		sg_dma_address(sg) = addr;
		sg_dma_len(sg) = sg->length;
	}
	return nents;
}

static void sync_for_cpu(struct device *dev, dma_addr_t addr, size_t size, enum dma_data_direction dir)
{
	if (dir != DMA_TO_DEVICE)
		bounce(addr, size, false);
}

static void sync_for_device(struct device *dev, dma_addr_t addr, size_t size, enum dma_data_direction dir)
{
	if (dir != DMA_FROM_DEVICE)
		bounce(addr, size, true);
}

static void sync_sg_for_cpu(struct device *dev, struct scatterlist *list, int nents, enum dma_data_direction dir)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(list, sg, nents, i)
		sync_for_cpu(dev, sg_dma_address(sg), sg_dma_len(sg), dir);
}

static void sync_sg_for_device(struct device *dev, struct scatterlist *list, int nents, enum dma_data_direction dir)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(list, sg, nents, i)
		sync_for_device(dev, sg_dma_address(sg), sg_dma_len(sg), dir);
}

/* Queues and the like live in the pool. */
static void *alloc(struct device *dev, size_t size, dma_addr_t *handle, gfp_t gfp, unsigned long attrs)
{
	dma_addr_t addr = take(size);

	if (addr == DMA_MAPPING_ERROR)
		return NULL;
	memset(virt_of(addr), 0, slots_of(size) << PAGE_SHIFT);
	*handle = addr;
	return virt_of(addr);
}

static void release(struct device *dev, size_t size, void *cpu, dma_addr_t addr, unsigned long attrs)
{
	give_back(addr, size);
}

static int supported(struct device *dev, u64 mask)
{
	return mask >= pool.base + (pool.count << PAGE_SHIFT) - 1;
}

static size_t max_mapping_size(struct device *dev)
{
	return min(pool.count, SLOTS_MAX_MAPPING) << PAGE_SHIFT;
}

static const struct dma_map_ops ops = {
	.alloc = alloc,
	.free = release,
	.map_page = map_page,
	.unmap_page = unmap_page,
	.map_sg = map_sg,
	.unmap_sg = unmap_sg,
	.sync_single_for_cpu = sync_for_cpu,
	.sync_single_for_device = sync_for_device,
	.sync_sg_for_cpu = sync_sg_for_cpu,
	.sync_sg_for_device = sync_sg_for_device,
	.dma_supported = supported,
	.max_mapping_size = max_mapping_size,
};

/* The bus has set up the device's DMA by now, and its driver does not run yet. */
static int on_bind(struct notifier_block *nb, unsigned long event, void *data)
{
	struct device *dev = data;

	if (event == BUS_NOTIFY_BIND_DRIVER && of_device_is_compatible(dev->of_node, "virtio,mmio"))
		set_dma_ops(dev, &ops);
	return NOTIFY_OK;
}

static struct notifier_block notifier = { .notifier_call = on_bind };

/* The memory that the host sees, as the device tree tells. */
static int find_pool(void)
{
	struct device_node *node = of_find_compatible_node(NULL, NULL, "restricted-dma-pool");
	struct resource res;
	int err;

	if (!node) {
		pr_err("the device tree has no restricted-dma-pool: this is no protected VM, or one without --swiotlb\n");
		return -ENODEV;
	}
	err = of_address_to_resource(node, 0, &res);
	of_node_put(node);
	if (err || !IS_ALIGNED(res.start, PAGE_SIZE) || resource_size(&res) < PAGE_SIZE) {
		pr_err("the restricted-dma-pool is no range of pages\n");
		return err ?: -EINVAL;
	}
	pool.base = res.start;
	pool.count = resource_size(&res) >> PAGE_SHIFT;
	return 0;
}

#define MEM_SHARE		0xc6000003u	/* abi/gz/guest_hvc.h */
#define PAGES_PER_CALL		32ul

/*
 * The host sees the pool already, or it is memory like any other and the guest's to share. Which, only the
 * first call tells: a page that is shared is refused. What was in it before stays with the guest.
 */
static int share_pool(void)
{
	struct arm_smccc_res res = {};
	unsigned long done, n;

	for (done = 0; done < pool.count; done += res.a1) {
		n = min(pool.count - done, PAGES_PER_CALL);
		memset(pool.virt + (done << PAGE_SHIFT), 0, n << PAGE_SHIFT);
		arm_smccc_1_1_hvc(MEM_SHARE, pool.base + (done << PAGE_SHIFT), n, 0, &res);
		if (res.a0 != SMCCC_RET_SUCCESS || !res.a1 || res.a1 > n)
			break;
		cond_resched();
	}
	if (!done || done == pool.count)
		return 0;
	pr_err("the hypervisor shares %lu of the %lu pages of the restricted-dma-pool and no more\n", done, pool.count);
	return -EIO;
}

static int already_bound(struct device *dev, void *data)
{
	return dev->driver && of_device_is_compatible(dev->of_node, "virtio,mmio");
}

static int __init gz_guest_init(void)
{
	int err = find_pool();

	if (err)
		return err;
	if (bus_for_each_dev(&platform_bus_type, NULL, NULL, already_bound)) {
		pr_err("a virtio device has its driver already: load this module before virtio_mmio\n");
		return -EBUSY;
	}
	spin_lock_init(&pool.lock);
	pool.virt = memremap(pool.base, pool.count << PAGE_SHIFT, MEMREMAP_WB);
	pool.used = bitmap_zalloc(pool.count, GFP_KERNEL);
	pool.orig = vcalloc(pool.count, sizeof(*pool.orig));
	if (!pool.virt || !pool.used || !pool.orig) {
		err = -ENOMEM;
		goto undo;
	}
	err = share_pool();
	if (!err)
		err = bus_register_notifier(&platform_bus_type, &notifier);
	if (err)
		goto undo;
	pr_info("virtio devices use the %lu KiB at %pa that the host sees\n", pool.count << (PAGE_SHIFT - 10),
		&pool.base);
	return 0;
undo:
	vfree(pool.orig);
	bitmap_free(pool.used);
	if (pool.virt)
		memunmap(pool.virt);
	return err;
}
module_init(gz_guest_init);

MODULE_DESCRIPTION("DMA of a protected GenieZone guest's virtio devices");
MODULE_LICENSE("GPL");
