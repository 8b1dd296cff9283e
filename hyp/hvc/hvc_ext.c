// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: decode the calls no published driver knows: features, log, counters, taking a slot back.
 * Never: needed by a published driver or client.
 * Called by: hvc/dispatch.c.
 */
#include "hvc/hvc_int.h"

#include "lib/log.h"
#include "lib/percpu.h"
#include "mem/audit.h"
#include "mem/lend.h"
#include "mem/own.h"
#include "mem/pin.h"
#include "mm/page_pool.h"
#include "vm/vm.h"

#define CHUNK		512

enum gz_err hvc_ext_features(struct hvc_call *c)
{
	c->r[1] = GZ_EXT_IDLE_LATCH_FIRST | GZ_EXT_IRQ_MODES | GZ_EXT_UNMAP_SLOT | GZ_EXT_LOG | GZ_EXT_STATS |
		  GZ_EXT_UNMAP_PAGES | GZ_EXT_AUDIT | GZ_EXT_VIEWS | GZ_EXT_POOL | (vm_protect_swiotlb ? GZ_EXT_PROTECT_SWIOTLB : 0);
	return GZ_OK;
}

/* Fills the page at x2 with chunks of what next() gives from the cursor in x1 on; it answers how many bytes, at most CHUNK. */
static enum gz_err read_ring(struct hvc_call *c, u32 (*next)(struct hvc_call *c, void *buf))
{
	u64 buf[CHUNK / sizeof(u64)], page = c->x[2];
	enum gz_err err = IS_ALIGNED(page, PAGE_SIZE) ? GZ_OK : GZ_EINVAL;

	c->r[2] = c->x[1];
	while (!err && c->r[1] + CHUNK <= PAGE_SIZE) {
		u32 bytes = next(c, buf);

		if (bytes == 0)
			break;
		err = host_page_write(PA(page + c->r[1]), buf, bytes);
		c->r[1] += bytes;
	}
	return err;
}

static u32 next_log(struct hvc_call *c, void *buf)
{
	return log_read(&c->r[2], buf, CHUNK);
}

enum gz_err hvc_ext_log_read(struct hvc_call *c)
{
	return read_ring(c, next_log);
}

static u32 next_audit(struct hvc_call *c, void *buf)
{
	return audit_read(&c->r[2], buf, CHUNK / sizeof(struct gz_audit_record), &c->r[3]) * (u32)sizeof(struct gz_audit_record);
}

enum gz_err hvc_ext_audit_read(struct hvc_call *c)
{
	return read_ring(c, next_audit);
}

static u64 stat_sum(u32 index)
{
	u64 sum = 0;

	for (u32 i = 0; i < cpu_count; i++)
		sum += READ_ONCE(percpu_table[i].stat[index]);
	return sum;
}

static void stat_longest(u64 *stats)
{
	for (u32 i = 0; i < cpu_count; i++) {
		u64 ticks = READ_ONCE(percpu_table[i].stat[GZ_STAT_LONGEST_CALL_TICKS]);

		if (ticks < stats[GZ_STAT_LONGEST_CALL_TICKS])
			continue;
		stats[GZ_STAT_LONGEST_CALL_TICKS] = ticks;
		stats[GZ_STAT_LONGEST_CALL_FN] = READ_ONCE(percpu_table[i].stat[GZ_STAT_LONGEST_CALL_FN]);
	}
}

static_assert(GZ_STAT_NR <= ARRAY_SIZE(((struct percpu *)0)->stat), "a counter of each kind per CPU");

enum gz_err hvc_ext_stats(struct hvc_call *c)
{
	u64 stats[GZ_STAT_NR];

	if (!IS_ALIGNED(c->x[1], PAGE_SIZE))
		return GZ_EINVAL;
	for (u32 i = 0; i < GZ_STAT_NR; i++)
		stats[i] = stat_sum(i);
	stats[GZ_STAT_LONGEST_CALL_TICKS] = 0;
	stat_longest(stats);
	stats[GZ_STAT_VERSION] = 1;
	stats[GZ_STAT_VMS] = vm_live_count();
	stats[GZ_STAT_VCPUS] = vcpu_live_count();
	stats[GZ_STAT_POOL_TOTAL] = page_pool_total();
	stats[GZ_STAT_POOL_FREE] = page_pool_free_pages();
	stats[GZ_STAT_PAGES_SHARED_GUEST] = own_count(OWN_HOST_SHARED_GUEST);
	stats[GZ_STAT_PAGES_SHARED_HYP] = own_count(OWN_HOST_SHARED_HYP);
	stats[GZ_STAT_PAGES_DONATED] = own_count(OWN_GUEST) + own_count(OWN_GUEST_SHARED_HOST);
	stats[GZ_STAT_PAGES_NONE] = own_count(OWN_NONE);
	stats[GZ_STAT_PAGES_HYP] = own_count(OWN_HYP);
	stats[GZ_STAT_PAGES_HOST] = own_count(OWN_HOST);
	stats[GZ_STAT_PAGES_DEVICE] = own_count(OWN_DEVICE);
	return host_page_write(PA(c->x[1]), stats, sizeof(stats));
}

enum gz_err hvc_ext_unmap_slot(struct hvc_call *c)
{
	return c->x[2] > UINT32_MAX ? GZ_ENOENT : guest_mem_remove_slot_slice(&c->vm->mem, (u32)c->x[2]);
}

enum gz_err hvc_ext_unmap_pages(struct hvc_call *c)
{
	if (c->x[2] >= BIT(GUEST_IPA_BITS - PAGE_SHIFT) || c->x[3] > GZ_MAP_BATCH_PAGES)
		return GZ_EINVAL;
	return host_unshare_guest(&c->vm->mem, IPA(c->x[2] << PAGE_SHIFT), c->x[3]);
}

enum gz_err hvc_ext_pool_give(struct hvc_call *c)
{
	return host_give_hyp(PA(c->x[1]));
}

enum gz_err hvc_ext_pool_take(struct hvc_call *c)
{
	pa_t block = PA(0);
	enum gz_err err = hyp_give_host(&block);

	c->r[1] = block.v;
	return err;
}

enum gz_err hvc_ext_view(struct hvc_call *c)
{
	if (c->x[2] >= BIT(GUEST_IPA_BITS - PAGE_SHIFT))
		return GZ_EINVAL;
	return guest_mem_view(&c->vm->mem, IPA(c->x[2] << PAGE_SHIFT), &c->r[1]);
}
