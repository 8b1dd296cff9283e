/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Job: the only version conditionals of the driver, so that it builds for 6.1 and later.
 * Never: carry anything but renamed or re-typed kernel interfaces.
 * Used by: gzvm_ioeventfd.c, gzvm_hide.c; dropped when the driver is exported into a kernel tree.
 */
#ifndef GZVM_COMPAT_H
#define GZVM_COMPAT_H

#include <linux/eventfd.h>
#include <linux/fcntl.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
static inline void gzvm_eventfd_signal(struct eventfd_ctx *ctx)
{
	eventfd_signal(ctx, 1);
}
#else
static inline void gzvm_eventfd_signal(struct eventfd_ctx *ctx)
{
	eventfd_signal(ctx);
}
#endif

/*
 * Whether nobody can make the kernel write zeroes into a part of a page by truncation. Without the
 * mark only seals keep user space from it; a new writable mapping does no harm.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define GZVM_NEEDS_SEALS	", sealed with F_SEAL_SHRINK and F_SEAL_FUTURE_WRITE"
static inline bool gzvm_keeps_pages(struct address_space *mapping)
{
	const unsigned int wanted = F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE;

	return (READ_ONCE(SHMEM_I(mapping->host)->seals) & wanted) == wanted;
}
#else
#define GZVM_NEEDS_SEALS	""
static inline bool gzvm_keeps_pages(struct address_space *mapping)
{
	mapping_set_inaccessible(mapping);
	return true;
}
#endif

/* Whether udmabuf refuses a flagged page by itself. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define GZVM_UDMABUF_LOOKS(folio)	(!folio_test_hugetlb(folio))
#else
#define GZVM_UDMABUF_LOOKS(folio)	false
#endif

/* References the page cache has on a folio; with its lock. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
static inline long gzvm_cache_refs(struct folio *folio)
{
	return folio_test_hugetlb(folio) ? 1 : folio_nr_pages(folio);
}
#else
static inline long gzvm_cache_refs(struct folio *folio)
{
	return folio_nr_pages(folio);
}
#endif

/* Need mmap_lock for writing. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void gzvm_vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

static inline void gzvm_vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags &= ~flags;
}
#else
#define gzvm_vm_flags_set	vm_flags_set
#define gzvm_vm_flags_clear	vm_flags_clear
#endif

#endif
