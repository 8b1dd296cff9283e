// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: host calls about a whole VM, its memory and the hypervisor itself, in registers.
 * Never: keep state or retry; policy is in drivers/virt/geniezone.
 * Used by: gzvm_main.c, gzvm_vm.c, gzvm_memslot.c, gzvm_mmu.c, gzvm_debugfs.c.
 */
#include <linux/errno.h>
#include <linux/mm.h>

#include "gzvm_arch.h"

/**
 * gzvm_arch_probe() - says who we are, asks who answers
 * @hyp: version of the hypervisor
 *
 * Return: 0, or an errno when nobody answers.
 */
int gzvm_arch_probe(struct gzvm_version *hyp)
{
	struct gzvm_hvc_args c = {
		.arg = { GZ_VERSION_MAJOR, GZ_VERSION_MINOR, GZ_VERSION_SUB },
	};
	int ret = gzvm_hvc(GZ_FN_PROBE, &c);

	hyp->major = (u32)c.res[0];
	hyp->minor = (u32)c.res[1];
	hyp->sub = c.res[2];
	return ret;
}

/**
 * gzvm_arch_ext_features() - which extensions the hypervisor has
 *
 * Return: GZ_EXT_*; 0 for a hypervisor that knows none.
 */
u32 gzvm_arch_ext_features(void)
{
	struct gzvm_hvc_args c = { };

	return gzvm_hvc(GZ_FN_EXT_FEATURES, &c) ? 0 : (u32)c.res[0];
}

/**
 * gzvm_arch_query_cap() - a capability that is a question to the hypervisor, not to a VM
 * @cap: GZ_CAP_QUERY_*
 * @pages: answer
 *
 * Return: 0 or errno.
 */
int gzvm_arch_query_cap(u64 cap, u64 *pages)
{
	const u64 none[5] = { };

	return gzvm_arch_enable_cap(0, cap, none, pages);
}

/**
 * gzvm_arch_create_vm() - a new VM
 * @type: what user space asked for; 0 is the only kind there is
 * @vm_id: its id
 *
 * Return: 0 or errno; -EINVAL also for an id that fits no u16.
 */
int gzvm_arch_create_vm(unsigned long type, u16 *vm_id)
{
	struct gzvm_hvc_args c = { .arg = { type } };
	int ret = gzvm_hvc(GZ_FN_CREATE_VM, &c);

	if (ret)
		return ret;
	if (c.res[0] >= GZ_VM_ID_INVALID)
		return -EINVAL;
	*vm_id = (u16)c.res[0];
	return 0;
}

/**
 * gzvm_arch_destroy_vm() - one step of ending a VM
 * @vm_id: the VM
 * @batch_pages: how many pages one step may take back
 *
 * Return: 0 when the VM is gone, -EAGAIN while there is more to do.
 */
int gzvm_arch_destroy_vm(u16 vm_id, u32 batch_pages)
{
	struct gzvm_hvc_args c = { .arg = { vm_id, batch_pages } };

	return gzvm_hvc(GZ_FN_DESTROY_VM, &c);
}

/**
 * gzvm_arch_memregion_purpose() - what the range that is registered next is for
 * @vm_id: the VM
 * @gpa: where it starts
 * @size: bytes
 * @flags: GZ_MEM_*, 0 like GZ_MEM_GUEST
 *
 * Return: 0 or errno.
 */
int gzvm_arch_memregion_purpose(u16 vm_id, u64 gpa, u64 size, u32 flags)
{
	struct gzvm_hvc_args c = { .arg = { vm_id, gpa, size, flags } };

	return gzvm_hvc(GZ_FN_MEMREGION_PURPOSE, &c);
}

/**
 * gzvm_arch_set_memregion() - registers a slot, or populates a part of one
 * @vm_id: the VM
 * @region: a buffer of GZ_MEMREGION_BUF_BYTES, contiguous, shared for this call only
 *
 * Return: 0 or errno.
 */
int gzvm_arch_set_memregion(u16 vm_id, struct gz_memregion *region)
{
	struct gzvm_hvc_args c = {
		.arg = { vm_id, GZ_MEMREGION_BUF_BYTES, virt_to_phys(region) },
	};

	return gzvm_hvc(GZ_FN_SET_MEMREGION, &c);
}

/**
 * gzvm_arch_enable_cap() - switches a capability on, or asks about it
 * @vm_id: the VM, 0 for a question to the hypervisor
 * @cap: GZ_CAP_*
 * @args: the capability's own
 * @result: what it answers, or NULL
 *
 * Return: 0 or errno.
 */
int gzvm_arch_enable_cap(u16 vm_id, u64 cap, const u64 args[5], u64 *result)
{
	struct gzvm_hvc_args c = {
		.arg = { vm_id, cap, args[0], args[1], args[2], args[3], args[4] },
	};
	int ret = gzvm_hvc(GZ_FN_ENABLE_CAP, &c);

	if (!ret && result)
		*result = c.res[0];
	return ret;
}

/**
 * gzvm_arch_map_guest() - one page for the guest
 * @vm_id: the VM
 * @slot: the slot that holds @gfn
 * @pfn: the host's page, pinned
 * @gfn: where the guest sees it
 *
 * Return: 0, also when exactly this is mapped already.
 */
int gzvm_arch_map_guest(u16 vm_id, u32 slot, u64 pfn, u64 gfn)
{
	struct gzvm_hvc_args c = { .arg = { vm_id, slot, pfn, gfn, 1 } };

	return gzvm_hvc(GZ_FN_MAP_GUEST, &c);
}

/**
 * gzvm_arch_map_guest_block() - the pages of the VM's block buffer for the guest
 * @vm_id: the VM
 * @slot: the slot that holds the range
 * @gfn: first page; entry i of the buffer backs @gfn + i
 * @nr_pages: how many
 *
 * Return: 0 or errno.
 */
int gzvm_arch_map_guest_block(u16 vm_id, u32 slot, u64 gfn, u64 nr_pages)
{
	struct gzvm_hvc_args c = { .arg = { vm_id, slot, gfn, nr_pages } };

	return gzvm_hvc(GZ_FN_MAP_GUEST_BLOCK, &c);
}

/**
 * gzvm_arch_unmap_slot() - takes a slot away from the guest (extension)
 * @vm_id: the VM
 * @slot: the slot
 *
 * Return: 0 when the guest can reach none of its pages any more.
 */
int gzvm_arch_unmap_slot(u16 vm_id, u32 slot)
{
	struct gzvm_hvc_args c = { .arg = { vm_id, slot } };

	return gzvm_hvc(GZ_FN_EXT_UNMAP_SLOT, &c);
}

/**
 * gzvm_arch_unmap_pages() - takes pages away from the guest (extension)
 * @vm_id: the VM
 * @gfn: first page
 * @nr: how many, at most GZ_MAP_BATCH_PAGES
 *
 * Return: 0 when the guest can reach none of them any more.
 */
int gzvm_arch_unmap_pages(u16 vm_id, u64 gfn, u64 nr)
{
	struct gzvm_hvc_args c = { .arg = { vm_id, gfn, nr } };

	return gzvm_hvc(GZ_FN_EXT_UNMAP_PAGES, &c);
}

/**
 * gzvm_arch_view() - who sees a page of a VM (extension)
 * @vm_id: the VM
 * @gfn: the page, inside a slot
 * @view: GZ_VIEW_*
 *
 * Return: 0 or errno.
 */
int gzvm_arch_view(u16 vm_id, u64 gfn, u32 *view)
{
	struct gzvm_hvc_args c = { .arg = { vm_id, gfn } };
	int ret = gzvm_hvc(GZ_FN_EXT_VIEW, &c);

	*view = (u32)c.res[0];
	return ret;
}

/**
 * gzvm_arch_set_dtb_config() - where the guest's device tree lies
 * @vm_id: the VM
 * @gpa: address
 * @size: bytes
 *
 * Return: 0 or errno.
 */
int gzvm_arch_set_dtb_config(u16 vm_id, u64 gpa, u64 size)
{
	struct gzvm_hvc_args c = { .arg = { vm_id, gpa, size } };

	return gzvm_hvc(GZ_FN_SET_DTB_CONFIG, &c);
}

/**
 * gzvm_arch_get_statistics() - memory a VM costs
 * @vm_id: the VM
 * @hyp_bytes: used by the hypervisor for it
 * @shared_bytes: seen by guest and host
 *
 * Return: 0 or errno.
 */
int gzvm_arch_get_statistics(u16 vm_id, u64 *hyp_bytes, u64 *shared_bytes)
{
	struct gzvm_hvc_args c = { .arg = { vm_id } };
	int ret = gzvm_hvc(GZ_FN_GET_STATISTICS, &c);

	*hyp_bytes = c.res[0];
	*shared_bytes = c.res[1];
	return ret;
}

/**
 * gzvm_arch_inform_exit() - a run loop stops because its thread has a signal
 * @vm_id: the VM
 *
 * Return: 0 or errno; nobody needs it.
 */
int gzvm_arch_inform_exit(u16 vm_id)
{
	struct gzvm_hvc_args c = { .arg = { vm_id } };

	return gzvm_hvc(GZ_FN_INFORM_EXIT, &c);
}

/**
 * gzvm_arch_log_read() - the next piece of the hypervisor's log (extension)
 * @page: a page to fill
 * @cursor: where to read; moved on
 * @len: bytes in @page, 0 at the end
 *
 * Return: 0 or errno.
 */
int gzvm_arch_log_read(void *page, u64 *cursor, size_t *len)
{
	struct gzvm_hvc_args c = { .arg = { *cursor, virt_to_phys(page) } };
	int ret = gzvm_hvc(GZ_FN_EXT_LOG_READ, &c);

	if (ret)
		return ret;
	*len = min_t(u64, c.res[0], PAGE_SIZE);
	*cursor = c.res[1];
	return 0;
}

/**
 * gzvm_arch_audit_read() - the next piece of the record of page moves (extension)
 * @page: a page to fill with struct gz_audit_record
 * @cursor: where to read; moved on
 * @len: bytes in @page
 * @head: number of the next record to be written; reading makes some
 *
 * Return: 0 or errno.
 */
int gzvm_arch_audit_read(void *page, u64 *cursor, size_t *len, u64 *head)
{
	struct gzvm_hvc_args c = { .arg = { *cursor, virt_to_phys(page) } };
	int ret = gzvm_hvc(GZ_FN_EXT_AUDIT_READ, &c);

	if (ret)
		return ret;
	*len = min_t(u64, c.res[0], PAGE_SIZE);
	*cursor = c.res[1];
	*head = c.res[2];
	return 0;
}

/**
 * gzvm_arch_stats() - the hypervisor's counters (extension)
 * @page: a page to fill with u64[GZ_STAT_NR]
 *
 * Return: 0 or errno.
 */
int gzvm_arch_stats(u64 *page)
{
	struct gzvm_hvc_args c = { .arg = { virt_to_phys(page) } };

	return gzvm_hvc(GZ_FN_EXT_STATS, &c);
}

/**
 * gzvm_arch_pool_give() - the hypervisor gets 2 MiB for its tables (extension)
 * @block: their address, aligned to their size; nobody here uses them
 *
 * Return: 0; -ENOMEM, -EBUSY: it takes no more; another errno.
 */
int gzvm_arch_pool_give(phys_addr_t block)
{
	struct gzvm_hvc_args c = { .arg = { block } };

	return gzvm_hvc(GZ_FN_EXT_POOL_GIVE, &c);
}

/**
 * gzvm_arch_pool_take() - 2 MiB that it does not use come back, all zero (extension)
 * @block: their address
 *
 * Return: 0; -ENOENT: it uses all it was given.
 */
int gzvm_arch_pool_take(phys_addr_t *block)
{
	struct gzvm_hvc_args c = { };
	int ret = gzvm_hvc(GZ_FN_EXT_POOL_TAKE, &c);

	*block = c.res[0];
	return ret;
}
